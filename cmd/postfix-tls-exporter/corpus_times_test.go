package main

import (
	"testing"
	"time"
)

// A timeRecord is a row of the time series.
type timeRecord struct {
	Start              time.Time
	Step               string
	Direction, Class   string
	TLS, Protocol      string
	Sessions, Messages int
}

// A timeLabel is what an hour's messages are counted by.
type timeLabel struct{ direction, class, tls, protocol string }

// checkTimes holds the hours against the facts: a message that was so near to a full hour that it may have been before or after it counts in
// either one. Over all hours, sessions and messages are those of the report.
func checkTimes(t *testing.T, facts []fact, got answers) {
	type hour struct {
		start time.Time
		timeLabel
	}
	least, most, hours := map[hour]int{}, map[hour]int{}, map[hour]int{}
	for _, f := range facts {
		l := timeLabel{f.direction, f.class, f.tls, f.protocol}
		from, to := f.from.Add(-slack).UTC().Truncate(time.Hour), f.to.Add(slack).UTC().Truncate(time.Hour)
		if from.Equal(to) {
			least[hour{from, l}]++
		}
		for at := from; !at.After(to); at = at.Add(time.Hour) {
			most[hour{at, l}]++
		}
	}
	type both struct{ sessions, messages int }
	sums, totals := map[timeLabel]both{}, map[timeLabel]both{}
	for _, r := range got.TimeSeries {
		l := timeLabel{r.Direction, r.Class, r.TLS, r.Protocol}
		n := sums[l]
		sums[l] = both{n.sessions + r.Sessions, n.messages + r.Messages}
		hours[hour{r.Start, l}] += r.Messages
		if r.Step != "hour" || !r.Start.Equal(r.Start.Truncate(time.Hour)) {
			t.Errorf("no hour: %+v", r)
		}
	}
	for h := range most {
		if n := hours[h]; n < least[h] || n > most[h] {
			t.Errorf("%+v: %d messages, want %d to %d", h, n, least[h], most[h])
		}
	}
	for h, n := range hours {
		if n > 0 && most[h] == 0 {
			t.Errorf("%+v: %d messages, want none", h, n)
		}
	}
	for _, r := range got.Sessions {
		l := timeLabel{r.Direction, r.Class, r.TLS, r.Protocol}
		totals[l] = both{totals[l].sessions + r.Count, totals[l].messages}
	}
	for _, r := range got.Messages {
		l := timeLabel{r.Direction, r.Class, r.TLS, r.Protocol}
		totals[l] = both{totals[l].sessions, totals[l].messages + r.Count}
	}
	equal(t, "sessions and messages over all hours", totals, sums)
}
