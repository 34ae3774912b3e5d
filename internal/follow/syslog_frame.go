package follow

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxFrameDigits bounds the length that a sender may announce.
const maxFrameDigits = 9

// A syslogFramer splits the bytes of a connection into messages (RFC 6587). Whether a message has its length in front
// ("123 <22>...") or ends with a line feed is decided for each by how it begins, so that senders can do as they like.
type syslogFramer struct {
	r   *bufio.Reader
	max int // bytes of a message
	buf []byte
}

func newSyslogFramer(r io.Reader, maxMessage int) *syslogFramer {
	return &syslogFramer{r: bufio.NewReaderSize(r, 16<<10), max: maxMessage}
}

// next returns the next message, which is valid until the call after that, and how many bytes it had with its frame. It is
// cut if it is longer than allowed. At the end the error is [io.EOF]; a message without a line feed comes before it, as
// there are senders that leave out the last one. One that is shorter than its sender said gives [io.ErrUnexpectedEOF].
func (f *syslogFramer) next() (message []byte, size int64, cut bool, err error) {
	f.buf = f.buf[:0]
	length, head, err := f.length()
	if err != nil {
		return nil, 0, false, err
	}
	if head == 0 {
		return f.line()
	}
	size, cut = int64(head+length), length > f.max
	f.buf = append(f.buf, make([]byte, min(length, f.max))...)
	if _, err = io.ReadFull(f.r, f.buf); err == nil && cut {
		_, err = f.r.Discard(length - f.max)
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return f.buf, size, cut, err
}

// length reads the length and the blank in front of a message, head bytes; without them head is 0.
func (f *syslogFramer) length() (length, head int, err error) {
	first, err := f.r.Peek(1)
	if err != nil {
		return 0, 0, err
	}
	if first[0] < '1' || first[0] > '9' {
		return 0, 0, nil
	}
	for n := 2; n <= maxFrameDigits+1; n++ {
		b, err := f.r.Peek(n)
		if err != nil {
			return 0, 0, nilAtEnd(err) // a line without an end
		}
		length = length*10 + int(b[n-2]-'0')
		if c := b[n-1]; c == ' ' {
			_, _ = f.r.Discard(n) // which is in the buffer
			return length, n, nil
		} else if c < '0' || c > '9' {
			return 0, 0, nil // a line that begins with a time
		}
	}
	return 0, 0, nil
}

func nilAtEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// line reads up to the line feed.
func (f *syslogFramer) line() (message []byte, size int64, cut bool, err error) {
	for {
		part, err := f.r.ReadSlice('\n')
		size += int64(len(part))
		part = bytes.TrimSuffix(part, []byte("\n"))
		if room := f.max - len(f.buf); len(part) > room {
			part, cut = part[:room], true
		}
		f.buf = append(f.buf, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && size > 0:
			return f.buf, size, cut, nil
		default:
			return f.buf, size, cut, err
		}
	}
}
