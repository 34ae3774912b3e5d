package main

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A label is what a report's rows are counted by.
type label struct{ instance, service, tls, protocol, cipher string }

// checkReport holds the report against the clients' records, and against the program's own records.
func (c *corpus) checkReport(t *testing.T, report reportRecord, events []eventRecord) {
	lines := bytes.Count(readLog(t, c.log), []byte("\n"))
	l := report.Lines
	if l["total"] != lines || l["total"] != l["postfix"]+l["foreign"] || l["postfix"] != l["used"]+l["ignored"]+l["unrecognized"] {
		t.Errorf("lines do not add up to %d: %v", lines, l)
	}
	if l["unrecognized"] != 0 || len(report.Unrecognized) != 0 {
		t.Errorf("unrecognized lines: %v", report.Unrecognized)
	}
	messages := inbound(report.Messages)
	equal(t, "messages by version, as the clients sent them", c.truthVersions(), versions(messages))
	equal(t, "messages", c.truthMessages(), counts(messages))
	if sum := total(messages); sum != c.messages() {
		t.Errorf("%d messages, the clients sent %d", sum, c.messages())
	}
	sessions := sessionsOf(events)
	equal(t, "sessions, as events tell them", eventCounts(sessions, anySession), counts(report.Sessions))
	withMail := slices.Clone(report.Sessions)
	for i := range withMail {
		withMail[i].Count = withMail[i].WithMail
	}
	equal(t, "sessions with mail", eventCounts(sessions, func(e eventRecord) bool { return e.Messages > 0 }), counts(withMail))
	c.checkFailures(t, report, sessions)
}

func (c *corpus) checkFailures(t *testing.T, report reportRecord, sessions []eventRecord) {
	wantFailures, wantGroups := map[failureRecord]int{}, 0
	for _, e := range sessions {
		if e.Failure != nil {
			wantFailures[*e.Failure]++
		}
		if e.KeyExchange != "" {
			wantGroups++
		}
		if e.TLS == "failed" && e.Failure == nil {
			t.Errorf("a failed handshake without a failure: %+v", e)
		}
	}
	failures, groups := map[failureRecord]int{}, 0
	for _, f := range report.Failures {
		if f.Direction == "outbound" && f.Class == "unknown" {
			continue // there was no session
		}
		failures[failureRecord{f.Result, f.Reason}] += f.Count
	}
	for _, g := range report.KeyExchanges {
		groups += g.Count
	}
	equal(t, "failures", wantFailures, failures)
	if groups != wantGroups {
		t.Errorf("%d key exchanges, events tell of %d", groups, wantGroups)
	}
}

// truthVersions counts messages by TLS version; without one, by what the log should tell.
func (c *corpus) truthVersions() map[string]int {
	want := map[string]int{}
	c.eachMessage(func(_ *truthSession, m truthMessage, state string) {
		if state == "established" {
			want[m.Protocol]++
		} else {
			want[state]++
		}
	})
	return want
}

func versions(rows []countRecord) map[string]int {
	got := map[string]int{}
	for _, r := range rows {
		if r.TLS == "established" {
			got[r.Protocol] += r.Count
		} else {
			got[r.TLS] += r.Count
		}
	}
	return got
}

func (c *corpus) truthMessages() map[label]int {
	want := map[label]int{}
	c.eachMessage(func(s *truthSession, m truthMessage, state string) {
		key := label{c.facts.Instance, s.service(), state, "", ""}
		if state == "established" {
			key.protocol, key.cipher = m.Protocol, m.Cipher
		}
		want[key]++
	})
	return want
}

func (c *corpus) eachMessage(fn func(s *truthSession, m truthMessage, state string)) {
	for i := range c.truth {
		s := &c.truth[i]
		for _, m := range s.Messages {
			fn(s, m, c.messageState(s, m))
		}
	}
}

// inbound leaves what the clients of the corpus know of.
func inbound(rows []countRecord) []countRecord {
	return slices.DeleteFunc(slices.Clone(rows), func(r countRecord) bool { return r.Direction != "inbound" })
}

// counts leaves the class away, and rows of nothing.
func counts(rows []countRecord) map[label]int {
	got := map[label]int{}
	for _, r := range rows {
		if r.Count > 0 {
			got[label{r.Instance, r.Service, r.TLS, r.Protocol, r.Cipher}] += r.Count
		}
	}
	return got
}

func anySession(eventRecord) bool { return true }

func eventCounts(sessions []eventRecord, counted func(eventRecord) bool) map[label]int {
	want := map[label]int{}
	for _, e := range sessions {
		if counted(e) {
			want[label{e.Instance, e.Service, e.TLS, e.Protocol, e.Cipher}]++
		}
	}
	return want
}

func total(rows []countRecord) int {
	n := 0
	for _, r := range rows {
		n += r.Count
	}
	return n
}

// checkPeers counts the clients' messages by peer. A peer is known by its name, in lower case; without one by its address.
func (c *corpus) checkPeers(t *testing.T, report reportRecord) {
	type place struct{ peer, tls string }
	want, got := map[place]int{}, map[place]int{}
	c.eachMessage(func(s *truthSession, _ truthMessage, state string) {
		peer := s.sending()
		name := strings.ToLower(peer.Name)
		if name == "unknown" {
			name = peer.Address
		}
		want[place{name, state}]++
	})
	sessions := 0
	for _, p := range report.Peers {
		for state, n := range p.MessagesTLS {
			if p.Direction == "inbound" {
				got[place{p.Peer, state}] += n
			}
		}
		sessions += p.Sessions
		if n := sum(p.MessagesTLS); n != p.Messages {
			t.Errorf("%s: %d messages, by state %d", p.Peer, p.Messages, n)
		}
		if n := sum(p.TLS); n != p.Sessions {
			t.Errorf("%s: %d sessions, by state %d", p.Peer, p.Sessions, n)
		}
	}
	equal(t, "messages by peer", want, got)
	if n := total(report.Sessions); n != sessions {
		t.Errorf("peers have %d sessions, of %d in all", sessions, n)
	}
}

func sum(m map[string]int) int {
	n := 0
	for v := range maps.Values(m) {
		n += v
	}
	return n
}

func equal[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
