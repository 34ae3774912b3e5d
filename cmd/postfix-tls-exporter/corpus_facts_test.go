package main

import (
	"cmp"
	"strings"
	"testing"
	"time"
)

// A fact is what the truth tells of an inbound message, or of an outbound recipient that a server took.
type fact struct {
	direction, instance, service, class string
	peer, address, user                 string
	tls, protocol, cipher               string

	from, to  time.Time // by the log's clock: it happened between these
	queueID   string
	messageID string // inbound; empty if the truth does not have it
	recipient string // outbound

	tellingOrder
}

// recorded are all that the servers took responsibility for, with as much of their TLS as the log level lets the log tell.
func (c *corpus) recorded(t *testing.T) []fact {
	var all []fact
	received := map[string]time.Time{}
	c.eachMessage(func(s *truthSession, m truthMessage, state string) {
		peer := s.sending()
		f := fact{
			direction: "inbound", instance: c.facts.Instance, service: s.service(), class: class(peer.Address), peer: peerName(peer.Name, peer.Address),
			address: peer.Address, tls: state, from: c.clock(s.Connect), to: c.clock(m.Accepted), queueID: m.QueueID, messageID: "<" + m.MessageID + ">",
		}
		if state == "established" {
			f.protocol, f.cipher = m.Protocol, m.Cipher
		}
		if m.Auth {
			f.user = s.user()
		}
		received[m.QueueID] = f.from
		all = append(all, f)
	})
	all = append(all, c.hopFacts(received)...)
	return append(all, c.takenFacts(t)...)
}

// peerName is the name of a peer in a report.
func peerName(name, address string) string {
	if name == "unknown" || name == "" {
		return address
	}
	return strings.ToLower(name)
}

// hopFacts are of the way from one Postfix to the next, both of its ends.
func (c *corpus) hopFacts(received map[string]time.Time) (all []fact) {
	for i := range c.relays {
		r := &c.relays[i]
		for _, m := range r.Messages {
			if len(m.Hops) < 2 {
				continue
			}
			h := m.Hops[0]
			f := fact{
				direction: "inbound", instance: c.facts.NextInstance, service: "smtpd", class: "loopback", peer: "localhost", address: "127.0.0.1",
				tls: encryption(h.Protocol), protocol: h.Protocol, cipher: h.Cipher, from: received[m.Hops[1].QueueID], to: c.clock(r.End),
				queueID: h.QueueID,
			}
			all = append(all, f)
			f.direction, f.instance, f.service, f.peer, f.queueID = "outbound", c.facts.Instance, "smtp", "127.0.0.1", m.Hops[1].QueueID
			for f.recipient = range m.Recipients {
				all = append(all, f)
			}
		}
	}
	return all
}

// takenFacts are of the way to the recording servers. At log level 0 the program may say that it does not know: what it does say must be true.
func (c *corpus) takenFacts(t *testing.T) (all []fact) {
	said := map[delivered]deliveryFacts{}
	if c.relays != nil && c.facts.OutLogLevel == "0" {
		for _, d := range transfers(readEvents(t, c.args()...), c.last) {
			if d.Status == "sent" {
				said[delivered{d.queueID, d.To}] = d.facts()
			}
		}
	}
	for key, a := range c.accepted() {
		d := c.untold(a.deliveryFacts, said[key])
		address := cmp.Or(d.Path, d.Address)
		peer := address
		if d.Path == "" {
			peer = peerName(d.Name, d.Address)
		}
		all = append(all, fact{
			direction: "outbound", instance: cmp.Or(c.facts.NextInstance, c.facts.Instance), service: d.Program, class: d.Class, peer: peer, address: address,
			tls: d.TLS, protocol: d.Protocol, cipher: d.Cipher, from: c.clock(a.from), to: c.clock(a.to), queueID: key.queueID, recipient: key.to,
		})
	}
	return all
}
