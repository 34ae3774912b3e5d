package tally

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

func TestLabels(t *testing.T) {
	tests := []struct {
		name, address         string
		host, domain, wantAdr string
	}{
		{"client.example.net", "192.0.2.10", "client.example.net", "example.net", "192.0.2.10"},
		{"MX-1.Example.ORG", "192.0.2.10", "mx-1.example.org", "example.org", "192.0.2.10"},
		{"unknown", "2001:db8::1", "2001:db8::1", "2001:db8::1", "2001:db8::1"},
		{"unknown", "192.0.2.10", "192.0.2.10", "192.0.2.10", "192.0.2.10"},
		{"unknown", "", "unknown", "unknown", "unknown"},
		{"mail.shop.example.co.uk", "192.0.2.10", "mail.shop.example.co.uk", "example.co.uk", "192.0.2.10"},
		{"a.b.c.d.example.com.", "192.0.2.10", "a.b.c.d.example.com.", "example.com", "192.0.2.10"},
		{"co.uk", "192.0.2.10", "co.uk", "co.uk", "192.0.2.10"}, // a public suffix has no registrable domain
		{"localhost", "127.0.0.1", "localhost", "localhost", "127.0.0.1"},
		{"UNKNOWN.example.net", "192.0.2.10", "unknown.example.net", "example.net", "192.0.2.10"},
		{"", "192.0.2.10", "192.0.2.10", "192.0.2.10", "192.0.2.10"}, // postscreen asks for no name
	}
	for _, test := range tests {
		p := parser.Peer{Name: test.name, Address: test.address}
		if got := HostLabel(p); got != test.host {
			t.Errorf("HostLabel(%s[%s]) = %q, want %q", test.name, test.address, got, test.host)
		}
		if got := DomainLabel(p); got != test.domain {
			t.Errorf("DomainLabel(%s[%s]) = %q, want %q", test.name, test.address, got, test.domain)
		}
		if got := AddressLabel(p); got != test.wantAdr {
			t.Errorf("AddressLabel(%s[%s]) = %q, want %q", test.name, test.address, got, test.wantAdr)
		}
		if got := NoLabel(p); got != "" {
			t.Errorf("NoLabel(%s[%s]) = %q, want nothing", test.name, test.address, got)
		}
	}
}

// TestSocketLabel names a UNIX-domain socket by its path; the name before it is the host's own.
func TestSocketLabel(t *testing.T) {
	p := parser.Peer{Name: "mail.example.com", Path: "/run/LMTP.example.net", Class: parser.ClassUnix}
	for name, label := range map[string]func(parser.Peer) string{"HostLabel": HostLabel, "DomainLabel": DomainLabel, "AddressLabel": AddressLabel} {
		if got := label(p); got != p.Path {
			t.Errorf("%s: %q, want %q", name, got, p.Path)
		}
	}
}

// TestLabelIsText mends what is not UTF-8, which a label of a metric must be: each run of such bytes becomes one U+FFFD.
func TestLabelIsText(t *testing.T) {
	tally := New(Options{PeerLimit: 10})
	tally.Session(outbound(plain(&parser.Peer{Name: "mail.example.com", Path: "private/\xff\xfe.", Class: parser.ClassUnix}, time.Minute)))
	if diff := cmp.Diff(map[string]uint64{"private/\uFFFD.": 1}, peerSessions(snapshot(tally))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSameLabel counts peers of one label as one: a host with two addresses, and the same host in other letters.
func TestSameLabel(t *testing.T) {
	tally := New(Options{PeerLimit: 10})
	tally.Session(plain(client("mail.example.net", "192.0.2.1"), time.Minute))
	tally.Session(plain(client("mail.example.net", "2001:db8::1"), time.Minute))
	tally.Session(plain(client("Mail.Example.NET", "192.0.2.1"), time.Minute))
	if diff := cmp.Diff(map[string]uint64{"mail.example.net": 3}, peerSessions(snapshot(tally))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPeerLimit gives a place to the first ones, for ever, and counts the rest together.
func TestPeerLimit(t *testing.T) {
	tally := New(Options{PeerLimit: 2})
	for i, name := range []string{"a", "b", "c", "a", "d", "c", "b", "a"} {
		s := plain(client(name+".example.net", "192.0.2.1"), time.Duration(i)*1000*time.Hour) // silence does not matter
		tally.Session(s)
		tally.Queued(message(s))
	}
	s := snapshot(tally)
	want := map[string]uint64{"a.example.net": 3, "b.example.net": 2, Other: 3}
	if diff := cmp.Diff(want, peerSessions(s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, r := range s.Peers {
		if r.Messages != r.Sessions || r.MessagesTLS.Of("plaintext") != r.Messages {
			t.Errorf("%s: %d messages %v, want %d", r.Peer, r.Messages, r.MessagesTLS, r.Sessions)
		}
	}
	if sessions, messages := totals(s); sessions != 8 || messages != 8 {
		t.Errorf("%d sessions and %d messages in all, want 8 of each", sessions, messages)
	}
	if tally.Peers() != 2 || s.Evicted.Peers != 0 {
		t.Errorf("%d peers tracked, %d evicted; want 2, 0", tally.Peers(), s.Evicted.Peers)
	}
}

// TestPeerCalledOther shares the place of those without one: a report has one row of that name.
func TestPeerCalledOther(t *testing.T) {
	tally := New(Options{PeerLimit: 1})
	for _, name := range []string{"other", "a.example.net", "b.example.net"} {
		s := outbound(plain(client(name, "192.0.2.1"), time.Minute))
		tally.Session(s)
		tally.Delivered(delivered(s, name))
	}
	s := snapshot(tally)
	if len(s.Peers) != 2 || peerSessions(s)[Other] != 2 || len(s.Domains) != 2 {
		t.Errorf("peers %+v, domains %+v; want two of each, one of them other", s.Peers, s.Domains)
	}
}

// TestNoPeers tells a limit of none, which counts all under Other, from a label of nothing, which keeps no peers.
func TestNoPeers(t *testing.T) {
	for name, test := range map[string]struct {
		opts Options
		want map[string]uint64
	}{
		"limit 0": {Options{}, map[string]uint64{Other: 2}},
		"NoLabel": {Options{PeerLimit: 10, Label: NoLabel}, map[string]uint64{}},
	} {
		tally := New(test.opts)
		tally.Session(plain(client("a.example.net", "192.0.2.1"), time.Minute))
		second := failed(client("b.example.net", "192.0.2.2"), time.Minute, parser.ReasonTimeout)
		tally.Session(second)
		tally.Queued(message(second))
		s := snapshot(tally)
		if diff := cmp.Diff(test.want, peerSessions(s)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if sessions, messages := totals(s); sessions != 2 || messages != 1 || len(s.Failures) != 1 {
			t.Errorf("%s: totals are %d sessions, %d messages, failures %v", name, sessions, messages, s.Failures)
		}
	}
}

// TestIdlePeer gives the place of a peer to a newcomer once it has been silent for an hour, and not before.
func TestIdlePeer(t *testing.T) {
	tally := New(Options{PeerLimit: 2, PeerIdle: time.Hour})
	session := func(name string, minutes int) {
		tally.Session(plain(client(name, "192.0.2.1"), time.Duration(minutes)*time.Minute))
	}
	expect := func(when string, want map[string]uint64, evicted uint64) {
		t.Helper()
		s := snapshot(tally)
		if diff := cmp.Diff(want, peerSessions(s)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
		if s.Evicted.Peers != evicted || tally.Peers() != 2 {
			t.Errorf("%s: %d evicted, %d tracked; want %d, 2", when, s.Evicted.Peers, tally.Peers(), evicted)
		}
	}
	session("a", 0)
	session("b", 10)
	session("a", 20)
	session("c", 69)
	expect("b was silent for 59 minutes", map[string]uint64{"a": 2, "b": 1, Other: 1}, 0)
	session("c", 70)
	expect("b was silent for an hour", map[string]uint64{"a": 2, "c": 1, Other: 1}, 1)
	session("b", 71)
	expect("a was silent for 51 minutes only", map[string]uint64{"a": 2, "c": 1, Other: 2}, 1)
	session("c", 79)
	session("b", 80)
	expect("a was silent for an hour", map[string]uint64{"b": 1, "c": 2, Other: 2}, 2)
	if sessions, _ := totals(snapshot(tally)); sessions != 8 {
		t.Errorf("%d sessions in all, want 8", sessions)
	}
}

// TestIdlePeerReturns begins at nothing: what it counted before is in the totals, not here.
func TestIdlePeerReturns(t *testing.T) {
	tally := New(Options{PeerLimit: 1, PeerIdle: time.Hour})
	a := client("a", "192.0.2.1")
	for range 5 {
		tally.Session(plain(a, 0))
	}
	tally.Session(plain(client("b", "192.0.2.2"), 2*time.Hour))
	tally.Session(plain(a, 4*time.Hour)) // the same *parser.Peer: its former place is not remembered
	if diff := cmp.Diff(map[string]uint64{"a": 1}, peerSessions(snapshot(tally))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTotalsNeverLose counts sessions and messages of many peers at random, in places that are few.
func TestTotalsNeverLose(t *testing.T) {
	const n = 20_000
	random := rand.New(rand.NewPCG(1, 2))
	var known []*parser.Peer
	for i := range 300 {
		known = append(known, client(fmt.Sprintf("peer%d.example.net", i), fmt.Sprintf("192.0.2.%d", i%256)))
	}
	keepAll, keepFew, replace := New(Options{PeerLimit: n}), New(Options{PeerLimit: 7}), New(Options{PeerLimit: 7, PeerIdle: time.Minute})
	for i := range n {
		p := known[random.IntN(len(known))]
		s := plain(p, time.Duration(i)*time.Second)
		switch random.IntN(3) {
		case 0:
			s = encrypted(p, time.Duration(i)*time.Second, []string{"1.3", "1.2", "1.0"}[random.IntN(3)])
		case 1:
			s = failed(p, time.Duration(i)*time.Second, parser.ReasonOther)
		}
		for _, tally := range []*Tally{keepAll, keepFew, replace} {
			tally.Session(s)
			tally.Queued(message(s))
		}
	}
	all := snapshot(keepAll)
	for name, tally := range map[string]*Tally{"few places": keepFew, "idle peers replaced": replace} {
		s := snapshot(tally)
		if diff := cmp.Diff(all.Sessions, s.Sessions); diff != "" {
			t.Errorf("%s: sessions (-all places +few):\n%s", name, diff)
		}
		if diff := cmp.Diff(all.Messages, s.Messages); diff != "" {
			t.Errorf("%s: messages (-all places +few):\n%s", name, diff)
		}
		if diff := cmp.Diff(all.Failures, s.Failures); diff != "" {
			t.Errorf("%s: failures (-all places +few):\n%s", name, diff)
		}
		if tally.Peers() != 7 {
			t.Errorf("%s: %d peers, want 7", name, tally.Peers())
		}
	}
	if sum := sumOf(peerSessions(snapshot(keepFew))); sum != n {
		t.Errorf("peers and other have %d sessions, want %d", sum, n)
	}
	if sum := sumOf(peerSessions(snapshot(replace))); sum > n {
		t.Errorf("with idle peers replaced, peers and other have %d sessions of %d", sum, n)
	}
	if snapshot(replace).Evicted.Peers == 0 {
		t.Error("no idle peer was replaced")
	}
}

func sumOf(m map[string]uint64) (sum uint64) {
	for _, n := range m {
		sum += n
	}
	return sum
}

// TestPeerTimes keeps the first and last time of all, and the last of each way to send mail. Sessions of several processes end out of order,
// and say nothing of how mail was sent.
func TestPeerTimes(t *testing.T) {
	tally := New(Options{PeerLimit: 1})
	p := client("a.example.net", "192.0.2.1")
	unlogged := plain(p, 6*time.Minute)
	unlogged.State = parser.TLSUnlogged
	unknown := plain(p, 9*time.Minute)
	unknown.State = parser.TLSUnknown
	for _, s := range []*parser.Session{
		plain(p, 7*time.Minute), plain(p, 3*time.Minute), encrypted(p, 8*time.Minute, "1.3"), unlogged, encrypted(p, 2*time.Minute, "1.3"),
		failed(p, 8*time.Minute, parser.ReasonOther), unknown,
	} {
		tally.Session(s)
	}
	for _, m := range []struct {
		state parser.TLSState
		at    time.Duration
	}{
		{parser.TLSPlaintext, 5 * time.Minute},
		{parser.TLSPlaintext, 3 * time.Minute},
		{parser.TLSEstablished, 4 * time.Minute},
		{parser.TLSUnlogged, 6 * time.Minute},
		{parser.TLSEstablished, 2 * time.Minute},
		{parser.TLSUnknown, 7 * time.Minute},
	} {
		tally.Queued(&parser.Message{Received: start.Add(m.at), Source: parser.Source{Service: unknown.Service, Peer: p, State: m.state}})
	}
	r := snapshot(tally).Peers[0]
	got := []time.Duration{r.First.Sub(start), r.Last.Sub(start), r.LastTLS.Sub(start), r.LastPlain.Sub(start)}
	if diff := cmp.Diff([]time.Duration{2 * time.Minute, 9 * time.Minute, 6 * time.Minute, 5 * time.Minute}, got); diff != "" {
		t.Errorf("first, last, last under TLS, last in plaintext (-want +got):\n%s", diff)
	}
}
