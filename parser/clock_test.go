package parser

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// starts feeds a connect line with each stamp and returns the times of the sessions' begins.
func starts(p *Parser, r *recorder, stamps ...string) []string {
	for _, stamp := range stamps {
		p.Feed([]byte(stamp + " mx1 postfix/smtpd[410]: connect from a.example[192.0.2.10]\n" +
			stamp + " mx1 postfix/smtpd[410]: disconnect from a.example[192.0.2.10] quit=1 commands=1\n"))
	}
	var out []string
	for _, s := range r.sessions {
		out = append(out, s.Start.Format(time.RFC3339Nano))
	}
	return out
}

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Skipf("no time zone database: %v", err)
	}
	return loc
}

// Each line is a stamp of the log and the time that it means.
var clockTests = []struct {
	name     string
	zone     string
	year     int
	modified string // when the log was written last
	lines    string
}{
	{"the year of the last writing", "UTC", 0, "2026-11-22T12:00:00Z", `
		Nov 22 04:10:34 -> 2026-11-22T04:10:34Z`},
	{"a log that is being written", "UTC", 0, "2026-11-22T04:10:34Z", `
		Nov 22 04:10:34 -> 2026-11-22T04:10:34Z
		Nov 22 04:10:35 -> 2026-11-22T04:10:35Z`},
	{"later than the last writing: the year before", "UTC", 0, "2026-11-22T12:00:00Z", `
		Dec 24 18:00:00 -> 2025-12-24T18:00:00Z`},
	{"New Year, and late lines of the old one", "UTC", 0, "2026-01-01T00:10:00Z", `
		Dec 31 23:59:59 -> 2025-12-31T23:59:59Z
		Jan  1 00:00:00 -> 2026-01-01T00:00:00Z
		Dec 31 23:59:59 -> 2025-12-31T23:59:59Z
		Jan  1 00:00:01 -> 2026-01-01T00:00:01Z
		Dec 31 23:59:58 -> 2025-12-31T23:59:58Z
		Mar  1 00:00:00 -> 2026-03-01T00:00:00Z`},
	{"two New Years", "UTC", 2024, "2030-01-01T00:00:00Z", `
		Oct 31 12:00:00 -> 2024-10-31T12:00:00Z
		Jan  1 12:00:00 -> 2025-01-01T12:00:00Z
		Jul  1 12:00:00 -> 2025-07-01T12:00:00Z
		Jan  2 12:00:00 -> 2026-01-02T12:00:00Z`},
	{"given year", "UTC", 2019, "2026-11-22T12:00:00Z", `
		Nov 22 04:10:34 -> 2019-11-22T04:10:34Z`},
	{"a computer without a clock begins with January 1", "UTC", 0, "2026-11-22T12:00:00Z", `
		Nov 22 04:10:34 -> 2026-11-22T04:10:34Z
		Jan  1 00:00:10 -> 2026-01-01T00:00:10Z
		Nov 22 04:11:00 -> 2026-11-22T04:11:00Z`},
	{"a time far ahead, then the end of summer time", "Europe/Berlin", 0, "2026-10-25T12:00:00Z", `
		Oct 24 12:00:00 -> 2026-10-24T12:00:00+02:00
		Dec 24 12:00:00 -> 2026-12-24T12:00:00+01:00
		Oct 25 01:30:00 -> 2026-10-25T01:30:00+02:00
		Oct 25 02:50:00 -> 2026-10-25T02:50:00+02:00
		Oct 25 02:10:00 -> 2026-10-25T02:10:00+01:00`},
	{"small steps back", "UTC", 0, "2026-11-22T12:00:00Z", `
		Nov 22 04:10:34 -> 2026-11-22T04:10:34Z
		Nov 22 04:10:33 -> 2026-11-22T04:10:33Z
		Nov 22 04:10:34 -> 2026-11-22T04:10:34Z`},
	{"leap day", "UTC", 0, "2028-03-02T00:00:00Z", `
		Feb 28 23:59:59 -> 2028-02-28T23:59:59Z
		Feb 29 12:00:00 -> 2028-02-29T12:00:00Z
		Mar  1 00:00:00 -> 2028-03-01T00:00:00Z`},
	{"leap day of the year before", "UTC", 0, "2029-01-10T00:00:00Z", `
		Feb 29 12:00:00 -> 2028-02-29T12:00:00Z`},
	{"leap day, read years later", "UTC", 0, "2030-06-01T00:00:00Z", `
		Feb 29 12:00:00 -> 2028-02-29T12:00:00Z
		Mar  1 12:00:00 -> 2028-03-01T12:00:00Z`},
	{"local zone", "Europe/Berlin", 0, "2026-11-22T12:00:00Z", `
		Jul  1 12:00:00 -> 2026-07-01T12:00:00+02:00
		Nov 22 04:10:34 -> 2026-11-22T04:10:34+01:00`},
	{"New Year comes earlier in the east than in UTC", "Asia/Tokyo", 0, "2025-12-31T15:30:00Z", `
		Dec 31 23:59:59 -> 2025-12-31T23:59:59+09:00
		Jan  1 00:00:00 -> 2026-01-01T00:00:00+09:00`},
	{"summer time begins", "Europe/Berlin", 2026, "2026-11-22T12:00:00Z", `
		Mar 29 01:59:59 -> 2026-03-29T01:59:59+01:00
		Mar 29 03:00:00 -> 2026-03-29T03:00:00+02:00`},
	{"summer time ends: an hour happens twice", "Europe/Berlin", 2026, "2026-11-22T12:00:00Z", `
		Oct 25 01:59:59 -> 2026-10-25T01:59:59+02:00
		Oct 25 02:00:00 -> 2026-10-25T02:00:00+02:00
		Oct 25 02:30:00 -> 2026-10-25T02:30:00+02:00
		Oct 25 02:59:59 -> 2026-10-25T02:59:59+02:00
		Oct 25 02:00:00 -> 2026-10-25T02:00:00+01:00
		Oct 25 02:59:59 -> 2026-10-25T02:59:59+02:00
		Oct 25 02:00:01 -> 2026-10-25T02:00:01+01:00
		Oct 25 02:10:00 -> 2026-10-25T02:10:00+01:00
		Oct 25 02:20:00 -> 2026-10-25T02:20:00+01:00
		Oct 25 03:00:00 -> 2026-10-25T03:00:00+01:00`},
	{"summer time ends in a zone west of UTC", "America/New_York", 2026, "2026-11-22T12:00:00Z", `
		Nov  1 01:59:59 -> 2026-11-01T01:59:59-04:00
		Nov  1 01:00:00 -> 2026-11-01T01:00:00-05:00
		Nov  1 02:00:00 -> 2026-11-01T02:00:00-05:00`},
	{"a header's own zone is kept", "Europe/Berlin", 0, "2026-11-22T12:00:00Z", `
		2026-11-22T04:10:34.5Z -> 2026-11-22T04:10:34.5Z
		2026-11-22T04:10:34+05:30 -> 2026-11-22T04:10:34+05:30
		2026-11-22T04:10:34-0330 -> 2026-11-22T04:10:34-03:30
		2026-11-22T04:10:34+05:30 -> 2026-11-22T04:10:34+05:30`},
	{"a header with a year and without offset", "Europe/Berlin", 0, "2026-11-22T12:00:00Z", `
		Sun 2026-10-25 02:59:59 CEST -> 2026-10-25T02:59:59+02:00
		Sun 2026-10-25 02:00:00 CET -> 2026-10-25T02:00:00+01:00
		Sun 2026-10-25 02:00:00 UTC -> 2026-10-25T02:00:00Z`},
}

func TestClock(t *testing.T) {
	for _, test := range clockTests {
		t.Run(test.name, func(t *testing.T) {
			var stamps, want []string
			for _, line := range split(test.lines) {
				stamp, meaning, _ := strings.Cut(line, " -> ")
				stamps, want = append(stamps, stamp), append(want, meaning)
			}
			modified, err := time.Parse(time.RFC3339, test.modified)
			if err != nil {
				t.Fatal(err)
			}
			r := &recorder{t: t}
			p := New(r, Options{Location: location(t, test.zone), Year: test.year})
			p.StartInput(modified)
			if diff := cmp.Diff(want, starts(p, r, stamps...)); diff != "" {
				t.Errorf("times differ (-want +got):\n%s", diff)
			}
		})
	}
}

// Each input has a time of its own, and sessions go on from one to the next.
func TestSeveralInputs(t *testing.T) {
	for name, year := range map[string]int{"derived": 0, "given": 2025} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{t: t}
			p := New(r, Options{Location: time.UTC, Year: year})
			p.StartInput(time.Date(2025, time.December, 31, 23, 59, 58, 0, time.UTC))
			p.Feed([]byte("Dec 31 23:59:58 mx1 postfix/smtpd[410]: connect from a.example[192.0.2.10]\n"))
			p.StartInput(time.Date(2026, time.January, 2, 0, 0, 0, 0, time.UTC))
			p.Feed([]byte("Jan  1 00:00:03 mx1 postfix/smtpd[410]: disconnect from a.example[192.0.2.10] quit=1 commands=1\n"))
			want := time.Date(2026, time.January, 1, 0, 0, 3, 0, time.UTC)
			if len(r.sessions) != 1 || !r.sessions[0].Start.Equal(want.Add(-5*time.Second)) || !r.sessions[0].End.Equal(want) {
				t.Errorf("got %+v, want one session of five seconds over New Year", r.sessions)
			}
		})
	}
}

// First and Last are those of Postfix's lines, of use or not, in whatever blocks they come.
func TestFirstAndLast(t *testing.T) {
	lines := script(`
		Nov 22 03:00:00 mx1 dovecot: not Postfix
		@04:00:01
		local[450]: a line of Postfix, though nothing in it is needed
		@04:00:00
		smtpd[410]: connect from a.example[192.0.2.10]
		@04:00:09
		smtpd[410]: disconnect from a.example[192.0.2.10] quit=1 commands=1
		@04:00:08
		anvil[460]: statistics: max cache size 1 at Nov 22 04:00:00
		Nov 22 05:00:00 mx1 dovecot: not Postfix`)
	for name, blocks := range map[string][]string{"line by line": lines, "at once": {strings.Join(lines, "")}} {
		p := New(&recorder{t: t}, testOptions())
		if c := p.Counts(); !c.First.IsZero() || !c.Last.IsZero() {
			t.Errorf("without a line: first %v, last %v", c.First, c.Last)
		}
		for _, block := range blocks {
			p.Feed([]byte(block))
		}
		if c := p.Counts(); !c.First.Equal(at(4, 0)) || !c.Last.Equal(at(4, 9)) {
			t.Errorf("%s: first %v and last %v, want the earliest and the latest of Postfix's lines", name, c.First, c.Last)
		}
	}
}

func TestFirstTime(t *testing.T) {
	modified := time.Date(2026, time.January, 2, 0, 0, 0, 0, time.UTC)
	for head, want := range map[string]string{
		"Dec 31 23:59:58 mx1 postfix/smtpd[410]: connect from":                                      "2025-12-31T23:59:58Z",
		"Dec 31 10:00:00 mx1 dovecot: x\nDec 31 23:59:58 mx1 postfix/smtpd[410]: x\nDec 31 23:59:5": "2025-12-31T23:59:58Z",
		"2026-01-01T01:02:03+01:00 mx1 postfix/local[1]: x\n2026-01-01T00:00:00Z mx1 x":             "2026-01-01T01:02:03+01:00",
		"garbage\n":                      "",
		"Dec 31 10:00:00 mx1 dovecot: x": "",
		"":                               "",
	} {
		got, ok := FirstTime([]byte(head), modified, Options{Location: time.UTC})
		if ok != (want != "") || ok && got.Format(time.RFC3339) != want {
			t.Errorf("%q: %v, %t, want %q", head, got, ok, want)
		}
	}
}

// The time of a line does not depend on how many lines are fed at once, nor on whether its neighbours are of use.
func TestTimesOfBlocks(t *testing.T) {
	const log = `Oct 25 01:50:00 mx1 postfix/smtpd[410]: connect from a.example[192.0.2.10]
Oct 25 02:50:00 mx1 postfix/anvil[460]: statistics: max cache size 1 at Oct 25 02:40:00
Oct 25 02:10:00 mx1 postfix/smtpd[410]: disconnect from a.example[192.0.2.10] quit=1 commands=1
Oct 25 03:30:00 mx1 postfix/anvil[460]: statistics: max cache size 1 at Oct 25 03:20:00
`
	opts := Options{Location: location(t, "Europe/Berlin"), Year: 2026}
	ends := func(blocks ...string) time.Time {
		r := &recorder{t: t}
		p := New(r, opts)
		for _, block := range blocks {
			p.Feed([]byte(block))
		}
		return r.sessions[0].End
	}
	want := time.Date(2026, time.October, 25, 1, 10, 0, 0, time.UTC) // the second 02:10
	if got := ends(strings.SplitAfter(log, "\n")...); !got.Equal(want) {
		t.Errorf("line by line: the session ends at %v, want %v", got, want)
	}
	if got := ends(log); !got.Equal(want) {
		t.Errorf("at once: the session ends at %v, want %v", got, want)
	}
}

// A day that no year has must not be looked for in all of them.
func TestImpossibleDay(t *testing.T) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		FirstTime([]byte("Feb 30 12:00:00 mx1 postfix/smtpd[410]: connect from a.example[192.0.2.10]\n"), at(12, 0), testOptions())
		FirstTime([]byte("Feb 30 12:00:00 mx1 postfix/smtpd[410]: connect from a.example[192.0.2.10]\n"), at(12, 0), Options{Location: time.UTC})
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("still looking for the year after a minute")
	}
}
