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
	"text/tabwriter"

	"github.com/slipway-build/slipway/internal/host"
	"github.com/slipway-build/slipway/internal/plan"
	"github.com/slipway-build/slipway/internal/run"
)

// showPlan says what a run would publish, for the checkout in a directory or for
// the facts that the flags give. Nobody is asked over the network.
func showPlan(ctx context.Context, env Env, args []string) int {
	flags := flag.NewFlagSet("plan", flag.ContinueOnError)
	flags.SetOutput(env.Stdout)
	asJSON := flags.Bool("json", false, "write JSON")
	var given run.Imagined
	flags.StringVar(&given.Ref, "ref", "", "full ref, such as refs/heads/main or refs/tags/v1.2.3")
	flags.StringVar(&given.Event, "event", "", "event, such as push or pull_request")
	flags.StringVar(&given.Repository, "repository", "", "owner/name")
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
	options := env.options(followLinks(dir), nil)
	in, p, err := run.Plan(ctx, options, given)
	var said bytes.Buffer
	if err == nil {
		err = writePlan(&said, p, *asJSON)
	}
	if err != nil {
		fmt.Fprintln(&said, err)
	}
	fmt.Fprint(env.Stdout, run.Hide(options, in, said.String()))
	if err != nil {
		return 1
	}
	return 0
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
