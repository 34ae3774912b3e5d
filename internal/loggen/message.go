package loggen

import (
	"fmt"
	"math"
	"time"
)

const (
	firstBackoff = 5 * time.Minute
	maxBackoff   = 4000 * time.Second
	lifetime     = 12 * time.Hour // in the queue; the default of five days would outlast the log
)

// message is what a queue ID stands for.
type message struct {
	id        string
	inode     uint64
	state     tlsState // at its client= line
	fromSMTPD bool
	sender    string // empty for a bounce
	messageID string
	size      int
	arrived   time.Duration
	activated time.Duration // by qmgr, this time
	parcels   []*parcel     // what is still to be delivered
	active    int           // parcels whose delivery is under way
	deferred  []*parcel
	bounced   bool
	tries     int
}

// parcel is the recipients of a message that go the same way.
type parcel struct {
	agent service
	to    *peer // mail exchanger; nil for local delivery
	names []string
	alias string // what the first address was before it was rewritten, if it was
}

func (m *message) recipients() int {
	n := 0
	for _, p := range m.parcels {
		n += len(p.names)
	}
	return n
}

// inodeTable gives each message that is alive an inode of its own. As on a real file system, one that was given back is used
// again at once; the table grows with the number of messages in the queue at a time.
type inodeTable struct {
	next uint64
	free []uint64
}

func (t *inodeTable) take() uint64 {
	if n := len(t.free); n > 0 {
		inode := t.free[n-1]
		t.free = t.free[:n-1]
		return inode
	}
	t.next++
	return t.next
}

func (t *inodeTable) give(inode uint64) {
	t.free = append(t.free, inode)
}

// nameMessage gives m its queue ID: microseconds of the time, and inode.
func (g *generator) nameMessage(m *message, at time.Duration) {
	m.inode = g.inodes.take()
	m.id = fmt.Sprintf("%05X%X", at.Microseconds()%1e6, m.inode)
}

// forget removes the queue file of m.
func (g *generator) forget(m *message) {
	g.inodes.give(m.inode)
}

// newSize draws a size in bytes: most mail is small, some has pictures.
func (g *generator) newSize() int {
	return int(2000 + min(math.Exp(9.3+1.5*g.rng.NormFloat64()), 20e6))
}

// receive is what cleanup makes of a message while it is transferred, and qmgr after that.
func (g *generator) receive(m *message, transfer time.Duration) {
	c := g.script(cleanup)
	c.at += transfer / 4
	c.log("%s: message-id=<%s>", m.id, m.messageID)
	c.at += transfer - transfer/4
	if m.fromSMTPD && g.chance(0.07) {
		g.log(c.at, g.daemon(opendkim), nil, "%s: %s", m.id, pick(g.rng, dkimResults))
	}
	c.wait(3 * time.Millisecond)
	c.end()
	g.at(c.at, func() { g.activate(m) })
}

// activate has qmgr take m into the active queue, now.
func (g *generator) activate(m *message) {
	first := m.tries == 0
	m.tries++
	m.activated = g.now
	g.log(g.now, g.daemon(qmgr), func() {
		if first {
			g.countQueued(m)
		}
	}, "%s: from=<%s>, size=%d, nrcpt=%d (queue active)", m.id, m.sender, m.size, m.recipients())
	m.active = len(m.parcels)
	for _, p := range m.parcels {
		g.at(g.now+g.spell(8*time.Millisecond), func() { g.deliver(m, p) })
	}
}

func (g *generator) countQueued(m *message) {
	if m.fromSMTPD {
		g.sum.MessagesQueued.count(m.state)
		return
	}
	g.sum.MessagesLocal++
}

// settle takes note of how the delivery of a parcel went, and does with m what is to be done when it was the last one.
func (g *generator) settle(m *message, p *parcel, status string) {
	switch status {
	case "deferred":
		m.deferred = append(m.deferred, p)
	case "bounced":
		m.bounced = true
	}
	if m.active--; m.active > 0 {
		return
	}
	done := g.now
	if m.bounced {
		m.bounced = false
		done = g.notify(m)
	}
	if len(m.deferred) > 0 {
		g.retry(m)
		return
	}
	g.remove(m, done)
}

// remove ends m, at time t.
func (g *generator) remove(m *message, t time.Duration) {
	g.log(t, g.daemon(qmgr), func() {
		g.sum.Removed++
		g.forget(m)
	}, "%s: removed", m.id)
}

// retry plans the next attempt for what is left of m.
func (g *generator) retry(m *message) {
	m.parcels, m.deferred = m.deferred, nil
	backoff := min(firstBackoff<<min(m.tries-1, 4), maxBackoff)
	backoff += g.spell(20 * time.Second)
	g.at(g.now+backoff, func() {
		if g.now-m.arrived < lifetime {
			g.activate(m)
			return
		}
		g.log(g.now, g.daemon(qmgr), nil, "%s: from=<%s>, status=expired, returned to sender", m.id, m.sender)
		g.remove(m, g.notify(m))
	})
}

// notify tells the sender of m that something came back, in a new message. The line that names it comes after cleanup's, as
// before Postfix 3.11. It returns the time when that is done.
func (g *generator) notify(m *message) time.Duration {
	if m.sender == "" {
		return g.now
	}
	n := &message{size: 4000 + g.rng.IntN(6000), arrived: g.now}
	g.nameMessage(n, g.now)
	n.messageID = fmt.Sprintf("%s.%s@%s", g.out.stamp(g.now).Format("20060102150405"), n.id, myHostname)
	n.parcels = g.route(m.sender)
	b, c := g.script(bounce), g.script(cleanup)
	c.log("%s: message-id=<%s>", n.id, n.messageID)
	b.at = c.at + 900*time.Microsecond
	b.log("%s: sender non-delivery notification: %s", m.id, n.id)
	b.end()
	c.at = b.at + 100*time.Microsecond
	c.end()
	g.at(c.at, func() { g.activate(n) })
	return c.at
}
