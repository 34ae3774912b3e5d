package follow

import (
	"bytes"
	"io/fs"
	"slices"
	"time"
)

// A Position is a place in a log, between two lines: enough to go on from there in another process. That of a file
// does not need the file to have kept its name, nor to be plain still. The zero Position is no place at all.
type Position struct {
	// Device and Inode number the file, while it keeps them. Numbers are used again, so they are a hint and no proof.
	Device, Inode uint64

	// Head is the first KiB of the file, uncompressed, or all of it if it was shorter then. It is shared by many
	// Positions and never written to again.
	//
	// It is empty if nothing had been read. Then the log is read from its beginning, after those of its rotated files
	// that were written to after Modified.
	Head []byte

	// Offset counts the uncompressed bytes of the file that were handed over, or left out on purpose.
	Offset int64

	// Inside says that Offset is within a line that is to be left out up to its end, as what was there of it has been
	// handed over.
	Inside bool

	// Modified is when the file was last written to, as far as was known.
	Modified time.Time

	// Cursor is the place in the journal, for a source that reads it. A file has none.
	Cursor string
}

// inFile reports whether p is a place in a file, as it was or as it was going to be.
func (p *Position) inFile() bool { return p.Cursor == "" && (len(p.Head) > 0 || !p.Modified.IsZero()) }

// after returns the place behind b, which comes next in g.
func (g *generation) after(b block) Position {
	device, inode := numbersOf(g.info)
	return Position{
		Device:   device,
		Inode:    inode,
		Head:     g.head,
		Offset:   g.off + b.size,
		Inside:   b.endless,
		Modified: g.modified(),
	}
}

// A likeness says how sure it is that a file is the one that a Position is in.
type likeness int

const (
	unlike  likeness = iota
	altered          // it begins alike, but what was read of it is not there as it was
	copied           // it has the same content: a copy, perhaps compressed
	itself           // it has the same numbers too
)

// likenessOf compares g with the file that p is in. The numbers decide nothing without the head, as they are used again.
// A head of less than a line, which says little, needs the numbers too. No file, nil, is like none.
func (p *Position) likenessOf(g *generation) likeness {
	if g == nil || len(p.Head) == 0 {
		return unlike
	}
	alike := sameHead(g.head, p.Head)
	switch whole := bytes.HasPrefix(g.head, p.Head) && p.isPlaceIn(g); {
	case whole && p.hasNumbersOf(g.info):
		return itself
	case whole && alike:
		return copied
	case alike:
		return altered
	}
	return unlike
}

func (p *Position) hasNumbersOf(info fs.FileInfo) bool {
	device, inode := numbersOf(info)
	return inode != 0 && inode == p.Inode && device == p.Device
}

// isPlaceIn reports whether g is long enough, and whether a line ends where one is to end. That it is so in a compressed
// file is taken for granted, as all of it would have to be read.
func (p *Position) isPlaceIn(g *generation) bool {
	if g.input != nil || p.Offset == 0 {
		return true
	}
	var before [1]byte
	_, err := g.file.ReadAt(before[:], p.Offset-1)
	return err == nil && (p.Inside || before[0] == '\n')
}

// restore takes up the log where it was left, which may be in a rotated file. Live is the file at the path, or nil if
// there is none. It reports whether live has been dealt with; if not, it is still to come after that rotated file.
//
// If there is neither, the log may be yet to come, as when its file system is not mounted: the place is kept.
func (f *Follower) restore(live *generation) (done bool, err error) {
	p := f.place
	g, how := f.find(p, live)
	if g == nil && live == nil {
		return true, nil
	}
	f.place = nil
	if g == nil {
		f.restart(p, live)
		return true, nil
	}
	g.counted = true
	f.queue = append(f.queue, g)
	if how == altered {
		f.counters.gaps.Add(1)
		f.log.Warn("the log is not what was read of it, lines may be missing", "file", g.path, "since", p.Modified)
	}
	f.log.Info("the log is taken up where it was left", "file", g.path, "offset", p.Offset)
	switch live {
	case g:
		f.before = f.youngestHead()
	case nil:
		f.takeUpYounger(g)
	}
	return g == live, g.skipTo(p.Offset) // which finds out whether it is inside a line
}

// takeUpYounger appends the files that were rotated after g, when there is no file at the path: it may be long in coming.
func (f *Follower) takeUpYounger(g *generation) {
	unseen := f.survey(nil, func(list []sibling) []*generation {
		if i := indexOf(list, g); i >= 0 {
			return f.openUnseen(list, i, time.Time{}, nil)
		}
		return nil
	})
	f.queue = append(f.queue, unseen...)
	f.count(unseen)
}

// find returns the file that p is in, open: live or one of its siblings. The most like has it, and the youngest of those
// that are alike: when a log is copied to be truncated, it and the copy have the same content for a while.
func (f *Follower) find(p *Position, live *generation) (*generation, likeness) {
	ofLive := p.likenessOf(live)
	if ofLive == itself {
		return live, itself
	}
	var ofSibling likeness
	found := f.survey(live, func(list []sibling) []*generation {
		var like *generation
		ofLive = p.likenessOf(live) // which may have been truncated meanwhile
		if like, ofSibling = f.findLike(p, list, ofLive); like == nil {
			return nil
		}
		return []*generation{like}
	})
	switch {
	case len(found) > 0:
		return found[0], ofSibling
	case ofLive > unlike:
		return live, ofLive
	}
	return nil, unlike
}

// findLike returns the sibling that is most like the file that p is in, open, or nil if none is more so than best.
func (f *Follower) findLike(p *Position, list []sibling, best likeness) (*generation, likeness) {
	var like *generation
	for i, s := range slices.Backward(list) {
		if len(list)-i > maxGenerations && !p.hasNumbersOf(s.info) {
			continue // each of them has to be opened
		}
		g := f.openSibling(s)
		if g == nil {
			continue
		}
		how := p.likenessOf(g)
		if how <= best {
			g.close()
			continue
		}
		if like != nil {
			like.close()
		}
		like, best = g, how
	}
	return like, best
}

// restart takes up the log without the file that p is in, which is gone: it begins with what was written to after p.
func (f *Follower) restart(p *Position, live *generation) {
	since := p.Modified.Add(1) // not at the same time: that is the file before
	unseen := f.survey(live, func(list []sibling) []*generation {
		return f.openUnseen(f.olderThan(list, live), -1, since, live)
	})
	f.queue = append(f.queue, unseen...)
	if len(f.queue) < maxGenerations {
		f.queue = append(f.queue, live)
	} else {
		live.close() // the next look finds it again, and those in between
	}
	f.queue[0].counted = true
	f.count(f.queue[1:])
	if len(f.before) == 0 {
		f.before = f.youngestHead()
	}
	f.tellRestart(p)
}

func (f *Follower) tellRestart(p *Position) {
	var files []string
	for _, g := range f.queue {
		files = append(files, g.path)
	}
	if len(p.Head) == 0 {
		f.log.Info("nothing had been read of the log, it is read from its beginning", "files", files)
		return
	}
	f.past.add(p.Head, p.Offset) // should it come back
	f.counters.gaps.Add(1)
	f.log.Warn("the place where the log was left is gone, lines are missing", "since", p.Modified, "files", files)
}
