package loggen

import (
	"fmt"
	"strconv"
	"time"
)

// delivery is one attempt of a delivery agent to deliver a parcel.
type delivery struct {
	script
	message   *message
	parcel    *parcel
	connected time.Duration // when the time for setting up a connection was over
	use       int           // how often the connection has been used, if more than once
}

// result is what the delivery records say; all recipients of a parcel fare alike.
type result struct {
	relay, dsn, status, text string
	state                    tlsState // of smtp only
}

func (g *generator) deliver(m *message, p *parcel) {
	agent := p.agent
	suspended := agent == smtp && p.to.habit == unreachable && m.tries > 1 && g.chance(0.3)
	if suspended {
		agent = errorAgent
	}
	d := &delivery{script: g.script(agent), message: m, parcel: p, connected: g.now}
	switch {
	case suspended:
		d.record(result{relay: "none", dsn: "4.4.1", status: "deferred", text: fmt.Sprintf(
			"delivery temporarily suspended: connect to %s: Connection timed out", p.to.relay())})
	case agent == smtp:
		d.viaSMTP()
	case agent == lmtp:
		d.viaLMTP()
	default:
		d.mailbox()
	}
}

// mailbox is delivery by local or virtual.
func (d *delivery) mailbox() {
	d.wait(15 * time.Millisecond)
	r := result{relay: "local", dsn: "2.0.0", status: "sent", text: "delivered to command: /usr/bin/procmail"}
	if d.parcel.agent == virtual {
		r.relay, r.text = "virtual", "delivered to maildir"
	}
	if d.g.chance(0.02) {
		r.dsn, r.status, r.text = "5.1.1", "bounced", `unknown user: "`+d.g.person()+`"`
	}
	d.record(r)
}

// viaLMTP is delivery to Dovecot over a UNIX-domain socket.
func (d *delivery) viaLMTP() {
	const socket = myHostname + "[private/dovecot-lmtp]"
	d.wait(2 * time.Millisecond)
	d.connected = d.at
	d.wait(40 * time.Millisecond)
	to := d.parcel.names[0]
	r := result{relay: socket, dsn: "2.0.0", status: "sent"}
	switch {
	case d.g.chance(0.006):
		r.dsn, r.status = "5.1.1", "bounced"
		r.text = fmt.Sprintf("host %s said: 550 5.1.1 <%s> User doesn't exist: %s (in reply to RCPT TO command)", socket, to, to)
	case d.g.chance(0.006):
		r.dsn, r.status = "4.2.2", "deferred"
		r.text = fmt.Sprintf("host %s said: 452 4.2.2 <%s> Quota exceeded (mailbox for user is full) (in reply to end of DATA command)", socket, to)
	default:
		session := d.g.newToken()
		r.text = fmt.Sprintf("250 2.0.0 <%s> %s Saved", to, session)
		d.g.dovecotSaved(d.at, to, session, d.message.messageID)
	}
	d.record(r)
}

// record logs one delivery record for each recipient, and ends the attempt.
func (d *delivery) record(r result) {
	var sent func()
	if d.parcel.agent == smtp && r.status == "sent" {
		sent = func() { d.g.sum.MessagesSent.count(r.state) }
	}
	use := ""
	if d.use > 1 {
		use = fmt.Sprintf(", conn_use=%d", d.use)
	}
	original := ""
	if d.parcel.alias != "" {
		original = fmt.Sprintf(", orig_to=<%s>", d.parcel.alias)
	}
	delays := d.delays()
	for _, name := range d.parcel.names {
		d.logThen(sent, "%s: to=<%s>%s, relay=%s%s, %s, dsn=%s, status=%s (%s)",
			d.message.id, name, original, r.relay, use, delays, r.dsn, r.status, r.text)
		original = ""
		d.at += 15 * time.Microsecond
	}
	d.end()
	m, p := d.message, d.parcel
	d.g.at(d.at, func() { d.g.settle(m, p, r.status) })
}

// delays are the time before qmgr, in its queue, for connecting, and for the rest.
func (d *delivery) delays() string {
	m, started := d.message, d.g.now
	b := appendDelay([]byte("delay="), d.at-m.arrived)
	b = append(b, ", delays="...)
	b = appendDelay(b, m.activated-m.arrived)
	b = appendDelay(append(b, '/'), started-m.activated)
	b = appendDelay(append(b, '/'), d.connected-started)
	b = appendDelay(append(b, '/'), d.at-d.connected)
	return string(b)
}

// appendDelay shows two digits that count and none below a hundredth of a second, as Postfix does.
func appendDelay(b []byte, d time.Duration) []byte {
	unit := 10 * time.Millisecond
	switch {
	case d >= 10*time.Second:
		unit = time.Second
	case d >= time.Second:
		unit = 100 * time.Millisecond
	}
	return strconv.AppendFloat(b, d.Truncate(unit).Seconds(), 'f', -1, 64)
}
