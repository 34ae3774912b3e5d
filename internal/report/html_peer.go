package report

import (
	"cmp"
	"io"
	"slices"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// PeerHTML writes the page of one peer, and tells whether there is such a peer; if not, nothing is written.
func PeerHTML(w io.Writer, s *tally.Snapshot, direction, peer string, o HTMLOptions) (bool, error) {
	i := slices.IndexFunc(s.Peers, func(r tally.PeerRow) bool { return r.Direction == direction && r.Peer == peer })
	if i < 0 {
		return false, nil
	}
	d, err := newDocument(Clean(peer), o)
	if err != nil {
		return true, err
	}
	d.snapshot = s
	d.State = d.liveState(false)
	d.onePeer(&s.Peers[i])
	return true, d.write(w, "peer")
}

func (d *document) onePeer(r *tally.PeerRow) {
	unit := directionWords[0].messages
	if r.Direction == tally.Outbound {
		unit = directionWords[1].messages
	}
	about := &section{ID: "about", Title: "About", Facts: []fact{
		{"Direction", Clean(r.Direction)},
		{"Class", Clean(cmp.Or(r.Class, "several"))},
		{"Sessions", thousands(r.Sessions)},
		{capital(unit), thousands(r.Messages)},
		{"First seen", minute(&r.First)},
		{"Last seen", minute(&r.Last)},
		{"Last with TLS", cmp.Or(minute(r.LastTLS), "never")},
		{"Last in plaintext", cmp.Or(minute(r.LastPlain), "never")},
	}}
	history := &section{ID: "history", Title: "Versions and ciphers"}
	rows := make([]*tally.PeerCount, 0, len(r.Combinations))
	for i := range r.Combinations {
		rows = append(rows, &r.Combinations[i])
	}
	slices.SortStableFunc(rows, func(a, b *tally.PeerCount) int { return b.Last.Compare(a.Last) })
	history.add(newTable(d, "What was used, the latest first", columns("TLS", "Cipher", "Grade", "Service", "Class", ">sessions", ">"+unit, "@first", "@last", "@last message"), rows,
		func(c *tally.PeerCount) []string {
			return []string{
				stateLabel(c.TLS, c.Protocol), c.Cipher, d.gradeOf(c), c.Instance + "/" + c.Service, c.Class, thousands(c.Sessions), thousands(c.Messages),
				minute(&c.First), minute(&c.Last), minute(c.LastMessage),
			}
		}))
	d.Parts = append(d.Parts, about, history, d.failuresOf(r), d.downgradesOf(r))
	d.Parts = slices.DeleteFunc(d.Parts, func(sec *section) bool { return !sec.something() })
}

func (d *document) gradeOf(c *tally.PeerCount) string {
	if d.profile == nil || c.Cipher == "" {
		return ""
	}
	judged, _ := d.profile.Judge(c.Protocol, c.Cipher)
	return judged.Title()
}

func (d *document) failuresOf(r *tally.PeerRow) *section {
	sec := &section{ID: "failures", Title: "Failed handshakes"}
	rows := make([]namedFailure, 0, len(r.FailureDetails))
	reasons := &tally.Snapshot{}
	for i := range r.FailureDetails {
		f := &r.FailureDetails[i]
		rows = append(rows, namedFailure{f.Reason, r.Class, f})
		reasons.Failures = append(reasons.Failures, tally.FailureRow{FailureKey: tally.FailureKey{Direction: r.Direction, Reason: f.Reason}, Count: f.Count})
	}
	slices.SortFunc(rows, namedFailure.compare)
	sec.add(newTable(d, "Failures by reason", columns("Reason", "Result (RFC 8460)", ">count", "@last", "`newest example"), rows, func(f namedFailure) []string {
		return []string{f.Reason, f.Result, thousands(f.Count), minute(&f.Last), shorten(f.Example, 10*exampleLimit)}
	}))
	sec.Advice = adviceOf(reasons)
	return sec
}

func (d *document) downgradesOf(r *tally.PeerRow) *section {
	sec := &section{ID: "downgrades", Title: "Downgrades"}
	var rows []*tally.DowngradeRow
	for i := range d.snapshot.Downgrades {
		if v := &d.snapshot.Downgrades[i]; v.Direction == r.Direction && (v.Peer == r.Peer || v.Address == r.Peer) {
			rows = append(rows, v)
		}
	}
	sec.add(d.downgradeTable("Falls to plaintext or to a lower version", rows))
	return sec
}
