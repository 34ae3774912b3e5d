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

	deliverers deliverers
	waiting    waitingList
	delivery   Delivery
	failure    Failure // what delivery.Failure points to
	status     string  // of the latest delivery record, and
	dsn        string
	noCommands Commands
	screening  screening
	servers    serverFailures

	age        ageClock
	second     time.Duration // of it, when expire was called
	beginnings beginnings
	counts     Counts
	shapes     map[Unrecognized]uint64 // the counts are the map's values; Count is not set in its keys
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
	m.age.tick(svc.scope.hostID, at)
	if second := m.age.now.Truncate(time.Second); second != m.second {
		m.second = second
		m.expire()
	}
	for range e.repeat {
		m.dispatch(b, e, svc, at)
	}
}

// expire gives up what the log has said nothing of for long. Once in a second is enough.
func (m *machine) expire() {
	m.messages.expire(m)
	m.expireDeliverers()
	m.expireWaiting()
	m.expireScreening()
	m.beginnings.expire(m.age.now)
}

func (m *machine) dispatch(b *batch, e *event, svc *service, at time.Time) {
	switch {
	case e.prog == progSMTPD:
		m.smtpd(b, e, svc, at)
	case e.prog == progSMTP, e.prog == progLMTP:
		m.outbound(b, e, svc, at)
	case e.kind == eventDelivery:
		m.local(b, e, svc, at)
	case e.prog == progPostscreen:
		m.postscreen(b, e, svc, at)
	case e.prog == progTlsproxy:
		m.tlsproxy(b, e, svc, at)
	case e.prog == progMaster:
		m.master(b, e, svc)
	default:
		m.queueEvent(b, e, svc, at)
	}
}

// master takes what ends many sessions at once. Its children say nothing when they are told to end.
func (m *machine) master(b *batch, e *event, svc *service) {
	switch e.kind {
	case eventChildDied:
		m.childDied(keyOf(svc.scope.hostID, lookupProgram(base(b.bytes(e.value))), uint32(e.num)))
		return
	case eventMasterStarted, eventMasterReloaded:
		svc.scope.quotes = quotes(b.bytes(e.value))
		m.forgetLevels(svc.scope)
	default: // stopped
	}
	if e.kind == eventMasterReloaded { // processes finish what they do
		return
	}
	for s := m.order.front; s != nil; {
		next := s.next
		if svc.scope.owns(s.svc.scope) {
			s.end(m, EndedAborted, nil)
		}
		s = next
	}
	m.forgetDeliverers(func(d *deliverer) bool { return svc.scope.owns(d.svc.scope) })
	m.endScreening(EndedAborted, func(s *screened) bool { return s.svc != nil && svc.scope.owns(s.svc.scope) })
}

// childDied ends what a process did.
func (m *machine) childDied(key sessionKey) {
	if s := m.sessions[key]; s != nil {
		s.end(m, EndedAborted, nil)
	}
	if d := m.deliverers.byKey[key]; d != nil {
		m.forget(d)
	}
	if program(key>>32) == progPostscreen {
		m.endScreening(EndedAborted, func(s *screened) bool { return s.svc != nil && keyOf(s.svc.scope.hostID, progPostscreen, s.pid) == key })
	}
}

// quotes tells whether a version of Postfix quotes addresses where it logs deliveries, as versions from 3.5 on do.
func quotes(version []byte) bool {
	major, rest, _ := bytes.Cut(version, []byte("."))
	digits := 0
	for digits < len(rest) && isDigit(rest[digits]) {
		digits++
	}
	if len(bytes.Trim(major, "0123456789")) > 0 {
		return false
	}
	n, minor := number(major, 0, len(major)), number(rest, 0, digits)
	return n > 3 || n == 3 && minor >= 5
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
	m.forgetDeliverers(func(*deliverer) bool { return true })
	m.releaseWhere(TLSUnknown, func(*waiting) bool { return true })
	m.endScreening(EndedOpen, func(*screened) bool { return true })
	m.messages.close(m)
}

// base returns the last element of a path without making a string.
func base(p []byte) []byte { return p[bytes.LastIndexByte(p, '/')+1:] }
