package follow

import (
	"io"
	"sync/atomic"
	"syscall"
	"testing"
)

// A sickReader reads a few bytes at a time, and fails now and then.
type sickReader struct {
	io.Reader
	reads, failed *atomic.Int64
}

func (r sickReader) Read(p []byte) (int, error) {
	if r.reads.Add(1)%7 == 0 {
		r.failed.Add(1)
		return 0, syscall.EIO
	}
	return r.Reader.Read(p[:min(len(p), 1000)])
}

// TestReadErrorsLater goes on after errors of a disk that recovers: no line is lost, and none comes twice.
func TestReadErrorsLater(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	var reads, failed atomic.Int64
	s.follower.faults = func(r io.Reader) io.Reader { return sickReader{r, &reads, &failed} }
	s.lines(1000)
	s.start()
	s.lines(1000)
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
	if failed.Load() == 0 {
		t.Error("no read has failed")
	}
}
