package follow

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// sampleLog returns lines that do not compress to nothing.
func sampleLog(lines int) []byte {
	var b bytes.Buffer
	seed := uint32(1)
	for i := range lines {
		seed = seed*1664525 + 1013904223
		fmt.Fprintf(&b, "line %d of the log %08x\n", i, seed)
	}
	return b.Bytes()
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	return gzippedAt(t, time.Unix(0, 0), data)
}

func gzippedAt(t *testing.T, modified time.Time, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.ModTime = modified
	return closed(t, &b, w, data)
}

func xzed(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	must(t, err)
	return closed(t, &b, w, data)
}

func zstded(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	must(t, err)
	return closed(t, &b, w, data)
}

func closed(t *testing.T, b *bytes.Buffer, w io.WriteCloser, data []byte) []byte {
	t.Helper()
	_, err := w.Write(data)
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}

// repeatedLine is the content of bzip2ed, of which there is no compressor in Go: two blocks of bzip2 -1.
func repeatedLine() []byte {
	return bytes.Repeat([]byte("Nov 22 05:31:01 mx1 postfix/smtpd[411]: connect\n"), 4000)
}

func bzip2ed(t *testing.T) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(bzip2Base64)
	must(t, err)
	return data
}

const bzip2Base64 = "QlpoMTFBWSZTWX4ZuQIAXZHfgAAQQAD+EAABAAoPI81AMAGYABQAABkyCgAADJkBSqptJ+iNTIaG09U4QgYoQPVCBvQgbKEDNCBy" +
	"oQNaEDpQgaUIG9CBvQgYoQNqEDFCBrQgd6EDahA+aEDFCB3oQOyEDx4oQOdCB0oQNEIHqhA4oQPuhA/qEDNCBihA50IGaEDihA1o" +
	"QOKEDahAxQgcUIGKEDCEDahAzQgaUIGaEDlQgf5igrJMprLePqFyAMKzvwAAIIAB/CAAAgAUHkeagGAC8ABQAABkyCgAADJkCaqq" +
	"bUfpqj1MjQP1NTUBGECPCBHCBGZAjlAjogRugR6oEbIEcIEcIEYQIygRhAjdAjsgRlAj4QIwgR2QI6oEd0CNkCMoEbfSBHhAjSBH" +
	"dAj9QI5QI3QI80COUCNIEboEaQIygRhAjSBGECMQEZQI5QI2QI5QI6IEf4u5IpwoSEmWEV6A"

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// TestFormats reads each format under a name that says nothing, from a file and from a pipe.
func TestFormats(t *testing.T) {
	text := sampleLog(5000)
	skippable := []byte{0x53, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 'a', 'b', 'c', 'd'}
	tests := []struct {
		name string
		data []byte
		want []byte
	}{
		{"plain", text, text},
		{"empty", nil, nil},
		{"one byte", []byte("x"), []byte("x")},
		{"no newline at the end", []byte("a\nb"), []byte("a\nb")},
		{"carriage returns and zero bytes", []byte("a\r\n\x00\x00b\r\n"), []byte("a\r\n\x00\x00b\r\n")},
		{"gzip", gzipped(t, text), text},
		{"gzip of nothing", gzipped(t, nil), nil},
		{"gzip members", join(gzipped(t, text), gzipped(t, nil), gzipped(t, []byte("end\n"))), join(text, []byte("end\n"))},
		{"bzip2", bzip2ed(t), repeatedLine()},
		{"bzip2 streams", join(bzip2ed(t), bzip2ed(t)), join(repeatedLine(), repeatedLine())},
		{"xz", xzed(t, text), text},
		{"xz streams", join(xzed(t, text), make([]byte, 4), xzed(t, []byte("end\n"))), join(text, []byte("end\n"))},
		{"zstd", zstded(t, text), text},
		{"zstd frames", join(skippable, zstded(t, text), zstded(t, []byte("end\n"))), join(text, []byte("end\n"))},
		{"magic number without more", []byte{0x1f}, []byte{0x1f}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in, err := Open(writeFile(t, "mail.log", test.data))
			must(t, err)
			defer in.Close()
			checkInput(t, in, test.want)
			if in.Size() != int64(len(test.data)) || in.Position() != in.Size() {
				t.Errorf("position %d of %d, want %d", in.Position(), in.Size(), len(test.data))
			}

			stream, err := OpenReader("pipe", iotest.OneByteReader(bytes.NewReader(test.data)))
			must(t, err)
			checkInput(t, stream, test.want)
			if stream.Size() != 0 || stream.Position() != int64(len(test.data)) {
				t.Errorf("pipe: position %d of %d, want %d of 0", stream.Position(), stream.Size(), len(test.data))
			}
			must(t, stream.Close())
		})
	}
}

// checkInput peeks and reads.
func checkInput(t *testing.T, in *Input, want []byte) {
	t.Helper()
	for _, n := range []int{1, 100, 10} {
		head, err := in.Peek(n)
		wantErr := error(nil)
		if n > len(want) {
			wantErr = io.EOF
		}
		if !bytes.Equal(head, want[:min(n, len(want))]) || !errors.Is(err, wantErr) {
			t.Fatalf("Peek(%d) = %.100q, %v", n, head, err)
		}
	}
	got, err := io.ReadAll(in)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v; want %d bytes: %.200q", len(got), err, len(want), got)
	}
	if n, err := in.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("Read after the end = %d, %v", n, err)
	}
}

// TestDamaged cuts archives in the middle. What was whole comes out, then one error.
func TestDamaged(t *testing.T) {
	text := sampleLog(40_000) // more than one block of each format
	bz := bzip2ed(t)
	tests := []struct {
		format string
		data   []byte
		whole  []byte
		some   bool // something is readable
	}{
		{"gzip", half(gzipped(t, text)), text, true},
		{"gzip", gzipped(t, text)[:3], nil, false},
		{"gzip", join(gzipped(t, text), []byte("garbage")), text, true},
		{"xz", half(xzed(t, text)), text, true},
		{"xz", xzed(t, text)[:12], nil, false},
		{"xz", xzed(t, text)[:20], nil, false},
		{"zstd", half(zstded(t, text)), text, true},
		{"zstd", zstded(t, text)[:5], nil, false},
		{"bzip2", bz[:len(bz)-20], repeatedLine(), true},
		{"bzip2", bz[:6], nil, false},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %d", test.format, len(test.data)), func(t *testing.T) {
			path := writeFile(t, "mail.log.2", test.data)
			in, err := Open(path)
			must(t, err)
			defer in.Close()
			got, err := io.ReadAll(in)
			if !bytes.HasPrefix(test.whole, got) || test.some != (len(got) > 0) {
				t.Errorf("%d bytes that are not the beginning", len(got))
			}
			want := fmt.Sprintf("%s: %s data is damaged after %d bytes: ", path, test.format, len(got))
			if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Count(err.Error(), path) != 1 {
				t.Errorf("error %v, want %s...", err, want)
			}
			if n, again := in.Read(make([]byte, 10)); n != 0 || again == nil || again.Error() != err.Error() {
				t.Errorf("another Read = %d, %v", n, again)
			}
		})
	}
}

func half(data []byte) []byte { return data[:len(data)/2] }

// TestCutAnywhere cuts small archives after each byte: never may that be taken for the end.
func TestCutAnywhere(t *testing.T) {
	text := sampleLog(12)
	var blocks bytes.Buffer
	w, err := xz.WriterConfig{BlockSize: 100}.NewWriter(&blocks)
	must(t, err)
	archives := map[string][]byte{
		"gzip":      gzipped(t, text),
		"xz":        xzed(t, text),
		"xz blocks": closed(t, &blocks, w, text),
		"zstd":      zstded(t, text),
		"bzip2":     bzip2ed(t),
	}
	for name, data := range archives {
		whole := text
		if name == "bzip2" {
			whole = repeatedLine()
		}
		step := 1
		if name == "bzip2" {
			step = 7 // it is slow
		}
		const magic = 6 // of xz, the longest
		for n := magic; n < len(data); n += step {
			in, err := OpenReader("cut", bytes.NewReader(data[:n]))
			must(t, err)
			got, err := io.ReadAll(in)
			if !bytes.HasPrefix(whole, got) || err == nil || !strings.Contains(err.Error(), "damaged") {
				t.Errorf("%s cut at %d of %d: %d bytes, %v", name, n, len(data), len(got), err)
			}
		}
	}
}

func TestDamagedSaysWhy(t *testing.T) {
	in, err := Open(writeFile(t, "mail.log.2", half(gzipped(t, sampleLog(1000)))))
	must(t, err)
	defer in.Close()
	if _, err := io.Copy(io.Discard, in); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v, want %v", err, io.ErrUnexpectedEOF)
	}
}

// TestPeekDamaged leaves what is readable, and the error, to Read.
func TestPeekDamaged(t *testing.T) {
	in, err := Open(writeFile(t, "mail.log.2", gzipped(t, sampleLog(10))[:12]))
	must(t, err)
	defer in.Close()
	for range 2 {
		if _, err := in.Peek(10); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("Peek: %v, want %v", err, io.ErrUnexpectedEOF)
		}
	}
	if _, err := io.ReadAll(in); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Read: %v, want %v", err, io.ErrUnexpectedEOF)
	}
}

// TestTooMuchMemory opens headers that ask for 128 MiB (zstd) and 192 MiB (xz).
func TestTooMuchMemory(t *testing.T) {
	const (
		windowLog17 = 17 << 3 // 1 << (10+17)
		dictionary  = 31      // 3 << 26
	)
	tests := map[string][]byte{
		"zstd": {0x28, 0xb5, 0x2f, 0xfd, 0, windowLog17, 0x0b, 0, 0, 'x'},
		"xz": join([]byte{0xfd, '7', 'z', 'X', 'Z', 0, 0, 4, 0xe6, 0xd6, 0xb4, 0x46},
			[]byte{2, 0, 0x21, 1, dictionary, 0, 0, 0, 0, 0, 0, 0}),
		"xz with sizes": join([]byte{0xfd, '7', 'z', 'X', 'Z', 0, 0, 4, 0xe6, 0xd6, 0xb4, 0x46},
			[]byte{2, 0xc0, 0x80, 1, 0x80, 0x80, 1, 0x21, 1, dictionary, 0, 0}),
	}
	for name, data := range tests {
		path := writeFile(t, "mail.log.2", data)
		in, err := Open(path)
		must(t, err)
		defer in.Close()
		_, err = io.ReadAll(in)
		if !errors.Is(err, errMemory) || strings.Count(err.Error(), path) != 1 {
			t.Errorf("%s: error %v, want %v", name, err, errMemory)
		}
	}
}
