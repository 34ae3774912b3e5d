package parser

import (
	"bytes"
	"time"
)

// A machine ties the events of one log together.
type machine struct {
	sink     Sink
	clock    clock
	intern   intern
	services services

	sessions    map[sessionKey]*session
	order       list[session] // as they began
	last        *session      // found last; its key is zero when it has ended
	maxSessions int
	countsOnly  bool // see Options
	free        []*session
	record      Session

	messages messages

	counts Counts
	shapes map[Unrecognized]uint64 // the counts are the map's values; Count is not set in its keys
}

// apply takes the events of a batch.
func (m *machine) apply(b *batch) {
	for _, s := range b.sources {
		b.services = append(b.services, m.services.of(s.prog, b.bytes(s.host), b.bytes(s.tag)))
	}
	for i := range b.events {
		m.event(b, &b.events[i])
	}
}

func (m *machine) event(b *batch, e *event) {
	if e.kind == eventTick {
		m.clock.time(e.at)
		return
	}
	svc := b.services[e.source]
	if svc == nil {
		m.counts.RefusedLines++
		return
	}
	if svc.queue && !svc.scope.queue {
		m.services.hasQueue(svc.scope)
	}
	at := m.clock.time(e.at)
	m.messages.expire(m, at)
	for range e.repeat {
		m.dispatch(b, e, svc, at)
	}
}

func (m *machine) dispatch(b *batch, e *event, svc *service, at time.Time) {
	switch e.prog {
	case progSMTPD:
		m.smtpd(b, e, svc, at)
	case progMaster:
		m.master(b, e, svc)
	default:
		m.queueEvent(b, e, svc, at)
	}
}

// master takes what ends many sessions at once. Its children say nothing when they are told to end.
func (m *machine) master(b *batch, e *event, svc *service) {
	if e.kind == eventChildDied {
		prog := lookupProgram(base(b.bytes(e.value)))
		if s := m.sessions[keyOf(svc.scope.hostID, prog, uint32(e.num))]; s != nil {
			s.end(m, EndedAborted, nil)
		}
		return
	}
	for s := m.order.front; s != nil; {
		next := s.next
		if svc.scope.owns(s.svc.scope) {
			s.end(m, EndedAborted, nil)
		}
		s = next
	}
}

// unrecognized keeps a bounded sample of what the grammar does not know.
func (m *machine) unrecognized(b *batch, e *event) {
	key := Unrecognized{Program: e.prog.String(), Shape: shape(b.bytes(e.value))}
	if _, ok := m.shapes[key]; !ok && len(m.shapes) >= maxShapes {
		key.Shape = "(other)"
	}
	m.shapes[key]++
}

// close tells what is still open at the end of the log.
func (m *machine) close() {
	for m.order.front != nil {
		m.order.front.end(m, EndedOpen, nil)
	}
	m.messages.close(m)
}

// base returns the last element of a path without making a string.
func base(p []byte) []byte { return p[bytes.LastIndexByte(p, '/')+1:] }
