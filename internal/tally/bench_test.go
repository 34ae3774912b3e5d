package tally

import (
	"fmt"
	"testing"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// traffic is what a busy host counts over and over: known peers, services and ciphers.
func traffic() (sessions []*parser.Session, messages []*parser.Message) {
	for i := range 200 {
		p := client(fmt.Sprintf("peer%d.example.net", i), fmt.Sprintf("192.0.2.%d", i))
		s := plain(p, time.Minute)
		switch i % 4 {
		case 1:
			s = failed(p, time.Minute, parser.ReasonNoSharedCipher)
		case 2, 3:
			s = encrypted(p, time.Minute, []string{"1.2", "1.3"}[i%2])
		}
		s.Messages = 1
		sessions, messages = append(sessions, s), append(messages, message(s))
	}
	return sessions, messages
}

// outboundTraffic is the same on the way out.
func outboundTraffic() (sessions []*parser.Session, deliveries []*parser.Delivery) {
	in, _ := traffic()
	for i, s := range in {
		s = outbound(s)
		d := delivered(s, fmt.Sprintf("domain%d.example.net", i))
		d.Policy = parser.Policy{Level: "may"}
		switch s.State {
		case parser.TLSPlaintext:
			d.Policy.Final = "none"
		case parser.TLSFailed:
			d.Policy.Undecided, d.Status, d.Failure = true, "deferred", s.Failure
		default:
		}
		sessions, deliveries = append(sessions, s), append(deliveries, d)
	}
	return sessions, deliveries
}

// TestSteadyStateAllocatesNothing counts, with places enough for all peers and with too few.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	sessions, messages := traffic()
	out, deliveries := outboundTraffic()
	result := &parser.TLSRPT{Service: services["smtp"], Domain: "example.net", Result: "success"}
	for name, opts := range map[string]Options{
		"places for all": {PeerLimit: 1000, PeerIdle: time.Hour},
		"a few places":   {PeerLimit: 10},
		"no labels":      {Label: NoLabel},
	} {
		tally, i := New(opts), 0
		count := func() {
			tally.Session(sessions[i%len(sessions)])
			tally.Queued(messages[i%len(messages)])
			tally.Session(out[i%len(out)])
			tally.Delivered(deliveries[i%len(deliveries)])
			tally.TLSRPT(result)
			i++
		}
		for range sessions {
			count()
		}
		if n := testing.AllocsPerRun(len(sessions), count); n != 0 {
			t.Errorf("%s: %v allocations a session, message and delivery, want none", name, n)
		}
	}
}

func BenchmarkSession(b *testing.B) {
	sessions, _ := traffic()
	tally := New(Options{PeerLimit: 1000, PeerIdle: time.Hour})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		tally.Session(sessions[i%len(sessions)])
	}
}

func BenchmarkQueued(b *testing.B) {
	_, messages := traffic()
	tally := New(Options{PeerLimit: 1000, PeerIdle: time.Hour})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		tally.Queued(messages[i%len(messages)])
	}
}

func BenchmarkDelivered(b *testing.B) {
	_, deliveries := outboundTraffic()
	tally := New(Options{PeerLimit: 1000, PeerIdle: time.Hour})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		tally.Delivered(deliveries[i%len(deliveries)])
	}
}

func BenchmarkSnapshot(b *testing.B) {
	sessions, messages := traffic()
	tally := New(Options{PeerLimit: 1000})
	for i := range sessions {
		tally.Session(sessions[i])
		tally.Queued(messages[i])
	}
	b.ReportAllocs()
	for b.Loop() {
		tally.Snapshot(&parser.Counts{})
	}
}

// manyPeers counts peers of both directions, of two combinations each.
func manyPeers(n int) *Tally {
	tally := New(Options{PeerLimit: n, PeerIdle: time.Hour})
	for i := range n {
		p := client(fmt.Sprintf("peer%d.example.net", i), "192.0.2.1")
		for _, s := range []*parser.Session{plain(p, time.Minute), encrypted(p, time.Minute, "1.3")} {
			tally.Session(s)
			tally.Session(outbound(s))
		}
	}
	return tally
}

// BenchmarkState saves 20,000 peers, ten times what a server has places for by default.
func BenchmarkState(b *testing.B) {
	tally := manyPeers(10_000)
	b.ReportAllocs()
	for b.Loop() {
		tally.State()
	}
}

func BenchmarkRestore(b *testing.B) {
	tally := manyPeers(10_000)
	s := tally.State()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Restore(s, tally.opts); err != nil {
			b.Fatal(err)
		}
	}
}

// TestStateAllocatesLittle, since counting waits for it: not by the peer.
func TestStateAllocatesLittle(t *testing.T) {
	tally := manyPeers(1000)
	if n := testing.AllocsPerRun(10, func() { tally.State() }); n > 100 {
		t.Errorf("%v allocations for 2000 peers, want 100 at most", n)
	}
}
