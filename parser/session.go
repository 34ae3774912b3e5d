package parser

import "time"

// maxQueueIDs bounds the queue IDs that a session's record lists.
const maxQueueIDs = 1000

// sessionKey names a process that serves clients one after the other: host number, program, process ID.
type sessionKey uint64

func keyOf(hostID uint32, prog program, pid uint32) sessionKey {
	return sessionKey(hostID)<<40 | sessionKey(prog)<<32 | sessionKey(pid)
}

// A session is an SMTP session that has not ended.
type session struct {
	link[session]
	key   sessionKey
	svc   *service
	pid   uint32
	start time.Time
	first time.Time
	last  time.Time
	peer  *Peer
	port  uint16
	nth   uint32 // of those that began alike

	tls     *TLS // nil before the summary line
	sni     string
	failure Failure // Reason is empty without one
	explain bool    // the TLS library's words about the failure are still to come
	refused bool    // STARTTLS refused by rate limit
	dropped bool    // after the handshake, for its certificate or by rate limit
	hold    bool    // the next message is on hold
	reason  Ended   // from the line before the disconnect line

	inSTARTTLS bool // it ended abnormally after a STARTTLS command

	auth         Auth
	transactions int
	front        front         // of a before-queue filter: the transaction that it has to accept
	ids          []byte        // queue IDs, each behind a byte with its length
	idCount      int           // how many
	messages     list[message] // of the session, not yet told
}

// smtpd takes a line of a client session.
func (m *machine) smtpd(b *batch, e *event, svc *service, at time.Time) {
	switch e.kind {
	case eventConnect:
		m.connect(b, e, svc, at)
	case eventDisconnect:
		s := m.session(b, e, svc, at)
		s.end(m, s.reason, &b.commands[e.aux])
	case eventUnrecognized:
		m.unrecognized(b, e)
	case eventHold, eventTLSLibrary, eventDied, eventProxied:
		if e.queueID.len > 0 {
			m.queueEvent(b, e, svc, at)
		} else if s := m.sessions[keyOf(svc.scope.hostID, e.prog, e.pid)]; s != nil {
			s.last = at
			s.process(m, b, e)
		}
	default:
		s := m.session(b, e, svc, at)
		s.event(m, b, e, at)
	}
}

// process takes a line that names no peer: it belongs to the process' session, if there is one.
func (s *session) process(m *machine, b *batch, e *event) {
	switch {
	case e.kind == eventDied:
		s.end(m, EndedAborted, nil)
	case e.kind == eventHold:
		s.hold = true
	case e.kind == eventProxied:
		s.proxied(m, b.bytes(e.value))
	case s.explain: // the first of several lines is the cause
		s.explain = false
		text := m.intern.string(b.bytes(e.value))
		s.failure.Reason, s.failure.Detail = libraryReason(text, s.svc.wrapper()), text
	}
}

// event takes a line within a session.
func (s *session) event(m *machine, b *batch, e *event, at time.Time) {
	switch e.kind {
	case eventClient, eventProxiedClient:
		s.client(m, b, e, at)
	case eventTLS:
		s.established(m, b, e)
	case eventTLSFailed:
		s.handshakeFailed(m.intern.string(b.bytes(e.value)))
	case eventTLSAborted:
		s.certificateRefused(m.intern.string(b.bytes(e.value)))
	case eventTLSRefused:
		s.refused = true
	case eventTLSDropped:
		s.dropped = true
	case eventEnded:
		s.reason = endedBy(b.bytes(e.word))
		s.inSTARTTLS = string(b.bytes(e.value)) == "STARTTLS"
	case eventSASLFailed:
		s.auth.Failures++
	default: // all kinds of smtpd are above or in machine.smtpd
	}
}

func endedBy(word []byte) Ended {
	switch string(word) {
	case "lost connection":
		return EndedLost
	case "timeout":
		return EndedTimeout
	default: // too many errors
		return EndedErrors
	}
}

// connect begins a session. One that is still open ended without a line: its process was killed and its ID given to another.
func (m *machine) connect(b *batch, e *event, svc *service, at time.Time) {
	if old := m.sessions[keyOf(svc.scope.hostID, e.prog, e.pid)]; old != nil {
		old.end(m, EndedAborted, nil)
	}
	s := m.session(b, e, svc, at)
	s.start = at
	m.screening.served(s.peer)
}

// session returns the process' session; a new one, without start, if the log does not hold its connect line.
func (m *machine) session(b *batch, e *event, svc *service, at time.Time) *session {
	key := keyOf(svc.scope.hostID, e.prog, e.pid)
	if m.last != nil && m.last.key == key { // a session's lines often follow one another
		m.last.last = at
		return m.last
	}
	s := m.sessions[key]
	if s == nil {
		m.makeRoom()
		s = m.newSession()
		s.key, s.svc, s.pid = key, svc, e.pid
		s.peer, s.port = m.intern.peer(b.bytes(e.peer)), port(b.bytes(e.port))
		s.first, s.nth = at, m.began(key, s.peer, s.port, at)
		m.sessions[key] = s
		m.order.push(s)
	}
	m.last, s.last = s, at
	return s
}

// makeRoom gives up the oldest session where there are too many: of smtpd, or else of postscreen.
func (m *machine) makeRoom() {
	if m.openSessions() < m.maxSessions {
		return
	}
	m.counts.EvictedSessions++
	if m.order.front != nil {
		m.order.front.end(m, EndedAborted, nil)
	} else {
		m.leaveScreening(m.screening.open.front, EndedAborted)
	}
}

func (m *machine) openSessions() int {
	return len(m.sessions) + len(m.screening.byKey) - m.screening.count
}

func (m *machine) newSession() *session {
	if n := len(m.free); n > 0 {
		s := m.free[n-1]
		m.free = m.free[:n-1]
		return s
	}
	return &session{messages: list[message]{at: func(v *message) *link[message] { return &v.peers }}}
}

// client begins a transaction. What follows a TLS line is under TLS; of the rest, the session's end tells.
func (s *session) client(m *machine, b *batch, e *event, at time.Time) {
	s.transactions++
	if e.word.len > 0 {
		s.auth.Method, s.auth.Username = m.intern.string(b.bytes(e.word)), m.intern.string(b.bytes(e.value))
	}
	if e.kind == eventProxiedClient { // the smtpd behind the filter will give the queue ID
		s.proxiedClient(m, b, e)
		return
	}
	id := b.bytes(e.queueID)
	s.addID(m, id)
	m.messages.received(m, s, id, b, e, at)
}

func (s *session) addID(m *machine, id []byte) {
	if s.idCount < maxQueueIDs && !m.countsOnly {
		s.ids = append(append(s.ids, byte(len(id))), id...)
		s.idCount++
	}
}

// established takes the summary line. Messages before it went in plaintext: had the log level hidden TLS, it would have
// hidden this line.
func (s *session) established(m *machine, b *batch, e *event) {
	f := &b.tls[e.aux]
	s.svc.tlsSeen = true
	s.decidePlaintext(m)
	s.tls, s.sni = m.intern.tlsOf(b, f), m.intern.string(b.bytes(f.sni))
	s.failure, s.explain = Failure{}, false
}

func (s *session) handshakeFailed(text string) {
	s.failure = Failure{Result: ResultValidationFailure, Reason: acceptReason(text), Detail: text}
	s.explain = isNumber(text)
}

// certificateRefused takes smtpd_tls_req_ccert's verdict; a summary line stood before it.
func (s *session) certificateRefused(text string) {
	s.dropped = true
	s.failure = Failure{Result: ResultValidationFailure, Reason: ReasonClientCertificate, Detail: text}
	if text == "Client certificate not trusted" {
		s.failure.Result = ResultCertificateNotTrusted
	}
}

// tell makes the record.
func (s *session) tell(m *machine, state TLSState, how Ended, c *Commands) {
	r := &m.record
	*r = Session{
		Start: s.start, End: s.last, Service: &s.svc.Service, PID: s.pid, Peer: s.peer, Port: s.port,
		State: state, TLS: s.tls, SNI: s.sni, Auth: s.auth,
		Messages: s.completed(c), QueueIDs: s.queueIDs(r.QueueIDs[:0]), Commands: c, Ended: how,
		First: s.first, Ordinal: s.nth,
	}
	switch {
	case s.failure.Reason != "":
		failure := s.failure
		r.Failure = &failure
	case state == TLSFailed: // a STARTTLS command that came to nothing, and no line says why
		r.Failure = &Failure{Result: ResultValidationFailure, Reason: ReasonOther}
	}
	m.sink.Session(r)
}

// queueIDs takes s.ids apart; all of them share one string.
func (s *session) queueIDs(out []string) []string {
	text := string(s.ids)
	for len(text) > 0 {
		n := int(text[0]) + 1
		out = append(out, text[1:n])
		text = text[n:]
	}
	return out
}
