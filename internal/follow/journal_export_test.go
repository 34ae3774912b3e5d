package follow

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// journalLines returns the lines and cursors of what journalctl wrote, up to what is not in the export format.
func journalLines(r io.Reader, maxLine int) (lines, cursors []string, err error) {
	x := newExportReader(r, maxLine)
	var e journalEntry
	for {
		if err := x.next(&e); err != nil {
			return lines, cursors, err
		}
		line, _, _, _ := e.appendLine(nil, maxLine)
		lines = append(lines, string(line))
		cursors = append(cursors, string(e.values[fieldCursor]))
	}
}

// FuzzJournalExport has any output, and then any text in a message, where it must not reach beyond its entry.
func FuzzJournalExport(f *testing.F) {
	f.Add([]byte(entriesOf(1, 2)))
	f.Add([]byte(entryOf(1, "MESSAGE\n\x05\x00\x00\x00\x00\x00\x00\x00a\n\n=b")))
	f.Add([]byte("MESSAGE\n\xff\xff\xff\x3f\x00\x00\x00\x00a\n\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		const maxLine = 200
		lines, _, err := journalLines(bytes.NewReader(in), maxLine)
		if !errors.Is(err, io.EOF) && !errors.Is(err, errExport) {
			t.Fatal(err)
		}
		again, _, _ := journalLines(iotest.HalfReader(bytes.NewReader(in)), maxLine)
		if !slices.Equal(lines, again) {
			t.Fatalf("in one piece %q, in more %q", lines, again)
		}
		for _, line := range lines {
			if line != "" && (len(line) > maxLine+1 || strings.Index(line, "\n") != len(line)-1) {
				t.Fatalf("not a line: %q", line)
			}
		}

		hidden := entryOf(7, binaryField("OTHER", string(in)), binaryField("MESSAGE", "x"+string(in))) + entryOf(8)
		lines, cursors, err := journalLines(strings.NewReader(hidden), maxLine)
		if !errors.Is(err, io.EOF) || !slices.Equal(cursors, []string{cursorOf(7), cursorOf(8)}) {
			t.Fatalf("got %q, %v", cursors, err)
		}
		if want := linesOf(8, 8); lines[1] != want || !strings.Contains(lines[0], ": x") {
			t.Fatalf("got %q", lines)
		}
	})
}
