package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// A server is a running `serve` in a process of its own.
type server struct {
	base    string // of its URLs, once it listens
	cmd     *exec.Cmd
	address chan string   // that it listens on
	ended   chan struct{} // closed when its standard error has ended
	stderr  lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

var listening = regexp.MustCompile(`msg="Listening on" address=(\S+)`)

// serve starts the program on a free port.
func serve(t *testing.T, args ...string) *server {
	t.Helper()
	s := launch(t, nil, args...)
	s.awaitAddress(t)
	return s
}

// launch starts the program, with more in its environment, and does not wait until it listens.
func launch(t *testing.T, env []string, args ...string) *server {
	t.Helper()
	cmd := serveCommand(program, args...)
	cmd.Env = append(os.Environ(), env...)
	return launched(t, cmd)
}

func serveCommand(bin string, args ...string) *exec.Cmd {
	return exec.Command(bin, append([]string{"serve", "--web.listen-address=127.0.0.1:0", "--timezone=UTC"}, args...)...)
}

func launched(t *testing.T, cmd *exec.Cmd) *server {
	t.Helper()
	s := &server{cmd: cmd, address: make(chan string, 1), ended: make(chan struct{})}
	pipe, err := s.cmd.StderrPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // it has ended, if the test went well
		<-s.ended
		_ = s.cmd.Wait()
		if t.Failed() {
			t.Logf("its standard error:\n%s", s.stderr.String())
		}
	})
	go func() {
		defer close(s.ended)
		watch(io.TeeReader(pipe, &s.stderr), s.address)
	}()
	return s
}

func (s *server) awaitAddress(t *testing.T) {
	t.Helper()
	select {
	case a := <-s.address:
		s.base = "http://" + a
	case <-s.ended:
		t.Fatalf("it ended before it listened:\n%s", s.stderr.String())
	case <-time.After(patience):
		t.Fatal("it does not listen")
	}
}

// watch reads r to its end and sends the address that it tells of.
func watch(r io.Reader, address chan<- string) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			address <- m[1]
		}
	}
}

// stop asks the program to end, and returns its exit status.
func (s *server) stop(t *testing.T) int {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	_ = s.cmd.Wait() // the state tells
	return s.cmd.ProcessState.ExitCode()
}

// kill ends the program as the kernel does when there is no memory left.
func (s *server) kill(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	_ = s.cmd.Wait() // killed
}

func (s *server) isReady(t *testing.T) bool {
	t.Helper()
	status, _ := get(t, s.base+"/readyz")
	return status == http.StatusOK
}

func (s *server) awaitReady(t *testing.T) {
	t.Helper()
	eventually(t, "/readyz", func() bool { return s.isReady(t) })
}

// awaitLines waits until that many lines have been counted, and returns the scrape.
func (s *server) awaitLines(t *testing.T, n int) scrape {
	t.Helper()
	var got scrape
	eventually(t, fmt.Sprintf("%d lines to be counted", n), func() bool {
		got = scrapeFrom(t, s.base)
		return got.sum("log_lines_total") >= float64(n)
	})
	return got
}

// sniLogs are two logs in which all sessions have ended, so that a report and the metrics must say the same.
func sniLogs() (a, b string) {
	return filepath.Join(testdata, "corpus", "v37-sni", "mail.log"), filepath.Join(testdata, "corpus", "v312-sni", "mail.log")
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestServe follows a log while it is being written.
func TestServe(t *testing.T) {
	t.Parallel()
	source, _ := sniLogs()
	text := string(readLog(t, source))
	log := filepath.Join(t.TempDir(), "mail.log")
	appendTo(t, log, text[:len(text)/3]) // in the middle of a line
	s := serve(t, "--log", log)
	for rest := text[len(text)/3:]; rest != ""; {
		n := min(len(rest), 4999)
		appendTo(t, log, rest[:n])
		rest = rest[n:]
	}
	s.awaitLines(t, strings.Count(text, "\n"))
	var got scrape
	eventually(t, "the lag to be known", func() bool { // it is counted behind the lines
		got = scrapeFrom(t, s.base)
		return got.sum("log_lag_bytes") == 0
	})
	report := readReport(t, source)
	equal(t, "totals, as in the report", asScrape(report), got.named(totalsOf...))
	sessions, messages, failures := peersAsScrape(report)
	equal(t, "sessions by peer, as in the report", sessions, got.by("peer_sessions_total", "peer", "tls"))
	equal(t, "messages by peer, as in the report", messages, got.by("peer_messages_total", "peer", "tls"))
	equal(t, "failures by peer, as in the report", failures, got.by("peer_handshake_failures_total", "peer", "reason"))
	wantLog := scrape{series("log_bytes_total", "log", log): float64(len(text))}
	equal(t, "log", wantLog, got.named("log_bytes_total", "log_rotations_total", "log_lost_bytes_total", "log_cut_lines_total", "log_lag_bytes"))
	equal(t, "evicted", scrape{}, got.named("evicted_total", "open_sessions"))

	s.awaitReady(t)
	if status, body := get(t, s.base+"/healthz"); status != http.StatusOK || body != "ok\n" {
		t.Errorf("/healthz: %d %q", status, body)
	}
	if status, body := get(t, s.base+"/"); status != http.StatusOK || !strings.Contains(body, `"/metrics"`) || !strings.Contains(body, program) {
		t.Errorf("/: %d %s", status, body)
	}
	if status, _ := get(t, s.base+"/nothing"); status != http.StatusNotFound {
		t.Errorf("/nothing: %d", status)
	}
	if status := s.stop(t); status != 0 {
		t.Errorf("exit status %d after SIGTERM", status)
	}
}

// TestServeRotation renames the log between two lines of a session, as logrotate does.
func TestServeRotation(t *testing.T) {
	t.Parallel()
	source, _ := sniLogs()
	text := string(readLog(t, source))
	half := strings.Index(text[len(text)/2:], "\n") + len(text)/2 + 1
	dir := t.TempDir()
	log := filepath.Join(dir, "mail.log")
	appendTo(t, log, text[:half-200]) // the last lines of the old log are written after it was renamed
	s := serve(t, "--log", log)
	s.awaitLines(t, strings.Count(text[:half-200], "\n"))
	if err := os.Rename(log, log+".1"); err != nil {
		t.Fatal(err)
	}
	appendTo(t, log+".1", text[half-200:half])
	appendTo(t, log, text[half:])
	got := s.awaitLines(t, strings.Count(text, "\n"))
	equal(t, "totals, as in the report", asScrape(readReport(t, source)), got.named(totalsOf...))
	want := scrape{series("log_bytes_total", "log", log): float64(len(text)), series("log_rotations_total", "log", log): 1}
	equal(t, "log", want, got.named("log_bytes_total", "log_rotations_total", "log_lost_bytes_total", "log_cut_lines_total"))
	equal(t, "totals, as in a report of both files", asScrape(readReport(t, log, log+".1")), got.named(totalsOf...))
	if status := s.stop(t); status != 0 {
		t.Errorf("exit status %d after SIGTERM", status)
	}
}

// TestServePeerLimit keeps two peers by name. All others share a place, and none is lost.
func TestServePeerLimit(t *testing.T) {
	t.Parallel()
	source, _ := sniLogs()
	lines := strings.Count(string(readLog(t, source)), "\n")
	s := serve(t, "--log", source, "--peer-limit=2")
	got := s.awaitLines(t, lines)
	peers := got.by("peer_sessions_total", "peer")
	if len(peers) != 3 || peers[series("peer_sessions_total", "peer", "other")] == 0 {
		t.Errorf("peers %v, want two and other", peers)
	}
	if n := got["tracked_peers{}"]; n != 2 {
		t.Errorf("%v tracked peers", n)
	}
	for _, name := range []string{"sessions_total", "messages_total", "handshake_failures_total"} {
		if all, byPeer := got.sum(name), got.sum("peer_"+name); all != byPeer || all == 0 {
			t.Errorf("%s: %v, by peer %v", name, all, byPeer)
		}
	}
	equal(t, "totals, as without a limit", asScrape(readReport(t, source)), got.named(totalsOf...))
}

// TestServeSeveralLogs adds up what the logs say. One of them comes late.
func TestServeSeveralLogs(t *testing.T) {
	t.Parallel()
	first, second := sniLogs()
	late := filepath.Join(t.TempDir(), "late.log")
	s := serve(t, "--log", first, "--log", late)
	n := strings.Count(string(readLog(t, first)), "\n")
	got := s.awaitLines(t, n)
	equal(t, "totals of the first log", asScrape(readReport(t, first)), got.named(totalsOf...))
	text := string(readLog(t, second))
	appendTo(t, late, text)
	got = s.awaitLines(t, n+strings.Count(text, "\n"))
	equal(t, "totals of both", asScrape(readReport(t, first), readReport(t, second)), got.named(totalsOf...))
}

// TestServeFromEnd leaves out what was in the log before.
func TestServeFromEnd(t *testing.T) {
	t.Parallel()
	first, second := sniLogs()
	log := writeFile(t, filepath.Join(t.TempDir(), "mail.log"), string(readLog(t, first)))
	s := serve(t, "--log", log, "--from=end")
	s.awaitReady(t)
	text := string(readLog(t, second))
	appendTo(t, log, text)
	got := s.awaitLines(t, strings.Count(text, "\n"))
	equal(t, "totals of what came later", asScrape(readReport(t, second)), got.named(totalsOf...))
}

// TestServeEnds runs in this process, to see that nothing stays behind.
func TestServeEnds(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	source, _ := sniLogs()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	address, ended := make(chan string, 1), make(chan error, 1)
	var watched sync.WaitGroup
	watched.Go(func() { watch(r, address) })
	c := serveCmd{
		gradeFlags:  gradeFlags{Profile: "rfc9325"},
		sourceFlags: sourceFlags{Log: []string{source}, From: "beginning"}, PeerLimit: 10, ListenAddress: []string{"127.0.0.1:0"}, TelemetryPath: "/metrics",
		LogLevel: "info", LogStyle: "logfmt",
	}
	go func() { ended <- c.Run(ctx, stdio{in: strings.NewReader(""), out: io.Discard, err: w}) }()
	var base string
	select {
	case a := <-address:
		base = "http://" + a
	case err := <-ended:
		t.Fatalf("it ended before it listened: %v", err)
	}
	eventually(t, "/readyz", func() bool { status, _ := get(t, base+"/readyz"); return status == http.StatusOK })
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	_ = w.Close() // never fails
	watched.Wait()
}

// TestServeBadAddress ends at once, and says why.
func TestServeBadAddress(t *testing.T) {
	r := invoke(t, "serve", "--web.listen-address=127.0.0.1:notaport", "--log", filepath.Join(t.TempDir(), "mail.log"))
	if r.status != exitUnreadable || !strings.Contains(r.stderr, "\npostfix-tls-exporter: http server: listen tcp: ") {
		t.Errorf("status %d, standard error:\n%s", r.status, r.stderr)
	}
}
