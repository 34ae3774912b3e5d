package outbox

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// An Event is what is handed over.
type Event struct {
	ID   string // the same for the same event, and no other's
	Line []byte // JSON, with a line end
}

// An Output is where events go.
type Output interface {
	// Write returns nil when all events are where a crash takes none of them. With an error, some may be; they are written again.
	Write(ctx context.Context, events []Event) error
	// Rest is called about every second in which there is nothing to write.
	Rest() error
	// Close ends it well.
	Close() error
}

// What a Box holds at most but for the events of one chunk of the log; how much it hands over at a time; how long an event waits for others to be
// handed over with; and how long it waits after an error.
const (
	maxWaiting = 8 << 20 // bytes
	maxBatch   = 1 << 20 // bytes
	linger     = 500 * time.Millisecond
	pause      = time.Second
)

// complaintPeriod is the time between two log lines about the same trouble.
const complaintPeriod = 5 * time.Minute

// A Box holds events until its output has them. One goroutine runs it.
type Box struct {
	name string
	out  Output
	log  *slog.Logger
	urge chan struct{} // what is in the box is to be handed over now

	mu      sync.Mutex
	waiting []Event // oldest first
	bytes   int     // of them
	put     int64   // events, ever
	done    int64   // of these, handed over
	wanted  int64   // of these, somebody waits for
	errors  int64
	freed   chan struct{} // closed when some were handed over

	failed time.Time // when it was logged last that nothing can be handed over
}

// New returns a box. The name is for metrics and messages.
func New(name string, out Output, log *slog.Logger) *Box {
	return &Box{name: name, out: out, log: log.With("output", name), urge: make(chan struct{}, 1), freed: make(chan struct{})}
}

// Stats are a Box's figures.
type Stats struct {
	Name    string
	Done    int64 // events that were handed over, by this process
	Waiting int   // events
	Errors  int64 // attempts that failed
}

// Stats returns the figures up to now.
func (b *Box) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Stats{Name: b.name, Done: b.done, Waiting: len(b.waiting), Errors: b.errors}
}

// Put takes an event. It never waits: see Room. The line is not kept.
func (b *Box) Put(id string, line []byte) {
	e := Event{ID: id, Line: append([]byte(nil), line...)}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = append(b.waiting, e)
	b.bytes += len(line)
	b.put++
	b.hurry()
}

// hurry ends the wait for more events if there are enough of them, or somebody waits for them. b.mu is held.
func (b *Box) hurry() {
	if b.bytes < maxBatch && b.wanted <= b.done {
		return
	}
	select {
	case b.urge <- struct{}{}:
	default: // it has been ended
	}
}

// Room waits until there is room for more, or ctx ends.
func (b *Box) Room(ctx context.Context) error {
	return b.await(ctx, func() bool { return b.bytes < maxWaiting })
}

// Mark tells how many events were put.
func (b *Box) Mark() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.put
}

// Flush waits until as many events as mark were handed over, or ctx ends.
func (b *Box) Flush(ctx context.Context, mark int64) error {
	b.mu.Lock()
	b.wanted = max(b.wanted, mark)
	b.hurry()
	b.mu.Unlock()
	return b.await(ctx, func() bool { return b.done >= mark })
}

// await waits until so holds, which is asked for with b.mu held.
func (b *Box) await(ctx context.Context, so func() bool) error {
	for {
		b.mu.Lock()
		ok, freed := so(), b.freed
		b.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-freed:
		}
	}
}

// Run hands events over until ctx ends, then closes the output. What is waiting then is lost to this process.
func (b *Box) Run(ctx context.Context) {
	for b.collect(ctx) {
		batch := b.batch()
		if len(batch) == 0 {
			b.judge(b.out.Rest())
			continue
		}
		err := b.out.Write(ctx, batch)
		b.judge(err)
		if err == nil {
			b.drop(len(batch))
			continue
		}
		sleep(ctx, pause)
	}
	if err := b.out.Close(); err != nil {
		b.log.Error("the output of events was not closed well", "error", err)
	}
}

// collect waits until there is a batch, or for a while. It reports false when ctx has ended.
func (b *Box) collect(ctx context.Context) bool {
	late := time.NewTimer(linger)
	defer late.Stop()
	select {
	case <-ctx.Done():
	case <-b.urge:
	case <-late.C:
	}
	return ctx.Err() == nil
}

// batch returns the oldest events, at least one if there is any.
func (b *Box) batch() []Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, size := 0, 0
	for n < len(b.waiting) && (n == 0 || size+len(b.waiting[n].Line) <= maxBatch) {
		size += len(b.waiting[n].Line)
		n++
	}
	return b.waiting[:n:n]
}

// drop forgets the oldest events.
func (b *Box) drop(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range n {
		b.bytes -= len(b.waiting[i].Line)
		b.waiting[i] = Event{}
	}
	b.waiting = b.waiting[n:]
	b.done += int64(n)
	b.hurry()
	close(b.freed)
	b.freed = make(chan struct{})
}

// judge counts an error, and logs it unless that was done a short while ago.
func (b *Box) judge(err error) {
	if err == nil {
		if !b.failed.IsZero() {
			b.failed = time.Time{}
			b.log.Info("events can be handed over again")
		}
		return
	}
	b.mu.Lock()
	b.errors++
	waiting := len(b.waiting)
	b.mu.Unlock()
	if time.Since(b.failed) >= complaintPeriod {
		b.failed = time.Now()
		b.log.Error("no events can be handed over: they wait, and when there are too many of them the log is not read", "error", err, "waiting", waiting)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
