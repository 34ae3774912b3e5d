package tally

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// another is a further recipient of a transaction.
func another(d *parser.Delivery) *parser.Delivery {
	more := *d
	more.First = false
	return &more
}

// fillOutbound counts: two recipients under TLS 1.3, one in plaintext, one whose server was reached and did not do TLS, two for whom no server was
// asked, one over a socket; and what does not leave the host.
func fillOutbound(t *Tally) {
	good := outbound(encrypted(client("MX.example.net", "192.0.2.25"), time.Minute, "1.3"))
	good.Messages = 1
	t.Session(good)
	d := delivered(good, "example.net")
	d.TLS = &parser.TLS{Protocol: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384", Trust: "Verified"}
	d.Policy = parser.Policy{Level: "dane", RequireTLS: "requiretls"}
	t.Delivered(d)
	t.Delivered(another(d))

	inClear := outbound(plain(client("mx.example.org", "192.0.2.26"), 2*time.Minute))
	inClear.Messages = 1
	t.Session(inClear)
	d = delivered(inClear, "example.org")
	d.Policy = parser.Policy{Level: "may", Final: "none"}
	t.Delivered(d)

	bad := outbound(failed(client("mx.example.net", "2001:db8::25"), 3*time.Minute, parser.ReasonServerAlert))
	t.Session(bad)
	d = delivered(bad, "example.net")
	d.Status, d.Failure, d.Policy = "deferred", bad.Failure, parser.Policy{Level: "encrypt", Undecided: true}
	t.Delivered(d)

	d = refused("dane.example.com", 4*time.Minute, parser.ResultDANERequired, parser.ReasonTLSAMissing)
	t.Delivered(d)
	t.Delivered(another(d))

	socket := outbound(plain(&parser.Peer{Name: "mail.example.com", Path: "private/dovecot-lmtp", Class: parser.ClassUnix}, 5*time.Minute))
	socket.Service, socket.Messages = services["lmtp"], 1
	t.Session(socket)
	t.Delivered(delivered(socket, "example.com"))

	for _, service := range []string{"local", "error"} {
		t.Delivered(&parser.Delivery{Time: start, Domain: "example.com", Service: services[service], Agent: service, Status: "sent", First: true})
	}
	for _, r := range []struct{ domain, result string }{
		{"example.net", "success"}, {"dane.example.com", parser.ResultDANERequired}, {"example.net", "success"},
	} {
		t.TLSRPT(&parser.TLSRPT{Time: start, Service: services["smtp"], Domain: r.domain, Result: r.result})
	}
}

// filledRelays are the peers that fillOutbound counts.
func filledRelays() []PeerRow {
	const aes = "TLS_AES_256_GCM_SHA384"
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	return []PeerRow{
		{
			Direction: "outbound", Peer: "mx.example.net", Class: "public", Sessions: 2, Messages: 2,
			TLS: Counts{{"established", 1}, {"failed", 1}}, Protocols: Counts{{"TLSv1.3", 1}}, Ciphers: Counts{{aes, 1}}, MessagesTLS: Counts{{"established", 2}},
			Failures: Counts{{"server_alert", 1}}, First: at(1), Last: at(3), LastTLS: new(at(1)),
			Combinations: []PeerCount{
				{CountKey{"postfix", "smtp", "public", "established", "TLSv1.3", aes}, 1, 2, at(1), at(1), new(at(1))},
				{CountKey{"postfix", "smtp", "public", "failed", "", ""}, 1, 0, at(3), at(3), nil},
			},
			FailureDetails: []PeerFailure{{"validation-failure", "server_alert", 1, at(3), "whatever it was"}},
		},
		{
			Direction: "outbound", Peer: "mx.example.org", Class: "public", Sessions: 1, Messages: 1,
			TLS: Counts{{"plaintext", 1}}, MessagesTLS: Counts{{"plaintext", 1}}, First: at(2), Last: at(2), LastPlain: new(at(2)),
			Combinations: []PeerCount{{CountKey{"postfix", "smtp", "public", "plaintext", "", ""}, 1, 1, at(2), at(2), new(at(2))}}, FailureDetails: []PeerFailure{},
		},
		{
			Direction: "outbound", Peer: "private/dovecot-lmtp", Class: "unix", Sessions: 1, Messages: 1,
			TLS: Counts{{"plaintext", 1}}, MessagesTLS: Counts{{"plaintext", 1}}, First: at(5), Last: at(5), LastPlain: new(at(5)),
			Combinations: []PeerCount{{CountKey{"postfix", "lmtp", "unix", "plaintext", "", ""}, 1, 1, at(5), at(5), new(at(5))}}, FailureDetails: []PeerFailure{},
		},
	}
}

func TestOutbound(t *testing.T) {
	tally := New(Options{PeerLimit: 10})
	fillOutbound(tally)
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	key := func(service, class, tls, protocol, cipher string) SessionKey {
		return SessionKey{"outbound", "postfix", service, class, tls, protocol, cipher}
	}
	const aes = "TLS_AES_256_GCM_SHA384"
	socket, inClear := key("lmtp", "unix", "plaintext", "", ""), key("smtp", "public", "plaintext", "", "")
	tls13, bad := key("smtp", "public", "established", "TLSv1.3", aes), key("smtp", "public", "failed", "", "")
	want := &Snapshot{
		Schema: 1, Hosts: []string{"mx1"},
		Sessions: []SessionRow{{socket, 1, 1}, {tls13, 1, 1}, {bad, 1, 0}, {inClear, 1, 1}},
		Messages: []MessageRow{{socket, 1}, {tls13, 2}, {inClear, 1}},
		Deliveries: []DeliveryRow{
			{DeliveryKey{Instance: "postfix", Service: "lmtp", Program: "lmtp", Class: "unix", TLS: "plaintext", Status: "sent"}, 1, 1},
			{DeliveryKey{"postfix", "smtp", "smtp", "public", "established", "TLSv1.3", "Verified", "dane", "requiretls", "sent"}, 1, 2},
			{DeliveryKey{"postfix", "smtp", "smtp", "public", "failed", "", "", "encrypt?", "", "deferred"}, 1, 1},
			{DeliveryKey{"postfix", "smtp", "smtp", "public", "plaintext", "", "", "may:none", "", "sent"}, 1, 1},
			{DeliveryKey{"postfix", "smtp", "smtp", "unknown", "failed", "", "", "!dane-only", "", "deferred"}, 1, 2},
		},
		Peers: filledRelays(),
		Domains: []DomainRow{
			{
				Domain: "dane.example.com", Class: "unknown", Relays: []string{}, Failures: Counts{{"tlsa_missing", 2}}, First: at(4), Last: at(4),
				FailureDetails: []PeerFailure{{"dane-required", "tlsa_missing", 2, at(4), ""}},
			},
			{
				Domain: "example.net", Class: "public", Recipients: 2, TLS: Counts{{"established", 2}}, Protocols: Counts{{"TLSv1.3", 2}},
				Trust: Counts{{"Verified", 2}}, Policies: Counts{{"dane", 2}}, Relays: []string{"mx.example.net"},
				Failures: Counts{{"server_alert", 1}}, First: at(1), Last: at(3), LastTLS: new(at(1)),
				FailureDetails: []PeerFailure{{"validation-failure", "server_alert", 1, at(3), "whatever it was"}},
			},
			{
				Domain: "example.org", Class: "public", Recipients: 1, TLS: Counts{{"plaintext", 1}}, Policies: Counts{{"may:none", 1}},
				Relays: []string{"mx.example.org"}, First: at(2), Last: at(2), LastPlain: new(at(2)), FailureDetails: []PeerFailure{},
			},
		},
		Users: []UserRow{}, Downgrades: []DowngradeRow{}, DowngradeTotals: []DowngradeTotalRow{},
		TimeSeries: []TimeRow{
			{TimeKey{start, StepHour, "outbound", "public", "established", "TLSv1.3"}, 1, 2},
			{TimeKey{start, StepHour, "outbound", "public", "failed", ""}, 1, 0},
			{TimeKey{start, StepHour, "outbound", "public", "plaintext", ""}, 1, 1},
			{TimeKey{start, StepHour, "outbound", "unix", "plaintext", ""}, 1, 1},
		},
		Failures: []FailureRow{
			{FailureKey{"outbound", "smtp", "public", "validation-failure", "server_alert"}, 1},
			{FailureKey{"outbound", "smtp", "unknown", "dane-required", "tlsa_missing"}, 1},
		},
		KeyExchanges: []KeyExchangeRow{{KeyExchangeKey{"outbound", "x25519"}, 1}},
		TLSRPT:       []TLSRPTRow{{TLSRPTKey{"dane.example.com", "dane-required"}, 1}, {TLSRPTKey{"example.net", "success"}, 2}},
		Auth:         []AuthRow{}, Hints: []Hint{}, Unrecognized: []UnrecognizedRow{},
	}
	if diff := cmp.Diff(want, snapshot(tally)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if tally.Peers() != 3 {
		t.Errorf("%d peers, want 3", tally.Peers())
	}
}

// TestStatuses keeps probes, retries and bounces out of the messages, and lines without a status in.
func TestStatuses(t *testing.T) {
	tally := New(Options{PeerLimit: 10})
	s := outbound(plain(client("mx.example.net", "192.0.2.25"), time.Minute))
	for _, status := range []string{"sent", "deferred", "bounced", "deliverable", "undeliverable", ""} {
		d := delivered(s, "example.net")
		d.Status = status
		tally.Delivered(d)
	}
	d := delivered(s, "example.net")
	d.Relay, d.Status = nil, "deferred" // connection refused: nothing is known of TLS
	tally.Delivered(d)
	got := map[string]uint64{}
	snap := snapshot(tally)
	for _, r := range snap.Deliveries {
		got[r.Class+" "+r.TLS+" "+r.Status] = r.Recipients
	}
	want := map[string]uint64{
		"public plaintext sent": 1, "public plaintext deferred": 1, "public plaintext bounced": 1, "public plaintext deliverable": 1,
		"public plaintext undeliverable": 1, "public plaintext unknown": 1, "unknown  deferred": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, messages := totals(snap); messages != 1 || snap.Peers[0].Messages != 1 || len(snap.Domains) != 1 || snap.Domains[0].Recipients != 1 {
		t.Errorf("%d messages, peers %+v, domains %+v; want one", messages, snap.Peers, snap.Domains)
	}
}

// TestDomainClasses tells the way to a host nearby from the way to the Internet, and leaves out what stays on this host.
func TestDomainClasses(t *testing.T) {
	for name, label := range map[string]func(parser.Peer) string{"by host": HostLabel, "by address": AddressLabel, "without": NoLabel} {
		tally := New(Options{PeerLimit: 10, Label: label})
		for i := range parser.NumClasses {
			p := client("mx.example.net", "192.0.2.25")
			p.Class = parser.Class(i)
			tally.Delivered(delivered(outbound(plain(p, time.Minute)), "example.net"))
			tally.Delivered(delivered(outbound(plain(p, time.Minute)), "")) // to a local user without a domain
		}
		got, want := []string{}, []string{"example.net private 1", "example.net public 1", "example.net unknown 1"}
		if name == "without" {
			want = []string{}
		}
		for _, r := range snapshot(tally).Domains {
			got = append(got, fmt.Sprint(r.Domain, " ", r.Class, " ", r.Recipients))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestDomainLimit bounds domains as peers are: a newcomer takes the place of an idle one, or counts as other. Directions and domains do not take
// each other's places.
func TestDomainLimit(t *testing.T) {
	tally := New(Options{PeerLimit: 2, PeerIdle: time.Hour})
	deliver := func(domain string, minutes int) {
		s := outbound(plain(client("mx."+domain, "192.0.2.25"), time.Duration(minutes)*time.Minute))
		tally.Session(s)
		tally.Delivered(delivered(s, domain))
	}
	tally.Session(plain(client("a.example.net", "192.0.2.1"), 0))
	tally.Session(plain(client("b.example.net", "192.0.2.2"), 0))
	deliver("a", 0)
	deliver("b", 1)
	deliver("c", 59)
	deliver("d", 60)                       // a was silent for an hour
	deliver(strings.Repeat("x", 256), 300) // no domain is so long
	s := snapshot(tally)
	got := map[string]uint64{}
	for _, r := range s.Domains {
		got[r.Domain+"/"+r.Class] = r.Recipients
	}
	if diff := cmp.Diff(map[string]uint64{"b/public": 1, "d/public": 1, "other/": 2}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want := map[string]uint64{"a.example.net": 1, "b.example.net": 1, "mx.b": 1, "mx.d": 1, Other: 2}
	if diff := cmp.Diff(want, peerSessions(s)); diff != "" {
		t.Errorf("peers (-want +got):\n%s", diff)
	}
	if s.Evicted.Domains != 1 || s.Evicted.Peers != 1 || tally.Peers() != 4 {
		t.Errorf("evicted %+v, %d peers; want 1 domain, 1 peer, 4", s.Evicted, tally.Peers())
	}
}

// TestDomainFailuresWithoutPlace count as other, too.
func TestDomainFailuresWithoutPlace(t *testing.T) {
	tally := New(Options{})
	tally.Delivered(refused("example.net", time.Minute, parser.ResultDNSSECInvalid, parser.ReasonTLSALookup))
	got := snapshot(tally).Domains
	if len(got) != 1 || got[0].Domain != Other || got[0].Class != "" || got[0].Failures.Of(parser.ReasonTLSALookup) != 1 {
		t.Errorf("domains %+v, want other alone, with one failure", got)
	}
}
