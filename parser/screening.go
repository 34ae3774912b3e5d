package parser

import (
	"encoding/binary"
	"time"
)

// screenedFor is how long a client of postscreen is remembered after its last line, by machine.age: its time limits are some minutes.
const screenedFor = time.Hour

// maxPassed bounds the clients that passed the tests of postscreen and are remembered: most are smtpd's then, without a line that says so.
const maxPassed = 5_000

// A screened session is a client of postscreen. Unless it is handed over to smtpd, it is a session of its own; TLS in it is tlsproxy's.
type screened struct {
	link[screened]
	key     string
	svc     *service // postscreen's; nil while only tlsproxy has named the client
	pid     uint32
	peer    *Peer
	port    uint16
	start   time.Time
	first   time.Time
	nth     uint32 // of those that began alike
	last    time.Time
	touched time.Duration // by machine.age
	tls     *TLS
	sni     string
	failure Failure
	proxied bool // tlsproxy took it
	closed  bool // and let it go
	tested  bool // a line of postscreen or tlsproxy followed the first one
	passed  bool // all tests; it may be smtpd's now
	from    *screenedAddress
	served  uint64 // from.served when it began
	ended   bool   // postscreen let it go
	reason  Ended
}

// A screenedAddress is an address that clients of postscreen come from.
type screenedAddress struct {
	sessions int    // that are remembered
	served   uint64 // sessions that smtpd began with the address meanwhile
}

// screening is the sessions of postscreen.
type screening struct {
	byKey  map[string]*screened
	open   list[screened]
	passed list[screened] // count is bounded by maxPassed
	count  int            // of passed
	from   map[string]*screenedAddress
	key    []byte
	words  map[sessionKey]string // the TLS library's latest words, by process of tlsproxy
}

func newScreening() screening {
	at := func(v *screened) *link[screened] { return &v.link }
	return screening{
		byKey: make(map[string]*screened), open: list[screened]{at: at}, passed: list[screened]{at: at},
		from: make(map[string]*screenedAddress), words: make(map[sessionKey]string),
	}
}

// clientKey is the client's address and port on one host, as a map key that costs nothing to look up.
func (s *screening) clientKey(b *batch, e *event, svc *service) []byte {
	s.key = binary.BigEndian.AppendUint32(s.key[:0], svc.scope.hostID)
	s.key = append(append(s.key, b.bytes(e.peer)...), ':')
	s.key = append(s.key, b.bytes(e.port)...)
	return s.key
}

// postscreen takes a line about a client.
func (m *machine) postscreen(b *batch, e *event, svc *service, at time.Time) {
	q := &m.screening
	s := q.byKey[string(q.clientKey(b, e, svc))]
	if e.kind == eventConnect && s != nil && s.svc != nil { // the port is used again
		m.leaveScreening(s, EndedAborted)
		s = nil
	}
	if s == nil {
		if e.kind == eventPassed {
			return
		}
		s = m.screen(b, e, svc, at)
	}
	s.last, s.touched, s.svc, s.pid = at, m.age.now, svc, e.pid
	s.tested = e.kind != eventConnect
	switch e.kind {
	case eventConnect:
		s.start = at
	case eventHangup:
		s.reason = EndedLost
	case eventPassed:
		m.pass(s)
	case eventDisconnect:
		s.ended = true
		if !s.proxied || s.closed || s.tls != nil || s.failure.Reason != "" {
			m.tellScreened(s, s.reason)
		}
	default: // the rules of postscreen are above
	}
}

// screen begins a session.
func (m *machine) screen(b *batch, e *event, svc *service, at time.Time) *screened {
	q := &m.screening
	m.makeRoom()
	s := &screened{key: string(q.clientKey(b, e, svc)), peer: m.intern.relay(b.bytes(e.peer)), port: port(b.bytes(e.port)), first: at}
	s.nth = m.began(keyOf(svc.scope.hostID, progPostscreen, 0), s.peer, s.port, at)
	s.from = q.from[s.peer.Address]
	if s.from == nil {
		s.from = new(screenedAddress)
		q.from[s.peer.Address] = s.from
	}
	s.from.sessions++
	s.served = s.from.served
	q.byKey[s.key] = s
	q.open.push(s)
	return s
}

// pass takes a client that passed all tests. It is handed over now, without a line that says so; unless postscreen has spoken SMTP with it: then it must come
// back, and its session ends with a line.
func (m *machine) pass(s *screened) {
	q := &m.screening
	if s.passed {
		return
	}
	if q.count >= maxPassed {
		m.dropScreened(q.passed.front)
	}
	s.passed = true
	q.open.remove(s)
	q.passed.push(s)
	q.count++
}

// dropScreened forgets a session, which is told by smtpd or has been told.
func (m *machine) dropScreened(s *screened) {
	q := &m.screening
	if s.passed {
		q.passed.remove(s)
		q.count--
	} else {
		q.open.remove(s)
	}
	delete(q.byKey, s.key)
	if s.from.sessions--; s.from.sessions == 0 {
		delete(q.from, s.peer.Address)
	}
}

// served notes that smtpd has a client that postscreen may have handed over.
func (s *screening) served(peer *Peer) {
	if len(s.from) == 0 {
		return
	}
	if from := s.from[peer.Address]; from != nil {
		from.served++
	}
}

// handedOver tells whether a session that has no end is smtpd's. Postfix 3.12 hands clients over without saying that they passed, when another session of
// theirs has meanwhile.
func (s *screened) handedOver() bool { return s.passed || !s.tested && s.from.served > s.served }

// leaveScreening ends a session without a line of postscreen.
func (m *machine) leaveScreening(s *screened, how Ended) {
	switch {
	case s.ended:
		m.tellScreened(s, s.reason)
	case s.handedOver(), s.svc == nil:
		m.dropScreened(s)
	default:
		m.tellScreened(s, how)
	}
}

func (m *machine) tellScreened(s *screened, how Ended) {
	m.dropScreened(s)
	if s.svc == nil {
		return
	}
	r := &m.record
	*r = Session{
		Start: s.start, End: s.last, Service: &s.svc.Service, PID: s.pid, Peer: s.peer, Port: s.port, State: s.state(how), TLS: s.tls, SNI: s.sni,
		QueueIDs: r.QueueIDs[:0], Commands: &m.noCommands, Ended: how,
		First: s.first, Ordinal: s.nth,
	}
	if s.failure.Reason != "" {
		failure := s.failure
		r.Failure = &failure
	}
	m.sink.Session(r)
}

// state decides about TLS. tlsproxy logs at any level that it takes a client, and since 3.4 that the handshake failed.
func (s *screened) state(how Ended) TLSState {
	switch {
	case s.tls != nil:
		return TLSEstablished
	case s.failure.Reason != "":
		return TLSFailed
	case s.proxied && how != EndedOpen:
		return TLSUnlogged
	case how == EndedOpen, how == EndedAborted, s.start.IsZero():
		return TLSUnknown
	default:
		return TLSPlaintext
	}
}

// expireScreening gives up clients of which nothing was heard for long.
func (m *machine) expireScreening() {
	q := &m.screening
	for q.open.front != nil && m.age.now-q.open.front.touched > screenedFor {
		m.leaveScreening(q.open.front, EndedAborted)
	}
	for q.passed.front != nil && m.age.now-q.passed.front.touched > screenedFor {
		m.leaveScreening(q.passed.front, EndedAborted)
	}
}

// endScreening ends all sessions for which gone holds.
func (m *machine) endScreening(how Ended, gone func(*screened) bool) {
	for _, l := range [...]*list[screened]{&m.screening.open, &m.screening.passed} {
		for s := l.front; s != nil; {
			next := s.next
			if gone(s) {
				m.leaveScreening(s, how)
			}
			s = next
		}
	}
}

// tlsproxy takes a line about a client of postscreen, or about a server of smtp and lmtp.
func (m *machine) tlsproxy(b *batch, e *event, svc *service, at time.Time) {
	q := &m.screening
	process := keyOf(svc.scope.hostID, e.prog, e.pid)
	switch e.kind {
	case eventTLSRPT:
		m.tlsrpt(b, e, svc, at)
		return
	case eventTLSLibrary: // the next line tells about which connection; the first of several lines is the cause
		if len(q.words) >= maxDeliverers {
			clear(q.words)
		}
		if q.words[process] == "" {
			q.words[process] = m.intern.string(b.bytes(e.value))
		}
		return
	case eventUnverified:
		m.servers.note(m, svc.scope.hostID, b, e, certificateFailure(m.intern.string(b.bytes(e.value))))
		return
	default:
	}
	words := q.words[process]
	delete(q.words, process)
	s := q.byKey[string(q.clientKey(b, e, svc))]
	if s == nil && e.kind == eventConnect {
		s = m.screen(b, e, svc, at)
	}
	if e.kind == eventTLSFailed {
		m.proxyFailed(b, e, svc, s, words)
	}
	if s != nil {
		s.last, s.touched, s.tested = at, m.age.now, true
		m.proxy(s, b, e)
	}
}

// proxy takes a line about a client of postscreen.
func (m *machine) proxy(s *screened, b *batch, e *event) {
	switch e.kind {
	case eventConnect:
		s.proxied = true
	case eventTLS:
		f := &b.tls[e.aux]
		s.tls, s.sni, s.failure = m.intern.tlsOf(b, f), m.intern.string(b.bytes(f.sni)), Failure{}
	case eventDisconnect:
		s.closed = true
		if s.ended {
			m.tellScreened(s, s.reason)
		}
	default:
	}
}

// proxyFailed takes a failed handshake: with a client of postscreen, or else with a server, of which smtp's own lines will say no more than that it failed.
func (m *machine) proxyFailed(b *batch, e *event, svc *service, s *screened, words string) {
	text := m.intern.string(b.bytes(e.value))
	reason := acceptReason(text)
	if s == nil {
		if words != "" {
			reason, text = connectReason(words), words
		}
		m.servers.note(m, svc.scope.hostID, b, e, outboundFailure(reason, text))
		return
	}
	if words != "" {
		reason, text = libraryReason(words, false), words
	}
	if s.failure.Reason == "" || words != "" {
		s.failure = Failure{Result: ResultValidationFailure, Reason: reason, Detail: text}
	}
}
