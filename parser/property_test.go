package parser

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A realLine is a line of a real server's log, and what orders it among others.
type realLine struct {
	text    string
	at      int    // where it stood
	process string // host and process ID; empty of what no process of Postfix wrote, or master did, which concerns all of them
	program string
	ids     []string // queue IDs in it
	peers   []string // addresses in it
}

var (
	realHeader = regexp.MustCompile(`^(?:[A-Z][a-z]{2} [ 0-9]\d [0-9:]{8}|\d{4}-\S+) (\S+) \S+/([a-z-]+)(\[\d+\]): (.*)`)
	realID     = regexp.MustCompile(`\b(?:[0-9A-F]{9,21}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,}z[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]+)\b`)
	realPeer   = regexp.MustCompile(`\[[0-9a-f:.]+\]`)
	realReason = regexp.MustCompile(` failure=\S+`)
)

func realLineOf(text string, at int) realLine {
	l := realLine{text: text, at: at}
	m := realHeader.FindStringSubmatch(text)
	if m == nil || m[2] == "master" || strings.HasPrefix(m[2], "post") && m[2] != "postscreen" {
		return l
	}
	l.process, l.program = m[1]+m[3], m[2]
	l.ids, l.peers = realID.FindAllString(m[4], -1), realPeer.FindAllString(m[4], -1)
	return l
}

// A realLog is one of ../testdata/corpus.
type realLog struct {
	name  string
	opts  Options
	lines []realLine
}

func realLogs(t *testing.T) []realLog {
	t.Helper()
	paths, err := filepath.Glob("../testdata/corpus/*/mail.log*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no logs: %v", err)
	}
	var out []realLog
	for _, path := range paths {
		out = append(out, readReal(t, path))
	}
	return out
}

func readReal(t *testing.T, path string) realLog {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if data, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	var meta struct {
		Year     int
		Timezone string
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(path), "meta.json"))
	if err == nil {
		err = json.Unmarshal(text, &meta)
	}
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation(meta.Timezone)
	if err != nil {
		t.Fatal(err)
	}
	log := realLog{name: filepath.Base(filepath.Dir(path)), opts: Options{Location: zone, Year: meta.Year}}
	for line := range strings.Lines(string(data)) {
		log.lines = append(log.lines, realLineOf(line, len(log.lines)))
	}
	endsOf(log.lines)
	return log
}

// endsOf notes at the end of each client session which queue IDs it had: an aborted transaction is over then, and cleanup's line about it
// must not come later.
func endsOf(lines []realLine) {
	ids := make(map[string][]string)
	for i := range lines {
		switch l := &lines[i]; {
		case l.program != "smtpd":
		case strings.Contains(l.text, "]: disconnect from "):
			l.ids = ids[l.process]
			delete(ids, l.process)
		default:
			ids[l.process] = append(ids[l.process], l.ids...)
		}
	}
}

func (log *realLog) play(t *testing.T, lines []realLine) *recorder {
	t.Helper()
	r := &recorder{t: t}
	p := New(r, log.opts)
	var text []byte
	for i := range lines {
		text = append(text, lines[i].text...)
	}
	p.Feed(text)
	p.Close()
	r.checkClosed(p)
	return r
}

// maxMoved is how many places a line may move: several writers of one log are not slower than one another by more.
const maxMoved = 8

// shuffle exchanges neighbouring lines of different processes at random, again and again. What one process writes stays in order, and so
// does what depends on one another: the lines of a queue ID and the end of its session, those by which postscreen and tlsproxy tell each
// other of a client, or tlsproxy and smtp of a server, and those of the two sessions around a before-queue filter.
func shuffle(rng *rand.Rand, log []realLine, free func(a, b *realLine) bool) []realLine {
	lines := slices.Clone(log)
	for range 12 {
		for i := range len(lines) - 1 {
			a, b := &lines[i], &lines[i+1]
			if rng.IntN(2) == 0 && i+1-a.at < maxMoved && b.at-i < maxMoved && free(a, b) {
				*a, *b = *b, *a
			}
		}
	}
	return lines
}

func share(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// independent tells lines that nothing orders.
func independent(a, b *realLine) bool {
	if a.process == "" || b.process == "" || a.process == b.process || share(a.ids, b.ids) {
		return false
	}
	tied := func(l *realLine) bool {
		return l.program == "tlsproxy" || l.program == "postscreen" ||
			strings.Contains(l.text, "NOQUEUE: client=") || strings.Contains(l.text, "orig_client=")
	}
	return !share(a.peers, b.peers) || !tied(a) && !tied(b)
}

// nearlyIndependent also lets the queue manager's last line overtake the delivery records before it, as datagrams of two processes may.
func nearlyIndependent(a, b *realLine) bool {
	removed := func(l *realLine) bool { return l.program == "qmgr" && strings.HasSuffix(l.text, ": removed\n") }
	delivered := func(l *realLine) bool {
		return strings.Contains(l.text, ": to=<") && strings.Contains(l.text, ", relay=")
	}
	if removed(b) && delivered(a) && len(b.ids) == 1 && len(a.ids) > 0 && a.ids[0] == b.ids[0] {
		return a.process != b.process
	}
	return independent(a, b)
}

// facts are a log's records without times, sorted: their order may differ with that of the lines.
func facts(kinds ...[]string) []string {
	out := slices.Concat(kinds...)
	slices.Sort(out)
	return out
}

// byKind splits the lines of records by their first words.
func byKind(lines []string, kinds ...string) (out []string) {
	for _, line := range lines {
		if kind, _, _ := strings.Cut(line, " "); slices.Contains(kinds, kind) {
			out = append(out, line)
		}
	}
	return out
}

// Lines of processes that have nothing to do with each other may come in any order: no record differs. If a message is "removed" before
// its last delivery record is read, its record is made without it, and that delivery begins a record of its own; but each session and each
// delivery is told all the same, with the same TLS state.
func TestOrderOfProcesses(t *testing.T) {
	for _, log := range realLogs(t) {
		t.Run(log.name, func(t *testing.T) {
			want := log.play(t, log.lines).lines()
			for seed := range uint64(3) {
				rng := rand.New(rand.NewPCG(seed, 4))
				got := log.play(t, shuffle(rng, log.lines, independent)).lines()
				if diff := cmp.Diff(facts(want), facts(got)); diff != "" {
					t.Fatalf("seed %d (-as logged +in another order):\n%s", seed, diff)
				}
				kinds := []string{"session", "outbound", "queued", "delivery", "tlsrpt"}
				got = log.play(t, shuffle(rng, log.lines, nearlyIndependent)).lines()
				if diff := cmp.Diff(facts(byKind(want, kinds...)), facts(byKind(got, kinds...))); diff != "" {
					t.Fatalf("seed %d, with messages removed early (-as logged +in another order):\n%s", seed, diff)
				}
			}
		})
	}
}

// A cut is where a log is divided. It touches the queue IDs with lines on both sides of it, and all those of client sessions that go on
// across it.
type cut struct {
	at      int
	touched map[string]bool
}

func cutAt(lines []realLine, at int) cut {
	c := cut{at, make(map[string]bool)}
	before := make(map[string]bool)
	sessions := make(map[string][]string) // queue IDs of open ones, by process
	spans := make(map[string]bool)        // processes whose session goes on across the cut
	for i := range lines {
		l := &lines[i]
		if i == at {
			for process, ids := range sessions {
				spans[process] = true
				c.touch(ids)
			}
		}
		for _, id := range l.ids {
			if i < at {
				before[id] = true
			} else if before[id] {
				c.touched[id] = true
			}
		}
		if l.program != "smtpd" {
			continue
		}
		switch {
		case strings.Contains(l.text, "]: connect from "):
			sessions[l.process] = []string{}
			delete(spans, l.process)
		case strings.Contains(l.text, "]: disconnect from "):
			delete(sessions, l.process)
			delete(spans, l.process)
		case spans[l.process]:
			c.touch(l.ids)
		default:
			sessions[l.process] = append(sessions[l.process], l.ids...)
		}
	}
	return c
}

func (c cut) touch(ids []string) {
	for _, id := range ids {
		c.touched[id] = true
	}
}

// untouched are the records of either part that cannot differ from the whole log's: those of sessions that begin and end in it, and of
// queue IDs that occur in it alone. That there is no TLS line means plaintext only if the service showed one elsewhere, perhaps in the
// other part; so both are the same here. Why a certificate is not trusted, Postfix logs for the first of several TLS sessions that resume
// one another; so the reason counts for nothing.
func (c cut) untouched(r *recorder) []string {
	var out []string
	for _, line := range r.lines() {
		words := strings.Fields(line)
		open := strings.Contains(line, " no start") || slices.Contains(words, "open") || words[0] == "outbound" && !slices.Contains(words, "of")
		if !open && !slices.ContainsFunc(words, func(w string) bool {
			return slices.ContainsFunc(strings.Split(w, ","), func(id string) bool { return c.touched[id] })
		}) {
			out = append(out, realReason.ReplaceAllString(strings.Replace(line, " unknown ", " plaintext ", 1), " failure"))
		}
	}
	return out
}

// missing returns what of the part is not in the whole.
func missing(part, whole []string) (out []string) {
	count := make(map[string]int)
	for _, line := range whole {
		count[line]++
	}
	for _, line := range part {
		if count[line]--; count[line] < 0 {
			out = append(out, line)
		}
	}
	return out
}

// A log that is cut, because it is rotated away or goes on later, tells the same of all that the cut does not go through.
func TestCutLogs(t *testing.T) {
	for _, log := range realLogs(t) {
		t.Run(log.name, func(t *testing.T) {
			whole := log.play(t, log.lines)
			rng := rand.New(rand.NewPCG(5, 5))
			for range 6 {
				c := cutAt(log.lines, rng.IntN(len(log.lines)))
				head, tail := c.untouched(log.play(t, log.lines[:c.at])), c.untouched(log.play(t, log.lines[c.at:]))
				all := c.untouched(whole)
				if diff := missing(head, all); len(diff) > 0 {
					t.Fatalf("cut before line %d, the first part tells:\n%s", c.at+1, strings.Join(diff, "\n"))
				}
				if diff := missing(tail, all); len(diff) > 0 {
					t.Fatalf("cut before line %d, the second part tells:\n%s", c.at+1, strings.Join(diff, "\n"))
				}
			}
		})
	}
}
