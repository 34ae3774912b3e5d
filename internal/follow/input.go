package follow

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// StandardInput is the name of the [Input] that [Open] returns for "-".
const StandardInput = "standard input"

// An Input is a log that is read once, from its beginning to its end. It yields the uncompressed bytes of gzip, bzip2,
// xz and zstd, which it knows by their content, and those of anything else as they are.
//
// Only [Input.Position] may be called from another goroutine than the one that reads.
type Input struct {
	name     string
	closer   io.Closer
	raw      *countingReader
	seek     *os.File // nil if the source can only be read once, from beginning to end
	base     int64    // where the input begins in seek
	size     int64
	modified time.Time

	sniffed bool
	format  *format
	decoder io.ReadCloser // nil until the first read
	ahead   []byte        // peeked at, not yet read
	done    int64         // uncompressed bytes that the decoder yielded
	err     error         // the end of the input, or why it is not readable any further
}

// Open opens the log at path; "-" is the standard input, which Close leaves open. A FIFO or a device will do; as
// always, opening a FIFO waits for a writer.
//
// The error is an [fs.PathError], so that [errors.Is] finds [fs.ErrNotExist] and [fs.ErrPermission].
func Open(path string) (*Input, error) {
	if path == "-" {
		return OpenReader(StandardInput, os.Stdin)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	in, err := newInput(path, f)
	if err != nil {
		_ = f.Close() // only read from, and of no use
		return nil, err
	}
	in.closer = f
	return in, nil
}

// OpenReader returns an input that reads r, which Close leaves open. The name is for messages. If r is an [os.File]
// the input begins at its offset.
func OpenReader(name string, r io.Reader) (*Input, error) {
	if f, ok := r.(*os.File); ok {
		return newInput(name, f)
	}
	return &Input{name: name, raw: &countingReader{r: r}}, nil
}

func newInput(name string, f *os.File) (*Input, error) {
	in := &Input{name: name, raw: &countingReader{r: f}}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: syscall.EISDIR}
	}
	if !info.Mode().IsRegular() {
		return in, nil
	}
	in.seek = f
	if in.base, err = f.Seek(0, io.SeekCurrent); err != nil {
		return nil, err
	}
	in.size, in.modified = info.Size()-in.base, info.ModTime()
	return in, in.sniff()
}

// Name returns the path that was opened, or [StandardInput].
func (in *Input) Name() string { return in.name }

// Modified returns when the log was last written to: the time in the header of gzip if there is one, else the
// modification time of the file. It is the zero time if that is not known, as with a pipe.
func (in *Input) Modified() time.Time { return in.modified }

// Size returns the bytes that the log takes up on disk, or 0 if that is not known.
func (in *Input) Size() int64 { return in.size }

// Position returns how many of the [Input.Size] bytes have been read. Any goroutine may call it.
func (in *Input) Position() int64 { return in.raw.n.Load() }

// Read reads uncompressed bytes. If the compressed data is damaged, all that can be read comes before the error, which
// names the input and says after how many uncompressed bytes the damage is.
func (in *Input) Read(p []byte) (int, error) {
	if len(in.ahead) > 0 {
		n := copy(p, in.ahead)
		in.ahead = in.ahead[n:]
		return n, nil
	}
	if in.err != nil {
		return 0, in.err
	}
	n, err := in.decode(p)
	if n > 0 && err != nil {
		return n, nil // the error keeps until all bytes are taken
	}
	return n, err
}

// Peek returns the next n uncompressed bytes and leaves them to be read. If there are fewer, the error says why; it is
// [io.EOF] if the input ends there. The bytes belong to the caller.
//
// Peek before the first Read keeps no decoder open for a file, so that many files can be looked at before any is read.
func (in *Input) Peek(n int) ([]byte, error) {
	if in.seek != nil && in.decoder == nil {
		return in.peekFile(n)
	}
	for len(in.ahead) < n && in.err == nil {
		more := make([]byte, n-len(in.ahead))
		m, _ := in.decode(more) // which keeps the error
		in.ahead = append(in.ahead, more[:m]...)
	}
	if len(in.ahead) < n {
		return append([]byte(nil), in.ahead...), in.err
	}
	return append([]byte(nil), in.ahead[:n]...), nil
}

func (in *Input) peekFile(n int) ([]byte, error) {
	head := make([]byte, n)
	m := 0
	for m < n && in.err == nil {
		k, _ := in.decode(head[m:])
		m += k
	}
	err := in.err
	if m == n {
		err = nil
	}
	if e := in.rewind(); e != nil {
		return nil, e
	}
	return head[:m], err
}

// rewind makes the next read begin at the beginning again, with another decoder.
func (in *Input) rewind() error {
	if in.decoder != nil {
		_ = in.decoder.Close() // its error, if it has one, is that of the last read
	}
	in.decoder, in.done, in.err = nil, 0, nil
	in.raw.n.Store(0)
	in.raw.err = nil
	if _, err := in.seek.Seek(in.base, io.SeekStart); err != nil {
		return err
	}
	return nil
}

// Close closes the file that [Open] opened.
func (in *Input) Close() error {
	var err error
	if in.decoder != nil {
		err = in.decoder.Close()
	}
	if in.closer != nil {
		err = errors.Join(err, in.closer.Close())
	}
	return err
}

// decode reads from the decoder, and opens it if it is not open yet.
func (in *Input) decode(p []byte) (int, error) {
	if in.err == nil && in.decoder == nil {
		in.err = in.openDecoder()
	}
	if in.err != nil {
		return 0, in.err
	}
	n, err := in.decoder.Read(p)
	in.done += int64(n)
	in.err = in.explain(err)
	return n, in.err
}

func (in *Input) openDecoder() error {
	if err := in.sniff(); err != nil {
		return err
	}
	if in.format == nil {
		in.decoder = io.NopCloser(in.raw)
		return nil
	}
	d, err := in.format.open(bufio.NewReaderSize(in.raw, readAhead))
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // there was a magic number, and nothing after it
		}
		return in.explain(err)
	}
	in.decoder = d
	return nil
}

// sniff finds out the format, once.
func (in *Input) sniff() error {
	if in.sniffed {
		return nil
	}
	in.sniffed = true
	head := make([]byte, sniffSize)
	n, err := in.readHead(head)
	if n == 0 && err != nil && !errors.Is(err, io.EOF) {
		return in.explain(err)
	}
	in.format = formatOf(head[:n])
	if in.format != nil && in.format.name == "gzip" {
		// Some compressors write nonsense, which mostly is in the future.
		if t := gzipModified(head[:n]); !t.IsZero() && (in.modified.IsZero() || t.Before(in.modified)) {
			in.modified = t
		}
	}
	return nil
}

func (in *Input) readHead(head []byte) (int, error) {
	if in.seek != nil {
		return in.seek.ReadAt(head, in.base)
	}
	n, err := io.ReadFull(in.raw.r, head)
	in.raw.head = head[:n]
	return n, err
}

// explain says what an error of a decoder means.
func (in *Input) explain(err error) error {
	var path *fs.PathError
	switch {
	case err == nil, err == io.EOF: //nolint:errorlint // io.Reader returns io.EOF itself, never wrapped
		return err
	case errors.As(err, &path):
		return err // names the file
	case in.raw.err != nil:
		return fmt.Errorf("%s: %w", in.name, in.raw.err)
	case in.format == nil:
		return fmt.Errorf("%s: %w", in.name, err)
	case errors.Is(err, errMemory):
		return fmt.Errorf("%s: %s data %w", in.name, in.format.name, err)
	}
	return fmt.Errorf("%s: %s data is damaged after %d bytes: %w", in.name, in.format.name, in.done, err)
}

// A countingReader counts what is read from r. It tells a file that cannot be read from one that holds damaged data.
type countingReader struct {
	r    io.Reader
	head []byte // read already, to be yielded first
	n    atomic.Int64
	err  error // why r could not be read; not its end
}

func (c *countingReader) Read(p []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(p, c.head)
		c.head = c.head[n:]
		c.n.Add(int64(n))
		return n, nil
	}
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}
