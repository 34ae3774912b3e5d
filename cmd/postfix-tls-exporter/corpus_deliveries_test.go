package main

import (
	"cmp"
	"maps"
	"testing"
)

// checkRelays holds the deliveries against what the servers recorded that took or refused them.
func (c *corpus) checkRelays(t *testing.T, events []eventRecord) {
	t.Run("Deliveries", func(t *testing.T) { c.checkDeliveries(t, events) })
	t.Run("Refusals", func(t *testing.T) { c.checkRefusals(t, events) })
	t.Run("Connections", func(t *testing.T) { c.checkConnections(t, events) })
	if c.facts.NextInstance != "" {
		t.Run("Hops", func(t *testing.T) { c.checkHops(t, events) })
	} else if c.facts.OutLogLevel != "0" {
		t.Run("Passages", func(t *testing.T) { c.checkPassages(t, events) })
	}
}

// deliveryFacts are what both the log and the server that took the message tell of a delivery.
type deliveryFacts struct {
	Program, Name, Address, Path, Class string
	Port                                int
	TLS, Protocol, Cipher               string
	Reused                              bool // the connection had carried a message before
}

func (r *truthRelay) facts(protocol, cipher string) deliveryFacts {
	f := deliveryFacts{
		Program: r.Program, Name: r.Name, Address: r.Address, Path: r.Path, Class: class(r.Address), Port: r.Port,
		TLS: encryption(protocol), Protocol: protocol, Cipher: cipher,
	}
	if r.Path != "" {
		f.Class = "unix"
	}
	return f
}

func encryption(protocol string) string {
	if protocol == "" {
		return "plaintext"
	}
	return "established"
}

func (d *deliveryRecord) facts() deliveryFacts {
	return deliveryFacts{
		Program: d.Program, Name: d.Relay.Name, Address: d.Relay.Address, Path: d.Relay.Path, Class: d.Relay.Class, Port: d.Relay.Port,
		TLS: d.TLS, Protocol: d.Protocol, Cipher: d.Cipher, Reused: d.Reused != nil && *d.Reused,
	}
}

// untold is what stands for the truth in a log that hides TLS: that it cannot tell, or as much of the truth as it can.
// That a socket of this host is plaintext is known in any case.
func (c *corpus) untold(want, got deliveryFacts) deliveryFacts {
	if c.facts.OutLogLevel != "0" || want.Path != "" {
		return want
	}
	switch {
	case got.TLS == "unknown":
		want.TLS = "unknown"
	case want.TLS == "established":
		want.TLS = "unlogged"
	}
	want.Protocol, want.Cipher = "", ""
	return want
}

// A delivered recipient of a message.
type delivered struct{ queueID, to string }

// An acceptance is what a server recorded of a recipient that it took.
type acceptance struct {
	deliveryFacts

	from, to float64
}

// accepted returns the recipients that the servers took: they said 250 to each, and to the message.
func (c *corpus) accepted() map[delivered]acceptance {
	all := map[delivered]acceptance{}
	for i := range c.relays {
		r := &c.relays[i]
		for n, m := range r.Messages {
			f := r.facts(r.Protocol, r.Cipher)
			f.Reused = n > 0
			for to, code := range m.Recipients {
				if code == 250 && m.Code == 250 {
					all[delivered{m.QueueID, to}] = acceptance{f, r.Connect, r.End}
				}
			}
		}
	}
	return all
}

// A transfer is one delivery record of smtp or lmtp.
type transfer struct {
	queueID string
	*deliveryRecord
}

// transfers returns what a Postfix delivered to servers, or tried to once it had reached one.
func transfers(events []eventRecord, of func(*eventRecord) bool) []transfer {
	var all []transfer
	for i := range events {
		m := &events[i]
		for j := range m.Deliveries {
			if d := &m.Deliveries[j]; of(m) && d.Relay != nil && (d.Program == "smtp" || d.Program == "lmtp") {
				all = append(all, transfer{m.QueueID, d})
			}
		}
	}
	return all
}

// last tells what is of the Postfix that delivers to the recording servers.
func (c *corpus) last(e *eventRecord) bool {
	return c.facts.NextInstance == "" || c.facts.NextInstance == e.Instance
}

// checkDeliveries finds each recipient that a server took as exactly one delivery, with the TLS that the server saw, and no other.
func (c *corpus) checkDeliveries(t *testing.T, events []eventRecord) {
	accepted := c.accepted()
	want, got := map[delivered]deliveryFacts{}, map[delivered]deliveryFacts{}
	for key, a := range accepted {
		want[key] = a.deliveryFacts
	}
	for _, d := range transfers(events, c.last) {
		if d.Status != "sent" {
			continue
		}
		key := delivered{d.queueID, d.To}
		if _, twice := got[key]; twice {
			t.Errorf("%v is sent twice", key)
		}
		got[key] = d.facts()
		if a, ok := accepted[key]; ok {
			want[key] = c.untold(a.deliveryFacts, got[key])
			if !within(d.Time, c.clock(a.from), c.clock(a.to)) {
				t.Errorf("%v is sent at %v, but the server saw it from %v to %v", key, d.Time, c.clock(a.from), c.clock(a.to))
			}
		}
	}
	equal(t, "deliveries", want, got)
}

// A refusal is a recipient that was refused, at once or with the whole message.
type refusal struct {
	To, Status string
	Delivery   deliveryFacts
}

// checkRefusals finds each recipient that a server refused as a delivery that failed, with the TLS of the session.
func (c *corpus) checkRefusals(t *testing.T, events []eventRecord) {
	type server struct{ address, path string }
	want, got, refusing := map[refusal]int{}, map[refusal]int{}, map[server]map[string]deliveryFacts{}
	for i := range c.relays {
		r := &c.relays[i]
		f, at := r.facts(r.Protocol, r.Cipher), server{r.Address, r.Path}
		for to, code := range r.refused() {
			want[refusal{to, failure(code), f}]++
			if refusing[at] == nil {
				refusing[at] = map[string]deliveryFacts{}
			}
			refusing[at][to] = f
		}
	}
	for _, d := range transfers(events, c.last) {
		truth := refusing[server{d.Relay.Address, d.Relay.Path}]
		if d.Status == "sent" || truth == nil {
			continue
		}
		f := d.facts()
		if w := truth[d.To]; f == c.untold(w, f) {
			f = w
		}
		got[refusal{d.To, d.Status, f}]++
	}
	equal(t, "refusals", want, got)
}

// failure is the status of a recipient that got this reply.
func failure(code int) string {
	if code >= 500 {
		return "bounced"
	}
	return "deferred"
}

// refused returns the reply codes of the recipients that the server did not take.
func (r *truthRelay) refused() map[string]int {
	all := map[string]int{}
	for _, x := range r.Rejects {
		all[x.Recipient] = x.Code
	}
	for _, m := range r.Messages {
		for to, code := range m.Recipients {
			if code < 400 && m.Code >= 400 {
				all[to] = m.Code
			}
		}
	}
	return all
}

// A handshake is how connections to a server went.
type handshake struct {
	Address, Path, TLS, Protocol, Cipher string
	Port                                 int
}

// checkConnections counts the sessions with each server: completed handshakes, failed ones, and plaintext.
func (c *corpus) checkConnections(t *testing.T, events []eventRecord) {
	want, got := map[handshake]int{}, map[handshake]int{}
	for i := range c.relays {
		want[c.relays[i].handshake()]++
	}
	for _, e := range sessionsOf(events) {
		if e.Direction == "outbound" && c.last(&e) {
			got[handshake{e.Peer.Address, e.Peer.Path, e.TLS, e.Protocol, e.Cipher, e.Peer.Port}]++
		}
	}
	if c.facts.OutLogLevel == "0" {
		hide(t, want, got)
	}
	equal(t, "sessions with servers", want, got)
}

// hide takes away what a log that hides TLS cannot tell, and leaves the failures. What it does tell must be true.
func hide(t *testing.T, want, got map[handshake]int) {
	t.Helper()
	truth := map[handshake]int{}
	for h, n := range want {
		if h.TLS == "established" {
			h = handshake{h.Address, h.Path, "unlogged", "", "", h.Port}
		}
		truth[h] += n
	}
	for h, n := range got {
		if h.TLS != "unknown" && h.TLS != "failed" && n > truth[h] {
			t.Errorf("%d sessions %+v, the server saw %d", n, h, truth[h])
		}
	}
	hidden := func(h handshake, _ int) bool { return h.TLS != "failed" }
	maps.DeleteFunc(want, hidden)
	maps.DeleteFunc(got, hidden)
}

func (r *truthRelay) handshake() handshake {
	h := handshake{r.Address, r.Path, encryption(r.Protocol), r.Protocol, r.Cipher, r.Port}
	if r.TLS == "failed" || r.abandoned() {
		h.TLS = "failed"
	}
	return h
}

// abandoned tells a connection that Postfix ended because it wanted TLS and the server had none.
func (r *truthRelay) abandoned() bool {
	return r.TLS == "none" && r.How == "quit" && len(r.Messages) == 0 && len(r.Rejects) == 0
}

// A passage is a message from end to end: the TLS version of the way in, and of the way out to each recipient.
type passage struct {
	In  string
	Out map[string]string
}

// checkPassages holds each message's record against what its client and the servers saw.
func (c *corpus) checkPassages(t *testing.T, events []eventRecord) {
	want, got, accepted := map[string]passage{}, map[string]passage{}, c.accepted()
	c.eachMessage(func(_ *truthSession, m truthMessage, state string) {
		p := passage{state, map[string]string{}}
		if state == "established" {
			p.In = m.Protocol
		}
		for _, to := range m.Recipients {
			if f, ok := accepted[delivered{m.QueueID, to}]; ok {
				p.Out[to] = cmp.Or(f.Protocol, f.TLS)
			}
		}
		want[m.QueueID] = p
	})
	for _, m := range events {
		if _, sent := want[m.QueueID]; !sent || m.Source == nil {
			continue // a notification
		}
		p := passage{cmp.Or(m.Source.Protocol, m.Source.TLS), map[string]string{}}
		for _, d := range m.Deliveries {
			if d.Status == "sent" {
				p.Out[d.To] = cmp.Or(d.Protocol, d.TLS)
			}
		}
		got[m.QueueID] = p
	}
	equal(t, "messages from end to end", want, got)
}

// An arrival is how a message came from the Postfix before.
type arrival struct{ Parent, Address, TLS, Protocol, Cipher string }

// A departure is how a message went to the next Postfix, and the queue ID that it got there.
type departure struct {
	QueuedAs string
	Delivery deliveryFacts
}

// checkHops follows each message from one Postfix to the next, as the Received headers tell that it came.
func (c *corpus) checkHops(t *testing.T, events []eventRecord) {
	wantOut, gotOut := map[delivered]departure{}, map[delivered]departure{}
	wantIn, gotIn := map[string]arrival{}, map[string]arrival{}
	next := truthRelay{Program: "smtp", Name: "127.0.0.1", Address: "127.0.0.1", Port: 2725} // where it listens
	c.eachHop(func(m relayMessage) {
		last, first := m.Hops[0], m.Hops[1]
		wantIn[last.QueueID] = arrival{first.QueueID, next.Address, encryption(last.Protocol), last.Protocol, last.Cipher}
		for to := range m.Recipients {
			wantOut[delivered{first.QueueID, to}] = departure{last.QueueID, next.facts(last.Protocol, last.Cipher)}
		}
	})
	for _, m := range events {
		if s := m.Source; c.last(&m) && s != nil && s.Peer != nil {
			gotIn[m.QueueID] = arrival{s.Parent, s.Peer.Address, s.TLS, s.Protocol, s.Cipher}
		}
	}
	for _, d := range transfers(events, func(e *eventRecord) bool { return !c.last(e) }) {
		f := d.facts()
		if f.TLS == "plaintext" { // Postfix uses such connections again, and the header does not tell
			f.Reused = false
		}
		gotOut[delivered{d.queueID, d.To}] = departure{d.QueuedAs, f}
	}
	equal(t, "hops, as the sender tells", wantOut, gotOut)
	equal(t, "hops, as the receiver tells", wantIn, gotIn)
	c.checkHopSessions(t, wantIn, events)
}

// eachHop calls fn for each message that came through a second Postfix.
func (c *corpus) eachHop(fn func(relayMessage)) {
	for _, r := range c.relays {
		for _, m := range r.Messages {
			if len(m.Hops) > 1 {
				fn(m)
			}
		}
	}
}

// checkHopSessions counts a session on either side for each message that came over TLS: such connections were not used again.
func (c *corpus) checkHopSessions(t *testing.T, hops map[string]arrival, events []eventRecord) {
	type side struct{ Direction, TLS, Protocol, Cipher string }
	want, got, encrypted := map[side]int{}, map[side]int{}, 0
	for _, h := range hops {
		if h.TLS == "established" {
			encrypted++
			want[side{"inbound", h.TLS, h.Protocol, h.Cipher}]++
			want[side{"outbound", h.TLS, h.Protocol, h.Cipher}]++
		}
	}
	if encrypted == 0 || encrypted == len(hops) {
		t.Errorf("%d of %d hops over TLS: there should be some of each kind", encrypted, len(hops))
	}
	for _, e := range events {
		if e.Kind == "session" && e.TLS != "plaintext" && c.last(&e) == (e.Direction == "inbound") {
			got[side{e.Direction, e.TLS, e.Protocol, e.Cipher}]++
		}
	}
	equal(t, "hops over TLS", want, got)
}

// A messageRow is what a report's messages are counted by.
type messageRow struct{ Direction, Instance, Service, Class, TLS, Protocol, Cipher string }

// checkRows holds the report's messages, in both directions, against what the clients and the servers recorded.
func (c *corpus) checkRows(t *testing.T, report reportRecord) {
	got := map[messageRow]int{}
	for _, m := range report.Messages {
		if m.Count > 0 {
			got[c.row(messageRow{m.Direction, m.Instance, m.Service, m.Class, m.TLS, m.Protocol, m.Cipher})] += m.Count
		}
	}
	equal(t, "messages in the report", c.truthRows(), got)
}

func (c *corpus) truthRows() map[messageRow]int {
	all := map[messageRow]int{}
	c.eachMessage(func(s *truthSession, m truthMessage, state string) {
		r := messageRow{"inbound", c.facts.Instance, s.service(), class(s.sending().Address), state, "", ""}
		if state == "established" {
			r.Protocol, r.Cipher = m.Protocol, m.Cipher
		}
		all[r]++
	})
	c.eachHop(func(m relayMessage) {
		h := m.Hops[0]
		all[messageRow{"inbound", c.facts.NextInstance, "smtpd", "loopback", encryption(h.Protocol), h.Protocol, h.Cipher}]++
		all[messageRow{"outbound", c.facts.Instance, "smtp", "loopback", encryption(h.Protocol), h.Protocol, h.Cipher}] += len(m.Recipients)
	})
	last := cmp.Or(c.facts.NextInstance, c.facts.Instance)
	for _, a := range c.accepted() {
		all[c.row(messageRow{"outbound", last, a.Program, a.Class, a.TLS, a.Protocol, a.Cipher})]++
	}
	return all
}

// row leaves away what the log level hides.
func (c *corpus) row(r messageRow) messageRow {
	if r.Direction == "outbound" && c.facts.OutLogLevel == "0" {
		r.TLS, r.Protocol, r.Cipher = "", "", ""
	}
	return r
}
