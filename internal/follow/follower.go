package follow

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Start says where a log is taken up.
type Start int

const (
	// Beginning hands over what is in the log already.
	Beginning Start = iota
	// End begins with the first line that begins after the end of a log that exists. A log that comes later is
	// read from its beginning.
	End
)

// Config says what a [Follower] follows, and how. Only Path has to be set.
type Config struct {
	// Path is the log. It, and its directory, may be missing; the Follower waits for them.
	Path string

	// From says where a log is taken up that exists at the start, if it is not to be resumed.
	From Start

	// Resume is where another Follower of the log has left off, mostly in an earlier process. What was written since is
	// handed over, each line once, through whatever rotations there were. If the file is gone that the place is in, that
	// is a gap: what was written to later is read from its beginning, whatever From says. No place is nil or the zero
	// Position.
	Resume *Position

	// Poll is the time between two looks at the log; 0 is 200 ms.
	Poll time.Duration

	// Grace is how long an old generation is still read after its successor was seen to have content, for the sake of
	// writers that are slow to let go of it; 0 is 5 s. The successor waits so long, for the order of the lines.
	// An old generation is read for as long as its successor is missing or empty.
	Grace time.Duration

	// MaxLine is the length in bytes at which a line is cut; the rest of it is left out. 0 is 65536.
	MaxLine int

	// Logger is told of rotations and of trouble; nil is nobody.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Poll <= 0 {
		c.Poll = 200 * time.Millisecond
	}
	if c.Grace <= 0 {
		c.Grace = 5 * time.Second
	}
	if c.MaxLine <= 0 {
		c.MaxLine = 64 << 10
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// maxGenerations bounds how many files are held open. When there are more, they wait on disk for their turn.
const maxGenerations = 64

// A Follower hands over the lines of one log for as long as it is written, in order, each once.
type Follower struct {
	cfg       Config
	blockSize int                       // for tests
	faults    func(io.Reader) io.Reader // for tests: what is read of a file goes through it
	stumbled  time.Time                 // when it was logged last that a file cannot be read
	log       *slog.Logger
	counters  counters
	caughtUp  chan struct{}
	atEnd     sync.Once

	// The rest belongs to the goroutine in Run.
	sink     func(Chunk) error
	queue    []*generation // oldest first
	place    *Position     // where the log was left, until it is taken up there
	past     history
	before   []byte    // head of the generation before the queue, if that is known
	looks    int       // at the path, so far
	looked   time.Time // last
	trouble  error     // why there is no log at the path, if there is none
	draining bool      // the context has ended
}

// New returns a Follower that has not yet looked at anything.
func New(cfg Config) *Follower {
	cfg = cfg.withDefaults()
	f := &Follower{
		cfg:       cfg,
		blockSize: blockSize,
		log:       cfg.Logger.With("log", cfg.Path),
		caughtUp:  make(chan struct{}),
	}
	if cfg.Resume != nil && cfg.Resume.inFile() {
		f.place = cfg.Resume
	}
	return f
}

// CaughtUp returns a channel that is closed when the end of the log has been reached for the first time, and also when
// there is no log at the start.
func (f *Follower) CaughtUp() <-chan struct{} { return f.caughtUp }

// Run hands the lines of the log to sink, from the goroutine that called Run. It may be called once.
//
// It returns nil when the context ends, after it has handed over the whole lines that were written until then. It
// returns the error of sink as it is. Any other error is one that waiting will not heal: at the start the path cannot
// be read, though it exists, or it is no regular file; later a file that is open cannot be looked at. Reading is tried again.
func (f *Follower) Run(ctx context.Context, sink func(Chunk) error) error {
	f.sink = sink
	defer f.close()
	for ctx.Err() == nil {
		if err := f.look(); err != nil {
			return err
		}
		if err := f.read(ctx); err != nil {
			return err
		}
		if err := f.wait(ctx); err != nil {
			return err
		}
	}
	return f.drain(context.WithoutCancel(ctx))
}

// drain hands over what is written by now, and not what is written meanwhile.
func (f *Follower) drain(ctx context.Context) error {
	if err := f.look(); err != nil {
		return err
	}
	for _, g := range f.queue {
		g.until = g.info.Size()
	}
	f.draining = true
	return f.read(ctx)
}

func (f *Follower) close() {
	for _, g := range f.queue {
		g.close()
	}
	f.queue = nil
}

// wait returns when there may be more to read.
func (f *Follower) wait(ctx context.Context) error {
	if f.canTail() {
		return f.tail(ctx, f.queue[0])
	}
	f.sleep(ctx)
	return nil
}

func (f *Follower) sleep(ctx context.Context) {
	t := time.NewTimer(f.cfg.Poll)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// read hands over all that can be read now.
func (f *Follower) read(ctx context.Context) error {
	for more := true; more && ctx.Err() == nil; {
		if len(f.queue) == 0 {
			f.reachedEnd()
			return nil
		}
		var err error
		if more, err = f.step(f.queue[0]); err != nil {
			return err
		}
		if !f.draining && time.Since(f.looked) >= f.cfg.Poll {
			if err := f.look(); err != nil {
				return err
			}
		}
	}
	return nil
}

// step hands over one block of g, the first of the queue, and reports whether there may be more to read.
func (f *Follower) step(g *generation) (more bool, err error) {
	if f.draining && g.off >= g.until && g.input == nil {
		return f.finish(g)
	}
	b, readErr := f.next(g)
	atEOF := errors.Is(readErr, io.EOF)
	if readErr != nil && !atEOF {
		if g.input == nil {
			f.stumble(g, readErr)
			return false, nil
		}
		f.giveUp(g, readErr)
		atEOF = true
	}
	// A block counts only if the file was still the same after it was read.
	intact, err := g.look()
	if err != nil {
		return false, err
	}
	if !intact {
		return true, f.changed(g)
	}
	if err := f.handOver(g, b); err != nil {
		return false, err
	}
	if atEOF {
		return f.finish(g)
	}
	return true, nil
}

// giveUp says, once, that g is damaged. What comes after the damage is not read.
func (f *Follower) giveUp(g *generation, err error) {
	if !g.damaged {
		g.damaged = true
		f.counters.gaps.Add(1)
		f.log.Warn("a rotated log cannot be read to its end", "error", err)
	}
}

func (f *Follower) next(g *generation) (block, error) {
	if f.faults != nil && g.lines == nil {
		if err := g.openLines(); err != nil {
			return block{}, err
		}
		g.lines.src = f.faults(g.lines.src)
	}
	return g.next()
}

// complaintPeriod is how often it is logged that a file cannot be read.
const complaintPeriod = time.Minute

// stumble takes an error of a file that is open. The disk, or the server that it is on, may be well again soon; until then the lines wait.
func (f *Follower) stumble(g *generation, err error) {
	if time.Since(f.stumbled) >= complaintPeriod {
		f.stumbled = time.Now()
		f.log.Warn("the log cannot be read, and will be tried again", "file", g.path, "offset", g.off, "error", err)
	}
}

// finish leaves g, of which the end was reached, if it is time to. It reports whether another one has its turn.
func (f *Follower) finish(g *generation) (next bool, err error) {
	g.atEOF = g.info.Size()
	if len(f.queue) == 1 {
		f.reachedEnd()
		return false, nil
	}
	if !f.isOver(g) {
		return false, nil
	}
	if g.lines != nil {
		if err := f.handOver(g, g.lines.rest()); err != nil {
			return false, err
		}
	}
	f.past.add(g.head, g.off)
	if len(g.head) > 0 {
		f.before = g.head
	}
	f.log.Debug("a rotated log was read to its end", "file", g.path, "bytes", g.off)
	g.close()
	f.queue = f.queue[1:]
	return true, f.resume(f.queue[0])
}

// isOver reports whether the writers have left g behind.
func (f *Follower) isOver(g *generation) bool {
	if g.superseded.IsZero() {
		return false
	}
	return g.complete || f.draining || time.Since(g.superseded) >= f.cfg.Grace
}

// resume goes on where g was left, if it is one that was read before.
func (f *Follower) resume(g *generation) error {
	if g.off > 0 {
		return nil
	}
	if off, known := f.past.offset(g.head); known {
		return g.skipTo(off)
	}
	return nil
}

func (f *Follower) reachedEnd() { f.atEnd.Do(func() { close(f.caughtUp) }) }

func (f *Follower) handOver(g *generation, b block) error {
	f.countLag() // seen while sink takes its time
	if len(b.lines) > 0 {
		if err := f.sink(f.chunk(g, b)); err != nil {
			return err
		}
	}
	g.advance(b)
	f.counters.add(b)
	f.countLag()
	return nil
}

// chunk is what is handed over of g.
func (f *Follower) chunk(g *generation, b block) Chunk {
	c := Chunk{Lines: b.lines, Modified: g.modified(), After: g.after(b), Counted: f.counters.stats().with(b)}
	for i := slices.Index(f.queue, g) + 1; i < len(f.queue); i++ {
		if f.queue[i].counted {
			c.Counted.Rotations--
		}
	}
	return c
}

func (f *Follower) countLag() {
	var lag int64
	for _, g := range f.queue {
		lag += g.lag()
	}
	f.counters.lag.Store(lag)
}
