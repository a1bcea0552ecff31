package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/slipway-build/slipway/internal/packages"
	"github.com/slipway-build/slipway/internal/plan/visible"
)

// The measurement wins over what GitHub says, which is the only one to tell
// internal from private.
func TestVisibilityOfWhatWasSeen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		measured, public bool
		said, want       packages.Visibility
	}{
		{false, false, packages.Unknown, packages.Unknown},
		{false, false, packages.Internal, packages.Internal},
		{false, false, packages.Public, packages.Public},
		{true, true, packages.Private, packages.Public},
		{true, true, packages.Unknown, packages.Public},
		{true, false, packages.Public, packages.Private},
		{true, false, packages.Internal, packages.Internal},
		{true, false, packages.Unknown, packages.Private},
	} {
		s := visible.Seen{Measured: c.measured, Public: c.public, Package: visible.Package{Visibility: c.said}}
		if got := s.Visibility(); got != c.want {
			t.Errorf("measured %v, public %v, GitHub says %q: %q, want %q", c.measured, c.public, c.said, got, c.want)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	const settings = "https://github.com/orgs/octo/packages/container/hello/settings"
	const github, quay = "hello", "quay.io/octo/hello"
	org := visible.Package{Found: true, Owner: packages.Organization}
	linked := org
	linked.Repository = "Octo/Other"
	own := org
	own.Repository = "octo/HELLO-world"
	internal := org
	internal.Visibility = packages.Internal
	public, private := visible.Seen{Measured: true, Public: true, Package: org}, visible.Seen{Measured: true, Package: org}
	with := func(s visible.Seen, p visible.Package) visible.Seen { s.Package = p; return s }
	unknown := visible.Seen{Unmeasured: errors.New("a timeout")}
	for title, c := range map[string]struct {
		image, required, repository string
		seen                        visible.Seen
		notice, warning, err        string // what each says, with blanks between; empty: there is none
	}{
		"public, of a public repository":                {image: github, repository: "public", seen: public},
		"private, of a public repository":               {image: github, repository: "public", seen: private, notice: "without\x00private\x00" + settings + "\x00Danger Zone\x00Change visibility\x00choose Public\x00greyed out\x00Package Creation\x00require-visibility to private"},
		"internal, of a public repository":              {image: github, repository: "public", seen: with(private, internal), notice: "the package is internal"},
		"private, of a user's public repository":        {image: github, repository: "public", seen: with(private, visible.Package{Owner: packages.User}), notice: "https://github.com/users/octo/packages/container/hello/settings"},
		"public, of a private repository":               {image: github, repository: "private", seen: public, warning: "everybody\x00the repository is private\x00cannot be made private again\x00" + settings},
		"public, of an internal repository":             {image: github, repository: "internal", seen: public, warning: "the repository is internal"},
		"private, of a private repository":              {image: github, repository: "private", seen: private},
		"private, of an internal repository":            {image: github, repository: "internal", seen: private},
		"private, of a repository that nobody knows":    {image: github, seen: private},
		"public, of a repository that nobody knows":     {image: github, seen: public},
		"unknown, of a public repository":               {image: github, repository: "public", seen: unknown},
		"linked elsewhere":                              {image: github, repository: "public", seen: with(public, linked), warning: "linked to Octo/Other, and not to Octo/Hello-World\x00Repository source\x00" + settings},
		"linked elsewhere, and private":                 {image: github, repository: "public", seen: with(private, linked), warning: "Octo/Other", notice: "without a login"},
		"linked to its own, in other letters":           {image: github, repository: "public", seen: with(public, own)},
		"private as required, of a public repository":   {image: github, required: "private", repository: "public", seen: private},
		"public as required, of a private repository":   {image: github, required: "public", repository: "private", seen: public},
		"internal as required":                          {image: github, required: "internal", repository: "public", seen: with(private, internal)},
		"private, and public is required":               {image: github, required: "public", repository: "public", seen: private, err: "requiring that ghcr.io/octo/hello is public: it is private\x00published already\x00" + settings},
		"public, and private is required":               {image: github, required: "private", repository: "public", seen: public, err: "it is public\x00cannot be made private again"},
		"internal, and private is required":             {image: github, required: "private", seen: with(private, internal), err: "it is internal\x00choose private"},
		"private or internal, and internal is required": {image: github, required: "internal", seen: private, err: "did not tell\x00packages: read"},
		"unknown, and public is required":               {image: github, required: "public", seen: unknown, err: "could not be measured\x00published already (a timeout)"},
		"elsewhere, private":                            {image: quay, repository: "public", required: "private", seen: visible.Seen{Measured: true}},
		"elsewhere, private, and public is required":    {image: quay, repository: "public", required: "public", seen: visible.Seen{Measured: true}, err: "it is private\x00settings of quay.io"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			w := watchOf(t, packages.Visibility(c.required), packages.Visibility(c.repository), c.image)
			c.seen.Image = w.Images[0]
			v := w.Judge([]visible.Seen{c.seen})
			says(t, "notices", c.notice, v.Notices)
			says(t, "warnings", c.warning, v.Warnings)
			var errs []string
			if v.Err != nil {
				errs = append(errs, v.Err.Error())
			}
			says(t, "errors", c.err, errs)
		})
	}
}

// says checks that there is one text which has all the parts, or none for none.
func says(t *testing.T, what, parts string, texts []string) {
	t.Helper()
	if parts == "" {
		if len(texts) > 0 {
			t.Errorf("%s: %q, want none", what, texts)
		}
		return
	}
	if len(texts) != 1 {
		t.Errorf("%s: %q, want one", what, texts)
		return
	}
	for part := range strings.SplitSeq(parts, "\x00") {
		if !strings.Contains(texts[0], part) {
			t.Errorf("%s: %q lacks %q", what, texts[0], part)
		}
	}
}

// A user has no settings of an organization.
func TestJudgeKnowsUsers(t *testing.T) {
	t.Parallel()
	w := watchOf(t, packages.Unknown, packages.Public, "hello")
	v := w.Judge([]visible.Seen{{Image: w.Images[0], Measured: true, Package: visible.Package{Owner: packages.User}}})
	if text := strings.Join(v.Notices, ""); text == "" || strings.Contains(text, "Package Creation") {
		t.Errorf("the notice to a user is %q", text)
	}
}

// Every image is judged.
func TestJudgeEveryImage(t *testing.T) {
	t.Parallel()
	w := watchOf(t, packages.Public, packages.Public, "hello", "world", "quay.io/octo/hello")
	seen := make([]visible.Seen, 0, len(w.Images))
	for _, image := range w.Images {
		seen = append(seen, visible.Seen{Image: image, Measured: true})
	}
	if refused := refusals(t, w.Judge(seen).Err); len(refused) != len(w.Images) {
		t.Errorf("%d images are refused, want %d: %v", len(refused), len(w.Images), refused)
	}
}
