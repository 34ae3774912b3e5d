package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// rankedPeers returns the peers of a direction for which count is not zero: public ones before others, then by count, then by name. UNIX-domain sockets
// are none: they have no TLS to speak of.
func rankedPeers(s *tally.Snapshot, direction string, count func(*tally.PeerRow) uint64) []*tally.PeerRow {
	type ranked struct {
		of *tally.PeerRow
		n  uint64
	}
	var order []ranked
	for i := range s.Peers {
		if r := &s.Peers[i]; r.Direction == direction && r.Class != "unix" {
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

// The counts that peers are ranked by.
func plaintextMessages(r *tally.PeerRow) uint64 { return r.MessagesTLS.Of("plaintext") }
func allMessages(r *tally.PeerRow) uint64       { return r.Messages }
func failedHandshakes(r *tally.PeerRow) uint64  { return r.Failures.Total() }

func oldSessions(r *tally.PeerRow) (n uint64) {
	for protocol, sessions := range r.Protocols.All() {
		if old(protocol) {
			n += sessions
		}
	}
	return n
}

// encrypted are those of counts by state that were under TLS.
func encrypted(states tally.Counts) uint64 { return states.Of("established") + states.Of("unlogged") }

// named is a name from the log; with its class, if it is not on the Internet.
func named(name, class string) string {
	if class == "public" || class == "" {
		return Clean(name)
	}
	return Clean(name) + " (" + class + ")"
}

func public(class string) int {
	if class == "public" {
		return 1
	}
	return 0
}

// plaintextPeers are those who would be refused, or not reached, if TLS were required.
func (p *part) plaintextPeers() {
	rows := rankedPeers(p.snapshot, p.direction, plaintextMessages)
	if len(rows) == 0 {
		return
	}
	p.heading("%s", p.words.plaintextPeers)
	printTable(p.page, []string{"~", ">plaintext", ">with TLS", "last in plaintext"}, rows, func(r *tally.PeerRow) []string {
		return []string{named(r.Peer, r.Class), thousands(plaintextMessages(r)), thousands(encrypted(r.MessagesTLS)), minute(r.LastPlain)}
	})
}

// old tells the versions that RFC 8996 forbids. Versions yet to come have other names.
func old(protocol string) bool {
	switch protocol {
	case "TLSv1", "TLSv1.1":
		return true
	}
	return strings.HasPrefix(protocol, "SSL")
}

// oldPeers are those who would break, or go on in plaintext, if TLS 1.2 were required.
func (p *part) oldPeers() {
	rows := rankedPeers(p.snapshot, p.direction, oldSessions)
	if len(rows) == 0 {
		return
	}
	p.heading("%s", p.words.oldPeers)
	printTable(p.page, []string{"~", ">sessions", ",versions", "last seen"}, rows, func(r *tally.PeerRow) []string {
		return []string{named(r.Peer, r.Class), thousands(oldSessions(r)), counts(maps.Collect(r.Protocols.All())), minute(&r.Last)}
	})
}

func (p *part) failingPeers() {
	rows := rankedPeers(p.snapshot, p.direction, failedHandshakes)
	if len(rows) == 0 {
		return
	}
	p.heading("%s", p.words.failingPeers)
	printTable(p.page, []string{"~", ">sessions", ",mostly", "last seen"}, rows, func(r *tally.PeerRow) []string {
		return []string{named(r.Peer, r.Class), thousands(failedHandshakes(r)), mostly(maps.Collect(r.Failures.All())), minute(&r.Last)}
	})
}

func (p *part) busiestPeers() {
	rows := rankedPeers(p.snapshot, p.direction, allMessages)
	if len(rows) == 0 {
		return
	}
	p.heading("%s", p.words.busiest)
	printTable(p.page, []string{"~", ">" + p.words.messages, ">sessions", ",sessions by version"}, rows, func(r *tally.PeerRow) []string {
		return []string{named(r.Peer, r.Class), thousands(r.Messages), thousands(r.Sessions), counts(stateSums(r.TLS, r.Protocols))}
	})
}

// stateSums are counts by version, or by state where there is none.
func stateSums(states, protocols tally.Counts) map[string]uint64 {
	sums := maps.Collect(protocols.All())
	for state, n := range states.All() {
		if state != "established" {
			sums[state] += n
		}
	}
	return sums
}

// mostly writes the two greatest of a map, and how many there are in the others.
func mostly(m map[string]uint64) string {
	keys := byCount(m, func(n uint64) uint64 { return n })
	var parts []string
	var rest uint64
	for i, k := range keys {
		if i < 2 {
			parts = append(parts, Clean(k)+" "+thousands(m[k]))
		} else {
			rest += m[k]
		}
	}
	if rest > 0 {
		parts = append(parts, "others "+thousands(rest))
	}
	return strings.Join(parts, ", ")
}

// counts writes a map as "TLSv1 3, TLSv1.2 12".
func counts(m map[string]uint64) string {
	var parts []string
	for _, k := range sortedKeys(m, cmp.Compare[string]) {
		parts = append(parts, Clean(k)+" "+thousands(m[k]))
	}
	return strings.Join(parts, ", ")
}
