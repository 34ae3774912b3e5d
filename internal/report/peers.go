package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// peers returns those for which count is not zero: public ones before others, then by count. UNIX-domain sockets are none: they have no TLS to
// speak of.
func (p *part) peers(count func(tally.PeerRow) uint64) []tally.PeerRow {
	type ranked struct {
		of *tally.PeerRow
		n  uint64
	}
	var order []ranked
	for i := range p.snapshot.Peers {
		if r := &p.snapshot.Peers[i]; r.Direction == p.direction && r.Class != "unix" && count(*r) > 0 {
			order = append(order, ranked{r, count(*r)})
		}
	}
	slices.SortStableFunc(order, func(a, b ranked) int {
		return cmp.Or(-cmp.Compare(public(a.of.Class), public(b.of.Class)), -cmp.Compare(a.n, b.n))
	})
	out := make([]tally.PeerRow, 0, len(order))
	for _, r := range order {
		out = append(out, *r.of)
	}
	return out
}

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
	rows := p.peers(func(r tally.PeerRow) uint64 { return r.MessagesTLS.Of("plaintext") })
	if len(rows) == 0 {
		return
	}
	p.heading("%s", p.words.plaintextPeers)
	printTable(p.page, []string{"~", ">plaintext", ">with TLS", "last in plaintext"}, rows, func(r tally.PeerRow) []string {
		return []string{
			named(r.Peer, r.Class), thousands(r.MessagesTLS.Of("plaintext")), thousands(r.MessagesTLS.Of("established") + r.MessagesTLS.Of("unlogged")),
			day(r.LastPlain),
		}
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
	count := func(r tally.PeerRow) (n uint64) {
		for protocol, sessions := range r.Protocols.All() {
			if old(protocol) {
				n += sessions
			}
		}
		return n
	}
	rows := p.peers(count)
	if len(rows) == 0 {
		return
	}
	p.heading("%s", p.words.oldPeers)
	printTable(p.page, []string{"~", ">sessions", ",versions", "last seen"}, rows, func(r tally.PeerRow) []string {
		return []string{named(r.Peer, r.Class), thousands(count(r)), counts(maps.Collect(r.Protocols.All())), day(&r.Last)}
	})
}

func (p *part) failingPeers() {
	count := func(r tally.PeerRow) (n uint64) {
		for _, failures := range r.Failures.All() {
			n += failures
		}
		return n
	}
	rows := p.peers(count)
	if len(rows) == 0 {
		return
	}
	p.heading("%s", p.words.failingPeers)
	printTable(p.page, []string{"~", ">sessions", ",mostly", "last seen"}, rows, func(r tally.PeerRow) []string {
		return []string{named(r.Peer, r.Class), thousands(count(r)), mostly(maps.Collect(r.Failures.All())), day(&r.Last)}
	})
}

func (p *part) busiestPeers() {
	rows := p.peers(func(r tally.PeerRow) uint64 { return r.Messages })
	if len(rows) == 0 {
		return
	}
	p.heading("%s", p.words.busiest)
	printTable(p.page, []string{"~", ">" + p.words.messages, ">sessions", ",sessions by version"}, rows, func(r tally.PeerRow) []string {
		return []string{named(r.Peer, r.Class), thousands(r.Messages), thousands(r.Sessions), counts(stateSums(r))}
	})
}

// stateSums are a peer's sessions by version, or by state where there is none.
func stateSums(r tally.PeerRow) map[string]uint64 {
	sums := maps.Collect(r.Protocols.All())
	for state, n := range r.TLS.All() {
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

func day(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02 15:04")
}
