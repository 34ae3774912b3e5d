package follow

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

const (
	// sniffSize covers the magic numbers below and the modification time in the header of gzip.
	sniffSize = 10

	// readAhead is what a decoder is given to read from at a time.
	readAhead = 32 << 10

	// The file chooses how much memory its decoder takes, up to these bounds. The first is four times what zstd -19
	// asks for, the second what xz -9 asks for.
	maxZstdWindow   = 32 << 20
	maxXZDictionary = 64 << 20
)

// errMemory says that a file asks for more memory than that.
var errMemory = errors.New("needs too much memory, decompress it first")

// A format is one kind of compression, known by its first bytes.
type format struct {
	name  string
	magic []byte
	mask  []byte // of the bytes that count; all of them if it is empty
	open  func(*bufio.Reader) (io.ReadCloser, error)
}

var formats = []format{
	{name: "gzip", magic: []byte{0x1f, 0x8b}, open: openGzip},
	{name: "bzip2", magic: []byte("BZh"), open: openBzip2},
	{name: "xz", magic: []byte{0xfd, '7', 'z', 'X', 'Z', 0}, open: openXZ},
	{name: "zstd", magic: []byte{0x28, 0xb5, 0x2f, 0xfd}, open: openZstd},
	// A skippable frame, with which parallel compressors begin.
	{name: "zstd", magic: []byte{0x50, 0x2a, 0x4d, 0x18}, mask: []byte{0xf0, 0xff, 0xff, 0xff}, open: openZstd},
}

// formatOf returns the compression of data that begins with head, or nil if there is none.
func formatOf(head []byte) *format {
	for i := range formats {
		if formats[i].matches(head) {
			return &formats[i]
		}
	}
	return nil
}

func (f *format) matches(head []byte) bool {
	if len(head) < len(f.magic) {
		return false
	}
	if len(f.mask) == 0 {
		return bytes.HasPrefix(head, f.magic)
	}
	for i, m := range f.mask {
		if head[i]&m != f.magic[i] {
			return false
		}
	}
	return true
}

// gzipModified returns the modification time in the header of gzip, or the zero time.
func gzipModified(head []byte) time.Time {
	if len(head) < 8 {
		return time.Time{}
	}
	if sec := binary.LittleEndian.Uint32(head[4:8]); sec > 0 {
		return time.Unix(int64(sec), 0)
	}
	return time.Time{}
}

func openGzip(r *bufio.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }

func openBzip2(r *bufio.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil }

func openZstd(r *bufio.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(
		r,
		zstd.WithDecoderConcurrency(1), // no goroutines
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxZstdWindow),
		zstd.WithDecoderMaxMemory(maxZstdWindow),
	)
	if err != nil {
		return nil, err
	}
	return zstdReader{d.IOReadCloser()}, nil
}

// A zstdReader gives the bound on the window the same error as the other formats.
type zstdReader struct{ io.ReadCloser }

func (z zstdReader) Read(p []byte) (int, error) {
	n, err := z.ReadCloser.Read(p)
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = fmt.Errorf("%w: %w", errMemory, err)
	}
	return n, err
}

func openXZ(r *bufio.Reader) (io.ReadCloser, error) {
	if n := xzDictionary(r); n > maxXZDictionary {
		return nil, fmt.Errorf("%w: the dictionary has %d MiB", errMemory, n>>20)
	}
	x := &xzReader{src: r}
	var err error
	x.Reader, err = xz.NewReader(readerFunc(x.feed))
	if err != nil {
		return nil, err
	}
	return io.NopCloser(x), nil
}

// An xzReader tells a file that was cut between two blocks, or within the header of one, from one that is complete. The
// decoder takes either for the end.
type xzReader struct {
	io.Reader
	src  io.Reader
	last [2]byte // that were read, zero bytes of padding left out
}

func (x *xzReader) feed(p []byte) (int, error) {
	n, err := x.src.Read(p)
	if data := bytes.TrimRight(p[:n], "\x00"); len(data) > 0 {
		both := append(x.last[:], data[max(0, len(data)-2):]...)
		x.last = [2]byte(both[len(both)-2:])
	}
	return n, err
}

func (x *xzReader) Read(p []byte) (int, error) {
	n, err := x.Reader.Read(p)
	if err == io.EOF && x.last != [2]byte{'Y', 'Z'} {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// xzDictionary returns the size of the dictionary that the first block asks for, or 0 if there is no block, or none of
// a form that the decoder will take. The blocks of a file do not differ in this.
func xzDictionary(r *bufio.Reader) int64 {
	const (
		streamHeader     = 12
		compressedSize   = 0x40
		uncompressedSize = 0x80
		lzma2            = 0x21
	)
	head, err := r.Peek(streamHeader + 2)
	if err != nil {
		return 0
	}
	size := 4 * (int(head[streamHeader]) + 1)
	if head, err = r.Peek(streamHeader + size); err != nil {
		return 0
	}
	flags, fields := head[streamHeader+1], head[streamHeader+2:]
	for _, f := range []byte{compressedSize, uncompressedSize} {
		if flags&f != 0 {
			_, n := binary.Uvarint(fields)
			fields = fields[max(n, 0):]
		}
	}
	if len(fields) < 3 || fields[0] != lzma2 || fields[1] != 1 {
		return 0
	}
	n, _ := lzma.DecodeDictCap(fields[2]) // of no size: the decoder will say what is wrong
	return n
}
