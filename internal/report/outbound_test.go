package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// sampleOutbound has, beside mail to the Internet, a content filter on this host and a mailbox server behind a socket.
func sampleOutbound() *tally.Snapshot {
	key := func(service, class, tls, protocol, cipher string) tally.SessionKey {
		return tally.SessionKey{
			Direction: "outbound", Instance: "postfix", Service: service, Class: class, TLS: tls, Protocol: protocol, Cipher: cipher,
		}
	}
	tls13 := key("smtp", "public", "established", "TLSv1.3", "TLS_AES_256_GCM_SHA384")
	tls10 := key("smtp", "public", "established", "TLSv1", "AES128-SHA")
	plaintext, unknown := key("smtp", "public", "plaintext", "", ""), key("smtp", "public", "unknown", "", "")
	socket, filter := key("lmtp", "unix", "plaintext", "", ""), key("filter", "loopback", "plaintext", "", "")
	failure := func(class, result, reason string, n uint64) tally.FailureRow {
		return tally.FailureRow{
			FailureKey: tally.FailureKey{Direction: "outbound", Service: "smtp", Class: class, Result: result, Reason: reason}, Count: n,
		}
	}
	return &tally.Snapshot{
		Schema: 1, Hosts: []string{"mx1"},
		Sessions: []tally.SessionRow{
			{SessionKey: plaintext, Count: 20, WithMail: 20},
			{SessionKey: key("smtp", "public", "failed", "", ""), Count: 4},
			{SessionKey: unknown, Count: 2, WithMail: 2},
			{SessionKey: tls10, Count: 4, WithMail: 4},
			{SessionKey: tls13, Count: 470, WithMail: 460},
			{SessionKey: socket, Count: 30, WithMail: 30},
			{SessionKey: filter, Count: 50, WithMail: 50},
		},
		Messages: []tally.MessageRow{
			{SessionKey: plaintext, Count: 25},
			{SessionKey: unknown, Count: 10},
			{SessionKey: tls10, Count: 5},
			{SessionKey: tls13, Count: 960},
			{SessionKey: socket, Count: 40},
			{SessionKey: filter, Count: 60},
		},
		Deliveries: sampleDeliveries(), Peers: sampleRelays(), Domains: sampleDomains(),
		Failures: []tally.FailureRow{
			failure("public", "validation-failure", "server_alert", 4), failure("unknown", "dane-required", "tlsa_missing", 3),
			failure("unknown", "dane-required", "not_dnssec", 1),
		},
		KeyExchanges: []tally.KeyExchangeRow{
			{KeyExchangeKey: tally.KeyExchangeKey{Direction: "outbound", Group: "X25519MLKEM768"}, Count: 94},
			{KeyExchangeKey: tally.KeyExchangeKey{Direction: "outbound", Group: "x25519"}, Count: 376},
		},
	}
}

func sampleDeliveries() []tally.DeliveryRow {
	row := func(class, tls, trust, policy, requireTLS, status string, n uint64) tally.DeliveryRow {
		return tally.DeliveryRow{DeliveryKey: tally.DeliveryKey{
			Instance: "postfix", Service: "smtp", Program: "smtp", Class: class, TLS: tls, Trust: trust, Policy: policy, RequireTLS: requireTLS,
			Status: status,
		}, Count: 1, Recipients: n}
	}
	return []tally.DeliveryRow{
		row("public", "established", "Untrusted", "may", "", "sent", 665),
		row("public", "established", "Untrusted", "may", "", "deferred", 40),
		row("public", "established", "Verified", "dane", "", "sent", 299),
		row("public", "established", "Verified", "dane", "requiretls", "sent", 1),
		row("public", "plaintext", "", "may:none", "", "sent", 25),
		row("public", "unknown", "", "", "", "sent", 10),
		row("public", "failed", "", "encrypt?", "", "deferred", 4),
		row("unknown", "failed", "", "!dane-only", "", "deferred", 6),
		row("unknown", "", "", "may?", "", "deferred", 7),
		row("unix", "plaintext", "", "none", "", "sent", 40),
		row("loopback", "plaintext", "", "may:none", "", "sent", 60),
	}
}

func sampleDomains() []tally.DomainRow {
	return []tally.DomainRow{
		{
			Domain: "clear\x1b.example.net", Class: "public", Recipients: 5, TLS: tally.Counts{{Label: "plaintext", N: 5}}, Last: at(21, 3, 0),
			LastPlain: new(at(21, 3, 0)),
		},
		{Domain: "dane.example.com", Class: "unknown", Failures: tally.Counts{{Label: "not_dnssec", N: 1}, {Label: "tlsa_missing", N: 5}}, Last: at(21, 4, 0)},
		{
			Domain: "inside.example.com", Class: "private", Recipients: 30, TLS: tally.Counts{{Label: "plaintext", N: 30}}, Last: at(20, 5, 0),
			LastPlain: new(at(20, 5, 0)),
		},
		{
			Domain: "new.example.net", Class: "public", Recipients: 960, TLS: tally.Counts{{Label: "established", N: 960}},
			Failures: tally.Counts{{Label: "server_alert", N: 4}}, Last: at(21, 5, 5), LastTLS: new(at(21, 5, 5)),
		},
		{Domain: "new.example.net", Class: "unknown", Failures: tally.Counts{{Label: "tlsa_lookup", N: 1}}, Last: at(20, 5, 5)},
		{
			Domain: "old.example.org", Class: "public", Recipients: 25, TLS: tally.Counts{{Label: "established", N: 5}, {Label: "plaintext", N: 20}}, Last: at(21, 2, 0),
			LastPlain: new(at(21, 1, 0)), LastTLS: new(at(21, 2, 0)),
		},
	}
}

func sampleRelays() []tally.PeerRow {
	return []tally.PeerRow{
		{
			Direction: "outbound", Peer: "filter.example.com", Class: "loopback", Sessions: 50, Messages: 60, TLS: tally.Counts{{Label: "plaintext", N: 50}},
			MessagesTLS: tally.Counts{{Label: "plaintext", N: 60}}, Last: at(21, 5, 0), LastPlain: new(at(21, 5, 0)),
		},
		{
			Direction: "outbound", Peer: "mx.new.example.net", Class: "public", Sessions: 474, Messages: 960,
			TLS: tally.Counts{{Label: "established", N: 470}, {Label: "failed", N: 4}}, Protocols: tally.Counts{{Label: "TLSv1.3", N: 470}}, MessagesTLS: tally.Counts{{Label: "established", N: 960}},
			Failures: tally.Counts{{Label: "server_alert", N: 4}}, Last: at(21, 5, 5), LastTLS: new(at(21, 5, 5)),
		},
		{
			Direction: "outbound", Peer: "mx.old.example.org", Class: "public", Sessions: 24, Messages: 30,
			TLS: tally.Counts{{Label: "established", N: 4}, {Label: "plaintext", N: 20}}, Protocols: tally.Counts{{Label: "TLSv1", N: 4}},
			MessagesTLS: tally.Counts{{Label: "established", N: 5}, {Label: "plaintext", N: 25}}, Last: at(21, 3, 0), LastPlain: new(at(21, 3, 0)), LastTLS: new(at(21, 2, 0)),
		},
		{
			Direction: "outbound", Peer: "private/dovecot-lmtp", Class: "unix", Sessions: 30, Messages: 40, TLS: tally.Counts{{Label: "plaintext", N: 30}},
			MessagesTLS: tally.Counts{{Label: "plaintext", N: 40}}, Last: at(21, 5, 0), LastPlain: new(at(21, 5, 0)),
		},
	}
}

// bothWays is the snapshot of a host that receives and sends.
func bothWays() *tally.Snapshot {
	s, out := sample(), sampleOutbound()
	s.Sessions = append(s.Sessions, out.Sessions...)
	s.Messages = append(s.Messages, out.Messages...)
	s.Peers = append(s.Peers, out.Peers...)
	s.Failures = append(s.Failures, out.Failures...)
	s.KeyExchanges = append(s.KeyExchanges, out.KeyExchanges...)
	s.Deliveries, s.Domains = out.Deliveries, out.Domains
	return s
}

func pageOf(t *testing.T, s *tally.Snapshot) string {
	t.Helper()
	var out bytes.Buffer
	if err := Text(&out, s, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestParts prints what there is, and no more.
func TestParts(t *testing.T) {
	in, out, both := pageOf(t, sample()), pageOf(t, sampleOutbound()), pageOf(t, bothWays())
	for _, c := range []struct {
		page, holds string
		want        bool
	}{
		{in, "Inbound SMTP: 2,014 sessions, 3,013 messages\n", true},
		{in, "Outbound", false},
		{in, "Relays", false},
		{in, "  Post-quantum: 25.0 % inbound\n", true},
		{out, "Outbound SMTP and LMTP: 580 sessions, 1,100 recipients\n", true},
		{out, "Inbound", false},
		{out, "Peers", false},
		{out, "  Post-quantum: 20.0 % outbound\n", true},
		{both, "  Post-quantum: 25.0 % inbound, 20.0 % outbound\n", true},
	} {
		if strings.Contains(c.page, c.holds) != c.want {
			t.Errorf("%q: want %v in\n%s", c.holds, c.want, c.page)
		}
	}
	// The parts of the page about both are the same but for the groups and the answers, which they share.
	for _, page := range []string{in, out} {
		_, part, _ := strings.Cut(page, " recipients\n====")
		if page == in {
			_, part, _ = strings.Cut(page, " messages\n====")
		}
		part, _, _ = strings.Cut(part, "\nKey exchange groups")
		if !strings.Contains(both, part) {
			t.Errorf("not in the page about both:\n%s", part)
		}
	}
}

// TestDeliveriesAlone is about a host whose relays could never be reached.
func TestDeliveriesAlone(t *testing.T) {
	page := pageOf(t, &tally.Snapshot{Deliveries: []tally.DeliveryRow{{
		DeliveryKey: tally.DeliveryKey{Instance: "postfix", Service: "smtp", Program: "smtp", Class: "unknown", Policy: "may?", Status: "deferred"},
		Count:       1, Recipients: 2,
	}}})
	if !strings.HasPrefix(page, "Outbound SMTP and LMTP: 0 sessions, 0 recipients\n") || !strings.Contains(page, "may?  no server reached") {
		t.Errorf("the page is\n%s", page)
	}
}

// TestNoPolicies leaves out what Postfix before 3.11 does not log.
func TestNoPolicies(t *testing.T) {
	s := sampleOutbound()
	s.Deliveries = slices.DeleteFunc(s.Deliveries, func(r tally.DeliveryRow) bool { return r.Policy != "" })
	if page := pageOf(t, s); strings.Contains(page, "tls=") {
		t.Errorf("security levels in\n%s", page)
	}
}

// TestReasonTexts has a text for each reason but the last resort.
func TestReasonTexts(t *testing.T) {
	reasons := [parser.NumDirections][]string{parser.Inbound: parser.FailureReasons()}
	parser.OutboundFailures(func(_, reason string) { reasons[parser.Outbound] = append(reasons[parser.Outbound], reason) })
	for d, all := range reasons {
		texts := directionWords[d].reasons
		for _, reason := range all {
			if (texts[reason] == "") != (reason == parser.ReasonOther) {
				t.Errorf("%v: %s means %q", parser.Direction(d), reason, texts[reason])
			}
		}
		if len(texts) != len(all) {
			t.Errorf("%v: %d texts for %d reasons", parser.Direction(d), len(texts), len(all))
		}
	}
}

func TestPostQuantum(t *testing.T) {
	for group, want := range map[string]bool{
		"X25519MLKEM768": true, "SecP256r1MLKEM768": true, "mlkem1024": true, "x25519_kyber768": true, "X25519Kyber768Draft00": true,
		"x25519": false, "secp256r1": false, "DHE (2048 bits)": false, "other": false, "": false,
	} {
		if postQuantum(group) != want {
			t.Errorf("postQuantum(%q) = %v", group, !want)
		}
	}
}

// Results of TLS reports show where they failed.
func TestTLSRPT(t *testing.T) {
	row := func(domain, result string, n uint64) tally.TLSRPTRow {
		return tally.TLSRPTRow{TLSRPTKey: tally.TLSRPTKey{Domain: domain, Result: result}, Count: n}
	}
	s := sampleOutbound()
	if page := pageOf(t, s); strings.Contains(page, "TLSRPT") {
		t.Errorf("a log without TLSRPT lines has them on its page:\n%s", page)
	}
	s.TLSRPT = []tally.TLSRPTRow{
		row("a.example", "certificate-expired", 3), row("a.example", "success", 1990), row("b\x1b.example", "starttls-not-supported", 7),
	}
	want := `
Failures in TLS reports (TLSRPT): 10 of 2,000 results
-----------------------------------------------------
  7  b?.example  starttls-not-supported
  3  a.example   certificate-expired
`
	if page := pageOf(t, s); !strings.Contains(page, want) {
		t.Errorf("the page lacks%s\nit is:\n%s", want, page)
	}
}
