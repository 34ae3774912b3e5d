package follow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// headSize is how much of the beginning of a file tells it from another one. Two mail logs never share so much, as each
// line has a time, a process ID and a queue ID.
const headSize = 1 << 10

// errNotRegular says that the path of a log is a directory, a FIFO or the like.
var errNotRegular = errors.New("not a regular file")

// A generation is one file that was written under the path of the log, held open. Its identity is the device and inode
// number in info, which is unique as long as the file is open, together with its head.
type generation struct {
	path  string // where it was opened
	file  *os.File
	input *Input // decompresses the file; nil if it is plain

	info fs.FileInfo // at the last look
	head []byte      // first headSize bytes or less, uncompressed
	off  int64       // uncompressed bytes handed over; the end of a line, or of what there was of it

	lines     *lineReader // nil until it is read
	maxLine   int
	blockSize int
	entry     entry  // what lies at off
	scratch   []byte // for the next head
	damaged   bool   // cannot be decompressed to its end

	atEOF      int64     // size at which the end was last reached
	until      int64     // size when the follower was told to stop, or when it was opened after that
	superseded time.Time // when a younger generation was first seen to have content
	complete   bool      // nothing more will be written to it
	rotated    bool      // was seen to have left the path, with its content
	counted    bool      // among the rotations, or was the first
}

// An entry says what lies at the offset at which the reading of a generation begins.
type entry int

const (
	atLine  entry = iota // a line begins
	inLine               // a line goes on, of which the beginning is gone or not wanted
	inDoubt              // zero bytes maybe, and then a line
)

// openGeneration opens the plain file that the log's path leads to.
func openGeneration(path string, maxLine int) (*generation, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	g := &generation{path: path, file: f, maxLine: maxLine, blockSize: blockSize}
	if err := g.identify(); err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

// openSibling opens a rotated file, which may be compressed.
func openSibling(path string, maxLine int) (*generation, error) {
	g, err := openGeneration(path, maxLine)
	if err != nil || formatOf(g.head) == nil {
		return g, err
	}
	if g.input, err = newInput(path, g.file); err != nil {
		g.close()
		return nil, err
	}
	if g.head, err = g.input.Peek(headSize); err != nil && !errors.Is(err, io.EOF) && len(g.head) == 0 {
		g.close()
		return nil, err
	}
	g.complete = true
	return g, nil
}

// identify takes the file for what it is now.
func (g *generation) identify() error {
	info, err := g.file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %w", g.path, errNotRegular)
	}
	head, err := g.readHead()
	if err != nil {
		return err
	}
	g.info, g.head, g.until = info, bytes.Clone(head), info.Size()
	return nil
}

// readHead returns the head that the file has now, valid until the next call.
func (g *generation) readHead() ([]byte, error) {
	if g.scratch == nil {
		g.scratch = make([]byte, headSize)
	}
	n, err := g.file.ReadAt(g.scratch, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return g.scratch[:n], nil
}

// close releases the file. What it says is of no interest: the file was only read from.
func (g *generation) close() {
	if g.input != nil {
		_ = g.input.Close()
	}
	_ = g.file.Close()
}

// same reports whether info is that of the file.
func (g *generation) same(info fs.FileInfo) bool { return os.SameFile(g.info, info) }

// modified returns when the generation was last written to, as far as is known.
func (g *generation) modified() time.Time {
	if g.input != nil {
		return g.input.Modified()
	}
	return g.info.ModTime()
}

// lag returns how many bytes were there at the last look and are not yet handed over.
func (g *generation) lag() int64 {
	if g.input != nil {
		return 0
	}
	return max(0, g.info.Size()-g.off)
}

// look reads size and head again. It reports false, and keeps what it knew, if the file is not what it was: truncated,
// or truncated and written to again. It also does so for a file that was empty and has been written to, which may have
// been truncated since. Compressed generations never change.
//
// What was read before a look that reports true was of this generation.
func (g *generation) look() (intact bool, err error) {
	if g.input != nil {
		return true, nil
	}
	info, err := g.file.Stat()
	if err != nil {
		return false, err
	}
	head, err := g.readHead()
	if err != nil {
		return false, err
	}
	truncated := info.Size() < g.position() || !bytes.HasPrefix(head, g.head)
	written := len(g.head) == 0 && (len(head) > 0 || !info.ModTime().Equal(g.info.ModTime()))
	if truncated || written {
		return false, nil
	}
	g.info = info
	if len(head) > len(g.head) {
		g.head = bytes.Clone(head)
	}
	return true, nil
}

// steady reports whether the file is what it was. If not, it is taken for what it is now; nothing was read of it yet.
func (g *generation) steady() bool {
	intact, err := g.look()
	if err == nil && !intact {
		err = g.identify()
		g.begin(0, inDoubt)
	}
	return intact && err == nil
}

// beginsWith reports whether head is that of the generation, as it was at the last look or as it is now: something may
// have been written to it since, and copied or compressed at once.
func (g *generation) beginsWith(head []byte) bool {
	if sameHead(g.head, head) || g.input != nil {
		return sameHead(g.head, head)
	}
	now, err := g.readHead()
	return err == nil && sameHead(now, head)
}

// position returns how many bytes have been read, those of a line without an end included.
func (g *generation) position() int64 {
	if g.lines == nil {
		return g.off
	}
	return g.off + g.lines.pending()
}

// next returns the next lines. It does not advance off, which is for the one who hands them over.
func (g *generation) next() (block, error) {
	if g.lines == nil {
		if err := g.openLines(); err != nil {
			return block{}, err
		}
	}
	return g.lines.next()
}

func (g *generation) openLines() error {
	var src io.Reader = g.file
	if g.input != nil {
		src = g.input
		if err := g.skipDecompressed(); err != nil {
			return err
		}
	} else if _, err := g.file.Seek(g.off, io.SeekStart); err != nil {
		return err
	}
	g.lines = newLineReader(src, g.maxLine, g.blockSize)
	g.lines.headless = g.entry == inLine
	g.lines.hole = g.entry == inDoubt
	return nil
}

// skipDecompressed reads what comes before off, and finds out what lies there.
func (g *generation) skipDecompressed() error {
	if g.off == 0 {
		return nil
	}
	if _, err := io.CopyN(io.Discard, g.input, g.off-1); err != nil {
		return err
	}
	var before [1]byte
	if _, err := io.ReadFull(g.input, before[:]); err != nil {
		return err
	}
	if before[0] != '\n' {
		g.entry = inLine
	}
	return nil
}

// advance says that b was handed over.
func (g *generation) advance(b block) {
	g.off += b.size
	if b.size > 0 && (g.lines == nil || !g.lines.inside()) {
		g.entry = atLine
	}
}

// begin makes reading begin at off.
func (g *generation) begin(off int64, e entry) {
	g.off, g.entry, g.lines, g.atEOF = off, e, nil, 0
}

// skipTo makes reading begin at off, which was reached before, or at the end of the file if that comes first.
func (g *generation) skipTo(off int64) error {
	if g.input != nil {
		g.begin(off, atLine)
		return nil
	}
	off = min(off, g.info.Size())
	if off == 0 {
		g.begin(0, atLine)
		return nil
	}
	var before [1]byte
	_, err := g.file.ReadAt(before[:], off-1)
	truncated := errors.Is(err, io.EOF) // since the last look; the next one deals with it
	if err != nil && !truncated {
		return err
	}
	e := atLine
	if before[0] != '\n' && !truncated {
		e = inLine
	}
	g.begin(off, e)
	return nil
}

// sameHead reports whether two files begin alike, of which either may have grown since, so that they are the same
// generation. They have to share a whole line: a few bytes say nothing, and neither does a hole.
func sameHead(a, b []byte) bool {
	n := min(len(a), len(b))
	if n == 0 || a[0] == 0 || !bytes.Equal(a[:n], b[:n]) {
		return false
	}
	return n >= headSize || bytes.IndexByte(a[:n], '\n') >= 0
}
