package run

import (
	"github.com/slipway-build/slipway/internal/builder"
	"github.com/slipway-build/slipway/internal/host"
)

// announce says what will be done, with what, and what was not taken for it.
func (m builderMaker) announce(b *builder.Builder) {
	for _, refused := range b.Refused() {
		m.report.Printf("Not building with %s", refused)
	}
	for _, one := range b.All() {
		m.report.Printf("Building with %s", one)
	}
	for _, notice := range b.Notices {
		m.report.Printf("%s", notice)
	}
	for _, remark := range m.plan.Remarks {
		m.report.Printf("%s", remark)
	}
	m.announceResults()
	m.announceCA(b)
}

// announceResults says what will come of the build.
func (m builderMaker) announceResults() {
	for _, tag := range m.plan.Build.LoadAs {
		m.report.Printf("Loading %s", host.Tag(tag))
	}
	for _, out := range m.plan.Build.Outputs {
		m.report.Printf("Writing %s", out)
	}
	switch publish := m.plan.Publish; {
	case !publish.Push:
		m.report.Printf("Publishing nothing: %s", publish.Reason)
	case publish.ByDigest:
		for _, repo := range m.plan.Build.PushTo {
			m.report.Printf("Publishing %s by digest alone", repo)
		}
	default:
		for _, tag := range publish.Tags {
			m.report.Printf("Publishing %s", host.Shown(tag.Name()))
		}
	}
}

// announceCA says which builders do not get the certificate authorities of
// registry-ca.
func (m builderMaker) announceCA(b *builder.Builder) {
	for _, one := range b.All() {
		if len(m.in.RegistryCA) > 0 && !one.TrustsOurs() {
			m.report.Printf("The input registry-ca does not reach %s: its registries' authorities are given to it %s", one.Name, one.HowToTrust("HOST"))
		}
	}
}
