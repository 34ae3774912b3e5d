package loggen

import (
	"strings"
	"time"
)

// Summary is what is true about a log, known from how it was made and not from reading it.
type Summary struct {
	Lines   int64     `json:"lines"`
	Bytes   int64     `json:"bytes"`
	Foreign int64     `json:"foreign"` // lines of programs that are not part of Postfix
	First   time.Time `json:"first"`   // time in the first header, as exact as the header is
	Last    time.Time `json:"last"`    // time in the last header

	Connects   int64     `json:"connects"`   // smtpd sessions that began, on all services
	Sessions   TLSCounts `json:"sessions"`   // smtpd sessions that ended
	Postscreen TLSCounts `json:"postscreen"` // sessions that ended in postscreen and never reached smtpd

	MessagesQueued TLSCounts `json:"messages_queued"` // queue IDs that smtpd received and that reached qmgr
	MessagesLocal  int64     `json:"messages_local"`  // queue IDs of pickup and of bounces that reached qmgr
	MessagesSent   TLSCounts `json:"messages_sent"`   // delivery records of smtp, one a recipient, with status=sent; Failed is zero
	Removed        int64     `json:"removed"`         // queue IDs of both kinds that left the queue
}

// TLSCounts are counts by TLS state.
type TLSCounts struct {
	Established map[string]int64 `json:"established"` // by protocol as OpenSSL spells it; TLS 1.0 is TLSv1
	Plaintext   int64            `json:"plaintext"`
	Failed      int64            `json:"failed"` // a handshake was tried, none succeeded
}

// Total is the sum over all states.
func (c TLSCounts) Total() int64 {
	sum := c.Plaintext + c.Failed
	for _, n := range c.Established {
		sum += n
	}
	return sum
}

func (c *TLSCounts) count(s tlsState) {
	switch {
	case s.failed:
		c.Failed++
	case s.suite == "":
		c.Plaintext++
	default:
		if c.Established == nil {
			c.Established = make(map[string]int64)
		}
		c.Established[s.suite.protocol()]++
	}
}

// tlsState is the TLS state of a session, a message or a delivery; the zero value is plaintext.
type tlsState struct {
	suite  suite
	failed bool
}

// suite is the tail of a TLS summary line, from the protocol on; empty means no TLS.
type suite string

func (s suite) protocol() string {
	protocol, _, _ := strings.Cut(string(s), " ")
	return protocol
}

// summary completes the counts with what the writer knows.
func (g *generator) summary() Summary {
	s := g.sum
	s.Lines, s.Bytes = g.out.lines, g.out.bytes
	s.First, s.Last = g.out.stamp(g.out.first), g.out.stamp(g.out.last)
	return s
}
