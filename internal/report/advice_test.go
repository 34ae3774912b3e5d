package report

import (
	"strings"
	"testing"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// TestAdviceForAllReasons: whatever a handshake fails of, there is something to do.
func TestAdviceForAllReasons(t *testing.T) {
	s := &tally.Snapshot{}
	want := map[string]bool{}
	add := func(direction, reason string) {
		if key := direction + " " + reason; !want[key] {
			want[key] = true
			s.Failures = append(s.Failures, tally.FailureRow{FailureKey: tally.FailureKey{Direction: direction, Reason: reason}, Count: 1})
		}
	}
	for _, reason := range append(parser.FailureReasons(), parser.ReasonClientCertificate) {
		add("inbound", reason)
	}
	parser.OutboundFailures(func(_, reason string) { add("outbound", reason) })
	got := Advice(s)
	for _, a := range got {
		if strings.Count(a.Advice, "`")%2 != 0 {
			t.Errorf("%s %s: a command without an end", a.Direction, a.Reason)
		}
		if a.Meaning == "" && a.Reason != "other" || a.Advice == "" || a.Count != 1 {
			t.Errorf("%+v", a)
		}
		delete(want, a.Direction+" "+a.Reason)
	}
	for key := range want {
		t.Errorf("no advice for %s", key)
	}
	if n := len(inboundAdvice) + len(outboundAdvice); n != len(got) {
		t.Errorf("advice for %d reasons, and there are %d", n, len(got))
	}
}

// TestAdviceOrder has what occurs most first, the services of one direction together.
func TestAdviceOrder(t *testing.T) {
	row := func(direction, service, reason string, n uint64) tally.FailureRow {
		return tally.FailureRow{FailureKey: tally.FailureKey{Direction: direction, Service: service, Reason: reason}, Count: n}
	}
	got := Advice(&tally.Snapshot{Failures: []tally.FailureRow{
		row("outbound", "smtp", "timeout", 9), row("inbound", "smtpd", "timeout", 2), row("inbound", "smtpd", "other", 3), row("inbound", "smtps", "timeout", 2),
		row("inbound", "smtps", "<b>", 9),
	}})
	want := []struct {
		direction, reason string
		n                 uint64
	}{{"inbound", "timeout", 4}, {"inbound", "other", 3}, {"outbound", "timeout", 9}}
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i, w := range want {
		if g := got[i]; g.Direction != w.direction || g.Reason != w.reason || g.Count != w.n {
			t.Errorf("row %d: %s %s %d, want %+v", i, g.Direction, g.Reason, g.Count, w)
		}
	}
}

func TestPieces(t *testing.T) {
	got := pieces("set `a = 1`, then `b`")
	want := []piece{{"set ", false}, {"a = 1", true}, {", then ", false}, {"b", true}}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%v, want %v", got[i], want[i])
		}
	}
}
