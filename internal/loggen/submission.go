package loggen

import (
	"fmt"
	"time"
)

// arriveSubmission is a user's mail on the submission port.
func (g *generator) arriveSubmission() {
	s := g.connect(submission, g.peers.users.any())
	s.greet()
	s.submit()
}

// arriveSMTPS is a user's mail on the port where TLS comes first.
func (g *generator) arriveSMTPS() {
	s := g.connect(smtps, g.peers.users.any())
	if g.chance(0.03) {
		s.fail(choose(g.rng, acceptFailures), "CONNECT")
		return
	}
	s.establish(s.peer.suite)
	s.do(ehlo)
	s.submit()
}

// submit is AUTH and what follows.
func (s *session) submit() {
	user, _ := s.g.localUser()
	s.do(auth)
	s.login = fmt.Sprintf(", sasl_method=%s, sasl_username=%s", pick(s.g.rng, []string{"PLAIN", "PLAIN", "LOGIN"}), user)
	for range s.g.few(0.08, 5) {
		s.send(s.g.outgoing(user))
	}
	s.part()
}

// arriveGuesser tries passwords.
func (g *generator) arriveGuesser() {
	to := submission
	if g.chance(0.4) {
		to = smtps
	}
	s := g.connect(to, g.peers.scanners.any())
	if to == smtps {
		s.establish(s.peer.suite)
		s.do(ehlo)
	} else {
		s.greet()
	}
	for range g.few(0.4, 4) {
		s.guess()
	}
	if g.chance(0.5) {
		s.quit()
		return
	}
	s.lose("AUTH")
}

// guess is a wrong password, for which smtpd makes the client wait. Before Postfix 3.9 the user is not named.
func (s *session) guess() {
	s.commands.refuse(auth)
	s.wait(2 * time.Second)
	s.log("warning: %s: SASL %s authentication failed: %s", s.peer.client, pick(s.g.rng, []string{"LOGIN", "PLAIN"}),
		pick(s.g.rng, []string{"UGFzc3dvcmQ6", "authentication failure", "Connection lost to authentication server"}))
}

// arriveLocal is mail of a program on the host.
func (g *generator) arriveLocal() {
	m := &message{sender: "root@" + myHostname, size: 600 + g.rng.IntN(4000), arrived: g.now}
	g.nameMessage(m, g.now)
	m.messageID = fmt.Sprintf("%s.%s@%s", g.out.stamp(g.now).Format("20060102150405"), m.id, myHostname)
	m.parcels = []*parcel{{agent: local, names: []string{"root@" + myHostname}}}
	g.log(g.now, g.daemon(pickup), nil, "%s: uid=0 from=<root>", m.id)
	g.receive(m, 20*time.Millisecond)
}
