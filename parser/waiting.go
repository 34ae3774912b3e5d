package parser

import "time"

// A delivery without TLS line went in plaintext if the log would have shown TLS. Nothing but a TLS line of the same service shows that it would, and
// that may come later: so the delivery waits for it, for decidedAfter by its host's clock. A service that shows none until then, or in as many deliveries,
// is silent, and its deliveries do not wait from then on.
const (
	decidedAfter = time.Hour
	maxSilence   = 1000
)

// maxWaiting bounds the deliveries that wait, of all services.
const maxWaiting = 10_000

// A waiting delivery is one whose TLS state is not decided.
type waiting struct {
	link[waiting]
	delivery Delivery
	failure  Failure // what delivery.Failure points to
	svc      *service
	conn     *connection
	msg      *message
	index    int           // in msg.deliveries, -1 if it is not there
	since    time.Duration // by machine.age
}

type waitingList struct {
	list[waiting]
	count int
}

func newWaitingList() waitingList {
	return waitingList{list: list[waiting]{at: func(v *waiting) *link[waiting] { return &v.link }}}
}

// wait keeps a delivery until it can be decided.
func (m *machine) wait(svc *service, msg *message, c *connection, v *Delivery) {
	if m.waiting.count >= maxWaiting {
		m.counts.EvictedDeliveries++
		m.release(m.waiting.front, TLSUnknown)
	}
	w := &waiting{delivery: *v, svc: svc, conn: c, msg: msg, index: -1, since: m.age.now}
	if v.Failure != nil {
		w.failure = *v.Failure
		w.delivery.Failure = &w.failure
	}
	if msg.details != nil && msg.omitted == 0 {
		w.index = len(msg.deliveries) - 1
	}
	m.waiting.push(w)
	m.waiting.count++
	msg.waiting++
	svc.waiting++
	c.waiting++
	if svc.waiting >= maxSilence {
		svc.hush(m)
	}
}

// release decides a delivery.
func (m *machine) release(w *waiting, state TLSState) {
	m.waiting.remove(w)
	m.waiting.count--
	w.svc.waiting--
	w.delivery.State = state
	c := w.conn
	c.waiting--
	if !c.decided {
		c.state, c.decided = state, true
		if c.sent || c.over {
			m.tellConnection(c)
		}
	}
	m.deliverers.release(c)
	m.sink.Delivered(&w.delivery)
	msg := w.msg
	if w.index >= 0 {
		msg.deliveries[w.index].State = state
	}
	if msg.waiting--; msg.waiting == 0 && msg.gone {
		m.messages.tellDecided(m, msg)
	}
}

// releaseWhere decides the deliveries for which which holds.
func (m *machine) releaseWhere(state TLSState, which func(*waiting) bool) {
	for w := m.waiting.front; w != nil; {
		next := w.next
		if which(w) {
			m.release(w, state)
		}
		w = next
	}
}

// showTLS notes that the service logs TLS. What waits for that, and not for too long, went in plaintext.
func (s *service) showTLS(m *machine, at time.Time) {
	if s.tlsSeen {
		return
	}
	s.tlsSeen, s.silent = true, false
	if s.waiting > 0 {
		m.releaseWhere(TLSPlaintext, func(w *waiting) bool { return w.svc == s && at.Sub(w.delivery.Time) <= decidedAfter })
		m.releaseWhere(TLSUnknown, func(w *waiting) bool { return w.svc == s })
	}
}

// hush gives up waiting for a TLS line of the service.
func (s *service) hush(m *machine) {
	s.silent = true
	m.releaseWhere(TLSUnknown, func(w *waiting) bool { return w.svc == s })
}

// expireWaiting decides what has waited for too long.
func (m *machine) expireWaiting() {
	for w := m.waiting.front; w != nil && m.age.now-w.since > decidedAfter; w = m.waiting.front {
		w.svc.hush(m)
	}
}

// forgetLevels forgets which services show TLS: a Postfix that starts, or reads its configuration again, may log more than before, or less.
func (m *machine) forgetLevels(sc *scope) {
	m.releaseWhere(TLSUnknown, func(w *waiting) bool { return sc.owns(w.svc.scope) })
	for _, svc := range m.services.byTag {
		if sc.owns(svc.scope) && (svc.Program == progSMTP.String() || svc.Program == progLMTP.String()) {
			svc.tlsSeen, svc.silent = false, false
		}
	}
}
