package loggen

import (
	"fmt"
	"time"
)

// withSender begins a session of some mail host on port 25, behind postscreen if that is where its connection goes.
func (g *generator) withSender(script func(*session)) {
	p := g.peers.senders.any()
	begin := func() { script(g.connect(smtpd, p)) }
	if g.chance(0.3) {
		g.pass(p, begin)
		return
	}
	begin()
}

// arriveSender is what port 25 is for.
func (g *generator) arriveSender() {
	g.withSender(func(s *session) {
		s.greet()
		for range g.few(0.15, 20) {
			s.send(g.incoming(s.peer))
		}
		s.part()
	})
}

// part ends a session after mail, as different senders do.
func (s *session) part() {
	switch {
	case s.g.chance(0.02): // kept open for more mail, until smtpd has enough
		s.expire("END-OF-MESSAGE")
	case s.g.chance(0.2):
		s.wait(8 * time.Second)
		s.quit()
	default:
		s.quit()
	}
}

// arriveMixed is mail in plaintext, STARTTLS, and mail again in the same session.
func (g *generator) arriveMixed() {
	g.withSender(func(s *session) {
		s.do(ehlo)
		s.send(g.incoming(s.peer))
		if s.peer.suite != "" {
			s.upgrade()
			s.send(g.incoming(s.peer))
		}
		s.quit()
	})
}

// rejections are replies to RCPT; verbs are 1 client address, 2 sender, 3 recipient, 4 helo.
var rejections = []weighted[string]{
	{40, "554 5.7.1 Service unavailable; Client host [%[1]s] blocked using zen.dnsbl.example"},
	{15, "550 5.1.1 <%[3]s>: Recipient address rejected: User unknown in virtual mailbox table"},
	{15, "450 4.7.1 <%[3]s>: Recipient address rejected: Greylisted, see http://postgrey.example/help/mx1.example.org.html"},
	{10, "554 5.7.1 <%[3]s>: Relay access denied"},
	{10, "450 4.1.8 <%[2]s>: Sender address rejected: Domain not found"},
	{10, "450 4.7.1 <%[4]s>: Helo command rejected: Host not found"},
}

// reject is a transaction that comes to nothing.
func (s *session) reject() {
	to, _ := s.g.localUser()
	from := s.g.remoteSender(s.peer, to)
	s.do(mail)
	s.commands.refuse(rcpt)
	text := fmt.Sprintf(choose(s.g.rng, rejections), s.peer.address, from, to, s.peer.helo)
	s.log("NOQUEUE: reject: RCPT from %s: %s; from=<%s> to=<%s> proto=ESMTP helo=<%s>", s.peer.client, text, from, to, s.peer.helo)
	s.wait(100 * time.Millisecond)
}

func (g *generator) arriveRejected() {
	g.withSender(func(s *session) {
		s.greet()
		s.reject()
		if g.chance(0.3) {
			s.reject()
		}
		switch {
		case g.chance(0.15):
			s.lose("RCPT")
		case g.chance(0.05):
			s.expire("RCPT")
		default:
			s.quit()
		}
	})
}

// arriveAborting opens a queue file that never reaches qmgr.
func (g *generator) arriveAborting() {
	g.withSender(func(s *session) {
		s.greet()
		m := g.incoming(s.peer)
		s.open(m)
		s.commands.refuse(data)
		s.wait(5 * time.Second)
		g.at(s.at, func() { g.forget(m) })
		s.lose(fmt.Sprintf("DATA (%d bytes)", g.rng.IntN(m.size)))
	})
}

// arriveFailing is a handshake that fails; some hosts come back in plaintext.
func (g *generator) arriveFailing() {
	p := g.peers.senders.any()
	if g.chance(0.3) {
		p = g.peers.scanners.any()
	}
	s := g.connect(smtpd, p)
	s.do(ehlo)
	s.commands.refuse(starttls)
	s.fail(choose(g.rng, acceptFailures), "STARTTLS")
	if g.chance(0.3) {
		g.at(s.at+g.spell(20*time.Second), func() { g.retryPlaintext(p) })
	}
}

func (g *generator) retryPlaintext(p *peer) {
	s := g.connect(smtpd, p)
	s.do(ehlo)
	s.send(g.incoming(p))
	s.quit()
}

// arriveScanner looks what is there, and leaves.
func (g *generator) arriveScanner() {
	s := g.connect(smtpd, g.peers.scanners.any())
	switch g.rng.IntN(7) {
	case 0:
		s.lose("CONNECT")
	case 1:
		s.expire("CONNECT")
	case 2:
		s.do(ehlo)
		s.lose("EHLO")
	case 3:
		s.greet()
		s.quit()
	case 4:
		s.do(ehlo)
		s.upgrade()
		s.lose("EHLO")
	case 5:
		s.probe()
	default:
		s.do(helo)
		s.wait(2 * time.Second)
		s.quit()
	}
}

// probe speaks something else than SMTP.
func (s *session) probe() {
	s.commands.refuse(unknown)
	s.log("improper command pipelining after CONNECT from %s: \\026\\003\\001\\002\\000\\001\\000\\001\\374\\003\\003", s.peer.client)
	s.at += 30 * time.Microsecond
	s.lose("UNKNOWN")
}

// arriveLimited is turned away because too many sessions of its kind are open.
func (g *generator) arriveLimited() {
	s := g.connect(smtpd, g.peers.scanners.any())
	s.log("warning: Connection concurrency limit exceeded: %d from %s for service smtp", 51+g.rng.IntN(3), s.peer.client)
	s.wait(10 * time.Millisecond)
	s.disconnect()
}
