package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	control "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/client"

	"github.com/slipway-build/slipway/internal/testenv"
)

// recordCanaries are secrets of the step. Its Dockerfile prints one, and fails with
// another; numbers in JSON must stay numbers.
var recordCanaries = []string{"canary-of-the-record", "81726354", "two\n\"lines\" <of> it", "key/of+the+bucket"}

const recordSecrets = "printed=canary-of-the-record\nnumber=81726354\n\"lines=two\n\"\"lines\"\" <of> it\""

// TestBuildRecord fetches the record of a build, also of one that fails, from every
// builder that has one. It holds what docker buildx history export would, no
// secret, and is nowhere else afterwards.
func TestBuildRecord(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	kinds := everyBuilder(registry)
	kinds["older buildkitd"] = func(t *testing.T) []string {
		return []string{"INPUT_BUILDER=" + testenv.Buildkitd(t, testenv.BuildkitdOptions{Older: true}).Address}
	}
	kinds["child"] = func(*testing.T) []string { return []string{"INPUT_BUILDER=local"} }
	plain := kinds["buildkitd"]
	kinds["buildkitd"] = func(t *testing.T) []string { // the only one that knows this cache, which is not there
		return append(plain(t), "INPUT_CACHE-FROM=type=s3,bucket=b,region=r,name=n,endpoint_url=http://127.0.0.1:1,use_path_style=true,access_key_id=id,secret_access_key="+recordCanaries[3])
	}
	for title, builder := range kinds {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			env := append(builder(t), "INPUT_IMAGE="+registry.Host+"/octo/app", "INPUT_SECRETS="+recordSecrets, "INPUT_NO-CACHE=true", "INPUT_ALLOW-SECRET-ARGS=true", "INPUT_BUILD-ARGS=GREETING="+recordCanaries[0], "INPUT_BUILD-RECORD=out/app.dockerbuild")
			for _, command := range []string{"true", "false"} {
				s := step{
					dockerfile: "FROM " + base + "\nRUN --mount=type=secret,id=printed head -c 9 /run/secrets/printed; sleep 1; tail -c +10 /run/secrets/printed; cat /run/secrets/printed\nRUN --mount=type=secret,id=lines --mount=type=secret,id=number cat /run/secrets/lines /run/secrets/number && " + command + "\n",
					env:        env,
				}
				r := start(t, s)
				if code := r.wait(); (code != 0) != (command == "false") && title != "Docker 20.10" {
					t.Fatalf("exit code %d\n%s", code, r.said())
				}
				if title == "Docker 20.10" {
					r.mustSay("::error", "it keeps no record of a build (build-record); it could be done with builder: container")
					mustNotBuild(t, r)
					continue
				}
				file, err := os.ReadFile(filepath.Join(r.cmd.Dir, "out", "app.dockerbuild"))
				if err != nil {
					t.Fatalf("%v\n%s", err, r.said())
				}
				mustBeRecord(t, readRecords(t, file), command == "false")
			}
			if address, is := strings.CutPrefix(env[0], "INPUT_BUILDER=unix"); is {
				mustHaveNoRecords(t, "unix"+address)
			}
		})
	}
}

// mustBeRecord checks what is in a record, and what is not.
func mustBeRecord(t *testing.T, records []readRecord, failed bool) {
	t.Helper()
	if len(records) != 1 {
		t.Fatalf("there are %d records, want one", len(records))
	}
	r := records[0]
	if got := r.record["error"] != nil; got != failed {
		t.Errorf("the record says that the build has failed: %v, want %v\n%s", got, failed, r.raw)
	}
	const status = "application/vnd.buildkit.status.v0"
	if !bytes.Contains(r.blobs[status], []byte("2/3] RUN")) || !bytes.Contains(r.blobs[status], []byte("********************")) {
		t.Errorf("the record has not the log of the build: %q", r.blobs[status])
	}
	for name, content := range r.blobs {
		if strings.Contains(name, "json") {
			for decoder := json.NewDecoder(bytes.NewReader(content)); ; {
				var value any
				if err := decoder.Decode(&value); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
	}
	blobs := maps.Clone(r.blobs)
	blobs["the record"] = r.raw
	blobs["what is printed"] = printedIn(t, r.blobs[status])
	for name, content := range blobs {
		for _, canary := range append(slices.Clone(recordCanaries), `\"lines\" <of> it`, `"lines" <of> it`) {
			if bytes.Contains(content, []byte(canary)) || bytes.Contains(content, []byte(base64.StdEncoding.EncodeToString([]byte(canary)))) {
				t.Errorf("%s holds %q", name, canary)
			}
		}
	}
}

// secretHalf is how many bytes of a secret a step prints at first.
const secretHalf = 9

// printedIn is what steps have printed, put together from the pieces in which BuildKit
// keeps it.
func printedIn(t *testing.T, log []byte) []byte {
	t.Helper()
	var text []byte
	halved := false
	for len(log) > 0 {
		size := binary.LittleEndian.Uint32(log)
		var status control.StatusResponse
		if err := status.UnmarshalVT(log[4 : 4+size]); err != nil {
			t.Fatal(err)
		}
		for _, one := range status.Logs {
			text = append(text, one.Msg...)
			halved = halved || len(one.Msg) == secretHalf
		}
		log = log[4+size:]
	}
	if !halved {
		t.Error("BuildKit has no secret in two pieces, of which this is to be a test")
	}
	return text
}

// mustHaveNoRecords wants a BuildKit's history to be empty.
func mustHaveNoRecords(t *testing.T, address string) {
	t.Helper()
	c, err := client.New(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	events, err := c.ControlClient().ListenBuildHistory(t.Context(), &control.BuildHistoryRequest{EarlyExit: true})
	if err != nil {
		t.Fatal(err)
	}
	for {
		event, err := events.Recv()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("it keeps the record %s", event.Record.Ref)
	}
}

// TestBuildRecordOfACancelledBuild leaves no record on a builder that others use.
func TestBuildRecordOfACancelledBuild(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	base := testenv.BaseImage(t, registry.Host).Name()
	daemon := testenv.Buildkitd(t, testenv.BuildkitdOptions{})
	r := start(t, step{
		dockerfile: "FROM " + base + "\nRUN echo started; sleep 4711\n",
		env:        []string{"INPUT_BUILDER=" + daemon.Address, "INPUT_IMAGE=" + registry.Host + "/octo/app", "INPUT_BUILD-RECORD=app.dockerbuild"},
	})
	r.waitFor(" started\n")
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if code := r.wait(); code == 0 {
		t.Error("it has ended well")
	}
	if took := time.Since(began); took > cleanUpWithin {
		t.Errorf("it took %s to end", took)
	}
	time.Sleep(time.Second) // the build ends there, too
	mustHaveNoRecords(t, daemon.Address)
}

// TestBuildRecordOfWhatDoesNotBegin is of what BuildKit refuses before it starts a
// job, of which no record ever comes.
func TestBuildRecordOfWhatDoesNotBegin(t *testing.T) {
	t.Parallel()
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{})
	r := start(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_BUILDER=" + testenv.Buildkitd(t, testenv.BuildkitdOptions{}).Address, "INPUT_REGISTRY=" + registry.Host, "INPUT_BUILD-ARGS=BUILDKIT_ATTEST_NONSENSE=1", "INPUT_BUILD-RECORD=app.dockerbuild"},
	})
	began := time.Now()
	if code := r.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("it took %s to end", took)
	}
	r.mustNotSay("no build record")
}

// TestBuildRecordOfAGuardedRegistry looks in the trace, which has what was asked of
// the registry: no token, and no query, which may be a signature.
func TestBuildRecordOfAGuardedRegistry(t *testing.T) {
	t.Parallel()
	tokens := testenv.NewTokenServer(t, testenv.Grant{User: user, Password: password, Repository: "*", Actions: []string{"pull", "push"}})
	registry := testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens})
	r, _ := finish(t, step{
		dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
		env:        []string{"INPUT_BUILDER=" + testenv.Buildkitd(t, testenv.BuildkitdOptions{}).Address, "INPUT_REGISTRY=" + registry.Host, "INPUT_USERNAME=" + user, "INPUT_TOKEN=" + password, "INPUT_BUILD-RECORD=app.dockerbuild"},
	})
	file, err := os.ReadFile(filepath.Join(r.cmd.Dir, "app.dockerbuild"))
	if err != nil {
		t.Fatal(err)
	}
	trace := string(readRecords(t, file)[0].blobs["application/vnd.buildkit.otlp.json.v0"])
	if !strings.Contains(trace, registry.Host+"/v2/octo/repo/blobs/uploads/") || !strings.Contains(trace, "?***") {
		t.Error("the trace does not show the push")
	}
	for _, secret := range []string{"eyJ", password, "digest=sha256", "_state="} {
		if at := strings.Index(trace, secret); at >= 0 {
			t.Errorf("the trace holds %q: …%s", secret, trace[max(0, at-200):at+20])
		}
	}
}
