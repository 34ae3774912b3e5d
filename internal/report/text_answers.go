package report

import (
	"cmp"
	"slices"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// A whatIfView is what stricter settings are asked of at a time.
type whatIfView struct {
	title, direction, class string
	submission              bool
}

var whatIfViews = []whatIfView{
	{"Port 25, from the Internet", tally.Inbound, "public", false},
	{"Port 25, from private networks", tally.Inbound, "private", false},
	{"Submission, from the Internet", tally.Inbound, "public", true},
	{"Submission, from private networks", tally.Inbound, "private", true},
	{"To the Internet", tally.Outbound, "public", false},
	{"To private networks", tally.Outbound, "private", false},
}

// whatIf tells what stricter settings would do. What stays on this host is left out: there is nothing to secure.
func (p *page) whatIf() {
	all, first := WhatIf(p.snapshot), true
	for _, view := range whatIfViews {
		rows := slices.DeleteFunc(slices.Clone(all), func(r WhatIfRow) bool {
			return r.Direction != view.direction || r.Class != view.class || r.Submission != view.submission
		})
		if len(rows) == 0 {
			continue
		}
		if first {
			p.underlined("=", "If more were required: how these messages would have fared")
			p.paragraph(0, "%s", opportunisticWarning)
			first = false
		}
		p.whatIfView(view, rows)
	}
}

// whatIfView are the numbers for each setting, and those who would be refused under one that many think of: TLS 1.2 or later, and nothing else.
func (p *page) whatIfView(v whatIfView, rows []WhatIfRow) {
	p.heading("%s", v.title)
	if v.submission {
		p.paragraph(0, "%s", submissionNote)
	}
	header := []string{"", ">fine", ">plaintext", ">refused", ">unknown", ">changed"}
	printAll(p, header, rows, func(r WhatIfRow) []string {
		m := r.Messages
		return []string{
			settingTitle(r.Setting), thousands(m.Fine), thousands(m.Plaintext), thousands(m.Refused), thousands(m.Unknown), thousands(m.Changed),
		}
	})
	for _, r := range rows {
		if r.Setting != (Setting{LevelEncrypt, "TLSv1.2"}) || r.Messages.Changed == 0 {
			continue
		}
		const title = "  Refused, if TLS 1.2 or later were required:\n"
		if len(r.Users) > 0 {
			p.printf("%s", title)
			printTable(p, []string{"~user", ">messages", "last"}, r.Users, func(u WhatIfUser) []string {
				return []string{Clean(u.User), thousands(u.Messages), minute(&u.Last)}
			})
		} else if len(r.Peers) > 0 {
			p.printf("%s", title)
			printTable(p, []string{"~", ">messages", "last"}, r.Peers, func(u WhatIfPeer) []string {
				return []string{Clean(u.Peer), thousands(u.Messages), minute(&u.Last)}
			})
		}
	}
}

// downgrades are peers that are down now, those that were steady first.
func (p *page) downgrades() {
	rows := slices.DeleteFunc(slices.Clone(p.snapshot.Downgrades), func(r tally.DowngradeRow) bool { return r.Recovered != nil })
	if len(rows) == 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b tally.DowngradeRow) int {
		return cmp.Or(-cmp.Compare(public(a.Class), public(b.Class)), cmp.Compare(a.Kind, b.Kind), -cmp.Compare(min(a.Count, 1), min(b.Count, 1)),
			-cmp.Compare(a.TLSMessages, b.TLSMessages))
	})
	p.underlined("=", "What got worse: peers that used TLS, or a better version of it, until lately")
	printBlocks(p, rows, func(r tally.DowngradeRow) {
		now := "in plaintext"
		if r.Kind == tally.KindVersion {
			now = "under " + r.To
		}
		since, first := r.Since()
		doubt := ""
		if r.Count == 0 { // it was not steady
			doubt = " (may mean nothing: too few, or it changes often)"
		}
		p.printf("  ")
		p.paragraph(4, "%s %s: %s under %s until %s, then %s %s since %s%s", r.Direction, named(r.Peer, r.Class), thousands(r.TLSMessages), Clean(r.From),
			minute(&r.LastTLS), thousands(since), Clean(now), minute(first), doubt)
	})
}
