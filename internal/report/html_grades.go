package report

import (
	"cmp"
	"maps"
	"slices"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/grade"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// grades tell how far TLS meets the guideline.
func (d *document) grades() *section {
	sec := &section{ID: "grades", Title: "Grades"}
	if d.profile == nil {
		return sec
	}
	rows := Grades(d.snapshot, d.profile)
	var all total
	for _, r := range rows {
		all.sessions += r.Sessions
		all.messages += r.Messages
	}
	if all == (total{}) {
		return sec
	}
	slices.SortStableFunc(rows, func(a, b GradeRow) int { return -cmp.Compare(public(a.Class), public(b.Class)) })
	sec.Words = []string{
		"By " + d.profile.Source() + ". Failed handshakes have no grade. What a guideline forbids may still be better than plaintext, which is what a peer on port 25 is left with.",
	}
	for i, direction := range [...]string{tally.Inbound, tally.Outbound} {
		w := &directionWords[i]
		of := slices.DeleteFunc(slices.Clone(rows), func(r GradeRow) bool { return r.Direction != direction })
		sec.add(newTable(d, w.title+": grades", columns("Grade", "Class", ">sessions", ">"+w.messages), of, func(r GradeRow) []string {
			return []string{gradeTitle(r.Grade), r.Class, thousands(r.Sessions), thousands(r.Messages)}
		}))
	}
	return sec
}

// gradeTitle is the name of a grade for people.
func gradeTitle(name string) string {
	if name == grade.PhaseOut.String() {
		return grade.PhaseOut.Title()
	}
	return name
}

// ciphers are those of both directions, whatever the class of the peer.
func (d *document) ciphers() *section {
	sec := &section{ID: "ciphers", Title: "Ciphers"}
	type key struct{ direction, protocol, cipher string }
	type row struct {
		key
		total
	}
	rows := map[key]*row{}
	addUp(d.snapshot, func(k tally.SessionKey) *total {
		if k.Cipher == "" {
			return nil
		}
		at := key{k.Direction, k.Protocol, k.Cipher}
		if rows[at] == nil {
			rows[at] = &row{key: at}
		}
		return &rows[at].total
	})
	order := slices.SortedFunc(maps.Values(rows), func(a, b *row) int {
		return cmp.Or(cmp.Compare(a.direction, b.direction), -cmp.Compare(a.sessions, b.sessions), -cmp.Compare(a.messages, b.messages),
			cmp.Compare(a.protocol, b.protocol), cmp.Compare(a.cipher, b.cipher))
	})
	titles := []string{"Cipher", "Version", "Direction", ">sessions", ">messages"}
	if d.profile != nil {
		titles = append(titles, "Grade", "+Reason")
	}
	sec.add(newTable(d, "Ciphers by direction", columns(titles...), order, func(r *row) []string {
		out := []string{r.cipher, r.protocol, r.direction, thousands(r.sessions), thousands(r.messages)}
		if d.profile != nil {
			judged, reason := d.profile.Judge(r.protocol, r.cipher)
			out = append(out, judged.Title(), reason)
		}
		return out
	}))
	return sec
}
