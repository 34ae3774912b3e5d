package follow

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"
)

func writeFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(path, data, 0o600))
	return path
}

// TestPeekKeepsNoDecoder: a hundred archives are looked at before the first is read.
func TestPeekKeepsNoDecoder(t *testing.T) {
	in, err := Open(writeFile(t, "mail.log", xzed(t, sampleLog(100))))
	must(t, err)
	defer in.Close()
	if _, err := in.Peek(10); err != nil || in.decoder != nil || in.Position() != 0 {
		t.Errorf("after Peek: decoder %v, position %d, %v", in.decoder, in.Position(), err)
	}
}

// TestPeekAfterRead goes on where reading stopped.
func TestPeekAfterRead(t *testing.T) {
	in, err := Open(writeFile(t, "mail.log", gzipped(t, []byte("abcdef"))))
	must(t, err)
	defer in.Close()
	if _, err := io.CopyN(io.Discard, in, 2); err != nil {
		t.Fatal(err)
	}
	head, err := in.Peek(3)
	if string(head) != "cde" || err != nil {
		t.Errorf("Peek = %q, %v", head, err)
	}
	head[0] = 'x' // is ours
	if rest, err := io.ReadAll(in); string(rest) != "cdef" || err != nil {
		t.Errorf("rest is %q, %v", rest, err)
	}
}

func TestModified(t *testing.T) {
	ofFile := time.Date(2026, 11, 22, 6, 25, 1, 0, time.UTC)
	ofLog := time.Date(2026, 11, 15, 6, 25, 2, 0, time.UTC)
	line := []byte("a line\n")
	tests := []struct {
		name string
		data []byte
		want time.Time
	}{
		{"plain", line, ofFile},
		{"gzip without a time", gzipped(t, line), ofFile},
		{"gzip with a time", gzippedAt(t, ofLog, line), ofLog},
		{"gzip with a time to come", gzippedAt(t, ofFile.AddDate(16, 0, 0), line), ofFile},
		{"xz", xzed(t, line), ofFile},
	}
	for _, test := range tests {
		path := writeFile(t, "mail.log", test.data)
		must(t, os.Chtimes(path, ofFile, ofFile))
		in, err := Open(path)
		must(t, err)
		if !in.Modified().Equal(test.want) || in.Name() != path {
			t.Errorf("%s: %s modified %v, want %v", test.name, in.Name(), in.Modified(), test.want)
		}
		must(t, in.Close())
	}
	if in, err := OpenReader("pipe", strings.NewReader("")); err != nil || !in.Modified().IsZero() || in.Name() != "pipe" {
		t.Errorf("%s modified %v, %v", in.Name(), in.Modified(), err)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	file := writeFile(t, "mail.log", nil)
	tests := []struct {
		path string
		want error
	}{
		{filepath.Join(dir, "missing"), fs.ErrNotExist},
		{dir, syscall.EISDIR},
		{filepath.Join(file, "below"), syscall.ENOTDIR},
	}
	for _, test := range tests {
		_, err := Open(test.path)
		if !errors.Is(err, test.want) || strings.Count(err.Error(), test.path) != 1 {
			t.Errorf("Open(%s): %v, want %v", test.path, err, test.want)
		}
	}
}

func TestReadError(t *testing.T) {
	broken := errors.New("broken")
	for _, text := range []string{"", "a line\n", string(half(gzipped(t, sampleLog(1000))))} {
		in, err := OpenReader("pipe", io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)))
		must(t, err)
		if _, err := io.Copy(io.Discard, in); !errors.Is(err, broken) || err.Error() != "pipe: broken" {
			t.Errorf("after %d bytes: %v, want pipe: broken", len(text), err)
		}
	}
}

func TestFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	must(t, syscall.Mkfifo(path, 0o600))
	text := sampleLog(3000)
	written := make(chan error, 1)
	go func() { written <- os.WriteFile(path, gzipped(t, text), 0o600) }()
	in, err := Open(path)
	must(t, err)
	defer in.Close()
	if in.Size() != 0 || !in.Modified().IsZero() {
		t.Errorf("size %d, modified %v", in.Size(), in.Modified())
	}
	checkInput(t, in, text)
	must(t, <-written)
}

func TestDevice(t *testing.T) {
	in, err := Open("/dev/zero")
	must(t, err)
	defer in.Close()
	head, err := in.Peek(20)
	if len(head) != 20 || err != nil || in.Size() != 0 {
		t.Errorf("Peek = %q, %v; size %d", head, err, in.Size())
	}
}

// TestOpenedFile begins where the file stands, as it may with the standard input of a shell.
func TestOpenedFile(t *testing.T) {
	f, err := os.Open(writeFile(t, "mail.log", []byte("header\nline\n")))
	must(t, err)
	defer f.Close()
	_, err = f.Seek(int64(len("header\n")), io.SeekStart)
	must(t, err)
	in, err := OpenReader(StandardInput, f)
	must(t, err)
	checkInput(t, in, []byte("line\n"))
	if in.Size() != int64(len("line\n")) || in.Position() != in.Size() {
		t.Errorf("position %d of %d", in.Position(), in.Size())
	}
	must(t, in.Close())
	if _, err := f.Stat(); err != nil {
		t.Errorf("Close closed the reader: %v", err)
	}
}
