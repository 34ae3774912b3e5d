package loggen

import (
	"testing"
	"time"
)

func TestAgendaOrder(t *testing.T) {
	var a agenda
	var got []int
	for i, at := range []time.Duration{5, 1, 3, 1, 5, 2, 1} {
		a.push(event{at: at, effect: func() { got = append(got, i) }})
	}
	for range 7 {
		e := a.pop()
		e.effect()
	}
	// By time, and as planned where the time is the same.
	for i, want := range []int{1, 3, 6, 5, 2, 0, 4} {
		if got[i] != want {
			t.Fatalf("order is %v", got)
		}
	}
}

func TestAppendDelay(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0"},
		{9 * time.Millisecond, "0"},
		{10 * time.Millisecond, "0.01"},
		{205 * time.Millisecond, "0.2"},
		{999 * time.Millisecond, "0.99"},
		{1290 * time.Millisecond, "1.2"},
		{9999 * time.Millisecond, "9.9"},
		{10 * time.Second, "10"},
		{2379900 * time.Millisecond, "2379"},
	} {
		if got := string(appendDelay(nil, c.d)); got != c.want {
			t.Errorf("%v is shown as %s, want %s", c.d, got, c.want)
		}
	}
}

func TestCounters(t *testing.T) {
	var c counters
	if got, want := c.String(), " commands=0/0"; got != want {
		t.Errorf("no command: %q, want %q", got, want)
	}
	c.refuse(quit)
	c.accept(ehlo)
	c.accept(ehlo)
	c.accept(rcpt)
	c.refuse(rcpt)
	if got, want := c.String(), " ehlo=2 rcpt=1/2 quit=0/1 commands=3/5"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestInodesAreReusedWhenGivenBack(t *testing.T) {
	table := inodeTable{next: 7}
	first, second := table.take(), table.take()
	table.give(first)
	third, fourth := table.take(), table.take()
	if first != 8 || second != 9 || third != 8 || fourth != 10 {
		t.Errorf("inodes %d %d %d %d, want 8 9 8 10", first, second, third, fourth)
	}
}

func TestEndpointsDoNotRepeat(t *testing.T) {
	var g generator
	p := &peer{address: "192.0.2.1"}
	seen := make(map[string]bool)
	for range 64000 {
		seen[g.newEndpoint(p)] = true
	}
	if len(seen) != 64000 {
		t.Errorf("%d endpoints of 64000 are different", len(seen))
	}
}

// Process IDs start again at the bottom, and leave out those that are in use.
func TestProcessIDsWrap(t *testing.T) {
	g := newGenerator(nil, Options{Peers: minPeers})
	g.processes.pid = pidMax - 1
	g.processes.alive[pidMin] = true
	p := g.spawn(smtpd)
	if p.pid != pidMin+1 {
		t.Errorf("process ID %d after the highest, want %d", p.pid, pidMin+1)
	}
	if again := g.spawn(smtpd); again.pid <= p.pid || again.pid > p.pid+25 {
		t.Errorf("process ID %d after %d", again.pid, p.pid)
	}
}
