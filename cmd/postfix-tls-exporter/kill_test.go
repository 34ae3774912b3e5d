package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/loggen"
)

// envSoak says for how long TestKill goes on, as in 10m. Without it, that is some seconds.
const envSoak = "POSTFIX_TLS_SOAK"

// TestKill kills serve at any moment, again and again, while the log is written and rotated. In the end it has counted what parse counts in all the files.
func TestKill(t *testing.T) {
	t.Parallel()
	lives, longest := 6, time.Second
	var end time.Time
	if text := os.Getenv(envSoak); text != "" {
		soak, err := time.ParseDuration(text)
		must(t, err)
		end = time.Now().Add(soak)
		lives, longest = 15, 8*time.Second // in which old files are left for good
	}
	for round := 0; round == 0 || time.Now().Before(end); round++ {
		ok := t.Run(strconv.Itoa(round), func(t *testing.T) {
			for name, s := range map[string]killScene{
				"often":       {dated: round%2 == 1, interval: 50 * time.Millisecond},
				"seldom":      {dated: round%2 == 0, interval: time.Hour}, // but after rotations
				"with events": {dated: round%2 == 1, interval: 300 * time.Millisecond, handOver: true},
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					s.t, s.longest = t, longest
					s.play(lives)
				})
			}
		})
		if !ok {
			return
		}
	}
}

// must fails the test for an error of the test's own doing.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A killScene is a log, and serve in its many lives.
type killScene struct {
	t        *testing.T
	dated    bool          // rotated files have dates, not numbers
	interval time.Duration // between checkpoints
	handOver bool          // of events, to files
	longest  time.Duration // that a life lasts

	random *rand.Rand
	log    *mailLog
	state  string // directory
	events string // directory; empty without
	last   scrape // in whichever life
	seen   int    // scrapes that were answered
	held   int    // scrapes that were not
}

// maxDown is how many rotations there are at most while serve is down.
const maxDown = 5

func (s *killScene) play(lives int) {
	seed := rand.Uint64()
	s.t.Logf("seed %d", seed)
	s.random = rand.New(rand.NewPCG(seed, 0))
	dir := s.t.TempDir()
	s.state = filepath.Join(dir, "state")
	if s.handOver {
		s.events = filepath.Join(dir, "events")
	}
	s.log = newMailLog(s.t, dir, s.dated, seed)
	stop := s.log.start(rand.New(rand.NewPCG(seed, 1)))
	server := s.launch() // without a checkpoint, what is rotated before anyone came is none of its business
	server.awaitAddress(s.t)
	awaitCheckpoint(s.t, s.state)
	server.kill(s.t)
	for range lives {
		s.live()
		for range s.random.IntN(maxDown + 1) {
			s.log.rotate(s.random)
			s.pause(50 * time.Millisecond)
		}
	}
	stop()
	s.log.end()
	for range 2 { // nothing happens in between
		server := s.launch()
		server.awaitAddress(s.t)
		eventually(s.t, "serve to be ready", func() bool { return s.probe(server) })
		server.awaitLines(s.t, s.log.lines)
		s.probe(server)
		s.compare()
		server.stopWell(s.t)
	}
	if s.handOver {
		s.compareEvents()
	}
	s.t.Logf("%d rotations, %d scrapes answered, %d not yet", s.log.rotations, s.seen, s.held)
}

// launch starts serve with room for all peers.
func (s *killScene) launch() *server {
	args := []string{"--log", s.log.path, "--state-directory", s.state, "--checkpoint-interval", s.interval.String(), "--peer-limit=100000"}
	if s.handOver {
		args = append(args, "--events", s.events, "--events.max-size=50KiB", "--events.max-files=0")
	}
	return launch(s.t, nil, args...)
}

func (s *killScene) pause(longest time.Duration) { time.Sleep(upTo(s.random, longest)) }

func upTo(random *rand.Rand, longest time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(longest)))
}

// live is one life of serve. It ends at any moment, at times before it has begun to listen. One of four ends in an orderly way: that is no reason to count
// otherwise. After it, nobody needs the oldest files any more.
func (s *killScene) live() {
	s.t.Helper()
	server, begin := s.launch(), time.Now()
	length := upTo(s.random, s.longest)
	if s.random.IntN(4) == 0 {
		length = upTo(s.random, 100*time.Millisecond)
	}
	next := 2 // rotations at most
	for time.Since(begin) < length {
		s.pause(min(100*time.Millisecond, length))
		if server.base == "" {
			select {
			case a := <-server.address:
				server.base = "http://" + a
			case <-server.ended:
				s.t.Fatalf("it ended:\n%s", server.stderr.String())
			default:
			}
			continue
		}
		if s.random.IntN(10) == 0 && next > 0 {
			next--
			s.log.rotate(s.random)
		}
		s.probe(server)
	}
	listens := server.base != ""
	switch how := s.random.IntN(4); {
	case how == 0 && listens:
		s.t.Logf("%s stopped", time.Now().Format(time.StampMicro))
		server.stopWell(s.t)
		s.log.archive()
		return
	case how == 1 && listens: // while a checkpoint is written
		must(s.t, server.cmd.Process.Signal(syscall.SIGHUP))
		s.pause(20 * time.Millisecond)
	default:
	}
	server.kill(s.t)
	s.t.Logf("%s killed after %v", time.Now().Format(time.StampMicro), time.Since(begin))
}

// probe scrapes if serve lets it, and tells so. No counter goes backwards, in whichever life.
func (s *killScene) probe(server *server) bool {
	s.t.Helper()
	status, body := get(s.t, server.base+"/metrics")
	ready := server.isReady(s.t)
	if status != http.StatusOK {
		if s.held++; status != http.StatusServiceUnavailable || strings.Contains(body, "postfix_tls_") {
			s.t.Errorf("/metrics answers %d %q", status, body)
		}
		return false
	}
	if !ready { // after the scrape
		s.t.Error("/metrics is there before the log has been read up to its end")
	}
	s.seen++
	now := scrapeFrom(s.t, server.base)
	for _, key := range s.last.keys() {
		if isLogCounter(key) && now[key] < s.last[key] {
			s.t.Errorf("%s went from %v to %v", key, s.last[key], now[key])
		}
	}
	s.last = now
	return true
}

func (s scrape) keys() []string {
	var keys []string
	for key := range s {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// isLogCounter tells whether the series counts what is in the log, and not what the process did.
func isLogCounter(key string) bool {
	name, _, _ := strings.Cut(key, "{")
	for _, of := range []string{"go_", "process_", "promhttp_", "checkpoint_", "log_source_", "events_", "event_"} {
		if strings.HasPrefix(name, of) {
			return false
		}
	}
	return strings.HasSuffix(name, "_total")
}

// compare compares the last scrape with what parse says of all the files, and with what a serve says that nobody killed.
func (s *killScene) compare() {
	s.t.Helper()
	text := mustInvoke(s.t, append([]string{"parse", "--format", "json"}, s.log.files()...)...)
	report := decodeReport(s.t, text)
	sessions, messages, failures := peersAsScrape(report)
	got := s.last
	equal(s.t, "totals, as in the report", asScrape(report), got.named(totalsOf...))
	equal(s.t, "sessions by peer, as in the report", sessions, got.by("peer_sessions_total", "peer", "tls"))
	equal(s.t, "messages by peer, as in the report", messages, got.by("peer_messages_total", "peer", "tls"))
	equal(s.t, "failures by peer, as in the report", failures, got.by("peer_handshake_failures_total", "peer", "reason"))
	var outbound outboundReport
	must(s.t, json.Unmarshal([]byte(text), &outbound))
	equal(s.t, "deliveries, as in the report", outbound.asScrape(), got.named("deliveries_total", "domain_messages_total", "tlsrpt_results_total",
		"contradictions_total", "ambiguous_deliveries_total", "evicted_total"))

	wantLog := scrape{series("log_bytes_total", "log", s.log.path): float64(s.log.written)}
	equal(s.t, "log", wantLog, got.named("log_bytes_total", "log_lost_bytes_total", "log_cut_lines_total", "log_gaps_total", "log_dropped_lines_total"))

	unharmed := serve(s.t, "--log", s.log.copy(), "--peer-limit=100000").awaitLines(s.t, s.log.lines)
	equal(s.t, "counters, as of one run", unharmed.counters(), got.counters())
}

// counters are those of the log that do not name it.
func (s scrape) counters() scrape {
	out := scrape{}
	for key, v := range s {
		if isLogCounter(key) && (!strings.HasPrefix(key, "log_") || strings.HasPrefix(key, "log_lines_")) {
			out[key] = v
		}
	}
	return out
}

// A mailLog is written by a goroutine of its own, and rotated by another. All that was written to it is kept.
type mailLog struct {
	t         *testing.T
	path      string
	old       string // directory of the files that a rotation removed
	dated     bool
	rotations int
	archived  []string

	mu      sync.Mutex // guards what follows; who holds it stops the writer
	file    *os.File
	text    []byte // all that is to be written
	written int    // bytes of it
	lines   int    // of what was written, at the end
	err     error
}

// logSize is enough for as long as a scene lasts, at some thousand lines a second.
const logSize = 60_000

func newMailLog(t *testing.T, dir string, dated bool, seed uint64) *mailLog {
	t.Helper()
	lines := logSize
	if os.Getenv(envSoak) != "" {
		lines *= 6
	}
	var text bytes.Buffer
	_, err := loggen.Generate(&text, loggen.Options{Lines: lines, Seed: seed, Peers: 300})
	must(t, err)
	l := &mailLog{t: t, path: filepath.Join(dir, "log", "mail.log"), old: filepath.Join(dir, "old"), dated: dated, text: text.Bytes()}
	must(t, os.Mkdir(filepath.Dir(l.path), 0o700))
	must(t, os.Mkdir(l.old, 0o700))
	l.open()
	return l
}

// start writes some thousand lines a second until it is told to stop. Writes end anywhere in a line.
func (l *mailLog) start(random *rand.Rand) (stop func()) {
	ctx, cancel := context.WithCancel(l.t.Context())
	var writer sync.WaitGroup
	writer.Go(func() {
		for tick := time.NewTicker(5 * time.Millisecond); ctx.Err() == nil; <-tick.C {
			l.mu.Lock()
			l.write(random.IntN(8 << 10))
			l.mu.Unlock()
		}
	})
	l.t.Cleanup(func() {
		cancel()
		writer.Wait()
		_ = l.file.Close()
	})
	return func() {
		cancel()
		writer.Wait()
		must(l.t, l.err)
	}
}

// write writes the next n bytes, if there are as many.
func (l *mailLog) write(n int) {
	n = min(n, len(l.text)-l.written)
	if l.err == nil {
		_, l.err = l.file.Write(l.text[l.written : l.written+n])
		l.written += n
	}
}

// endLine writes the rest of a line: writers let go of a file between two lines.
func (l *mailLog) endLine() {
	if rest := l.text[l.written:]; l.written > 0 && l.text[l.written-1] != '\n' {
		l.write(bytes.IndexByte(rest, '\n') + 1)
	}
}

// end ends the last line and all sessions: Postfix stops. What nobody says the end of is given up hours later.
func (l *mailLog) end() {
	l.endLine()
	written := l.text[:l.written]
	last := written[bytes.LastIndexByte(written[:len(written)-1], '\n')+1:]
	at, err := time.Parse(time.RFC3339Nano, string(last[:bytes.IndexByte(last, ' ')]))
	must(l.t, err)
	end := fmt.Sprintf("%s mx1 postfix/master[900]: terminating on signal 15\n", at.Format(time.RFC3339Nano))
	for range 6 {
		at = at.Add(2 * time.Hour)
		end += fmt.Sprintf("%s mx1 postfix/postfix-script[901]: the Postfix mail system is not running\n", at.Format(time.RFC3339Nano))
	}
	l.text = append(written, end...)
	l.write(len(end))
	must(l.t, l.err)
	l.lines = bytes.Count(l.text, []byte{'\n'})
}

// copy returns a file of all that was written.
func (l *mailLog) copy() string {
	return writeFile(l.t, filepath.Join(l.old, "all.log"), string(l.text))
}

func (l *mailLog) open() {
	l.t.Helper()
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	must(l.t, err)
	if l.file != nil {
		must(l.t, l.file.Close())
	}
	l.file = f
}

// rotate does what logrotate, or newsyslog, does with some of its options. The writer goes on, but while the log is copied to be truncated, which would lose
// lines whoever reads them.
func (l *mailLog) rotate(random *rand.Rand) {
	l.t.Helper()
	l.rotations++
	style := random.IntN(5)
	l.t.Logf("%s rotation %d in style %d", time.Now().Format(time.StampMicro), l.rotations, style)
	if style == 0 {
		l.copyTruncate()
		return
	}
	to := l.makeRoom()
	must(l.t, os.Rename(l.path, to))
	if style == 1 || style == 2 { // create
		must(l.t, os.WriteFile(l.path, nil, 0o600))
	}
	time.Sleep(upTo(random, 20*time.Millisecond)) // the old file is written to
	l.mu.Lock()
	l.endLine()
	l.open()
	l.mu.Unlock()
	switch style {
	case 1, 3: // compress
		l.compress(to)
	case 4: // delaycompress
		for _, old := range l.rotated() {
			if old != to && filepath.Ext(old) != ".gz" {
				l.compress(old)
			}
		}
	default:
	}
}

func (l *mailLog) copyTruncate() {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endLine()
	content, err := os.ReadFile(l.path)
	must(l.t, err)
	must(l.t, os.WriteFile(l.makeRoom(), content, 0o600))
	must(l.t, os.Truncate(l.path, 0))
}

// makeRoom returns the name that the log gets.
func (l *mailLog) makeRoom() string {
	l.t.Helper()
	if l.dated {
		return l.path + time.Date(2026, 3, l.rotations, 0, 0, 0, 0, time.UTC).Format("-20060102")
	}
	for _, from := range l.rotated() {
		name, ext := strings.TrimSuffix(from, ".gz"), ""
		if name != from {
			ext = ".gz"
		}
		must(l.t, os.Rename(from, fmt.Sprintf("%s.%d%s", l.path, number(name)+1, ext)))
	}
	return l.path + ".1"
}

// number returns that of mail.log.5, or a date.
func number(name string) int {
	digits := name[strings.LastIndexAny(name, ".-")+1:]
	n, _ := strconv.Atoi(digits) // there are no other names
	return n
}

// rotated returns the rotated files, oldest first.
func (l *mailLog) rotated() []string {
	l.t.Helper()
	files, err := filepath.Glob(l.path + "?*")
	must(l.t, err)
	slices.SortFunc(files, func(a, b string) int {
		older := cmp.Compare(number(strings.TrimSuffix(a, ".gz")), number(strings.TrimSuffix(b, ".gz")))
		if !l.dated {
			older = -older
		}
		return older
	})
	return files
}

// compress does what gzip does: the plain file goes when the other one is complete.
func (l *mailLog) compress(path string) {
	l.t.Helper()
	info, err := os.Stat(path)
	must(l.t, err)
	content, err := os.ReadFile(path)
	must(l.t, err)
	f, err := os.Create(path + ".gz")
	must(l.t, err)
	w := gzip.NewWriter(f)
	w.ModTime = info.ModTime()
	for len(content) > 0 {
		n, err := w.Write(content[:min(len(content), 64<<10)])
		must(l.t, err)
		content = content[n:]
	}
	must(l.t, w.Close())
	must(l.t, f.Close())
	must(l.t, os.Chtimes(path+".gz", info.ModTime(), info.ModTime()))
	must(l.t, os.Remove(path))
}

// archive removes all but the youngest rotated files, as the option rotate 5 does.
func (l *mailLog) archive() {
	l.t.Helper()
	files := l.rotated()
	for _, file := range files[:max(0, len(files)-5)] {
		to := filepath.Join(l.old, fmt.Sprintf("%d-%s", len(l.archived), filepath.Base(file)))
		must(l.t, os.Rename(file, to))
		l.archived = append(l.archived, to)
	}
}

// files are all that there ever were, oldest first.
func (l *mailLog) files() []string {
	return append(append(slices.Clone(l.archived), l.rotated()...), l.path)
}
