package follow

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

// look finds out what has become of the path and of the files that are open. The error is one that ends it all.
func (f *Follower) look() error {
	f.looked = time.Now()
	for _, g := range slices.Clone(f.queue) {
		if err := f.lookAt(g); err != nil {
			return err
		}
	}
	trouble := f.lookAtPath()
	f.looks++
	f.counters.exists.Store(trouble == nil)
	if trouble != nil && f.looks == 1 && !errors.Is(trouble, fs.ErrNotExist) {
		return trouble
	}
	f.report(trouble)
	f.supersede()
	f.countLag()
	return nil
}

// lookAt finds out what has become of g.
func (f *Follower) lookAt(g *generation) error {
	intact, err := g.look()
	if err != nil {
		return err
	}
	if !intact {
		return f.changed(g)
	}
	isLast := g == f.queue[len(f.queue)-1]
	g.rotated = !isLast || errors.Is(f.trouble, fs.ErrNotExist)
	return nil
}

// report logs that the log is gone, or back.
func (f *Follower) report(trouble error) {
	was := f.trouble
	f.trouble = trouble
	switch {
	case trouble == nil && was != nil:
		f.log.Info("the log is there")
	case trouble == nil || was != nil && was.Error() == trouble.Error():
	case errors.Is(trouble, fs.ErrNotExist):
		f.log.Info("there is no log, waiting for it")
	default:
		f.log.Warn("the log cannot be opened, waiting for it", "error", trouble)
	}
}

// lookAtPath takes up the file at the path if it is another one than at the last look.
func (f *Follower) lookAtPath() error {
	info, err := os.Stat(f.cfg.Path)
	if errors.Is(err, fs.ErrNotExist) && f.place != nil && f.looks == 0 {
		if _, err := f.restore(nil); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %w", f.cfg.Path, errNotRegular)
	}
	if n := len(f.queue); n > 0 && (f.queue[n-1].same(info) || n >= maxGenerations) {
		return nil
	}
	return f.takeUp()
}

// takeUp appends the file at the path to the queue, after those that came between it and the last one.
func (f *Follower) takeUp() error {
	// Opened before the siblings are listed: what is rotated from now on is open already.
	live, err := f.openLive()
	if err != nil {
		return err
	}
	if len(f.queue) == 0 {
		if done, err := f.takeUpFirst(live); done {
			return err
		} else if err != nil {
			live.close()
			return err
		}
	}
	unseen := f.unseenAfter(f.queue[len(f.queue)-1], live)
	f.queue = append(f.queue, unseen...)
	f.count(unseen)
	if len(f.queue) >= maxGenerations {
		live.close() // the next look finds it again, and those in between
		return nil
	}
	f.queue = append(f.queue, live)
	f.countOne(live)
	f.log.Info("the log was rotated", "unseen", len(unseen))
	return nil
}

// count counts the generations that have content, once each. One that has none may never get any.
func (f *Follower) count(generations []*generation) {
	for _, g := range generations {
		if len(g.head) > 0 {
			f.countOne(g)
		}
	}
}

func (f *Follower) countOne(g *generation) {
	if !g.counted {
		g.counted = true
		f.counters.rotations.Add(1)
	}
}

// takeUpFirst begins with live, the file at the path, or with the one in which the log was left. It reports whether live
// has been dealt with; if not, it has to come after the other.
func (f *Follower) takeUpFirst(live *generation) (done bool, err error) {
	if f.place != nil {
		return f.restore(live)
	}
	live.counted = true
	f.queue = append(f.queue, live)
	if f.looks == 0 {
		f.before = f.youngestHead()
	}
	if f.looks == 0 && f.cfg.From == End {
		err = live.skipTo(live.info.Size())
	} else {
		err = f.resume(live)
	}
	if err != nil || f.looks > 0 {
		return true, err
	}
	return true, f.sink(f.chunk(live, block{})) // the place is known before there is a line
}

// supersede notes which generations have a younger one with content.
func (f *Follower) supersede() {
	content := false
	for _, g := range slices.Backward(f.queue) {
		if content && g.superseded.IsZero() {
			g.superseded = time.Now()
		}
		content = content || f.hasContent(g)
	}
}

// hasContent reports whether anything has been written to g, since it was read if it is one that came back.
func (f *Follower) hasContent(g *generation) bool {
	off, known := f.past.offset(g.head)
	return !known && g.info.Size() > 0 || known && g.info.Size() > off
}

// changed deals with a file, g, that is not what it was.
func (f *Follower) changed(g *generation) error {
	old := *g
	if err := g.identify(); err != nil {
		return err
	}
	if len(old.head) == 0 {
		return f.written(g, &old)
	}
	return f.truncated(g, &old)
}

// written deals with a file that was empty and has been written to. What was written to it may have been copied and
// truncated between two looks. Or it is itself a copy that is just being made, of a generation that then goes on where
// the copy ends.
func (f *Follower) written(g, old *generation) error {
	i := slices.Index(f.queue, g)
	before := f.before
	if i > 0 {
		before = f.queue[i-1].head
	}
	g.begin(0, old.entry)
	copies := append(f.copiesSince(before, old, g), g)
	f.count(copies)
	return f.replace(i, copies)
}

// truncated deals with a file of which the content is gone. It puts the copies of what was in it in front of it. The
// past says how far the first of them was read, and the file itself if it only lost its end.
func (f *Follower) truncated(g, old *generation) error {
	i := slices.Index(f.queue, g)
	f.past.add(old.head, old.off)
	g.begin(0, inDoubt)
	copies, rescued := f.copiesOf(old, g)
	if !rescued {
		f.lose(old.lag())
	}
	f.count(copies)
	f.log.Info("the log was truncated", "rescued", rescued, "lost", f.counters.lost.Load())
	if old.rotated {
		g.close() // overwritten on its way out: what is in it now is no log
		return f.replace(i, copies)
	}
	g.counted = false
	f.countOne(g)
	return f.replace(i, append(copies, g))
}

// replace puts others in the place of the generation at i.
func (f *Follower) replace(i int, others []*generation) error {
	f.queue = slices.Replace(f.queue, i, i+1, others...)
	if i == 0 && len(f.queue) > 0 {
		return f.resume(f.queue[0])
	}
	return nil
}

func (f *Follower) isAtPath(g *generation) bool {
	info, err := os.Stat(f.cfg.Path)
	return err == nil && g.same(info)
}

func (f *Follower) lose(n int64) { f.counters.lost.Add(max(0, n)) }
