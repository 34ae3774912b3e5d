package main

import (
	"regexp"
	"slices"
	"testing"
)

// A screening is what both postscreen's log and the client tell of a session.
type screening struct {
	TLS, Protocol, Cipher string
	Bits                  int
}

type endpoint struct {
	address string
	port    int
}

// screened tells whether postscreen kept the session. A client that hung up before the banner does not know.
func (s *truthSession) screened(sessions []eventRecord) bool {
	if s.HandledBy != "postscreen-or-smtp" {
		return s.HandledBy == "postscreen"
	}
	return slices.ContainsFunc(sessions, func(e eventRecord) bool {
		return e.Program == "postscreen" && e.Peer.Address == s.Address && e.Peer.Port == s.Port
	})
}

// postscreenEnd is an independent reading of the log: postscreen says this of each session that it does not hand over.
var postscreenEnd = regexp.MustCompile(`postscreen\[\d+\]: DISCONNECT \[`)

// checkPostscreen finds each session that postscreen kept, by the client's address and port, and no other.
func (c *corpus) checkPostscreen(t *testing.T, sessions []eventRecord) {
	want, got := map[endpoint]screening{}, map[endpoint]screening{}
	for i := range c.truth {
		if s := &c.truth[i]; s.screened(sessions) {
			f := screening{TLS: c.state(s)}
			if f.TLS == "established" {
				f = screening{f.TLS, s.Protocol, s.Cipher, s.Bits}
			}
			want[endpoint{s.Address, s.Port}] = f
		}
	}
	kept := 0
	for _, e := range sessions {
		if e.Program != "postscreen" {
			continue
		}
		kept++
		got[endpoint{e.Peer.Address, e.Peer.Port}] = screening{e.TLS, e.Protocol, e.Cipher, e.Bits}
		if e.Service != "postscreen" || e.Peer.Name != "" || e.Messages != 0 || len(e.QueueIDs) != 0 {
			t.Errorf("postscreen asks for no name and takes no mail: %+v", e)
		}
	}
	equal(t, "sessions that postscreen kept", want, got)
	if ends := len(postscreenEnd.FindAll(readLog(t, c.log), -1)); kept != ends {
		t.Errorf("%d sessions of postscreen, but the log has %d ends", kept, ends)
	}
}

// checkFilter counts the records of messages that a before-queue filter took and gave back: each came in twice, and has one queue ID.
func (c *corpus) checkFilter(t *testing.T, events []eventRecord) {
	records := map[string]int{}
	for _, m := range messagesOf(events) {
		if m.From != nil {
			records[m.QueueID]++
		}
	}
	if n := sum(records); n != c.messages() {
		t.Errorf("%d records of %d queue IDs, the clients sent %d messages", n, len(records), c.messages())
	}
}
