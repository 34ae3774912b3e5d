package follow

import (
	"bytes"
	"sync/atomic"
)

// Stats says what a [Source] has done so far.
type Stats struct {
	// Bytes and Lines count what was handed over. Bytes are those of the log: all of a line that was cut counts.
	Bytes, Lines int64

	// Rotations counts the generations that followed the first, whether by renaming or by truncation.
	Rotations int64

	// LostBytes counts what was seen to be in the log and could not be read before it was truncated, nor found in a
	// copy. What was written and truncated between two looks is not known to anyone.
	LostBytes int64

	// Gaps counts the places where lines are missing for sure, nobody knows how many.
	Gaps int64

	// Dropped counts the lines, or datagrams, that there was no room for. A file is read when there is room.
	Dropped int64

	// Restarts counts how often a helper process, journalctl, had to be started again.
	Restarts int64

	// CutLines counts the lines of which only the first Config.MaxLine bytes were handed over.
	CutLines int64

	// Lag is how many bytes were in the log at the last look, compressed generations left out, and are not yet handed
	// over. A line that has not ended is among them.
	Lag int64

	// Exists says whether there was a log at the path, open to be read, at the last look.
	Exists bool
}

// counters are the Stats while they are being counted. What a source cannot have stays 0.
type counters struct {
	bytes, lines, rotations, lost, gaps, dropped, restarts, cut, lag atomic.Int64
	exists                                                           atomic.Bool
}

// Stats returns the counts so far. Any goroutine may call it.
func (f *Follower) Stats() Stats { return f.counters.stats() }

func (c *counters) stats() Stats {
	return Stats{
		Bytes:     c.bytes.Load(),
		Lines:     c.lines.Load(),
		Rotations: c.rotations.Load(),
		LostBytes: c.lost.Load(),
		Gaps:      c.gaps.Load(),
		Dropped:   c.dropped.Load(),
		Restarts:  c.restarts.Load(),
		CutLines:  c.cut.Load(),
		Lag:       c.lag.Load(),
		Exists:    c.exists.Load(),
	}
}

func (c *counters) add(b block) {
	c.bytes.Add(b.size)
	c.lines.Add(int64(bytes.Count(b.lines, []byte{'\n'})))
	c.cut.Add(int64(b.cut))
}

// with returns the Stats as they will be when b is counted.
func (s Stats) with(b block) Stats {
	s.Bytes += b.size
	s.Lines += int64(bytes.Count(b.lines, []byte{'\n'}))
	s.CutLines += int64(b.cut)
	return s
}
