package tally

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// timesOf are the messages of each row.
func timesOf(s *Snapshot) map[string]uint64 {
	out := map[string]uint64{}
	for _, r := range s.TimeSeries {
		out[r.Start.Format(time.RFC3339)+" "+r.Step] += r.Messages
	}
	return out
}

// TestTimesGrowOld keeps 14 days of hours, 400 days, 50 years of months.
func TestTimesGrowOld(t *testing.T) {
	tally := New(Options{PeerLimit: 1})
	p := client("a.example.net", "192.0.2.1")
	const day = 24 * time.Hour
	count := func(after time.Duration) { tally.Queued(message(plain(p, after))) }
	for _, after := range []time.Duration{0, 30 * time.Minute, time.Hour, 10 * day, 14*day - time.Hour} {
		count(after)
	}
	want := map[string]uint64{
		"2026-11-22T04:00:00Z hour": 2, "2026-11-22T05:00:00Z hour": 1, "2026-12-02T04:00:00Z hour": 1, "2026-12-06T03:00:00Z hour": 1,
	}
	check := func(when string) {
		t.Helper()
		if diff := cmp.Diff(want, timesOf(snapshot(tally))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	check("within 14 days")

	count(14 * day) // the first hour is 14 days old
	want = map[string]uint64{
		"2026-11-22T00:00:00Z day": 2, "2026-11-22T05:00:00Z hour": 1, "2026-12-02T04:00:00Z hour": 1, "2026-12-06T03:00:00Z hour": 1, "2026-12-06T04:00:00Z hour": 1,
	}
	check("after 14 days")

	count(0) // late, where the counter was counted before it was added up
	want["2026-11-22T00:00:00Z day"] = 3
	check("a late message")

	count(500 * day)
	want = map[string]uint64{"2026-11-01T00:00:00Z month": 4, "2026-12-01T00:00:00Z month": 3, "2028-04-05T04:00:00Z hour": 1}
	check("after 500 days")

	count(60 * 365 * day)
	want = map[string]uint64{"2026-01-01T00:00:00Z year": 7, "2028-01-01T00:00:00Z year": 1, "2086-11-07T04:00:00Z hour": 1}
	check("after 60 years")
}

// TestTimesDoNotDependOnTheOrder counts the same records in several orders, over hours, days and years.
func TestTimesDoNotDependOnTheOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := client("a.example.net", "192.0.2.1")
	for range 50 {
		var times []time.Duration
		for range 40 {
			times = append(times, time.Duration(r.Float64()*float64([]time.Duration{20 * time.Hour, 40 * 24 * time.Hour, 1000 * 24 * time.Hour, 1e6 * time.Hour}[r.IntN(4)])))
		}
		var want map[string]uint64
		for range 3 {
			tally := New(Options{PeerLimit: 1})
			for _, at := range times {
				tally.Queued(message(plain(p, at)))
			}
			got := timesOf(snapshot(tally))
			if want == nil {
				want = maps.Clone(got)
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%v (-before +after):\n%s", times, diff)
			}
			r.Shuffle(len(times), func(i, j int) { times[i], times[j] = times[j], times[i] })
		}
	}
}

// TestTimesAreOfUTC counts by the hours of UTC, and in years that RFC 3339 can write.
func TestTimesAreOfUTC(t *testing.T) {
	for at, want := range map[time.Time]string{
		time.Date(2026, 11, 22, 4, 59, 59, 0, time.FixedZone("", 5*3600+1800)): "2026-11-21T23:00:00Z hour",
		time.Date(1969, 12, 31, 23, 59, 59, 999, time.UTC):                     "1969-12-31T23:00:00Z hour",
		time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -2*3600)):      "9999-01-01T00:00:00Z hour",
		time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC):                               "0001-01-01T00:00:00Z hour",
	} {
		tally := New(Options{})
		m := message(plain(client("a.example.net", "192.0.2.1"), 0))
		m.Received = at
		tally.Queued(m)
		if diff := cmp.Diff(map[string]uint64{want: 1}, timesOf(snapshot(tally))); diff != "" {
			t.Errorf("%v (-want +got):\n%s", at, diff)
		}
	}
}

// TestTimesAreBounded forgets the oldest rows.
func TestTimesAreBounded(t *testing.T) {
	s := newTimeSeries()
	for i := range maxTimeRows + 1 {
		s.at(TimeKey{Start: start, Protocol: fmt.Sprint(i)}).messages++
	}
	if len(s.counts) != maxTimeRows*9/10+1 || s.evicted != maxTimeRows/10 {
		t.Errorf("%d rows, %d forgotten", len(s.counts), s.evicted)
	}
}
