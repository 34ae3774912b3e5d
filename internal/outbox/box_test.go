package outbox

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A fakeOutput keeps what it is given, unless it is told to fail.
type fakeOutput struct {
	mu      sync.Mutex
	taken   []string // IDs
	batches int
	rests   int
	fail    error
	closed  bool
}

func (o *fakeOutput) Write(_ context.Context, events []Event) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return o.fail
	}
	o.batches++
	for _, e := range events {
		o.taken = append(o.taken, e.ID)
	}
	return nil
}

func (o *fakeOutput) Rest() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rests++
	return nil
}

// failing makes it fail from now on, or not any more.
func (o *fakeOutput) failing(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fail = err
}

// seen returns what it was given, and how often it was called.
func (o *fakeOutput) seen() (taken []string, batches, rests int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.taken, o.batches, o.rests
}

func (o *fakeOutput) Close() error {
	o.closed = true
	return nil
}

// inBox runs a box in a bubble, in which time goes on when all wait.
func inBox(t *testing.T, use func(t *testing.T, b *Box, o *fakeOutput, log *strings.Builder)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		o := &fakeOutput{}
		b := New("fake", o, slog.New(slog.NewTextHandler(&log, nil)))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			b.Run(ctx)
		}()
		use(t, b, o, &log)
		cancel()
		<-done
		if !o.closed {
			t.Error("the output was not closed")
		}
	})
}

func ids(n int) (out []string) {
	for i := range n {
		out = append(out, strconv.Itoa(i))
	}
	return out
}

// Events come in their order, in few batches, and soon; Flush makes them come at once.
func TestBox(t *testing.T) {
	inBox(t, func(t *testing.T, b *Box, o *fakeOutput, _ *strings.Builder) {
		put := func(n int) { b.Put(strconv.Itoa(n), []byte("{}\n")) }
		for n := range 100 {
			put(n)
		}
		time.Sleep(linger + time.Millisecond)
		synctest.Wait()
		taken, batches, _ := o.seen()
		if diff := cmp.Diff(ids(100), taken); diff != "" || batches != 1 {
			t.Errorf("%d batches (-want +got):\n%s", batches, diff)
		}
		begin := time.Now()
		put(100)
		mark := b.Mark()
		put(101)
		if err := b.Flush(t.Context(), mark); err != nil || time.Since(begin) > 0 {
			t.Errorf("Flush: %v after %v", err, time.Since(begin))
		}
		if got := b.Stats().Done; got < mark {
			t.Errorf("%d of %d", got, mark)
		}
		time.Sleep(time.Minute)
		taken, _, rests := o.seen()
		if diff := cmp.Diff(ids(102), taken); diff != "" || rests < 10 {
			t.Errorf("%d rests (-want +got):\n%s", rests, diff)
		}
	})
}

// The box is full: who reads the log waits, and goes on when the output takes events again. None is lost, and none comes twice.
func TestBoxFull(t *testing.T) {
	inBox(t, func(t *testing.T, b *Box, o *fakeOutput, log *strings.Builder) {
		o.failing(errors.New("broken wire"))
		text := []byte(strings.Repeat("x", maxWaiting/100-1) + "\n")
		const all = 250
		var put int
		read := make(chan struct{})
		go func() {
			defer close(read)
			for put < all && b.Room(t.Context()) == nil {
				b.Put(strconv.Itoa(put), text)
				put++
			}
		}()
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		if put != 101 { // the last one was put when there was room for a part of it
			t.Errorf("%d events are in the box", put)
		}
		if n := strings.Count(log.String(), "broken wire"); n != 4 {
			t.Errorf("said %d times in 20 minutes", n)
		}
		if s := b.Stats(); s.Waiting != 101 || s.Done != 0 || s.Errors < 700 { // at least every 1.5 s
			t.Errorf("%+v", s)
		}
		o.failing(nil)
		<-read
		if err := b.Flush(t.Context(), all); err != nil {
			t.Error(err)
		}
		taken, _, _ := o.seen()
		if diff := cmp.Diff(ids(all), taken); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if s := b.Stats(); s.Waiting != 0 || s.Done != all {
			t.Errorf("%+v", s)
		}
	})
}

// Nobody waits any longer than he wants to.
func TestBoxGivesUp(t *testing.T) {
	inBox(t, func(t *testing.T, b *Box, o *fakeOutput, _ *strings.Builder) {
		o.failing(errors.New("broken wire"))
		b.Put("0", make([]byte, maxWaiting))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := b.Flush(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Flush: %v", err)
		}
		if err := b.Room(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Room: %v", err)
		}
	})
}
