package facts

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan"
)

func TestEventFileThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, content, says string
	}{
		{"empty", "", "not an event in JSON"},
		{"not JSON", "<html>502 Bad Gateway</html>", "not an event in JSON"},
		{"half of it", `{"pull_request": {"number": 1`, "not an event in JSON"},
		{"an array", `[{"pull_request": {"number": 1}}]`, "not an event in JSON"},
		{"a string", `"pull_request"`, "not an event in JSON"},
		{"a number where an object belongs", `{"pull_request": 12}`, "not an event in JSON"},
		{"an object where a number belongs", `{"pull_request": {"number": {}}}`, "not an event in JSON"},
		{"a number that is none", `{"pull_request": {"number": 1e400}}`, "not an event in JSON"},
		{"a time that is none", `{"head_commit": {"timestamp": "yesterday"}}`, "not an event in JSON"},
		{"two values", `{} {}`, "not an event in JSON"},
		{"too deep", strings.Repeat("[", 100_000), "not an event in JSON"},
		{"binary", "\x00\x01\xff\xfe", "not an event in JSON"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "event.json")
			if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			wantError(t, path, c.says)
		})
	}
}

// wantError checks that Load fails, and says what about which file.
func wantError(t *testing.T, path, says string) {
	t.Helper()
	got, err := Load(t.Context(), newSource(t, map[string]string{"GITHUB_EVENT_PATH": path}))
	if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) {
		t.Errorf("Load = %v, want an error that says %q and names %q", err, says, path)
	}
	if got != (plan.Facts{}) {
		t.Errorf("Load = %+v besides the error", got)
	}
}

func TestEventFileThatIsNotThereIsAnError(t *testing.T) {
	t.Parallel()
	wantError(t, filepath.Join(t.TempDir(), "event.json"), "no such file")
	wantError(t, t.TempDir(), "is a directory")
}

// TestEventFileThatIsTooLargeIsNotRead has a file that takes no room on the disk.
func TestEventFileThatIsTooLargeIsNotRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 30<<20); err != nil {
		t.Fatal(err)
	}
	wantError(t, path, "it has more than 26214400 bytes")
}

// TestEventFileMayBeAsLargeAsGitHubAllows is a payload of 25 MB.
func TestEventFileMayBeAsLargeAsGitHubAllows(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "event.json")
	event := `{"pull_request": {"number": 12}, "filler": "` + strings.Repeat("x", 25<<20-50) + `"}`
	if err := os.WriteFile(path, []byte(event), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Load(t.Context(), newSource(t, map[string]string{"GITHUB_EVENT_PATH": path}))
	if err != nil || got.Pull.Number != 12 {
		t.Errorf("Load of %d bytes = %+v, %v, want pull request 12", len(event), got.Pull, err)
	}
}

func TestMissingVariablesAreAllReported(t *testing.T) {
	t.Parallel()
	cases := []struct{ missing []string }{
		{[]string{"GITHUB_EVENT_NAME"}},
		{[]string{"GITHUB_REF"}},
		{[]string{"GITHUB_REPOSITORY"}},
		{[]string{"GITHUB_EVENT_PATH"}},
		{[]string{"GITHUB_REF", "GITHUB_EVENT_PATH"}},
		{[]string{"GITHUB_EVENT_NAME", "GITHUB_REF", "GITHUB_REPOSITORY", "GITHUB_EVENT_PATH"}},
	}
	for _, c := range cases {
		t.Run(strings.Join(c.missing, " "), func(t *testing.T) {
			t.Parallel()
			vars := map[string]string{}
			for _, variable := range c.missing {
				vars[variable] = ""
			}
			_, err := Load(t.Context(), newSource(t, vars))
			// One line for each, always in the same order.
			const unset = " is not set, although GITHUB_ACTIONS is true\n"
			pattern := "^.*" + strings.Join(c.missing, unset+".*") + unset + "$"
			if err == nil || !regexp.MustCompile(pattern).MatchString(err.Error()+"\n") {
				t.Errorf("Load without %v = %q, want one line for each, in this order", c.missing, err)
			}
		})
	}
}

func TestVariablesThatMayBeMissing(t *testing.T) {
	t.Parallel()
	got, err := Load(t.Context(), newSource(t, map[string]string{
		"GITHUB_SERVER_URL": "", "GITHUB_RUN_ID": "", "GITHUB_ACTOR": "", "GITHUB_SHA": "", "GITHUB_API_URL": "http://127.0.0.1:1",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := plan.Facts{
		Actions: true, Event: "push", Ref: "refs/heads/main",
		Repository: "Octo-Org/Hello-World", ServerURL: "https://github.com",
		Project: plan.Project{DefaultBranch: "main", Description: "Says hello to the world", License: "MIT", Visibility: packages.Public},
	}
	if got != want {
		t.Errorf("Load = %+v, want %+v", got, want)
	}
}

func TestEnterpriseServerKeepsItsAddress(t *testing.T) {
	t.Parallel()
	got, err := Load(t.Context(), newSource(t, map[string]string{"GITHUB_SERVER_URL": "https://github.example.com:8443/"}))
	if err != nil {
		t.Fatal(err)
	}
	const server = "https://github.example.com:8443"
	if got.ServerURL != server {
		t.Errorf("Load: server %q, want %q", got.ServerURL, server)
	}
}

// TestOutsideActionsTheVariablesMeanNothing is a person who has a shell with a
// few of them.
func TestOutsideActionsTheVariablesMeanNothing(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "false", "1", "TRUE"} {
		got, err := Load(t.Context(), newSource(t, map[string]string{"GITHUB_ACTIONS": value, "GITHUB_EVENT_PATH": "/nowhere"}))
		if err != nil || got != (plan.Facts{}) {
			t.Errorf("Load with GITHUB_ACTIONS=%q in no checkout = %+v, %v, want no facts", value, got, err)
		}
	}
}
