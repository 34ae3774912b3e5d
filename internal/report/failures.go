package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// A failureBlock is what the page says of one reason.
type failureBlock struct {
	reason   string
	count    uint64
	services map[string]uint64
	newest   tally.PeerFailure
	of       string // peer or domain of the newest
}

// failures are by reason, with what to make of it.
func (p *part) failures() {
	blocks := p.failureBlocks()
	if len(blocks) == 0 {
		return
	}
	p.heading("%s", p.words.failures)
	printBlocks(p.page, blocks, p.failure)
}

func (p *part) failure(v *failureBlock) {
	p.printf("  ")
	p.paragraph(4, "%s %s", thousands(v.count), strings.TrimSuffix(Clean(v.reason)+" ("+mostly(v.services)+"): "+p.words.reasons[v.reason], ": "))
	if v.newest.Example != "" {
		p.printf("    ")
		p.paragraph(4, "newest: %s %s: %s", minute(&v.newest.Last), Clean(v.of), shorten(Clean(v.newest.Example), exampleLimit))
	}
	if advice := p.words.advice[v.reason]; advice != "" {
		p.printf("    ")
		p.paragraph(4, "%s", strings.ReplaceAll(advice, "`", ""))
	}
}

// failureBlocks are those of the direction, the most frequent first.
func (p *part) failureBlocks() []*failureBlock {
	blocks := map[string]*failureBlock{}
	for _, r := range p.snapshot.Failures {
		if r.Direction != p.direction {
			continue
		}
		v := blocks[r.Reason]
		if v == nil {
			v = &failureBlock{reason: r.Reason, services: map[string]uint64{}}
			blocks[r.Reason] = v
		}
		v.count += r.Count
		v.services[r.Service] += r.Count
	}
	newest := func(name string, failures []tally.PeerFailure) {
		for _, f := range failures {
			if v := blocks[f.Reason]; v != nil && f.Last.After(v.newest.Last) {
				v.newest, v.of = f, name
			}
		}
	}
	for i := range p.snapshot.Peers {
		if r := &p.snapshot.Peers[i]; r.Direction == p.direction {
			newest(r.Peer, r.FailureDetails)
		}
	}
	if p.direction == tally.Outbound {
		for i := range p.snapshot.Domains {
			newest(p.snapshot.Domains[i].Domain, p.snapshot.Domains[i].FailureDetails)
		}
	}
	return slices.SortedFunc(maps.Values(blocks), func(a, b *failureBlock) int {
		return cmp.Or(-cmp.Compare(a.count, b.count), cmp.Compare(a.reason, b.reason))
	})
}

// inboundReasons say what a failure reason means.
var inboundReasons = map[string]string{
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

// outboundReasons are the same on the way out. From not_offered on, TLS is required: without that, mail goes on in plaintext.
var outboundReasons = map[string]string{
	"protocol_version":          "no TLS version in common",
	"no_shared_cipher":          "no cipher in common",
	"no_shared_group_or_sigalg": "no key exchange group or signature in common",
	"server_alert":              "the server gave up",
	"server_not_tls":            "the server's answer to the handshake is no TLS",
	"lost_connection":           "the server was gone during the handshake",
	"timeout":                   "the server fell silent during the handshake",
	"not_offered":               "TLS is required, and the server does not offer it",
	"starttls_refused":          "TLS is required, and the server refuses STARTTLS",
	"tls_unavailable":           "TLS is required, and this Postfix cannot do it",
	"certificate_expired":       "the server's certificate has expired or is not yet valid",
	"certificate_untrusted":     "nobody known has issued the server's certificate",
	"certificate_name":          "the server's certificate is for other names",
	"certificate_mismatch":      "the server's certificate is not the expected one",
	"not_dnssec":                "DANE is required, and the destination is not in DNSSEC",
	"tlsa_lookup":               "DNS error of a TLSA lookup",
	"tlsa_missing":              "DANE is required, and there are no TLSA records",
	"tlsa_unusable":             "DANE is required, and no TLSA record is usable",
	"sts_policy":                "the MTA-STS policy cannot be had or is not met",
	"requiretls":                "the sender asked for REQUIRETLS, and the server cannot keep it",
	"other":                     "",
}
