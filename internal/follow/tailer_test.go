package follow

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nxadm/tail"
)

// TestTailer appends to a file that has another name by then, and takes the lines from the tailer alone.
func TestTailer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	must(t, os.WriteFile(path, []byte("old\nhalf "), 0o600))
	g, err := openGeneration(path, 10)
	must(t, err)
	defer g.close()
	must(t, g.skipTo(4))
	tailer, err := startTailer(g)
	must(t, err)
	defer tailer.stop()
	log, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	must(t, err)
	defer log.Close()
	for _, step := range []struct {
		add, want string
		cut       int
	}{{"a line\n", "half a lin\n", 1}, {"\r\n", "\r\n", 0}, {"end\n", "end\n", 0}} {
		_, err := log.WriteString(step.add)
		must(t, err)
		b, ok := tailer.take(<-tailer.tail.Lines)
		if !ok || string(b.lines) != step.want || b.cut != step.cut {
			t.Errorf("%q, %v; want %q", b.lines, ok, step.want)
		}
	}
	if info, err := log.Stat(); err != nil || tailer.off != info.Size() {
		t.Errorf("offset is %d, want %d, %v", tailer.off, info.Size(), err)
	}
}

// TestTailerTakesContiguousLines refuses a line that does not begin where the last one ended.
func TestTailerTakesContiguousLines(t *testing.T) {
	line := func(text string, end int64) *tail.Line {
		return &tail.Line{Text: text, SeekInfo: tail.SeekInfo{Offset: end}}
	}
	tests := []struct {
		line *tail.Line
		want bool
	}{
		{line("abc", 104), true},
		{line("abc", 105), false}, // something was left out
		{line("abc", 4), false},   // from the beginning of another file
		{&tail.Line{Text: "abc", SeekInfo: tail.SeekInfo{Offset: 104}, Err: os.ErrClosed}, false},
	}
	for _, test := range tests {
		tailer := &tailer{tail: &tail.Tail{}, off: 100, maxLine: 10}
		if b, ok := tailer.take(test.line); ok != test.want || ok && string(b.lines) != "abc\n" {
			t.Errorf("%+v: %q, %v", *test.line, b.lines, ok)
		}
	}
}

// TestTailerIsBehind: the tailer holds a line without an end in memory, whatever its length.
func TestTailerIsBehind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	for size, want := range map[int64]bool{0: false, 1: false, maxTailLag: false, maxTailLag + 1: true} {
		must(t, os.WriteFile(path, nil, 0o600))
		must(t, os.Truncate(path, size))
		f, g := openQueue(t, path, path)
		tailer := &tailer{heard: time.Now()}
		if got := tailer.isBehind(g); got != want || f.canTail() == want {
			t.Errorf("%d bytes: behind %v, can tail %v", size, got, f.canTail())
		}
		// Nothing was heard for long, though the file has grown since it was read to its end.
		tailer.heard = time.Now().Add(-time.Hour)
		g.atEOF = size - 1
		if got := tailer.isBehind(g); got != (size > 0) {
			t.Errorf("%d bytes, nothing heard: behind %v", size, got)
		}
		g.atEOF = size
		if got := tailer.isBehind(g); got != want {
			t.Errorf("%d bytes, nothing to be heard: behind %v", size, got)
		}
	}
}

// TestTailPath never leads to another file.
func TestTailPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	must(t, os.WriteFile(path, nil, 0o600))
	g, err := openGeneration(path, 10)
	must(t, err)
	must(t, os.Rename(path, path+".1"))
	must(t, os.WriteFile(path, nil, 0o600))
	if p, err := tailPath(g); err == nil {
		info, err := os.Stat(p)
		must(t, err)
		if !g.same(info) {
			t.Errorf("%s is another file", p)
		}
	}
	g.close()
	if p, err := tailPath(g); err == nil {
		t.Errorf("%s leads to a closed file", p)
	}
}
