package report

import (
	"cmp"
	"maps"
	"slices"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// ranked returns the peers of a direction for which count is not zero: public ones before others, then by count, then by name. UNIX-domain sockets
// are none: they have no TLS to speak of.
func (d *document) ranked(direction string, count func(*tally.PeerRow) uint64) []*tally.PeerRow {
	type ranked struct {
		of *tally.PeerRow
		n  uint64
	}
	var order []ranked
	for i := range d.snapshot.Peers {
		if r := &d.snapshot.Peers[i]; r.Direction == direction && r.Class != "unix" {
			if n := count(r); n > 0 {
				order = append(order, ranked{r, n})
			}
		}
	}
	slices.SortFunc(order, func(a, b ranked) int {
		return cmp.Or(-cmp.Compare(public(a.of.Class), public(b.of.Class)), -cmp.Compare(a.n, b.n), cmp.Compare(a.of.Peer, b.of.Peer))
	})
	out := make([]*tally.PeerRow, len(order))
	for i := range order {
		out[i] = order[i].of
	}
	return out
}

// peerTable makes a table of peers; on a live page their names lead to their pages.
func (d *document) peerTable(caption, direction string, columns []webColumn, rows []*tally.PeerRow, cells func(*tally.PeerRow) []string) *webTable {
	t := newTable(d, caption, columns, rows, cells)
	if t != nil && d.Live != nil {
		for i := range t.Rows {
			t.Rows[i][0].Href = PeerPath(direction, rows[i].Peer)
		}
	}
	return t
}

func (d *document) peers() *section {
	sec := &section{ID: "peers", Title: "Peers"}
	for i, direction := range [...]string{tally.Inbound, tally.Outbound} {
		w := &directionWords[i]
		plain := d.ranked(direction, func(r *tally.PeerRow) uint64 { return r.MessagesTLS.Of("plaintext") })
		sec.add(d.peerTable(w.title+": "+w.plaintextPeers, direction, columns("#Peer", "Class", ">plaintext "+w.messages, ">with TLS", "@last in plaintext", "@last with TLS"), plain,
			func(r *tally.PeerRow) []string {
				return []string{
					r.Peer, r.Class, thousands(r.MessagesTLS.Of("plaintext")), thousands(r.MessagesTLS.Of("established") + r.MessagesTLS.Of("unlogged")),
					minute(r.LastPlain), minute(r.LastTLS),
				}
			}))
		sec.add(d.peerTable(w.title+": "+w.oldPeers, direction, columns("#Peer", "Class", ">sessions below TLS 1.2", "+sessions by version", "@last seen"),
			d.ranked(direction, oldSessions), func(r *tally.PeerRow) []string {
				return []string{r.Peer, r.Class, thousands(oldSessions(r)), counts(maps.Collect(r.Protocols.All())), minute(&r.Last)}
			}))
		sec.add(d.peerTable(w.title+": "+w.busiest, direction, columns("#Peer", "Class", ">"+w.messages, ">sessions", "+sessions by version", "@last seen"),
			d.ranked(direction, func(r *tally.PeerRow) uint64 { return r.Messages }), func(r *tally.PeerRow) []string {
				return []string{r.Peer, r.Class, thousands(r.Messages), thousands(r.Sessions), counts(stateSums(*r)), minute(&r.Last)}
			}))
	}
	return sec
}

func oldSessions(r *tally.PeerRow) (n uint64) {
	for protocol, sessions := range r.Protocols.All() {
		if old(protocol) {
			n += sessions
		}
	}
	return n
}

func (s *section) add(t *webTable) {
	if t != nil {
		s.Tables = append(s.Tables, t)
	}
}

// users are those who log in to submit mail, the ones with plaintext or old versions first: printers and scripts, mostly.
func (d *document) users() *section {
	sec := &section{ID: "users", Title: "Users who submit mail"}
	rows := make([]*tally.UserRow, 0, len(d.snapshot.Users))
	weak := map[*tally.UserRow]uint64{}
	for i := range d.snapshot.Users {
		r := &d.snapshot.Users[i]
		rows = append(rows, r)
		c := userStates(r)
		if n := c[statePlaintext] + c[stateOld]; n > 0 {
			weak[r] = n
		}
	}
	slices.SortFunc(rows, func(a, b *tally.UserRow) int {
		return cmp.Or(-cmp.Compare(weak[a], weak[b]), -cmp.Compare(a.Messages, b.Messages), cmp.Compare(a.User, b.User))
	})
	sec.add(newTable(d, "Messages by SASL login, those in plaintext or below TLS 1.2 first",
		columns("#User", ">messages", ">plaintext", ">below TLS 1.2", "+messages by version", "@last seen"), rows, func(r *tally.UserRow) []string {
			c := userStates(r)
			return []string{
				r.User, thousands(r.Messages), thousands(c[statePlaintext]), thousands(c[stateOld]), counts(maps.Collect(r.Protocols.All())), minute(&r.Last),
			}
		}))
	return sec
}

func userStates(r *tally.UserRow) (c stateCounts) {
	for i := range r.Combinations {
		k := &r.Combinations[i]
		c[stateOf(k.TLS, k.Protocol)] += k.Messages
	}
	return c
}
