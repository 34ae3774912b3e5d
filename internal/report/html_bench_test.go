package report

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// crowd is the snapshot of a host that knows n peers, half of them in each direction, each with three combinations and a failure.
func crowd(n int) *tally.Snapshot {
	s := &tally.Snapshot{Schema: tally.Schema, Hosts: []string{"mx1.example.com"}}
	combinations := []tally.CountKey{
		{Instance: "postfix", Service: "smtpd", Class: "public", TLS: "established", Protocol: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384"},
		{Instance: "postfix", Service: "smtpd", Class: "public", TLS: "established", Protocol: "TLSv1", Cipher: "ECDHE-RSA-AES256-SHA"},
		{Instance: "postfix", Service: "smtpd", Class: "public", TLS: "plaintext"},
	}
	for i := range n {
		direction := [...]string{tally.Inbound, tally.Outbound}[i%2]
		seen := at(20, 4, 0).Add(time.Duration(i) * time.Second)
		p := tally.PeerRow{
			Direction: direction, Peer: fmt.Sprintf("mail-%06d.outbound.customers.example-%d.net", i, i%997), Class: "public", First: seen, Last: seen, LastPlain: &seen, LastTLS: &seen,
			Failures: tally.Counts{{Label: "no_shared_cipher", N: 3}},
			FailureDetails: []tally.PeerFailure{{
				Result: "validation-failure", Reason: "no_shared_cipher", Count: 3, Last: seen,
				Example: "error:0A0000C1:SSL routines::no shared cipher:../ssl/statem/statem_srvr.c:2226:",
			}},
		}
		for j, k := range combinations {
			m := uint64(i%1000 + j + 1)
			p.Combinations = append(p.Combinations, tally.PeerCount{CountKey: k, Sessions: m, Messages: m, First: seen, Last: seen, LastMessage: &seen})
			p.Sessions += m
			p.Messages += m
			p.TLS = append(p.TLS, tally.Count{Label: k.TLS, N: m})
		}
		p.TLS = p.TLS[1:] // established, plaintext
		p.Protocols = tally.Counts{{Label: "TLSv1", N: 2}, {Label: "TLSv1.3", N: 1}}
		p.MessagesTLS = p.TLS
		s.Peers = append(s.Peers, p)
	}
	for _, direction := range [...]string{tally.Inbound, tally.Outbound} {
		for _, k := range combinations {
			key := tally.SessionKey{Direction: direction, Instance: k.Instance, Service: k.Service, Class: k.Class, TLS: k.TLS, Protocol: k.Protocol, Cipher: k.Cipher}
			s.Sessions = append(s.Sessions, tally.SessionRow{SessionKey: key, Count: uint64(n) * 250, WithMail: uint64(n) * 250})
			s.Messages = append(s.Messages, tally.MessageRow{SessionKey: key, Count: uint64(n) * 250})
		}
	}
	timed(s, tally.StepHour, hours(at(6, 4, 0).Truncate(time.Hour), 14*24)...)
	for i := range n / 10 {
		seen := at(20, 4, 0)
		s.Domains = append(s.Domains, tally.DomainRow{
			Domain: fmt.Sprintf("customer-%05d.example.com", i), Class: "public", Recipients: uint64(i), TLS: tally.Counts{{Label: "established", N: uint64(i)}, {Label: "plaintext", N: 3}},
			Protocols: tally.Counts{{Label: "TLSv1.3", N: uint64(i)}}, Last: seen, LastPlain: &seen, Relays: []string{"mx1.example.net", "mx2.example.net"},
		})
		s.Users = append(s.Users, tally.UserRow{User: fmt.Sprintf("user-%05d@example.com", i), Messages: 9, Protocols: tally.Counts{{Label: "TLSv1.2", N: 9}}, Last: seen})
		s.Downgrades = append(s.Downgrades, tally.DowngradeRow{
			DowngradeKey: tally.DowngradeKey{Host: "mx1", Direction: tally.Inbound, Peer: fmt.Sprintf("fallen-%05d.example.org", i), Address: "192.0.2.1", Kind: tally.KindPlaintext},
			Class:        "public", From: "TLSv1.3", To: "plaintext", Count: 1, TLSMessages: 12, LastTLS: seen, PlaintextMessages: 3, FirstPlaintext: &seen, Last: seen,
		})
	}
	return s
}

func hours(start time.Time, n int) (out []time.Time) {
	for i := range n {
		out = append(out, start.Add(time.Duration(i)*time.Hour))
	}
	return out
}

// TestHTMLIsSmall whatever the log: a page of 100,000 peers stays below 1 MB.
func TestHTMLIsSmall(t *testing.T) {
	s := crowd(100_000)
	for _, live := range []*Live{nil, {MetricsPath: "/metrics"}} {
		if n := len(htmlOf(t, s, HTMLOptions{Profile: profile(t, "rfc9325"), Live: live}).text); n > 1<<20 {
			t.Errorf("%d bytes", n)
		}
	}
}

func BenchmarkHTML(b *testing.B) {
	s := crowd(100_000)
	b.ReportAllocs()
	for b.Loop() {
		if err := HTML(io.Discard, s, HTMLOptions{Profile: profile(b, "rfc9325")}); err != nil {
			b.Fatal(err)
		}
	}
}
