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

// How long rows of each step are kept before they are added up to the next longer one.
const (
	hourRowsFor  = 14 * 24 * time.Hour
	dayRowsFor   = 400 * 24 * time.Hour
	monthRowsFor = 50 * 365 * 24 * time.Hour
)

// steps are those of rows, the longest first.
var steps = [...]struct {
	name string
	keep time.Duration // without end for years
}{{StepYear, 0}, {StepMonth, monthRowsFor}, {StepDay, dayRowsFor}, {StepHour, hourRowsFor}}

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
	if s.counts[key] == nil && len(s.counts) >= maxTimeRows {
		s.giveUp()
	}
	return s.row(key)
}

// row returns the count of a row, a new one if there is none yet.
func (s *timeSeries) row(key TimeKey) *timeCount {
	count := s.counts[key]
	if count == nil {
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
	for i := stepOrder(step); i > 0; i-- {
		if start := StepStart(at, steps[i].name); start.After(latest.Add(-steps[i].keep)) {
			return start, steps[i].name
		}
	}
	return StepStart(at, StepYear), StepYear
}

// fits tells whether a row can be in the series.
func (s *timeSeries) fits(key TimeKey) bool {
	start, step := s.step(key.Start, key.Step)
	return start.Equal(key.Start) && step == key.Step && possible(start).Equal(start)
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
	count := s.row(key)
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
	slices.SortFunc(out, TimeRow.order)
	return out
}

// compare sorts by time, a longer step before the shorter ones within it.
func (k TimeKey) compare(o TimeKey) int {
	return cmp.Or(k.Start.Compare(o.Start), cmp.Compare(stepOrder(k.Step), stepOrder(o.Step)), cmp.Compare(k.Direction, o.Direction),
		cmp.Compare(k.Class, o.Class), cmp.Compare(k.TLS, o.TLS), cmp.Compare(k.Protocol, o.Protocol))
}

// stepOrder is the place among steps, -1 for none of them.
func stepOrder(step string) int {
	for i := range steps {
		if steps[i].name == step {
			return i
		}
	}
	return -1
}
