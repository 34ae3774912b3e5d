package report

import (
	"cmp"
	"maps"
	"slices"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// peerTable makes a table of peers.
func (d *document) peerTable(caption, direction string, columns []webColumn, rows []*tally.PeerRow, cells func(*tally.PeerRow) []string) *webTable {
	t := newTable(d, caption, columns, rows, cells)
	d.linkPeers(t, func(row int) (string, string) { return direction, rows[row].Peer })
	return t
}

// linkPeers makes names in the first column lead to the peers' pages, which only a running exporter has. The table may be nil.
func (d *document) linkPeers(t *webTable, peer func(row int) (direction, name string)) {
	if t == nil || d.Live == nil {
		return
	}
	for i := range t.Rows {
		t.Rows[i][0].Href = PeerLink(peer(i))
	}
}

func (d *document) peers() *section {
	sec := &section{ID: "peers", Title: "Peers"}
	for i, direction := range [...]string{tally.Inbound, tally.Outbound} {
		w := &directionWords[i]
		plain := rankedPeers(d.snapshot, direction, plaintextMessages)
		sec.add(d.peerTable(w.title+": "+w.plaintextPeers, direction, columns("#Peer", "Class", ">plaintext "+w.messages, ">with TLS", "@last in plaintext", "@last with TLS"), plain,
			func(r *tally.PeerRow) []string {
				return []string{
					r.Peer, r.Class, thousands(plaintextMessages(r)), thousands(encrypted(r.MessagesTLS)),
					minute(r.LastPlain), minute(r.LastTLS),
				}
			}))
		sec.add(d.peerTable(w.title+": "+w.oldPeers, direction, columns("#Peer", "Class", ">sessions below TLS 1.2", "+sessions by version", "@last seen"),
			rankedPeers(d.snapshot, direction, oldSessions), func(r *tally.PeerRow) []string {
				return []string{r.Peer, r.Class, thousands(oldSessions(r)), counts(maps.Collect(r.Protocols.All())), minute(&r.Last)}
			}))
		sec.add(d.peerTable(w.title+": "+w.busiest, direction, columns("#Peer", "Class", ">"+w.messages, ">sessions", "+sessions by version", "@last seen"),
			rankedPeers(d.snapshot, direction, allMessages), func(r *tally.PeerRow) []string {
				return []string{r.Peer, r.Class, thousands(r.Messages), thousands(r.Sessions), counts(stateSums(r.TLS, r.Protocols)), minute(&r.Last)}
			}))
	}
	return sec
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
		c := combinationStates(r.Combinations)
		if n := c[statePlaintext] + c[stateOld]; n > 0 {
			weak[r] = n
		}
	}
	slices.SortFunc(rows, func(a, b *tally.UserRow) int {
		return cmp.Or(-cmp.Compare(weak[a], weak[b]), -cmp.Compare(a.Messages, b.Messages), cmp.Compare(a.User, b.User))
	})
	sec.add(newTable(d, "Messages by SASL login, those in plaintext or below TLS 1.2 first",
		columns("#User", ">messages", ">plaintext", ">below TLS 1.2", "+messages by version", "@last seen"), rows, func(r *tally.UserRow) []string {
			c := combinationStates(r.Combinations)
			return []string{
				r.User, thousands(r.Messages), thousands(c[statePlaintext]), thousands(c[stateOld]), counts(maps.Collect(r.Protocols.All())), minute(&r.Last),
			}
		}))
	return sec
}
