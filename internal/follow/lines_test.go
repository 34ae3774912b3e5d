package follow

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

// readBlocks reads src to its end, and then what has no end.
func readBlocks(t *testing.T, l *lineReader) (lines string, size int64, cut int) {
	t.Helper()
	add := func(b block) {
		if len(b.lines) > 0 && b.lines[len(b.lines)-1] != '\n' {
			t.Errorf("a block ends in the middle of a line: %q", b.lines)
		}
		lines += string(b.lines)
		size += b.size
		cut += b.cut
	}
	for {
		b, err := l.next()
		add(b)
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
	}
	add(l.rest())
	return lines, size, cut
}

func TestLineReader(t *testing.T) {
	const maxLine = 5
	tests := []struct {
		name, text, want string
		cut              int
		headless, hole   bool
	}{
		{name: "nothing"},
		{name: "one line", text: "a\n", want: "a\n"},
		{name: "no end", text: "a\nb", want: "a\nb\n"},
		{name: "empty lines", text: "\n\n\n", want: "\n\n\n"},
		{name: "bytes as they are", text: "a\r\n\x00\n\xff\n", want: "a\r\n\x00\n\xff\n"},
		{name: "just fits", text: "12345\n12345\n", want: "12345\n12345\n"},
		{name: "one too many", text: "123456\n12345\n", want: "12345\n12345\n", cut: 1},
		{name: "much too long", text: "a\n" + strings.Repeat("x", 1000) + "\nb\n", want: "a\nxxxxx\nb\n", cut: 1},
		{name: "long ones in a row", text: "1234567\nabcdefg\n", want: "12345\nabcde\n", cut: 2},
		{name: "long and no end", text: "a\n1234567", want: "a\n12345\n", cut: 1},
		{name: "fits and no end", text: "a\n12345", want: "a\n12345\n"},
		{name: "headless", text: "half\na\n", want: "a\n", headless: true},
		{name: "headless and long", text: strings.Repeat("x", 1000) + "\na\n", want: "a\n", headless: true},
		{name: "headless and no end", text: "half", headless: true},
		{name: "headless, and all of it is there", text: "\na\n", want: "a\n", headless: true},
		{name: "hole", text: "\x00\x00\x00a\n\x00\n", want: "a\n\x00\n", hole: true},
		{name: "long hole", text: strings.Repeat("\x00", 1000) + "a\n", want: "a\n", hole: true},
		{name: "no hole", text: "a\n", want: "a\n", hole: true},
	}
	sources := map[string]func(io.Reader) io.Reader{
		"at once":      func(r io.Reader) io.Reader { return r },
		"byte by byte": iotest.OneByteReader,
		"with error":   iotest.DataErrReader,
	}
	for _, test := range tests {
		for how, wrap := range sources {
			l := newLineReader(wrap(strings.NewReader(test.text)), maxLine, blockSize)
			l.headless, l.hole = test.headless, test.hole
			lines, size, cut := readBlocks(t, l)
			if lines != test.want || size != int64(len(test.text)) || cut != test.cut {
				t.Errorf("%s, %s: %q, %d bytes, %d cut; want %q, %d bytes, %d cut",
					test.name, how, lines, size, cut, test.want, len(test.text), test.cut)
			}
		}
	}
}

// TestLineReaderRandom compares with the plain way to do it.
func TestLineReaderRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		maxLine := 1 + random.IntN(30)
		var text, want strings.Builder
		cut := 0
		for range random.IntN(200) {
			n := random.IntN(40)
			line := strings.Repeat(string(rune('a'+random.IntN(26))), n)
			text.WriteString(line + "\n")
			if n > maxLine {
				line = line[:maxLine]
				cut++
			}
			want.WriteString(line + "\n")
		}
		src := &pieces{data: []byte(text.String()), random: random}
		lines, size, gotCut := readBlocks(t, newLineReader(src, maxLine, blockSize))
		if lines != want.String() || size != int64(text.Len()) || gotCut != cut {
			t.Fatalf("at most %d bytes a line: %q becomes %q", maxLine, text.String(), lines)
		}
	}
}

// pieces yields data in pieces of any size.
type pieces struct {
	data   []byte
	random *rand.Rand
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.data[:min(len(p.data), 1+p.random.IntN(100))])
	p.data = p.data[n:]
	return n, nil
}

// TestLineReaderGrows: the end is not final.
func TestLineReaderGrows(t *testing.T) {
	var src bytes.Buffer
	l := newLineReader(&src, 100, blockSize)
	for _, step := range []struct{ add, want string }{
		{"", ""}, {"a", ""}, {"b\nc", "ab\n"}, {"", ""}, {"\n", "c\n"}, {"d\n", "d\n"},
	} {
		src.WriteString(step.add)
		b, err := l.next()
		if err != nil && !errors.Is(err, io.EOF) || string(b.lines) != step.want {
			t.Errorf("after %q: %q, %v; want %q", step.add, b.lines, err, step.want)
		}
	}
	if n := l.pending(); n != 0 {
		t.Errorf("%d bytes are pending, want none", n)
	}
}

// TestLineReaderAllocations: none, however long the log.
func TestLineReaderAllocations(t *testing.T) {
	src := bytes.NewReader(sampleLog(100000))
	l := newLineReader(src, 64<<10, blockSize)
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := l.next(); err != nil {
			_, _ = src.Seek(0, io.SeekStart)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations a block, want none", allocs)
	}
}

// BenchmarkRun reads a log from the page cache to its end, as a Follower does.
func BenchmarkRun(b *testing.B) {
	data := sampleLog(1 << 20)
	path := b.TempDir() + "/mail.log"
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.Fatal(err)
	}
	ended, end := context.WithCancel(b.Context())
	end() // Run returns at the end of the log
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f := New(Config{Path: path})
		if err := f.Run(ended, func(Chunk) error { return nil }); err != nil {
			b.Fatal(err)
		}
		if n := f.Stats().Bytes; n != int64(len(data)) {
			b.Fatalf("%d bytes, want %d", n, len(data))
		}
	}
}
