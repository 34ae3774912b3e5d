package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// A fate is what becomes of a message under a Setting.
type fate uint8

const (
	fateUnknown fate = iota
	fateFine
	fatePlaintext
	fateRefused
)

// String is an outcome as a WhatIfPeer has it.
func (f fate) String() string {
	return [...]string{"unknown", "fine", "plaintext", "refused"}[f]
}

// judge tells what becomes of a message that had this TLS, and whether that is otherwise than today.
func (r *WhatIfRow) judge(state, protocol string) (f fate, changed bool) {
	switch state {
	case parser.TLSPlaintext.String():
		if r.Level == LevelMay {
			return fatePlaintext, false
		}
		return fateRefused, true
	case parser.TLSEstablished.String(), parser.TLSUnlogged.String():
		return r.judgeVersion(protocol)
	default:
		return fateUnknown, false
	}
}

// judgeVersion is judge for a message under TLS. The protocol is empty if it was not logged.
func (r *WhatIfRow) judgeVersion(protocol string) (f fate, changed bool) {
	if r.Minimum == "" {
		return fateFine, false
	}
	version := tally.VersionRank(protocol)
	switch {
	case version == 0:
		return fateUnknown, false
	case version >= tally.VersionRank(r.Minimum):
		return fateFine, false
	default:
		return r.worse(), true
	}
}

// worse is the fate of all messages of a row that fare otherwise than today.
func (r *WhatIfRow) worse() fate {
	if r.Level == LevelEncrypt || r.Submission {
		return fateRefused
	}
	return fatePlaintext
}

func (c *WhatIfCounts) add(f fate, changed bool, n uint64) {
	*[...]*uint64{&c.Unknown, &c.Fine, &c.Plaintext, &c.Refused}[f] += n
	if changed {
		c.Changed += n
	}
}

// submissionServices are the usual names of services that users submit their mail to, and their ports.
var submissionServices = [...]string{"submission", "submissions", "smtps", "ssmtp", "465", "587"}

// whatIfRows are the rows of a group, one for each of settings.
type whatIfRows [len(settings)]WhatIfRow

// whatIf makes rows.
type whatIf struct {
	groups map[whatIfGroup]*whatIfRows
	parts  []whatIfPart // of the peer or user in hand
}

// A whatIfGroup is what the rows of a Setting are told apart by.
type whatIfGroup struct {
	direction, class string
	submission       bool
}

// A whatIfPart is what one peer or user has in a group.
type whatIfPart struct {
	group whatIfGroup
	rows  *whatIfRows
	sums  [len(settings)]affected
}

// affected are messages that fare otherwise than today.
type affected struct {
	messages uint64
	last     time.Time
}

func newWhatIfGroup(direction, class, service string) whatIfGroup {
	return whatIfGroup{direction, class, direction == tally.Inbound && slices.Contains(submissionServices[:], service)}
}

// total adds messages to the totals: peers need not add up to them.
func (w *whatIf) total(r *tally.MessageRow) {
	if r.Count == 0 {
		return
	}
	group := newWhatIfGroup(r.Direction, r.Class, r.Service)
	rows := w.groups[group]
	if rows == nil {
		rows = newWhatIfRows(group)
		w.groups[group] = rows
	}
	for i := range rows {
		f, changed := rows[i].judge(r.TLS, r.Protocol)
		rows[i].Messages.add(f, changed, r.Count)
	}
}

func newWhatIfRows(group whatIfGroup) *whatIfRows {
	rows := new(whatIfRows)
	for i, setting := range settings {
		rows[i] = WhatIfRow{
			Direction: group.direction, Class: group.class, Submission: group.submission, Setting: setting,
			Peers: []WhatIfPeer{}, Users: []WhatIfUser{}, // [] in JSON, not null
		}
	}
	return rows
}

// each calls fn with the rows in which messages of one peer or user fare otherwise than today.
func (w *whatIf) each(direction string, combinations []tally.PeerCount, fn func(*WhatIfRow, affected)) {
	w.parts = w.parts[:0]
	for i := range combinations {
		if c := &combinations[i]; c.Messages > 0 {
			w.part(newWhatIfGroup(direction, c.Class, c.Service)).add(c)
		}
	}
	for i := range w.parts {
		part := &w.parts[i]
		for j, n := range part.sums {
			if n.messages > 0 {
				fn(&part.rows[j], n)
			}
		}
	}
}

// part returns that of a group. A peer is rarely in more than one.
func (w *whatIf) part(group whatIfGroup) *whatIfPart {
	for i := range w.parts {
		if w.parts[i].group == group {
			return &w.parts[i]
		}
	}
	rows := w.groups[group]
	if rows == nil { // a snapshot of which the parts do not fit together
		rows = newWhatIfRows(group)
	}
	w.parts = append(w.parts, whatIfPart{group: group, rows: rows})
	return &w.parts[len(w.parts)-1]
}

func (p *whatIfPart) add(c *tally.PeerCount) {
	last := c.Last
	if c.LastMessage != nil {
		last = *c.LastMessage
	}
	for i := range p.sums {
		if _, changed := p.rows[i].judge(c.TLS, c.Protocol); changed {
			n := &p.sums[i]
			n.messages += c.Messages
			if last.After(n.last) {
				n.last = last
			}
		}
	}
}

// rows returns all of them, sorted.
func (w *whatIf) rows() []WhatIfRow {
	groups := make([]whatIfGroup, 0, len(w.groups))
	for group := range w.groups {
		groups = append(groups, group)
	}
	slices.SortFunc(groups, whatIfGroup.compare)
	out := make([]WhatIfRow, 0, len(groups)*len(settings))
	for _, group := range groups {
		for _, row := range w.groups[group] {
			slices.SortFunc(row.Peers, func(a, b WhatIfPeer) int { return mostFirst(a.Messages, b.Messages, a.Peer, b.Peer) })
			slices.SortFunc(row.Users, func(a, b WhatIfUser) int { return mostFirst(a.Messages, b.Messages, a.User, b.User) })
			out = append(out, row)
		}
	}
	return out
}

// mostFirst compares by number, then by name. It does not look at names if it need not: there may be many.
func mostFirst(m, n uint64, name, other string) int {
	if m != n {
		return cmp.Compare(n, m)
	}
	return strings.Compare(name, other)
}

// compare sorts services of submission behind the others.
func (g whatIfGroup) compare(o whatIfGroup) int {
	switch c := cmp.Or(cmp.Compare(g.direction, o.direction), cmp.Compare(g.class, o.class)); {
	case c != 0:
		return c
	case g.submission == o.submission:
		return 0
	case o.submission:
		return -1
	default:
		return 1
	}
}
