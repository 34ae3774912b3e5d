package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// fates are what becomes of a message under each of Settings: fine, plaintext, refused, unknown. A capital letter is for what is otherwise than today.
// The settings are, in this order: may from TLS 1.2, may from TLS 1.3, encrypt, encrypt from TLS 1.2, encrypt from TLS 1.3.
type fates string

func fatesOf(t *testing.T, rows []WhatIfRow) (out fates) {
	t.Helper()
	for i, r := range rows {
		if r.Setting != Settings()[i] {
			t.Fatalf("row %d is about %+v", i, r.Setting)
		}
		n := r.Messages
		if n.Fine+n.Plaintext+n.Refused+n.Unknown != 1 {
			t.Fatalf("one message became %+v", n)
		}
		letter := "fpru"[n.Plaintext+2*n.Refused+3*n.Unknown:][:1]
		if n.Changed == 1 {
			letter = strings.ToUpper(letter)
		}
		out += fates(letter)
	}
	return out
}

// TestFates has each rule.
func TestFates(t *testing.T) {
	for _, c := range []struct {
		direction, service, tls, protocol string
		want                              fates
	}{
		{"inbound", "smtpd", "established", "TLSv1.3", "fffff"},
		{"inbound", "smtpd", "established", "TLSv1.2", "fPffR"},
		{"inbound", "smtpd", "established", "TLSv1.1", "PPfRR"},
		{"inbound", "smtpd", "established", "TLSv1", "PPfRR"},
		{"inbound", "smtpd", "established", "SSLv3", "PPfRR"},
		{"inbound", "smtpd", "established", "SSLv2", "PPfRR"},
		{"inbound", "smtpd", "established", "TLSv1.4", "uufuu"},
		{"inbound", "other", "established", "other", "uufuu"},
		{"inbound", "smtpd", "plaintext", "", "ppRRR"},
		{"inbound", "smtpd", "unlogged", "", "uufuu"},
		{"inbound", "smtpd", "unknown", "", "uuuuu"},
		{"inbound", "smtpd", "failed", "", "uuuuu"},
		{"outbound", "smtp", "established", "TLSv1.2", "fPffR"},
		{"outbound", "smtp", "plaintext", "", "ppRRR"},

		{"inbound", "submission", "established", "TLSv1.3", "fffff"},
		{"inbound", "submission", "established", "TLSv1.2", "fRffR"},
		{"inbound", "submissions", "established", "TLSv1", "RRfRR"},
		{"inbound", "smtps", "established", "TLSv1", "RRfRR"},
		{"inbound", "ssmtp", "established", "TLSv1", "RRfRR"},
		{"inbound", "465", "established", "TLSv1", "RRfRR"},
		{"inbound", "587", "established", "TLSv1", "RRfRR"},
		{"inbound", "submission", "plaintext", "", "ppRRR"},
		{"inbound", "submission", "unlogged", "", "uufuu"},
		{"inbound", "10025", "established", "TLSv1", "PPfRR"},
		{"outbound", "submission", "established", "TLSv1", "PPfRR"}, // a relay that is reached there is not a user
	} {
		key := tally.SessionKey{Direction: c.direction, Service: c.service, Class: "public", TLS: c.tls, Protocol: c.protocol}
		rows := WhatIf(&tally.Snapshot{Messages: []tally.MessageRow{{SessionKey: key, Count: 1}}})
		if got := fatesOf(t, rows); got != c.want {
			t.Errorf("%s of %s, %s %s: %s, want %s", c.direction, c.service, c.tls, c.protocol, got, c.want)
		}
	}
}

// combination is a peer's part of the messages, at a minute of the day.
func combination(service, class, state, protocol string, messages uint64, minute int) tally.PeerCount {
	c := tally.PeerCount{
		CountKey: tally.CountKey{Instance: "postfix", Service: service, Class: class, TLS: state, Protocol: protocol}, Sessions: 1, Messages: messages,
		Last: at(21, 6, 0), // a session without mail
	}
	if messages > 0 {
		c.LastMessage = new(at(21, 4, minute))
	}
	return c
}

// totals adds up the messages of peers.
func totals(peers []tally.PeerRow) (out []tally.MessageRow) {
	for _, p := range peers {
		for _, c := range p.Combinations {
			out = append(out, tally.MessageRow{SessionKey: tally.SessionKey{
				Direction: p.Direction, Instance: c.Instance, Service: c.Service, Class: c.Class, TLS: c.TLS, Protocol: c.Protocol,
			}, Count: c.Messages})
		}
	}
	return out
}

func whatIfPeers() []tally.PeerRow {
	return []tally.PeerRow{
		{Direction: "inbound", Peer: "a.example.net", Combinations: []tally.PeerCount{
			combination("smtpd", "public", "established", "TLSv1", 2, 1),
			combination("smtpd", "public", "established", "TLSv1.1", 3, 2),
			combination("smtpd", "public", "established", "TLSv1.2", 4, 3),
			combination("smtpd", "public", "plaintext", "", 5, 4),
			combination("smtpd", "public", "failed", "", 0, 0),
			combination("submission", "public", "established", "TLSv1.2", 6, 5),
		}},
		{Direction: "inbound", Peer: "b.example.net", Combinations: []tally.PeerCount{combination("smtpd", "public", "established", "TLSv1", 5, 6)}},
		{Direction: "inbound", Peer: "c.example.net", Combinations: []tally.PeerCount{
			combination("smtpd", "loopback", "plaintext", "", 1, 7), combination("smtpd", "public", "established", "TLSv1.1", 10, 8),
		}},
		{Direction: "inbound", Peer: "other", Combinations: []tally.PeerCount{combination("smtpd", "public", "plaintext", "", 7, 9)}},
		{Direction: "outbound", Peer: "a.example.net", Combinations: []tally.PeerCount{combination("smtp", "public", "plaintext", "", 1, 10)}},
	}
}

// A whatIfRecord is a WhatIfRow without its Setting.
type whatIfRecord struct {
	Direction, Class string
	Submission       bool
	Messages         WhatIfCounts
	Peers            []WhatIfPeer
	Users            []WhatIfUser
}

// wantWhatIf is what becomes of the messages of whatIfPeers.
func wantWhatIf() map[Setting][]whatIfRecord {
	peer := func(name string, messages uint64, outcome string, minute int) WhatIfPeer {
		return WhatIfPeer{name, messages, outcome, at(21, 4, minute)}
	}
	none, nobody := []WhatIfPeer{}, []WhatIfUser{}
	user := []WhatIfUser{{"u@example.com", 6, "refused", at(21, 4, 5)}}
	return map[Setting][]whatIfRecord{
		{"may", "TLSv1.2"}: {
			{"inbound", "loopback", false, WhatIfCounts{Plaintext: 1}, none, nobody},
			{"inbound", "public", false, WhatIfCounts{Fine: 4, Plaintext: 32, Changed: 20}, []WhatIfPeer{
				peer("c.example.net", 10, "plaintext", 8), peer("a.example.net", 5, "plaintext", 2), peer("b.example.net", 5, "plaintext", 6),
			}, nobody},
			{"inbound", "public", true, WhatIfCounts{Fine: 6}, none, nobody},
			{"outbound", "public", false, WhatIfCounts{Plaintext: 1}, none, nobody},
		},
		{"may", "TLSv1.3"}: {
			{"inbound", "loopback", false, WhatIfCounts{Plaintext: 1}, none, nobody},
			{"inbound", "public", false, WhatIfCounts{Plaintext: 36, Changed: 24}, []WhatIfPeer{
				peer("c.example.net", 10, "plaintext", 8), peer("a.example.net", 9, "plaintext", 3), peer("b.example.net", 5, "plaintext", 6),
			}, nobody},
			{"inbound", "public", true, WhatIfCounts{Refused: 6, Changed: 6}, []WhatIfPeer{peer("a.example.net", 6, "refused", 5)}, user},
			{"outbound", "public", false, WhatIfCounts{Plaintext: 1}, none, nobody},
		},
		{"encrypt", ""}: {
			{"inbound", "loopback", false, WhatIfCounts{Refused: 1, Changed: 1}, []WhatIfPeer{peer("c.example.net", 1, "refused", 7)}, nobody},
			{"inbound", "public", false, WhatIfCounts{Fine: 24, Refused: 12, Changed: 12}, []WhatIfPeer{
				peer("other", 7, "refused", 9), peer("a.example.net", 5, "refused", 4),
			}, nobody},
			{"inbound", "public", true, WhatIfCounts{Fine: 6}, none, nobody},
			{"outbound", "public", false, WhatIfCounts{Refused: 1, Changed: 1}, []WhatIfPeer{peer("a.example.net", 1, "refused", 10)}, nobody},
		},
		{"encrypt", "TLSv1.2"}: {
			{"inbound", "loopback", false, WhatIfCounts{Refused: 1, Changed: 1}, []WhatIfPeer{peer("c.example.net", 1, "refused", 7)}, nobody},
			{"inbound", "public", false, WhatIfCounts{Fine: 4, Refused: 32, Changed: 32}, []WhatIfPeer{
				peer("a.example.net", 10, "refused", 4), peer("c.example.net", 10, "refused", 8), peer("other", 7, "refused", 9),
				peer("b.example.net", 5, "refused", 6),
			}, nobody},
			{"inbound", "public", true, WhatIfCounts{Fine: 6}, none, nobody},
			{"outbound", "public", false, WhatIfCounts{Refused: 1, Changed: 1}, []WhatIfPeer{peer("a.example.net", 1, "refused", 10)}, nobody},
		},
		{"encrypt", "TLSv1.3"}: {
			{"inbound", "loopback", false, WhatIfCounts{Refused: 1, Changed: 1}, []WhatIfPeer{peer("c.example.net", 1, "refused", 7)}, nobody},
			{"inbound", "public", false, WhatIfCounts{Refused: 36, Changed: 36}, []WhatIfPeer{
				peer("a.example.net", 14, "refused", 4), peer("c.example.net", 10, "refused", 8), peer("other", 7, "refused", 9),
				peer("b.example.net", 5, "refused", 6),
			}, nobody},
			{"inbound", "public", true, WhatIfCounts{Refused: 6, Changed: 6}, []WhatIfPeer{peer("a.example.net", 6, "refused", 5)}, user},
			{"outbound", "public", false, WhatIfCounts{Refused: 1, Changed: 1}, []WhatIfPeer{peer("a.example.net", 1, "refused", 10)}, nobody},
		},
	}
}

func TestWhatIfPeers(t *testing.T) {
	s := &tally.Snapshot{Peers: whatIfPeers(), Messages: totals(whatIfPeers())}
	s.Messages = append(s.Messages, tally.MessageRow{SessionKey: tally.SessionKey{Direction: "inbound", Service: "smtpd", Class: "private"}}) // no message
	s.Users = []tally.UserRow{
		{User: "u@example.com", Combinations: []tally.PeerCount{
			combination("submission", "public", "established", "TLSv1.2", 6, 5), combination("submission", "public", "established", "TLSv1.3", 60, 59),
		}},
	}
	got := map[Setting][]whatIfRecord{}
	for _, r := range WhatIf(s) {
		got[r.Setting] = append(got[r.Setting], whatIfRecord{r.Direction, r.Class, r.Submission, r.Messages, r.Peers, r.Users})
	}
	if diff := cmp.Diff(wantWhatIf(), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Totals are those of all messages, even if there are no peers, as with --peer-label none, or if a peer was given up.
func TestWhatIfTotals(t *testing.T) {
	s := &tally.Snapshot{Messages: totals(whatIfPeers())}
	var all uint64
	for _, r := range s.Messages {
		all += r.Count
	}
	sums := map[Setting]uint64{}
	for _, r := range WhatIf(s) {
		n := r.Messages
		sums[r.Setting] += n.Fine + n.Plaintext + n.Refused + n.Unknown
		if len(r.Peers)+len(r.Users) != 0 {
			t.Errorf("somebody in %+v", r)
		}
	}
	for _, setting := range Settings() {
		if sums[setting] != all {
			t.Errorf("%+v: %d messages of %d", setting, sums[setting], all)
		}
	}
	if rows := WhatIf(&tally.Snapshot{}); len(rows) != 0 {
		t.Errorf("rows of nothing: %+v", rows)
	}
}

// manyPeers has peers of three combinations each, one of them in plaintext and one under TLS 1.2: each is in four rows.
func manyPeers(n int) *tally.Snapshot {
	s := &tally.Snapshot{}
	for i := range n {
		s.Peers = append(s.Peers, tally.PeerRow{Direction: "inbound", Peer: fmt.Sprintf("host-%06d.example.net", i), Combinations: []tally.PeerCount{
			combination("smtpd", "public", "established", "TLSv1.2", uint64(1+i%97), i%60),
			combination("smtpd", "public", "established", "TLSv1.3", 1, i%60),
			combination("smtpd", "public", "plaintext", "", uint64(1+i%89), i%60),
		}})
	}
	s.Messages = totals(s.Peers[:min(n, 100)])
	return s
}

// BenchmarkWhatIf is the worst case: each peer is in the rows of four settings.
func BenchmarkWhatIf(b *testing.B) {
	s := manyPeers(100_000)
	b.ReportAllocs()
	for b.Loop() {
		if rows := WhatIf(s); len(rows) != len(Settings()) {
			b.Fatalf("%d rows", len(rows))
		}
	}
}
