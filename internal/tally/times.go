package tally

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// A timeSeries counts by time, the finer the less long ago that was. How fine depends on the latest hour that it knows and on nothing else: so it does
// not matter in which order records come, or series are added up.
type timeSeries struct {
	counts  map[TimeKey]*timeCount
	latest  int64 // hour
	folded  int   // how often counts were added up: what a timeBin points to may be one of them
	evicted uint64
}

// A timeCount is a row in the making.
type timeCount struct{ sessions, messages uint64 }

// A timeBin remembers where a counter was counted last.
type timeBin struct {
	count  *timeCount
	hour   int64
	folded int
}

// How long rows of each step are kept before they are added up to the next one.
const (
	hourRowsFor  = 14 * 24 * time.Hour
	dayRowsFor   = 400 * 24 * time.Hour
	monthRowsFor = 50 * 365 * 24 * time.Hour
)

// maxTimeRows bounds the series. An hour has some dozens of rows at most; only times that are made up, many years apart, can be so many.
const maxTimeRows = 100_000

func newTimeSeries() timeSeries { return timeSeries{counts: make(map[TimeKey]*timeCount)} }

// of returns where a counter is counted at a time.
func (s *timeSeries) of(c *counter, at time.Time) *timeCount {
	hour := hourOf(at)
	if c.now.count != nil && c.now.hour == hour && c.now.folded == s.folded {
		return c.now.count
	}
	count := s.at(TimeKey{Start: at, Direction: c.Direction, Class: c.Class, TLS: c.TLS, Protocol: c.Protocol})
	c.now = timeBin{count, hour, s.folded}
	return count
}

// hourOf numbers the hours since 1970.
func hourOf(at time.Time) int64 {
	seconds := at.Unix()
	hour := seconds / 3600
	if seconds < hour*3600 {
		hour--
	}
	return hour
}

// at returns the count of a key, whose Start may be any time and whose Step is found.
func (s *timeSeries) at(key TimeKey) *timeCount {
	key.Start = possible(key.Start.UTC())
	if hour := hourOf(key.Start); len(s.counts) == 0 || hour > s.latest {
		s.latest = hour
		s.fold()
	}
	key.Start, key.Step = s.step(key.Start, StepHour)
	count := s.counts[key]
	if count == nil {
		if len(s.counts) >= maxTimeRows {
			s.giveUp()
		}
		count = &timeCount{}
		s.counts[key] = count
	}
	return count
}

// possible moves a time that RFC 3339 cannot write to one that it can.
func possible(at time.Time) time.Time {
	if at.Year() < 1 || at.Year() > 9999 {
		return time.Date(min(max(at.Year(), 1), 9999), 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return at
}

// step returns the start and length of the row for what is counted at a time, by a row that has a certain length already.
func (s *timeSeries) step(at time.Time, step string) (time.Time, string) {
	latest := time.Unix(s.latest*3600, 0)
	recent := func(keep time.Duration) bool { return at.After(latest.Add(-keep)) }
	if step == StepHour {
		if at = at.Truncate(time.Hour); recent(hourRowsFor) {
			return at, StepHour
		}
		step = StepDay
	}
	if step == StepDay {
		if at = at.Truncate(24 * time.Hour); recent(dayRowsFor) {
			return at, StepDay
		}
		step = StepMonth
	}
	if step == StepMonth {
		if at = time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC); recent(monthRowsFor) {
			return at, StepMonth
		}
	}
	return time.Date(at.Year(), 1, 1, 0, 0, 0, 0, time.UTC), StepYear
}

// fold adds up what has become old.
func (s *timeSeries) fold() {
	var old []TimeKey
	for key := range s.counts {
		if _, step := s.step(key.Start, key.Step); step != key.Step {
			old = append(old, key)
		}
	}
	for _, key := range old {
		count := s.counts[key]
		delete(s.counts, key)
		s.add(key, *count)
	}
	if len(old) > 0 {
		s.folded++
	}
}

// add adds a row that is not later than the latest hour.
func (s *timeSeries) add(key TimeKey, n timeCount) {
	key.Start, key.Step = s.step(key.Start, key.Step)
	count := s.counts[key]
	if count == nil {
		count = &timeCount{}
		s.counts[key] = count
	}
	increase(&count.sessions, n.sessions)
	increase(&count.messages, n.messages)
}

// giveUp forgets the oldest tenth.
func (s *timeSeries) giveUp() {
	keys := slices.SortedFunc(maps.Keys(s.counts), TimeKey.compare)
	for _, key := range keys[:len(keys)/10] {
		delete(s.counts, key)
		s.evicted++
	}
	s.folded++
}

func (s *timeSeries) rows() []TimeRow {
	out := make([]TimeRow, 0, len(s.counts))
	for key, n := range s.counts {
		out = append(out, TimeRow{key, n.sessions, n.messages})
	}
	slices.SortFunc(out, func(a, b TimeRow) int { return a.compare(b.TimeKey) })
	return out
}

// compare sorts by time, a longer step before the shorter ones within it.
func (k TimeKey) compare(o TimeKey) int {
	return cmp.Or(k.Start.Compare(o.Start), cmp.Compare(stepOrder(k.Step), stepOrder(o.Step)), cmp.Compare(k.Direction, o.Direction),
		cmp.Compare(k.Class, o.Class), cmp.Compare(k.TLS, o.TLS), cmp.Compare(k.Protocol, o.Protocol))
}

func stepOrder(step string) int {
	return slices.Index([]string{StepYear, StepMonth, StepDay, StepHour}, step)
}
