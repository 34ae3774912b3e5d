package tally

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// clash returns what counts a record that has much in common with others: its peer's name, its domain, often its moment. Other moments are as many years
// ago as a time series can tell; all are written in several zones.
func (r *traveler) clash() func(*Tally) {
	p := client([]string{"a.example.net", "b.example.net", Other}[r.IntN(3)], fmt.Sprintf("192.0.2.%d", r.IntN(3)))
	p.Class = parser.Class(r.IntN(parser.NumClasses))
	s := r.session(p, time.Duration(r.IntN(3))*time.Minute)
	if r.IntN(3) == 0 {
		s.End = s.End.AddDate(-[]int{0, 1, 2, 90}[r.IntN(4)], -r.IntN(3), -r.IntN(30))
	}
	s.End = s.End.In(time.FixedZone("", r.IntN(3)*3600))
	if s.Failure != nil {
		s.Failure.Detail = []string{"one", "another"}[r.IntN(2)]
	}
	s.Auth.Username = []string{"", "user", Other}[r.IntN(3)]
	domain := []string{"example.org", "example.com", Other}[r.IntN(3)]
	switch r.IntN(4) {
	case 0:
		return func(t *Tally) { t.Session(s) }
	case 1:
		return func(t *Tally) { t.Queued(message(s)) }
	default:
		p.Name = fmt.Sprintf("mx%d.%s", r.IntN(2*MaxRelays), p.Name)
		d := delivered(outbound(s), domain)
		if r.IntN(4) == 0 {
			d.Status, d.Failure = "deferred", s.Failure
		}
		return func(t *Tally) { t.Delivered(d) }
	}
}

// lines are what a parser may say of itself.
func (r *traveler) lines() *parser.Counts {
	n := func() uint64 { return r.Uint64N(100) }
	c := &parser.Counts{
		Lines:           parser.Lines{Total: n(), Postfix: n(), Used: n(), Ignored: n(), Unrecognized: n(), Foreign: n(), Cut: n()},
		EvictedSessions: n(), EvictedMessages: n(), EvictedDeliveries: n(), EvictedProcesses: n(), RefusedLines: n(), Contradictions: n(), Ambiguous: n(),
	}
	if r.IntN(4) > 0 {
		c.First = start.Add(time.Duration(r.IntN(100)) * time.Minute)
		c.Last = c.First.Add(time.Duration(r.IntN(100)) * time.Minute)
	}
	var counts parser.Counts
	for i := range 3 {
		if r.IntN(2) == 0 {
			c.Unrecognized = append(c.Unrecognized, parser.Unrecognized{Program: "smtpd", Shape: fmt.Sprint("shape ", i), Count: 1 + n()})
		}
	}
	counts.Add(*c)
	return &counts
}

// randomSnapshots are of tallies with one limit of peers, each counted by records of its own.
func randomSnapshots(seed uint64, n int) []*Snapshot {
	out := make([]*Snapshot, n)
	for i := range out {
		r := newTraveler(seed*100 + uint64(i))
		t := New(Options{PeerLimit: []int{3, 1000}[r.IntN(2)], LabelName: "host"})
		for range r.IntN(300) {
			if r.IntN(2) == 0 {
				r.clash()(t)
			} else {
				r.next()(t)
			}
		}
		out[i] = t.Snapshot(r.lines())
	}
	return out
}

// added is a sum of its own.
func added(t *testing.T, all ...*Snapshot) *Snapshot {
	t.Helper()
	sum := new(Snapshot)
	for _, s := range all {
		if err := sum.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	return sum
}

func asJSON(t *testing.T, s *Snapshot) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// equalJSON compares what a report would say, in which zones of times are told apart.
func equalJSON(t *testing.T, what string, want, got *Snapshot) {
	t.Helper()
	if asJSON(t, want) != asJSON(t, got) {
		t.Errorf("%s:\n%s\nand\n%s\n%s", what, asJSON(t, want), asJSON(t, got), cmp.Diff(want, got))
	}
}

// checkRows requires that a snapshot and all of its rows can be one.
func checkRows(t *testing.T, s *Snapshot) {
	t.Helper()
	if err := errors.Join(s.Check(), eachRow(s.Sessions), eachRow(s.Messages), eachRow(s.Deliveries), eachRow(s.Peers), eachRow(s.Domains),
		eachRow(s.Users), eachRow(s.Failures), eachRow(s.KeyExchanges), eachRow(s.TLSRPT), eachRow(s.Auth), eachRow(s.TimeSeries),
		eachRow(s.Downgrades), eachRow(s.DowngradeTotals), eachRow(s.Unrecognized)); err != nil {
		t.Error(err)
	}
}

func eachRow[R any, P interface {
	*R
	Check(*R) error
}](rows []R) error {
	var before P
	for i := range rows {
		if err := P(&rows[i]).Check(before); err != nil {
			return fmt.Errorf("%T %d: %w", rows[i], i, err)
		}
		before = &rows[i]
	}
	return nil
}
