package inputs_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
)

const tooLarge = 500*1024 + 1

func TestSecrets(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	write(t, filepath.Join(dir, "config/key.pem"), "BEGIN\r\nkey\n")
	write(t, filepath.Join(dir, "largest"), strings.Repeat("x", tooLarge-1))
	write(t, filepath.Join(dir, "empty"), "")
	elsewhere := filepath.Join(t.TempDir(), "token")
	write(t, elsewhere, "outside")
	if err := os.Symlink("config/key.pem", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		set  vars
		want map[string]inputs.Secret
	}{
		"a value":                        {vars{"secrets": "id=value"}, map[string]inputs.Secret{"id": "value"}},
		"= and commas in it":             {vars{"secrets": "id=a=b,c=="}, map[string]inputs.Secret{"id": "a=b,c=="}},
		"blanks in it are kept":          {vars{"secrets": "id= a \t\nb=2"}, map[string]inputs.Secret{"id": " a \t", "b": "2"}},
		"blanks around the id are not":   {vars{"secrets": "  id =value"}, map[string]inputs.Secret{"id": "value"}},
		"a value over lines":             {vars{"secrets": "\"id=BEGIN\nkey\n\"\nb=2"}, map[string]inputs.Secret{"id": "BEGIN\nkey\n", "b": "2"}},
		"JSON on one line":               {vars{"secrets": `id={"a":"b"}`}, map[string]inputs.Secret{"id": `{"a":"b"}`}},
		"JSON over lines":                {vars{"secrets": "\"id={\n\"\"a\"\":\"\"b\"\"\n}\""}, map[string]inputs.Secret{"id": "{\n\"a\":\"b\"\n}"}},
		"from the environment":           {vars{"secret-envs": "id=VAR", "VAR": " value\n"}, map[string]inputs.Secret{"id": " value\n"}},
		"two from one variable":          {vars{"secret-envs": "a=VAR\nb=VAR", "VAR": "x"}, map[string]inputs.Secret{"a": "x", "b": "x"}},
		"a file, every byte":             {vars{"secret-files": "id=config/key.pem"}, map[string]inputs.Secret{"id": "BEGIN\r\nkey\n"}},
		"a path with blanks around it":   {vars{"secret-files": "id= config/key.pem "}, map[string]inputs.Secret{"id": "BEGIN\r\nkey\n"}},
		"an absolute path":               {vars{"secret-files": "id=" + elsewhere}, map[string]inputs.Secret{"id": "outside"}},
		"a link":                         {vars{"secret-files": "id=link"}, map[string]inputs.Secret{"id": "BEGIN\r\nkey\n"}},
		"500 KiB in a file":              {vars{"secret-files": "id=largest"}, map[string]inputs.Secret{"id": inputs.Secret(strings.Repeat("x", tooLarge-1))}},
		"500 KiB in a value":             {vars{"secrets": "id=" + strings.Repeat("x", tooLarge-1)}, map[string]inputs.Secret{"id": inputs.Secret(strings.Repeat("x", tooLarge-1))}},
		"one of each, told apart by ids": {vars{"secrets": "a=1", "secret-envs": "b=VAR", "secret-files": "c=config/key.pem", "VAR": "2"}, map[string]inputs.Secret{"a": "1", "b": "2", "c": "BEGIN\r\nkey\n"}},
		"ids differ in case":             {vars{"secrets": "id=1\nID=2"}, map[string]inputs.Secret{"id": "1", "ID": "2"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, c.set)
			if err != nil {
				t.Fatalf("Parse(%.100v) = %v, want the secrets", c.set, err)
			}
			reveal := cmp.Transformer("Reveal", inputs.Secret.Reveal)
			if diff := cmp.Diff(c.want, in.Secrets, reveal); diff != "" {
				t.Errorf("Parse(%.100v), -want +got:\n%s", c.set, diff)
			}
		})
	}
}

// A secret of the workflow that does not exist, or that a run of a fork does not get,
// is an empty text: it is left out with a warning, and the others are there.
func TestEmptySecretsAreLeftOut(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	write(t, filepath.Join(dir, "empty"), "")
	write(t, filepath.Join(dir, "blank"), "\n")
	cases := map[string]struct {
		set  vars
		says string
	}{
		"a value":           {vars{"secrets": "npm=\nother=x"}, "the secret npm in secrets is empty and left out"},
		"the last":          {vars{"secrets": "other=x\nnpm="}, "the secret npm in secrets is empty and left out"},
		"blanks":            {vars{"secrets": "npm=  \t\nother=x"}, "the secret npm in secrets is empty and left out"},
		"in quotes":         {vars{"secrets": "\"npm=\"\nother=x"}, "the secret npm in secrets is empty and left out"},
		"over lines":        {vars{"secrets": "\"npm=\n\n\"\nother=x"}, "the secret npm in secrets is empty and left out"},
		"a variable":        {vars{"secrets": "other=x", "secret-envs": "npm=VAR", "VAR": ""}, "the secret npm in secret-envs is empty and left out"},
		"a blank variable":  {vars{"secrets": "other=x", "secret-envs": "npm=VAR", "VAR": " \n"}, "the secret npm in secret-envs is empty and left out"},
		"no variable":       {vars{"secrets": "other=x", "secret-envs": "npm="}, "the secret npm in secret-envs is empty and left out"},
		"a file":            {vars{"secrets": "other=x", "secret-files": "npm=empty"}, "the secret npm in secret-files is empty and left out"},
		"a file of a blank": {vars{"secrets": "other=x", "secret-files": "npm=blank"}, "the secret npm in secret-files is empty and left out"},
		"no file":           {vars{"secrets": "other=x", "secret-files": "npm= "}, "the secret npm in secret-files is empty and left out"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, c.set)
			if err != nil || len(in.Secrets) != 1 || in.Secrets["other"].Reveal() != "x" {
				t.Fatalf("Parse = %d secrets, %v, want the one that has a value", len(in.Secrets), err)
			}
			if len(in.Notices) != 1 || !strings.HasPrefix(in.Notices[0], c.says) {
				t.Errorf("left out: %q, want one that says %q", in.Notices, c.says)
			}
		})
	}
}

// A secret that cannot be had is an error, and no error shows a secret.
func TestSecretsThatCannotBeHad(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "directory/file")
	write(t, filepath.Join(dir, "large"), strings.Repeat(hidden, tooLarge))
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"environ": "/proc/self/environ", "out": "/etc/hostname"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	large := strings.Repeat(hidden, tooLarge/len(hidden)+1)
	cases := map[string]struct {
		set   vars
		input string
		says  []string
	}{
		"no =":                     {vars{"secrets": "a=1\n" + hidden}, "secrets", []string{"line 2 has no ="}},
		"no id":                    {vars{"secrets": "=" + hidden}, "secrets", []string{"line 1 has no name"}},
		"lines without quotes":     {vars{"secrets": "id=BEGIN\n" + hidden}, "secrets", []string{"line 2", "in quotes"}},
		"an open quote":            {vars{"secrets": "a=1\n\"id=" + hidden}, "secrets", []string{"line 2", "never closed"}},
		"a quote that ends early":  {vars{"secrets": "\"id={\"" + hidden + "\":1}\""}, "secrets", []string{"line 1", `write ""`}},
		"too large":                {vars{"secrets": "id=" + large}, "secrets", []string{"line 1: id", "at most 500 KiB"}},
		"twice":                    {vars{"secrets": "id=" + hidden + "\nid=" + hidden}, "secrets", []string{"line 2", `"id" is given twice`}},
		"twice, in two inputs":     {vars{"secrets": "id=" + hidden, "secret-envs": "id=VAR", "VAR": hidden}, "secret-envs", []string{`"id" is given twice`, "secrets, secret-envs or secret-files"}},
		"twice, in two others":     {vars{"secret-envs": "id=VAR", "VAR": hidden, "secret-files": "id=Dockerfile"}, "secret-files", []string{`"id" is given twice`}},
		"a variable that is none":  {vars{"secret-envs": "id=ABSENT"}, "secret-envs", []string{"the variable ABSENT for id is not set"}},
		"twice, one of them empty": {vars{"secrets": "id=\nid=" + hidden}, "secrets", []string{"line 2", `"id" is given twice`}},
		"no variable":              {vars{"secret-envs": hidden}, "secret-envs", []string{"line 1", "ID=VARIABLE"}},
		"a large variable":         {vars{"secret-envs": "id=VAR", "VAR": large}, "secret-envs", []string{"id", "500 KiB"}},
		"a missing file":           {vars{"secret-files": "a=Dockerfile\nid=absent/key"}, "secret-files", []string{"line 2: id", filepath.Join(dir, "absent/key"), "does not exist"}},
		"a link to /proc":          {vars{"secret-files": "id=environ"}, "secret-files", []string{"line 1: id", "outside the workspace"}},
		"a link out":               {vars{"secret-files": "id=out"}, "secret-files", []string{"line 1: id", "outside the workspace"}},
		"/proc itself":             {vars{"secret-files": "id=/proc/self/environ"}, "secret-files", []string{"line 1: id", "outside the workspace"}},
		"a directory":              {vars{"secret-files": "id=directory"}, "secret-files", []string{"line 1: id", "is a directory"}},
		"a named pipe never waits": {vars{"secret-files": "id=pipe"}, "secret-files", []string{"is not a regular file"}},
		"a device":                 {vars{"secret-files": "id=/dev/zero"}, "secret-files", []string{"is not a regular file"}},
		"a large file":             {vars{"secret-files": "id=large"}, "secret-files", []string{"line 1: id", "at most 500 KiB"}},
		"no = for a path":          {vars{"secret-files": hidden}, "secret-files", []string{"line 1", "ID=path"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, c.set)
			if err != nil && strings.Contains(err.Error(), hidden) {
				t.Fatalf("Parse shows a secret in %.300q", err)
			}
			wantMistake(t, err, c.input, c.says...)
		})
	}
}
