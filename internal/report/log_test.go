package report

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
)

// hostileLog is what a stranger's Dockerfile may print.
const hostileLog = "#5 0.1 building\n" +
	"::error file=Dockerfile,line=1::not mine\n" +
	"   ::add-mask::a\n" +
	"#5 0.2 ##[add-mask]b\n" +
	"##[set-output name=digest;]sha256:evil\n" +
	"::set-output name=digest::sha256:evil\n" +
	"::endgroup::\n" +
	"::stop-commands::mine\n::mine::\n::warning::after mine\n" +
	"text\r::error::after a carriage return\n"

func TestGroupKeepsTheBuildLogFromCommanding(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, log string
		secret    string // so that the log goes through the redactor
	}{
		{"hostile", hostileLog, ""},
		{"hostile, with a secret to hide", hostileLog, "hunter2hunter2"},
		{"nothing", "", ""},
		{"without a line end", "#5 0.1 building", ""},
		{"without a line end, with a secret to hide", "#5 0.1 hunter2hunter2", "hunter2hunter2"},
		{"a line end at last", "#5 0.1 building\n", ""},
		{"a carriage return at last", "50%\r100%\r", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStep(t, true)
			s.Mask(c.secret)
			masks := len(obeyed(s.log.String()))
			log, closeGroup := s.Group("Build 100%\n::error::x")
			if _, err := io.WriteString(log, c.log); err != nil {
				t.Fatal(err)
			}
			closeGroup()
			s.Warning("", 0, "the runner listens again")

			commands := obeyed(s.log.String())[masks:]
			var names []string
			for _, one := range commands {
				names = append(names, one.name)
			}
			if got, want := strings.Join(names, " "), "group stop-commands endgroup warning"; got != want {
				t.Fatalf("the runner obeys %q, want %q in:\n%s", got, want, s.log)
			}
			if commands[0].data != "Build 100%\n::error::x" || commands[3].data != "the runner listens again" {
				t.Errorf("the runner reads %q", commands)
			}
			want := strings.ReplaceAll(c.log, "hunter2hunter2", "***")
			if !strings.Contains(s.log.String(), want) {
				t.Errorf("the log is %q, want it to hold %q", s.log, want)
			}
		})
	}
}

func TestGroupWordsCannotBeGuessed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 20 {
		s := newStep(t, true)
		for range 2 {
			_, closeGroup := s.Group("Build")
			closeGroup()
		}
		for _, stop := range only(obeyed(s.log.String()), "stop-commands") {
			if len(stop.data) < 26 || seen[stop.data] || strings.ContainsAny(stop.data, " :%\r\n") {
				t.Errorf("the word %q is short, was used before or is none", stop.data)
			}
			seen[stop.data] = true
		}
	}
	if len(seen) != 40 {
		t.Errorf("%d words for 40 groups", len(seen))
	}
}

func TestGroupTakesTheLogAsItComes(t *testing.T) {
	t.Parallel()
	for _, actions := range []bool{true, false} {
		s := newStep(t, actions)
		log, closeGroup := s.Group("Build")
		for _, part := range []struct{ write, want string }{{"#1 one", ""}, {"\n#2 ", "#1 one\n"}, {"two\n#3", "#1 one\n#2 two\n"}} {
			fmt.Fprint(log, part.write)
			if !strings.HasSuffix(s.log.String(), part.want) {
				t.Errorf("the log is %q after %q was written, want to see every whole line", s.log, part.write)
			}
		}
		closeGroup()
	}
}

func TestLogIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	for _, actions := range []bool{true, false} {
		s := newStep(t, actions)
		s.Mask("hunter2hunter2")
		log, closeGroup := s.Group("Build")
		var writers sync.WaitGroup
		for i := range 8 {
			writers.Go(func() {
				for range 100 {
					fmt.Fprintf(log, "#%d hunter2hunter2\n", i)
					if !actions { // else it would be a command, which nobody obeys here
						s.Mask(fmt.Sprintf("another secret %d", i))
					}
				}
			})
		}
		writers.Wait()
		closeGroup()
		if got := strings.Count(s.log.String(), " ***\n"); got != 800 {
			t.Errorf("%d of 800 lines have their secret hidden", got)
		}
	}
}
