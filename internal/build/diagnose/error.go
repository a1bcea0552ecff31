package diagnose

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"

	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/terminal"
	"github.com/slipway-build/slipway/internal/trace"
)

// Error is a build that failed at a place in a Dockerfile.
type Error struct {
	File  string // absolute path
	Line  int    // counted from 1; 0 where it is about all of the file
	Last  int    // line that the instruction ends on
	cause error
}

func (e *Error) Error() string { return "building: " + e.cause.Error() }

// Unwrap returns BuildKit's error.
func (e *Error) Unwrap() error { return e.cause }

// Position returns where the build failed, from the first line to the last.
func (e *Error) Position() (file string, first, last int) { return e.File, e.Line, e.Last }

// Explain says what BuildKit's error means for the reader: the error, what to do
// about it as far as that is known, and the last lines of the step that failed.
func (s *Solve) Explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("building: %w", context.Cause(ctx))
	}
	b := s.Builder
	cause := Trim(err)
	lines := s.Trace.TailOf(err)
	if step := (*errdefs.VertexError)(nil); !errors.As(err, &step) {
		lines = s.Trace.Tail(s.Trace.Failing().Digest)
	}
	stored, mirrored := b.Elsewhere(ctx, unreadImage(err.Error()))
	suggestion := cmp.Or(stored, s.suggest(err))
	switch trust := Untrusted(err.Error(), b); {
	case stored != "" && registry.ReadRefusal(err).Status == 0: // no registry need have it
	case trust != "":
		cause = Advise(cause, trust)
	case IsPush(err):
		return s.PushFailed(ctx, "pushing by digest, before any tag moves", err)
	case strings.Contains(suggestion, "did you mean"): // it is no image
		cause = withAdvice(cause)
	default:
		cause = withAdvice(s.pullFailed(ctx, err))
	}
	for _, advice := range []string{ended(err, lines, b), suggestion, mirrored, outdated(err.Error(), s.Plan.Dockerfile, b)} {
		if advice != "" {
			cause = Advise(cause, "\n"+advice)
		}
	}
	if len(lines) > 0 {
		cause = Advise(cause, "\nthe last lines of the step:\n  "+strings.Join(lines, "\n  "))
	}
	return s.place(err, cause)
}

// place puts an error where it belongs in the Dockerfile, which may be in a
// repository of which nothing is here.
func (s *Solve) place(err, cause error) error {
	if at := s.sourceOf(err); at != nil {
		return s.PlaceAt(at, cause)
	}
	return s.PlaceOf(err, cause, s.Done().Warnings)
}

// PlaceAt puts an error at a place in the Dockerfile, which may be in a repository of
// which nothing is here.
func (s *Solve) PlaceAt(at *errdefs.Source, cause error) error {
	first, last := LineRange(at.Ranges)
	if path := SourcePath(at.Info.Filename, s.Plan); path != "" {
		return &Error{File: path, Line: first, Last: last, cause: cause}
	}
	return fmt.Errorf("building: %s, line %d: %w", at.Info.Filename, first, cause)
}

// aboutDockerfile is how BuildKit begins what is wrong with a Dockerfile as a whole,
// or with its text, where it may not say the place in any other way.
var aboutDockerfile = regexp.MustCompile(`^(?:failed to [^:]+: )*(?:the Dockerfile cannot be empty|file with no instructions|target stage |Dockerfile exceeds maximum allowed size |dockerfile line greater than |dockerfile parse error (?:on )?line (\d+): )`)

// PlaceOf puts errors that have no place where the reader will look for one.
func (s *Solve) PlaceOf(err, cause error, warnings []trace.Warning) error {
	text, file := Trim(err).Error(), s.Plan.Dockerfile
	if found := aboutDockerfile.FindStringSubmatch(text); found != nil && filepath.IsAbs(file) {
		line, _ := strconv.Atoi(found[1]) // digits or nothing
		return &Error{File: file, Line: line, cause: cause}
	}
	if (strings.Contains(text, tooLarge) || strings.Contains(text, tooMuch)) && filepath.IsAbs(file) {
		return &Error{File: file, cause: cause}
	}
	for _, check := range warnings {
		if check.Check && check.File != "" && strings.Contains(text, "lint violation found") {
			return &Error{File: check.File, Line: check.Line, cause: cause}
		}
	}
	return fmt.Errorf("building: %w", cause)
}

// LineRange returns the first and the last line of an instruction.
func LineRange(ranges []*pb.Range) (first, last int) {
	for _, r := range ranges {
		if start := int(r.Start.Line); first == 0 || start < first {
			first = start
		}
		last = max(last, int(r.Start.Line), int(r.End.Line))
	}
	return first, last
}

// trimmed leaves out the words with which BuildKit's layers wrap every error, and
// what is no text of the Dockerfile in it.
type trimmed struct{ error }

func (t *trimmed) Error() string {
	text := t.error.Error()
	for _, noise := range []string{"failed to solve: ", "failed to solve with frontend dockerfile.v0: ", "failed to run Build function: ", "failed to create LLB definition: ", "rpc error: code = Unknown desc = "} {
		text = strings.ReplaceAll(text, noise, "")
	}
	return shortenCommand(terminal.Clean(WithoutSignatures(text)))
}

// command is what a step that failed has run, as BuildKit writes it: of a heredoc the
// whole script, which hides what follows.
var command = regexp.MustCompile(`process "((?:[^"\\]|\\.)*)" did not complete`)

// longestCommand is how much of it is said, in bytes.
const longestCommand = 400

func shortenCommand(text string) string {
	at := command.FindStringSubmatchIndex(text)
	if at == nil || at[3]-at[2] <= longestCommand {
		return text
	}
	return strings.ToValidUTF8(text[:at[2]+longestCommand], "") + "…" + text[at[3]:] // not half a letter
}

func (t *trimmed) Unwrap() error { return t.error }

// Trim leaves out of an error of BuildKit's what is no news to the reader.
func Trim(err error) error { return &trimmed{err} }
