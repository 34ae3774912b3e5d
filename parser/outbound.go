package parser

import (
	"slices"
	"time"
)

// How long the processes that deliver are remembered, by machine.age. What is told of a connection that delivered nothing waits for the first line of
// the process' next request; processes end in silence (max_idle, 100 s), so it waits no longer than quietAfter. The connection itself is kept
// for as long as daemon_timeout lets a process work on one request.
const (
	quietAfter     = 3 * time.Hour
	forgottenAfter = 5 * time.Hour
)

// maxDeliverers bounds the processes that are remembered. Postfix runs 100 of a kind unless told otherwise (default_process_limit).
const maxDeliverers = 10_000

// A deliverer is a process that delivers messages: smtp, lmtp, or a program that speaks to no server. It works on one request at a time: one queue ID,
// one next hop, one or more recipients.
type deliverer struct {
	link[deliverer]
	key     sessionKey
	svc     *service
	pid     uint32
	touched time.Duration // by machine.age
	quiet   bool          // in deliverers.quiet

	id     [maxQueueID]byte // of the request; idLen is 0 before the first
	idLen  int
	waited []byte      // the first two of delays=, which tell requests for the same queue ID apart
	conn   *connection // the latest; nil before the request's first, and when it is known to be closed
	none   connection  // stands for no connection: relay=none, and programs that speak to no server

	explain    bool    // the TLS library's words about the connection's failed handshake are still to come
	unverified Failure // of the certificate of verified, to which a connection is being opened; Reason is empty without
	verified   *Peer
	unnamed    int // handshakes that failed with servers that no line has named, the last one at noted
	noted      time.Time
	fallback   *Peer // the server with which a handshake failed: Postfix tries it again without TLS
}

// A connection is an outbound connection as far as the log tells.
type connection struct {
	svc     *service
	pid     uint32
	peer    *Peer
	port    uint16
	start   time.Time
	last    time.Time
	tls     *TLS
	state   TLSState
	decided bool // state is final
	failure Failure
	proof   Failure // why the certificate could not be verified; of use only if smtp says that this mattered

	owned    bool   // by the request; else it belongs to the next queue ID
	nth      uint32 // of those that began alike
	recorded bool   // a delivery record was seen since it was opened
	reused   bool   // opened earlier, by whatever process; it has no session of its own
	sent     bool   // carried a message
	over     bool   // no more lines will speak of it
	told     bool
	waiting  int // deliveries that wait for its state
	id       string
	statuses [4]string // of its delivery records, each once; count is how many
	count    int
}

// deliverers are those that are remembered: at work, and those of which nothing was heard for quietAfter.
type deliverers struct {
	byKey map[sessionKey]*deliverer
	busy  list[deliverer]
	quiet list[deliverer]
	last  *deliverer // found last: a process' lines often follow one another; its key is zero when it is forgotten

	free            []*deliverer
	freeConnections []*connection
}

func newDeliverers() deliverers {
	at := func(v *deliverer) *link[deliverer] { return &v.link }
	return deliverers{byKey: make(map[sessionKey]*deliverer), busy: list[deliverer]{at: at}, quiet: list[deliverer]{at: at}}
}

// outbound takes a line of smtp or lmtp.
func (m *machine) outbound(b *batch, e *event, svc *service, at time.Time) {
	switch e.kind {
	case eventUnrecognized:
		m.unrecognized(b, e)
	case eventTLSRPT:
		m.tlsrpt(b, e, svc, at)
	case eventDied:
		if d := m.deliverers.byKey[keyOf(svc.scope.hostID, e.prog, e.pid)]; d != nil {
			m.forget(d)
		}
	default:
		d := m.deliverer(e, svc)
		if e.queueID.len > 0 {
			d.request(m, b.bytes(e.queueID))
		}
		d.event(m, b, e, at)
	}
}

func (d *deliverer) event(m *machine, b *batch, e *event, at time.Time) {
	switch e.kind {
	case eventTLS:
		d.established(m, b, e, at)
	case eventTLSFailed:
		d.handshakeFailed(m, b, e, at)
	case eventTLSLibrary:
		d.library(m.intern.string(b.bytes(e.value)))
	case eventUnverified:
		d.unverified, d.verified = certificateFailure(m.intern.string(b.bytes(e.value))), m.intern.relay(b.bytes(e.peer))
		m.servers.note(m, d.svc.scope.hostID, b, e, d.unverified)
	case eventNoHandshake:
		d.noHandshake(m, at)
	case eventLost:
		d.lost(m, m.intern.relay(b.bytes(e.peer)))
	case eventDelivery:
		m.deliver(d, b, e, at)
	default: // a note has named the request, and says nothing else
	}
}

// deliverer finds or begins what is remembered of a process.
func (m *machine) deliverer(e *event, svc *service) *deliverer {
	q := &m.deliverers
	key := keyOf(svc.scope.hostID, e.prog, e.pid)
	d := q.last
	if d == nil || d.key != key {
		d = q.byKey[key]
	}
	switch {
	case d == nil:
		d = m.newDeliverer(key)
		q.busy.push(d)
	case d.quiet:
		q.quiet.remove(d)
		q.busy.push(d)
	default:
		q.busy.renew(d)
	}
	d.svc, d.pid, d.touched, d.quiet = svc, e.pid, m.age.now, false
	q.last = d
	return d
}

func (m *machine) newDeliverer(key sessionKey) *deliverer {
	q := &m.deliverers
	if len(q.byKey) >= maxDeliverers {
		m.counts.EvictedProcesses++
		if q.quiet.front != nil {
			m.forget(q.quiet.front)
		} else {
			m.forget(q.busy.front)
		}
	}
	d := new(deliverer)
	if n := len(q.free); n > 0 {
		d, q.free = q.free[n-1], q.free[:n-1]
	}
	d.key = key
	q.byKey[key] = d
	return d
}

// forget tells what is to be told of a process and drops it.
func (m *machine) forget(d *deliverer) {
	m.unnamedFailures(d)
	d.close(m)
	q := &m.deliverers
	if d.quiet {
		q.quiet.remove(d)
	} else {
		q.busy.remove(d)
	}
	delete(q.byKey, d.key)
	*d = deliverer{waited: d.waited[:0]}
	q.free = append(q.free, d)
}

// expireDeliverers gives up processes of which nothing was heard for long.
func (m *machine) expireDeliverers() {
	q := &m.deliverers
	for q.busy.front != nil && m.age.now-q.busy.front.touched > quietAfter {
		d := q.busy.front
		if d.conn != nil {
			m.tellConnection(d.conn)
		}
		q.busy.remove(d)
		q.quiet.push(d)
		d.quiet = true
	}
	for q.quiet.front != nil && m.age.now-q.quiet.front.touched > forgottenAfter {
		m.forget(q.quiet.front)
	}
}

// forgetDeliverers drops processes that are gone.
func (m *machine) forgetDeliverers(gone func(*deliverer) bool) {
	for _, l := range [...]*list[deliverer]{&m.deliverers.busy, &m.deliverers.quiet} {
		for d := l.front; d != nil; {
			next := d.next
			if gone(d) {
				m.forget(d)
			}
			d = next
		}
	}
}

// request takes the queue ID of a line. A connection that no queue ID was named for is the request's; that of another request is over, because a TLS
// connection that carries another message is logged again, as reused.
func (d *deliverer) request(m *machine, id []byte) {
	if string(d.id[:d.idLen]) != string(id) {
		if d.conn != nil && d.conn.owned {
			d.close(m)
		}
		m.unnamedFailures(d)
		d.idLen = copy(d.id[:], id)
		d.begin()
	}
	if d.conn != nil && !d.conn.owned {
		d.own(m, d.conn)
	}
}

// begin forgets what was said of another request.
func (d *deliverer) begin() {
	d.waited, d.none, d.fallback, d.unverified = d.waited[:0], connection{}, nil, Failure{}
}

// proof takes what is known of why a server's certificate could not be verified.
func (d *deliverer) proof(peer *Peer) Failure {
	f := d.unverified
	d.unverified = Failure{}
	if d.verified == nil || !d.verified.sameServer(peer) {
		return Failure{}
	}
	return f
}

func (d *deliverer) own(m *machine, c *connection) {
	c.owned = true
	if !m.countsOnly {
		c.id = string(d.id[:d.idLen])
	}
}

// record takes what a delivery record says of how long the message had waited when the request began: it tells apart two requests for the same queue ID. A
// connection is the former one's if that has used it.
func (d *deliverer) record(m *machine, waited []byte) {
	if len(d.waited) > 0 && len(waited) > 0 && string(d.waited) != string(waited) {
		if d.conn != nil && d.conn.recorded {
			d.close(m)
		}
		d.begin()
	}
	d.waited = append(d.waited[:0], waited...)
	if d.conn != nil {
		d.conn.recorded = true
	}
}

// open begins a connection. The one before is over: a process has one at a time, and tries one server after the other.
func (d *deliverer) open(m *machine, peer *Peer, port uint16, at time.Time) *connection {
	d.close(m)
	q := &m.deliverers
	var c *connection
	if n := len(q.freeConnections); n > 0 {
		c, q.freeConnections = q.freeConnections[n-1], q.freeConnections[:n-1]
	} else {
		c = new(connection)
	}
	*c = connection{svc: d.svc, pid: d.pid, peer: peer, port: port, start: at, last: at, nth: m.began(d.key, peer, port, at)}
	d.conn = c
	return c
}

// close ends the connection.
func (d *deliverer) close(m *machine) {
	c := d.conn
	if c == nil {
		return
	}
	d.conn, d.explain, c.over = nil, false, true
	m.tellConnection(c)
	m.deliverers.release(c)
}

// release takes back a connection that nothing speaks of.
func (q *deliverers) release(c *connection) {
	if c.over && c.waiting == 0 {
		q.freeConnections = append(q.freeConnections, c)
	}
}

// to tells whether a connection is to a relay.
func (c *connection) to(peer *Peer, port uint16) bool {
	return c != nil && c.peer.sameServer(peer) && c.port == port
}

// established takes the summary line of a connection. It belongs to the request of the next queue ID that the process names.
func (d *deliverer) established(m *machine, b *batch, e *event, at time.Time) {
	d.svc.showTLS(m, at)
	c := d.open(m, m.intern.relay(b.bytes(e.peer)), port(b.bytes(e.port)), at)
	c.tls, c.state, c.decided = m.intern.tlsOf(b, &b.tls[e.aux]), TLSEstablished, true
	c.proof = d.proof(c.peer)
	c.reused = e.count == 1
	d.fallback = nil
}

// handshakeFailed takes SSL_connect's error.
func (d *deliverer) handshakeFailed(m *machine, b *batch, e *event, at time.Time) {
	text := m.intern.string(b.bytes(e.value))
	c := d.open(m, m.intern.relay(b.bytes(e.peer)), port(b.bytes(e.port)), at)
	c.state, c.decided = TLSFailed, true
	c.failure = outboundFailure(acceptReason(text), text)
	d.explain = isNumber(text)
}

// library takes the TLS library's words: the first of several lines is the cause.
func (d *deliverer) library(text string) {
	if d.explain && d.conn != nil && d.conn.state == TLSFailed {
		d.conn.failure = outboundFailure(connectReason(text), text)
	}
	d.explain = false
}

// noHandshake takes the note that a host is given up, or tried again without TLS, because its handshake failed. When tlsproxy did it, no line of this process
// has named the host.
func (d *deliverer) noHandshake(m *machine, at time.Time) {
	d.waited = d.waited[:0] // a record before this may be of a former request
	if c := d.conn; c != nil && c.state == TLSFailed && !c.recorded {
		d.fallback = c.peer
	} else {
		d.unnamed++
		d.noted = at
	}
	d.close(m)
}

// lost takes the note that a session with a host broke. What the process delivers to that host from now on goes over another connection, which is
// in plaintext if no TLS line is seen: Postfix falls back without saying so.
func (d *deliverer) lost(m *machine, peer *Peer) {
	if d.conn != nil && d.conn.peer.sameServer(peer) {
		d.close(m)
	}
}

// tellConnection makes the session's record, once, if its state is known.
func (m *machine) tellConnection(c *connection) {
	if c.told || c.reused || !c.decided {
		return
	}
	c.told = true
	r := &m.record
	*r = Session{
		Direction: Outbound, Start: c.start, End: c.last, Service: &c.svc.Service, PID: c.pid, Peer: c.peer, Port: c.port, State: c.state, TLS: c.tls,
		QueueIDs: r.QueueIDs[:0], Commands: &m.noCommands, Ended: EndedUnlogged,
		First: c.start, Ordinal: c.nth,
	}
	if c.sent {
		r.Messages = 1
	}
	if c.id != "" {
		r.QueueIDs = append(r.QueueIDs, c.id)
	}
	if c.failure.Reason != "" {
		failure := c.failure
		r.Failure = &failure
	}
	m.sink.Session(r)
}

// first notes a delivery record's status and tells whether it is new on the connection.
func (c *connection) first(status string) bool {
	if slices.Contains(c.statuses[:c.count], status) || c.count == len(c.statuses) {
		return false
	}
	c.statuses[c.count] = status
	c.count++
	return true
}
