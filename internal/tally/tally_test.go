package tally

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// fill counts a little of everything.
func fill(t *Tally) {
	a, b := client("a.example.net", "192.0.2.1"), client("unknown", "192.0.2.2")

	first := encrypted(a, time.Minute, "1.3")
	first.Messages = 2
	t.Queued(message(first))
	t.Queued(message(first))
	t.Session(first)

	second := plain(a, 2*time.Minute)
	second.Service, second.Auth.Method, second.Messages = services["submission"], "PLAIN", 1
	t.Session(second)
	t.Queued(message(second))

	t.Session(failed(b, 3*time.Minute, parser.ReasonTimeout))
	third := encrypted(b, 4*time.Minute, "1.2") // its handshake was good, its certificate was not
	third.Service, third.Failure = services["out"], &parser.Failure{Result: parser.ResultCertificateNotTrusted, Reason: parser.ReasonClientCertificate}
	t.Session(third)
}

// filledPeers are the peers that fill counts.
func filledPeers() []PeerRow {
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	return []PeerRow{
		{
			Direction: "inbound", Peer: "192.0.2.2", Class: "public", Sessions: 2,
			TLS: Counts{{"established", 1}, {"failed", 1}}, Protocols: Counts{{"TLSv1.2", 1}},
			Ciphers:  Counts{{"ECDHE-RSA-AES256-GCM-SHA384", 1}},
			Failures: Counts{{"client_certificate", 1}, {"timeout", 1}}, First: at(3), Last: at(4),
			Combinations: []PeerCount{
				{CountKey{"postfix", "smtpd", "public", "failed", "", ""}, 1, 0, at(3), at(3), nil},
				{CountKey{"postfix-out", "smtpd", "public", "established", "TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384"}, 1, 0, at(4), at(4), nil},
			},
			FailureDetails: []PeerFailure{
				{"certificate-not-trusted", "client_certificate", 1, at(4), ""}, {"validation-failure", "timeout", 1, at(3), "whatever it was"},
			},
		},
		{
			Direction: "inbound", Peer: "a.example.net", Class: "public", Sessions: 2, Messages: 3,
			TLS: Counts{{"established", 1}, {"plaintext", 1}}, Protocols: Counts{{"TLSv1.3", 1}},
			Ciphers: Counts{{"TLS_AES_256_GCM_SHA384", 1}}, MessagesTLS: Counts{{"established", 2}, {"plaintext", 1}},
			First: at(1), Last: at(2), LastTLS: new(at(1)), LastPlain: new(at(2)),
			Combinations: []PeerCount{
				{CountKey{"postfix", "smtpd", "public", "established", "TLSv1.3", "TLS_AES_256_GCM_SHA384"}, 1, 2, at(1), at(1), new(at(1))},
				{CountKey{"postfix", "submission", "public", "plaintext", "", ""}, 1, 1, at(2), at(2), new(at(2))},
			},
			FailureDetails: []PeerFailure{},
		},
	}
}

func TestSnapshot(t *testing.T) {
	tally := New(Options{PeerLimit: 10})
	fill(tally)
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	key := func(instance, service, tls, protocol, cipher string) SessionKey {
		return SessionKey{"inbound", instance, service, "public", tls, protocol, cipher}
	}
	tls13 := key("postfix", "smtpd", "established", "TLSv1.3", "TLS_AES_256_GCM_SHA384")
	submission := key("postfix", "submission", "plaintext", "", "")
	want := &Snapshot{
		Schema: 1, Hosts: []string{"mx1", "mx2"},
		Period: Period{First: new(at(1)), Last: new(at(5))},
		Lines:  Lines{Total: 9, Postfix: 8, Used: 7, Unrecognized: 1, Foreign: 1},
		Sessions: []SessionRow{
			{tls13, 1, 1},
			{key("postfix", "smtpd", "failed", "", ""), 1, 0},
			{submission, 1, 1},
			{key("postfix-out", "smtpd", "established", "TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384"), 1, 0},
		},
		Messages:   []MessageRow{{tls13, 2}, {submission, 1}},
		Deliveries: []DeliveryRow{}, Domains: []DomainRow{}, TLSRPT: []TLSRPTRow{},
		Peers: filledPeers(),
		Users: []UserRow{},
		TimeSeries: []TimeRow{
			{TimeKey{start, StepHour, "inbound", "public", "established", "TLSv1.2"}, 1, 0},
			{TimeKey{start, StepHour, "inbound", "public", "established", "TLSv1.3"}, 1, 2},
			{TimeKey{start, StepHour, "inbound", "public", "failed", ""}, 1, 0},
			{TimeKey{start, StepHour, "inbound", "public", "plaintext", ""}, 1, 1},
		},
		Downgrades: []DowngradeRow{{
			DowngradeKey: DowngradeKey{"mx1", "inbound", "a.example.net", "192.0.2.1", KindPlaintext}, Class: "public", From: "TLSv1.3", To: "plaintext",
			TLSMessages: 2, LastTLS: at(1), PlaintextMessages: 1, FirstPlaintext: new(at(2)), Last: at(2),
		}},
		DowngradeTotals: []DowngradeTotalRow{},
		Failures: []FailureRow{
			{FailureKey{"inbound", "smtpd", "public", "certificate-not-trusted", "client_certificate"}, 1},
			{FailureKey{"inbound", "smtpd", "public", "validation-failure", "timeout"}, 1},
		},
		KeyExchanges: []KeyExchangeRow{{KeyExchangeKey{"inbound", "x25519"}, 1}},
		Auth:         []AuthRow{{"submission", 1}},
		Evicted:      Evicted{Sessions: 2, Messages: 3, Services: 4},
		Hints: []Hint{
			{"plaintext_auth", "submission: 1 sessions sent a password without TLS; set smtpd_tls_auth_only = yes"},
			{"unrecognized", "1 lines about TLS or sessions have a form that is not known, so counts may be short; the explain command shows them"},
			{"evicted", "5 sessions and messages were open longer than memory allowed and were counted early"},
		},
		Unrecognized: []UnrecognizedRow{{"smtpd", "connect from N", 1}},
	}
	got := tally.Snapshot(&parser.Counts{
		Lines: parser.Lines{Total: 9, Postfix: 8, Used: 7, Unrecognized: 1, Foreign: 1}, First: at(1), Last: at(5),
		EvictedSessions: 2, EvictedMessages: 3, RefusedLines: 4,
		Unrecognized: []parser.Unrecognized{{Program: "smtpd", Shape: "connect from N", Count: 1}},
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSnapshotOrder counts the same in several orders: what a snapshot says does not depend on it.
func TestSnapshotOrder(t *testing.T) {
	var sessions []*parser.Session
	for i := range 20 {
		p := client(fmt.Sprintf("peer%d.example.net", i%7), fmt.Sprintf("192.0.2.%d", i%7))
		for _, s := range []*parser.Session{plain(p, time.Minute), encrypted(p, time.Minute, "1.2"), failed(p, time.Minute, "other")} {
			s.Service = services[[]string{"smtpd", "submission", "out"}[i%3]]
			sessions = append(sessions, s)
		}
	}
	out, deliveries := outboundTraffic()
	sessions = append(sessions, out...)
	forward, backward := New(Options{PeerLimit: 1000}), New(Options{PeerLimit: 1000})
	for i := range sessions {
		forward.Session(sessions[i])
		backward.Session(sessions[len(sessions)-1-i])
	}
	for i, d := range deliveries {
		back := deliveries[len(deliveries)-1-i]
		forward.Delivered(d)
		backward.Delivered(back)
		forward.TLSRPT(&parser.TLSRPT{Service: d.Service, Domain: d.Domain, Result: d.State.String()})
		backward.TLSRPT(&parser.TLSRPT{Service: back.Service, Domain: back.Domain, Result: back.State.String()})
	}
	combinations := cmpopts.SortSlices(func(a, b PeerCount) bool { return fmt.Sprint(a) < fmt.Sprint(b) })
	if diff := cmp.Diff(snapshot(forward), snapshot(backward), combinations); diff != "" {
		t.Errorf("(-forward +backward):\n%s", diff)
	}
	rows := snapshot(forward).Sessions
	for i := 1; i < len(rows); i++ {
		if rows[i-1].compare(rows[i].SessionKey) >= 0 {
			t.Errorf("%v stands before %v", rows[i-1], rows[i])
		}
	}
}

// TestSnapshotIsIndependent counts on, and the snapshot stays as it was.
func TestSnapshotIsIndependent(t *testing.T) {
	tally := New(Options{PeerLimit: 10})
	fill(tally)
	before, same := snapshot(tally), snapshot(tally)
	fill(tally)
	tally.Session(plain(client("new.example.net", "192.0.2.3"), time.Hour))
	if diff := cmp.Diff(same, before); diff != "" {
		t.Errorf("a snapshot changed (-before +after):\n%s", diff)
	}
	before.Peers[0].TLS[0].N = 99
	before.Sessions[0].Count = 99
	if n := snapshot(tally).Peers[0].TLS.Of("established"); n != 2 {
		t.Errorf("a change to a snapshot reached the tally: %d", n)
	}
}

// TestEmptySnapshot has empty lists where there is nothing, so that JSON has [] and not null.
func TestEmptySnapshot(t *testing.T) {
	want := &Snapshot{
		Schema: 1, Hosts: []string{}, Sessions: []SessionRow{}, Messages: []MessageRow{}, Deliveries: []DeliveryRow{}, Peers: []PeerRow{},
		Domains: []DomainRow{}, Failures: []FailureRow{}, KeyExchanges: []KeyExchangeRow{}, TLSRPT: []TLSRPTRow{}, Auth: []AuthRow{}, Hints: []Hint{}, Unrecognized: []UnrecognizedRow{},
		Users: []UserRow{}, TimeSeries: []TimeRow{}, Downgrades: []DowngradeRow{}, DowngradeTotals: []DowngradeTotalRow{},
	}
	if diff := cmp.Diff(want, snapshot(New(Options{PeerLimit: 10}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestHostLimit keeps the list of hosts in bounds; sessions of the others count all the same.
func TestHostLimit(t *testing.T) {
	tally := New(Options{})
	const n = maxHosts + 10
	for i := range n {
		s := plain(client("a.example.net", "192.0.2.1"), time.Minute)
		s.Service = &parser.Service{Host: fmt.Sprintf("mx%d", i), Instance: "postfix", Name: "smtpd", Program: "smtpd"}
		tally.Session(s)
	}
	s := snapshot(tally)
	if sessions, _ := totals(s); sessions != n || len(s.Hosts) != maxHosts {
		t.Errorf("%d sessions of %d hosts, want %d of %d", sessions, len(s.Hosts), n, maxHosts)
	}
}

// TestPlaintextAuth counts sessions that sent a password in the clear, and no others.
func TestPlaintextAuth(t *testing.T) {
	authenticated := func(s *parser.Session, method string, ok uint32) *parser.Session {
		s.Auth.Method = method
		s.Commands.Count[parser.CommandAUTH] = parser.Count{OK: ok, Total: ok}
		return s
	}
	p := client("a.example.net", "192.0.2.1")
	tests := []struct {
		name    string
		session *parser.Session
		want    []AuthRow
	}{
		{"a message shows it", authenticated(plain(p, time.Minute), "PLAIN", 0), []AuthRow{{"smtpd", 1}}},
		{"the counter shows it", authenticated(plain(p, time.Minute), "", 1), []AuthRow{{"smtpd", 1}}},
		{"no success", authenticated(plain(p, time.Minute), "", 0), []AuthRow{}},
		{"under TLS", authenticated(encrypted(p, time.Minute, "1.3"), "PLAIN", 1), []AuthRow{}},
	}
	for _, test := range tests {
		tally := New(Options{})
		tally.Session(test.session)
		if diff := cmp.Diff(test.want, snapshot(tally).Auth); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestParserFigures hands on what the parser counts itself.
func TestParserFigures(t *testing.T) {
	s := New(Options{}).Snapshot(&parser.Counts{
		EvictedSessions: 1, EvictedMessages: 2, EvictedDeliveries: 3, EvictedProcesses: 4, Contradictions: 5, Ambiguous: 6, RefusedLines: 7,
	})
	want := Evicted{Sessions: 1, Messages: 2, Deliveries: 3, Processes: 4, Services: 7}
	if s.Evicted != want || s.Contradictions != 5 || s.Ambiguous != 6 {
		t.Errorf("%+v, %d contradictions, %d ambiguous; want %+v, 5, 6", s.Evicted, s.Contradictions, s.Ambiguous, want)
	}
}
