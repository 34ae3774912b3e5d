package follow

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen. It is no measure of anything.
const patience = 60 * time.Second

// eventually waits for done to report true.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
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

// A scene is a log that is written by the test and followed at the same time.
type scene struct {
	t    *testing.T
	path string
	log  *os.File // held open by the writer, as a syslog daemon does

	written []byte // by all generations, in order
	dated   bool   // rotated logs have dates, not numbers
	days    int    // so far

	follower *Follower
	cancel   context.CancelFunc
	ended    chan struct{} // closed when Run has returned err
	err      error

	blockSize int       // of the followers; 0 is the usual one
	place     *Position // behind what was handed over
	left      int       // chunks that the follower may hand over before it dies; less than 0 is any number

	gate    sync.Mutex // held while the sink is to stand still
	mu      sync.Mutex
	entered int    // calls of the sink
	got     []byte // handed over
}

// newScene returns a scene with a log that exists and is empty, unless the configuration names another one.
func newScene(t *testing.T, cfg Config) *scene {
	t.Helper()
	s := &scene{t: t, path: cfg.Path, left: -1}
	if s.path == "" {
		s.path = filepath.Join(t.TempDir(), "mail.log")
		s.open()
	}
	s.newFollower(cfg)
	t.Cleanup(func() {
		if s.cancel != nil {
			s.cancel()
			<-s.ended // it writes to the log of the test
			s.checkClosed()
		}
		if s.log != nil {
			_ = s.log.Close()
		}
	})
	return s
}

func (s *scene) newFollower(cfg Config) {
	cfg.Path = s.path
	if cfg.Poll == 0 {
		cfg.Poll = 5 * time.Millisecond
	}
	if cfg.Grace == 0 {
		cfg.Grace = 20 * time.Millisecond
	}
	cfg.Logger = slog.New(slog.NewTextHandler(s.t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.follower = New(cfg)
	if s.blockSize > 0 {
		s.follower.blockSize = s.blockSize
	}
	s.ended = make(chan struct{})
}

// follow starts the follower, and waits until it has taken up the log: what is rotated before that is none of its business.
func (s *scene) follow() {
	s.t.Helper()
	s.start()
	select {
	case <-s.follower.CaughtUp():
	case <-s.ended:
		s.t.Fatalf("Run returned: %v", s.err)
	}
}

func (s *scene) start() {
	ctx, cancel := context.WithCancel(s.t.Context())
	s.cancel = cancel
	go func() {
		defer close(s.ended)
		s.err = s.follower.Run(ctx, s.sink)
	}()
}

// checkClosed fails if files other than the writer's are open, as far as the system tells.
func (s *scene) checkClosed() {
	descriptors, _ := filepath.Glob("/proc/self/fd/*")
	for _, d := range descriptors {
		file, err := os.Readlink(d)
		own, _ := os.Stat(d)
		if err != nil || own == nil || !strings.HasPrefix(file, filepath.Dir(s.path)+"/") {
			continue
		}
		if writer, err := s.log.Stat(); err == nil && !os.SameFile(own, writer) {
			s.t.Errorf("%s is still open", file)
		}
	}
}

func (s *scene) sink(c Chunk) error {
	if len(c.Lines) == 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.place = &c.After
		return nil
	}
	s.mu.Lock()
	s.entered++
	s.mu.Unlock()
	s.gate.Lock()
	defer s.gate.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Modified.IsZero() {
		s.t.Error("a chunk has no modification time")
	}
	if s.left == 0 {
		return errKilled
	}
	s.left--
	s.got = append(s.got, c.Lines...)
	s.place = &c.After
	return nil
}

var errKilled = errors.New("killed")

// kill ends the follower without anything more being handed over.
func (s *scene) kill() {
	s.t.Helper()
	s.die()
	s.end()
}

// die makes sink take no more.
func (s *scene) die() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = 0
}

// end ends the follower, which may be dead.
func (s *scene) end() {
	s.t.Helper()
	if err := s.stop(); err != nil && !errors.Is(err, errKilled) {
		s.t.Fatalf("Run returned: %v", err)
	}
	s.checkClosed()
}

// reborn makes another follower, which goes on where the last one was stopped or killed.
func (s *scene) reborn(cfg Config) {
	s.t.Helper()
	cfg.Resume = stored(s.t, s.place)
	s.left = -1
	s.newFollower(cfg)
}

// stored returns p as it is after it was written to disk and read again.
func stored(t *testing.T, p *Position) *Position {
	t.Helper()
	if p == nil {
		return nil
	}
	var disk bytes.Buffer
	must(t, gob.NewEncoder(&disk).Encode(p))
	again := new(Position)
	must(t, gob.NewDecoder(&disk).Decode(again))
	return again
}

// stop ends the follower and returns its error.
func (s *scene) stop() error {
	s.t.Helper()
	s.cancel()
	select {
	case <-s.ended:
		return s.err
	case <-time.After(patience):
		s.t.Fatal("Run does not return")
		return nil
	}
}

// standStill makes the follower stand still within the sink, until the function that it returns is called: between two
// looks, however much happens.
func (s *scene) standStill() (goOn func()) {
	s.t.Helper()
	s.settle()
	s.mu.Lock()
	before := s.entered
	s.mu.Unlock()
	s.gate.Lock()
	release := sync.OnceFunc(s.gate.Unlock)
	s.t.Cleanup(release) // before the cleanup that waits for Run
	s.lines(1)
	eventually(s.t, "the follower to stand still", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.entered > before
	})
	return release
}

// settle waits until all that was written has been handed over.
func (s *scene) settle() {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for !s.complete() {
		select {
		case <-s.ended:
			s.t.Fatalf("Run returned: %v", s.err)
		case <-time.After(time.Millisecond):
		}
		if time.Now().After(deadline) {
			break
		}
	}
	s.compare(string(s.written))
}

func (s *scene) complete() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.got) >= len(s.written)
}

// compare says where what was handed over differs from want.
func (s *scene) compare(want string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if string(s.got) == want {
		return
	}
	got, wanted := strings.SplitAfter(string(s.got), "\n"), strings.SplitAfter(want, "\n")
	for i := range wanted {
		if i >= len(got) || got[i] != wanted[i] {
			have := "nothing"
			if i < len(got) {
				have = fmt.Sprintf("%.60q", got[i])
			}
			s.t.Fatalf("%d lines of %d; number %d is %s, want %.60q; stats %+v",
				len(got), len(wanted), i, have, wanted[i], s.follower.Stats())
		}
	}
	s.t.Fatalf("%d lines, want %d; after the last: %.60q", len(got), len(wanted), got[len(wanted)-1:])
}

// write writes to the log as it is and takes it for what has to come out.
func (s *scene) write(text string) {
	s.t.Helper()
	_, err := io.WriteString(s.log, text)
	must(s.t, err)
	s.written = append(s.written, text...)
}

// lines writes n numbered lines of different lengths, one at a time.
func (s *scene) lines(n int) {
	s.t.Helper()
	for range n {
		i := len(s.written)
		s.write(fmt.Sprintf("at byte %08d %s\n", i, strings.Repeat("x", i%97)))
	}
}

// bursts writes n times some lines, with pauses in which the follower may or may not do something.
func (s *scene) bursts(n int) {
	s.t.Helper()
	for i := range n {
		s.lines(1 + i%7)
		time.Sleep(time.Duration(i%4) * time.Millisecond)
	}
}

// open makes the writer open, and create, the file at the path.
func (s *scene) open() {
	s.t.Helper()
	f, err := os.OpenFile(s.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	must(s.t, err)
	if s.log != nil {
		must(s.t, s.log.Close())
	}
	s.log = f
}

// create makes an empty file at the path, which the writer does not write to yet.
func (s *scene) create() {
	s.t.Helper()
	must(s.t, os.WriteFile(s.path, nil, 0o600))
}

// shift renames the log and its rotated files: mail.log to mail.log.1, that to mail.log.2 and so on; or the log to
// mail.log-20260102, if that is the style.
func (s *scene) shift() {
	s.t.Helper()
	must(s.t, os.Rename(s.path, s.makeRoom()))
}

// makeRoom returns the path that the log gets when it is rotated.
func (s *scene) makeRoom() string {
	s.t.Helper()
	if s.dated {
		s.days++
	} else {
		s.shiftRotated()
	}
	return s.youngest()
}

// youngest returns the path of the log that was rotated last.
func (s *scene) youngest() string {
	if s.dated {
		return s.path + time.Date(2026, 1, s.days, 0, 0, 0, 0, time.UTC).Format("-20060102")
	}
	return s.numbered(1)
}

// compressions is what rotated logs are compressed with.
var compressions = map[string]func(*testing.T, []byte) []byte{"": nil, ".gz": gzipped, ".xz": xzed, ".zst": zstded}

func (s *scene) shiftRotated() {
	s.t.Helper()
	last := 1
	for i := 1; i <= last; i++ {
		for suffix := range compressions {
			if exists(s.numbered(i) + suffix) {
				last = i + 1
			}
		}
	}
	for ; last > 1; last-- {
		for suffix := range compressions {
			if old := s.numbered(last-1) + suffix; exists(old) {
				must(s.t, os.Rename(old, s.numbered(last)+suffix))
			}
		}
	}
}

func (s *scene) numbered(i int) string { return fmt.Sprintf("%s.%d", s.path, i) }

// copyTruncate does what logrotate does with that option, between two lines.
func (s *scene) copyTruncate() {
	s.t.Helper()
	content, err := os.ReadFile(s.path)
	must(s.t, err)
	must(s.t, os.WriteFile(s.makeRoom(), content, 0o600))
	must(s.t, os.Truncate(s.path, 0))
}

// compress replaces a rotated file by its compressed form, as gzip does: the plain one goes last.
func (s *scene) compress(path string) {
	s.t.Helper()
	s.compressAs(path, ".gz")
}

func (s *scene) compressAs(path, ext string) {
	s.t.Helper()
	info, err := os.Stat(path)
	must(s.t, err)
	content, err := os.ReadFile(path)
	must(s.t, err)
	must(s.t, os.WriteFile(path+ext, compressions[ext](s.t, content), 0o600))
	must(s.t, os.Chtimes(path+ext, time.Time{}, info.ModTime()))
	must(s.t, os.Remove(path))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
