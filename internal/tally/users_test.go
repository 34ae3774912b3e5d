package tally

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// submitted is a message of a user.
func submitted(s *parser.Session, user string) *parser.Message {
	s.Service, s.Auth = services["submission"], parser.Auth{Method: "PLAIN", Username: user}
	return message(s)
}

// TestUsers counts the messages of those who logged in, whatever address they came from.
func TestUsers(t *testing.T) {
	tally := New(Options{PeerLimit: 2})
	home, printer := client("home.example.net", "192.0.2.1"), client("unknown", "192.0.2.2")
	tally.Queued(submitted(encrypted(home, time.Minute, "1.3"), "u@example.com"))
	tally.Queued(submitted(encrypted(printer, 2*time.Minute, "1.0"), "u@example.com"))
	tally.Queued(submitted(encrypted(printer, 3*time.Minute, "1.0"), "u@example.com"))
	tally.Queued(submitted(plain(home, time.Minute), "\xff"))
	tally.Queued(submitted(plain(home, time.Minute), "third"))
	tally.Queued(message(plain(home, time.Minute))) // of nobody
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	key := func(tls, protocol, cipher string) CountKey {
		return CountKey{"postfix", "submission", "public", tls, protocol, cipher}
	}
	inClear := []PeerCount{{key("plaintext", "", ""), 0, 1, at(1), at(1), new(at(1))}}
	want := []UserRow{
		{User: Other, Messages: 1, TLS: Counts{{"plaintext", 1}}, First: at(1), Last: at(1), Combinations: inClear},
		{
			User: "u@example.com", Messages: 3, TLS: Counts{{"established", 3}}, Protocols: Counts{{"TLSv1", 2}, {"TLSv1.3", 1}}, First: at(1), Last: at(3),
			Combinations: []PeerCount{
				{key("established", "TLSv1", "AES128-SHA"), 0, 2, at(2), at(3), new(at(3))},
				{key("established", "TLSv1.3", "TLS_AES_256_GCM_SHA384"), 0, 1, at(1), at(1), new(at(1))},
			},
		},
		{User: "\uFFFD", Messages: 1, TLS: Counts{{"plaintext", 1}}, First: at(1), Last: at(1), Combinations: inClear},
	}
	if diff := cmp.Diff(want, snapshot(tally).Users); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNoUsers keeps no names where none are wanted, nor those that were saved when they were.
func TestNoUsers(t *testing.T) {
	for name, opts := range map[string]Options{"no users": {PeerLimit: 2, NoUsers: true}, "no labels": {PeerLimit: 2, Label: NoLabel}} {
		before := New(Options{PeerLimit: 2})
		restoredOne, dropped := restored(t, before.State(), opts)
		m := submitted(plain(client("home.example.net", "192.0.2.1"), 0), "u@example.com")
		for _, tally := range []*Tally{New(opts), restoredOne} {
			tally.Queued(m)
			if users := snapshot(tally).Users; len(users) > 0 || dropped.Users > 0 {
				t.Errorf("%s: %+v", name, users)
			}
		}
		before.Queued(m)
		if again, dropped := restored(t, before.State(), opts); dropped.Users != 1 || len(snapshot(again).Users) > 0 {
			t.Errorf("%s: dropped %+v, users %+v", name, dropped, snapshot(again).Users)
		}
	}
}

// TestFailureDetails has the newest failure of each reason as its example, cut where it is too long.
func TestFailureDetails(t *testing.T) {
	tally := New(Options{PeerLimit: 1})
	p := client("a.example.net", "192.0.2.1")
	for i, detail := range []string{"first", "last", "late"} {
		s := failed(p, time.Duration([]int{1, 3, 2}[i])*time.Minute, parser.ReasonTimeout)
		s.Failure.Detail = detail
		tally.Session(s)
	}
	long := failed(p, time.Minute, parser.ReasonOther)
	long.Failure.Detail = strings.Repeat("é", maxExample) // of two bytes each
	tally.Session(long)
	long.Failure.Detail = "x" + long.Failure.Detail // the bound is within a letter
	long.End = long.End.Add(time.Minute)
	tally.Session(long)
	want := []PeerFailure{
		{"validation-failure", "other", 2, start.Add(2 * time.Minute), "x" + strings.Repeat("é", maxExample/2-1)},
		{"validation-failure", "timeout", 3, start.Add(3 * time.Minute), "last"},
	}
	if diff := cmp.Diff(want, snapshot(tally).Peers[0].FailureDetails); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDomainNotes are bounded: the first relays by name, and as many words as Postfix cannot have.
func TestDomainNotes(t *testing.T) {
	tally := New(Options{PeerLimit: 1})
	const more = 7
	for i := range maxWords + more {
		s := outbound(encrypted(client(fmt.Sprintf("MX%03d.example.net", 900-i), "192.0.2.1"), 0, "1.3"))
		d := delivered(s, "example.net")
		d.Policy.Level = fmt.Sprint("made up ", i)
		tally.Delivered(d)
	}
	r := snapshot(tally).Domains[0]
	var relays []string
	for i := range MaxRelays {
		relays = append(relays, fmt.Sprintf("mx%03d.example.net", 900-(maxWords+more-1)+i))
	}
	if diff := cmp.Diff(relays, r.Relays); diff != "" {
		t.Errorf("relays (-want +got):\n%s", diff)
	}
	if len(r.Policies) != maxWords+1 || r.Policies.Of(Other) != more {
		t.Errorf("%d policies, %d of other", len(r.Policies), r.Policies.Of(Other))
	}
}
