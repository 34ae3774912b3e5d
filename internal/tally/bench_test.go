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
