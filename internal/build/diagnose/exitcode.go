package diagnose

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/pb"
	"google.golang.org/grpc/codes"

	"github.com/moby/buildkit/util/grpcerrors"

	"github.com/slipway-build/slipway/internal/builder"
)

// tooLarge is what gRPC says of an error that holds a large file.
const tooLarge = "COMPRESSION_ERROR"

// tooMuch is what gRPC says of a message that BuildKit or its client may not send: at
// most 16 MiB (defaults.DefaultMaxSendMsgSize). Its checks reach that: each warning
// has the whole Dockerfile in it.
const tooMuch = "larger than max ("

// lessChecks is what to do about that.
const lessChecks = "BuildKit has more to say than the 16 MiB that one message may hold: with each warning of its checks it sends the whole Dockerfile; " +
	"correct what they find, leave them out by the line # check=skip=all at the top of the Dockerfile, or make it smaller"

// longArgument is what BuildKit prints of a step whose shell cannot be started with it.
var longArgument = regexp.MustCompile(`^exec \S+: argument list too long$`)

// killed is the exit code of what SIGKILL has ended.
const killed = 137

// lessMemory is what to do where memory ran out.
const lessMemory = "use a machine with more, or let the step do less at a time"

// ended says what it means how a step or the builder has ended, or "". The lines
// are the last ones of the step.
func ended(err error, lines []string, b *builder.Builder) string {
	text := err.Error()
	code, stepped := exitCode(err)
	said := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool {
			heard := func(line string) bool { return strings.Contains(strings.ToLower(line), word) }
			return slices.ContainsFunc(lines, heard) || !stepped && heard(text) // the error of a step has its command in it
		})
	}
	switch {
	case said("no space left on device"):
		return fmt.Sprintf("the disk of %s is full; free some, or use a builder with more", b.Name)
	case said("exec format error"):
		return "the program is for another platform than the builder's machine; build on a machine of that platform (a farm in the input builder), or run docker/setup-qemu-action in a step before"
	case strings.HasSuffix(text, ": cannot allocate memory"): // behind the command of a step
		return fmt.Sprintf("the memory of %s ran out; %s", b.Name, lessMemory)
	case code != killed && slices.ContainsFunc(lines, outOfMemory):
		return "a program was killed or had no memory left; " + lessMemory
	case slices.ContainsFunc(lines, longArgument.MatchString):
		return "Linux takes at most 128 KiB for one argument of a program, and the text of a RUN is one; put the script in a file, and COPY or mount that"
	case stepped:
		return exitWords(code)
	}
	return unstepped(err, b)
}

// unstepped says how a build has ended in none of its steps, or "".
func unstepped(err error, b *builder.Builder) string {
	switch text := err.Error(); {
	case strings.Contains(text, tooLarge):
		return "the Dockerfile is too large for BuildKit to report what is wrong with it; make it smaller"
	case strings.Contains(text, tooMuch):
		return lessChecks
	case grpcerrors.Code(err) == codes.Unavailable:
		return fmt.Sprintf("%s ended or cannot be reached any more; it may have run out of memory", b.Name)
	}
	return ""
}

// exited ends the error of a step where it is words alone, as Docker 20.10 has them.
var exited = regexp.MustCompile(`: exit code: (\d+)(?:: runc did not terminate successfully)?$`)

// exitCode returns the code that a step has ended with, if it was a step.
func exitCode(err error) (code uint32, stepped bool) {
	var exit *gateway.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode, true
	}
	if found := exited.FindStringSubmatch(err.Error()); found != nil {
		number, err := strconv.ParseUint(found[1], 10, 32)
		return uint32(number), err == nil
	}
	return 0, false
}

// outOfMemory tells whether a line is what shells, compilers and languages print
// when no memory is left.
func outOfMemory(line string) bool {
	line = strings.ToLower(strings.TrimSpace(line))
	return line == "killed" || slices.ContainsFunc([]string{"cannot allocate memory", "out of memory", "outofmemoryerror", "signal: killed", "killed signal terminated program"}, func(words string) bool {
		return strings.Contains(line, words)
	})
}

// exitWords says what an exit code means, as shells and Linux give them.
func exitWords(code uint32) string {
	switch code {
	case 126:
		return "exit code 126: the command is there and cannot be run; is it executable, and a program for this platform?"
	case 127:
		return "exit code 127: a command was not found; install it in a step before, or check its name and PATH"
	case 134:
		return "exit code 134: a program aborted by itself (SIGABRT)"
	case killed:
		return "exit code 137: the step was killed (SIGKILL), most likely because memory ran out; " + lessMemory
	case 139:
		return "exit code 139: a program crashed (SIGSEGV)"
	case 143:
		return "exit code 143: the step was told to end (SIGTERM)"
	}
	return ""
}
