package loggen

import "time"

// An event is a line to be written, an effect, or both.
type event struct {
	at      time.Duration
	order   uint64
	process *process // nil if there is no line
	text    []byte
	effect  func() // nil if there is none
}

// before puts events that fall on the same time in the order in which they were planned. That keeps the lines of one
// process in order, and the log the same from run to run.
func (e *event) before(f *event) bool {
	if e.at != f.at {
		return e.at < f.at
	}
	return e.order < f.order
}

// agenda is what is going to happen: a binary heap, typed, because container/heap would allocate for each line.
type agenda struct {
	heap    []event
	planned uint64
}

func (a *agenda) push(e event) {
	a.planned++
	e.order = a.planned
	a.heap = append(a.heap, e)
	h := a.heap
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h[i].before(&h[parent]) {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

// pop returns the earliest event. The agenda is never empty: the arrival of a session plans the next arrival.
func (a *agenda) pop() event {
	h := a.heap
	first, last := h[0], len(h)-1
	h[0] = h[last]
	h[last] = event{}
	a.heap = h[:last]
	a.sink()
	return first
}

// sink moves the event at the top down to where it belongs.
func (a *agenda) sink() {
	h := a.heap
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if right := child + 1; right < len(h) && h[right].before(&h[child]) {
			child = right
		}
		if !h[child].before(&h[i]) {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}
