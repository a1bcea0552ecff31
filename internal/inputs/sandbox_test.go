package inputs_test

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/docker/go-units"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/inputs/source"
)

func TestSandbox(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	one, six := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("::1")
	cases := map[string]struct {
		set  vars
		want inputs.Sandbox
	}{
		"nothing":             {vars{"network": "default"}, inputs.Sandbox{}},
		"no network":          {vars{"network": "none"}, inputs.Sandbox{Network: inputs.NetworkNone}},
		"the host's network":  {vars{"network": "host"}, inputs.Sandbox{Network: inputs.NetworkHost, Allow: []inputs.Entitlement{"network.host"}}},
		"allowed as well":     {vars{"network": "host", "allow": "security.insecure,network.host"}, inputs.Sandbox{Network: inputs.NetworkHost, Allow: []inputs.Entitlement{"security.insecure", "network.host"}}},
		"devices":             {vars{"allow": "device\ndevice=vendor.com/dev=a\ndevice"}, inputs.Sandbox{Allow: []inputs.Entitlement{"device", "device=vendor.com/dev=a"}}},
		"a host":              {vars{"add-hosts": "one:10.0.0.1"}, inputs.Sandbox{Hosts: []inputs.Host{{"one", one}}}},
		"with =":              {vars{"add-hosts": "one=10.0.0.1"}, inputs.Sandbox{Hosts: []inputs.Host{{"one", one}}}},
		"several":             {vars{"add-hosts": "a:10.0.0.1,b=10.0.0.1\n c:::1 "}, inputs.Sandbox{Hosts: []inputs.Host{{"a", one}, {"b", one}, {"c", six}}}},
		"in brackets":         {vars{"add-hosts": "c:[::1]\nd=[::1]\ne=[10.0.0.1]"}, inputs.Sandbox{Hosts: []inputs.Host{{"c", six}, {"d", six}, {"e", one}}}},
		"the gateway":         {vars{"add-hosts": "host.docker.internal:host-gateway"}, inputs.Sandbox{Hosts: []inputs.Host{{Name: "host.docker.internal"}}}},
		"one name, addresses": {vars{"add-hosts": "a:10.0.0.1\na:::1"}, inputs.Sandbox{Hosts: []inputs.Host{{"a", one}, {"a", six}}}},
		"bytes":               {vars{"shm-size": "1000"}, inputs.Sandbox{ShmSize: 1000}},
		"units":               {vars{"shm-size": "128m"}, inputs.Sandbox{ShmSize: 128 << 20}},
		"units in full":       {vars{"shm-size": "1.5 GiB"}, inputs.Sandbox{ShmSize: 3 << 29}},
		"a limit":             {vars{"ulimit": "nofile=1024:2048"}, inputs.Sandbox{Ulimits: []units.Ulimit{{Name: "nofile", Soft: 1024, Hard: 2048}}}},
		"limits":              {vars{"ulimit": "nofile=1\ncore=-1\nnofile=5"}, inputs.Sandbox{Ulimits: []units.Ulimit{{Name: "core", Soft: -1, Hard: -1}, {Name: "nofile", Soft: 5, Hard: 5}}}},
		"a control group":     {vars{"cgroup-parent": "/builds/a"}, inputs.Sandbox{CgroupParent: "/builds/a"}},
		"a slice":             {vars{"cgroup-parent": "system.slice:buildkit:x"}, inputs.Sandbox{CgroupParent: "system.slice:buildkit:x"}},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			in, err := parse(dir, c.set)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, in.Sandbox, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
				t.Errorf("Parse(%v), -want +got:\n%s", c.set, diff)
			}
		})
	}
}

func TestSandboxMistakes(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	cases := []struct{ input, value, says string }{
		{"no-cache-filters", "build\n\ntest,\"final\"", `line 3: "\"final\"" is not the name of a stage`},
		{"network", "bridge", `"bridge" is not a network mode`},
		{"network", "sandbox", `"sandbox" is not a network mode`},
		{"add-hosts", "a:10.0.0.1\n\nb", `line 3: "b" is not a host`},
		{"add-hosts", "a:10.0.0", `line 1: "a:10.0.0"`},
		{"add-hosts", ":10.0.0.1", `line 1: ":10.0.0.1"`},
		{"add-hosts", "::1", `line 1: "::1"`},
		{"add-hosts", "a b:10.0.0.1", `line 1: "a b:10.0.0.1"`},
		{"add-hosts", "a=fe80::1%eth0", `line 1`},
		{"add-hosts", `"a:1.2.3.4`, "never closed"},
		{"allow", "network.host\nnetwork.all", `line 2: "network.all" is not an entitlement`},
		{"allow", "device=", `line 1: "device=" is not an entitlement`},
		{"allow", "security.insecure=true", `line 1`},
		{"shm-size", "much", `"much" is no size`},
		{"shm-size", "-1", `"-1" is no size`},
		{"shm-size", "0", `"0" is no size`},
		{"ulimit", "nofile=1\n\nnofile", `line 3: "nofile"`},
		{"ulimit", "files=1", `line 1: "files=1": invalid ulimit type`},
		{"ulimit", "nofile=2:1", "must be less than or equal"},
		{"cgroup-parent", "a/../../b", "is none"},
		{"cgroup-parent", "a\nb", "is none"},
	}
	for _, c := range cases {
		t.Run(c.input+"="+c.value, func(t *testing.T) {
			t.Parallel()
			_, err := parse(dir, vars{c.input: c.value})
			wantMistake(t, err, c.input, c.says)
		})
	}
}

// peerList reads a list as docker/build-push-action does: records of CSV, of which
// those of one field are split at commas unless they may hold commas.
func peerList(text string, commas bool) ([]string, error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.LazyQuotes, reader.FieldsPerRecord = true, -1
	records, err := reader.ReadAll()
	var all []string
	for _, record := range records {
		fields := record
		switch {
		case commas:
			fields = []string{strings.Join(record, ",")}
		case len(record) == 1:
			fields = strings.Split(record[0], ",")
		}
		for _, field := range fields {
			if field != "" {
				all = append(all, strings.TrimSpace(field))
			}
		}
	}
	return all, err
}

// TestListsAsPeersReadThem writes lists in all the ways that
// docker/build-push-action accepts, and wants the same items.
func TestListsAsPeersReadThem(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	random := rand.New(rand.NewPCG(3, 4))
	one := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	items := map[string]func() string{
		"add-hosts":        func() string { return fmt.Sprintf("h%d%s10.0.0.%d", random.IntN(9), one(":", "="), random.IntN(9)) },
		"no-cache-filters": func() string { return one("build", "test", "Final-1", "a_b.c") },
		"allow":            func() string { return one("network.host", "security.insecure", "device") },
		"ulimit":           func() string { return one("nofile=1:2", "core=0", "nproc=7:8", "stack=-1") },
		"build-contexts": func() string {
			return one("a", "b", "x/y") + one("=docker-image://busybox:1", "=https://github.com/o/r.git#main", "=.", "=docker-image://a@sha256:"+strings.Repeat("0", 64))
		},
	}
	for input, make := range items {
		commas := input == "ulimit" || input == "build-contexts"
		for range 300 {
			var text strings.Builder
			for range random.IntN(5) {
				item := make()
				if one("", "", "quoted") != "" {
					item = `"` + item + `"`
				} else {
					item = one("", " ", "\t") + item + one("", " ")
				}
				separator := one("\n", "\r\n", "\n\n")
				if !commas && !strings.HasSuffix(item, `"`) && one("", "comma") != "" {
					separator = one(",", ", ", ",\n")
				}
				text.WriteString(item + separator)
			}
			want, peerErr := peerList(strings.TrimSpace(text.String()), commas)
			if peerErr != nil {
				continue
			}
			in, err := parse(dir, vars{input: text.String()})
			if err != nil {
				if strings.Contains(text.String(), `"`) && !commas { // "a",b and a,"b": a difference that the README names
					continue
				}
				t.Fatalf("Parse(%s: %q) = %v, want %q", input, text.String(), err, want)
			}
			mustHold(t, in, input, text.String(), want)
		}
	}
}

// mustHold compares what was read with the items of a list.
func mustHold(t *testing.T, in inputs.Inputs, input, text string, items []string) {
	t.Helper()
	got, want := map[string]string{}, map[string]string{}
	note := func(m map[string]string, key, value string) { m[key] = value }
	for i, item := range items {
		key, value, _ := strings.Cut(strings.Replace(item, ":", "=", 1), "=")
		switch input {
		case "add-hosts":
			note(want, fmt.Sprint(i, " ", key), value)
		case "no-cache-filters":
			note(want, fmt.Sprint(i), item)
		case "allow":
			note(want, item, "")
		case "ulimit", "build-contexts":
			key, value, _ = strings.Cut(item, "=")
			note(want, key, strings.TrimPrefix(value, "docker-image://"))
		}
	}
	for i, host := range in.Sandbox.Hosts {
		note(got, fmt.Sprint(i, " ", host.Name), host.Address.String())
	}
	for i, stage := range in.NoCacheFilters {
		note(got, fmt.Sprint(i), stage)
	}
	for _, one := range in.Sandbox.Allow {
		note(got, string(one), "")
	}
	for _, limit := range in.Sandbox.Ulimits {
		note(got, limit.Name, strings.TrimPrefix(limit.String(), limit.Name+"="))
		if !strings.Contains(want[limit.Name], ":") {
			want[limit.Name] += ":" + want[limit.Name]
		}
	}
	for _, named := range in.Contexts {
		where := named.Where
		if named.Kind == source.Directory {
			where = "."
		}
		note(got, named.Name, where)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse(%s: %q), -as the peer reads it +got:\n%s", input, text, diff)
	}
}
