package report

import (
	"strings"
	"testing"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

func TestBuckets(t *testing.T) {
	start := time.Date(2026, 1, 30, 22, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, step  string // of the rows
		last        time.Duration
		want        string // step of the bars
		bars        int
		first, then string
	}{
		{"one hour", tally.StepHour, 0, tally.StepHour, 1, "2026-01-30 22:00", ""},
		{"two hours", tally.StepHour, time.Hour, tally.StepHour, 2, "2026-01-30 22:00", "2026-01-30 23:00"},
		{"96 hours", tally.StepHour, 95 * time.Hour, tally.StepHour, 96, "2026-01-30 22:00", "2026-01-30 23:00"},
		{"97 hours", tally.StepHour, 96 * time.Hour, tally.StepDay, 5, "2026-01-30", "2026-01-31"},
		{"days", tally.StepDay, 24 * time.Hour, tally.StepDay, 2, "2026-01-30", "2026-01-31"},
		{"120 days", tally.StepHour, 119 * 24 * time.Hour, tally.StepDay, 120, "2026-01-30", "2026-01-31"},
		{"120 days and two hours", tally.StepHour, 120*24*time.Hour + 2*time.Hour, tally.StepMonth, 5, "2026-01", "2026-02"},
		{"months", tally.StepMonth, 31 * 24 * time.Hour, tally.StepMonth, 3, "2026-01", "2026-02"},
		{"years", tally.StepHour, 20 * 365 * 24 * time.Hour, tally.StepYear, 21, "2026", "2027"},
	} {
		s := &tally.Snapshot{}
		timed(s, c.step, start, start.Add(c.last))
		b := inSteps(s, stepFor(s), "inbound", "public")
		if b.step != c.want || len(b.all) != c.bars {
			t.Errorf("%s: %d bars by %s, want %d by %s", c.name, len(b.all), b.step, c.bars, c.want)
			continue
		}
		if got, _ := stepLabel(b.all[0].start, b.step); got != c.first {
			t.Errorf("%s: begins with %s, want %s", c.name, got, c.first)
		}
		if c.then != "" {
			if got, _ := stepLabel(b.all[1].start, b.step); got != c.then {
				t.Errorf("%s: goes on with %s, want %s", c.name, got, c.then)
			}
		}
		if b.sums[statePlaintext] != 3 || b.sums[stateTLS13] != 3 || b.sums.sum() != 6 { // 1 + 2 of each
			t.Errorf("%s: %d messages, want 6", c.name, b.sums.sum())
		}
	}
}

// TestBucketsAreBounded: times that are made up may be 9999 years apart.
func TestBucketsAreBounded(t *testing.T) {
	s := &tally.Snapshot{}
	timed(s, tally.StepYear, time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
	b := inSteps(s, stepFor(s), "inbound", "public")
	if len(b.all) != maxBuckets || !b.cut || b.all[len(b.all)-1].start.Year() != 9999 || b.sums.sum() != 4 {
		t.Errorf("%d bars up to %v with %d messages, cut %v; want the last %d", len(b.all), b.all[len(b.all)-1].start, b.sums.sum(), b.cut, maxBuckets)
	}
}

func TestRoundUp(t *testing.T) {
	for n, want := range map[uint64]uint64{
		0: 2, 1: 2, 2: 2, 3: 4, 5: 6, 7: 8, 9: 10, 10: 10, 11: 20, 21: 30, 41: 50, 55: 60, 61: 80, 81: 100, 999: 1000, 1001: 2000,
		9_000_000_000_000_000_000: 9_000_000_000_000_000_000,
	} {
		if got := roundUp(n); got != want {
			t.Errorf("roundUp(%d) = %d, want %d", n, got, want)
		}
	}
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.5: "0.5", 2: "2", 1500: "1,500", 9999: "9,999", 20_000: "20 k", 150_000: "150 k", 1.5e6: "1.5 M", 2e9: "2 G", 3e12: "3 T",
	} {
		if got := short(v); got != want {
			t.Errorf("short(%v) = %s, want %s", v, got, want)
		}
	}
}

// TestStackedBars draws bars that stand on each other: of 4 messages on a scale of 4, one in plaintext below and three under TLS above it.
func TestStackedBars(t *testing.T) {
	b := &buckets{step: tally.StepHour, all: make([]bucket, 2)}
	b.all[1].stateCounts = stateCounts{statePlaintext: 1, stateTLS13: 3}
	b.sums = b.all[1].stateCounts
	f := &figure{}
	f.stacked(b, func(*bucket) uint64 { return 4 })
	want := []path{{"plaintext", "M720 180h60V135h-60z"}, {"tls13", "M720 135h60V0h-60z"}}
	if len(f.Paths) != 2 || f.Paths[0] != want[0] || f.Paths[1] != want[1] {
		t.Errorf("%v, want %v", f.Paths, want)
	}
}

// TestLineHasGaps where there was no mail.
func TestLineHasGaps(t *testing.T) {
	b := &buckets{step: tally.StepHour, all: make([]bucket, 5)}
	b.all[0].stateCounts = stateCounts{stateTLS13: 1}
	b.all[1].stateCounts = stateCounts{statePlaintext: 1, stateTLS13: 1}
	b.all[4].stateCounts = stateCounts{statePlaintext: 1}
	lines, dots := line(b, 1)
	if want := "M100 180L300 90M900 0"; lines != want {
		t.Errorf("line %s, want %s", lines, want)
	}
	if want := "M100 180h0M300 90h0M900 0h0"; dots != want {
		t.Errorf("dots %s, want %s", dots, want)
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{middle("short.example.net", 20), "short.example.net"},
		{middle("very-long-name-of-a-host.outbound.example.net", 20), "very-…nd.example.net"},
		{shorten("ä€𐍈", 3), "ä€𐍈"},
		{shorten("ä€𐍈x", 3), "ä€𐍈…"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	if n := len([]rune(middle(strings.Repeat("x", 99), nameLimit))); n != nameLimit {
		t.Errorf("%d letters, want %d", n, nameLimit)
	}
}
