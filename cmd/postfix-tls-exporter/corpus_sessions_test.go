package main

import (
	"bytes"
	"cmp"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// sessionFacts are what both the log and the client tell of a session.
type sessionFacts struct {
	service, address, name string
	port                   int
	tls, protocol, cipher  string
	bits                   int
}

func (c *corpus) wantSession(s *truthSession) sessionFacts {
	peer := s.connecting()
	f := sessionFacts{service: s.service(), address: peer.Address, name: peer.Name, tls: c.state(s)}
	if c.facts.PortLogging {
		f.port = peer.Port
	}
	if f.tls == "established" {
		f.protocol, f.cipher, f.bits = s.Protocol, s.Cipher, s.Bits
	}
	return f
}

func gotSession(e *eventRecord) sessionFacts {
	return sessionFacts{
		service: e.Service, address: e.Peer.Address, name: e.Peer.Name, port: e.Peer.Port,
		tls: e.TLS, protocol: e.Protocol, cipher: e.Cipher, bits: e.Bits,
	}
}

// checkSessions pairs each client's session with one in the log and the other way round. What is left must be one of the cases in which
// a log cannot tell.
func (c *corpus) checkSessions(t *testing.T, sessions []eventRecord) {
	var wanted []*truthSession
	for i := range c.truth {
		if s := &c.truth[i]; s.How != "connect-failed" && !s.screened(sessions) { // no server: not in the log
			wanted = append(wanted, s)
		}
	}
	var rest []*eventRecord
	for i := range sessions {
		if e := &sessions[i]; e.Program == "smtpd" && !c.inner(e) {
			rest = append(rest, e)
		}
	}
	slices.SortFunc(wanted, func(a, b *truthSession) int { return cmp.Compare(a.Connect, b.Connect) })
	slices.SortStableFunc(rest, func(a, b *eventRecord) int { return a.Start.Compare(b.Start) })
	for _, step := range pairings {
		before := len(wanted)
		wanted = c.pair(wanted, &rest, step.match)
		if step.excuse != "" && before > len(wanted) {
			t.Logf("%s: %d sessions", step.excuse, before-len(wanted))
		}
	}
	wanted = slices.DeleteFunc(wanted, c.neverServed)
	for _, s := range wanted {
		t.Errorf("not in the log: %+v", *s)
	}
	for _, e := range rest {
		t.Errorf("no client says so: %+v", *e)
	}
}

// pair takes out of both lists what belongs together, and returns what is left of the first.
func (c *corpus) pair(wanted []*truthSession, sessions *[]*eventRecord, match func(*corpus, *truthSession, *eventRecord) bool) []*truthSession {
	var left []*truthSession
	for _, s := range wanted {
		i := slices.IndexFunc(*sessions, func(e *eventRecord) bool { return match(c, s, e) })
		if i < 0 {
			left = append(left, s)
			continue
		}
		*sessions = slices.Delete(*sessions, i, i+1)
	}
	return left
}

// A pairing tells which session of a client and which in the log are the same. Those with an excuse are the cases in which a log tells less
// than the client knows.
type pairing struct {
	excuse string
	match  func(*corpus, *truthSession, *eventRecord) bool
}

// pairings are tried in this order, so that a vague one takes nothing away from a certain one.
var pairings = []pairing{
	{match: func(c *corpus, s *truthSession, e *eventRecord) bool {
		return len(s.Messages) > 0 && c.wantSession(s) == gotSession(e) && e.Messages == len(s.Messages) && c.sameMessages(s, e)
	}},
	{
		excuse: "process killed, so a transaction it began counts as well",
		match: func(c *corpus, s *truthSession, e *eventRecord) bool {
			return len(s.Messages) > 0 && c.wantSession(s) == gotSession(e) && c.killed(e) && c.sameMessages(s, e)
		},
	},
	{match: func(c *corpus, s *truthSession, e *eventRecord) bool {
		return len(s.Messages) == 0 && !c.neverServed(s) && c.wantSession(s) == gotSession(e) && e.Messages == 0 && c.sameTime(s, e)
	}},
	{
		excuse: "process killed before its session told of TLS",
		match: func(c *corpus, s *truthSession, e *eventRecord) bool {
			return len(s.Messages) == 0 && c.killed(e) && e.TLS == "unknown" && s.service() == e.Service && s.Address == e.Peer.Address &&
				c.sameTime(s, e)
		},
	},
	{
		excuse: "client gone before a banner told that it was handed over to smtpd",
		match: func(c *corpus, s *truthSession, e *eventRecord) bool {
			return s.HandledBy == "postscreen-or-smtp" && s.Address == e.Peer.Address && e.TLS == "plaintext" && e.Messages == 0 && c.sameTime(s, e)
		},
	},
	{
		excuse: "client gone before smtpd asked for its address",
		match: func(c *corpus, s *truthSession, e *eventRecord) bool {
			gone := e.Peer.Name == "unknown" && e.Peer.Address == "" && e.Ended == "lost" && e.Messages == 0
			return gone && len(s.Messages) == 0 && s.How != "quit" && s.service() == e.Service && c.state(s) == e.TLS && c.sameTime(s, e)
		},
	},
}

// inner tells a session that Postfix had with itself: the way back from a filter, or the hop to the next Postfix.
func (c *corpus) inner(e *eventRecord) bool {
	return c.facts.FilterReturn != "" && e.Service == c.facts.FilterReturn || c.facts.NextInstance != "" && e.Instance == c.facts.NextInstance
}

// sameMessages tells whether the session's queue IDs hold those of the client. The log has those of aborted transactions too.
func (c *corpus) sameMessages(s *truthSession, e *eventRecord) bool {
	for _, m := range s.Messages {
		if !slices.Contains(e.QueueIDs, m.QueueID) {
			return false
		}
	}
	return c.sameTime(s, e) && (s.How != "quit" || e.Ended == "disconnect")
}

// sameTime tells whether smtpd took the connection while the client held it. The kernel may have accepted it long before.
func (c *corpus) sameTime(s *truthSession, e *eventRecord) bool {
	return within(e.Start, c.clock(s.Connect), c.clock(s.End))
}

// killed tells a session that ended without a word of its process.
func (c *corpus) killed(e *eventRecord) bool {
	return c.facts.Restarted && (e.Ended == "aborted" || e.Ended == "open")
}

// neverServed tells a connection that the kernel accepted while Postfix was stopped or its process dead. The log may not have it.
func (c *corpus) neverServed(s *truthSession) bool {
	return c.facts.Restarted && !s.Banner && s.How == "server-closed"
}

// connectLine is an independent reading of the log: no session is lost, none is made up.
var connectLine = regexp.MustCompile(`(?m)^(?:[A-Z][a-z]{2} \d\d \S+|\d{4}-\d\d-\d\dT\S+) \S+ \S*smtpd\[\d+\]: connect from `)

func (c *corpus) checkLedger(t *testing.T, sessions []eventRecord) {
	began := 0
	for _, e := range sessions {
		if e.Program == "smtpd" && !e.Start.IsZero() {
			began++
		}
	}
	if connects := len(connectLine.FindAll(readLog(t, c.log), -1)); began != connects {
		t.Errorf("%d sessions have a start, but the log has %d connect lines", began, connects)
	}
	for _, e := range sessions {
		if e.Start.IsZero() {
			t.Errorf("no start, but the log begins with the server: %+v", e)
		}
	}
}

// readLog returns the content of a log, unpacked.
func readLog(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
		return text
	}
	r, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := out.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
