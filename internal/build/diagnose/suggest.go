package diagnose

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/solver/errdefs"

	"github.com/slipway-build/slipway/internal/inputs/source"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/regular"
	"github.com/slipway-build/slipway/internal/spelling"
	"github.com/slipway-build/slipway/internal/trace"
)

// What BuildKit says of a source that is not there, of a stage, and of an image.
var (
	missingSource = regexp.MustCompile(`("(?:[^"\\]|\\.)+")(?: not found)?: not found$`)
	missingStage  = regexp.MustCompile(`target stage ("?)([^\s"]+)"? could not be found`)
)

// suggest says what was probably meant by something that is not there, or "".
func (s *Solve) suggest(err error) string {
	text, p := err.Error(), s.Plan
	if found := missingStage.FindStringSubmatch(text); found != nil {
		return suggestTarget(found[2], text, p)
	}
	at := s.sourceOf(err)
	if at == nil {
		return ""
	}
	stages, on := readDockerfile(at.Info.Data, int(at.Ranges[0].Start.Line))
	image := unreadImage(text)
	if image == "" {
		image, _ = strings.CutPrefix(s.Trace.Failing().Name, trace.LoadingMetadata)
	}
	if found := missingSource.FindStringSubmatch(text); found != nil && on != nil {
		if missing, err := strconv.Unquote(found[1]); err == nil {
			return suggestSource(missing, *on, p)
		}
	}
	if image != "" {
		return suggestImage(image, text, stages, on)
	}
	return ""
}

// sourceOf returns the innermost place of an error, which is that of the
// instruction; the outer ones are what used it. It is nil where there is none.
func sourceOf(err error) *errdefs.Source {
	if all := errdefs.Sources(err); len(all) > 0 && all[0].Info != nil && len(all[0].Ranges) > 0 {
		return all[0]
	}
	return nil
}

// instruction is one of a Dockerfile.
type instruction struct {
	name        string // in lower case
	from        string // where it takes files from, in place of the context
	args        []string
	text        string // as it is written
	first, last int    // lines
}

func readInstructions(text []byte) []instruction {
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil
	}
	all := make([]instruction, len(parsed.AST.Children))
	for i, node := range parsed.AST.Children {
		all[i] = newInstruction(node)
	}
	return all
}

// readDockerfile returns the names of the stages of a Dockerfile and the
// instruction on a line, nil where there is none.
func readDockerfile(text []byte, line int) (stages []string, on *instruction) {
	for _, one := range readInstructions(text) {
		if one.name == "from" && len(one.args) > 2 && strings.EqualFold(one.args[1], "as") {
			stages = append(stages, one.args[2])
		}
		if one.first <= line && line <= one.last {
			on = &one
		}
	}
	return stages, on
}

func newInstruction(node *parser.Node) instruction {
	one := instruction{name: strings.ToLower(node.Value), text: node.Original, first: node.StartLine, last: node.EndLine}
	for arg := node.Next; arg != nil; arg = arg.Next {
		one.args = append(one.args, arg.Value)
	}
	for _, flag := range node.Flags {
		if from, found := strings.CutPrefix(flag, "--from="); found {
			one.from = from
		}
		if options, found := strings.CutPrefix(flag, "--mount="); found {
			for option := range strings.SplitSeq(options, ",") {
				if from, found := strings.CutPrefix(option, "from="); found {
					one.from = from
				}
			}
		}
	}
	return one
}

// suggestTarget lists the stages that there are. BuildKit itself says which of them
// is near, where it is a current one.
func suggestTarget(target, said string, p plan.Build) string {
	if !filepath.IsAbs(p.Dockerfile) || strings.Contains(said, "did you mean") {
		return ""
	}
	text, err := regular.Read(p.Dockerfile, maxDockerfile)
	if err != nil {
		return ""
	}
	stages, _ := readDockerfile(text, 0)
	for _, stage := range stages {
		if spelling.Near(stage, target) {
			return fmt.Sprintf("did you mean %s?", shown(stage))
		}
	}
	return "the Dockerfile " + listStages(stages)
}

func listStages(stages []string) string {
	if len(stages) == 0 {
		return "gives no stage a name"
	}
	const most = 10
	return "has the stages " + shownAll(stages[:min(len(stages), most)], ", ")
}

// suggestImage says what to look at where there is no such image. A name alone may
// be meant to be a stage.
func suggestImage(image, said string, stages []string, on *instruction) string {
	switch {
	case on != nil && on.from != "" && !strings.ContainsAny(on.from, "/:.@") && !slices.Contains(stages, on.from) && !strings.Contains(said, "did you mean"):
		return fmt.Sprintf("no stage above is called %s, so that it is taken for an image; the Dockerfile %s", shown(on.from), listStages(stages))
	case strings.HasSuffix(said, ": not found"):
		return fmt.Sprintf("the registry has no %s: there is no such tag, or no such image; check both where the Dockerfile names it", image)
	}
	return ""
}

// suggestSource says why a file is not there that an instruction takes out of a
// directory of this machine.
func suggestSource(missing string, on instruction, p plan.Build) string {
	dir, what := directoryOf(on.from, p)
	if dir == "" {
		return ""
	}
	missing = strings.TrimPrefix(path.Clean(missing), "/")
	for _, arg := range on.args {
		if strings.HasPrefix(path.Clean(arg), "../") && strings.HasSuffix(path.Clean(arg), missing) {
			return fmt.Sprintf("%s cannot lie outside %s; a directory above can be the context, with the input context, and file then says where the Dockerfile is", shown(arg), what)
		}
	}
	ignored, from := readIgnored(dir, p.Dockerfile)
	if _, err := os.Lstat(filepath.Join(dir, missing)); err == nil {
		return suggestIgnored(missing, from, ignored)
	}
	if similar := similarFiles(dir, missing, ignored); len(similar) > 0 {
		return fmt.Sprintf("did you mean %s? Paths start from %s", shownAll(similar, " or "), what)
	}
	return fmt.Sprintf("paths start from %s", what)
}

// suggestIgnored says why a file is left out that is there.
func suggestIgnored(file, from string, patterns ignored) string {
	switch pattern := patterns.pattern(file); {
	case pattern != "":
		return fmt.Sprintf("%s is there, but %s leaves it out with the line %s; add the line !%s below that", shown(file), from, shown(pattern), shown(file))
	case len(patterns) > 0:
		return fmt.Sprintf("%s is there; see whether %s leaves it out", shown(file), from)
	}
	return ""
}

// directoryOf is the directory of this machine that an instruction takes files
// from, and what it is called; or "".
func directoryOf(from string, p plan.Build) (dir, what string) {
	for _, named := range p.Contexts {
		if from != "" && named.Name == from && named.Kind == source.Directory {
			return named.Where, "the context " + from + ", " + named.Where
		}
	}
	if from != "" || p.Context == "" {
		return "", ""
	}
	return p.Context, "the context, " + p.Context
}

// shown is a name as it can be shown: a stranger may have given it, and what a
// terminal would obey is escaped.
func shown(name string) string {
	if quoted := strconv.Quote(name); quoted != `"`+name+`"` {
		return quoted
	}
	return name
}

func shownAll(names []string, between string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = shown(name)
	}
	return strings.Join(all, between)
}
