package follow

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSinkError ends Run with that error, and does not call sink again.
func TestSinkError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, backlog := range []bool{true, false} {
		s := newScene(t, Config{})
		if backlog {
			s.lines(10_000) // more than one block
		}
		calls := make(chan string, 1000)
		ended := make(chan error, 1)
		go func() {
			ended <- s.follower.Run(t.Context(), func(c Chunk) error {
				if len(c.Lines) == 0 { // where it begins
					return nil
				}
				calls <- string(c.Lines)
				return broken
			})
		}()
		if !backlog {
			<-s.follower.CaughtUp()
			s.lines(100)
		}
		if err := <-ended; err != broken { //nolint:errorlint // as it is
			t.Errorf("Run = %v, want %v", err, broken)
		}
		if n := len(calls); n != 1 {
			t.Errorf("sink was called %d times", n)
		}
		if got := s.follower.Stats(); got.Bytes != 0 || got.Lag == 0 {
			t.Errorf("stats are %+v: what sink refused counts", got)
		}
	}
}

// TestCancel hands over what was written before the context ended.
func TestCancel(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.follow()
	goOn := s.standStill()
	s.lines(20_000) // several blocks
	s.shift()
	s.open()
	s.lines(20_000)
	s.cancel()
	goOn()
	must(t, s.stop())
	s.compare(string(s.written))
}

// TestCancelLeavesHalfLine hands over whole lines only.
func TestCancelLeavesHalfLine(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.lines(10)
	_, err := s.log.WriteString("half a line")
	must(t, err)
	s.follow()
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
	if got := s.follower.Stats().Lag; got != int64(len("half a line")) {
		t.Errorf("lag is %d, want %d", got, len("half a line"))
	}
}

// TestCancelBeforeStart still hands over what is there.
func TestCancelBeforeStart(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.lines(10)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	must(t, s.follower.Run(ctx, s.sink))
	s.compare(string(s.written))
}

// TestCancelEnds though the log grows faster than it is read.
func TestCancelEnds(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.lines(1)
	ctx, cancel := context.WithCancel(t.Context())
	must(t, s.follower.Run(ctx, func(Chunk) error {
		cancel()
		s.lines(1)
		return nil
	}))
}

func TestPermanentFaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, nil, 0o600))
	fifo := filepath.Join(dir, "fifo")
	must(t, syscall.Mkfifo(fifo, 0o600))
	tests := []struct {
		path string
		want error
	}{
		{dir, errNotRegular},
		{fifo, errNotRegular},
		{filepath.Join(file, "below"), syscall.ENOTDIR},
	}
	for _, test := range tests {
		err := New(Config{Path: test.path}).Run(t.Context(), func(Chunk) error { return nil })
		if !errors.Is(err, test.want) || strings.Count(err.Error(), test.path) != 1 {
			t.Errorf("%s: %v, want %v", test.path, err, test.want)
		}
	}
}

// TestTroubleLater: what would be a permanent fault at the start is waited for later. In particular nxadm/tail, which
// ends the program when it cannot look at its path, must not notice.
func TestTroubleLater(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "log")
	must(t, os.Mkdir(dir, 0o700))
	s := newScene(t, Config{Path: filepath.Join(dir, "mail.log")})
	s.open()
	s.follow()
	s.bursts(20)
	s.settle()
	must(t, os.Rename(dir, dir+".away"))
	must(t, os.WriteFile(dir, nil, 0o600))
	s.bursts(20)
	time.Sleep(3 * 250 * time.Millisecond) // nxadm/tail would have looked
	s.settle()
	if s.follower.Stats().Exists {
		t.Error("Stats says that there is a log")
	}
	must(t, os.Remove(dir))
	must(t, os.Rename(dir+".away", dir))
	s.bursts(20)
	s.settle()
	must(t, s.stop())
	if got := s.follower.Stats(); !got.Exists || got.Rotations != 0 {
		t.Errorf("stats are %+v, want a log and no rotation", got)
	}
}
