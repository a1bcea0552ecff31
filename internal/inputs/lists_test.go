package inputs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/metadata"
)

// Images and tags are kept as written: what the short forms mean is the plan's
// to say.
func TestImagesAndTags(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	cases := map[string]struct {
		value string
		want  []string
	}{
		"one":                     {"Octo/Name", []string{"Octo/Name"}},
		"commas and lines":        {"a, b\nghcr.io/octo/c:1.2.3", []string{"a", "b", "ghcr.io/octo/c:1.2.3"}},
		"comments and blanks":     {"# mine\n\n a \n", []string{"a"}},
		"duplicates are the plan": {"a\na", []string{"a", "a"}},
		"Windows line ends":       {"a\r\nb\r\n", []string{"a", "b"}},
		"quoted":                  {`"a"`, []string{"a"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, vars{"image": c.value, "tags": c.value})
			if err != nil {
				t.Fatalf("Parse(image and tags: %q) = %v, want %v", c.value, err, c.want)
			}
			if diff := cmp.Diff(c.want, in.Images); diff != "" {
				t.Errorf("Parse(image: %q), -want +got:\n%s", c.value, diff)
			}
			if diff := cmp.Diff(c.want, written(in.Tags)); diff != "" {
				t.Errorf("Parse(tags: %q), -want +got:\n%s", c.value, diff)
			}
		})
	}
}

// written lists the rules by what they look like.
func written(rules metadata.Rules) []string {
	texts := make([]string, len(rules))
	for i, rule := range rules {
		texts[i] = rule.Text
	}
	return texts
}

// Every mistake in every one of these inputs is reported, with its place.
func TestMistakesInNames(t *testing.T) {
	t.Parallel()
	_, err := parse(checkout(t), vars{
		"tags": "latest\ntype=semver\ntype=nonsense", "flavor": "latest=perhaps", "labels": "a={{nonsense}}", "annotations": "b", "floating": "backwards",
	})
	var found []string
	for _, mistake := range mistakes(t, err) {
		found = append(found, mistake.Input)
	}
	if diff := cmp.Diff([]string{"tags", "tags", "flavor", "labels", "annotations", "floating"}, found); diff != "" {
		t.Errorf("Parse reports mistakes in, -want +got:\n%s\n%v", diff, err)
	}
	if !strings.Contains(err.Error(), `input "tags": line 3, character 6: the rule type "nonsense" is not known`) {
		t.Errorf("Parse = %v, want it to say where", err)
	}
}

// Labels and build arguments have the same form.
func TestPairs(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	cases := map[string]struct {
		value string
		want  map[string]string
	}{
		"one per line":            {"a=1\nb=2", map[string]string{"a": "1", "b": "2"}},
		"an empty value":          {"a=", map[string]string{"a": ""}},
		"= in the value":          {"a=b=c==", map[string]string{"a": "b=c=="}},
		"commas in the value":     {"a=1,2,3", map[string]string{"a": "1,2,3"}},
		"quotes in the value":     {`a="1" '2'`, map[string]string{"a": `"1" '2'`}},
		"JSON":                    {`a={"b":[1,2],"c":"d=e"}`, map[string]string{"a": `{"b":[1,2],"c":"d=e"}`}},
		"a value over lines":      {"\"a=1\n 2 \n3\"\nb=4", map[string]string{"a": "1\n 2 \n3", "b": "4"}},
		"a quoted JSON":           {`"a={""b"":1}"`, map[string]string{"a": `{"b":1}`}},
		"blanks around the name":  {"  a =1", map[string]string{"a": "1"}},
		"blanks before the value": {"a= 1", map[string]string{"a": " 1"}},
		"blanks at the end":       {"a=1 \t\nb=2\r\n", map[string]string{"a": "1", "b": "2"}},
		"a # in the value":        {"a=#1", map[string]string{"a": "#1"}},
		"a dotted name":           {"org.opencontainers.image.title=x", map[string]string{"org.opencontainers.image.title": "x"}},
		"the last one wins":       {"a=1\na=2", map[string]string{"a": "2"}},
		"not expanded":            {"a=$HOME ${x} $(id)", map[string]string{"a": "$HOME ${x} $(id)"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, vars{"labels": c.value, "build-args": c.value})
			if err != nil {
				t.Fatalf("Parse(labels and build-args: %q) = %v, want %v", c.value, err, c.want)
			}
			if diff := cmp.Diff(c.want, in.Labels.Values(metadata.Facts{})); diff != "" {
				t.Errorf("Parse(labels: %q), -want +got:\n%s", c.value, diff)
			}
			if diff := cmp.Diff(c.want, in.BuildArgs); diff != "" {
				t.Errorf("Parse(build-args: %q), -want +got:\n%s", c.value, diff)
			}
		})
	}
}

func TestPairsThatAreNone(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	cases := map[string]struct{ input, value, says string }{
		"a label without =":             {"labels", "a=1\n\nmaintainer", `line 3, character 1: "maintainer" has no =`},
		"a label without a name":        {"labels", "# mine\n=1", "line 2, character 1: there is no name before the ="},
		"a label with blanks for name":  {"labels", "  =1", "line 1, character 1: there is no name before the ="},
		"an argument that is not set":   {"build-args", "a=1\nABSENT", "line 2: ABSENT has no = and is not set in the environment"},
		"an argument without a name":    {"build-args", "=1", "line 1 has no name before the ="},
		"an argument's open quote":      {"build-args", "\"a=1\nb=2", "line 1: the quote at its start is never closed"},
		"a second line without quotes":  {"build-args", "a=1\nsecond line", "line 2: second line has no ="},
		"an argument after a long item": {"build-args", "\"a=1\n2\n3\"\nABSENT", "line 4: ABSENT"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, vars{c.input: c.value})
			wantMistake(t, err, c.input, c.says, "KEY=value")
		})
	}
}

// A build argument without = has the value of the step's environment, as for
// docker build: also where it is empty, and with every blank.
func TestBuildArgsFromTheEnvironment(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	in, err := parse(dir, vars{
		"build-args": "VERSION\n EMPTY \nLINES\nGIVEN=here",
		"VERSION":    "1.2.3", "EMPTY": "", "LINES": "one\ntwo \n", "GIVEN": "there",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"VERSION": "1.2.3", "EMPTY": "", "LINES": "one\ntwo \n", "GIVEN": "here"}
	if diff := cmp.Diff(want, in.BuildArgs); diff != "" {
		t.Errorf("Parse(build-args), -want +got:\n%s", diff)
	}
}
