package report

import (
	"cmp"
	"slices"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// fill makes all parts of a report.
func (d *document) fill(s *tally.Snapshot) {
	d.snapshot = s
	if len(s.Hosts) > 0 {
		d.Title += " of " + list(s.Hosts, 5)
	}
	if s.Period.First != nil && s.Period.Last != nil {
		d.Period = clock(*s.Period.First) + " to " + clock(*s.Period.Last)
	}
	d.answers()
	d.figures()
	for _, part := range []func() *section{
		d.whatIf, d.grades, d.downgrades, d.failures, d.states, d.peers, d.domains, d.users, d.ciphers, d.groups, d.hints, d.lines,
	} {
		if sec := part(); sec.something() {
			d.Parts = append(d.Parts, sec)
		}
	}
}

func (s *section) something() bool {
	return len(s.Words)+len(s.Tables)+len(s.Facts)+len(s.List) > 0
}

// states are sessions and messages by version for each class of peers, and by service.
func (d *document) states() *section {
	sec := &section{ID: "versions", Title: "TLS versions by class of peers"}
	for i, direction := range [...]string{tally.Inbound, tally.Outbound} {
		w := &directionWords[i]
		for _, c := range w.classes {
			sec.add(newTable(d, w.title+": "+c.title, columns("TLS", ">sessions", ">%", ">with mail", ">"+w.messages, ">% "), classRows(d.snapshot, direction, c.class),
				func(row []string) []string { return row }))
		}
		sec.add(d.services(direction, w))
	}
	return sec
}

func (d *document) services(direction string, w *words) *webTable {
	rows := serviceStates(d.snapshot, direction)
	return newTable(d, w.title+": sessions by service", columns("Service", ">plaintext", ">failed", ">below TLS 1.2", ">TLS 1.2 and later", ">version not logged", ">cannot be told"),
		sortedKeys(rows, cmp.Compare[string]), func(name string) []string {
			c := rows[name]
			return []string{
				name, thousands(c[statePlaintext]), thousands(c[stateFailed]), thousands(c[stateOld]), thousands(c.modern()),
				thousands(c[stateUnlogged]), thousands(c[stateUnknown]),
			}
		})
}

func (d *document) groups() *section {
	sec := &section{ID: "groups", Title: "Key exchange groups"}
	rows := slices.Clone(d.snapshot.KeyExchanges)
	slices.SortStableFunc(rows, func(a, b tally.KeyExchangeRow) int {
		return cmp.Or(cmp.Compare(a.Direction, b.Direction), -cmp.Compare(a.Count, b.Count))
	})
	for _, direction := range [...]string{tally.Inbound, tally.Outbound} {
		if safe, all := postQuantumSessions(d.snapshot, direction); all > 0 {
			sec.Words = append(sec.Words, "Post-quantum, "+direction+": "+thousands(safe)+" of "+thousands(all)+" sessions ("+percent(safe, all)+" %).")
		}
	}
	sec.add(newTable(d, "Key exchange groups of TLS 1.3", columns("Group", "Direction", "Post-quantum", ">sessions"), rows, func(r tally.KeyExchangeRow) []string {
		safe := "no"
		if postQuantum(r.Group) {
			safe = "yes"
		}
		return []string{r.Group, r.Direction, safe, thousands(r.Count)}
	}))
	return sec
}

func (d *document) hints() *section {
	sec := &section{ID: "hints", Title: "Hints"}
	switch n := len(d.snapshot.Hints); {
	case n == 1:
		d.Pointer = "1 hint says what this log leaves open, or what to look at."
	case n > 1:
		d.Pointer = thousands(uint64(n)) + " hints say what this log leaves open, or what to look at."
	}
	for _, h := range d.snapshot.Hints {
		sec.List = append(sec.List, Clean(h.Text))
	}
	return sec
}

// lines tell how much of the log was understood.
func (d *document) lines() *section {
	l := d.snapshot.Lines
	sec := &section{ID: "lines", Title: "Lines of the log", Facts: []fact{
		{"Lines read", thousands(l.Total)},
		{"Used", thousands(l.Used)},
		{"Not needed", thousands(l.Ignored)},
		{"Not recognized", thousands(l.Unrecognized)},
		{"Not from Postfix", thousands(l.Foreign)},
	}}
	if l.Cut > 0 {
		sec.Facts = append(sec.Facts, fact{"Cut because of their length", thousands(l.Cut)})
	}
	sec.add(newTable(d, "Forms of lines that are not recognized", columns("Program", "`Form", ">lines"), d.snapshot.Unrecognized, func(u tally.UnrecognizedRow) []string {
		return []string{u.Program, shorten(u.Shape, exampleLimit), thousands(u.Count)}
	}))
	return sec
}
