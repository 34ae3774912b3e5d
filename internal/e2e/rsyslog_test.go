package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// rotationPeriod is more than a second, for the names of dated files.
const rotationPeriod = 1100 * time.Millisecond

// How the logs are written: some thousand lines a second, by as many processes.
const (
	tick           = 5 * time.Millisecond
	linesPerTick   = 10
	smtpdProcesses = 20
)

// A rotationStyle is what a file in /etc/logrotate.d says of a log.
type rotationStyle struct {
	name    string
	options string // HUP tells rsyslogd to let go of the old file, WAIT also waits until it has
	killed  bool   // the program is, in the middle of it
	lossy   bool   // what is written after the log is copied and before it is truncated is nowhere on disk
}

// rotationStyles are those in use. To compress at once is safe only when rsyslogd has let go of the old file: it is waited for.
var rotationStyles = []rotationStyle{
	{name: "create", options: "create\nHUP"},
	{name: "nocreate", options: "nocreate\nHUP", killed: true},
	{name: "dated", options: "create\ndateext\ndateformat -%s\ncompress\ndelaycompress\nHUP", killed: true},
	{name: "compress", options: "create\ncompress\nWAIT", killed: true},
	{name: "delaycompress", options: "create\ncompress\ndelaycompress\nHUP"},
	{name: "copytruncate", options: "copytruncate", killed: true, lossy: true},
}

// TestRsyslog has rsyslogd write logs that logrotate rotates, each in a style of its own and all at the same time. What
// the program counts is what is on disk in the end.
func TestRsyslog(t *testing.T) {
	need(t, "rsyslogd", "logrotate", "gzip")
	var logs []*rotatedLog
	for _, style := range rotationStyles {
		logs = append(logs, startRotatedLog(t, style))
	}
	for n := range rotations {
		time.Sleep(rotationPeriod)
		for _, l := range logs {
			l.rotate(t)
			l.harm(t, n+1)
		}
	}
	time.Sleep(rotationPeriod)
	for _, l := range logs {
		l.end(t)
	}
	for _, l := range logs {
		t.Run(l.style.name, l.test)
	}
}

// A rotatedLog is a log with its writer, and the program that follows it.
type rotatedLog struct {
	style     rotationStyle
	dir       string
	path      string
	config    string // of logrotate
	following []string
	exporter  *server
	rsyslogd  *exec.Cmd
	traffic   traffic
	stop      func() error // writing
}

func startRotatedLog(t *testing.T, style rotationStyle) *rotatedLog {
	t.Helper()
	l := &rotatedLog{style: style, dir: openDir(t)} // its name is short, as that of a socket must be
	if err := os.Mkdir(filepath.Join(l.dir, "log"), 0o755); err != nil {
		t.Fatal(err)
	}
	l.path = filepath.Join(l.dir, "log", "mail.log")
	l.config = writeFile(t, filepath.Join(l.dir, "logrotate.conf"), l.logrotateConf(), 0o644)
	l.following = following(l.path, filepath.Join(l.dir, "state"))
	l.startRsyslogd(t)
	l.exporter = serve(t, l.following...)
	l.stop = l.traffic.start(t, l.socket())
	return l
}

func (l *rotatedLog) socket() string { return filepath.Join(l.dir, "log.sock") }

// logrotateConf has the log rotated whenever logrotate runs.
func (l *rotatedLog) logrotateConf() string {
	hup := "postrotate\nkill -HUP $(cat DIR/rsyslogd.pid)\n"
	options := strings.NewReplacer(
		"HUP", hup+"endscript",
		"WAIT", hup+"for i in $(seq 1000); do [ -s LOG ] && break; sleep 0.05; done\nendscript",
	).Replace(l.style.options)
	return strings.NewReplacer("DIR", l.dir, "LOG", l.path).Replace("LOG {\nrotate 100\nsize 1\n" + options + "\n}\n")
}

const rsyslogConf = `
module(load="imuxsock" SysSock.Use="off")
module(load="builtin:omfile" Template="RSYSLOG_FileFormat")
input(type="imuxsock" Socket="DIR/log.sock" RateLimit.Interval="0")
mail.* action(type="omfile" file="DIR/log/mail.log")
`

// startRsyslogd starts a copy of rsyslogd, with a socket of its own: AppArmor lets /usr/sbin/rsyslogd write to /var/log
// only, where it is in force.
func (l *rotatedLog) startRsyslogd(t *testing.T) {
	t.Helper()
	path, err := exec.LookPath("rsyslogd")
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	daemon := writeFile(t, filepath.Join(l.dir, "rsyslogd"), string(binary), 0o755)
	config := writeFile(t, filepath.Join(l.dir, "rsyslog.conf"), strings.ReplaceAll(rsyslogConf, "DIR", l.dir), 0o644)
	l.rsyslogd = exec.Command(daemon, "-n", "-f", config, "-i", filepath.Join(l.dir, "rsyslogd.pid"))
	l.rsyslogd.Stdout, l.rsyslogd.Stderr = t.Output(), t.Output()
	if err := l.rsyslogd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = l.rsyslogd.Process.Kill() // fails only where it has ended
		_ = l.rsyslogd.Wait()         // or was waited for
	})
	eventually(t, "socket of rsyslogd", func() error {
		_, err := os.Stat(l.socket())
		return err
	})
}

func (l *rotatedLog) rotate(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "logrotate", "-s", filepath.Join(l.dir, "logrotate.status"), l.config)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("logrotate, %s: %v: %s", l.style.name, err, out)
	}
}

// harm kills the program after a rotation, and starts it again after a later one.
func (l *rotatedLog) harm(t *testing.T, rotations int) {
	t.Helper()
	switch {
	case l.style.killed && rotations == killedAfter:
		l.exporter.kill()
	case l.style.killed && rotations == restartedAfter:
		l.exporter = serve(t, l.following...)
	}
}

// end stops the writers. After it the files are what they stay.
func (l *rotatedLog) end(t *testing.T) {
	t.Helper()
	if err := l.stop(); err != nil {
		t.Fatalf("log socket, %s: %v", l.style.name, err)
	}
	last := []byte(l.traffic.lines[len(l.traffic.lines)-1].text + "\n")
	eventually(t, "last line", func() error {
		text, err := os.ReadFile(l.path)
		if err == nil && !bytes.HasSuffix(text, last) {
			err = errors.New("not yet")
		}
		return err
	})
	if err := l.rsyslogd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := l.rsyslogd.Wait(); err != nil {
		t.Errorf("rsyslogd: %v", err)
	}
}

// files returns the log and what logrotate has made of it.
func (l *rotatedLog) files(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(l.path + "*")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1+rotations {
		t.Errorf("files after %d rotations: %s", rotations, files)
	}
	return files
}

func (l *rotatedLog) test(t *testing.T) {
	files := l.files(t)
	disk := readLogs(t, files)
	sent, lines := len(l.traffic.lines), bytes.Count(disk, []byte{'\n'})
	t.Logf("%d sessions, %d lines, %d of them on disk", len(l.traffic.sessions), sent, lines)
	if l.style.lossy {
		l.testLossy(t, files, disk)
		return
	}
	if lines != sent {
		t.Fatalf("%d lines are on disk of %d", lines, sent)
	}
	wantReported(t, l.exporter, files)
	wantMetrics(t, l.exporter, "inbound", expectedMetrics(l.traffic.sessions))
	l.exporter.terminate(t)
}

// testLossy requires that program and report count each session once that is on disk with all of its lines, and no session
// twice; and that nothing is lost to the program but what the disk has lost.
func (l *rotatedLog) testLossy(t *testing.T, files []string, disk []byte) {
	size, sessions := l.traffic.missingIn(disk)
	t.Logf("on disk there are %d bytes and %d sessions less", size, len(sessions))
	eventually(t, "metrics", func() error {
		body, err := l.exporter.metrics(t)
		if err != nil {
			return err
		}
		metrics, err := parseMetrics(body, map[string][]string{"postfix_tls_peer_sessions_total": {"peer", "tls"}})
		if err != nil {
			return err
		}
		for _, name := range []string{"postfix_tls_log_gaps_total", "postfix_tls_log_lag_bytes"} {
			if diff := cmp.Diff(samples{}, metrics[name]); diff != "" {
				return errors.New(name + " (-want +got):\n" + diff)
			}
		}
		if lost := metrics["postfix_tls_log_lost_bytes_total"]["log="+l.path]; lost > float64(size) {
			return fmt.Errorf("%v bytes lost, on disk only %d", lost, size)
		}
		return l.traffic.countedOnce(metrics["postfix_tls_peer_sessions_total"], sessions)
	})
	if err := l.traffic.countedOnce(reportedSessions(t, files), sessions); err != nil {
		t.Errorf("parse: %v", err)
	}
	l.exporter.terminate(t)
}

// reportedSessions returns the sessions that `parse` counts, by peer and TLS.
func reportedSessions(t *testing.T, files []string) samples {
	t.Helper()
	var got report
	if err := json.Unmarshal(program(t, slices.Concat([]string{"parse", "--format", "json"}, files)...), &got); err != nil {
		t.Fatal(err)
	}
	sessions := samples{}
	for _, p := range got.Peers {
		for state, count := range p.TLS {
			sessions.add(map[string]string{"peer": p.Peer, "tls": state}, count)
		}
	}
	return sessions
}

// readLogs returns what is in the files, uncompressed.
func readLogs(t *testing.T, files []string) []byte {
	t.Helper()
	var all []byte
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err == nil && filepath.Ext(path) == ".gz" {
			text, err = gunzip(text)
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, text...)
	}
	return all
}

func gunzip(text []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// traffic is what some smtpd processes log at the same time. Each session is of a client of its own.
type traffic struct {
	conn      net.Conn
	processes [smtpdProcesses][]logLine // to come
	sessions  []*session
	lines     []logLine // written
}

// A logLine is what a process says of a session.
type logLine struct {
	text string // without what rsyslogd puts in front of it
	of   *session
}

// start writes some thousand lines a second to the socket of rsyslogd, until it is told to stop.
func (tr *traffic) start(t *testing.T, socket string) (stop func() error) {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "unixgram", socket)
	if err != nil {
		t.Fatal(err)
	}
	tr.conn = conn
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- tr.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		_ = conn.Close() // nothing is written to it any more, or nobody wants to know
	})
	return func() error {
		cancel()
		return <-ended
	}
}

// run lets the processes log a line each in turn. When ctx ends they end their sessions.
func (tr *traffic) run(ctx context.Context) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for process := 0; ctx.Err() == nil; <-ticker.C {
		for range linesPerTick {
			process = (process + 1) % smtpdProcesses
			if len(tr.processes[process]) == 0 {
				tr.processes[process] = tr.begin(1000 + process)
			}
			if err := tr.log(process); err != nil {
				return err
			}
		}
	}
	for process := range tr.processes {
		for len(tr.processes[process]) > 0 {
			if err := tr.log(process); err != nil {
				return err
			}
		}
	}
	return nil
}

// log writes the next line of a process as syslog(3) does.
func (tr *traffic) log(process int) error {
	const mailInfo = 2<<3 | 6
	line := tr.processes[process][0]
	tr.processes[process] = tr.processes[process][1:]
	tr.lines = append(tr.lines, line)
	_, err := fmt.Fprintf(tr.conn, "<%d>%s %s", mailInfo, time.Now().Format(time.Stamp), line.text)
	return err
}

// begin returns the lines of the next session. Every other one is with TLS, every third with a message.
func (tr *traffic) begin(pid int) []logLine {
	n := len(tr.sessions)
	s := &session{service: "smtpd", address: fmt.Sprintf("127.1.%d.%d", n>>8, n&0xff), channel: channel{TLS: "plaintext"}}
	tr.sessions = append(tr.sessions, s)
	smtpd, client := fmt.Sprintf("postfix/smtpd[%d]: ", pid), "unknown["+s.address+"]"
	texts := []string{smtpd + "connect from " + client}
	if n%2 == 0 {
		s.channel = channel{TLS: "established", Protocol: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384"}
		texts = append(texts, fmt.Sprintf("%sAnonymous TLS connection established from %s: %s with cipher %s (256/256 bits)",
			smtpd, client, s.Protocol, s.Cipher))
	}
	if n%3 == 0 {
		id := fmt.Sprintf("%X", 0x3F1A200000+n)
		s.messages = []message{{id: id, channel: s.channel}}
		texts = append(texts,
			smtpd+id+": client="+client,
			"postfix/cleanup[1100]: "+id+": message-id=<"+id+"@example.org>",
			"postfix/qmgr[1101]: "+id+": from=<sender@example.org>, size=400, nrcpt=1 (queue active)",
			"postfix/discard[1102]: "+id+": to=<"+recipient+">, relay=none, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (example.com)",
			"postfix/qmgr[1101]: "+id+": removed")
	}
	var lines []logLine
	for _, text := range append(texts, smtpd+"disconnect from "+client+" ehlo=1 quit=1 commands=2") {
		lines = append(lines, logLine{text: text, of: s})
	}
	return lines
}

// missingIn returns what is not on disk: how many bytes, and the sessions of which a line is not there.
func (tr *traffic) missingIn(disk []byte) (size int, sessions map[*session]bool) {
	found, added := map[string]bool{}, 0
	for line := range bytes.Lines(disk) {
		if i := bytes.Index(line, []byte("postfix/")); i > 0 {
			found[string(bytes.TrimSuffix(line[i:], []byte{'\n'}))] = true
			added = max(added, i) // it is the same for all lines that have kept their beginning
		}
	}
	size, sessions = -len(disk), map[*session]bool{}
	for _, line := range tr.lines {
		size += added + len(line.text) + 1
		if !found[line.text] {
			sessions[line.of] = true
		}
	}
	return size, sessions
}

// countedOnce requires that each session is in samples once, by peer and TLS, and no more often if it may be missing.
func (tr *traffic) countedOnce(counted samples, mayBeMissing map[*session]bool) error {
	peers := map[string]float64{}
	for labels, count := range counted {
		peer, _, _ := strings.Cut(labels, " ")
		peers[peer] += count
	}
	var errs []error
	for _, s := range tr.sessions {
		peer := "peer=" + s.address
		whole := counted[peer+" tls="+s.TLS]
		if peers[peer] > 1 || whole != 1 && !mayBeMissing[s] {
			errs = append(errs, fmt.Errorf("session of %s, %s: %v, of all states %v", s.address, s.TLS, whole, peers[peer]))
		}
	}
	if len(errs) > 10 {
		errs = append(errs[:10], fmt.Errorf("and %d more", len(errs)-10))
	}
	return errors.Join(errs...)
}
