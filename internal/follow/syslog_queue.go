package follow

import "sync"

// A lineQueue holds lines between many receivers and one sink. It has room for a number of bytes.
type lineQueue struct {
	max   int
	ready chan struct{} // has an element when there is something to take

	mu     sync.Mutex
	room   sync.Cond
	queued block
	spare  []byte
	closed bool
}

func newLineQueue(size int) *lineQueue {
	q := &lineQueue{max: size, ready: make(chan struct{}, 1)}
	q.room.L = &q.mu
	return q
}

// put adds a line, and reports whether it did. If there is no room it waits for it, or it does not.
func (q *lineQueue) put(line block, wait bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && !q.hasRoom(line) {
		if !wait {
			return false
		}
		q.room.Wait()
	}
	if q.closed {
		return false
	}
	q.queued.lines = append(q.queued.lines, line.lines...)
	q.queued.size += line.size
	q.queued.cut += line.cut
	select {
	case q.ready <- struct{}{}:
	default:
	}
	return true
}

func (q *lineQueue) hasRoom(line block) bool {
	return len(q.queued.lines) == 0 || len(q.queued.lines)+len(line.lines) <= q.max
}

// take returns all lines, which are valid until the next call.
func (q *lineQueue) take() block {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.queued
	q.queued = block{lines: q.spare[:0]}
	q.spare = b.lines
	q.room.Broadcast()
	return b
}

// close lets nobody wait any longer.
func (q *lineQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.room.Broadcast()
}
