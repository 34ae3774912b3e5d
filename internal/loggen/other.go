package loggen

import "time"

var dkimResults = []string{
	"DKIM verification successful", "DKIM verification successful", "no signature data", "bad signature data",
	"s=mail2026 d=newsletter.example.com a=rsa-sha256 SSL", "DKIM-Signature field added (s=mail2026, d=example.org)",
}

func (g *generator) anvilStatistics() {
	p, at := g.daemon(anvil), g.out.stamp(g.now).Format(time.Stamp)
	client := g.peers.senders.any().address
	g.log(g.now, p, nil, "statistics: max connection rate %d/60s for (smtp:%s) at %s", 3+g.rng.IntN(40), client, at)
	g.log(g.now, p, nil, "statistics: max connection count %d for (smtp:%s) at %s", 1+g.rng.IntN(9), client, at)
	g.log(g.now, p, nil, "statistics: max cache size %d at %s", 20+g.rng.IntN(80), at)
}

func (g *generator) scacheStatistics() {
	p := g.daemon(scache)
	g.log(g.now, p, nil, "statistics: start interval %s", g.out.stamp(g.now-10*time.Minute).Format(time.Stamp))
	g.log(g.now, p, nil, "statistics: domain lookup hits=%d miss=%d success=%d%%", g.rng.IntN(30), 50+g.rng.IntN(50), g.rng.IntN(40))
}

func (g *generator) cronJob() {
	p := g.spawn(cron)
	g.log(g.now, p, func() { delete(g.processes.alive, p.pid) }, "(root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)")
}

// readMail is a user who reads mail.
func (g *generator) readMail() {
	user, _ := g.localUser()
	pid, session := g.rng.IntN(pidMax), g.newToken()
	d := script{g: g, process: g.daemon(dovecot), at: g.now}
	d.log("imap-login: Login: user=<%s>, method=PLAIN, rip=%s, lip=192.0.2.25, mpid=%d, TLS, session=<%s>",
		user, g.peers.users.any().address, pid, session)
	d.wait(time.Minute)
	d.log("imap(%s)<%d><%s>: Disconnected: Logged out in=%d out=%d", user, pid, session, g.rng.IntN(1000), g.rng.IntN(1e5))
}

// dovecotSaved is what Dovecot itself sometimes has to say about a delivery.
func (g *generator) dovecotSaved(at time.Duration, to, session, messageID string) {
	if g.chance(0.03) {
		g.log(at, g.daemon(dovecot), nil, "lmtp(%s)<%d><%s>: msgid=<%s>: saved mail to INBOX", to, 20000+g.rng.IntN(90000), session, messageID)
	}
}
