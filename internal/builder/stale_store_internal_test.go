package builder

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	moby "github.com/moby/moby/client"

	"github.com/slipway-build/slipway/internal/builder/dockerengine"
	"github.com/slipway-build/slipway/internal/testenv"
)

// TestStaleRuns leaves names in an engine's store as killed runs do, and looks at
// which of them a later run removes, and where a borrowed tag goes.
func TestStaleRuns(t *testing.T) {
	t.Parallel()
	for title, options := range map[string]testenv.EngineOptions{"29": {GraphDriver: true}, "20.10": {Old: true}} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			engine := testenv.NewEngine(t, options)
			client, err := moby.New(moby.WithHost(engine.Host))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = client.Close() })
			const free, taken = "example.com/octo/free:1", "octo/taken:1"
			importImage(t, client, taken)
			before := namesIn(t, client)

			later := dockerengine.NewStore(t.Context(), dockerengine.New(client, engine.Host))
			var loans []*dockerengine.Loan
			for _, tag := range []string{free, taken} {
				killed := dockerengine.NewStore(t.Context(), dockerengine.New(client, engine.Host))
				importImage(t, client, killed.Name)
				image, err := killed.ImageOf(t.Context(), killed.Name)
				if err != nil {
					t.Fatal(err)
				}
				l, err := killed.Lend(t.Context(), tag, image)
				if err != nil {
					t.Fatal(err)
				}
				loans = append(loans, l)
			}
			importImage(t, client, dockerengine.Trace{Kind: dockerengine.OfRun, ID: "early"}.String()) // killed before it took a turn

			during := namesIn(t, client)
			later.RemoveStaleAt(t.Context(), later.Now())
			if got := namesIn(t, client); !slices.Equal(got, during) {
				t.Errorf("of runs that are alive there is %q, want %q", got, during)
			}
			for _, l := range loans {
				l.Turn.Stop() // no beat any more
				l.Turn.Beats.Wait()
			}
			later.RemoveStaleAt(t.Context(), later.Now().Add(dockerengine.DeadAfter+time.Minute))
			early := slices.Sorted(slices.Values(append(slices.Clone(before), "slipway.invalid/run:early")))
			if got := namesIn(t, client); !slices.Equal(got, early) {
				t.Errorf("two minutes after they died there is %q, want %q", got, early)
			}
			later.RemoveStaleAt(t.Context(), later.Now().Add(dockerengine.SilentFor-time.Minute)) // it may export a cache
			if got := namesIn(t, client); !slices.Equal(got, early) {
				t.Errorf("while it may live there is %q, want %q", got, early)
			}
			later.RemoveStaleAt(t.Context(), later.Now().Add(dockerengine.SilentFor+time.Minute))
			if got := namesIn(t, client); !slices.Equal(got, before) {
				t.Errorf("in the end there is %q, want %q", got, before)
			}
		})
	}
}

// importImage makes an image without files, and another one at each call.
func importImage(t *testing.T, client *moby.Client, name string) {
	t.Helper()
	repository, tag := dockerengine.CutTag(name)
	imported, err := client.ImageImport(t.Context(), moby.ImageImportSource{Source: bytes.NewReader(make([]byte, 1024)), SourceName: "-"}, repository, moby.ImageImportOptions{Tag: tag, Message: name})
	if err == nil {
		err = dockerengine.Refusal(imported)
	}
	if err == nil {
		_, err = client.ImageTag(t.Context(), moby.ImageTagOptions{Source: name, Target: name}) // as a build does, it notes when
	}
	if err != nil {
		t.Fatal(err)
	}
}

// namesIn lists the names in a store, and the images without one.
func namesIn(t *testing.T, client *moby.Client) []string {
	t.Helper()
	list, err := client.ImageList(t.Context(), moby.ImageListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, image := range list.Items {
		if len(image.RepoTags) == 0 {
			all = append(all, image.ID)
		}
		for _, name := range image.RepoTags {
			if strings.HasPrefix(name, dockerengine.OwnRegistry+dockerengine.OfTurn) {
				name, _, _ = strings.Cut(name, ".") // it is renewed
			}
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}
