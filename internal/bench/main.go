// Command bench measures slipway beside buildctl and buildx, on the same daemon
// and in the same run, and prints a table in Markdown. It compares times and
// never fails over one: speed depends on the machine, and no test may.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() { os.Exit(run()) }

// run is main with its defers.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, only := options{}, ""
	flag.IntVar(&o.rounds, "n", 15, "how often each program is measured")
	flag.IntVar(&o.warmups, "warmups", 2, "how often each program runs before it is measured")
	flag.DurationVar(&o.delay, "delay", 50*time.Millisecond, "what is added to every answer of the far registry")
	flag.BoolVar(&o.timeline, "timeline", false, "also print what each program asked the far registry, and when")
	flag.StringVar(&only, "only", "", "measure only these, separated by commas: "+strings.Join(caseNames(), ", "))
	flag.Parse()
	o.only = strings.FieldsFunc(only, func(r rune) bool { return r == ',' })
	for _, name := range o.only {
		if !slices.Contains(caseNames(), name) {
			fmt.Fprintf(os.Stderr, "bench: there is no %q; there are %s\n", name, strings.Join(caseNames(), ", "))
			return 2
		}
	}
	if o.rounds < 1 || o.warmups < 1 {
		fmt.Fprintln(os.Stderr, "bench: -n and -warmups are at least 1; the first run of a program fills the caches")
		return 2
	}
	if err := measureAll(ctx, o, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}
