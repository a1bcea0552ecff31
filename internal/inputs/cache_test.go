package inputs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-build/slipway/internal/inputs"
)

type attrs = map[string]string

func TestCaches(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "cache/index.json")
	registry := func(ref string) []inputs.Cache {
		return []inputs.Cache{{Type: inputs.CacheRegistry, Attrs: attrs{"ref": ref}}}
	}
	local := func(name, path string) []inputs.Cache {
		return []inputs.Cache{{Type: inputs.CacheLocal, Attrs: attrs{name: filepath.Join(dir, path)}}}
	}
	cases := map[string]struct {
		input, value string
		want         []inputs.Cache
	}{
		"a reference alone":         {"cache-from", "octo/app:cache", registry("docker.io/octo/app:cache")},
		"a reference with a host":   {"cache-to", " ghcr.io/octo/app:cache ", registry("ghcr.io/octo/app:cache")},
		"the long form":             {"cache-from", "type=registry,ref=localhost:5000/app", registry("localhost:5000/app:latest")},
		"capitals":                  {"cache-from", "ghcr.io/Octo-Org/App:Build-Cache", registry("ghcr.io/octo-org/app:Build-Cache")},
		"a digest":                  {"cache-from", "ghcr.io/Octo/App@sha256:" + strings.Repeat("a", 64), registry("ghcr.io/octo/app@sha256:" + strings.Repeat("a", 64))},
		"a tag and a digest":        {"cache-from", "ghcr.io/Octo/App:Main@sha256:" + strings.Repeat("a", 64), registry("ghcr.io/octo/app:Main@sha256:" + strings.Repeat("a", 64))},
		"blanks":                    {"cache-from", "type=registry, ref = octo/app:cache", registry("docker.io/octo/app:cache")},
		"inline":                    {"cache-to", "type=inline", []inputs.Cache{{Type: inputs.CacheInline, Attrs: attrs{}}}},
		"a directory":               {"cache-from", "type=local,src=cache", local("src", "cache")},
		"a directory to be made":    {"cache-to", "type=local,dest=new/cache", local("dest", "new/cache")},
		"one that is not there yet": {"cache-from", "type=local,src=./later", local("src", "later")},
		"an absolute directory":     {"cache-to", "type=local,dest=" + dir + "/cache", local("dest", "cache")},
		"quotes around a comma":     {"cache-to", `type=local,"dest=a,b"`, local("dest", "a,b")},
		"a line in quotes":          {"cache-to", `"type=local,dest=x"`, local("dest", "x")},
		"a comment between two": {"cache-from", "octo/a:1\n# old\nocto/b:1\n", []inputs.Cache{
			{Type: inputs.CacheRegistry, Attrs: attrs{"ref": "docker.io/octo/a:1"}},
			{Type: inputs.CacheRegistry, Attrs: attrs{"ref": "docker.io/octo/b:1"}},
		}},
		"every option of a registry": {
			"cache-to", "type=registry,ref=a/b:c,mode=max,oci-mediatypes=true,image-manifest=true,compression=zstd,compression-level=3,force-compression=true,ignore-error=true,registry.insecure=false",
			[]inputs.Cache{{Type: inputs.CacheRegistry, Attrs: attrs{
				"ref": "docker.io/a/b:c", "mode": "max", "oci-mediatypes": "true", "image-manifest": "true", "compression": "zstd",
				"compression-level": "3", "force-compression": "true", "ignore-error": "true", "registry.insecure": "false",
			}}},
		},
		"s3, passed through": {
			"cache-to", "type=s3,region=eu-west-1,bucket=b,access_key_id=AKIA,secret_access_key=s3cr3t/+,session_token=t0ken,mode=max",
			[]inputs.Cache{{
				Type:    inputs.CacheS3,
				Attrs:   attrs{"region": "eu-west-1", "bucket": "b", "access_key_id": "AKIA", "mode": "max"},
				Secrets: map[string]inputs.Secret{"secret_access_key": "s3cr3t/+", "session_token": "t0ken"},
			}},
		},
		"azblob, passed through": {
			"cache-from", "type=azblob,account_url=https://a.blob.core.windows.net?sig=abc,name=n,secret_access_key=s3cr3t",
			[]inputs.Cache{{
				Type:    inputs.CacheAzblob,
				Attrs:   attrs{"name": "n"},
				Secrets: map[string]inputs.Secret{"secret_access_key": "s3cr3t", "account_url": "https://a.blob.core.windows.net?sig=abc"},
			}},
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, vars{c.input: c.value})
			if err != nil {
				t.Fatal(err)
			}
			got := in.CacheFrom
			if c.input == "cache-to" {
				got = in.CacheTo
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Parse(%s: %q), -want +got:\n%s", c.input, c.value, diff)
			}
		})
	}
}

func TestCachesThatAreNone(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "file")
	outside := t.TempDir()
	for link, target := range map[string]string{"out": outside, "nowhere": filepath.Join(outside, "absent")} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	cases := map[string]struct{ input, value, says string }{
		"an unknown type":         {"cache-from", "a/b:c\ntype=ftp,ref=x", `line 2: the type "ftp" is not known`},
		"no type":                 {"cache-to", "ref=a/b:c", "line 1: it has no type"},
		"gha without a runner":    {"cache-to", "type=gha,mode=max", "its runner has not set ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL; elsewhere take"},
		"gha of a server":         {"cache-to", "type=gha,version=1,token=t", "its runner has not set ACTIONS_CACHE_URL; elsewhere"},
		"gha, an unknown version": {"cache-from", "type=gha,version=3,url=u,token=t", `version: "3" is not one of 1, 2`},
		"gha, no length of time":  {"cache-from", "type=gha,timeout=10,url=u,token=t", `timeout: "10" is no length of time`},
		"gha, a mode to import":   {"cache-from", "type=gha,mode=max,url=u,token=t", "there is no attribute mode"},
		"gha, a scope twice":      {"cache-to", "type=gha,url=u,token=t\ntype=gha,scope=buildkit,mode=max,url=u,token=t", "line 2: the same place is given twice"},
		"inline to import":        {"cache-from", "type=inline", "type=registry,ref=IMAGE"},
		"no ref":                  {"cache-to", "type=registry,mode=max", "type=registry needs ref=IMAGE"},
		"an illegal ref":          {"cache-from", "type=registry,ref=a//b", `the ref "a//b" is not an image`},
		"an ID for a ref":         {"cache-from", strings.Repeat("a", 64), "is not an image"},
		"a digest to export to":   {"cache-to", "a/b@sha256:" + strings.Repeat("a", 64), "has a digest"},
		"two words":               {"cache-from", "a/b c/d", "is not an image"},
		"an attribute twice":      {"cache-to", "type=registry,ref=a/b:c,ref=c/d", "line 1: ref is given twice"},
		"an unknown attribute":    {"cache-to", "type=registry,ref=a/b:c,modus=max", "there is no attribute modus; there are compression, "},
		"an attribute of exports": {"cache-from", "type=registry,ref=a/b:c,mode=max", "there is no attribute mode"},
		"an unknown mode":         {"cache-to", "type=registry,ref=a/b:c,mode=most", `mode: "most" is not one of min, max`},
		"a mode of s3":            {"cache-to", "type=s3,mode=most", `mode: "most" is not one of min, max`},
		"no boolean":              {"cache-to", "type=registry,ref=a/b:c,ignore-error=sometimes", `ignore-error: "sometimes" is neither`},
		"no number":               {"cache-to", "type=registry,ref=a/b:c,compression-level=high", `"high" is not a whole number`},
		"no =":                    {"cache-to", "type=registry,ref=a/b:c,max", "part 3 of it is not NAME=value"},
		"a quote in the middle":   {"cache-to", `type=registry,ref="a/b"`, "its quotes are not those of CSV"},
		"an open quote":           {"cache-to", `"type=registry`, "never closed"},
		"the same ref twice":      {"cache-to", "type=registry,ref=a/b:c,mode=max\na/b:c", "line 2: the same place is given twice"},
		"inline twice":            {"cache-to", "type=inline\ntype=inline", "given twice"},
		"two directories":         {"cache-to", "type=local,dest=x\ntype=local,dest=y", "type=local goes with no other local and with no registry"},
		"a directory, a registry": {"cache-to", "type=local,dest=x\na/b:c", "type=local goes with no other local and with no registry"},
		"no directory":            {"cache-to", "type=local", "type=local needs dest=PATH"},
		"src for dest":            {"cache-to", "type=local,dest=x,src=y", "there is no attribute src"},
		"outside the workspace":   {"cache-to", "type=local,dest=../x", "outside the workspace"},
		"far outside":             {"cache-from", "type=local,src=/tmp/.buildx-cache", "outside the workspace"},
		"through a link":          {"cache-to", "type=local,dest=out/x", "outside the workspace"},
		"a link to nothing":       {"cache-to", "type=local,dest=nowhere", "a link to nothing"},
		"through such a link":     {"cache-to", "type=local,dest=nowhere/x", "a link to nothing"},
		"a file":                  {"cache-from", "type=local,src=file", "it is not a directory"},
		"below a file":            {"cache-to", "type=local,dest=file/x", "not a directory"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, vars{c.input: c.value})
			wantMistake(t, err, c.input, c.says)
		})
	}
}

// A password of a cache is shown by no error, and known to whoever hides secrets
// also where the line is mistaken.
func TestCacheSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	const canary = "c4n4ry"
	for _, line := range []string{
		"type=s3,secret_access_key=" + canary + ",mode=most",
		"type=s3,secret_access_key=" + canary + ",secret_access_key=" + canary,
		"type=ftp,password=" + canary,
		"type=gha,token=" + canary,
	} {
		in, err := parse(checkout(t), vars{"cache-to": line})
		wantMistake(t, err, "cache-to")
		if strings.Contains(err.Error(), canary) {
			t.Errorf("Parse(%s) shows the secret: %v", line, err)
		}
		if !slices.Contains(in.CacheSecrets(), inputs.Secret(canary)) {
			t.Errorf("CacheSecrets of %s does not hold it", line)
		}
		if text := fmt.Sprintf("%v %+v %#v", in.CacheTo, in.CacheTo, in.CacheTo); strings.Contains(text, canary) {
			t.Errorf("printing the caches shows the secret: %s", text)
		}
	}
	_, err := parse(checkout(t), vars{"cache-to": "type=s3,secret_access_key=half," + canary})
	wantMistake(t, err, "cache-to", "part 3")
	if strings.Contains(err.Error(), canary) {
		t.Errorf("the error shows the secret: %v", err)
	}
}

// TestCacheIsWrittenThroughNoLink has a checkout bring a directory for the cache with
// links in it, which lead out of the workspace.
func TestCacheIsWrittenThroughNoLink(t *testing.T) {
	t.Parallel()
	for _, link := range []string{"blobs", "index.json", "blobs/sha256"} {
		t.Run(link, func(t *testing.T) {
			t.Parallel()
			dir := checkout(t)
			at := filepath.Join(dir, "kept", link)
			if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Join(t.TempDir(), "away"), at); err != nil {
				t.Fatal(err)
			}
			_, err := parse(dir, vars{"cache-to": "type=local,dest=kept"})
			wantMistake(t, err, "cache-to", at+" is a link, through which it would be written")
			if _, err := parse(dir, vars{"cache-from": "type=local,src=kept"}); err != nil {
				t.Errorf("cache-from = %v, want it read", err)
			}
		})
	}
}
