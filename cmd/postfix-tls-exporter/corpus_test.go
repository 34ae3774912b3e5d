package main

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestCorpus holds what the program reads from the logs of real servers against what their clients recorded, and the servers that they delivered to.
func TestCorpus(t *testing.T) {
	for _, c := range corpora(t) {
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			events, report := readEvents(t, c.args()...), readReport(t, c.args()...)
			inbound := inboundOf(events)
			t.Run("Messages", func(t *testing.T) { c.checkMessages(t, messagesOf(events)) })
			t.Run("Sessions", func(t *testing.T) { c.checkSessions(t, inbound) })
			t.Run("Ledger", func(t *testing.T) { c.checkLedger(t, inbound) })
			t.Run("Postscreen", func(t *testing.T) { c.checkPostscreen(t, inbound) })
			t.Run("Rows", func(t *testing.T) { c.checkRows(t, report) })
			if c.facts.NextInstance == "" { // else the report holds two servers, of which the clients know one
				t.Run("Report", func(t *testing.T) { c.checkReport(t, report, events) })
				t.Run("Peers", func(t *testing.T) { c.checkPeers(t, report) })
			}
			if c.facts.FilterReturn != "" {
				t.Run("Filter", func(t *testing.T) { c.checkFilter(t, events) })
			}
			if c.relays != nil {
				t.Run("Relays", func(t *testing.T) { c.checkRelays(t, events) })
			}
		})
	}
}

// inboundOf returns the sessions that clients opened.
func inboundOf(events []eventRecord) []eventRecord {
	return slices.DeleteFunc(sessionsOf(events), func(e eventRecord) bool { return e.Direction != "inbound" })
}

// messageFacts are what both the log and the client tell of a message.
type messageFacts struct {
	QueueID, MessageID, From          string
	Service, Address, Name            string
	Port                              int
	TLS, Protocol, Cipher, SNI        string
	Bits                              int
	Method, Username                  string
	InTime, ReachedQueueManager, Once bool
}

// checkMessages finds each message that a client delivered, and no other, with the TLS it was sent under.
func (c *corpus) checkMessages(t *testing.T, messages []eventRecord) {
	type id struct{ queue, message string }
	found := map[id][]*eventRecord{}
	for i := range messages {
		if messages[i].Source != nil && messages[i].Source.Peer != nil && !c.inner(&messages[i]) {
			key := id{messages[i].QueueID, messages[i].MessageID}
			found[key] = append(found[key], &messages[i])
		}
	}
	for i := range c.truth {
		s := &c.truth[i]
		for _, m := range s.Messages {
			key := id{m.QueueID, "<" + m.MessageID + ">"}
			got := found[key]
			delete(found, key)
			if len(got) == 0 {
				t.Errorf("session %s: no record of message %v", s.SID, key)
				continue
			}
			if diff := cmp.Diff(c.wantMessage(s, m), c.gotMessage(s, m, got)); diff != "" {
				t.Errorf("session %s (-want +got):\n%s", s.SID, diff)
			}
		}
	}
	for key, rest := range found { // transactions that were refused or given up
		for _, m := range rest {
			if m.From != nil || m.State == "removed" {
				t.Errorf("message %v is %s, but no client sent it: %+v", key, m.State, *m.Source)
			}
		}
	}
}

func (c *corpus) wantMessage(s *truthSession, m truthMessage) messageFacts {
	peer := s.sending()
	f := messageFacts{
		QueueID: m.QueueID, MessageID: "<" + m.MessageID + ">", From: m.Sender,
		Service: s.service(), Address: peer.Address, Name: peer.Name,
		TLS: c.messageState(s, m), InTime: true, ReachedQueueManager: true, Once: true,
	}
	if c.facts.PortLogging {
		f.Port = peer.Port
	}
	if m.Auth {
		f.Method, f.Username = s.Mechanism, s.user()
	}
	if f.TLS == "established" {
		f.Protocol, f.Cipher, f.Bits, f.SNI = m.Protocol, m.Cipher, s.Bits, c.sni(s)
	}
	return f
}

func (c *corpus) gotMessage(s *truthSession, m truthMessage, records []*eventRecord) messageFacts {
	r := records[len(records)-1]
	from, src := "", r.Source
	if r.From != nil {
		from = *r.From
	}
	return messageFacts{
		QueueID: r.QueueID, MessageID: r.MessageID, From: from,
		Service: src.Service, Address: src.Peer.Address, Name: src.Peer.Name, Port: src.Peer.Port,
		TLS: src.TLS, Protocol: src.Protocol, Cipher: src.Cipher, Bits: src.Bits, SNI: src.SNI,
		Method: src.Auth.Method, Username: src.Auth.Username,
		InTime: within(r.Received, c.clock(s.Connect), c.clock(m.Accepted)), ReachedQueueManager: r.From != nil, Once: len(records) == 1,
	}
}

// slack is how far the server's clock and the clients' may be apart: stamps are cut to the second, and both were busy.
const slack = 2 * time.Second

func within(at, from, to time.Time) bool {
	return at.After(from.Add(-slack)) && at.Before(to.Add(slack))
}
