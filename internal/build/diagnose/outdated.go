package diagnose

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/slipway-build/slipway/internal/builder"
)

// What a Dockerfile frontend says of what it does not know.
var (
	unknownWord        = regexp.MustCompile(`(?i)(?:unknown flag: (?:--)?|unexpected key ')([a-z-]+)`)
	unknownInstruction = regexp.MustCompile(`(?i)unknown instruction: `)
	heredoc            = regexp.MustCompile(`(?im)^\s*(?:RUN|COPY|ADD)\s.*<<-?["']?[a-z_]`)
)

// laterWords are the flags and keys that frontends have come to know since Docker
// 20.10 (https://docs.docker.com/build/buildkit/dockerfile-release-notes/).
func laterWords() []string {
	return []string{"link", "checksum", "keep-git-dir", "parents", "exclude", "unpack", "device", "start-interval", "env"}
}

// outdated says that the Dockerfile has what the builder's own frontend is too old
// for, or "".
func outdated(said, dockerfile string, b *builder.Builder) string {
	word := unknownWord.FindStringSubmatch(said)
	if !filepath.IsAbs(dockerfile) || word == nil && !unknownInstruction.MatchString(said) {
		return ""
	}
	text, err := os.ReadFile(dockerfile)
	if err != nil {
		return ""
	}
	if _, _, _, named := parser.DetectSyntax(text); named {
		return ""
	}
	what := ""
	switch {
	case word != nil && slices.Contains(laterWords(), strings.ToLower(word[1])):
		what = strings.ToLower(word[1])
	case word == nil && b.Version == "" && heredoc.Match(text):
		what = "heredocs (<<)"
	default:
		return ""
	}
	return fmt.Sprintf("the Dockerfile frontend of %s does not know %s: it is as old as its BuildKit (%s); begin the Dockerfile with the line `# syntax=docker/dockerfile:1`, for which it fetches a current one",
		b.Name, what, cmp.Or(b.Version, "older than 0.11, such as that of Docker 20.10"))
}
