package publish_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/testenv"
)

func TestPreflightTellsWhoMayPush(t *testing.T) {
	t.Parallel()
	tokens := testenv.NewTokenServer(t,
		testenv.Grant{User: "writer", Password: "w-pass", Repository: "team/*", Actions: []string{"pull", "push"}},
		testenv.Grant{User: "reader", Password: "r-pass", Repository: "team/*", Actions: []string{"pull"}},
		testenv.Grant{Repository: "team/*", Actions: []string{"pull"}},
	)
	withTokens := testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens})
	withPasswords := testenv.NewRegistry(t, testenv.RegistryOptions{Htpasswd: map[string]string{"writer": "w-pass"}})
	open := testenv.NewRegistry(t, testenv.RegistryOptions{})
	cases := []struct {
		name           string
		registry       *testenv.Registry
		repository     string
		user, password string
		want           bool
	}{
		{"may push", withTokens, "/team/app", "writer", "w-pass", true},
		{"may only pull", withTokens, "/team/app", "reader", "r-pass", false},
		{"wrong password", withTokens, "/team/app", "writer", "r-pass", false},
		{"unknown user", withTokens, "/team/app", "nobody", "w-pass", false},
		{"no login", withTokens, "/team/app", "", "", false},
		{"another team's repository", withTokens, "/others/app", "writer", "w-pass", false},
		{"may push with a password", withPasswords, "/team/app", "writer", "w-pass", true},
		{"another password", withPasswords, "/team/app", "writer", "r-pass", false},
		{"no login where a password is wanted", withPasswords, "/team/app", "", "", false},
		{"open to everybody", open, "/team/app", "", "", true},
	}
	t.Run("answers", func(t *testing.T) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				repo := newRepository(t, c.registry.Host+c.repository)
				err := newPublisher(t, c.registry.Host, c.user, c.password).Preflight(t.Context(), []name.Repository{repo})
				if c.want {
					if err != nil {
						t.Errorf("Preflight(%s) = %v, want nil", repo, err)
					}
					return
				}
				var refused *registry.Error
				if !errors.As(err, &refused) || !refused.Denied || !strings.Contains(refused.Error(), repo.RepositoryStr()) {
					t.Fatalf("Preflight(%s) = %v, want a refusal that names the repository", repo, err)
				}
				if c.password != "" && strings.Contains(err.Error(), c.password) {
					t.Errorf("Preflight(%s) shows the password: %v", repo, err)
				}
			})
		}
	})
	// The tests above have ended: nothing of an image may be there.
	for _, r := range []*testenv.Registry{withTokens, withPasswords, open} {
		if found := stored(t, r); len(found) > 0 {
			t.Errorf("preflights left %v", found)
		}
	}
}

// stored lists the repositories and blobs in a registry's store. An upload that
// was begun is neither: no client can see it, and the registry purges it.
func stored(t *testing.T, r *testenv.Registry) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(r.Root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		switch entry.Name() {
		case "_manifests", "_layers", "blobs":
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestPreflightOfARegistryThatIsDown(t *testing.T) {
	t.Parallel()
	down := testenv.NewRegistry(t, testenv.RegistryOptions{})
	down.Stop()
	repo := newRepository(t, down.Host+"/app")
	start := time.Now()
	err := newPublisher(t, down.Host, "", "").Preflight(t.Context(), []name.Repository{repo})
	if err == nil || !strings.Contains(err.Error(), down.Host+" cannot be reached") {
		t.Errorf("Preflight(%s) = %v, want that it cannot be reached", repo, err)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("Preflight(%s) took %v", repo, took)
	}
}

func TestPreflightGoesOnWhenTheAnswerSaysNothing(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	cases := []struct {
		name   string
		status int
		want   bool
	}{
		{"accepted", http.StatusAccepted, true},
		{"created at once", http.StatusCreated, true},
		{"internal error", http.StatusInternalServerError, true},
		{"method not allowed", http.StatusMethodNotAllowed, true},
		{"too many requests", http.StatusTooManyRequests, true},
		{"not found", http.StatusNotFound, true},
		{"unauthorized", http.StatusUnauthorized, false},
		{"forbidden", http.StatusForbidden, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
				if r.Method == http.MethodPost {
					return &testenv.Answer{Status: c.status}
				}
				return nil
			}})
			repo := newRepository(t, proxy.Host+"/app")
			err := newPublisher(t, proxy.Host, "", "").Preflight(t.Context(), []name.Repository{repo})
			if (err == nil) != c.want {
				t.Errorf("Preflight with the answer %d = %v, want success = %t", c.status, err, c.want)
			}
			if proxy.Count(http.MethodPost) == 0 {
				t.Errorf("Preflight did not ask: %v", proxy.Requests())
			}
		})
	}
}

func TestPreflightReportsEveryRepository(t *testing.T) {
	t.Parallel()
	tokens := testenv.NewTokenServer(t,
		testenv.Grant{User: "writer", Password: "w-pass", Repository: "team/*", Actions: []string{"pull", "push"}})
	up := testenv.NewRegistry(t, testenv.RegistryOptions{Token: tokens})
	down := testenv.NewRegistry(t, testenv.RegistryOptions{})
	down.Stop()
	good := newRepository(t, up.Host+"/team/good")
	bad := []name.Repository{
		newRepository(t, up.Host+"/others/one"),
		newRepository(t, up.Host+"/others/two"),
		newRepository(t, down.Host+"/three"),
	}
	err := newPublisher(t, up.Host, "writer", "w-pass").Preflight(t.Context(), append([]name.Repository{good}, bad...))
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) != len(bad) {
		t.Fatalf("Preflight = %v, want %d errors joined", err, len(bad))
	}
	for i, one := range joined.Unwrap() {
		if repo := bad[i]; !strings.Contains(one.Error(), repo.RegistryStr()) || i < 2 && !strings.Contains(one.Error(), repo.RepositoryStr()) {
			t.Errorf("error %d is %q, want it to name %s", i, one, repo)
		}
	}
	if strings.Contains(err.Error(), "team/good") {
		t.Errorf("Preflight = %v, which blames %s", err, good)
	}
}

func TestPreflightAsksAtTheSameTime(t *testing.T) {
	t.Parallel()
	const repositories = 4
	var all sync.WaitGroup
	all.Add(repositories)
	met := make(chan struct{})
	go func() { all.Wait(); close(met) }()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Fault: func(_ int, r *http.Request) *testenv.Answer {
		if r.Method != http.MethodPost {
			return nil
		}
		all.Done()
		select { // each waits for the others
		case <-met:
			return &testenv.Answer{Status: http.StatusAccepted}
		case <-time.After(10 * time.Second):
			return &testenv.Answer{Status: http.StatusForbidden}
		}
	}})
	var repos []name.Repository
	for _, app := range []string{"one", "two", "three", "four"} {
		repos = append(repos, newRepository(t, proxy.Host+"/"+app))
	}
	if err := newPublisher(t, proxy.Host, "", "").Preflight(t.Context(), repos); err != nil {
		t.Errorf("Preflight of %d repositories = %v, want them asked at the same time", repositories, err)
	}
}

func TestPreflightEndsWithItsContext(t *testing.T) {
	t.Parallel()
	upstream := testenv.NewRegistry(t, testenv.RegistryOptions{})
	proxy := testenv.NewProxy(t, upstream.Host, testenv.ProxyOptions{Delay: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := newPublisher(t, proxy.Host, "", "").Preflight(ctx, []name.Repository{newRepository(t, proxy.Host+"/app")})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Preflight = %v, want that its time is over", err)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("Preflight took %v after its context had ended", took)
	}
}
