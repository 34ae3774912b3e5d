package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// peers returns those for which count is not zero: public ones before others, then by count.
func (p *page) peers(count func(tally.PeerRow) uint64) []tally.PeerRow {
	type ranked struct {
		of *tally.PeerRow
		n  uint64
	}
	var order []ranked
	for i := range p.snapshot.Peers {
		if r := &p.snapshot.Peers[i]; count(*r) > 0 {
			order = append(order, ranked{r, count(*r)})
		}
	}
	slices.SortStableFunc(order, func(a, b ranked) int {
		return cmp.Or(-cmp.Compare(public(a.of), public(b.of)), -cmp.Compare(a.n, b.n))
	})
	out := make([]tally.PeerRow, 0, len(order))
	for _, r := range order {
		out = append(out, *r.of)
	}
	return out
}

func public(r *tally.PeerRow) int {
	if r.Class == "public" {
		return 1
	}
	return 0
}

// plaintextPeers are those who would be refused if TLS were required.
func (p *page) plaintextPeers() {
	rows := p.peers(func(r tally.PeerRow) uint64 { return r.MessagesTLS["plaintext"] })
	if len(rows) == 0 {
		return
	}
	p.heading("Peers that sent mail in plaintext")
	printTable(p, []string{"", "", ">plaintext messages", ">with TLS", "last in plaintext"}, rows, func(r tally.PeerRow) []string {
		return []string{
			Clean(r.Peer), r.Class, thousands(r.MessagesTLS["plaintext"]), thousands(r.MessagesTLS["established"] + r.MessagesTLS["unlogged"]),
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
func (p *page) oldPeers() {
	count := func(r tally.PeerRow) (n uint64) {
		for protocol, sessions := range r.Protocols {
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
	p.heading("Peers below TLS 1.2")
	printTable(p, []string{"", "", ">sessions", "versions", "last seen"}, rows, func(r tally.PeerRow) []string {
		return []string{Clean(r.Peer), r.Class, thousands(count(r)), counts(r.Protocols), day(&r.Last)}
	})
}

func (p *page) failingPeers() {
	count := func(r tally.PeerRow) (n uint64) {
		for _, failures := range r.Failures {
			n += failures
		}
		return n
	}
	rows := p.peers(count)
	if len(rows) == 0 {
		return
	}
	p.heading("Peers whose handshakes failed")
	printTable(p, []string{"", "", ">sessions", "mostly", "last seen"}, rows, func(r tally.PeerRow) []string {
		return []string{Clean(r.Peer), r.Class, thousands(count(r)), mostly(r.Failures), day(&r.Last)}
	})
}

func (p *page) busiestPeers() {
	rows := p.peers(func(r tally.PeerRow) uint64 { return r.Messages })
	if len(rows) == 0 {
		return
	}
	p.heading("Peers that sent most")
	printTable(p, []string{"", "", ">messages", ">sessions", "sessions by version"}, rows, func(r tally.PeerRow) []string {
		return []string{Clean(r.Peer), r.Class, thousands(r.Messages), thousands(r.Sessions), counts(stateSums(r))}
	})
}

// stateSums are a peer's sessions by version, or by state where there is none.
func stateSums(r tally.PeerRow) map[string]uint64 {
	sums := make(map[string]uint64)
	maps.Copy(sums, r.Protocols)
	for state, n := range r.TLS {
		if state != "established" {
			sums[state] += n
		}
	}
	return sums
}

// failures are by reason, with what to make of it.
func (p *page) failures() {
	type key struct{ service, reason string }
	sums := map[key]uint64{}
	for _, r := range p.snapshot.Failures {
		sums[key{r.Service, r.Reason}] += r.Count
	}
	if len(sums) == 0 {
		return
	}
	keys := make([]key, 0, len(sums))
	for k := range sums {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(-cmp.Compare(sums[a], sums[b]), cmp.Compare(a.service, b.service), cmp.Compare(a.reason, b.reason))
	})
	p.heading("Failed handshakes")
	printTable(p, []string{">", "", "", ""}, keys, func(k key) []string {
		return []string{thousands(sums[k]), Clean(k.service), Clean(k.reason), reasonTexts[k.reason]}
	})
}

// reasonTexts say what a failure reason means.
var reasonTexts = map[string]string{
	"protocol_version":             "no TLS version in common",
	"no_shared_cipher":             "no cipher in common",
	"no_shared_group_or_sigalg":    "no key exchange group or signature in common",
	"client_alert_unknown_ca":      "the client does not trust this server's certificate",
	"client_alert_bad_certificate": "the client refuses this server's certificate",
	"client_alert_other":           "the client gave up",
	"plaintext_on_tls_port":        "no TLS from the client on a TLS port",
	"lost_connection":              "the client was gone during the handshake",
	"timeout":                      "the client fell silent during the handshake",
	"client_certificate":           "the client's certificate is missing or not trusted",
	"other":                        "",
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
