package parser

import "time"

// How long a queue ID that no queue manager has seen is kept after its session: the transaction was aborted, which Postfix logs since
// 3.10 only, or the queue is congested. By machine.age.
const canceledAfter = time.Hour

// orphanedFor is how long a message waits for other programs' lines: one that left the queue for the line that tells it for a notification, one that came to
// nothing for cleanup's. By machine.age.
const orphanedFor = 10 * time.Second

// messageKey is comparable without making a string.
type messageKey struct {
	scope uint32
	id    [maxQueueID]byte
}

// messages are the queue IDs that are not yet told.
type messages struct {
	byID     map[messageKey]*message
	incoming list[message] // not yet seen by a queue manager, oldest first
	active   list[message]
	proxied  list[message] // whose session has ended, see filter.go
	orphans  list[message] // that are over, but for what other programs have still to say of them
	count    int
	max      int
	free     []*message
	record   Message
	buf      []byte
	last     *message // found last: the next line is often about it too
	kept     int      // deliveries of all messages

	countsOnly bool // see Options
}

func newMessages(limit int, countsOnly bool) messages {
	at := func(v *message) *link[message] { return &v.link }
	peers := func(v *message) *link[message] { return &v.peers }
	return messages{
		byID: make(map[messageKey]*message), incoming: list[message]{at: at}, active: list[message]{at: at},
		proxied: list[message]{at: peers}, orphans: list[message]{at: peers},
		max: limit, countsOnly: countsOnly,
	}
}

// birth begins a message. If its ID is in use, it was given to another file, and the line that ended the old one is missing.
func (q *messages) birth(m *machine, sc *scope, id []byte, at time.Time) *message {
	if old := q.byID[makeKey(sc, id)]; old != nil {
		if !old.gone {
			q.leave(m, old, old.endState(), time.Time{})
		}
		if old.listed { // it waits for a line that names it
			q.settle(m, old)
		}
	}
	return q.begin(m, sc, id, at)
}

// list makes the message be found by its ID.
func (q *messages) list(msg *message, sc *scope, id []byte) {
	msg.scope, msg.idLen, msg.key, msg.listed = sc, len(id), makeKey(sc, id), true
	q.byID[msg.key] = msg
}

// unlist gives the ID free for another message.
func (q *messages) unlist(msg *message) {
	if msg.listed {
		msg.listed = false
		delete(q.byID, msg.key)
	}
}

func makeKey(sc *scope, id []byte) messageKey {
	key := messageKey{scope: sc.id}
	copy(key.id[:], id)
	return key
}

// find looks in the instance's own queue first. A service with a syslog_name of its own writes client= under another instance than the queue's programs:
// the queue's instance takes the message over.
func (q *messages) find(m *machine, sc *scope, id []byte) *message {
	key := makeKey(sc, id)
	if q.last != nil && q.last.listed && q.last.key == key {
		return q.last
	}
	msg := q.byID[key]
	if (msg == nil || msg.gone) && sc.queue {
		if other := q.takeOver(m, sc, id); other != nil {
			msg = other
		}
	}
	q.last = msg
	return msg
}

// takeOver finds a message of the same ID in a scope of the host that has no queue.
func (q *messages) takeOver(m *machine, sc *scope, id []byte) *message {
	for _, other := range m.services.borrow {
		if other.hostID != sc.hostID {
			continue
		}
		if msg := q.byID[makeKey(other, id)]; msg != nil && !msg.gone {
			if old := q.byID[makeKey(sc, id)]; old != nil {
				q.settle(m, old)
			}
			q.unlist(msg)
			q.list(msg, sc, id)
			return msg
		}
	}
	return nil
}

// get finds or begins a message.
func (q *messages) get(m *machine, sc *scope, id []byte, at time.Time) *message {
	msg := q.find(m, sc, id)
	if msg != nil && !msg.gone {
		return msg
	}
	if msg != nil { // the ID was given to another file
		q.settle(m, msg)
	}
	return q.begin(m, sc, id, at)
}

func (q *messages) begin(m *machine, sc *scope, id []byte, at time.Time) *message {
	if q.count >= q.max {
		q.evict(m)
	}
	msg := q.unused()
	q.list(msg, sc, id)
	msg.received, msg.touched, msg.nth = at, m.age.now, m.born(sc.hostID, id, at)
	q.incoming.push(msg)
	q.count++
	return msg
}

func (q *messages) unused() *message {
	n := len(q.free)
	if n == 0 {
		msg := new(message)
		if !q.countsOnly {
			msg.details = new(details)
		}
		return msg
	}
	msg := q.free[n-1]
	q.free = q.free[:n-1]
	return msg
}

// decide settles the TLS state of a message that waited for its session to tell.
func (q *messages) decide(m *machine, msg *message, state TLSState) {
	msg.decided, msg.source.State = true, state
	q.tellQueued(m, msg)
	if msg.gone {
		q.tellDecided(m, msg)
	}
}

// tellDecided tells a message that is gone, unless something about it is still to be decided.
func (q *messages) tellDecided(m *machine, msg *message) {
	if msg.waiting == 0 && !msg.orphan && (msg.decided || msg.source.Kind != SourceSMTP) {
		q.tell(m, msg)
	}
}

// A sessionEnd is what the end of a session tells of its messages.
type sessionEnd struct {
	state    TLSState // in which they were sent, if the log did not tell before
	accepted bool     // all of them
	refused  bool     // all of them
}

// sessionEnded lets go of a message of the session.
func (q *messages) sessionEnded(m *machine, msg *message, end sessionEnd) {
	q.leaveSession(msg)
	msg.accepted = end.accepted
	if msg.proxied {
		msg.source.State = end.state
		if msg.source.TLS != nil {
			msg.source.State = TLSEstablished
		}
		q.proxied.push(msg)
		return
	}
	if !msg.decided {
		msg.decided, msg.source.State = true, end.state
	}
	q.tellQueued(m, msg)
	switch {
	case msg.gone:
		q.tellDecided(m, msg)
	case end.refused && !msg.active:
		msg.refused = true
		q.orphans.push(msg)
	}
}

// tellQueued counts a message as received, once. In a log without the lines of the queue's programs smtpd's word is enough.
func (q *messages) tellQueued(m *machine, msg *message) {
	received := msg.active || msg.accepted && !msg.scope.queue
	if received && !msg.told && msg.decided && msg.source.Kind == SourceSMTP {
		msg.told = true
		m.sink.Queued(q.fill(msg))
	}
}

// leave ends a message: its ID may be given to another one from now on.
func (q *messages) leave(m *machine, msg *message, state MessageState, at time.Time) {
	msg.state, msg.removed, msg.gone = state, at, true
	if msg.source.Kind == SourceUnknown && msg.header {
		msg.orphan = true
		q.orphans.push(msg)
	}
	if msg.proxied || msg.orphan { // a line may still name it
		return
	}
	q.unlist(msg)
	q.tellDecided(m, msg)
}

// tell makes the record and forgets the message.
func (q *messages) tell(m *machine, msg *message) {
	m.sink.Message(q.fill(msg))
	if msg.active {
		q.active.remove(msg)
	} else {
		q.incoming.remove(msg)
	}
	q.leaveSession(msg)
	q.count--
	if msg.details != nil {
		q.kept -= len(msg.deliveries)
		msg.reset()
	}
	*msg = message{details: msg.details}
	q.free = append(q.free, msg)
}

// fill makes the record.
func (q *messages) fill(msg *message) *Message {
	q.record = Message{
		Host: msg.scope.host, Instance: msg.scope.instance, Size: msg.size, Recipients: msg.recipients, Queued: msg.queued,
		Received: msg.received, Removed: msg.removed, State: msg.state, Source: msg.source,
		Ordinal: msg.nth,
	}
	if msg.details != nil {
		q.record.Deliveries, q.record.Omitted = msg.deliveries, msg.omitted
		q.fillTexts(msg)
	}
	return &q.record
}

// fillTexts sets the record's own strings. They share one, which is made once unless a part of it changes.
func (q *messages) fillTexts(msg *message) {
	if n := msg.idLen + len(msg.messageID) + len(msg.from) + len(msg.parent); len(msg.text) != n {
		buf := append(append(q.buf[:0], msg.key.id[:msg.idLen]...), msg.messageID...)
		q.buf = append(append(buf, msg.from...), msg.parent...)
		msg.text = string(q.buf)
	}
	text := msg.text
	cut := func(n int) (s string) {
		s, text = text[:n], text[n:]
		return s
	}
	r := &q.record
	r.QueueID, r.MessageID, r.From = cut(msg.idLen), cut(len(msg.messageID)), cut(len(msg.from))
	r.Source.Parent = cut(len(msg.parent))
}

// evict tells the oldest message before its time: rather one that no queue manager knows.
func (q *messages) evict(m *machine) {
	m.counts.EvictedMessages++
	victim := q.incoming.front
	if victim == nil || victim.session != nil && q.active.front != nil {
		victim = q.active.front
	}
	if victim.waiting > 0 {
		m.releaseWhere(TLSUnknown, func(w *waiting) bool { return w.msg == victim })
	}
	if victim.scope == nil { // this was what it waited for
		return
	}
	q.unlist(victim)
	victim.gone = true
	switch {
	case victim.proxied, victim.orphan:
		q.settle(m, victim)
	case victim.decided || victim.source.Kind != SourceSMTP:
		q.tell(m, victim)
	default:
		q.decide(m, victim, victim.session.silence())
	}
}

// maxDeliveries bounds the delivery records of one message, maxKept those of all messages together.
const (
	maxDeliveries = 10_000
	maxKept       = 100_000
)

// addDelivery keeps a delivery record for the message's own.
func (q *messages) addDelivery(m *machine, msg *message, v *Delivery) {
	if len(msg.deliveries) >= maxDeliveries || q.kept >= maxKept {
		msg.omitted++
		m.counts.OmittedDeliveries++
		return
	}
	msg.deliveries = append(msg.deliveries, *v)
	q.kept++
	if v.Failure != nil {
		failure := *v.Failure
		msg.deliveries[len(msg.deliveries)-1].Failure = &failure
	}
}

// idText is the queue ID as a string that may be kept.
func (msg *message) idText() string {
	if msg.id == "" {
		msg.id = string(msg.key.id[:msg.idLen])
	}
	return msg.id
}

// onHost finds a message by its queue ID in any instance of a host, rather one that is still in the queue.
func (q *messages) onHost(m *machine, hostID uint32, id []byte) (msg *message) {
	if len(id) > maxQueueID {
		return nil
	}
	for _, sc := range m.services.all {
		if sc.hostID != hostID {
			continue
		}
		if found := q.byID[makeKey(sc, id)]; found != nil && (msg == nil || msg.gone) {
			msg = found
		}
	}
	return msg
}

// ofDelivery finds or begins the message of a delivery record. A transport with a syslog_name of its own writes under another instance than its queue's: the
// one in master.cf for relay is "postfix" in all instances up to 3.9.
func (q *messages) ofDelivery(m *machine, sc *scope, id []byte, at time.Time) *message {
	if msg := q.find(m, sc, id); msg != nil && !msg.gone {
		return msg
	}
	if msg := q.onHost(m, sc.hostID, id); msg != nil {
		return msg
	}
	return q.begin(m, sc, id, at)
}

// expire gives up queue IDs that no queue manager took.
func (q *messages) expire(m *machine) {
	q.expireProxied(m)
	for q.orphans.front != nil && m.age.now-q.orphans.front.touched > orphanedFor {
		q.settle(m, q.orphans.front)
	}
	for q.incoming.front != nil && m.age.now-q.incoming.front.touched > canceledAfter {
		switch msg := q.incoming.front; {
		case msg.session != nil || msg.held || msg.gone:
			msg.touched = m.age.now
			q.incoming.renew(msg)
		default:
			q.leave(m, msg, msg.unseenState(), time.Time{})
		}
	}
}

// close tells the rest. A queue ID without Message-ID line never got as far as its header.
func (q *messages) close(m *machine) {
	for q.proxied.front != nil {
		q.settle(m, q.proxied.front)
	}
	for q.orphans.front != nil {
		q.settle(m, q.orphans.front)
	}
	for q.incoming.front != nil {
		msg := q.incoming.front
		if !msg.header && !msg.gone {
			msg.state = msg.unseenState()
		}
		q.unlist(msg)
		q.tell(m, msg)
	}
	for q.active.front != nil {
		q.unlist(q.active.front)
		q.tell(m, q.active.front)
	}
}
