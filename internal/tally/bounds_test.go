package tally

import (
	"fmt"
	"testing"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// Ciphers and key exchanges come from OpenSSL; somebody who can write log lines can make them up. Rows have a bound, and sessions past it
// count under other.
func TestRowsAreBounded(t *testing.T) {
	tally := New(Options{PeerLimit: 1})
	p := client("a.example.net", "192.0.2.1")
	const more = 7
	for i := range maxRows + more {
		s := encrypted(p, time.Minute, "1.3")
		s.TLS = &parser.TLS{Protocol: "TLSv1.3", Cipher: fmt.Sprint("made up ", i), KeyExchange: fmt.Sprint("made up ", i)}
		tally.Session(s)
	}
	s := snapshot(tally)
	var sum, other uint64
	for _, r := range s.Sessions {
		sum += r.Count
		if r.Cipher == Other && r.Protocol == Other && r.Service == Other {
			other += r.Count
		}
	}
	if sum != maxRows+more || other != more || len(s.Sessions) != maxRows+1 {
		t.Errorf("%d sessions in %d rows, %d of them other; want %d, %d, %d", sum, len(s.Sessions), other, maxRows+more, maxRows+1, more)
	}
	other = 0
	for _, r := range s.KeyExchanges {
		if r.Group == Other {
			other += r.Count
		}
	}
	if other != more || len(s.KeyExchanges) != maxRows+1 {
		t.Errorf("%d key exchange groups, %d sessions with other; want %d, %d", len(s.KeyExchanges), other, maxRows+1, more)
	}
}

// So is what delivery records and TLSRPT lines tell: statuses, domains and results.
func TestDeliveriesAreBounded(t *testing.T) {
	tally := New(Options{PeerLimit: 1})
	const more = maxResults + 7
	session := outbound(encrypted(client("mx.example.net", "192.0.2.25"), time.Minute, "1.3"))
	for i := range maxRows + more {
		d := delivered(session, "example.net")
		d.Status = fmt.Sprint("made up ", i)
		tally.Delivered(d)
		tally.TLSRPT(&parser.TLSRPT{Service: d.Service, Domain: fmt.Sprint("made.up.", i), Result: d.Status})
	}
	s := snapshot(tally)
	var sum uint64
	other := DeliveryKey{Instance: Other, Service: Other, Program: "smtp", Class: "public", TLS: "established", Protocol: Other, Status: Other}
	for _, r := range s.Deliveries {
		sum += r.Recipients
		if r.DeliveryKey == other && r.Recipients != more {
			t.Errorf("%d other deliveries, want %d", r.Recipients, more)
		}
	}
	if sum != maxRows+more || len(s.Deliveries) != maxRows+1 {
		t.Errorf("%d deliveries in %d rows, want %d in %d", sum, len(s.Deliveries), maxRows+more, maxRows+1)
	}
	results := map[TLSRPTKey]uint64{}
	for _, r := range s.TLSRPT {
		results[r.TLSRPTKey] = r.Count
	}
	if len(results) != maxRows+maxResults+1 || results[TLSRPTKey{Other, Other}] != more-maxResults ||
		results[TLSRPTKey{Other, fmt.Sprint("made up ", maxRows)}] != 1 {
		t.Errorf("%d rows of TLSRPT, %d of other domains and results", len(results), results[TLSRPTKey{Other, Other}])
	}
}

// Other is of no class: it stands for peers of all.
func TestOtherHasNoClass(t *testing.T) {
	tally := New(Options{PeerLimit: 0})
	tally.Session(plain(client("a.example.net", "192.0.2.1"), time.Minute))
	if got := snapshot(tally).Peers; len(got) != 1 || got[0].Peer != Other || got[0].Class != "" {
		t.Errorf("peers %+v, want other alone, without class", got)
	}
}

// Services come from syslog tags. Each has failures of all reasons, so their rows have a bound of their own; reasons are told past it.
func TestFailuresAreBounded(t *testing.T) {
	tally := New(Options{})
	const more = 7
	reasons := []string{parser.ReasonOther, parser.ReasonTimeout}
	for i := range maxRows/2 + more {
		for _, reason := range reasons {
			s := failed(client("a.example.net", "192.0.2.1"), time.Minute, reason)
			s.Service = &parser.Service{Host: "mx1", Instance: "postfix", Name: fmt.Sprint("made up ", i), Program: "smtpd"}
			tally.Session(s)
		}
	}
	rows := map[FailureKey]uint64{}
	for _, r := range snapshot(tally).Failures {
		rows[r.FailureKey] = r.Count
	}
	for _, reason := range reasons {
		if n := rows[FailureKey{Inbound, Other, "public", parser.ResultValidationFailure, reason}]; n != more {
			t.Errorf("%d failures of other services by %s, want %d", n, reason, more)
		}
	}
	if len(rows) != maxRows+len(reasons) {
		t.Errorf("%d rows of failures, want %d", len(rows), maxRows+len(reasons))
	}
}
