package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/report"
	"github.com/slipway-build/slipway/internal/testenv"
)

// hostileTexts are what a stranger may call a branch, a tag or a pull request, and
// some that git does not allow.
func hostileTexts() []string {
	return []string{
		"a\n::error::b", "a\r::set-output name=digest::evil", "a%0A::error::b", "a%250Ab%25", "::error::a", "::add-mask::latest", "::stop-commands::x",
		"##[error]a", "a##[set-output name=digest;]evil", "$(id)", "`id`", `zzz";echo${IFS}"hello";#`, "a,b", "a,push=true,name=evil.test/x", "a=b;c|d&e>f",
		strings.Repeat("x", 300), strings.Repeat("é", 200), "日本語", "ａ：ｂ", "a\u202eb", "\u0085::error::a", "a\x00b", "a\xff\xfe", "../../etc/passwd", "-rf", ".hidden",
		"digest<<EOF", "EOF\ndigest=evil\nEOF", "${{ secrets.X }}", "{{version}}", "type=raw,value=x", "a:b@c", "a//b", "A/../B", "'; drop table tags; --",
	}
}

// TestHostileRefs runs with such refs, of branches, git tags and pull requests, and
// with such titles: what the runner obeys, the outputs and the tags are what they
// would be for a harmless one.
func TestHostileRefs(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	table := newTable(t, "what", "refused", "commands of others", "outputs or tags of others")
	for i, text := range hostileTexts() {
		for _, kind := range []string{"heads", "tags", "pull"} {
			t.Run(fmt.Sprintf("%s %d", kind, i), func(t *testing.T) {
				t.Parallel()
				dir := publicDir(t)
				text := strings.ReplaceAll(text, "\x00", "\\0") // no variable of the environment holds it
				ref, event := "refs/"+kind+"/"+text, "push"
				if kind == "pull" {
					ref, event = "refs/pull/7/merge", "pull_request"
				}
				body := fmt.Sprintf(`{"ref":%q,"number":7,"pull_request":{"number":7,"title":%q,"body":%q,"head":{"ref":%q,"sha":"ffac537e6cbbf934b08745a378932722df287a53","repo":{"full_name":"octo/repo"}},"base":{"ref":%q}},"head_commit":{"message":%q}}`,
					ref, text, text, text, text, text)
				mustWrite(t, filepath.Join(dir, "event.json"), []byte(strings.ToValidUTF8(regexp.MustCompile(`\\x..|\\a|\\U.{8}`).ReplaceAllString(body, "?"), "?")))
				output, summary := filepath.Join(dir, "output"), filepath.Join(dir, "summary")
				r := start(t, step{program: installed(t), dockerfile: "FROM scratch\nCOPY Dockerfile /\n", env: []string{
					"INPUT_REGISTRY=" + registry.Host, "BUILDKIT_HOST=" + daemon.Address, "GITHUB_REF=" + ref, "GITHUB_EVENT_NAME=" + event,
					"GITHUB_HEAD_REF=" + text, "GITHUB_BASE_REF=" + text, "GITHUB_REF_NAME=" + text, "GITHUB_EVENT_PATH=" + filepath.Join(dir, "event.json"),
					"GITHUB_OUTPUT=" + output, "GITHUB_STEP_SUMMARY=" + summary, "INPUT_LABELS=title={{branch}}{{tag}}",
				}})
				code := r.wait()
				commands, wrong := foreign(r.said(), code), wrongOutputs(t, output, registry.Host, code)
				table.add(fmt.Sprintf("%s %.30q", kind, text), fmt.Sprint(code == 1), fmt.Sprint(len(commands)), fmt.Sprint(len(wrong)))
				if len(commands)+len(wrong) > 0 {
					t.Errorf("%q: commands %q, outputs %q\n%s", text, commands, wrong, tail(r.said()))
				}
				if code == 1 && !strings.Contains(r.said(), "::error") {
					t.Errorf("%q: it fails without a reason:\n%s", text, tail(r.said()))
				}
			})
		}
	}
}

// foreign lists commands that are none of ours: an outcome has some warnings, a group
// for each part of the build, in which nothing is obeyed, and an error where it fails.
func foreign(log string, code int) []string {
	var wrong []string
	count := map[string]int{}
	for _, name := range obeyedBy(log) {
		count[name]++
	}
	most := map[string]int{"group": 4, "endgroup": count["group"], "stop-commands": count["group"], "warning": 4, "error": code}
	for name, n := range count {
		if n > most[name] {
			wrong = append(wrong, fmt.Sprintf("%d × %s", n, name))
		}
	}
	return wrong
}

// wrongOutputs lists outputs that are not of the form that they always have.
func wrongOutputs(t *testing.T, path, host string, code int) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	values, err := parseOutputs(string(text))
	if err != nil {
		return []string{err.Error()}
	}
	if code == 1 {
		return slices.Collect(keysOf(values))
	}
	var wrong []string
	declared := report.OutputNames()
	for output := range values {
		if !slices.Contains(declared, output) {
			wrong = append(wrong, output)
		}
	}
	if values["digest"] != "" && !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(values["digest"]) {
		wrong = append(wrong, "digest")
	}
	for tag := range strings.SplitSeq(values["tags"], "\n") {
		parsed, err := name.NewTag(tag, name.StrictValidation)
		if err != nil || parsed.Repository.Name() != host+"/octo/repo" || strings.Contains(tag, ",") || len(parsed.TagStr()) > 128 {
			wrong = append(wrong, "tag "+tag)
		}
	}
	if n := strings.Count(values["tags"], "\n"); n > 0 {
		wrong = append(wrong, fmt.Sprint(n+1, " tags"))
	}
	return wrong
}

func keysOf(values map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range values {
			if !yield(key) {
				return
			}
		}
	}
}

// TestHostileLog has a build that prints commands, out of a Dockerfile whose name
// is one, and that BuildKit warns of.
func TestHostileLog(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	var prints strings.Builder
	for i, command := range runnersCommands {
		fmt.Fprintf(&prints, "RUN printf '%%b' '::%[1]s name=digest::evil-%[2]d\\n  ::%[1]s::x\\r::%[1]s::y\\n##[%[1]s name=digest;]evil\\n'; echo 'digest=evil' >> ${GITHUB_OUTPUT:-/output}\n", command, i)
	}
	file := "::error::x%0A##.Dockerfile" // BuildKit takes brackets in a name for a pattern
	for _, fails := range []bool{false, true} {
		t.Run(fmt.Sprint("fails ", fails), func(t *testing.T) {
			t.Parallel()
			dir := publicDir(t)
			last := "MAINTAINER ::error::octo\n"
			if fails {
				last = "RUN printf '::error::x\\n##[set-output name=digest;]y\\n' && exit 3\n"
			}
			output := filepath.Join(dir, "output")
			r := start(t, step{program: installed(t), dockerfile: "FROM scratch\n", files: map[string][]byte{file: []byte("FROM " + base + " as Stage\n" + prints.String() + last)}, env: []string{
				"INPUT_REGISTRY=" + registry.Host, "BUILDKIT_HOST=" + daemon.Address, "INPUT_FILE=" + file, "INPUT_NO-CACHE=true",
				"GITHUB_OUTPUT=" + output, "GITHUB_STEP_SUMMARY=" + filepath.Join(dir, "summary"),
			}})
			code := r.wait()
			if (code == 1) != fails {
				t.Errorf("exit code %d\n%s", code, tail(r.said()))
			}
			if wrong := append(foreign(r.said(), code), wrongOutputs(t, output, registry.Host, code)...); len(wrong) > 0 {
				t.Errorf("%q\n%s", wrong, tail(r.said()))
			}
			r.mustSay("evil-0", "evil-14")
		})
	}
}

// TestHostileRegistry has a registry whose refusals are commands.
func TestHostileRegistry(t *testing.T) {
	t.Parallel()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	words := "::error::evil\\n::set-output name=digest::evil\\r\\n##[add-path]/evil %0A::error::x \\u0085::error::y"
	bodies := map[string]string{
		"registry's form": `{"errors":[{"code":"DENIED\n::error::x","message":"` + words + `","detail":"` + words + `"}]}`,
		"a page":          "<html>\n::error::evil\n##[set-output name=digest;]evil\r::set-env name=PATH::evil\n</html>",
		"its own":         `{"message":"` + words + `"}`,
	}
	for title, body := range bodies {
		for _, at := range []string{"/blobs/uploads/", "/manifests/sha256:", "/manifests/latest"} {
			t.Run(title+" at "+at, func(t *testing.T) {
				t.Parallel()
				open := testenv.NewRegistry(t, testenv.RegistryOptions{})
				proxy := testenv.NewProxy(t, open.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
					if (r.Method == http.MethodPost || r.Method == http.MethodPut) && strings.Contains(r.URL.Path, at) {
						return &testenv.Answer{Status: http.StatusForbidden, Header: http.Header{"Warning": {"299 - \"::error::evil\""}}, Body: body}
					}
					return nil
				}})
				dir := publicDir(t)
				output := filepath.Join(dir, "output")
				r := start(t, step{program: installed(t), dockerfile: "FROM scratch\nCOPY Dockerfile /\n", env: []string{
					"INPUT_REGISTRY=" + proxy.Host, "BUILDKIT_HOST=" + daemon.Address, "GITHUB_OUTPUT=" + output, "GITHUB_STEP_SUMMARY=" + filepath.Join(dir, "summary"),
				}})
				code := r.wait()
				if wrong := append(foreign(r.said(), code), wrongOutputs(t, output, proxy.Host, code)...); len(wrong) > 0 || code != 1 {
					t.Errorf("exit code %d, %q\n%s", code, wrong, tail(r.said()))
				}
			})
		}
	}
}
