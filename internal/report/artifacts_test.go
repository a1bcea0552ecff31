package report

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// newArtifacts is a reporter with a file for what is published.
func newArtifacts(t *testing.T, path string) (*Reporter, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	r, err := New(Options{Out: log, Lookup: lookup(map[string]string{"GITHUB_ARTIFACTS": path}), Actions: true})
	if err != nil {
		t.Fatal(err)
	}
	return r, log
}

// Every image is named once, as actions/attest reads it; the runner takes no line
// with an = in it.
func TestArtifactsNameEveryImage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "artifacts")
	const before = "dist/app.tar.gz\n"
	if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	r, _ := newArtifacts(t, path)
	if err := r.Success(published(t)); err != nil {
		t.Fatal(err)
	}
	if err := r.Success(Outcome{Reason: "the input push is false"}); err != nil {
		t.Fatal(err)
	}
	digest := digestOf("a").String()
	want := before + "oci://ghcr.io/octo-org/hello-world@" + digest + "\noci://quay.io/octo/hello@" + digest + "\n"
	if got := read(t, path); got != want || strings.Contains(got, "=") {
		t.Errorf("the file is %q, want %q", got, want)
	}
}

// A file that cannot be written, from the start or in the end, is worth a warning.
func TestArtifactsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing", "artifacts")
	r, log := newArtifacts(t, missing)
	if got := obeyed(log.String()); len(got) != 1 || got[0].name != "warning" || !strings.Contains(got[0].data, missing) {
		t.Errorf("the runner obeys %v, want a warning before any work", got)
	}
	if err := r.Success(published(t)); err != nil {
		t.Errorf("Success = %v, want nil", err)
	}
	later := filepath.Join(t.TempDir(), "artifacts")
	r, log = newArtifacts(t, later)
	if err := os.Remove(later); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(later, 0o700); err != nil { // meanwhile
		t.Fatal(err)
	}
	if err := r.Success(published(t)); err != nil {
		t.Errorf("Success = %v, want nil", err)
	}
	if got := obeyed(log.String()); len(got) != 1 || got[0].name != "warning" || !strings.Contains(got[0].data, later) {
		t.Errorf("the runner obeys %v, want a warning", got)
	}
}

func TestNotice(t *testing.T) {
	t.Parallel()
	s := newStep(t, true)
	s.Notice("private\n::error::x 100%")
	want := []command{{"notice", "private\n::error::x 100%", map[string]string{}}}
	if diff := cmp.Diff(want, obeyed(s.log.String()), cmp.AllowUnexported(command{})); diff != "" {
		t.Errorf("what the runner obeys (-want +got):\n%s", diff)
	}
}
