package follow

import (
	"bytes"
	"io"
)

// blockSize is about how many bytes are read, and handed over, at a time.
const blockSize = 256 << 10

// A block is a run of whole lines.
type block struct {
	lines []byte // each ended by '\n'; valid until the next call of the reader
	size  int64  // how many bytes of the source these lines were
	cut   int    // how many of the lines were longer than allowed

	endless bool // the last of the lines has no end in the source
}

// A lineReader splits a source into blocks of whole lines in bounded memory. The end of the source is not final: it may
// have grown when next is called again.
type lineReader struct {
	src  io.Reader
	max  int // bytes of a line, without its end
	buf  []byte
	r, w int // buf[r:w] is read and not yet handed over

	// skipped counts the bytes read and left out since the last block: those of a line that is too long, of which
	// buf[r:r+max] keeps the beginning, or those that the two flags ask for.
	skipped  int64
	headless bool // the source begins within a line, to be left out
	hole     bool // the source may begin with zero bytes, to be left out
}

func newLineReader(src io.Reader, maxLine, blockSize int) *lineReader {
	// What is not yet handed over is never more than a line.
	return &lineReader{src: src, max: maxLine, buf: make([]byte, blockSize+maxLine+1)}
}

// next returns whole lines, as many as are at hand. A block without lines and without an error is mere progress. At the
// end of the source the error is [io.EOF], also if there is a line that has not ended.
func (l *lineReader) next() (block, error) {
	if b, ok := l.take(); ok {
		return b, nil
	}
	l.w = copy(l.buf, l.buf[l.r:l.w])
	l.r = 0
	n, err := l.src.Read(l.buf[l.w:])
	l.w += n
	if b, ok := l.take(); ok || n > 0 {
		return b, nil // an error comes again
	}
	return block{}, err
}

// pending returns how many bytes were read after those of the last block.
func (l *lineReader) pending() int64 { return l.skipped + int64(l.w-l.r) }

// inside reports whether the reader is at a place where nobody else could take over at the end of the last block.
func (l *lineReader) inside() bool { return l.skipped > 0 || l.headless || l.hole }

// rest ends the line that has no end, because nothing more will come. The block has no lines if there is none.
func (l *lineReader) rest() block {
	b := block{size: l.pending()}
	if l.w > l.r && !l.headless {
		if l.skipped > 0 {
			b.cut = 1
		}
		b.lines = append(l.buf[:0], l.buf[l.r:l.w]...)
		b.lines = append(b.lines, '\n')
		b.endless = true
	}
	l.r, l.w, l.skipped, l.headless = 0, 0, 0, false
	return b
}

// take returns what can be handed over of buf[r:w].
func (l *lineReader) take() (block, bool) {
	switch b := l.buf[l.r:l.w]; {
	case l.hole:
		return l.takeHole(b)
	case l.headless:
		return l.takeHeadless(b)
	case l.skipped > 0:
		return l.takeCut(b)
	default:
		n, long := wholeLines(b, l.max)
		if n == 0 && long {
			return l.takeCut(b)
		}
		l.r += n
		return block{lines: b[:n], size: int64(n)}, n > 0
	}
}

// takeCut returns the beginning of the line b, which is too long, once its end has been read.
func (l *lineReader) takeCut(b []byte) (block, bool) {
	i := bytes.IndexByte(b[l.max:], '\n')
	if i < 0 {
		l.skipped += int64(len(b) - l.max)
		l.w = l.r + l.max
		return block{}, false
	}
	b[l.max] = '\n' // of the line or of what is left out of it
	l.r += l.max + i + 1
	size := l.skipped + int64(l.max+i+1)
	l.skipped = 0
	return block{lines: b[:l.max+1], size: size, cut: 1}, true
}

// takeHeadless leaves out all up to the end of the line.
func (l *lineReader) takeHeadless(b []byte) (block, bool) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		l.skipped += int64(len(b))
		l.r = l.w
		return block{}, false
	}
	l.r += i + 1
	size := l.skipped + int64(i+1)
	l.skipped, l.headless = 0, false
	return block{size: size}, true
}

// takeHole leaves out zero bytes. A writer that does not append goes on at its old place in a file that was truncated,
// which leaves such a hole in front.
func (l *lineReader) takeHole(b []byte) (block, bool) {
	n := len(b) - len(bytes.TrimLeft(b, "\x00"))
	l.r += n
	l.hole = n == len(b)
	return block{size: int64(n)}, n > 0
}

// wholeLines returns how many bytes at the beginning of b are whole lines of at most maxLine bytes, and whether it is a
// line longer than that which comes next. It looks at few of the lines.
func wholeLines(b []byte, maxLine int) (n int, long bool) {
	for n < len(b) {
		window := b[n:min(len(b), n+maxLine+1)]
		i := bytes.LastIndexByte(window, '\n')
		if i < 0 {
			return n, len(window) > maxLine
		}
		n += i + 1
	}
	return n, false
}
