package tally

import (
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// start is when the tests' logs begin.
var start = time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant, in spirit

var services = map[string]*parser.Service{
	"smtpd":      {Host: "mx1", Instance: "postfix", Name: "smtpd", Program: "smtpd"},
	"submission": {Host: "mx1", Instance: "postfix", Name: "submission", Program: "smtpd"},
	"out":        {Host: "mx2", Instance: "postfix-out", Name: "smtpd", Program: "smtpd"},
	"smtp":       {Host: "mx1", Instance: "postfix", Name: "smtp", Program: "smtp"},
	"relay":      {Host: "mx2", Instance: "postfix-out", Name: "relay", Program: "smtp"},
	"lmtp":       {Host: "mx1", Instance: "postfix", Name: "lmtp", Program: "lmtp"},
	"local":      {Host: "mx1", Instance: "postfix", Name: "local", Program: "local"},
	"error":      {Host: "mx1", Instance: "postfix", Name: "error", Program: "error"},
}

var ciphers = map[string]*parser.TLS{
	"1.3": {Protocol: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384", Bits: 256, KeyExchange: "X25519"},
	"1.2": {Protocol: "TLSv1.2", Cipher: "ECDHE-RSA-AES256-GCM-SHA384", Bits: 256},
	"1.0": {Protocol: "TLSv1", Cipher: "AES128-SHA", Bits: 128},
}

func client(name, address string) *parser.Peer {
	return &parser.Peer{Name: name, Address: address, Class: parser.ClassPublic}
}

// plain is a plaintext session without mail.
func plain(p *parser.Peer, after time.Duration) *parser.Session {
	return &parser.Session{
		Start: start.Add(after - time.Second), End: start.Add(after), Service: services["smtpd"], Peer: p, State: parser.TLSPlaintext,
		Commands: &parser.Commands{Known: true},
	}
}

// encrypted is a session under TLS.
func encrypted(p *parser.Peer, after time.Duration, version string) *parser.Session {
	s := plain(p, after)
	s.State, s.TLS = parser.TLSEstablished, ciphers[version]
	return s
}

// failed is a session whose handshake failed.
func failed(p *parser.Peer, after time.Duration, reason string) *parser.Session {
	s := plain(p, after)
	s.State, s.Failure = parser.TLSFailed, &parser.Failure{Result: parser.ResultValidationFailure, Reason: reason, Detail: "whatever it was"}
	return s
}

// outbound makes a session one that smtp opened.
func outbound(s *parser.Session) *parser.Session {
	s.Direction, s.Service, s.Ended = parser.Outbound, services["smtp"], parser.EndedUnlogged
	return s
}

// delivered is the first recipient of a transaction that carried mail to a domain, on a session as outbound makes it.
func delivered(s *parser.Session, domain string) *parser.Delivery {
	return &parser.Delivery{
		QueueID: "3F1A2C0B7D", Time: s.End, To: "u@" + domain, Domain: domain, Service: s.Service, Relay: s.Peer, Port: 25,
		Status: "sent", DSN: "2.0.0", First: true, State: s.State, TLS: s.TLS,
	}
}

// refused is a first recipient whose mail found no server because TLS could not be had.
func refused(domain string, after time.Duration, result, reason string) *parser.Delivery {
	return &parser.Delivery{
		Time: start.Add(after), Domain: domain, Service: services["smtp"], Status: "deferred", DSN: "4.7.5", First: true,
		Policy: parser.Policy{Level: "dane-only", Violated: true}, Failure: &parser.Failure{Result: result, Reason: reason},
	}
}

// message is one of a session.
func message(s *parser.Session) *parser.Message {
	return &parser.Message{
		QueueID: "3F1A2C0B7D", Queued: true, Received: s.End,
		Source: parser.Source{Kind: parser.SourceSMTP, Service: s.Service, Peer: s.Peer, State: s.State, TLS: s.TLS, Auth: s.Auth},
	}
}

func snapshot(t *Tally) *Snapshot { return t.Snapshot(&parser.Counts{}) }

// peerSessions are the sessions of each peer's row.
func peerSessions(s *Snapshot) map[string]uint64 {
	out := map[string]uint64{}
	for _, r := range s.Peers {
		out[r.Peer] += r.Sessions
	}
	return out
}

func totals(s *Snapshot) (sessions, messages uint64) {
	for _, r := range s.Sessions {
		sessions += r.Count
	}
	for _, r := range s.Messages {
		messages += r.Count
	}
	return sessions, messages
}
