package parser

import "time"

// A clock gives headers the year and zone that they lack. Times in a log go forward, but for small steps back, and that
// is enough to know New Year and the end of summer time.
type clock struct {
	loc       *time.Location // for headers without an offset
	year      int            // of the last yearless stamp; 0 before the first
	reference time.Time      // when the log was written last
	given     bool           // the year was given, and the reference says nothing
	last      time.Time      // the latest resolved time without zone
	memo      stamp
	memoTime  time.Time
	zones     map[int16]*time.Location
	lastZone  int16 // the latest, found without the map
	lastLoc   *time.Location
}

const day = 24 * time.Hour

// How far back a line's time may lie behind an earlier one's: processes stamp their lines themselves.
const clockSlack = 5 * time.Minute

func newClock(loc *time.Location, year int) clock {
	return clock{loc: loc, year: year, given: year != 0, zones: map[int16]*time.Location{0: time.UTC}, lastLoc: time.UTC}
}

// startInput begins another file, last written at the given time. Unless the year was given for the first, it is
// derived anew.
func (c *clock) startInput(modified time.Time) {
	c.reference = modified
	c.memo = stamp{}
	if !c.given {
		c.year, c.last = 0, time.Time{}
	}
}

// time resolves a stamp. The zero stamp gives the zero time.
func (c *clock) time(s stamp) time.Time {
	if s == c.memo {
		return c.memoTime
	}
	c.memo, c.memoTime = s, c.resolve(s)
	return c.memoTime
}

// look resolves a stamp without learning from it.
func (c *clock) look(s stamp) time.Time {
	seen := *c
	return seen.resolve(s)
}

func (c *clock) resolve(s stamp) time.Time {
	switch s.form {
	case stampZoned:
		return time.Unix(s.sec, int64(s.nsec)).In(c.zone(s.zone))
	case stampLocal:
		return c.local(time.Unix(s.sec, int64(s.nsec)).UTC())
	case stampYearless:
		return c.yearless(s)
	default:
		return time.Time{}
	}
}

func (c *clock) zone(minutes int16) *time.Location {
	if minutes == c.lastZone {
		return c.lastLoc
	}
	loc := c.zones[minutes]
	if loc == nil {
		loc = time.FixedZone("", int(minutes)*60)
		c.zones[minutes] = loc // at most 48 hours of minutes
	}
	c.lastZone, c.lastLoc = minutes, loc
	return loc
}

// local puts wall clock time t, given as if in UTC, into the clock's zone. An hour that happens twice is the first one, until time
// has gone past it.
func (c *clock) local(t time.Time) time.Time {
	wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), c.loc)
	first, second := wall, wall
	if same := wall.Add(-time.Hour); sameWall(same, wall) {
		first = same
	}
	if same := wall.Add(time.Hour); sameWall(same, wall) {
		second = same
	}
	wall = first
	if first.Before(c.last.Add(-clockSlack)) && !second.Before(c.last.Add(-clockSlack)) {
		wall = second
	}
	// After a time that was wrong, one far back is right again.
	if wall.After(c.last) || wall.Before(c.last.Add(-day)) {
		c.last = wall
	}
	return wall
}

func sameWall(a, b time.Time) bool {
	return a.Hour() == b.Hour() && a.Day() == b.Day() && a.Minute() == b.Minute()
}

// isAhead tells a wall clock time after the log was written.
func (c *clock) isAhead(t time.Time) bool {
	return c.look(stamp{sec: t.Unix(), form: stampLocal}).After(c.reference.Add(day))
}

// isDate tells whether the year that t was made with has the stamp's day: only leap years have a 29 February.
func isDate(t time.Time, s stamp) bool {
	_, day, _, _, _ := unpackYearless(s.sec)
	return t.Day() == day
}

// yearless adds the year. The first stamp gets the latest year in which it is not after the log was written; a step back of over
// a month is New Year, unless that lies ahead of the time the log was written: computers without a clock begin with January 1.
func (c *clock) yearless(s stamp) time.Time {
	const month = 31 * day
	in := func(year int) time.Time {
		mon, d, h, m, sec := unpackYearless(s.sec)
		return time.Date(year, time.Month(mon), d, h, m, sec, int(s.nsec), time.UTC)
	}
	wallLast := time.Time{}
	if !c.last.IsZero() {
		l := c.last
		wallLast = time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0, time.UTC)
	}
	switch {
	case c.year == 0:
		c.year = c.reference.In(c.loc).Year()
		for c.isAhead(in(c.year)) || !isDate(in(c.year), s) {
			c.year--
		}
	case wallLast.IsZero():
	case in(c.year).Before(wallLast.Add(-month)) && (c.given || !c.isAhead(in(c.year+1))):
		c.year++
	case in(c.year).After(wallLast.Add(month)) && in(c.year-1).After(wallLast.Add(-day)):
		return c.local(in(c.year - 1)) // a late line of the old year
	}
	return c.local(in(c.year))
}
