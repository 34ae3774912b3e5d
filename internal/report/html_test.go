package report

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// timed adds messages, one hour or day after the other, and what belongs to them.
func timed(s *tally.Snapshot, step string, starts ...time.Time) {
	for i, at := range starts {
		for _, k := range []tally.TimeKey{
			{Direction: "inbound", Class: "public", TLS: "established", Protocol: "TLSv1.3"},
			{Direction: "inbound", Class: "public", TLS: "plaintext"},
			{Direction: "outbound", Class: "public", TLS: "established", Protocol: "TLSv1"},
		} {
			k.Start, k.Step = at, step
			s.TimeSeries = append(s.TimeSeries, tally.TimeRow{TimeKey: k, Sessions: 1, Messages: uint64(i + 1)})
		}
	}
}

// everything has something for each part of a page.
func everything() *tally.Snapshot {
	s := bothWays()
	timed(s, tally.StepHour, at(20, 4, 0).Truncate(time.Hour), at(20, 6, 0).Truncate(time.Hour))
	for i := range s.Peers {
		p := &s.Peers[i]
		p.Combinations = []tally.PeerCount{{
			CountKey: tally.CountKey{Instance: "postfix", Service: "smtpd", Class: p.Class, TLS: "plaintext"}, Sessions: p.Sessions, Messages: p.Messages,
			First: p.First, Last: p.Last, LastMessage: &p.Last,
		}}
		for reason, n := range p.Failures.All() {
			p.FailureDetails = append(p.FailureDetails, tally.PeerFailure{Result: "validation-failure", Reason: reason, Count: n, Last: p.Last, Example: "SSL_accept error"})
		}
	}
	s.Users = []tally.UserRow{{
		User: "printer@example.com", Messages: 7, Last: at(21, 1, 0), Combinations: []tally.PeerCount{{
			CountKey: tally.CountKey{Instance: "postfix", Service: "submission", Class: "public", TLS: "established", Protocol: "TLSv1", Cipher: "AES128-SHA"},
			Messages: 7, LastMessage: new(at(21, 1, 0)),
		}},
	}}
	s.Messages = append(s.Messages, tally.MessageRow{
		SessionKey: tally.SessionKey{Direction: "inbound", Instance: "postfix", Service: "submission", Class: "public", TLS: "established", Protocol: "TLSv1", Cipher: "AES128-SHA"},
		Count:      7,
	})
	s.TLSRPT = []tally.TLSRPTRow{{TLSRPTKey: tally.TLSRPTKey{Domain: "example.net", Result: "success"}, Count: 3}}
	s.Downgrades = []tally.DowngradeRow{{
		DowngradeKey: tally.DowngradeKey{Host: "mx1", Direction: "inbound", Peer: "a.example.net", Address: "192.0.2.1", Kind: tally.KindPlaintext},
		Class:        "public", From: "TLSv1.3", To: "plaintext", Count: 1, TLSMessages: 12, LastTLS: at(20, 5, 0), PlaintextMessages: 3, FirstPlaintext: new(at(20, 6, 0)), Last: at(20, 7, 0),
	}}
	return s
}

func TestHTMLStructure(t *testing.T) {
	oneHour := sample()
	timed(oneHour, tally.StepHour, at(20, 4, 0).Truncate(time.Hour))
	unlogged := tally.New(tally.Options{}).Snapshot(&parser.Counts{})
	unlogged.Messages = []tally.MessageRow{{SessionKey: tally.SessionKey{Direction: "inbound", Service: "smtpd", Class: "public", TLS: "unlogged"}, Count: 3}}
	for name, s := range map[string]*tally.Snapshot{
		"nothing": {}, "nothing, of a tally": tally.New(tally.Options{}).Snapshot(&parser.Counts{}), "inbound": sample(), "outbound": sampleOutbound(),
		"everything": everything(), "one hour": oneHour, "log level 0": unlogged,
	} {
		for _, live := range []*Live{nil, {Version: "1", MetricsPath: "/metrics", Ready: true, Logs: []LiveLog{{Name: "/var/log/mail.log"}}}} {
			t.Run(fmt.Sprint(name, ", live ", live != nil), func(t *testing.T) {
				checkStructure(t, htmlOf(t, s, HTMLOptions{Profile: profile(t, "rfc9325"), Live: live}))
			})
		}
	}
}

// TestHTMLNumbers finds the numbers of the snapshot on the page.
func TestHTMLNumbers(t *testing.T) {
	s := everything()
	p := htmlOf(t, s, HTMLOptions{Profile: profile(t, "rfc9325")})
	senders := 0 // who send in plaintext, see everything
	for _, r := range s.Peers {
		if r.Direction == "inbound" && r.Class == "public" && r.Messages > 0 {
			senders++
		}
	}
	for _, c := range []struct {
		caption string
		row     []string
	}{
		{"From the Internet: messages by TLS version, by hour (UTC)", []string{"2026-11-20 04:00", "1", "1"}},
		{"From the Internet: messages by TLS version, by hour (UTC)", []string{"2026-11-20 05:00", "0", "0"}},
		{"From the Internet: share of TLS versions in percent, by hour (UTC)", []string{"2026-11-20 06:00", "50.0", "50.0"}},
		{"Share of plaintext in percent, by hour (UTC)", []string{"2026-11-20 06:00", "50.0", "2", "4", "0.0", "0", "2"}},
		{"Submission: messages under stricter settings", []string{"TLS 1.2 or later, TLS optional", "public", "0", "0", "7", "0", "7", "0"}},
		{"Submission: users whose mail would fare otherwise", []string{"printer@example.com", "public", "7 refused", "7 refused", "", "7 refused", "7 refused", "2026-11-21 01:00"}},
		{"Inbound SMTP, port 25: messages under stricter settings", []string{"TLS required", "public", "2,994", "0", "6", "0", "6", strconv.Itoa(senders)}},
		{"Peers that fell back, those that have not come back first", []string{
			"a.example.net", "192.0.2.1", "inbound", "public", "TLSv1.3", "plaintext", "12", "2026-11-20 05:00", "3", "2026-11-20 06:00", "2026-11-20 07:00", "not yet", "mx1",
		}},
		{"Inbound SMTP: Failed handshakes", []string{"protocol_version", "smtpd", "validation-failure", "2", "2", "no TLS version in common"}},
		{"Inbound SMTP: Peers on the Internet", []string{"TLSv1.3", "1,992", "99.6", "1,990", "2,993", "99.5"}},
		{"Destination domains that got mail in plaintext", []string{"old.example.org", "public", "20", "5", "2026-11-21 01:00", ""}},
		{"Messages by SASL login, those in plaintext or below TLS 1.2 first", []string{"printer@example.com", "7", "0", "7", "", "2026-11-21 01:00"}},
		{"Inbound SMTP: grades", []string{"plaintext", "public", "5", "6"}},
		{"Inbound SMTP: grades", []string{"good", "public", "1,992", "2,993"}},
		{"Key exchange groups of TLS 1.3", []string{"X25519MLKEM768", "inbound", "yes", "498"}},
	} {
		if rows := p.rows(t, c.caption); !slices.ContainsFunc(rows, func(r []string) bool { return slices.Equal(r, c.row) }) {
			t.Errorf("%s: no row %q in\n%q", c.caption, c.row, rows)
		}
	}
	for _, want := range []string{
		"Of 3,007 messages, 6 (0.2 %) moved in plaintext and 8 (0.3 %) below TLS 1.2. 2 sessions failed in the TLS handshake.",
		"TLS report of mx1, mx2?[31m, mx3", "Post-quantum, inbound: 498 of 1,992 sessions (25.0 %).", "RFC 9325",
		"1 hint says what this log leaves open",
	} {
		if !strings.Contains(textOf(p.root), want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// TestHTMLIsTheSame makes the same bytes of the same snapshot.
func TestHTMLIsTheSame(t *testing.T) {
	first := htmlOf(t, everything(), HTMLOptions{Profile: profile(t, "bsi-tr-02102-2")}).text
	for range 5 {
		if htmlOf(t, everything(), HTMLOptions{Profile: profile(t, "bsi-tr-02102-2")}).text != first {
			t.Fatal("two pages of one snapshot differ")
		}
	}
}

// TestHTMLTop bounds all tables but those beside pictures over time.
func TestHTMLTop(t *testing.T) {
	p := htmlOf(t, everything(), HTMLOptions{Top: 1})
	for _, table := range p.all("table") {
		rows := len(within(within(table, "tbody")[0], "tr"))
		if caption := textOf(within(table, "caption")[0]); rows > 1 && !strings.Contains(caption, "by hour") {
			t.Errorf("%s: %d rows", caption, rows)
		}
	}
	if !strings.Contains(p.text, "... and 1 more; ") {
		t.Error("the page does not say that something is left out")
	}
}

// TestHTMLPolicy lets a browser use what is in the page, and nothing else.
func TestHTMLPolicy(t *testing.T) {
	p := htmlOf(t, everything(), HTMLOptions{})
	style, script := p.all("style")[0].FirstChild.Data, p.all("script")[0].FirstChild.Data
	want := policy(style, script, false)
	var got string
	for _, meta := range p.all("meta") {
		if attribute(meta, "http-equiv") == "Content-Security-Policy" {
			got = attribute(meta, "content")
		}
	}
	if got != want {
		t.Errorf("policy %q, want %q", got, want)
	}
	for _, part := range []string{"default-src 'none'", "form-action 'none'", "base-uri 'none'"} {
		if !strings.Contains(got, part) {
			t.Errorf("policy %q is without %q", got, part)
		}
	}
}

func TestHTMLWriteError(t *testing.T) {
	if err := HTML(full{}, sample(), HTMLOptions{}); !errors.Is(err, errFull) {
		t.Errorf("HTML: %v, want %v", err, errFull)
	}
}
