package parser

import "time"

// How long the processes that deliver are remembered, by the log's clock. What is told of a connection that delivered nothing waits for the first line of
// the process' next request; processes end in silence (max_idle, 100 s), so it waits no longer than quietAfter. The connection itself is kept
// for as long as daemon_timeout lets a process work on one request.
const (
	quietAfter     = 15 * time.Minute
	forgottenAfter = 5 * time.Hour
)

// maxDeliverers bounds the processes that are remembered. Postfix runs 100 of a kind unless told otherwise (default_process_limit).
const maxDeliverers = 10_000

// maxConnections bounds the connections that a process is believed to have open in one request: one for each MX host that it tried.
const maxConnections = 32

// A deliverer is a process that delivers messages: smtp, lmtp, or a program that speaks to no server. It works on one request at a time: one queue ID,
// one next hop, one or more recipients.
type deliverer struct {
	link[deliverer]
	key     sessionKey
	svc     *service
	pid     uint32
	touched time.Time
	quiet   bool // in deliverers.quiet

	id          [maxQueueID]byte // of the request; idLen is 0 before the first
	idLen       int
	waited      []byte        // the first two of delays=, which tell requests for the same queue ID apart
	connections []*connection // of the request, in the order of the log
	records     int           // delivery records, to tell which connections are older than the latest
	none        connection    // stands for no connection: relay=none, and programs that speak to no server

	explain    bool    // the TLS library's words about the latest connection's failed handshake are still to come
	unverified Failure // of the certificate of the connection that will be logged next; Reason is empty without
	unnamed    bool    // a handshake failed with a server that no line has named
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

	owned    bool // by the request; else it belongs to the next queue ID
	records  int  // of its process when it was opened
	reused   bool // opened earlier, by whatever process; it has no session of its own
	sent     bool // carried a message
	over     bool // no more lines will speak of it
	told     bool
	id       string
	statuses [4]string // of its delivery records, each once
}

// deliverers are those that are remembered: at work, and those of which nothing was heard for quietAfter.
type deliverers struct {
	byKey map[sessionKey]*deliverer
	busy  list[deliverer]
	quiet list[deliverer]
	free  []*deliverer
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
		d := m.deliverer(e, svc, at)
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
		d.unverified = certificateFailure(m.intern.string(b.bytes(e.value)))
	case eventNoHandshake:
		d.noHandshake(m)
	case eventLost:
		d.lost(m, m.intern.relay(b.bytes(e.peer)))
	case eventDelivery:
		m.deliver(d, b, e, at)
	default: // a note has named the request, and says nothing else
	}
}

// deliverer finds or begins what is remembered of a process.
func (m *machine) deliverer(e *event, svc *service, at time.Time) *deliverer {
	q := &m.deliverers
	key := keyOf(svc.scope.hostID, e.prog, e.pid)
	d := q.byKey[key]
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
	d.svc, d.pid, d.touched, d.quiet = svc, e.pid, at, false
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
	d.drop(m, func(*connection) bool { return true })
	q := &m.deliverers
	if d.quiet {
		q.quiet.remove(d)
	} else {
		q.busy.remove(d)
	}
	delete(q.byKey, d.key)
	*d = deliverer{waited: d.waited[:0], connections: d.connections[:0]}
	q.free = append(q.free, d)
}

// expireDeliverers gives up processes of which nothing was heard for long.
func (m *machine) expireDeliverers(at time.Time) {
	q := &m.deliverers
	for q.busy.front != nil && at.Sub(q.busy.front.touched) > quietAfter {
		d := q.busy.front
		for _, c := range d.connections {
			m.tellConnection(c)
		}
		q.busy.remove(d)
		q.quiet.push(d)
		d.quiet = true
	}
	for q.quiet.front != nil && at.Sub(q.quiet.front.touched) > forgottenAfter {
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

// request takes the queue ID of a line. Connections that no queue ID was named for are the request's; those of another request are over, because
// a TLS connection that carries another message is logged again, as reused.
func (d *deliverer) request(m *machine, id []byte) {
	if string(d.id[:d.idLen]) != string(id) {
		d.drop(m, func(c *connection) bool { return c.owned })
		d.idLen = copy(d.id[:], id)
		d.waited, d.none, d.unnamed = d.waited[:0], connection{}, false
	}
	for _, c := range d.connections {
		if !c.owned {
			c.owned = true
			d.setID(m, c)
		}
	}
}

// sameRequest tells apart two requests for the same queue ID, by the time that the message had waited when each began.
func (d *deliverer) sameRequest(m *machine, waited []byte) {
	if len(d.waited) > 0 && string(d.waited) != string(waited) {
		d.drop(m, func(c *connection) bool { return c.records < d.records })
		d.none = connection{}
	}
	d.waited = append(d.waited[:0], waited...)
	d.records++
}

func (d *deliverer) setID(m *machine, c *connection) {
	if !m.countsOnly {
		c.id = string(d.id[:d.idLen])
	}
}

// drop ends the connections for which over holds.
func (d *deliverer) drop(m *machine, over func(*connection) bool) {
	kept := d.connections[:0]
	for _, c := range d.connections {
		if !over(c) {
			kept = append(kept, c)
			continue
		}
		c.over = true
		m.tellConnection(c)
	}
	clear(d.connections[len(kept):])
	d.connections = kept
}

// open adds a connection to the request.
func (d *deliverer) open(m *machine, peer *Peer, port uint16, at time.Time) *connection {
	if len(d.connections) >= maxConnections {
		oldest := d.connections[0]
		d.drop(m, func(c *connection) bool { return c == oldest })
	}
	c := &connection{svc: d.svc, pid: d.pid, peer: peer, port: port, start: at, last: at, records: d.records}
	d.connections = append(d.connections, c)
	return c
}

// find returns the latest connection to a relay. The address decides: the name may be another MX name of the same host, or differ in case.
func (d *deliverer) find(peer *Peer, port uint16) *connection {
	for i := len(d.connections) - 1; i >= 0; i-- {
		c := d.connections[i]
		if c.peer.Address == peer.Address && c.peer.Path == peer.Path && c.port == port {
			return c
		}
	}
	return nil
}

// established takes the summary line of a connection. It belongs to the request of the next queue ID that the process names.
func (d *deliverer) established(m *machine, b *batch, e *event, at time.Time) {
	d.svc.showTLS(m)
	peer, port := m.intern.relay(b.bytes(e.peer)), port(b.bytes(e.port))
	if old := d.find(peer, port); old != nil {
		d.drop(m, func(c *connection) bool { return c == old })
	}
	c := d.open(m, peer, port, at)
	c.tls, c.state, c.decided = m.intern.tlsOf(b, &b.tls[e.aux]), TLSEstablished, true
	c.proof, d.unverified = d.unverified, Failure{}
	c.reused = e.count == 1
	d.explain = false
}

// handshakeFailed takes SSL_connect's error.
func (d *deliverer) handshakeFailed(m *machine, b *batch, e *event, at time.Time) {
	text := m.intern.string(b.bytes(e.value))
	c := d.open(m, m.intern.relay(b.bytes(e.peer)), port(b.bytes(e.port)), at)
	c.state, c.decided = TLSFailed, true
	c.failure = outboundFailure(acceptReason(text), text)
	d.explain, d.unverified = isNumber(text), Failure{}
}

// library takes the TLS library's words: the first of several lines is the cause.
func (d *deliverer) library(text string) {
	if n := len(d.connections); d.explain && n > 0 {
		d.explain = false
		d.connections[n-1].failure = outboundFailure(connectReason(text), text)
	}
}

// noHandshake takes the note that a host is given up, or tried again without TLS, because its handshake failed. When tlsproxy did it, no line of this process
// has named the host.
func (d *deliverer) noHandshake(m *machine) {
	if n := len(d.connections); n > 0 && d.connections[n-1].state == TLSFailed {
		failed := d.connections[n-1]
		d.drop(m, func(c *connection) bool { return c == failed })
		return
	}
	d.unnamed = true
}

// lost takes the note that a session with a host broke. What the process delivers to that host from now on goes over another connection, which is
// in plaintext if no TLS line is seen: Postfix falls back without saying so.
func (d *deliverer) lost(m *machine, peer *Peer) {
	d.drop(m, func(c *connection) bool { return c.peer.Address == peer.Address && c.peer.Path == peer.Path })
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
		QueueIDs: r.QueueIDs[:0], Commands: new(Commands), Ended: EndedUnlogged,
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
	for i := range c.statuses {
		switch c.statuses[i] {
		case status:
			return false
		case "":
			c.statuses[i] = status
			return true
		}
	}
	return false
}
