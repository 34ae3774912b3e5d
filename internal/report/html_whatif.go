package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// The caveats that stand beside the numbers.
const (
	opportunisticWarning = "On port 25 think twice. A server that you refuse an old TLS version, or that is refused yours, usually sends the same mail in plaintext, " +
		"and that is worse than old TLS: anybody on the way can read it (RFC 9325 section 5.2 says so too). Requiring TLS (encrypt) stops that, " +
		"and stops the mail of everyone who cannot; a public MX must not require it (RFC 3207 section 4)."
	submissionNote = "Here people's programs, printers and scripts log in. They can be asked to change, and a password must never move in plaintext: " +
		"versions below the minimum are refused at either level."
)

// whatIf are the answers to "who would break if".
func (d *document) whatIf() *section {
	sec := &section{ID: "what-if", Title: "Who would break"}
	rows := WhatIf(d.snapshot)
	if len(rows) == 0 {
		sec.Words = []string{"There is no mail in this log to tell it from."}
		return sec
	}
	sec.Words = []string{"How the messages of this log would have fared under stricter settings, judged by the TLS that each had."}
	sec.Warning = opportunisticWarning
	for i, direction := range [...]string{tally.Inbound, tally.Outbound} {
		title := directionWords[i].title
		if direction == tally.Inbound {
			title += ", port 25"
		}
		d.whatIfTables(sec, title, direction, "", rows, func(r *WhatIfRow) bool { return r.Direction == direction && !r.Submission })
	}
	d.whatIfTables(sec, "Submission", tally.Inbound, submissionNote, rows, func(r *WhatIfRow) bool { return r.Submission })
	return sec
}

// whatIfTables are the numbers of each setting, then those who are named. Only what comes from or goes to the Internet is here, except for
// submission: what stays on this host or in networks of one's own is in the other forms of the report.
func (d *document) whatIfTables(sec *section, title, direction, note string, all []WhatIfRow, wanted func(*WhatIfRow) bool) {
	var rows []*WhatIfRow
	for i := range all {
		if r := &all[i]; wanted(r) && (r.Class == "public" || r.Submission && r.Class == "private") {
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(a, b *WhatIfRow) int { return -cmp.Compare(public(a.Class), public(b.Class)) })
	t := newTable(d, title+": messages under stricter settings", columns("#If the setting were", "Class", ">fine", ">in plaintext", ">refused", ">cannot be told", ">otherwise than today", ">peers concerned"),
		rows, func(r *WhatIfRow) []string {
			m := r.Messages
			return []string{
				settingTitle(r.Setting), r.Class, thousands(m.Fine), thousands(m.Plaintext), thousands(m.Refused), thousands(m.Unknown), thousands(m.Changed), thousands(uint64(len(r.Peers))),
			}
		})
	if t == nil {
		return
	}
	t.Note = note
	sec.add(t)
	sec.add(d.concerned(title+": peers whose mail would fare otherwise", "Peer", direction, gather(rows, func(r *WhatIfRow, add func(string, affectedBy)) {
		for _, p := range r.Peers {
			add(p.Peer, affectedBy{p.Messages, p.Outcome, p.Last})
		}
	})))
	sec.add(d.concerned(title+": users whose mail would fare otherwise", "User", "", gather(rows, func(r *WhatIfRow, add func(string, affectedBy)) {
		for _, u := range r.Users {
			add(u.User, affectedBy{u.Messages, u.Outcome, u.Last})
		}
	})))
}

// settingTitle is a setting as an administrator says it.
func settingTitle(s Setting) string {
	switch {
	case s.Minimum == "":
		return "TLS required"
	case s.Level == LevelEncrypt:
		return "TLS required, " + versionTitle(s.Minimum) + " or later"
	}
	return versionTitle(s.Minimum) + " or later, TLS optional"
}

func versionTitle(protocol string) string {
	switch protocol {
	case "TLSv1.2":
		return "TLS 1.2"
	case "TLSv1.3":
		return "TLS 1.3"
	}
	return protocol
}

// An affectedBy is what a setting would do to one peer or user.
type affectedBy struct {
	messages uint64
	outcome  string
	last     time.Time
}

// A concern is a peer or user with what each setting would do to it.
type concern struct {
	name, class string
	by          [len(settings)]affectedBy
	most        uint64
	last        time.Time
}

// gather turns lists by setting into a list by name, with those first of whom most messages are concerned.
func gather(rows []*WhatIfRow, each func(*WhatIfRow, func(string, affectedBy))) []*concern {
	type key struct{ name, class string }
	found := map[key]*concern{}
	var out []*concern
	for _, r := range rows {
		i := slices.Index(settings[:], r.Setting)
		each(r, func(name string, a affectedBy) {
			c := found[key{name, r.Class}]
			if c == nil {
				c = &concern{name: name, class: r.Class}
				found[key{name, r.Class}] = c
				out = append(out, c)
			}
			c.by[i] = a
			c.most = max(c.most, a.messages)
			if a.last.After(c.last) {
				c.last = a.last
			}
		})
	}
	slices.SortFunc(out, func(a, b *concern) int {
		return cmp.Or(-cmp.Compare(public(a.class), public(b.class)), -cmp.Compare(a.most, b.most), cmp.Compare(a.name, b.name), cmp.Compare(a.class, b.class))
	})
	return out
}

func (d *document) concerned(caption, name, direction string, rows []*concern) *webTable {
	titles := []string{"#" + name, "Class"}
	for _, s := range settings {
		titles = append(titles, ">"+settingTitle(s))
	}
	t := newTable(d, caption, columns(append(titles, "@last")...), rows, func(c *concern) []string {
		out := []string{c.name, c.class}
		for _, a := range c.by {
			text := ""
			if a.messages > 0 {
				text = thousands(a.messages) + " " + outcomeTitle(a.outcome)
			}
			out = append(out, text)
		}
		return append(out, minute(&c.last))
	})
	if direction != "" {
		d.linkPeers(t, func(row int) (string, string) { return direction, rows[row].name })
	}
	return t
}

func outcomeTitle(outcome string) string {
	if outcome == "plaintext" {
		return "to plaintext"
	}
	return outcome
}
