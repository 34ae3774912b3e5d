package follow

import (
	"context"
	"time"
)

// A Source yields the lines of a log, for as long as it is wanted.
type Source interface {
	// Run hands lines to sink, in order, from the goroutine that called it. It may be called once. It returns nil when
	// the context ends, and the error of sink as it is.
	Run(ctx context.Context, sink func(Chunk) error) error

	// CaughtUp returns a channel that is closed when all that was there at the start has been handed over.
	CaughtUp() <-chan struct{}

	// Stats returns the counts so far. Any goroutine may call it.
	Stats() Stats
}

var _ Source = (*Follower)(nil)

// A Chunk is a run of lines.
type Chunk struct {
	// Lines holds whole lines, each ended by '\n', with no other byte changed or left out unless the line was cut. They
	// are valid until the callback returns. There may be none: then the Chunk tells the place where reading begins.
	Lines []byte

	// Modified is when the file that they are from was last written to, for headers without a year.
	Modified time.Time

	// After is the place behind the lines. It holds once the callback has returned nil.
	After Position

	// Counted is what Stats will have counted at that place. Rotations that lie ahead of it are not among them.
	Counted Stats
}
