package follow

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/nxadm/tail"
)

const (
	// maxTailLag is how far the tailer may fall behind before the block reader, which is ten times as fast and cuts
	// long lines in bounded memory, takes over. It bounds what the tailer holds of a line without an end.
	maxTailLag = 1 << 20

	// tailPatience is how long a file may have grown without a line from the tailer, which looks every 250 ms.
	tailPatience = time.Second
)

// A tailer waits for the lines that are appended to one generation.
type tailer struct {
	tail    *tail.Tail
	off     int64 // end of the last line
	maxLine int
	buf     []byte
	heard   time.Time // when the last line came
}

// startTailer begins at the offset of g.
func startTailer(g *generation) (*tailer, error) {
	path, err := tailPath(g)
	if err != nil {
		return nil, err
	}
	t, err := tail.TailFile(path, tail.Config{
		Follow:        true,
		ReOpen:        false, // it would not read the old file to its end
		MustExist:     true,
		Poll:          true, // the other way leaves goroutines, and goes deaf when a path is tailed again
		CompleteLines: true, // it would skip to the end of the file after half a line
		Location:      &tail.SeekInfo{Offset: g.off},
		Logger:        tail.DiscardingLogger,
	})
	if err != nil {
		return nil, err
	}
	return &tailer{tail: t, off: g.off, maxLine: g.maxLine, heard: time.Now()}, nil
}

// tailPath returns a path that leads to the file of g.
//
// The tailer ends the program if it cannot look at its path, other than because nothing is there. That cannot happen to
// a path that leads through our descriptor. Without a /proc it has to be the path of the log.
func tailPath(g *generation) (string, error) {
	paths := []string{fmt.Sprintf("/proc/self/fd/%d", g.file.Fd()), g.path}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && g.same(info) {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", g.path, os.ErrNotExist)
}

// stop ends the goroutine that reads. The one that looks at the file ends within 250 ms.
func (t *tailer) stop() {
	t.tail.Kill(nil)
	for range t.tail.Lines {
		continue // a line that was on its way is read again by the block reader
	}
	_ = t.tail.Wait() // whatever it is, the block reader will meet it
}

// take returns the line and those that are ready after it. It reports false if they do not begin where the last one
// ended: the tailer reads something else.
func (t *tailer) take(line *tail.Line) (block, bool) {
	t.heard = time.Now()
	b := block{lines: t.buf[:0]}
	for {
		if line.Err != nil || line.SeekInfo.Offset != t.off+int64(len(line.Text))+1 {
			return block{}, false
		}
		t.off = line.SeekInfo.Offset
		b.add(line.Text, t.maxLine)
		t.buf = b.lines
		if len(b.lines) >= blockSize {
			return b, true
		}
		select {
		case next, ok := <-t.tail.Lines:
			if !ok {
				return b, true
			}
			line = next
		default:
			return b, true
		}
	}
}

func (b *block) add(line string, maxLine int) {
	b.size += int64(len(line)) + 1
	if len(line) > maxLine {
		line = line[:maxLine]
		b.cut++
	}
	b.lines = append(b.lines, line...)
	b.lines = append(b.lines, '\n')
}

// isBehind reports whether the block reader has to take over.
func (t *tailer) isBehind(g *generation) bool {
	if g.lag() > maxTailLag {
		return true
	}
	return g.info.Size() != g.atEOF && g.lag() > 0 && time.Since(t.heard) >= tailPatience
}

// canTail reports whether there is nothing to do but to wait for more lines in the file at the path.
func (f *Follower) canTail() bool {
	if f.trouble != nil || len(f.queue) != 1 {
		return false
	}
	g := f.queue[0]
	return g.input == nil && g.lag() <= maxTailLag && (g.lines == nil || !g.lines.inside())
}

// tail hands over the lines that are appended to g, until something else happens or the context ends.
func (f *Follower) tail(ctx context.Context, g *generation) error {
	t, err := startTailer(g)
	if err != nil {
		f.log.Debug("the log cannot be tailed", "error", err)
		f.sleep(ctx)
		return nil
	}
	defer t.stop()
	g.lines = nil // what it read ahead is read again
	tick := time.NewTicker(f.cfg.Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-t.tail.Lines:
			if !ok {
				f.sleep(ctx)
				return nil
			}
			if more, err := f.handOverTailed(g, t, line); err != nil || !more {
				return err
			}
		case <-tick.C:
			if err := f.look(); err != nil {
				return err
			}
			if !f.canTail() || f.queue[0] != g || t.off != g.off || t.isBehind(g) {
				return nil
			}
		}
	}
}

// handOverTailed reports whether the tailer may go on.
func (f *Follower) handOverTailed(g *generation, t *tailer, line *tail.Line) (bool, error) {
	b, ok := t.take(line)
	if !ok {
		return false, nil
	}
	if intact, err := g.look(); err != nil || !intact {
		return false, err // the next look deals with it
	}
	return true, f.handOver(g, b)
}
