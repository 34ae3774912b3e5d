package loggen

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func generate(t *testing.T, o Options) ([]byte, Summary) {
	t.Helper()
	var b bytes.Buffer
	s, err := Generate(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), s
}

func TestSummaryAgreesWithReader(t *testing.T) {
	for _, o := range []Options{
		{Lines: 1},
		{Lines: 999},
		{Lines: 50_000},
		{Lines: 50_000, Seed: 1, Peers: minPeers},
		{Lines: 100_000, Seed: 2},
	} {
		t.Run(fmt.Sprintf("%d lines seed %d", o.Lines, o.Seed), func(t *testing.T) {
			log, want := generate(t, o)
			r := read(log)
			if len(r.faults) > 0 {
				t.Errorf("%d faults, the first: %s", len(r.faults), r.faults[0])
			}
			// The reader does not look at times: TestHeaders does.
			want.First, want.Last = time.Time{}, time.Time{}
			if diff := cmp.Diff(want, r.got); diff != "" {
				t.Errorf("summary (-) and reader (+) disagree:\n%s", diff)
			}
		})
	}
}

// The most naive check of all: whoever counts with grep must find the same.
func TestConnects(t *testing.T) {
	log, s := generate(t, Options{Lines: 20_000})
	count := 0
	for line := range bytes.Lines(log) {
		if bytes.Contains(line, []byte("smtpd[")) && bytes.Contains(line, []byte("]: connect from ")) {
			count++
		}
	}
	if int64(count) != s.Connects {
		t.Errorf("%d connect lines, summary says %d", count, s.Connects)
	}
	if ended := s.Sessions.Total(); ended > s.Connects {
		t.Errorf("%d sessions ended, only %d began", ended, s.Connects)
	}
}

func TestSameOptionsSameBytes(t *testing.T) {
	o := Options{Lines: 20_000, Seed: 42}
	first, want := generate(t, o)
	second, got := generate(t, o)
	if !bytes.Equal(first, second) {
		t.Error("two logs of the same options differ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("two summaries of the same options differ:\n%s", diff)
	}
	o.Seed++
	if other, _ := generate(t, o); bytes.Equal(first, other) {
		t.Error("another seed makes the same log")
	}
}

// A short log is the beginning of a longer one, so that the summary must be right wherever the log is cut.
func TestCutAnywhere(t *testing.T) {
	long, _ := generate(t, Options{Lines: 5000})
	for lines := 1; lines <= 5000; lines += 833 {
		short, s := generate(t, Options{Lines: lines})
		if !bytes.HasPrefix(long, short) {
			t.Fatalf("a log of %d lines is not the beginning of one of 5000", lines)
		}
		if n := bytes.Count(short, []byte("\n")); n != lines || s.Lines != int64(lines) || s.Bytes != int64(len(short)) {
			t.Errorf("%d lines wanted: %d lines of %d bytes written, summary says %d and %d", lines, n, len(short), s.Lines, s.Bytes)
		}
	}
}

// 168 bytes a line is what a busy host with rsyslog's RFC 3339 headers has.
func TestMeanLineLength(t *testing.T) {
	for seed := range uint64(4) {
		s, err := Generate(io.Discard, Options{Lines: 100_000, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		if mean := float64(s.Bytes) / float64(s.Lines); mean < 165 || mean > 170 {
			t.Errorf("seed %d: %.1f bytes a line, want 165 to 170", seed, mean)
		}
	}
}

func TestHeaders(t *testing.T) {
	start := time.Date(2026, time.December, 31, 23, 59, 0, 0, time.FixedZone("", 3600))
	stamps := map[bool]struct {
		layout string
		re     *regexp.Regexp
	}{
		false: {"2006-01-02T15:04:05.000000-07:00", regexp.MustCompile(`^(\S{26}\+01:00) mail [A-Za-z/]+(\[\d+\])?: \S.*[^ ]\n$`)},
		true:  {time.Stamp, regexp.MustCompile(`^([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) mail [A-Za-z/]+(\[\d+\])?: \S.*[^ ]\n$`)},
	}
	for traditional, stamp := range stamps {
		log, s := generate(t, Options{Lines: 5000, Start: start, Host: "mail", Traditional: traditional})
		var first, last string
		for line := range bytes.Lines(log) {
			m := stamp.re.FindSubmatch(line)
			if m == nil {
				t.Fatalf("traditional %v: line %q does not match %s", traditional, line, stamp.re)
			}
			if last = string(m[1]); first == "" {
				first = last
			}
		}
		if want := s.First.Format(stamp.layout); first != want {
			t.Errorf("traditional %v: the first line is of %s, summary says %s", traditional, first, want)
		}
		if want := s.Last.Format(stamp.layout); last != want {
			t.Errorf("traditional %v: the last line is of %s, summary says %s", traditional, last, want)
		}
	}
}

func TestTimeNeverGoesBack(t *testing.T) {
	log, _ := generate(t, Options{Lines: 50_000})
	var last []byte
	for line := range bytes.Lines(log) {
		stamp, _, _ := bytes.Cut(line, []byte(" "))
		if bytes.Compare(stamp, last) < 0 {
			t.Fatalf("%s comes after %s", stamp, last)
		}
		last = stamp
	}
}

func TestProcesses(t *testing.T) {
	log, _ := generate(t, Options{Lines: 100_000})
	r := read(log)
	most := 0
	for process, n := range r.perProcess {
		most = max(most, n)
		if n > maxUse {
			t.Errorf("%s served %d sessions", process, n)
		}
	}
	if most < maxUse {
		t.Errorf("no process lived to serve %d sessions, the busiest served %d", maxUse, most)
	}
	if open := len(r.sessions); open < 10 {
		t.Errorf("%d sessions are open at the end, want those of a busy host", open)
	}
}

func TestOnlyDocumentationNames(t *testing.T) {
	log, _ := generate(t, Options{Lines: 20_000})
	var nets []netip.Prefix
	for _, net := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"} {
		nets = append(nets, netip.MustParsePrefix(net))
	}
	peers := regexp.MustCompile(` (?:from |to |client=|relay=)([A-Za-z0-9.-]+)\[([0-9a-f.:]+)\]`)
	for _, m := range peers.FindAllStringSubmatch(string(log), -1) {
		name, address := m[1], netip.MustParseAddr(m[2])
		inside := false
		for _, net := range nets {
			inside = inside || net.Contains(address)
		}
		if !inside {
			t.Errorf("%s is not set aside for documentation", address)
		}
		top := name[strings.LastIndexByte(name, '.')+1:]
		if name != "unknown" && top != "example" && !regexp.MustCompile(`\.example\.(com|net|org)$`).MatchString(name) {
			t.Errorf("%s is not set aside for documentation", name)
		}
	}
}

func TestPopulation(t *testing.T) {
	for _, n := range []int{minPeers, 21, DefaultPeers} {
		p := newGenerator(io.Discard, Options{Peers: n}).peers
		sum := 0
		for _, r := range []role{p.senders, p.users, p.scanners, p.exchangers} {
			sum += len(r.peers)
		}
		if sum != n {
			t.Errorf("%d peers in place of %d", sum, n)
		}
	}
}

func TestBadOptions(t *testing.T) {
	for _, o := range []Options{{Lines: -1}, {Peers: minPeers - 1}} {
		if _, err := Generate(io.Discard, o); err == nil {
			t.Errorf("no error for %+v", o)
		}
	}
}

type failingWriter struct{ left int }

var errFull = errors.New("disk full")

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteError(t *testing.T) {
	for _, room := range []int{0, 100_000} { // fails at the last flush, and before
		_, err := Generate(&failingWriter{left: room}, Options{Lines: 1 + room/100})
		if !errors.Is(err, errFull) {
			t.Errorf("room for %d bytes: error %v, want %v", room, err, errFull)
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	const lines = 10_000
	for b.Loop() {
		if _, err := Generate(io.Discard, Options{Lines: lines}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*lines/b.Elapsed().Seconds(), "lines/s")
}
