package follow

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestUnseenCopyInTheMaking finds a copy that is still empty, and must not take it for a generation.
func TestUnseenCopyInTheMaking(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{Grace: 500 * time.Millisecond})
	s.follow()
	goOn := s.standStill()
	s.shift()
	s.open()
	s.lines(30)
	s.shiftRotated()
	must(t, os.WriteFile(s.numbered(1), nil, 0o600))
	goOn()
	eventually(t, "the new log", func() bool { return s.follower.Stats().Rotations == 1 })
	content, err := os.ReadFile(s.path)
	must(t, err)
	must(t, os.WriteFile(s.numbered(1), content, 0o600))
	must(t, os.Truncate(s.path, 0))
	s.lines(30)
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
}

// TestShred overwrites a rotated log before it is deleted, as logrotate does if it is told to.
func TestShred(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{Grace: time.Hour})
	s.follow()
	s.lines(30)
	s.settle()
	before := len(s.written)
	s.shift()
	s.open()
	for range 2 { // the second look at the new log is one at the old one too
		s.lines(1)
		eventually(t, "the new log", func() bool { return s.follower.Stats().Lag == int64(len(s.written)-before) })
	}
	must(t, os.WriteFile(s.numbered(1), []byte("not a line of a log\n"), 0o600))
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
}

// TestTruncateWithoutCopy takes away half a line that the follower knows of, and nothing else.
func TestTruncateWithoutCopy(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.follow()
	s.lines(10)
	const half = "a line that never ends"
	_, err := s.log.WriteString(half)
	must(t, err)
	eventually(t, "the half line", func() bool { return s.follower.Stats().Lag == int64(len(half)) })
	must(t, os.Truncate(s.path, 0))
	eventually(t, "the truncation", func() bool { return s.follower.Stats().Rotations == 1 })
	s.lines(10)
	s.settle()
	must(t, s.stop())
	if got := s.follower.Stats().LostBytes; got != int64(len(half)) {
		t.Errorf("%d bytes lost, want %d", got, len(half))
	}
}

// TestTruncateAndRegrow lets the new content be longer than the old before anyone looks.
func TestTruncateAndRegrow(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.follow()
	goOn := s.standStill()
	must(t, os.Truncate(s.path, 0))
	s.lines(500)
	goOn()
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
	if got := s.follower.Stats(); got.Rotations != 1 {
		t.Errorf("stats are %+v, want 1 rotation", got)
	}
}

// TestHole follows a writer that does not append and so leaves zero bytes in a truncated file.
func TestHole(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	must(t, s.log.Close())
	var err error
	s.log, err = os.OpenFile(s.path, os.O_WRONLY, 0o600)
	must(t, err)
	s.follow()
	for range 3 {
		s.lines(3000) // more than a block of zero bytes in the end
		s.settle()
		must(t, os.Truncate(s.path, 0))
	}
	s.lines(10)
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
}

// TestShorten cuts off the end of a log, as someone may do by hand. What stays must not be read again.
func TestShorten(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.follow()
	s.lines(100)
	const half = "half a line"
	_, err := s.log.WriteString(half)
	must(t, err)
	eventually(t, "half a line", func() bool { return s.follower.Stats().Lag == int64(len(half)) })
	at := strings.Index(string(s.written)[2000:], "\n") + 2000 + 1
	must(t, os.Truncate(s.path, int64(at)))
	eventually(t, "a look", func() bool { return s.follower.Stats().LostBytes == int64(len(half)) })
	s.lines(5)
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
}
