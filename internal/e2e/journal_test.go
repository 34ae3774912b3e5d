package e2e

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/follow"
)

const (
	journald = "/lib/systemd/systemd-journald"

	// bootID is where journald and journalctl learn which boot this is.
	bootID = "/proc/sys/kernel/random/boot_id"
)

// TestJournal reads the journal of a real journald: through rotations, restarts of all that takes part, and a boot, nothing
// may be lost and nothing come twice.
func TestJournal(t *testing.T) {
	need(t, journald, "journalctl", "ip")
	if _, err := os.Stat("/etc/machine-id"); errors.Is(err, fs.ErrNotExist) {
		missing(t, "/etc/machine-id, for journald")
	}
	dir := inNamespace(t)
	if dir == "" {
		return
	}
	setUpNamespace(t, dir, "127.0.0.1 localhost\n")
	j := startJournal(t, dir)
	j.write(100)
	last := j.testFollowing()
	last = j.testBoot(last)
	left := j.testVacuum(last)
	j.testCursors(left)
}

// testFollowing returns the place of the last message, as the other ones do.
func (j *journal) testFollowing() follow.Position {
	r := j.read(follow.JournalConfig{}, 0)
	r.wait()
	j.rotate()
	j.write(5000)
	r.wait()
	r.killJournalctl()
	j.write(100)
	j.rotate()
	j.write(100)
	r.wait()
	j.stop()
	j.start()
	j.write(100)
	r.wait()
	last := r.stop(0)

	next := j.written
	j.write(100)
	j.rotate()
	j.write(100)
	r = j.read(follow.JournalConfig{Resume: &last}, next)
	r.wait()
	return r.stop(0)
}

// testBoot goes on with messages of the boot before, which journalctl --follow leaves out.
func (j *journal) testBoot(last follow.Position) follow.Position {
	next := j.written
	j.write(100)
	j.boot()
	j.write(100)
	r := j.read(follow.JournalConfig{Resume: &last}, next)
	r.wait()
	j.write(10)
	r.wait()
	last = r.stop(0)

	r = j.read(follow.JournalConfig{}, 0)
	r.wait()
	r.stop(0)

	r = j.read(follow.JournalConfig{From: follow.End}, j.written)
	j.write(10)
	r.wait()
	return r.stop(0)
}

// testVacuum goes on with what journald has left, and returns the number of the first message of that.
func (j *journal) testVacuum(last follow.Position) int {
	j.write(50)
	j.settle()
	j.rotate()
	left := j.written
	j.write(50)
	j.vacuum()
	r := j.read(follow.JournalConfig{Resume: &last}, left)
	r.wait()
	j.write(10)
	r.wait()
	r.stop(1)
	return left
}

// testCursors has cursors of no entry.
func (j *journal) testCursors(left int) {
	for _, cursor := range []string{
		"s=00000000000000000000000000000001;i=1;b=00000000000000000000000000000001;m=1;t=1;x=1",
		"s=00000000000000000000000000000001;i=1;b=00000000000000000000000000000001;m=1;t=6fffffffffffff;x=1",
		"nonsense",
	} {
		j.t.Log("cursor", cursor)
		r := j.read(follow.JournalConfig{Resume: &follow.Position{Cursor: cursor}}, left)
		r.wait()
		j.write(10)
		r.wait()
		r.stop(1)
	}
}

// A journal is that of a journald of its own, to which messages with ascending numbers are written.
type journal struct {
	t       *testing.T
	dir     string
	process *exec.Cmd
	log     net.Conn
	written int
	boots   int
}

func startJournal(t *testing.T, dir string) *journal {
	t.Helper()
	mount(t, "tmpfs", "/run", "tmpfs", 0)
	mount(t, "tmpfs", "/var/log", "tmpfs", 0)
	for _, d := range []string{"/run/systemd/journal", "/run/systemd/journald.conf.d", "/run/log"} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, "/run/systemd/journald.conf.d/test.conf",
		"[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nRateLimitIntervalSec=0\n", 0o644)
	j := &journal{t: t, dir: dir}
	j.setBootID()
	j.start()
	t.Cleanup(j.stop)
	return j
}

func (j *journal) start() {
	j.t.Helper()
	j.process = exec.Command(journald)
	j.process.Stdout, j.process.Stderr = j.t.Output(), j.t.Output()
	if err := j.process.Start(); err != nil {
		j.t.Fatal(err)
	}
	eventually(j.t, "journald", func() (err error) {
		j.log, err = net.Dial("unixgram", "/run/systemd/journal/dev-log")
		return err
	})
}

func (j *journal) stop() {
	_ = j.log.Close()
	_ = j.process.Process.Signal(syscall.SIGTERM)
	_ = j.process.Wait()
}

// boot makes the next entries those of another boot.
func (j *journal) boot() {
	j.t.Helper()
	j.settle()
	j.stop()
	if err := syscall.Unmount(bootID, 0); err != nil {
		j.t.Fatal(err)
	}
	j.setBootID()
	j.start()
}

func (j *journal) setBootID() {
	j.t.Helper()
	j.boots++
	id := fmt.Sprintf("01234567-89ab-4cde-8f01-%012x\n", j.boots)
	file := writeFile(j.t, filepath.Join(j.dir, fmt.Sprintf("boot_id.%d", j.boots)), id, 0o444)
	mount(j.t, file, bootID, "", syscall.MS_BIND)
}

func (j *journal) write(n int) {
	j.t.Helper()
	for range n {
		if _, err := fmt.Fprintf(j.log, "<22>Nov 22 04:10:00 postfix/smtpd[411]: message %d", j.written); err != nil {
			j.t.Fatal(err)
		}
		j.written++
	}
	// Of another facility, for what is left out.
	if _, err := fmt.Fprint(j.log, "<30>Nov 22 04:10:00 cron[1]: message"); err != nil {
		j.t.Fatal(err)
	}
}

// settle waits until journald has taken the last message. It takes signals first.
func (j *journal) settle() {
	j.t.Helper()
	want := fmt.Sprintf("message %d\n", j.written-1)
	eventually(j.t, want, func() error {
		out, err := exec.Command("journalctl", "--lines=1", "--output=cat", "SYSLOG_FACILITY=2").Output()
		if err == nil && string(out) != want {
			err = fmt.Errorf("the last one is %q", out)
		}
		return err
	})
}

// rotate returns when it is done.
func (j *journal) rotate() {
	j.t.Helper()
	before := j.files()
	if err := j.process.Process.Signal(syscall.SIGUSR2); err != nil {
		j.t.Fatal(err)
	}
	eventually(j.t, "rotation", func() error {
		if j.files() == before {
			return errors.New("there is no other file")
		}
		return nil
	})
}

func (j *journal) files() string {
	files, _ := filepath.Glob("/run/log/journal/*/*.journal")
	return strings.Join(files, " ")
}

// vacuum deletes all but what was written after the last rotation.
func (j *journal) vacuum() {
	j.t.Helper()
	if out, err := exec.Command("journalctl", "--vacuum-files=1").CombinedOutput(); err != nil {
		j.t.Fatalf("vacuum: %v: %s", err, out)
	}
}

// A journalReader is a follow.Journal that runs.
type journalReader struct {
	j      *journal
	source *follow.Journal
	cancel context.CancelFunc
	ended  chan error
	next   int // number of the message to come next

	mu   sync.Mutex
	got  []byte // lines not yet looked at
	last follow.Position
}

// read starts a reader, which is to begin with the message that has the number next, and waits until it has caught up.
func (j *journal) read(cfg follow.JournalConfig, next int) *journalReader {
	j.t.Helper()
	cfg.Restart = 100 * time.Millisecond
	cfg.Logger = slog.New(slog.NewTextHandler(j.t.Output(), nil))
	ctx, cancel := context.WithCancel(j.t.Context())
	r := &journalReader{j: j, source: follow.NewJournal(cfg), cancel: cancel, ended: make(chan error, 1), next: next}
	go func() {
		r.ended <- r.source.Run(ctx, func(c follow.Chunk) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.got = append(r.got, c.Lines...)
			r.last = c.After
			return nil
		})
	}()
	select {
	case <-r.source.CaughtUp():
	case err := <-r.ended:
		j.t.Fatalf("Run returned %v", err)
	case <-time.After(patience):
		j.t.Fatal("waited in vain for the end of the journal")
	}
	return r
}

// wait returns when the last message that was written has come, and all before it in order.
func (r *journalReader) wait() {
	r.j.t.Helper()
	eventually(r.j.t, fmt.Sprintf("message %d", r.j.written-1), func() error {
		r.mu.Lock()
		defer r.mu.Unlock()
		for line := range strings.Lines(string(r.got)) {
			r.check(line)
			r.next++
		}
		r.got = nil
		if r.next < r.j.written {
			return fmt.Errorf("%d was the last", r.next-1)
		}
		return nil
	})
}

func (r *journalReader) check(line string) {
	r.j.t.Helper()
	at, text, _ := strings.Cut(line, " ")
	if _, err := time.Parse("2006-01-02T15:04:05.000000-07:00", at); err != nil {
		r.j.t.Errorf("time: %v", err)
	}
	host, err := os.Hostname()
	if err != nil {
		r.j.t.Fatal(err)
	}
	if want := fmt.Sprintf("%s postfix/smtpd[411]: message %d\n", host, r.next); text != want {
		r.j.t.Fatalf("got %q, want %q", text, want)
	}
}

// killJournalctl kills the journalctl of this reader; there is no other one in the namespace.
func (r *journalReader) killJournalctl() {
	r.j.t.Helper()
	before := r.source.Stats().Restarts
	commands, _ := filepath.Glob("/proc/[0-9]*/comm")
	for _, file := range commands {
		var pid int
		name, _ := os.ReadFile(file) // fails where it has ended
		if _, err := fmt.Sscanf(file, "/proc/%d/comm", &pid); err == nil && string(name) == "journalctl\n" {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	eventually(r.j.t, "another journalctl", func() error {
		if r.source.Stats().Restarts == before {
			return errors.New("no restart")
		}
		return nil
	})
}

// stop returns the place of the last message.
func (r *journalReader) stop(gaps int64) follow.Position {
	r.j.t.Helper()
	r.cancel()
	if err := <-r.ended; err != nil {
		r.j.t.Errorf("Run returned %v", err)
	}
	if got := r.source.Stats().Gaps; got != gaps {
		r.j.t.Errorf("%d gaps, want %d", got, gaps)
	}
	return r.last
}
