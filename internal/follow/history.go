package follow

import "slices"

// A history remembers how far the last generations were read, for one that comes back: as a copy, compressed, moved
// back to its old name, or behind a symbolic link.
type history struct{ read []readGeneration }

type readGeneration struct {
	head []byte
	off  int64
}

// historySize bounds what a history remembers.
const historySize = 64

// add remembers that the generation with that head was read up to off.
func (h *history) add(head []byte, off int64) {
	if !sameHead(head, head) {
		return // too short to be known again
	}
	if i := h.index(head); i >= 0 {
		h.read[i] = readGeneration{head, off}
		return
	}
	if len(h.read) == historySize {
		h.read = append(h.read[:0], h.read[1:]...)
	}
	h.read = append(h.read, readGeneration{head, off})
}

// offset returns how far the generation with that head was read.
func (h *history) offset(head []byte) (off int64, known bool) {
	if i := h.index(head); i >= 0 {
		return h.read[i].off, true
	}
	return 0, false
}

func (h *history) index(head []byte) int {
	for i, r := range slices.Backward(h.read) {
		if sameHead(r.head, head) {
			return i
		}
	}
	return -1
}
