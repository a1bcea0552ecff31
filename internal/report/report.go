// Package report tells a run's outcome: to the workflow as outputs, annotations
// and a job summary, and to a person at a terminal as text.
package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/sethvargo/go-githubactions"

	"github.com/slipway-build/slipway/internal/redact"
	"github.com/slipway-build/slipway/internal/terminal"
	"github.com/slipway-build/slipway/internal/trace"
)

// Reporter writes to the runner, or outside Actions to a terminal.
type Reporter struct {
	out       *redactor
	action    *githubactions.Action // nil outside Actions
	outputs   string                // file that takes outputs; empty: they are not written
	summary   string                // file that takes the job summary; empty: it is not written
	artifacts string                // file that takes the names of published images; empty: they are not written
	workspace string                // what annotations' paths are relative to
	mask      *masker
	groups    groups
	warned    atomic.Int32 // warnings that were written
	built     trace.Build
	screen    screen
	noted     []string // for the summary
}

// Options says where a Reporter writes.
type Options struct {
	Out       io.Writer
	Lookup    func(name string) (string, bool)
	Workspace string
	Actions   bool // write commands for the runner
	// Size returns how many columns and lines the terminal has that Out is, 0 where it
	// does not say. Nil: Out is no terminal.
	Size    func() (columns, lines int)
	Colours bool // on that terminal; elsewhere nothing is coloured here
}

// New returns a Reporter. It fails before any work is done when the files for
// outputs or the summary cannot be written, because by the end of a build it
// would be too late to say so.
func New(o Options) (*Reporter, error) {
	o.Out = &persistent{next: o.Out}
	get := func(name string) string { value, _ := o.Lookup(name); return value }
	mask, shown := &masker{}, screen{o.Size, o.Colours}
	r := &Reporter{
		out:       &redactor{next: o.Out, mask: mask, live: live{screen: shown}},
		outputs:   get("GITHUB_OUTPUT"),
		summary:   get("GITHUB_STEP_SUMMARY"),
		workspace: o.Workspace,
		mask:      mask,
		screen:    shown,
	}
	if !o.Actions {
		r.outputs, r.summary = "", ""
		return r, nil
	}
	r.action = githubactions.New(githubactions.WithWriter(o.Out), githubactions.WithGetenv(get))
	var errs []error
	for _, path := range []string{r.outputs, r.summary} {
		if path != "" {
			errs = append(errs, appendTo(path, ""))
		}
	}
	r.openArtifacts(get("GITHUB_ARTIFACTS"))
	return r, errors.Join(errs...)
}

// appendTo adds text to a file of the runner's, which exists already.
func appendTo(path, text string) error {
	// A pipe that nobody reads is an error, and not waited for.
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return fmt.Errorf("writing for the runner: %w", err)
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("writing for the runner to %s: %w", path, err)
	}
	return nil
}

// Mask hides a secret in everything that is written from now on, also as it looks
// in other encodings: by the runner, and by ourselves where no runner reads along.
// It is false for a secret that is too short to be hidden (redact.Shortest).
func (r *Reporter) Mask(secret string) bool {
	if redact.TooShort(secret) {
		return false
	}
	r.maskOne(secret)
	for _, form := range redact.Forms(secret) {
		r.maskOne(form)
	}
	for line := range strings.SplitSeq(secret, "\n") {
		if line = strings.TrimRight(line, "\r"); len(line) < shortestLine {
			continue
		}
		r.maskOne(line)
		if shown := terminal.Clean(line); len(shown) >= shortestLine {
			r.maskOne(shown) // as it is where it is shown
		}
		if len(secret) > longestLines {
			continue
		}
		for _, form := range redact.Forms(line) {
			r.mask.add(form) // by ourselves alone: a key would be a thousand commands
		}
	}
	return true
}

func (r *Reporter) maskOne(text string) {
	if strings.TrimSpace(text) == "" || !r.mask.add(text) {
		return
	}
	if r.action != nil {
		r.groups.tell(text, r.action.AddMask)
	}
}

// Hide returns a text without secrets, for what is not written here.
func (r *Reporter) Hide(text string) string { return r.mask.hide(text) }

// Masked returns what is hidden, for what is not written here.
func (r *Reporter) Masked() []string { return r.mask.all() }

// Printf writes one line to the log. In Actions it is one whatever the arguments
// hold, and no command; a terminal is not commanded either.
func (r *Reporter) Printf(format string, args ...any) {
	text := r.mask.hide(fmt.Sprintf(format, args...)) // a secret may hold what is changed
	if r.action != nil {
		text = inert(text)
	} else {
		text = terminal.Clean(text)
	}
	fmt.Fprintln(r.out, text)
}

// Warning writes a warning, at a place in a file where there is one.
func (r *Reporter) Warning(file string, line int, message string) {
	r.warned.Add(1)
	if r.action == nil {
		r.Printf("warning: %s%s", place(r.relative(file), line), message)
		return
	}
	r.action.WithFieldsMap(r.fields(file, line, line)).Warningf("%s", fit(r.mask.hide(message)))
}

// Note writes a warning about the workflow, and has the summary say it, too.
func (r *Reporter) Note(message string) {
	r.noted = append(r.noted, message)
	r.Warning("", 0, message)
}

// Notice writes what is worth knowing and no warning.
func (r *Reporter) Notice(message string) {
	if r.action == nil {
		r.Printf("notice: %s", message)
		return
	}
	r.action.Noticef("%s", r.mask.hide(message))
}

// positioned is an error that knows its place in a file: the lines from first to
// last.
type positioned interface {
	error
	Position() (file string, first, last int)
}

// Failure writes why a run failed: every independent error as an annotation of its
// own, at its place where it has one, and all of them in the summary. Those after
// mostErrors, of which GitHub shows ten, are lines of the log, up to mostLogged.
func (r *Reporter) Failure(err error) {
	all := flatten(err)
	for i, one := range all[:min(len(all), mostLogged)] {
		var at positioned
		file, first, last := "", 0, 0
		if errors.As(one, &at) {
			file, first, last = at.Position()
		}
		if r.action == nil || i >= mostErrors {
			r.Printf("error: %s%v", place(r.relative(file), first), one)
			continue
		}
		r.action.WithFieldsMap(r.fields(file, first, last)).Errorf("%s", fit(r.mask.hide(one.Error())))
	}
	if more := len(all) - mostLogged; more > 0 {
		r.Printf("error: and %s, which are not listed", plural(more, "more error"))
	}
	if r.action == nil {
		r.printBuilt()
	}
	if r.summary != "" {
		if err := r.writeSummary(r.failureSummary(all)); err != nil {
			r.Printf("%v", err)
		}
	}
}

// flatten takes joined errors apart, as deep as they are joined.
func flatten(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, flatten(one)...)
		}
		return all
	}
	return []error{err}
}

func (r *Reporter) fields(file string, first, last int) map[string]string {
	fields := map[string]string{}
	if file != "" {
		fields["file"] = r.relative(file)
	}
	if file != "" && first > 0 {
		fields["line"] = strconv.Itoa(first)
	}
	if file != "" && first > 0 && last > first {
		fields["endLine"] = strconv.Itoa(last)
	}
	return fields
}

// relative returns a path as the runner wants it in an annotation. A file
// outside the workspace keeps its own.
func (r *Reporter) relative(file string) string {
	rel, err := filepath.Rel(r.workspace, file)
	if file == "" || err != nil || !filepath.IsLocal(rel) {
		return file
	}
	return rel
}

func place(file string, line int) string {
	switch {
	case file == "":
		return ""
	case line < 1:
		return file + ": "
	}
	return fmt.Sprintf("%s:%d: ", file, line)
}
