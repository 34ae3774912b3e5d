package parser

import (
	"bytes"
	"time"
	"unicode/utf8"
)

// A message is a queue ID that is not yet told.
type message struct {
	link[message]
	peers   link[message] // among its session's messages
	key     messageKey
	idLen   int
	scope   *scope
	session *session // while it is open

	received time.Time
	touched  time.Duration // by machine.age
	removed  time.Time
	state    MessageState
	listed   bool // in messages.byID
	decided  bool // source.State is final
	gone     bool // left the queue, but undecided
	header   bool // cleanup saw its header
	active   bool // the queue manager has it, and it is in messages.active
	queued   bool // and said so: sender, size and recipients are known
	accepted bool // smtpd's counters tell that its transaction ended well
	told     bool // to Sink.Queued
	held     bool
	orphan   bool // left the queue, and where it came from may still be told, see notified
	refused  bool // its session ended without a message; lines of cleanup may still come
	proxied  bool // came out of a before-queue filter; its source is the session in front of that, see filter.go

	source     Source // without Parent
	nth        uint32 // of those that began alike
	size       uint64
	recipients uint32
	waiting    int // deliveries that are not decided

	*details // nil with Options.CountsOnly
}

// details are what only matters to those who want whole records.
type details struct {
	messageID []byte
	from      []byte
	parent    []byte // queue ID
	text      string // the queue ID and these three, once made
	id        string // the queue ID, once made

	deliveries []Delivery
	omitted    int // past maxDeliveries
}

// reset makes room for another message's details; what the slices point to is let go.
func (d *details) reset() {
	deliveries := d.deliveries[:0]
	clear(d.deliveries)
	if cap(deliveries) > 16 {
		deliveries = nil
	}
	*d = details{messageID: d.messageID[:0], from: d.from[:0], parent: d.parent[:0], deliveries: deliveries}
}

// queueEvent takes a line about a queue ID.
func (m *machine) queueEvent(b *batch, e *event, svc *service, at time.Time) {
	q := &m.messages
	id := b.bytes(e.queueID)
	switch e.kind {
	case eventPickup:
		msg := q.birth(m, svc.scope, id, at)
		msg.source.Kind, msg.source.UID = SourcePickup, e.num
		msg.setParent(b.bytes(e.word))
	case eventNotification:
		q.notified(m, svc.scope, id, b.bytes(e.value), at)
	case eventHold:
		if msg := q.find(m, svc.scope, id); msg != nil {
			msg.held = true
		}
	default:
		if e.kind == eventRemoved {
			if msg := q.find(m, svc.scope, id); msg != nil && msg.gone && msg.proxied { // the line came twice
				return
			}
		}
		msg := q.get(m, svc.scope, id, at)
		msg.touched = m.age.now
		q.event(m, msg, b, e, at)
	}
}

// event takes a line about a message that most often is known.
func (q *messages) event(m *machine, msg *message, b *batch, e *event, at time.Time) {
	switch e.kind {
	case eventMessageID:
		msg.header = true
		if msg.details != nil {
			msg.setText(&msg.messageID, b.bytes(e.value))
		}
	case eventQueueActive:
		q.activate(m, msg, b, e)
	case eventRemoved, eventRequeued:
		q.leave(m, msg, MessageRemoved, at)
	case eventCanceled:
		q.leave(m, msg, MessageCanceled, at)
	default: // queueEvent and machine.smtpd take the others
	}
}

// notified takes what tells that a message is a notification about another one. It stands before the message's own lines since 3.11, and up to 3.10 behind
// the first of them, or even behind the last.
func (q *messages) notified(m *machine, sc *scope, parent, id []byte, at time.Time) {
	child := q.find(m, sc, id)
	if child == nil {
		child = q.begin(m, sc, id, at)
	}
	if child.source.Kind != SourceUnknown {
		return
	}
	child.source.Kind = SourceBounce
	child.setParent(parent)
	if child.gone {
		q.settle(m, child)
	}
}

func (msg *message) setParent(id []byte) {
	if msg.details != nil {
		msg.parent, msg.text = append(msg.parent[:0], id...), ""
	}
}

// setText keeps a text of the message.
func (d *details) setText(dst *[]byte, text []byte) {
	text = text[:min(len(text), maxText)]
	if !utf8.Valid(text) {
		text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	}
	*dst, d.text = append((*dst)[:0], text...), ""
}

func (q *messages) activate(m *machine, msg *message, b *batch, e *event) {
	if msg.details != nil {
		msg.setText(&msg.from, b.bytes(e.value))
	}
	msg.size, msg.recipients, msg.queued = e.num, e.count, true
	q.taken(m, msg)
}

// taken notes that the queue manager has the message.
func (q *messages) taken(m *machine, msg *message) {
	if !msg.active {
		if msg.refused {
			q.leaveSession(msg)
			msg.refused = false
		}
		msg.active = true
		q.incoming.remove(msg)
		q.active.push(msg)
	}
	q.tellQueued(m, msg)
}

// received takes the birth of a queue ID in an SMTP session.
func (q *messages) received(m *machine, s *session, id []byte, b *batch, e *event, at time.Time) {
	msg := q.birth(m, s.svc.scope, id, at)
	msg.source = s.source(m, b, e)
	msg.held, s.hold = s.hold, false
	if e.aux > 0 && s.peer.Class == ClassLoopback { // other hosts name their own queue IDs
		msg.setParent(b.bytes(b.forwarded[e.aux-1].queueID))
	}
	msg.proxied = m.waitsForFront(s, b, e)
	msg.session = s
	s.messages.push(msg)
	msg.decided = s.tls != nil && !msg.proxied
}

// endState is the state of a message whose end is not in the log.
func (msg *message) endState() MessageState {
	if msg.active {
		return MessageRemoved
	}
	return MessageCanceled
}

// unseenState is the state of a message that no queue manager took.
func (msg *message) unseenState() MessageState {
	if msg.accepted || msg.source.Kind != SourceSMTP {
		return MessageActive
	}
	return MessageCanceled
}
