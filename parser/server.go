package parser

import "time"

// serverFailures keeps why TLS with a server failed, where one process tells it and others deliver: tlsproxy speaks TLS for smtp and lmtp, and a certificate that
// could not be verified is explained once, when a TLS session begins that many processes go on with.
type serverFailures map[server]serverFailure

type server struct {
	hostID  uint32
	address string
	port    uint16
	// A certificate that could not be verified says nothing of a handshake that failed, nor the other way round.
	certificate bool
}

type serverFailure struct {
	Failure
	at time.Duration // by machine.age
}

// failureValid is how long a failure says something of later deliveries, by machine.age: smtp_tls_session_cache_timeout.
const failureValid = time.Hour

// note keeps a failure of the server at [ADDRESS]:PORT or HOST[ADDRESS]:PORT. A full table is emptied: no more is lost than the reasons of some failures.
func (s serverFailures) note(m *machine, hostID uint32, b *batch, e *event, f Failure) {
	if len(s) >= maxInterned {
		clear(s)
	}
	s[server{hostID, m.intern.relay(b.bytes(e.peer)).Address, port(b.bytes(e.port)), f.certificate()}] = serverFailure{f, m.age.now}
}

// of returns what is known of a server's latest failure. Reason is empty without one.
func (s serverFailures) of(m *machine, hostID uint32, relay *Peer, port uint16, certificate bool) Failure {
	f, ok := s[server{hostID, relay.Address, port, certificate}]
	if !ok || m.age.now-f.at > failureValid {
		return Failure{}
	}
	return f.Failure
}
