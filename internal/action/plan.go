package action

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/slipway-build/slipway/internal/facts"
	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/inputs"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/registry"
	"github.com/slipway-build/slipway/internal/report"
)

// showPlan says what a run would publish, for the checkout in a directory or for
// the facts that the flags give. Nobody is asked over the network.
func showPlan(ctx context.Context, env Env, args []string) int {
	flags := flag.NewFlagSet("plan", flag.ContinueOnError)
	flags.SetOutput(env.Stdout)
	asJSON := flags.Bool("json", false, "write JSON")
	given := map[string]*string{
		"GITHUB_REF":        flags.String("ref", "", "full ref, such as refs/heads/main or refs/tags/v1.2.3"),
		"GITHUB_EVENT_NAME": flags.String("event", "", "event, such as push or pull_request"),
		"GITHUB_REPOSITORY": flags.String("repository", "", "owner/name"),
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() > 1 {
		fmt.Fprintf(env.Stdout, "slipway: plan takes one directory, and options before it; %q is too much\n\n%s", flags.Args()[1:], usage)
		return 2
	}
	dir := env.workspace()
	if flags.NArg() > 0 {
		dir = env.path(flags.Arg(0))
	}
	in, p, err := planFor(ctx, env, followLinks(dir), given)
	var said bytes.Buffer
	if err == nil {
		err = writePlan(&said, p, *asJSON)
	}
	if err != nil {
		fmt.Fprintln(&said, err)
	}
	fmt.Fprint(env.Stdout, hidden(env, in, said.String()))
	if err != nil {
		return 1
	}
	return 0
}

// hidden hides the secrets of the inputs in a text.
func hidden(env Env, in inputs.Inputs, text string) string {
	r, err := report.New(report.Options{Out: io.Discard, Lookup: env.Lookup})
	if err != nil {
		return text // outside Actions nothing is opened
	}
	mask(r, in)
	return r.Hide(text)
}

// planFor decides as a run would.
func planFor(ctx context.Context, env Env, dir string, given map[string]*string) (inputs.Inputs, plan.Plan, error) {
	in, inputsErr := inputs.Parse(inputs.Env{Lookup: env.Lookup, Workspace: dir, Given: env.Given})
	source := facts.Source{Lookup: env.Lookup, Dir: dir, Context: in.Context, Build: in.Local(), Fetched: in.Fetched(), Now: time.Now(), Offline: true} //nolint:forbidigo // dates in tags are those of a run that begins now
	f, err := facts.Load(ctx, source)
	if err != nil {
		return in, plan.Plan{}, errors.Join(inputsErr, err)
	}
	if *given["GITHUB_REF"]+*given["GITHUB_EVENT_NAME"] != "" {
		f.Pull, f.Upstream, f.Checkout, f.BaseRef, f.Schedule, f.Commented, f.Prerelease = plan.Pull{}, plan.Upstream{}, plan.Checkout{}, "", "", 0, false // of another run
		f.Tree = plan.Tree{Own: true}                                                                                                                      // as that would check it out
	}
	if *given["GITHUB_REPOSITORY"] != "" {
		f.ServerURL = ""
	}
	f.Ref = cmp.Or(*given["GITHUB_REF"], f.Ref)
	f.Event = cmp.Or(*given["GITHUB_EVENT_NAME"], f.Event)
	f.Repository = cmp.Or(*given["GITHUB_REPOSITORY"], f.Repository)
	docker := registry.ReadDockerConfig(env.Lookup, func(string) {}) // nobody logs in, and nothing shows a password
	f.Logins, f.Proxies = strings.Join(docker.Hosts(), " "), proxiesOf(docker, env)
	p, err := plan.New(in, f.Imagined())
	return in, p, errors.Join(inputsErr, err)
}

// planned is what showPlan writes as JSON.
type planned struct {
	Push        bool              `json:"push"`
	Reason      string            `json:"reason,omitempty"`
	Version     string            `json:"version"`
	Tags        []string          `json:"tags"`
	ByDigest    []string          `json:"byDigest,omitempty"` // where the image is pushed without a tag
	Loaded      []string          `json:"loaded,omitempty"`   // as what it is loaded into the store of a Docker engine
	Rules       []plannedRule     `json:"rules"`
	Labels      map[string]string `json:"labels"`
	Annotations []string          `json:"annotations"`
	Notices     []string          `json:"notices,omitempty"`
}

type plannedRule struct {
	Rule string `json:"rule"`
	Tag  string `json:"tag,omitempty"`
	Why  string `json:"why,omitempty"`
}

func writePlan(out io.Writer, p plan.Plan, asJSON bool) error {
	shown := planned{
		Push: p.Publish.Push, Reason: p.Publish.Reason, Version: p.Publish.Version,
		Tags: []string{}, Rules: []plannedRule{}, Labels: p.Build.Labels, Annotations: []string{}, Notices: p.Notices,
	}
	if p.Publish.Push && p.Publish.ByDigest {
		for _, repo := range p.Build.Repositories() {
			shown.ByDigest = append(shown.ByDigest, host.Shown(repo.Name()))
		}
	} else {
		for _, tag := range p.Publish.Tags {
			shown.Tags = append(shown.Tags, host.Tag(tag))
		}
	}
	for _, tag := range p.Build.LoadAs {
		shown.Loaded = append(shown.Loaded, host.Tag(tag))
	}
	for _, o := range p.Publish.Names.Outcomes {
		rule := "flavor"
		if o.Rule != nil {
			rule = o.Rule.Text
		}
		shown.Rules = append(shown.Rules, plannedRule{Rule: rule, Tag: o.Tag, Why: o.Why})
	}
	for _, a := range p.Build.Carried() {
		shown.Annotations = append(shown.Annotations, a.String())
	}
	if asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(shown)
	}
	return writePlanTable(out, shown)
}

func writePlanTable(out io.Writer, p planned) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RULE\tTAG\tWHY")
	for _, r := range p.Rules {
		fmt.Fprintf(table, "%s\t%s\t%s\n", r.Rule, cmp.Or(r.Tag, "-"), r.Why)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, notice := range p.Notices {
		fmt.Fprintln(out, "notice:", notice)
	}
	switch {
	case !p.Push:
		fmt.Fprintln(out, "\nNothing is published:", p.Reason)
		if len(p.Loaded) > 0 { // the image has these names alone
			p.Tags = nil
		}
	case len(p.ByDigest) > 0:
		fmt.Fprintln(out, "\nPushed by digest alone would be, and no tag moves:")
	default:
		fmt.Fprintln(out, "\nPublished would be, without tags that would go back to an older version or commit:")
	}
	listNames(out, slices.Concat(p.ByDigest, p.Tags))
	if len(p.Loaded) > 0 {
		fmt.Fprintln(out, "\nLoaded into the Docker engine would be:")
		listNames(out, p.Loaded)
	}
	return nil
}

func listNames(out io.Writer, names []string) {
	for _, one := range names {
		fmt.Fprintln(out, "  "+one)
	}
}
