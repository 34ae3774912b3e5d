package report

import (
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// A bucket is what one bar of a picture over time stands for.
type bucket struct {
	start time.Time
	stateCounts
}

// buckets are the bars of one direction, one after the other without gaps.
type buckets struct {
	step string // as tally.TimeRow
	all  []bucket
	sums stateCounts
	cut  bool // there is more before the first
}

// More bars than these cannot be told apart, and the step becomes longer.
const (
	maxHours   = 96
	maxBuckets = 120
)

// inSteps adds up the messages of a time series by direction and class. Both directions get the same bars.
func inSteps(s *tally.Snapshot, step, direction, class string) *buckets {
	b := &buckets{step: step}
	first, last, ok := span(s)
	if !ok {
		return b
	}
	start := tally.StepStart(last, step)
	for range maxBuckets - 1 {
		if !start.After(tally.StepStart(first, step)) {
			break
		}
		start = stepBefore(start, step)
	}
	b.cut = start.After(tally.StepStart(first, step))
	index := map[time.Time]int{}
	for at := start; !at.After(last); at = stepAfter(at, step) {
		index[at] = len(b.all)
		b.all = append(b.all, bucket{start: at})
	}
	for _, r := range s.TimeSeries {
		if r.Direction != direction || class != "" && r.Class != class {
			continue
		}
		if i, ok := index[tally.StepStart(r.Start, step)]; ok {
			state := stateOf(r.TLS, r.Protocol)
			b.all[i].stateCounts[state] += r.Messages
			b.sums[state] += r.Messages
		}
	}
	return b
}

// span is the time of the first and last row that has a message, if there is one.
func span(s *tally.Snapshot) (first, last time.Time, ok bool) {
	for _, r := range s.TimeSeries {
		if r.Messages == 0 {
			continue
		}
		at := r.Start.UTC()
		if !ok || at.Before(first) {
			first = at
		}
		if !ok || at.After(last) {
			last = at
		}
		ok = true
	}
	return first, last, ok
}

// stepFor is the shortest step that makes few enough bars, and is not shorter than that of any row.
func stepFor(s *tally.Snapshot) string {
	steps := [...]string{tally.StepHour, tally.StepDay, tally.StepMonth, tally.StepYear}
	shortest := 0
	for _, r := range s.TimeSeries {
		for i, step := range steps {
			if r.Step == step && r.Messages > 0 {
				shortest = max(shortest, i)
			}
		}
	}
	first, last, _ := span(s)
	length := last.Sub(first)
	for i, limit := range [...]time.Duration{maxHours * time.Hour, maxBuckets * 24 * time.Hour, maxBuckets * 30 * 24 * time.Hour} {
		if i >= shortest && length < limit {
			return steps[i]
		}
	}
	return tally.StepYear
}

func stepAfter(at time.Time, step string) time.Time {
	switch step {
	case tally.StepHour:
		return at.Add(time.Hour)
	case tally.StepDay:
		return at.AddDate(0, 0, 1)
	case tally.StepMonth:
		return at.AddDate(0, 1, 0)
	}
	return at.AddDate(1, 0, 0)
}

func stepBefore(at time.Time, step string) time.Time {
	return tally.StepStart(at.Add(-time.Nanosecond), step)
}

// stepLabel names a bar in the table, and in few letters below it.
func stepLabel(at time.Time, step string) (long, short string) {
	switch step {
	case tally.StepHour:
		return at.Format("2006-01-02 15:04"), at.Format("02 Jan 15:04")
	case tally.StepDay:
		return at.Format("2006-01-02"), at.Format("02 Jan")
	case tally.StepMonth:
		return at.Format("2006-01"), at.Format("Jan 2006")
	}
	return at.Format("2006"), at.Format("2006")
}
