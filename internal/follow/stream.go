package follow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"
)

// A StreamConfig says what a [Stream] reads, and how. Only Path has to be set.
type StreamConfig struct {
	// Path is a FIFO, or "-" for the standard input. A FIFO may be missing; the Stream waits for it.
	Path string

	// Poll is the time after which a FIFO that nobody has open for writing is looked at again; 0 is 200 ms.
	Poll time.Duration

	// MaxLine is the length in bytes at which a line is cut; the rest of it is left out. 0 is 65536.
	MaxLine int

	// Logger is told of trouble; nil is nobody.
	Logger *slog.Logger
}

// streamMaxLine is the length in bytes at which a source that is not a file cuts a line unless the configuration says otherwise.
const streamMaxLine = 64 << 10

// drainTime is for how long a source that cannot be read again is still read when the context has ended.
const drainTime = 250 * time.Millisecond

func (c StreamConfig) withDefaults() StreamConfig {
	if c.Poll <= 0 {
		c.Poll = 200 * time.Millisecond
	}
	if c.MaxLine <= 0 {
		c.MaxLine = streamMaxLine
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// A Stream hands over the lines that come through the standard input or a FIFO. What has been read is gone: there is no
// place to go on from, and the Positions of its chunks are zero.
//
// The standard input ends when its last writer does. A FIFO does not: it is open for as long as it is the one at the path,
// and its writers come and go. A line that the last of them has left without an end is handed over as it is.
type Stream struct {
	cfg      StreamConfig
	log      *slog.Logger
	counters counters
	caughtUp chan struct{}
	atEnd    sync.Once

	// The rest belongs to the goroutine in Run.
	stdin    *os.File
	sink     func(Chunk) error
	modified time.Time // zero for what is written while it is read
}

var _ Source = (*Stream)(nil)

// NewStream returns a Stream that has not read anything yet.
func NewStream(cfg StreamConfig) *Stream {
	cfg = cfg.withDefaults()
	return &Stream{
		cfg:      cfg,
		log:      cfg.Logger.With("log", cfg.Path),
		caughtUp: make(chan struct{}),
		stdin:    os.Stdin,
	}
}

// CaughtUp returns a channel that is closed when there is nothing to read for the first time.
func (s *Stream) CaughtUp() <-chan struct{} { return s.caughtUp }

// Stats returns the counts so far. Any goroutine may call it. The Lag is not known.
func (s *Stream) Stats() Stats { return s.counters.stats() }

func (s *Stream) reachedEnd() { s.atEnd.Do(func() { close(s.caughtUp) }) }

// Run hands lines to sink, from the goroutine that called Run. It may be called once.
//
// It returns nil when the standard input has ended and all of it was handed over, and when the context ends. Then it hands
// over the whole lines that are there. It returns the error of sink as it is. Any other error says that the input cannot be
// read, or that what is at the path is no FIFO.
func (s *Stream) Run(ctx context.Context, sink func(Chunk) error) error {
	s.sink = sink
	defer s.counters.exists.Store(false)
	if s.cfg.Path == "-" {
		return s.readInput(ctx)
	}
	for {
		f, err := s.openFIFO()
		if err != nil {
			return err
		}
		done := f == nil && !s.wait(ctx)
		if f != nil {
			done, err = s.readFIFO(ctx, f)
			_ = f.Close() // only read from
		}
		if done || err != nil {
			return err
		}
	}
}

// wait reports false when the context has ended.
func (s *Stream) wait(ctx context.Context) bool {
	s.reachedEnd()
	return sleepFor(ctx, s.cfg.Poll)
}

// readInput reads the standard input to its end.
func (s *Stream) readInput(ctx context.Context) error {
	info, err := s.stdin.Stat()
	if err != nil {
		return err
	}
	f := s.stdin
	if info.Mode().IsRegular() {
		s.modified = info.ModTime()
	} else {
		f, err = interruptible(f)
		if err != nil {
			return err
		}
		defer f.Close()
	}
	s.counters.exists.Store(true)
	lines := newLineReader(f, s.cfg.MaxLine, blockSize)
	ended, err := s.read(ctx, f, lines)
	if err != nil || !ended {
		return err
	}
	if err := s.handOver(lines.rest()); err != nil {
		return err
	}
	s.reachedEnd()
	return nil
}

// interruptible returns a file with what f has, of which a read can be made to end. The standard input is none, as it is
// shared with other processes, which O_NONBLOCK would surprise.
func interruptible(f *os.File) (*os.File, error) {
	own, err := openAgain(f)
	if err == nil {
		if own.SetReadDeadline(time.Time{}) == nil {
			return own, nil
		}
		_ = own.Close() // only opened
	}
	// It is a socket, belongs to another user, or there is no /dev/fd.
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		defer w.Close()
		_, _ = io.Copy(w, f) // an error is an end, too; it ends with the program if nothing comes
	}()
	return r, nil
}

// openAgain opens what f has, with a state of its own.
func openAgain(f *os.File) (again *os.File, err error) {
	raw, err := f.SyscallConn() // f.Fd may change f
	if err != nil {
		return nil, err
	}
	controlled := raw.Control(func(fd uintptr) {
		again, err = os.OpenFile(fmt.Sprintf("/dev/fd/%d", fd), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	})
	return again, errors.Join(controlled, err)
}

// openFIFO returns nil if there is none.
func (s *Stream) openFIFO() (*os.File, error) {
	info, err := os.Stat(s.cfg.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Mode().Type() != fs.ModeNamedPipe {
		return nil, &fs.PathError{Op: "read", Path: s.cfg.Path, Err: errors.New("not a FIFO")}
	}
	// Otherwise it would wait for a writer.
	f, err := os.OpenFile(s.cfg.Path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return f, err
}

// readFIFO reads f until there is another one at the path. It reports whether the context has ended.
func (s *Stream) readFIFO(ctx context.Context, f *os.File) (done bool, err error) {
	s.counters.exists.Store(true)
	lines := newLineReader(f, s.cfg.MaxLine, blockSize)
	for {
		ended, err := s.read(ctx, f, lines)
		if err != nil || !ended {
			return true, err
		}
		if err := s.handOver(lines.rest()); err != nil {
			return true, err
		}
		if !isAt(f, s.cfg.Path) {
			s.counters.exists.Store(false)
			return false, nil
		}
		if !s.wait(ctx) {
			_, err := s.read(ctx, f, lines)
			return true, err
		}
	}
}

// isAt reports whether f is what is at path.
func isAt(f *os.File, path string) bool {
	own, err := f.Stat()
	if err != nil {
		return false
	}
	other, err := os.Stat(path)
	return err == nil && os.SameFile(own, other)
}

// read hands over what can be read from f, and reports whether it was to the end. Otherwise the context has ended.
func (s *Stream) read(ctx context.Context, f *os.File, lines *lineReader) (ended bool, err error) {
	var until time.Time
	for {
		deadline := time.Now().Add(s.cfg.Poll)
		if ctx.Err() != nil {
			if until.IsZero() {
				until = time.Now().Add(drainTime)
			}
			if !time.Now().Before(until) {
				return false, nil
			}
			deadline = until
		}
		_ = f.SetReadDeadline(deadline) // a regular file has none, and needs none
		b, err := lines.next()
		if handed := s.handOver(b); handed != nil {
			return false, handed
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			return true, nil
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return false, err
		default:
			s.reachedEnd()
			if ctx.Err() != nil {
				return false, nil
			}
		}
	}
}

func (s *Stream) handOver(b block) error {
	if len(b.lines) > 0 {
		modified := s.modified
		if modified.IsZero() {
			modified = time.Now()
		}
		if err := s.sink(Chunk{Lines: b.lines, Modified: modified, Counted: s.counters.stats().with(b)}); err != nil {
			return err
		}
	}
	s.counters.add(b)
	return nil
}
