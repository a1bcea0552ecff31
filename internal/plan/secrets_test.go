package plan_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/metadata"
	"github.com/slipway-build/slipway/internal/plan"
)

// What is published beside the image holds no secret of the step.
func TestSecretsInWhatIsPublished(t *testing.T) {
	t.Parallel()
	const secret = "S3cr3t-t0ken"
	labels := func(text string) func(*inputs.Inputs) {
		return func(in *inputs.Inputs) { in.Labels, _ = metadata.ParseLabels(lines(text)) }
	}
	cases := map[string]struct {
		set  func(*inputs.Inputs)
		want string // part of the refusal; empty: it passes
	}{
		"a label":                 {labels("team=x" + secret + "x"), "a label"},
		"a label's name":          {labels(secret + "=team"), "a label"},
		"a line of a secret":      {labels("a=second-line-of-it"), "a label"},
		"an annotation":           {func(in *inputs.Inputs) { in.Annotations, _ = metadata.ParseAnnotations(lines("a=" + secret)) }, "an annotation"},
		"a tag":                   {func(in *inputs.Inputs) { in.Tags = rules(t, secret) }, "a tag"},
		"a tag between others":    {func(in *inputs.Inputs) { in.Tags = rules(t, "1", "type=raw,value="+secret+",prefix=x") }, "a tag"},
		"a tag elsewhere":         {func(in *inputs.Inputs) { in.Tags = rules(t, "quay.io/a/b:"+secret) }, "a tag"},
		"an image, in lower case": {func(in *inputs.Inputs) { in.Images = []string{"quay.io/octo/" + secret} }, "the name of an image"},
		"a token of the run":      {labels("a=ghs_token-of-the-run"), "a label"},
		"a password":              {labels("a=pass of a registry"), "a label"},
		"an annotation of a file": {func(in *inputs.Inputs) {
			in.Outputs = []inputs.Output{{Type: inputs.OutputOCI, Dest: "/w/x", Attrs: attrs{"annotation.a": secret}}}
		}, "an option of oci"},
		"an attestation": {func(in *inputs.Inputs) {
			in.Attestations = []inputs.Attestation{{Type: inputs.Provenance, Attrs: attrs{"builder-id": secret}}}
		}, "an attestation"},
		"a cache's name": {func(in *inputs.Inputs) {
			in.CacheTo = []inputs.Cache{{Type: inputs.CacheRegistry, Attrs: attrs{"ref": "ghcr.io/octo/x:" + secret}}}
		}, "the reference of a cache"},

		"a part of a secret":  {labels("team=S3cr3t"), ""},
		"one too short":       {labels("team=sevenXX"), ""},
		"the owner":           {labels("a=Octo/hello-world by octo and octocat"), ""},
		"a user's name":       {labels("a=robot-account"), ""},
		"a line too short":    {labels("a=first"), ""},
		"the repository's":    {func(in *inputs.Inputs) { in.Tags = rules(t, "hello-world") }, ""},
		"nothing to be found": {labels("team=core"), ""},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in := inputs.Inputs{
				Token:  "ghs_token-of-the-run",
				Logins: []inputs.Login{{Registry: "quay.io", Username: "robot-account", Password: "pass of a registry"}},
				Secrets: map[string]inputs.Secret{
					"npm": secret + "\n", "short": "sevenXX", "repository": "Hello-World", "full": "octo/hello-world", "actor": "octocat", "user": "robot-account", "lines": "first\nsecond-line-of-it\n",
				},
			}
			c.set(&in)
			_, err := plan.New(in, pushOf("refs/heads/main"))
			if c.want == "" {
				if err != nil {
					t.Errorf("New = %v, want none", err)
				}
				return
			}
			wantRefusal(t, err, "publishing "+c.want, "holds a secret of this step")
			if strings.Contains(strings.ToLower(err.Error()), strings.ToLower(secret)) {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

// A build argument that holds a secret in another encoding publishes it, too.
func TestEncodedSecretsInArguments(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-t0ken"
	for _, value := range []string{
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte("octocat:" + secret)), hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
		`{"auth":"` + base64.StdEncoding.EncodeToString([]byte("x:"+secret)) + `"}`,
	} {
		in := inputs.Inputs{Secrets: map[string]inputs.Secret{"npm": secret}, BuildArgs: map[string]string{"CONFIG": value}}
		_, err := plan.New(in, pushOf("refs/heads/main"))
		wantRefusal(t, err, "passing the build argument CONFIG", "it holds a secret of this step")
	}
	in := inputs.Inputs{Secrets: map[string]inputs.Secret{"owner": "hello-world"}, BuildArgs: map[string]string{"CONFIG": "hello-world"}}
	if _, err := plan.New(in, pushOf("refs/heads/main")); err != nil {
		t.Errorf("an argument that is the repository's name is refused: %v", err)
	}
}

// The cost of tags is linear: in a run that takes seconds for a thousand, a hundred
// thousand would not end.
func TestManyTags(t *testing.T) {
	t.Parallel()
	all := make([]string, 0, 100_000)
	for i := range cap(all) {
		all = append(all, fmt.Sprintf("quay.io/octo/app:build-%d", i))
	}
	in := inputs.Inputs{Tags: rules(t, all...), Token: "ghs_token-of-the-run"}
	got, err := plan.New(in, pushOf("refs/heads/main"))
	if err != nil || len(got.Publish.Tags) != len(all) {
		t.Fatalf("New = %d tags, %v, want %d", len(got.Publish.Tags), err, len(all))
	}
	if versions, floating := got.Publish.MoveOrder(); len(versions)+len(floating) != len(all) {
		t.Errorf("%d and %d tags move", len(versions), len(floating))
	}
}
