package loggen

import (
	"strconv"
	"time"
)

// newEndpoint is the address and port of a client. No port comes again before all others have been used, since postscreen's
// sessions are told apart by nothing else.
func (g *generator) newEndpoint(p *peer) string {
	const first, count, stride = 1024, 64000, 24571 // stride and count have no common divisor
	g.ports = (g.ports + stride) % count
	return "[" + p.address + "]:" + strconv.Itoa(int(first+g.ports))
}

// pass is a connection that postscreen lets through: at once if the client has passed lately, else after six seconds.
func (g *generator) pass(p *peer, then func()) {
	endpoint := g.newEndpoint(p)
	s := script{g: g, process: g.daemon(postscreen), at: g.now}
	s.log("CONNECT from %s to [192.0.2.26]:25", endpoint)
	switch {
	case g.chance(0.15):
		s.at += 6 * time.Second
		s.log("PASS NEW %s", endpoint)
	case g.chance(0.1):
		s.log("ALLOWLISTED %s", endpoint)
	default:
		s.wait(time.Millisecond)
		s.log("PASS OLD %s", endpoint)
	}
	s.wait(time.Millisecond)
	g.at(s.at, then)
}

// arriveBlocked is a connection that postscreen keeps.
func (g *generator) arriveBlocked() {
	p := g.peers.scanners.any()
	endpoint := g.newEndpoint(p)
	s := script{g: g, process: g.daemon(postscreen), at: g.now}
	s.log("CONNECT from %s to [192.0.2.26]:25", endpoint)
	var state tlsState
	switch g.rng.IntN(4) {
	case 0:
		s.wait(300 * time.Millisecond)
		s.log("PREGREET 14 after %s from %s: EHLO User\\r\\n", appendDelay(nil, s.at-g.now), endpoint)
		s.blockList(p, endpoint)
		s.hangUp(endpoint, "tests before SMTP handshake")
	case 1:
		s.wait(2 * time.Second)
		s.hangUp(endpoint, "tests before SMTP handshake")
	case 2:
		s.blockList(p, endpoint)
		state = s.encrypt(p, endpoint)
		s.refuse(p, endpoint)
	default:
		s.blockList(p, endpoint)
		s.refuse(p, endpoint)
	}
	s.logThen(func() { g.sum.Postscreen.count(state) }, "DISCONNECT %s", endpoint)
}

// blockList is what DNS says of the client.
func (s *script) blockList(p *peer, endpoint string) {
	s.wait(20 * time.Millisecond)
	s.g.log(s.at, s.g.daemon(dnsblog), nil, "addr %s listed by domain zen.dnsbl.example as 127.0.0.%d", p.address, 2+s.g.rng.IntN(10))
	s.at += 6 * time.Second
	s.log("DNSBL rank %d for %s", 3+s.g.rng.IntN(5), endpoint)
}

// encrypt is a handshake, made by tlsproxy on behalf of postscreen.
func (s *script) encrypt(p *peer, endpoint string) tlsState {
	s.wait(80 * time.Millisecond)
	proxy := script{g: s.g, process: s.g.daemon(tlsproxy), at: s.at}
	proxy.log("CONNECT from %s", endpoint)
	proxy.wait(60 * time.Millisecond)
	state := tlsState{suite: p.suite}
	if s.g.chance(0.2) {
		state = tlsState{failed: true}
		proxy.log("TLS handshake failed for service=smtpd peer=%s", endpoint)
	} else {
		proxy.log("%s TLS connection established from %s: %s", trustClient(p.suite), endpoint, p.suite)
	}
	s.at = proxy.at
	s.wait(300 * time.Millisecond)
	proxy.at = s.at + time.Second
	proxy.log("DISCONNECT %s", endpoint)
	return state
}

func (s *script) refuse(p *peer, endpoint string) {
	to, _ := s.g.localUser()
	s.wait(200 * time.Millisecond)
	s.log("NOQUEUE: reject: RCPT from %s: 550 5.7.1 Service unavailable; client [%s] blocked using zen.dnsbl.example; "+
		"from=<%s>, to=<%s>, proto=ESMTP, helo=<%s>", endpoint, p.address, s.g.remoteSender(p, to), to, p.helo)
	s.hangUp(endpoint, "tests after SMTP handshake")
}

func (s *script) hangUp(endpoint, during string) {
	s.wait(100 * time.Millisecond)
	s.log("HANGUP after %s from %s in %s", appendDelay(nil, s.at-s.g.now), endpoint, during)
	s.at += 20 * time.Microsecond
}
