package parser

// An eventKind names the rule that took a line.
type eventKind uint8

const (
	eventNone         eventKind = iota // a line that carries nothing we need
	eventUnrecognized                  // a line that decides about TLS, in a form that we do not know
	eventConnect
	eventDisconnect
	eventClient
	eventProxiedClient
	eventTLS
	eventTLSFailed
	eventTLSLibrary
	eventTLSAborted
	eventTLSRefused
	eventTLSDropped
	eventEnded
	eventSASLFailed
	eventHold
	eventDied
	eventMessageID
	eventCanceled
	eventQueueActive
	eventRemoved
	eventPickup
	eventNotification
	eventMasterStarted
	eventMasterStopped
	eventChildDied
	eventRequeued
	eventMasterReloaded
	eventProxied
	eventDelivery
	eventUnverified
	eventNoHandshake
	eventLost
	eventNote
	eventTLSRPT
	eventPassed
	eventHangup
	eventTick  // not a rule: time goes on, see batch.tick
	eventKinds // how many there are
)

// ruleNames are the rules' names in grammar.re, without the program.
var ruleNames = [eventKinds]string{
	eventNone: "", eventUnrecognized: "unrecognized",
	eventConnect: "connect", eventDisconnect: "disconnect", eventClient: "client", eventProxiedClient: "proxied-client",
	eventTLS: "tls", eventTLSFailed: "tls-failed", eventTLSLibrary: "tls-library", eventTLSAborted: "tls-aborted",
	eventTLSRefused: "tls-refused", eventTLSDropped: "tls-dropped", eventEnded: "ended", eventSASLFailed: "sasl-failed", eventHold: "hold",
	eventDied: "died", eventMessageID: "message-id", eventCanceled: "canceled", eventQueueActive: "active",
	eventRemoved: "removed", eventPickup: "local", eventNotification: "notification",
	eventMasterStarted: "started", eventMasterStopped: "stopped", eventChildDied: "child-died", eventRequeued: "requeued",
	eventMasterReloaded: "reloaded", eventProxied: "proxied", eventDelivery: "delivery", eventUnverified: "unverified",
	eventNoHandshake: "no-handshake", eventLost: "lost", eventNote: "note", eventTLSRPT: "tlsrpt", eventPassed: "passed", eventHangup: "hangup",
	eventTick: "",
}

func (k eventKind) String() string { return ruleNames[k] }

// An event is a line that a rule took. Its spans point into the buffer of its batch.
type event struct {
	kind   eventKind
	prog   program
	repeat uint16 // how often the line happened: 1, or more by syslogd's "message repeated N times"
	pid    uint32
	at     stamp
	source uint32 // index into the batch's sources

	queueID span
	peer    span // NAME[ADDRESS]; [ADDRESS] of postscreen and tlsproxy
	port    span
	word    span   // SASL method, how a session ended, a requeued message's old queue ID
	value   span   // free text: reason, command after which a session ended, Message-ID, sender, SASL user name, a child's queue ID or executable
	num     uint64 // size, uid, pid of a dead child
	count   uint32 // recipients; 1 if a TLS connection was reused
	aux     uint32 // index into the batch's commands, TLS fields, deliveries or TLSRPT fields; 1 + that into its forwarded fields
}

// tlsFields are the parts of a TLS summary line. What stands behind the bits is read only when it is new (see intern.tls).
type tlsFields struct {
	trust, sni, protocol, cipher, bits span
	suffix                             int
}

// tlsMatch carries the summary rule's positions: trust, SNI, protocol, cipher, bits.
type tlsMatch struct{ w1, w2, s1, s2, v1, v2, c1, c2, n1, n2 int }

// deliveryFields are the parts of a delivery record. A cut line has none behind relay.
type deliveryFields struct {
	to, origTo, relay, delay, policy, dsn, status, text span
	waited                                              span   // the first two of delays=, which all records of one delivery request share
	uses                                                uint32 // conn_use=; 1 without
	ambiguous                                           bool   // the line can be read in another way, see event.delivery
}

// forwardedFields are what an authorized client told by XFORWARD.
type forwardedFields struct {
	queueID, client span
}

// tlsrptFields are the parts of a "TLSRPT:" line; (Null) stands in the log for what is not known.
type tlsrptFields struct {
	domain, mx, failure, reason span
}

// maxQueueID is the longest queue ID that is told. Long ones have 10 digits of time until far in the future, "z", and the inode, of which 2^64 has
// 12 digits in base 51.
const maxQueueID = 28

// maxWord bounds the words that Postfix has only some of: trust words, security levels. Longer ones are made up.
const maxWord = 64

// optional is the span of a part that a line may lack; then its positions are -1.
func optional(from, to int) span {
	if from < 0 {
		return span{}
	}
	return spanOf(from, to)
}

func (e *event) setPeer(p1, p2, o1, o2 int) {
	e.peer, e.port = spanOf(p1, p2), optional(o1, o2)
}

func (e *event) setQueueID(q1, q2 int) bool {
	e.queueID = spanOf(q1, q2)
	return q2-q1 <= maxQueueID
}

func (e *event) connect(p1, p2, o1, o2 int) {
	e.kind = eventConnect
	e.setPeer(p1, p2, o1, o2)
}

func (e *event) disconnect(b *batch, p1, p2, o1, o2 int, buf []byte, cursor int) {
	e.kind = eventDisconnect
	e.setPeer(p1, p2, o1, o2)
	e.aux = uint32(len(b.commands))
	b.commands = append(b.commands, Commands{})
	lexCounters(&b.commands[e.aux], buf, cursor)
}

func (e *event) client(b *batch, q1, q2, p1, p2, o1, o2 int, buf []byte, cursor int) {
	e.kind = eventClient
	e.setPeer(p1, p2, o1, o2)
	if !e.setQueueID(q1, q2) {
		e.kind = eventUnrecognized
	}
	e.word, e.value = lexSASL(buf, cursor)
	e.forwarded(b, buf, cursor)
}

// forwarded reads what XFORWARD told, behind what the client itself may have written. With a user name, which has no quotes, nothing behind it is believed.
func (e *event) forwarded(b *batch, buf []byte, cursor int) {
	if e.value.len > 0 {
		return
	}
	if e.word.len > 0 {
		cursor = int(e.word.off + e.word.len)
	}
	var f forwardedFields
	f.queueID, f.client = lexForwarded(buf, skipSender(buf, cursor))
	if f.queueID.len > maxQueueID {
		return
	}
	if f != (forwardedFields{}) {
		b.forwarded = append(b.forwarded, f)
		e.aux = uint32(len(b.forwarded))
	}
}

func (e *event) proxiedClient(p1, p2, o1, o2 int, buf []byte, cursor int) {
	e.kind = eventProxiedClient
	e.setPeer(p1, p2, o1, o2)
	e.word, e.value = lexSASL(buf, cursor)
}

func (e *event) tlsEstablished(b *batch, m tlsMatch, p1, p2, o1, o2, cursor int) {
	e.kind = eventTLS
	e.setPeer(p1, p2, o1, o2)
	if m.w2-m.w1 > maxWord {
		e.kind = eventUnrecognized
		return
	}
	e.aux = uint32(len(b.tls))
	b.tls = append(b.tls, tlsFields{
		trust: optional(m.w1, m.w2), sni: optional(m.s1, m.s2),
		protocol: spanOf(m.v1, m.v2), cipher: spanOf(m.c1, m.c2), bits: spanOf(m.n1, m.n2), suffix: cursor,
	})
}

func (e *event) text(kind eventKind, v1, v2 int) {
	e.kind, e.value = kind, spanOf(v1, v2)
}

func (e *event) peerText(kind eventKind, p1, p2, o1, o2, v1, v2 int) {
	e.text(kind, v1, v2)
	e.setPeer(p1, p2, o1, o2)
}

func (e *event) ended(w1, w2, v1, v2, p1, p2, o1, o2 int) {
	e.peerText(eventEnded, p1, p2, o1, o2, v1, v2)
	e.word = spanOf(w1, w2)
}

func (e *event) queue(kind eventKind, q1, q2 int) {
	if e.setQueueID(q1, q2) {
		e.kind = kind
	}
}

func (e *event) queueText(kind eventKind, q1, q2, v1, v2 int) {
	e.value = spanOf(v1, v2)
	e.queue(kind, q1, q2)
}

func (e *event) queueActive(q1, q2, v1, v2 int, size, recipients uint64) {
	e.num, e.count = size, uint32(min(recipients, 1<<32-1))
	e.queueText(eventQueueActive, q1, q2, v1, v2)
}

// proxied takes the queue ID that a before-queue filter's reply names.
func (e *event) proxied(v1, v2 int) {
	if v2-v1 <= maxQueueID {
		e.text(eventProxied, v1, v2)
	}
}

// notification takes a line about two queue IDs.
func (e *event) notification(q1, q2, v1, v2 int) {
	if v2-v1 <= maxQueueID {
		e.queueText(eventNotification, q1, q2, v1, v2)
	}
}

func (e *event) pickup(q1, q2, v1, v2, c1, c2 int, uid uint64) {
	e.num = uid
	if c2-c1 <= maxQueueID {
		e.word = optional(c1, c2)
	}
	e.queueText(eventPickup, q1, q2, v1, v2)
}

func (e *event) childDied(v1, v2 int, pid uint64) {
	e.text(eventChildDied, v1, v2)
	e.num = pid
}

func (e *event) lost(q1, q2, p1, p2, o1, o2 int) {
	e.setPeer(p1, p2, o1, o2)
	e.queue(eventLost, q1, q2)
}

func (e *event) tlsrpt(b *batch, v1, v2, p1, p2, c1, c2, n1, n2 int) {
	if p2-p1 > maxPeer {
		return
	}
	e.kind, e.aux = eventTLSRPT, uint32(len(b.tlsrpt))
	b.tlsrpt = append(b.tlsrpt, tlsrptFields{
		domain: spanOf(v1, v2), mx: spanOf(p1, p2), failure: optional(c1, c2), reason: optional(n1, n2),
	})
}

// number reads decimal digits; what does not fit 64 bits is the greatest number.
func number(buf []byte, from, to int) uint64 {
	var v uint64
	for _, c := range buf[from:to] {
		if v > (1<<64-10)/10 {
			return 1<<64 - 1
		}
		v = v*10 + uint64(c-'0')
	}
	return v
}

// usernameEnd cuts the fields that smtpd writes behind sasl_username=. A user name may hold anything printable and is not quoted;
// the first look-alike ends it.
func usernameEnd(buf []byte, from, to int) span {
	text := buf[from:to]
	for i := range text {
		if text[i] != ',' {
			continue
		}
		for _, field := range [...]string{", sasl_sender=", ", orig_queue_id=", ", orig_client="} {
			if len(text)-i >= len(field) && string(text[i:i+len(field)]) == field {
				return spanOf(from, from+i)
			}
		}
	}
	return spanOf(from, to)
}
