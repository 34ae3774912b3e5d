package main

import (
	"bytes"
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
		if s := &c.truth[i]; s.How != "connect-failed" { // no server: not in the log
			wanted = append(wanted, s)
		}
	}
	rest := make([]*eventRecord, len(sessions))
	for i := range sessions {
		rest[i] = &sessions[i]
	}
	wanted = c.pair(wanted, &rest, func(s *truthSession, e *eventRecord) bool {
		return len(s.Messages) > 0 && sameSession(c.wantSession(s), e) && sameMessages(s, e)
	})
	wanted = c.pair(wanted, &rest, func(s *truthSession, e *eventRecord) bool {
		return len(s.Messages) == 0 && sameSession(c.wantSession(s), e) && within(e.Start, c.clock(s.Connect), c.clock(s.Connect))
	})
	for _, excuse := range excuses {
		if excuse.applies(c) {
			before := len(wanted)
			wanted = c.pair(wanted, &rest, excuse.match)
			wanted = slices.DeleteFunc(wanted, excuse.missing)
			t.Logf("%s: %d sessions", excuse.name, before-len(wanted))
		}
	}
	for _, s := range wanted {
		t.Errorf("not in the log: %+v", *s)
	}
	for _, e := range rest {
		t.Errorf("no client says so: %+v", *e)
	}
}

// pair takes out of both lists what belongs together, and returns what is left of the first.
func (c *corpus) pair(wanted []*truthSession, sessions *[]*eventRecord, match func(*truthSession, *eventRecord) bool) []*truthSession {
	var left []*truthSession
	for _, s := range wanted {
		i := slices.IndexFunc(*sessions, func(e *eventRecord) bool { return match(s, e) })
		if i < 0 {
			left = append(left, s)
			continue
		}
		*sessions = slices.Delete(*sessions, i, i+1)
	}
	return left
}

func sameSession(want sessionFacts, e *eventRecord) bool { return want == gotSession(e) }

// sameMessages tells whether the session's messages are the client's. The log has queue IDs of aborted transactions too.
func sameMessages(s *truthSession, e *eventRecord) bool {
	for _, m := range s.Messages {
		if !slices.Contains(e.QueueIDs, m.QueueID) {
			return false
		}
	}
	return e.Messages == len(s.Messages) && (s.How != "quit" || e.Ended == "disconnect")
}

// An excuse is a case in which a log cannot tell what the client knows.
type excuse struct {
	name    string
	applies func(*corpus) bool
	match   func(*truthSession, *eventRecord) bool // the log tells less of the session
	missing func(*truthSession) bool               // the log does not have it at all
}

func always(*corpus) bool              { return true }
func restarted(c *corpus) bool         { return c.facts.Restarted }
func neverMissing(*truthSession) bool  { return false }
func unmatched(s *truthSession, e *eventRecord) bool { return s == nil && e == nil }

var excuses = []excuse{
	{
		name: "client gone before smtpd asked for its address", applies: always, missing: neverMissing,
		match: func(s *truthSession, e *eventRecord) bool {
			return e.Peer.Name == "unknown" && e.Peer.Address == "" && e.Messages == 0 && e.Ended == "lost" &&
				len(s.Messages) == 0 && s.How != "quit" && s.TLS != "ok" && s.service() == e.Service
		},
	},
	{
		name: "process killed before its session told of TLS", applies: restarted, missing: neverMissing,
		match: func(s *truthSession, e *eventRecord) bool {
			return e.TLS == "unknown" && (e.Ended == "aborted" || e.Ended == "open") && len(s.Messages) == 0 &&
				s.service() == e.Service && s.Address == e.Peer.Address
		},
	},
	{
		name: "accepted by the kernel, never by smtpd", applies: restarted, match: unmatched,
		missing: func(s *truthSession) bool { return !s.Banner && s.How == "server-closed" },
	},
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
	if began != len(sessions) {
		t.Errorf("%d of %d sessions have no start, but the log begins with the server", len(sessions)-began, len(sessions))
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
