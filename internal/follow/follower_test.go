package follow

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMissingAtStart waits for the log, and for its directory.
func TestMissingAtStart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "not", "yet")
	s := newScene(t, Config{Path: filepath.Join(dir, "mail.log"), From: End})
	s.follow()
	<-s.follower.CaughtUp()
	if got := s.follower.Stats(); got != (Stats{}) {
		t.Errorf("stats are %+v, want none", got)
	}
	time.Sleep(30 * time.Millisecond)
	must(t, os.MkdirAll(dir, 0o700))
	time.Sleep(30 * time.Millisecond)
	s.open()
	s.bursts(20)
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
	if got := s.follower.Stats(); !got.Exists || got.Rotations != 0 {
		t.Errorf("stats are %+v, want a log and no rotation", got)
	}
}

func TestCaughtUp(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.lines(5000) // more than one block
	s.follow()
	<-s.follower.CaughtUp()
	s.compare(string(s.written))
	must(t, s.stop())
}

func TestFromEnd(t *testing.T) {
	t.Parallel()
	for name, tail := range map[string]string{"line": "", "half a line": "the half of "} {
		s := newScene(t, Config{From: End})
		_, err := s.log.WriteString("an old line\n" + tail)
		must(t, err)
		s.follow()
		<-s.follower.CaughtUp()
		if tail != "" {
			_, err := s.log.WriteString("an old line\n")
			must(t, err)
		}
		s.lines(20)
		s.settle()
		must(t, s.stop())
		t.Run(name, func(*testing.T) { s.compare(string(s.written)) })
	}
}

// TestHalves writes lines in two halves.
func TestHalves(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.follow()
	for range 100 {
		s.write("the one half, ")
		time.Sleep(2 * time.Millisecond)
		s.write("the other half\n")
	}
	s.settle()
	must(t, s.stop())
}

// TestBytesUnchanged follows what is no text, in the backlog and afterwards.
func TestBytesUnchanged(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	const text = "carriage return\r\n\x00\x00\n\n\xff\xfe\n\r\r\n \n"
	s.write(text)
	s.follow()
	s.settle()
	s.write(text)
	s.settle()
	must(t, s.stop())
	if got := s.follower.Stats(); got.Bytes != 2*int64(len(text)) || got.Lines != 12 {
		t.Errorf("stats are %+v, want %d bytes and 12 lines", got, 2*len(text))
	}
}

// TestLongLine cuts a line of 10 MB, in the backlog and as it is being written.
func TestLongLine(t *testing.T) {
	t.Parallel()
	const maxLine = 1000
	s := newScene(t, Config{MaxLine: maxLine})
	s.follow()
	piece := strings.Repeat("x", 100_000)
	want := "before\n" + piece[:maxLine] + "\nafter\n" + piece[:maxLine] + "\nat last\n"
	_, err := s.log.WriteString("before\n" + strings.Repeat(piece, 100) + "\nafter\n")
	must(t, err)
	for range 100 {
		_, err := s.log.WriteString(piece)
		must(t, err)
		time.Sleep(time.Millisecond)
	}
	_, err = s.log.WriteString("\nat last\n")
	must(t, err)
	s.written = []byte(want)
	s.settle()
	must(t, s.stop())
	wrote := int64(len("before\n\nafter\n\nat last\n") + 200*len(piece))
	if got := s.follower.Stats(); got.CutLines != 2 || got.Bytes != wrote || got.Lines != 5 || got.Lag != 0 {
		t.Errorf("stats are %+v, want 2 of 5 lines cut and %d bytes", got, wrote)
	}
}

// TestLongLineAppended cuts a line that comes through the tailer.
func TestLongLineAppended(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{MaxLine: 10})
	s.follow()
	for range 5 {
		_, err := s.log.WriteString("0123456789abcdef\n")
		must(t, err)
		s.written = append(s.written, "0123456789\n"...)
		s.settle()
	}
	must(t, s.stop())
	if got := s.follower.Stats(); got.CutLines != 5 || got.Bytes != 5*17 {
		t.Errorf("stats are %+v, want 5 lines cut and %d bytes", got, 5*17)
	}
}

// TestFast writes more than the tailer can take.
func TestFast(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.follow()
	s.lines(1)
	s.settle()
	for range 10 {
		s.write(string(sampleLog(50_000)))
	}
	s.settle()
	must(t, s.stop())
}

// TestDamagedSibling gives what is readable of an unseen generation, and goes on.
func TestDamagedSibling(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.follow()
	goOn := s.standStill()
	s.shift()
	must(t, os.WriteFile(s.path+".1.gz", half(gzipped(t, sampleLog(1000))), 0o600))
	must(t, os.Rename(s.path+".1", s.path+".2"))
	before := len(s.written)
	s.open()
	s.lines(5)
	goOn()
	after := string(s.written[before:])
	eventually(t, "the new log", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return strings.HasSuffix(string(s.got), after)
	})
	must(t, s.stop())
	middle := strings.TrimSuffix(strings.TrimPrefix(string(s.got), string(s.written[:before])), after)
	lines := strings.SplitAfter(middle, "\n")
	whole := strings.Join(lines[:max(0, len(lines)-2)], "")
	if whole == "" || !strings.HasPrefix(string(sampleLog(1000)), whole) {
		t.Errorf("%d bytes of the damaged log: %.100q", len(middle), middle)
	}
}
