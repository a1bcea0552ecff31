package inputs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An image is loaded under every tag, or under the names that outputs gives it, which
// mean what they mean for docker.
func TestLoadNames(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	cases := map[string]struct {
		set  vars
		load bool
		as   []string
		tags bool
	}{
		"nothing":               {vars{}, false, nil, false},
		"load":                  {vars{"load": "true"}, true, nil, false},
		"a line":                {vars{"outputs": "type=docker"}, true, nil, true},
		"a name":                {vars{"outputs": "type=docker,name=app:local"}, true, []string{"docker.io/library/app:local"}, false},
		"without a tag":         {vars{"outputs": "type=docker,name=octo/app"}, true, []string{"docker.io/octo/app:latest"}, false},
		"with a host":           {vars{"outputs": "type=docker,name=localhost:5000/app:1"}, true, []string{"localhost:5000/app:1"}, false},
		"two names":             {vars{"outputs": "type=docker,\"name=app:1,app:2\""}, true, []string{"docker.io/library/app:1", "docker.io/library/app:2"}, false},
		"two lines":             {vars{"outputs": "type=docker,name=app:1\ntype=docker,name=app:2"}, true, []string{"docker.io/library/app:1", "docker.io/library/app:2"}, false},
		"load, and a name":      {vars{"load": "true", "outputs": "type=docker,name=app:1"}, true, []string{"docker.io/library/app:1"}, true},
		"with and without":      {vars{"outputs": "type=docker,name=app:1\ntype=docker"}, true, []string{"docker.io/library/app:1"}, true},
		"beside a pushed image": {vars{"outputs": "type=image,name=ghcr.io/octo/app:1,push=true\ntype=docker,name=app:1"}, true, []string{"docker.io/library/app:1"}, false},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, c.set)
			if err != nil || in.Load != c.load || in.LoadTags != c.tags {
				t.Fatalf("Parse = load %v, under every tag %v, %v, want %v, %v", in.Load, in.LoadTags, err, c.load, c.tags)
			}
			if diff := cmp.Diff(c.as, in.LoadAs); diff != "" {
				t.Errorf("names, -want +got:\n%s", diff)
			}
		})
	}
}
