package follow

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"
)

// unseenAfter opens the generations that came between prev, the last one seen, and live, oldest first.
func (f *Follower) unseenAfter(prev, live *generation) []*generation {
	return f.survey(live, func(list []sibling) []*generation {
		list = f.olderThan(list, live)
		i := indexOf(list, prev)
		if i < 0 {
			var same *generation
			if i, same = f.findHead(list, prev.head, 0); same != nil {
				same.close() // prev is open
			}
		}
		return f.openUnseen(list, i, prev.info.ModTime(), live)
	})
}

// copiesOf opens what is left of the content that g had when it was old, before it was truncated: the copy, and the
// copies of what was written to g later and truncated again. The first of them is missing if rescued is false.
func (f *Follower) copiesOf(old, g *generation) (copies []*generation, rescued bool) {
	copies = f.survey(g, func(list []sibling) []*generation {
		list = f.olderThan(list, g)
		i, found := f.findHead(list, old.head, old.off)
		unseen := f.openUnseen(list, i, old.info.ModTime(), g)
		if found != nil {
			unseen = slices.Insert(unseen, 0, found)
		}
		return unseen
	})
	// Half a line is too little to find the copy by, but nothing was handed over of it either.
	if len(copies) == 0 || !bytes.HasPrefix(copies[0].head, old.head) {
		return copies, false
	}
	copies[0].complete, copies[0].counted = true, true // when it was taken up
	return copies, true
}

// copiesSince opens the copies of what was written to g, and truncated again, since it was old and empty. The generation
// before it begins with head.
func (f *Follower) copiesSince(head []byte, old, g *generation) []*generation {
	return f.survey(g, func(list []sibling) []*generation {
		list = f.olderThan(list, g)
		i, before := f.findHead(list, head, 0)
		if before != nil {
			before.close()
		}
		return f.openUnseen(list, i, old.info.ModTime(), g)
	})
}

// youngestHead returns the head of the generation that was rotated last.
func (f *Follower) youngestHead() []byte {
	list, err := listSiblings(f.cfg.Path)
	if err != nil || len(list) == 0 {
		return nil
	}
	g := f.openSibling(list[len(list)-1])
	if g == nil {
		return nil
	}
	defer g.close()
	return g.head
}

// olderThan returns the siblings that come before g. If it is not one of them by now, nor at the path, those that came
// after it in the queue tell its place.
func (f *Follower) olderThan(list []sibling, g *generation) []sibling {
	later := []*generation{g}
	if i := slices.Index(f.queue, g); i >= 0 {
		later = f.queue[i:]
	}
	for _, g := range later {
		if i := indexOf(list, g); i >= 0 {
			return list[:i]
		}
		if f.isAtPath(g) {
			return list
		}
		if i, same := f.findHead(list, g.head, 0); same != nil {
			same.close()
			return list[:i]
		}
	}
	return list
}

// survey has the siblings looked through until nothing has moved meanwhile. Names do so while a rotation is under way,
// and a file may be missed then. And younger, of which nothing has been read yet, may have been truncated again; it
// is nil if there is no such file.
func (f *Follower) survey(younger *generation, open func([]sibling) []*generation) []*generation {
	const attempts = 20
	var opened []*generation
	for range attempts {
		for _, g := range opened {
			g.close()
		}
		opened = nil
		before, err := listSiblings(f.cfg.Path)
		if younger == nil && errors.Is(err, fs.ErrNotExist) {
			return nil // there is not even a directory
		}
		if err != nil {
			f.log.Warn("the rotated logs cannot be listed", "error", err)
			continue
		}
		opened = open(before)
		after, err := listSiblings(f.cfg.Path)
		if (younger == nil || younger.steady()) && err == nil && sameFiles(before, after) {
			break
		}
	}
	return opened
}

// sameFiles reports whether two lists name the same files.
func sameFiles(a, b []sibling) bool {
	return slices.EqualFunc(a, b, func(a, b sibling) bool { return a.path == b.path && os.SameFile(a.info, b.info) })
}

func indexOf(list []sibling, g *generation) int {
	return slices.IndexFunc(list, func(s sibling) bool { return g.same(s.info) })
}

// findHead returns the place of the youngest sibling that begins with head and has at least size bytes, and the sibling
// itself, open; or -1.
func (f *Follower) findHead(list []sibling, head []byte, size int64) (int, *generation) {
	for i, s := range slices.Backward(list) {
		if len(list)-i > maxGenerations {
			break // each of them has to be opened
		}
		g := f.openSibling(s)
		if g == nil {
			continue
		}
		if sameHead(g.head, head) && (g.input != nil || g.info.Size() >= size) {
			return i, g
		}
		g.close()
	}
	return -1, nil
}

// openUnseen opens those after place i that were not seen. If i is -1 the one before them is not there any more; then it
// is those that were written to at the time since, or later.
func (f *Follower) openUnseen(list []sibling, i int, since time.Time, live *generation) []*generation {
	var unseen []*generation
	for _, s := range list[i+1:] {
		if i < 0 && s.info.ModTime().Before(since) {
			continue
		}
		if len(f.queue)+len(unseen) >= maxGenerations {
			break // to be found again when there is room
		}
		if g := f.openIfUnseen(s, live, unseen); g != nil {
			unseen = append(unseen, g)
		}
	}
	return unseen
}

// openIfUnseen opens s unless it is known: live, if there is one, among those found already, in the queue or from the past.
func (f *Follower) openIfUnseen(s sibling, live *generation, found []*generation) *generation {
	g := f.openSibling(s)
	if g == nil {
		return nil
	}
	_, known := f.past.offset(g.head)
	others := slices.Concat(found, f.queue)
	if live != nil {
		others = append(others, live)
	}
	for _, other := range others {
		known = known || g.same(other.info) || other.beginsWith(g.head)
	}
	if known || len(g.head) == 0 && g.complete {
		g.close()
		return nil
	}
	f.log.Debug("a rotated log is new", "file", g.path, "bytes", g.info.Size())
	return g // perhaps empty as yet: the writer may still hold it
}

func (f *Follower) openSibling(s sibling) *generation {
	g, err := openSibling(s.path, f.cfg.MaxLine)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.log.Warn("a rotated log cannot be read", "error", err)
	}
	if err != nil {
		return nil
	}
	f.opened(g)
	return g
}

func (f *Follower) openLive() (*generation, error) {
	g, err := openGeneration(f.cfg.Path, f.cfg.MaxLine)
	if err != nil {
		return nil, err
	}
	f.opened(g)
	return g, nil
}

// opened prepares g, just opened, to be read. It may have been truncated when nobody looked.
func (f *Follower) opened(g *generation) {
	g.blockSize = f.blockSize
	if bytes.HasPrefix(g.head, []byte{0}) {
		g.entry = inDoubt
	}
}
