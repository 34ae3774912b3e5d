package report

import (
	"cmp"
	"slices"
)

// failures are by reason, with what to make of it.
func (p *part) failures() {
	type key struct{ service, reason string }
	sums := map[key]uint64{}
	for _, r := range p.snapshot.Failures {
		if r.Direction == p.direction {
			sums[key{r.Service, r.Reason}] += r.Count
		}
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
	p.heading("%s", p.words.failures)
	printTable(p.page, []string{">", "", "", ""}, keys, func(k key) []string {
		return []string{thousands(sums[k]), Clean(k.service), Clean(k.reason), p.words.reasons[k.reason]}
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
