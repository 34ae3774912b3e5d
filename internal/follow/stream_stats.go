package follow

import (
	"bytes"
	"sync/atomic"
)

// streamCounters are the Stats, while they are being counted, of a source that is not a file.
type streamCounters struct {
	bytes, lines, gaps, dropped, restarts, cut atomic.Int64
	exists                                     atomic.Bool
}

func (c *streamCounters) stats() Stats {
	return Stats{
		Bytes:    c.bytes.Load(),
		Lines:    c.lines.Load(),
		Gaps:     c.gaps.Load(),
		Dropped:  c.dropped.Load(),
		Restarts: c.restarts.Load(),
		CutLines: c.cut.Load(),
		Exists:   c.exists.Load(),
	}
}

func (c *streamCounters) add(b block) {
	c.bytes.Add(b.size)
	c.lines.Add(int64(bytes.Count(b.lines, []byte{'\n'})))
	c.cut.Add(int64(b.cut))
}

// streamMaxLine is the length in bytes at which a line is cut unless the configuration says otherwise.
const streamMaxLine = 64 << 10
