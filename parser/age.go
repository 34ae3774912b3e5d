package parser

import "time"

// An ageClock tells how long ago something was, whatever the hosts' clocks say. Each host's clock counts by how much it goes on, from the moment of its first line;
// the one that has gone furthest is the time. So hosts in other zones, or with wrong clocks, do not make what others do look old.
type ageClock struct {
	now   time.Duration // since the first line of the log
	hosts []hostClock   // by host number
}

type hostClock struct {
	latest time.Time
	age    time.Duration // how far it has gone
	behind int           // lines in a row that are older than latest, by more than clockSlack
}

const (
	// maxStep bounds by how much a line can put the clock on: a wrong stamp must not make all look old, and longer than this nothing waits but for
	// a process at work.
	maxStep = 2 * time.Hour
	// maxBehind is after how many older lines in a row a host's latest time is taken for wrong.
	maxBehind = 100
)

// tick takes the time of a host's line.
func (c *ageClock) tick(hostID uint32, at time.Time) {
	for int(hostID) >= len(c.hosts) {
		c.hosts = append(c.hosts, hostClock{latest: at, age: c.now})
	}
	h := &c.hosts[hostID]
	step := at.Sub(h.latest)
	switch {
	case step > 0:
		h.latest, h.behind = at, 0
		h.age += min(step, maxStep)
		c.now = max(c.now, h.age)
	case step >= -clockSlack:
		h.behind = 0
	default:
		if h.behind++; h.behind >= maxBehind {
			h.latest, h.behind = at, 0
		}
	}
}
