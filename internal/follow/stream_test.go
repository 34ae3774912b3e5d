package follow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A running is a Source that runs.
type running struct {
	t      *testing.T
	source Source
	cancel context.CancelFunc
	ended  chan struct{}
	err    error

	mu     sync.Mutex
	gate   sync.Mutex // held while the sink is to stand still
	got    []byte
	calls  int
	refuse error
}

func run(t *testing.T, source Source) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{t: t, source: source, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		r.err = source.Run(ctx, r.sink)
	}()
	t.Cleanup(func() {
		cancel()
		<-r.ended
	})
	return r
}

func (r *running) sink(c Chunk) error {
	r.gate.Lock()
	defer r.gate.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	if c.After.Cursor != "" || c.After.Head != nil || c.After.Offset != 0 {
		r.t.Errorf("there is a place to go on from: %+v", c.After)
	}
	if d := time.Since(c.Modified); d > patience {
		r.t.Errorf("modified %v ago", d)
	}
	r.got = append(r.got, c.Lines...)
	return r.refuse
}

func (r *running) lines() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return string(r.got)
}

func (r *running) want(lines string) {
	r.t.Helper()
	deadline := time.Now().Add(patience)
	for r.lines() != lines {
		if time.Now().After(deadline) || len(r.lines()) > len(lines) {
			r.t.Fatalf("got\n%.2000q\nwant\n%.2000q", r.lines(), lines)
		}
		time.Sleep(time.Millisecond)
	}
}

func (r *running) caughtUp() {
	r.t.Helper()
	select {
	case <-r.source.CaughtUp():
	case <-r.ended:
		select {
		case <-r.source.CaughtUp():
		default:
			r.t.Fatalf("Run returned %v", r.err)
		}
	case <-time.After(patience):
		r.t.Fatal("waited in vain for CaughtUp")
	}
}

// stop waits for the end of Run, which must be without an error.
func (r *running) stop() {
	r.t.Helper()
	r.cancel()
	r.wait()
}

func (r *running) wait() {
	r.t.Helper()
	select {
	case <-r.ended:
	case <-time.After(patience):
		r.t.Fatal("Run does not end")
	}
	if r.err != nil {
		r.t.Errorf("Run returned %v", r.err)
	}
}

// newInputScene returns a Stream whose standard input is a pipe.
func newInputScene(t *testing.T, cfg StreamConfig) (*Stream, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	must(t, err)
	t.Cleanup(func() {
		_ = r.Close()
		_ = w.Close() // again, in most tests
	})
	cfg.Path = "-"
	s := NewStream(cfg)
	s.stdin = r
	return s, w
}

// TestStreamInput reads to the end.
func TestStreamInput(t *testing.T) {
	t.Parallel()
	s, w := newInputScene(t, StreamConfig{MaxLine: 10})
	r := run(t, s)
	r.caughtUp() // there is nothing
	write(t, w, "one\ntwo")
	r.want("one\n")
	write(t, w, "\n"+strings.Repeat("long", 100_000)+"\nno end")
	r.want("one\ntwo\nlonglonglo\n")
	must(t, w.Close())
	r.wait()
	r.want("one\ntwo\nlonglonglo\nno end\n")
	want := Stats{Bytes: 4 + 4 + 400_001 + 6, Lines: 4, CutLines: 1}
	if got := s.Stats(); got != want {
		t.Errorf("stats are %+v, want %+v", got, want)
	}
}

// TestStreamFile reads a file that is the standard input, from where it is.
func TestStreamFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	must(t, os.WriteFile(path, []byte("one\ntwo\nthree"), 0o600))
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	_, err = f.Seek(4, io.SeekStart)
	must(t, err)
	s := NewStream(StreamConfig{Path: "-"})
	s.stdin = f
	r := run(t, s)
	r.wait()
	r.caughtUp()
	r.want("two\nthree\n")
}

// TestStreamStop hands over what is in the pipe, but not half a line.
func TestStreamStop(t *testing.T) {
	t.Parallel()
	s, w := newInputScene(t, StreamConfig{Poll: time.Millisecond})
	r := run(t, s)
	r.gate.Lock()
	write(t, w, "one\n")
	write(t, w, "two\nhalf")
	r.cancel()
	r.gate.Unlock()
	r.wait()
	r.want("one\ntwo\n")
}

// TestStreamSinkError ends Run with that error, and does not call sink again.
func TestStreamSinkError(t *testing.T) {
	t.Parallel()
	s, w := newInputScene(t, StreamConfig{})
	r := run(t, s)
	broken := errors.New("broken")
	r.mu.Lock()
	r.refuse = broken
	r.mu.Unlock()
	write(t, w, "one\ntwo\n")
	<-r.ended
	if r.err != broken || r.calls != 1 || s.Stats().Lines != 0 { //nolint:errorlint // as it is
		t.Errorf("Run returned %v after %d calls, stats %+v", r.err, r.calls, s.Stats())
	}
}

// TestStreamCopied reads what cannot be opened again.
func TestStreamCopied(t *testing.T) {
	t.Parallel()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	must(t, err)
	in, out := os.NewFile(uintptr(pair[0]), "in"), os.NewFile(uintptr(pair[1]), "out")
	defer in.Close()
	s := NewStream(StreamConfig{Path: "-"})
	s.stdin = in
	r := run(t, s)
	write(t, out, "one\ntwo\nthree")
	r.want("one\ntwo\n")
	must(t, out.Close())
	r.wait()
	r.want("one\ntwo\nthree\n")
}

func write(t *testing.T, w io.Writer, text string) {
	t.Helper()
	_, err := io.WriteString(w, text)
	must(t, err)
}

// openWriter opens the FIFO for writing.
func openWriter(t *testing.T, path string) *os.File {
	t.Helper()
	var f *os.File
	eventually(t, "a reader of the FIFO", func() bool {
		var err error
		f, err = os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err != nil && !errors.Is(err, syscall.ENXIO) {
			t.Fatal(err)
		}
		return err == nil
	})
	return f
}

// TestStreamFIFO has writers that come and go, and at last another FIFO.
func TestStreamFIFO(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fifo")
	s := NewStream(StreamConfig{Path: path, Poll: time.Millisecond})
	r := run(t, s)
	r.caughtUp()
	if s.Stats().Exists {
		t.Error("there is no FIFO yet")
	}
	var want strings.Builder
	for generation := range 2 {
		must(t, syscall.Mkfifo(path, 0o600))
		for writer := range 5 {
			w := openWriter(t, path)
			line := fmt.Sprintf("line of writer %d.%d\nno end", generation, writer)
			write(t, w, line)
			must(t, w.Close())
			want.WriteString(line + "\n")
			r.want(want.String())
		}
		if !s.Stats().Exists {
			t.Error("there is a FIFO")
		}
		must(t, os.Remove(path))
		eventually(t, "the FIFO to be gone", func() bool { return !s.Stats().Exists })
	}
	r.stop()
}

// TestStreamFIFOStop ends without a writer, and with one that says nothing.
func TestStreamFIFOStop(t *testing.T) {
	t.Parallel()
	for _, writer := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "fifo")
		must(t, syscall.Mkfifo(path, 0o600))
		s := NewStream(StreamConfig{Path: path})
		r := run(t, s)
		r.caughtUp()
		if writer {
			w := openWriter(t, path)
			defer w.Close()
			write(t, w, "one\nhalf")
			r.want("one\n")
		}
		r.stop()
	}
}

// TestStreamNoFIFO does not wait for what is there already.
func TestStreamNoFIFO(t *testing.T) {
	t.Parallel()
	r := run(t, NewStream(StreamConfig{Path: t.TempDir()}))
	<-r.ended
	if r.err == nil || !strings.Contains(r.err.Error(), "not a FIFO") {
		t.Errorf("Run returned %v", r.err)
	}
}
