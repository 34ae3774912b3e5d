package loggen

import (
	"fmt"
	"time"
)

// command is an SMTP command, in the order in which smtpd lists them.
type command int

const (
	helo command = iota
	ehlo
	starttls
	auth
	mail
	rcpt
	data
	rset
	noop
	quit
	unknown
	commands
)

var commandNames = [commands]string{"helo", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "rset", "noop", "quit", "unknown"}

// counters are what the disconnect line shows.
type counters [commands]struct{ accepted, total int }

func (c *counters) accept(cmd command) {
	c[cmd].accepted++
	c[cmd].total++
}

func (c *counters) refuse(cmd command) {
	c[cmd].total++
}

// String begins with a blank, as does each counter.
func (c *counters) String() string {
	var b []byte
	accepted, total := 0, 0
	for i, n := range c {
		if n.total > 0 {
			b = appendCounter(b, commandNames[i], n.accepted, n.total)
		}
		accepted += n.accepted
		total += n.total
	}
	if total == 0 {
		return " commands=0/0"
	}
	return string(appendCounter(b, "commands", accepted, total))
}

func appendCounter(b []byte, name string, accepted, total int) []byte {
	b = fmt.Appendf(b, " %s=%d", name, accepted)
	if accepted != total {
		b = fmt.Appendf(b, "/%d", total)
	}
	return b
}

// session is an smtpd session.
type session struct {
	script
	peer     *peer
	state    tlsState
	commands counters
	login    string // ", sasl_method=..." once authenticated
}

// connect begins a session of p with a service, now.
func (g *generator) connect(to service, p *peer) *session {
	s := &session{script: g.script(to), peer: p}
	if p.lies != "" {
		s.log("warning: hostname %s does not resolve to address %s: Name or service not known", p.lies, p.address)
		s.wait(time.Millisecond)
	}
	s.logThen(func() { g.sum.Connects++ }, "connect from %s", p.client)
	s.wait(40 * time.Millisecond)
	return s
}

// do is one command that is accepted, and the time until the next.
func (s *session) do(cmd command) {
	s.commands.accept(cmd)
	s.wait(60 * time.Millisecond)
}

// establish is a handshake that succeeds.
func (s *session) establish(with suite) {
	s.wait(50 * time.Millisecond)
	s.state.suite = with
	s.log("%s TLS connection established from %s: %s", trustClient(with), s.peer.folded, with)
}

// greet is EHLO, and STARTTLS and EHLO again if the peer uses TLS.
func (s *session) greet() {
	s.do(ehlo)
	if s.peer.suite != "" {
		s.upgrade()
	}
}

func (s *session) upgrade() {
	s.do(starttls)
	s.establish(s.peer.suite)
	s.do(ehlo)
}

// fail is a handshake that fails, after STARTTLS or, in wrapper mode, after CONNECT; it ends the session.
func (s *session) fail(f handshakeFailure, after string) {
	s.state.failed = true
	s.log("SSL_accept error from %s: %s", s.peer.client, f.text)
	if f.library != "" {
		s.at += 30 * time.Microsecond
		s.log("warning: TLS library problem: %s", f.library)
	}
	s.at += 50 * time.Microsecond
	s.lose(after)
}

func (s *session) quit() {
	s.do(quit)
	s.disconnect()
}

// lose ends the session without a QUIT.
func (s *session) lose(after string) {
	s.log("lost connection after %s from %s", after, s.peer.client)
	s.at += 20 * time.Microsecond
	s.disconnect()
}

// expire ends the session by smtpd_timeout.
func (s *session) expire(after string) {
	s.at += 300 * time.Second
	s.log("timeout after %s from %s", after, s.peer.client)
	s.at += 20 * time.Microsecond
	s.disconnect()
}

func (s *session) disconnect() {
	s.logThen(func() { s.g.sum.Sessions.count(s.state) }, "disconnect from %s%s", s.peer.client, &s.commands)
	s.end()
}

// open is MAIL, RCPT, and the queue file that comes of the first RCPT.
func (s *session) open(m *message) {
	s.do(mail)
	m.state, m.arrived = s.state, s.at
	s.g.nameMessage(m, s.at)
	s.log("%s: client=%s%s", m.id, s.peer.client, s.login)
	for range m.recipients() {
		s.do(rcpt)
	}
}

// send is a message from MAIL to the end of DATA.
func (s *session) send(m *message) {
	s.open(m)
	transfer := s.g.spell(200*time.Millisecond + time.Duration(m.size)*2*time.Microsecond)
	s.g.at(s.at, func() { s.g.receive(m, transfer) })
	s.at += transfer
	s.do(data)
}
