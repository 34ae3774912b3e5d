package report

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

var update = flag.Bool("update", false, "rewrite the golden page in testdata")

func at(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 7, 0, time.UTC)
}

// sample has something for each table of the page, so chosen that the shares can be reckoned without paper.
func sample() *tally.Snapshot {
	key := func(service, class, tls, protocol, cipher string) tally.SessionKey {
		return tally.SessionKey{
			Direction: "inbound", Instance: "postfix", Service: service, Class: class, TLS: tls, Protocol: protocol, Cipher: cipher,
		}
	}
	tls13 := key("smtpd", "public", "established", "TLSv1.3", "TLS_AES_256_GCM_SHA384")
	tls10 := key("smtpd", "public", "established", "TLSv1", "AES128-SHA")
	inside := key("submission", "private", "established", "TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384")
	plaintext := key("smtpd", "public", "plaintext", "", "")
	filter := key("10025", "loopback", "plaintext", "", "")
	failure := func(reason string, n uint64) tally.FailureRow {
		return tally.FailureRow{
			FailureKey: tally.FailureKey{Direction: "inbound", Service: "smtpd", Class: "public", Result: "validation-failure", Reason: reason}, Count: n,
		}
	}
	return &tally.Snapshot{
		Schema: 1, Period: tally.Period{First: new(at(20, 4, 0)), Last: new(at(21, 5, 6))}, Hosts: []string{"mx1", "mx2\x1b[31m", "mx3"},
		Lines: tally.Lines{Total: 1_234_567, Postfix: 1_234_225, Used: 1_200_000, Ignored: 34_222, Unrecognized: 3, Foreign: 342},
		Sessions: []tally.SessionRow{
			{SessionKey: plaintext, Count: 5, WithMail: 4},
			{SessionKey: key("smtpd", "public", "failed", "", ""), Count: 2},
			{SessionKey: tls10, Count: 1, WithMail: 1},
			{SessionKey: tls13, Count: 1992, WithMail: 1990},
			{SessionKey: inside, Count: 10, WithMail: 10},
			{SessionKey: filter, Count: 3, WithMail: 3},
			{SessionKey: key("smtps", "public", "unlogged", "", ""), Count: 0},
			{SessionKey: key("smtpd", "unknown", "unknown", "", ""), Count: 1},
		},
		Messages: []tally.MessageRow{
			{SessionKey: plaintext, Count: 6},
			{SessionKey: tls10, Count: 1},
			{SessionKey: tls13, Count: 2993},
			{SessionKey: inside, Count: 10},
			{SessionKey: filter, Count: 3},
		},
		Peers: samplePeers(), Failures: []tally.FailureRow{failure("no_shared_cipher", 1), failure("timeout", 1), failure("protocol_version", 2)},
		Hints: []tally.Hint{{Code: "x", Text: "set this \u202eand that"}},
		Unrecognized: []tally.UnrecognizedRow{
			{Program: "smtpd", Shape: "connect from N", Count: 2}, {Program: "smtpd", Shape: "TLS \x9b N", Count: 1},
		},
		Downgrades: sampleDowngrades(),
		KeyExchanges: []tally.KeyExchangeRow{
			{KeyExchangeKey: tally.KeyExchangeKey{Direction: "inbound", Group: "X25519MLKEM768"}, Count: 498},
			{KeyExchangeKey: tally.KeyExchangeKey{Direction: "inbound", Group: "x25519"}, Count: 1494},
		},
	}
}

// sampleDowngrades are of one peer that was steady, one that was not, one in a private network, and one that has recovered.
func sampleDowngrades() []tally.DowngradeRow {
	key := func(peer, kind string) tally.DowngradeKey {
		return tally.DowngradeKey{Host: "mx1", Direction: "inbound", Peer: peer, Address: "192.0.2.1", Kind: kind}
	}
	return []tally.DowngradeRow{
		{
			DowngradeKey: key("gone\u202e.example.org", tally.KindPlaintext), Class: "public", From: "TLSv1.3", To: "plaintext", Count: 0, TLSMessages: 1_000,
			LastTLS: at(20, 4, 0), PlaintextMessages: 5, FirstPlaintext: new(at(20, 5, 0)), Last: at(20, 6, 0),
		},
		{
			DowngradeKey: key("inside.example.com", tally.KindVersion), Class: "private", From: "TLSv1.3", To: "TLSv1.2", Count: 1, TLSMessages: 9,
			LastTLS: at(20, 4, 1), LowerMessages: 2, FirstLower: new(at(20, 5, 1)), Last: at(20, 6, 1),
		},
		{
			DowngradeKey: key("recovered.example.org", tally.KindPlaintext), Class: "public", From: "TLSv1.3", To: "plaintext", Count: 1, TLSMessages: 7,
			LastTLS: at(20, 4, 2), PlaintextMessages: 1, FirstPlaintext: new(at(20, 5, 2)), Last: at(20, 6, 2), Recovered: new(at(20, 7, 2)),
		},
		{
			DowngradeKey: key("steady.example.org", tally.KindPlaintext), Class: "public", From: "TLSv1.2", To: "plaintext", Count: 1, TLSMessages: 4,
			LastTLS: at(20, 4, 3), PlaintextMessages: 3, FirstPlaintext: new(at(20, 5, 3)), Last: at(20, 6, 3),
		},
	}
}

func samplePeers() []tally.PeerRow {
	return []tally.PeerRow{
		{
			Direction: "inbound", Peer: "filter.example.com", Class: "loopback", Sessions: 3, Messages: 3, TLS: tally.Counts{{Label: "plaintext", N: 3}},
			MessagesTLS: tally.Counts{{Label: "plaintext", N: 3}}, Last: at(21, 5, 0), LastPlain: new(at(21, 5, 0)),
		},
		{
			Direction: "inbound", Peer: "new.example.net", Class: "public", Sessions: 1994, Messages: 2993, TLS: tally.Counts{{Label: "established", N: 1992}, {Label: "failed", N: 2}},
			Protocols: tally.Counts{{Label: "TLSv1.3", N: 1992}}, MessagesTLS: tally.Counts{{Label: "established", N: 2993}},
			Failures: tally.Counts{{Label: "no_shared_cipher", N: 1}, {Label: "protocol_version", N: 2}, {Label: "timeout", N: 1}}, Last: at(21, 5, 6), LastTLS: new(at(21, 5, 6)),
			FailureDetails: []tally.PeerFailure{
				{Result: "validation-failure", Reason: "protocol_version", Count: 2, Last: at(21, 5, 5), Example: "unsupported\x1b[2J protocol"},
			},
		},
		{
			Direction: "inbound", Peer: "old\u2066.example.org", Class: "public", Sessions: 6, Messages: 7, TLS: tally.Counts{{Label: "established", N: 1}, {Label: "plaintext", N: 5}},
			Protocols: tally.Counts{{Label: "TLSv1", N: 1}}, MessagesTLS: tally.Counts{{Label: "established", N: 1}, {Label: "plaintext", N: 6}},
			Last: at(20, 23, 59), LastPlain: new(at(20, 22, 0)), LastTLS: new(at(20, 23, 59)),
			FailureDetails: []tally.PeerFailure{
				{Result: "validation-failure", Reason: "protocol_version", Last: at(21, 5, 4), Example: "an older example"},
			},
			Combinations: []tally.PeerCount{
				{
					CountKey: tally.CountKey{Instance: "postfix", Service: "smtpd", Class: "public", TLS: "established", Protocol: "TLSv1", Cipher: "AES128-SHA"},
					Sessions: 1, Messages: 1, LastMessage: new(at(20, 23, 59)),
				},
				{
					CountKey: tally.CountKey{Instance: "postfix", Service: "smtpd", Class: "public", TLS: "plaintext"},
					Sessions: 5, Messages: 6, LastMessage: new(at(20, 22, 0)),
				},
			},
		},
	}
}

// TestText compares the page with testdata/page.txt. Its numbers follow from the samples: of 2,000 sessions from the Internet, 5 are 0.25 %,
// which is rounded up; of 3,000 messages, 6 are 0.2 % and 1 is less than a tenth of a percent. To the Internet are 500 sessions and 1,000
// recipients. A quarter of the inbound key exchanges and a fifth of the outbound ones are post-quantum.
func TestText(t *testing.T) {
	const golden = "testdata/page.txt"
	var out bytes.Buffer
	if err := Text(&out, bothWays(), TextOptions{Top: 2, Profile: rfc9325(t)}); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTextWithoutBound shows what a bound would leave out.
func TestTextWithoutBound(t *testing.T) {
	var out bytes.Buffer
	if err := Text(&out, sample(), TextOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"AES128-SHA", "mx1, mx2?[31m, mx3 from", "the client fell silent during the handshake"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), " more\n") {
		t.Errorf("something is left out:\n%s", out.String())
	}
}

// TestTextOfNothing is short.
func TestTextOfNothing(t *testing.T) {
	var out bytes.Buffer
	if err := Text(&out, &tally.Snapshot{}, TextOptions{Top: 10}); err != nil {
		t.Fatal(err)
	}
	const want = "Inbound SMTP: 0 sessions, 0 messages\n" +
		"====================================\n\n" +
		"0 lines read: 0 used, 0 not needed, 0 not recognized, 0 not from Postfix.\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// full is a writer on a full disk.
type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteError(t *testing.T) {
	if err := Text(full{}, sample(), TextOptions{}); !errors.Is(err, errFull) {
		t.Errorf("Text: %v, want %v", err, errFull)
	}
	if err := JSON(full{}, sample(), JSONOptions{}); !errors.Is(err, errFull) {
		t.Errorf("JSON: %v, want %v", err, errFull)
	}
}
