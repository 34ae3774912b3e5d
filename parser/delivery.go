package parser

import (
	"bytes"
	"time"
)

// deliver takes a delivery record.
func (m *machine) deliver(d *deliverer, b *batch, e *event, at time.Time) {
	f := &b.deliveries[e.aux]
	if f.ambiguous && !d.svc.scope.quotes { // whoever chose the recipient may have written all of it
		m.counts.Ambiguous++
		m.delivery = Delivery{Time: at, Service: &d.svc.Service}
		m.tieDelivery(d, b, e, &m.delivery, &d.none, at)
		return
	}
	d.svc.scope.quotes = d.svc.scope.quotes || !f.ambiguous && f.policy.len > 0 // 3.11
	d.record(m, b.bytes(f.waited))
	v := m.newDelivery(d, b, f, at)
	failure := &m.failure
	*failure = recordFailure(b.bytes(f.text), v.Status)
	c := &d.none
	if v.Relay != nil {
		c = m.connectionOf(d, v, failure, at)
	}
	if failure.Reason != "" {
		v.Failure = failure
		c.fail(v.State, *failure)
	}
	v.First = c.first(v.Status)
	m.tieDelivery(d, b, e, v, c, at)
	c.sent = c.sent || v.Status == statusSent
	if v.Relay != nil && (c.sent || c.failure.Reason != "") { // nothing will change what is told
		m.tellConnection(c)
	}
}

const statusSent = "sent"

// newDelivery reads the record's fields.
func (m *machine) newDelivery(d *deliverer, b *batch, f *deliveryFields, at time.Time) *Delivery {
	v := &m.delivery
	*v = Delivery{
		Time: at, Service: &d.svc.Service, Domain: m.domain(b.bytes(f.to)), Status: m.again(&m.status, b.bytes(f.status)), DSN: m.again(&m.dsn, b.bytes(f.dsn)),
		Delay: seconds(b.bytes(f.delay)), Policy: m.intern.policy(b.bytes(f.policy)), Reused: f.uses > 1,
	}
	if !m.countsOnly {
		v.To, v.OrigTo = toText(b.bytes(f.to)), toText(b.bytes(f.origTo))
		if v.Status == statusSent {
			v.QueuedAs = toText(b.bytes(lexQueuedAs(b.buf, int(f.text.off))))
		}
	}
	relay := b.bytes(f.relay)
	switch i := bytes.LastIndexByte(relay, ']'); {
	case i >= 0 && bytes.IndexByte(relay, '[') > 0:
		if d.conn != nil && d.conn.peer.is(relay[:i+1]) {
			v.Relay = d.conn.peer
		} else {
			v.Relay = m.intern.relay(relay[:i+1])
		}
		v.Port = port(bytes.TrimPrefix(relay[i+1:], []byte(":")))
	case string(relay) != "none":
		v.Agent = m.intern.string(relay)
	}
	return v
}

// connectionOf finds or opens the connection that the delivery went over, and decides about its TLS.
func (m *machine) connectionOf(d *deliverer, v *Delivery, failure *Failure, at time.Time) *connection {
	c := d.conn
	switch {
	case !c.to(v.Relay, v.Port):
		c = nil
	case c.state == TLSFailed && v.Status == statusSent: // the note that it was given up is missing
		c = nil
	case c.tls != nil && v.Policy.plaintext():
		m.counts.Contradictions++
		c = nil
	}
	if d.unnamed > 0 && (c == nil || c.tls == nil) && failure.Reason != ReasonOther {
		if note := m.servers.of(m, d.svc.scope.hostID, v.Relay, v.Port, false); note.Reason != "" { // it is tried again without TLS
			d.unnamed--
			m.tellFailed(d, v.Relay, v.Port, note, at)
		}
	}
	if c == nil {
		c = d.open(m, v.Relay, v.Port, at)
		c.reused, c.recorded, c.proof = v.Reused, true, d.proof(v.Relay)
		d.own(m, c)
		c.state, c.decided = d.stateWithout(v, failure)
	}
	m.explain(d, v, c, failure)
	c.last = at
	v.State, v.TLS = c.state, c.tls
	return c
}

// tellFailed makes the session of a handshake that tlsproxy tried.
func (m *machine) tellFailed(d *deliverer, peer *Peer, port uint16, failure Failure, at time.Time) {
	c := connection{
		svc: d.svc, pid: d.pid, peer: peer, port: port, start: at, last: at, state: TLSFailed, decided: true, failure: failure,
		nth: m.began(d.key, peer, port, at),
	}
	d.own(m, &c)
	m.tellConnection(&c)
}

// unnamedFailures makes the sessions of the handshakes of a request that no line has named the server of.
func (m *machine) unnamedFailures(d *deliverer) {
	for ; d.unnamed > 0; d.unnamed-- {
		m.tellFailed(d, m.intern.peer([]byte("unknown[unknown]")), 0, outboundFailure(ReasonOther, handshakeText), d.noted)
	}
}

// explain completes a failure that the record's text names in general by what other lines said of it.
func (m *machine) explain(d *deliverer, v *Delivery, c *connection, failure *Failure) {
	switch failure.Reason {
	case ReasonOther: // a handshake that failed
		if c.failure.Reason == "" {
			c.failure = m.servers.of(m, d.svc.scope.hostID, v.Relay, v.Port, false)
		}
		if c.failure.Reason != "" {
			*failure = c.failure
		}
	case ReasonCertificateUntrusted:
		if c.proof.Reason == "" {
			c.proof = m.servers.of(m, d.svc.scope.hostID, v.Relay, v.Port, true)
		}
		if c.proof.Reason == "" {
			c.proof = proofOf(v.Policy, c.tls)
		}
		if c.proof.Reason != "" {
			failure.Result, failure.Reason = c.proof.Result, c.proof.Reason
			if c.proof.Detail != "" {
				failure.Detail = c.proof.Detail
			}
		}
	}
}

// fail notes why TLS could not be used, for the session's record.
func (c *connection) fail(state TLSState, f Failure) {
	if c.failure.Reason == "" || state == TLSFailed {
		c.failure = f
	}
}

// stateWithout decides about a delivery for which no TLS line was seen. It reports false while the log may still show whether it would have been logged.
func (d *deliverer) stateWithout(v *Delivery, failure *Failure) (state TLSState, decided bool) {
	switch {
	case v.Relay.Path != "": // Postfix uses no TLS there
		return TLSPlaintext, true
	case v.Policy.plaintext():
		return TLSPlaintext, true
	case failure.certificate():
		return TLSUnlogged, true
	case failure.Reason != "", v.Policy.Violated:
		return TLSFailed, true
	case v.Policy.encrypted(), v.Policy.mandatory() && v.Status == statusSent:
		return TLSUnlogged, true
	case v.Policy.mandatory(): // it came to nothing before TLS
		return TLSUnknown, true
	case v.Reused: // a TLS connection that is used again is logged at any level, by versions that can use it again
		return TLSPlaintext, true
	case d.svc.tlsSeen, d.fallback == v.Relay:
		return TLSPlaintext, true
	default:
		return TLSUnknown, d.svc.silent
	}
}

// plaintext tells whether tls= says for certain that there was no TLS.
func (p Policy) plaintext() bool {
	return !p.Undecided && (p.Final == "none" || p.Level == "none")
}

// encrypted tells whether tls= says for certain that there was TLS.
func (p Policy) encrypted() bool {
	switch p.Level {
	case "", "none", "unknown":
		return false
	}
	return !p.Undecided && !p.Violated && p.Final != "none"
}

// mandatory tells whether tls= asks for a level that Postfix never delivers below.
func (p Policy) mandatory() bool {
	switch p.Level {
	case "encrypt", "fingerprint", "dane-only", "verify", "secure":
		return p.Final == ""
	}
	return false
}

// tieDelivery adds the record to its message, and tells it, now or when its state is decided.
func (m *machine) tieDelivery(d *deliverer, b *batch, e *event, v *Delivery, c *connection, at time.Time) {
	msg := m.messages.ofDelivery(m, d.svc.scope, b.bytes(e.queueID), at)
	msg.touched = m.age.now
	if msg.source.Kind != SourceUnknown || msg.header { // else its lines may be over, or have begun before the log
		m.messages.taken(m, msg)
	}
	if !m.countsOnly {
		v.QueueID = msg.idText()
		m.linkChild(d, v, b.bytes(e.queueID))
		m.messages.addDelivery(m, msg, v)
	}
	if v.Relay != nil && !c.decided {
		m.wait(d.svc, msg, c, v)
		return
	}
	m.sink.Delivered(v)
}

// linkChild names a message as the parent of the one that a filter on this host made of it. Only servers on this host are believed: others could name any
// queue ID.
func (m *machine) linkChild(d *deliverer, v *Delivery, id []byte) {
	if v.QueuedAs == "" || v.Relay == nil || v.Relay.Class != ClassLoopback {
		return
	}
	child := m.messages.onHost(m, d.svc.scope.hostID, []byte(v.QueuedAs))
	if child != nil && child.source.Kind == SourceSMTP && child.source.Peer.Class == ClassLoopback && len(child.parent) == 0 {
		child.setParent(id)
	}
}

// again is intern.string for texts that are most often the same as the last time.
func (m *machine) again(last *string, b []byte) string {
	if string(b) != *last {
		*last = m.intern.string(b)
	}
	return *last
}

// domain returns what stands behind the last "@" of an address, in lower case.
func (m *machine) domain(address []byte) string {
	i := bytes.LastIndexByte(address, '@')
	if i < 0 {
		return ""
	}
	return m.intern.lower(address[i+1:])
}

// seconds reads "0.12"; Postfix prints no more than six digits behind the point.
func seconds(text []byte) time.Duration {
	whole, fraction, _ := bytes.Cut(text, []byte("."))
	d := time.Duration(min(number(whole, 0, len(whole)), 1<<32)) * time.Second
	unit := time.Second
	for _, c := range fraction[:min(len(fraction), 9)] {
		unit /= 10
		d += time.Duration(c-'0') * unit
	}
	return d
}

// local takes a delivery record of a program that speaks to no server, or of one that does not deliver at all.
func (m *machine) local(b *batch, e *event, svc *service, at time.Time) {
	d := m.deliverer(e, svc)
	d.request(m, b.bytes(e.queueID))
	m.deliver(d, b, e, at)
}

// tlsrpt takes what was handed to the TLSRPT library.
func (m *machine) tlsrpt(b *batch, e *event, svc *service, at time.Time) {
	f := &b.tlsrpt[e.aux]
	known := func(s span) []byte {
		if text := b.bytes(s); string(text) != "(Null)" {
			return text
		}
		return nil
	}
	r := &TLSRPT{Time: at, Service: &svc.Service, Domain: m.intern.lower(known(f.domain)), Result: ResultSuccess}
	if mx := known(f.mx); bytes.IndexByte(mx, '[') > 0 {
		r.MX = m.intern.relay(mx)
	}
	if f.failure.len > 0 {
		r.Result = m.intern.lower(bytes.ReplaceAll(b.bytes(f.failure), []byte("_"), []byte("-")))
		r.Reason = m.intern.string(known(f.reason))
	}
	m.sink.TLSRPT(r)
}
