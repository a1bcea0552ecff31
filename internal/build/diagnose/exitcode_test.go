package diagnose

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	gateway "github.com/moby/buildkit/frontend/gateway/pb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/slipway-build/slipway/internal/builder"
)

// A step can print and run anything; how it ended is told by its last lines, its
// code and what BuildKit says behind its command.
func TestEnded(t *testing.T) {
	t.Parallel()
	exit := func(code uint32, command string) error {
		return fmt.Errorf("process %q did not complete successfully: %w", command, &gateway.ExitError{ExitCode: code})
	}
	for name, c := range map[string]struct {
		err   error
		lines []string
		want  string
	}{
		"a test that fails":           {exit(1, "make"), []string{"FAIL"}, ""},
		"no such command":             {exit(127, "make"), []string{"sh: make: not found"}, "exit code 127"},
		"no program":                  {exit(126, "/tmp"), nil, "exit code 126"},
		"killed":                      {exit(137, "make"), nil, "exit code 137"},
		"killed, says the shell":      {exit(137, "make"), []string{"Killed"}, "exit code 137"},
		"BuildKit 0.8":                {errors.New("executor failed running [/bin/sh -c x]: exit code: 127"), nil, "exit code 127"},
		"a crash":                     {exit(139, "make"), nil, "exit code 139"},
		"a compiler that is killed":   {exit(2, "make"), []string{"g++: fatal error: Killed signal terminated program cc1plus", "make: *** [all] Error 1"}, "no memory left"},
		"a linker of Go":              {exit(1, "go build"), []string{"link: signal: killed"}, "no memory left"},
		"a shell's word":              {exit(1, "a | b"), []string{"Killed"}, "no memory left"},
		"a script that kills":         {exit(1, "a"), []string{"killed 3 processes"}, ""},
		"node":                        {exit(134, "npm run build"), []string{"FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"}, "no memory left"},
		"what BuildKit has seen":      {errors.New(`ResourceExhausted: process "make" did not complete successfully: cannot allocate memory`), nil, "the memory of"},
		"a full disk":                 {exit(1, "cp"), []string{"cp: write error: No space left on device"}, "the disk of"},
		"a full disk of the builder":  {errors.New("write /var/lib/x: no space left on device"), nil, "the disk of"},
		"a command with these words":  {exit(1, "echo no space left on device: cannot allocate memory exec format error"), []string{"no"}, ""},
		"another platform":            {exit(1, "/bin/sh"), []string{"exec /bin/sh: exec format error"}, "another platform"},
		"a BuildKit that has gone":    {status.Error(codes.Unavailable, "error reading from server: EOF"), nil, "ended or cannot be reached any more"},
		"a script that is too long":   {exit(255, "/bin/sh -c true"), []string{"exec /bin/sh: argument list too long"}, "put the script in a file"},
		"a list that is too long":     {exit(126, "rm *"), []string{"/bin/sh: rm: Argument list too long"}, "exit code 126"},
		"a message that is too large": {status.Error(codes.ResourceExhausted, "grpc: trying to send message larger than max (35340010 vs. 16777216)"), nil, "# check=skip=all"},
		"an error that is too large":  {status.Error(codes.Unavailable, "connection error: COMPRESSION_ERROR"), nil, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ended(c.err, c.lines, &builder.Builder{Name: "BuildKit at x"})
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("ended says %q, want %q", got, c.want)
			}
		})
	}
}
