package e2e

import (
	"slices"
	"strings"
	"testing"
)

// A relayTruth is what the records must say.
type relayTruth struct {
	level    int
	messages map[string]relayedMessage // by queue ID
	sessions []outboundSession
	bounced  map[string]bool // queue IDs of the messages that a notification was sent of: a recipient did not get it
}

// A relayedMessage is the part of a message's record that client and sinks can tell.
type relayedMessage struct {
	State      string        `json:"state"`
	Source     inboundRecord `json:"source"`
	Deliveries []delivery    `json:"deliveries"` // in order of the recipients, those of one recipient in order of time
}

type delivery struct {
	To      string    `json:"to"`
	Program string    `json:"program"`
	Service string    `json:"service"`
	Relay   relayPeer `json:"relay"`
	Status  string    `json:"status"`
	channel
	Failure failure `json:"failure"`
	Reused  bool    `json:"reused"`
}

// A failure is why there was no TLS, or none that was good enough.
type failure struct {
	Result string `json:"result"`
}

type relayPeer struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Port    int    `json:"port"`
	Path    string `json:"path"`
	Class   string `json:"class"`
}

type outboundSession struct {
	Program string    `json:"program"`
	Service string    `json:"service"`
	Peer    relayPeer `json:"peer"`
	channel
	Failure  failure  `json:"failure"`
	QueueIDs []string `json:"queue_ids"`
	Messages int      `json:"messages"`
}

// sort brings the deliveries in order. Of attempts that reached no server only the log tells how many there were: one of
// them stands for all.
func (m *relayedMessage) sort() {
	slices.SortStableFunc(m.Deliveries, func(a, b delivery) int { return strings.Compare(a.To, b.To) })
	m.Deliveries = slices.CompactFunc(m.Deliveries, func(a, b delivery) bool { return a == b && a.Relay == relayPeer{} })
}

// An attempt is one try to hand over a message, as a sink saw it.
type attempt struct {
	relay *sink
	id    string // queue ID
	channel
	failure  failure
	outcomes []outcome
	reused   bool // not the first on its connection
	lost     bool // the connection ended in the middle
	fellBack bool // so Postfix went on without TLS at once, and logs no delivery of this attempt
	bare     bool // it is what came next, after a handshake that failed: the log says so
}

// newRelayTruth draws from what was seen what the records must say, by the rules of the program's records.
func newRelayTruth(t *testing.T, sessions []*session, sinks []*sink, level int) *relayTruth {
	t.Helper()
	truth := &relayTruth{level: level, messages: map[string]relayedMessage{}, bounced: map[string]bool{}}
	ids := queueIDs(sessions)
	deliveries := map[string][]delivery{} // by recipient
	for _, s := range sinks {
		attempts := s.attempts(t, ids)
		s.wantSeen(t, attempts)
		for _, a := range attempts {
			truth.addSession(a)
			for _, d := range truth.deliveries(a) {
				deliveries[d.To] = append(deliveries[d.To], d)
			}
		}
	}
	for _, s := range sessions {
		for _, m := range s.messages {
			truth.addMessage(s.record(m.channel), m, deliveries)
		}
	}
	return truth
}

func (truth *relayTruth) addMessage(source inboundRecord, m message, deliveries map[string][]delivery) {
	relayed := relayedMessage{State: "removed", Source: source}
	for _, r := range m.recipients {
		list := deliveries[r]
		if list == nil {
			list = []delivery{{To: r, Program: "smtp", Service: "smtp", Status: "deferred"}} // unreachable
		}
		relayed.Deliveries = append(relayed.Deliveries, list...)
		if list[len(list)-1].Status != "sent" {
			truth.bounced[m.id] = true
		}
	}
	relayed.sort()
	truth.messages[m.id] = relayed
}

// queueIDs returns the queue ID of the message for each recipient.
func queueIDs(sessions []*session) map[string]string {
	ids := map[string]string{}
	for _, s := range sessions {
		for _, m := range s.messages {
			for _, r := range m.recipients {
				ids[r] = m.id
			}
		}
	}
	return ids
}

// attempts returns what the sink saw, in order.
func (s *sink) attempts(t *testing.T, ids map[string]string) []attempt {
	t.Helper()
	var list []attempt
	for _, c := range s.saw() {
		if len(c.transactions) == 0 {
			list = append(list, s.vainAttempt(c, ids))
		}
		for i, seen := range c.transactions {
			a := attempt{relay: s, channel: seen.channel, reused: i > 0, id: ids[seen.outcomes[0].recipient]}
			for _, o := range seen.outcomes {
				if o.status == "" {
					o.status, a.lost = "deferred", true
				}
				a.outcomes = append(a.outcomes, o)
			}
			if a.sent() && seen.id != a.id {
				t.Errorf("%s: message %s came as %q", s.name, a.id, seen.id)
			}
			list = append(list, a)
		}
	}
	for i := 1; i < len(list); i++ {
		list[i-1].fellBack = list[i-1].lost && list[i].TLS == "plaintext"
		list[i].bare = list[i-1].fellBack && list[i-1].TLS == "failed"
	}
	return list
}

// vainAttempt is a connection that ended before a sender was named, for want of TLS. All that it can have been for is the one message for
// this sink. The failures have the names of RFC 8460, section 4.3.
func (s *sink) vainAttempt(c *connection, ids map[string]string) attempt {
	a := attempt{relay: s, channel: c.channel, lost: true}
	switch c.TLS {
	case "plaintext":
		a.TLS, a.failure.Result = "failed", "starttls-not-supported"
	case "failed":
		a.failure.Result = "validation-failure"
	case "established":
		a.failure.Result = "certificate-not-trusted"
	}
	for recipient, id := range ids {
		if strings.HasSuffix(recipient, "@"+s.name+".example.net") {
			a.id = id
			a.outcomes = append(a.outcomes, outcome{recipient, "deferred"})
		}
	}
	return a
}

// sent tells whether a recipient was accepted, and the message with him.
func (a attempt) sent() bool {
	return slices.ContainsFunc(a.outcomes, func(o outcome) bool { return o.status == "sent" })
}

// wantSeen fails the test if the sink was not used for what it is there for.
func (s *sink) wantSeen(t *testing.T, attempts []attempt) {
	t.Helper()
	want := func(what string, is func(attempt) bool) {
		if !slices.ContainsFunc(attempts, is) {
			t.Errorf("%s has seen no %s", s.name, what)
		}
	}
	want("message", func(attempt) bool { return true })
	if s.cached {
		want("connection used again", func(a attempt) bool { return a.reused })
	}
	if s.policy == "" && s.fault > refusesTLS {
		want("attempt that waits", func(a attempt) bool { return a.lost && !a.fellBack })
		want("attempt that falls back to plaintext", func(a attempt) bool { return a.fellBack })
	}
}

// addSession adds the attempt's connection, if the log tells of it.
func (truth *relayTruth) addSession(a attempt) {
	if a.reused || (truth.hidden(a) && a.fellBack) {
		return
	}
	s := outboundSession{
		Program: a.relay.program(), Service: a.relay.service, Peer: a.relay.peer(), channel: truth.logged(a), Failure: a.failure,
		QueueIDs: []string{a.id},
	}
	if a.sent() {
		s.Messages = 1
	}
	truth.sessions = append(truth.sessions, s)
}

// deliveries returns the delivery records of the attempt.
func (truth *relayTruth) deliveries(a attempt) []delivery {
	if a.fellBack {
		return nil
	}
	var list []delivery
	for _, o := range a.outcomes {
		list = append(list, delivery{
			To: o.recipient, Program: a.relay.program(), Service: a.relay.service, Relay: a.relay.peer(), Status: o.status,
			channel: truth.logged(a), Failure: a.failure, Reused: a.reused,
		})
	}
	return list
}

// logged returns the attempt's TLS as far as it is in the log.
func (truth *relayTruth) logged(a attempt) channel {
	switch {
	case !truth.hidden(a):
		return a.channel
	case a.failure.Result != "":
		return channel{TLS: "unlogged"} // there was a certificate, if none that was good enough
	default:
		return channel{TLS: "unknown"}
	}
}

// hidden tells whether the log hides the attempt's TLS. It does not hide failures and what follows them, nor what is said of connections
// that are used again, and there is no TLS on UNIX-domain sockets.
func (truth *relayTruth) hidden(a attempt) bool {
	told := a.TLS == "failed" || a.bare || a.reused || a.relay.service == "reuse" || a.relay.path != ""
	return truth.level == 0 && !told
}

// sessionSamples returns the sessions that the report must count.
func (truth *relayTruth) sessionSamples() samples {
	sum := samples{}
	for _, s := range truth.sessions {
		sum.add(relayLabels(s.Service, s.Peer, s.channel), 1)
	}
	return sum
}

// messageSamples returns the recipients who got a message, without the labels named.
func (truth *relayTruth) messageSamples(without ...string) samples {
	sum := samples{}
	for _, m := range truth.messages {
		for _, d := range m.Deliveries {
			labels := relayLabels(d.Service, d.Relay, d.channel)
			for _, name := range without {
				delete(labels, name)
			}
			if d.Status == "sent" {
				sum.add(labels, 1)
			}
		}
	}
	return sum
}

func relayLabels(service string, peer relayPeer, c channel) map[string]string {
	return map[string]string{
		"direction": "outbound", "mta": "postfix", "service": service, "class": peer.Class,
		"tls": c.TLS, "protocol": c.Protocol, "cipher": c.Cipher,
	}
}

// hints returns the codes of the hints that the report must give.
func (truth *relayTruth) hints() []string {
	if truth.level == 0 {
		return []string{"lmtp_tls_loglevel", "smtp_tls_loglevel"}
	}
	return nil
}

func (s *sink) program() string {
	if s.service == "lmtp" {
		return "lmtp"
	}
	return "smtp"
}

// peer is the sink as Postfix names it: by its address, which is all that it is told, and a UNIX-domain socket by its own name.
func (s *sink) peer() relayPeer {
	if s.path != "" {
		return relayPeer{Name: "mx.test", Path: s.path, Class: "unix"}
	}
	return relayPeer{Name: s.address, Address: s.address, Port: s.port, Class: "loopback"}
}
