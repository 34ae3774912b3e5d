package parser

import "time"

// Before-queue filters: one smtpd takes the message from the client and passes it to a filter, which passes it to another smtpd, which gives it its queue
// ID. When the filter has accepted it, the first smtpd logs the filter's reply, with the queue ID. So the message's source is the first one's session, and the
// queue ID waits for that line before it counts.

// proxiedFor is how long a queue ID waits after its session, by machine.age. The reply that it waits for is on its way then.
const proxiedFor = 5 * time.Minute

// front is a transaction in front of a before-queue filter. Its source has no Kind without one.
type front struct {
	source Source
	tls    bool // it began under TLS
}

// proxiedClient begins a transaction in front of a filter.
func (s *session) proxiedClient(m *machine, b *batch, e *event) {
	m.services.proxied[s.svc.scope.hostID] = true
	s.front = front{source: s.source(m, b, e), tls: s.tls != nil}
}

// source is where a message of the session comes from. STARTTLS makes smtpd forget who authenticated.
func (s *session) source(m *machine, b *batch, e *event) Source {
	src := Source{Kind: SourceSMTP, Service: &s.svc.Service, Peer: s.peer, Port: port(b.bytes(e.port))}
	if e.word.len > 0 {
		src.Auth = Auth{Method: s.auth.Method, Username: s.auth.Username}
	}
	if peer := b.bytes(e.peer); !s.peer.is(peer) { // after XCLIENT
		src.Peer = m.intern.peer(peer)
	}
	if s.tls != nil {
		src.State, src.TLS, src.SNI = TLSEstablished, s.tls, s.sni
	}
	return src
}

// proxied takes the queue ID that the filter's reply names.
func (s *session) proxied(m *machine, id []byte) {
	f := s.front
	s.front = front{}
	if f.source.Kind != SourceSMTP {
		return
	}
	if msg := m.messages.onHost(m, s.svc.scope.hostID, id); msg != nil && msg.proxied {
		s.addID(m, id)
		m.messages.adopt(m, msg, s, f)
	}
}

// waitsForFront tells whether a message that an smtpd takes is on its way through a before-queue filter: the filter says by XFORWARD who sent it, and has no
// queue ID to tell, as a filter behind the queue would.
func (m *machine) waitsForFront(s *session, b *batch, e *event) bool {
	if e.aux == 0 || !m.services.proxied[s.svc.scope.hostID] {
		return false
	}
	f := &b.forwarded[e.aux-1]
	return f.client.len > 0 && f.queueID.len == 0 && (s.peer.Class == ClassLoopback || s.peer.Class == ClassPrivate)
}

// adopt gives a message to the session in front of the filter.
func (q *messages) adopt(m *machine, msg *message, s *session, f front) {
	q.leaveSession(msg)
	msg.proxied = false
	msg.source, msg.session = f.source, s
	s.messages.push(msg)
	if msg.gone {
		q.unlist(msg)
	}
	switch {
	case f.tls:
		q.decide(m, msg, TLSEstablished)
	case s.tls != nil: // it came later
		q.decide(m, msg, TLSPlaintext)
	}
}

// leaveSession takes a message off the list that it is on: its session's, or one of those that wait.
func (q *messages) leaveSession(msg *message) {
	switch {
	case msg.session != nil:
		msg.session.messages.remove(msg)
		msg.session = nil
	case msg.proxied:
		q.proxied.remove(msg)
	case msg.orphan, msg.refused:
		q.orphans.remove(msg)
	}
}

// settle gives up waiting: for the session in front of the filter, then the source is what the smtpd behind it has seen; for the line that tells where the
// message came from; or for what cleanup has to say of one that came to nothing.
func (q *messages) settle(m *machine, msg *message) {
	q.leaveSession(msg)
	if msg.refused {
		msg.refused = false
		q.leave(m, msg, MessageCanceled, time.Time{})
		return
	}
	msg.proxied, msg.orphan = false, false
	if msg.gone {
		q.unlist(msg)
	}
	q.decide(m, msg, msg.source.State)
}

// expireProxied settles what has waited for too long.
func (q *messages) expireProxied(m *machine) {
	for q.proxied.front != nil && m.age.now-q.proxied.front.touched > proxiedFor {
		q.settle(m, q.proxied.front)
	}
}
