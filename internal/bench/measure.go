package main

import (
	"bytes"
	"crypto/rand"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/slipway-build/slipway/internal/testenv"
)

// contender is one program doing one piece of work.
type contender struct {
	path   string
	args   []string
	env    []string
	dir    string   // working directory
	expect int      // exit code
	says   string   // what the output ought to hold; empty: anything
	fresh  []string // files that are empty at the start of each run
	change string   // file that is another at the start of each run; empty: none
	touch  string   // directory whose files are newer at the start of each run; empty: none
}

// sample is what was measured of one contender, in every round.
type sample struct {
	times    []time.Duration // from starting the process to having waited for it
	busy     []time.Duration // of the processor, for the process and the kernel on its behalf
	peaks    []int64         // bytes of the largest resident set
	requests []int           // to the far registry
	unsaid   int             // rounds without the words in the output
	last     []testenv.ProxyRequest
	started  time.Time // of the last round
}

// compare runs the contenders in turn, round after round (A B C A B C), so that
// whatever else the machine does meets them all. The first rounds, in which
// caches fill and tags come into being, are left out.
func (b *bench) compare(contenders ...contender) []sample {
	samples := make([]sample, len(contenders))
	for round := range b.warmups + b.rounds {
		for i, c := range contenders {
			b.once(c, &samples[i])
			if round < b.warmups {
				samples[i] = sample{}
			}
		}
	}
	return samples
}

// once runs a contender and adds what it took to s.
func (b *bench) once(c contender, s *sample) {
	for _, path := range c.fresh {
		b.check("emptying a file of the runner's", os.WriteFile(path, nil, 0o600))
	}
	if c.change != "" {
		b.check("changing a file", os.WriteFile(c.change, []byte(rand.Text()), 0o644))
	}
	if c.touch != "" {
		b.touchAll(c.touch)
	}
	var output bytes.Buffer
	cmd := exec.CommandContext(b.ctx, c.path, c.args...)
	cmd.Env, cmd.Dir = c.env, c.dir
	cmd.Stdout, cmd.Stderr = &output, &output
	seen := len(b.far.Requests())
	forgetPeak()
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start)
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != c.expect {
		b.Fatalf("running %s %q: %v, wanted exit code %d\n%s", c.path, c.args, err, c.expect, output.String())
	}
	if !bytes.Contains(output.Bytes(), []byte(c.says)) {
		s.unsaid++
	}
	s.started = start
	s.last = b.far.Requests()[seen:]
	s.times = append(s.times, took)
	s.busy = append(s.busy, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
	s.requests = append(s.requests, len(s.last))
	s.peaks = append(s.peaks, peak(cmd.ProcessState))
}

// peak returns the largest resident set of a process in bytes.
func peak(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10 // Linux counts in KiB
}

// forgetPeak makes this process small and forgets how large it was. A new
// process begins inside the memory of the one that starts it, and the kernel
// carries the peak of that over: no process can seem smaller than its parent.
func forgetPeak() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600) // see proc_pid_clear_refs(5)
}

// median returns the middle of an odd number of values, and the upper of the
// two in the middle of an even number. There is at least one.
func median[V int | int64 | time.Duration](values []V) V {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
