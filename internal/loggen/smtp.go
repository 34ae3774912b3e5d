package loggen

import (
	"fmt"
	"time"
)

// viaSMTP is an attempt to deliver to a mail exchanger.
func (d *delivery) viaSMTP() {
	if d.g.chance(0.01) {
		d.wait(20 * time.Millisecond)
		d.log("connect to %s: Connection refused", d.g.peers.exchangers.any().relay())
	}
	mx := d.parcel.to
	switch {
	case mx.habit == unreachable && !d.g.chance(0.05):
		d.at += 30 * time.Second
		d.log("connect to %s: Connection timed out", mx.relay())
		d.connected = d.at
		d.record(result{relay: "none", dsn: "4.4.1", status: "deferred", text: fmt.Sprintf("connect to %s: Connection timed out", mx.relay())})
	case mx.habit == failsTLS:
		d.failTLS()
	default:
		d.dialogue()
	}
}

// dialogue is a connection that is made, in TLS if the exchanger has it.
func (d *delivery) dialogue() {
	d.wait(150 * time.Millisecond)
	mx := d.parcel.to
	state := tlsState{suite: mx.suite}
	switch {
	case mx.suite != "":
		d.log("%s TLS connection established to %s: %s", choose(d.g.rng, trustExchanger), mx.relay(), mx.suite)
	case d.g.chance(0.1): // TLS connections are not cached
		d.use = 2 + d.g.rng.IntN(4)
	}
	d.wait(30 * time.Millisecond)
	d.connected = d.at
	d.wait(400*time.Millisecond + time.Duration(d.message.size)*time.Microsecond)
	r := d.verdict()
	r.relay, r.state = mx.relay(), state
	d.record(r)
}

// failTLS is a handshake that fails. The first time the mail is put off; later Postfix goes on in plaintext, in the same
// request, which the record alone does not show.
func (d *delivery) failTLS() {
	d.wait(150 * time.Millisecond)
	mx, failure := d.parcel.to, choose(d.g.rng, connectFailures)
	d.log("SSL_connect error to %s: %s", mx.relay(), failure.text)
	if failure.library != "" {
		d.at += 30 * time.Microsecond
		d.log("warning: TLS library problem: %s", failure.library)
	}
	d.at += 20 * time.Microsecond
	d.connected = d.at
	if d.message.tries == 1 {
		d.record(result{relay: mx.relay(), dsn: "4.7.5", status: "deferred", text: "Cannot start TLS: handshake failure"})
		return
	}
	d.log("%s: Cannot start TLS: handshake failure", d.message.id)
	d.wait(400 * time.Millisecond)
	d.record(result{relay: mx.relay(), dsn: "2.0.0", status: "sent", text: d.queuedAs()})
}

// verdict is what the exchanger says to the message.
func (d *delivery) verdict() result {
	mx, to := d.parcel.to, d.parcel.names[0]
	host := "host " + mx.client
	switch {
	case mx.habit == greylists && d.message.tries == 1:
		return result{dsn: "4.2.0", status: "deferred", text: fmt.Sprintf(
			"%s said: 450 4.2.0 <%s>: Recipient address rejected: Greylisted, please try again later (in reply to RCPT TO command)", host, to)}
	case d.g.chance(0.025):
		return result{dsn: "5.1.1", status: "bounced", text: fmt.Sprintf(
			"%s said: 550 5.1.1 <%s>: Recipient address rejected: User unknown in virtual mailbox table (in reply to RCPT TO command)", host, to)}
	case d.g.chance(0.01):
		return result{dsn: "4.4.2", status: "deferred", text: fmt.Sprintf(
			"lost connection with %s while sending end of data -- message may be sent more than once", mx.client)}
	default:
		return result{dsn: "2.0.0", status: "sent", text: d.queuedAs()}
	}
}

// queuedAs is the reply of one of the usual kinds of servers.
func (d *delivery) queuedAs() string {
	g := d.g
	switch g.rng.IntN(7) {
	case 0:
		return fmt.Sprintf("250 2.0.0 OK  %d %s-%08x.%d - gsmtp", d.g.out.start.Unix()+int64(d.at/time.Second), g.newToken(), g.rng.Uint32(), g.rng.IntN(999))
	case 1:
		return fmt.Sprintf("250 2.6.0 <%s> [InternalId=%d, Hostname=%s.prod.%s] %d bytes in 0.%03d, %d.%03d KB/sec Queued mail for delivery",
			d.message.messageID, g.rng.IntN(1e14), g.newToken(), d.parcel.to.domain, d.message.size, 1+g.rng.IntN(999), 1+g.rng.IntN(900), g.rng.IntN(1000))
	default:
		return fmt.Sprintf("250 2.0.0 Ok: queued as %05X%X", g.rng.IntN(1e6), 0x80000000+uint64(g.rng.Uint32()))
	}
}

// newToken is an identifier as other servers make them.
func (g *generator) newToken() string {
	return fmt.Sprintf("%011x", g.rng.Uint64()>>20)
}
