package e2e

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/mail"
	"net/textproto"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A fault is what a sink does other than it should.
type fault int

const (
	flawless fault = iota
	refusesTLS
	breaksHandshake // answers the client's part of it with something that is no TLS
	endsHandshake   // hangs up in its place
	dropsMessages   // hangs up where a message should begin, if that is over TLS
)

// A sink is a mail server that relayed mail ends at. It keeps what it saw.
//
// Recipients whose address begins with "refused" are refused, those that begin with "later" on their first attempt.
type sink struct {
	name    string // the first label of the domain that it takes mail for
	service string // of Postfix, that delivers there
	address string
	port    int
	path    string // of a UNIX-domain socket, in place of address and port
	config  *tls.Config
	fault   fault
	policy  string // the TLS security level that Postfix is told to demand there
	cached  bool   // Postfix is told to keep connections open for more messages

	mu          sync.Mutex
	connections []*connection
	deferred    map[string]bool // the recipients that were told to come later
}

// A connection is what a sink saw of one.
type connection struct {
	channel
	transactions []*transaction
}

// A transaction is one message on a connection.
type transaction struct {
	id string // queue ID, by the Received header; empty if the message did not come
	channel
	outcomes []outcome
}

// An outcome is what became of one recipient. Without a status the connection was lost before it was clear.
type outcome struct{ recipient, status string }

// receivedID finds the queue ID in the Received header that Postfix adds.
var receivedID = regexp.MustCompile(`\sid (\w+)`)

// listen begins to take mail. The sink ends with the test.
func (s *sink) listen(t *testing.T) {
	t.Helper()
	network, address := "tcp", net.JoinHostPort(s.address, strconv.Itoa(s.port))
	if s.path != "" {
		network, address = "unix", s.path
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if s.path != "" {
		if err := os.Chmod(s.path, 0o666); err != nil { // lmtp does not run as root
			t.Fatal(err)
		}
	}
	s.deferred = map[string]bool{}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
}

// saw returns the connections so far, in order. Nothing is added to them once the queue is empty.
func (s *sink) saw() []*connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

// offer changes the TLS that connections get from now on; nil is none.
func (s *sink) offer(config *tls.Config) { s.note(func() { s.config = config }) }

func (s *sink) tlsConfig() (config *tls.Config) {
	s.note(func() { config = s.config })
	return config
}

func (s *sink) offersTLS() bool { return s.tlsConfig() != nil || s.fault != flawless }

// note writes down what was seen. It comes before the reply, so that all that Postfix knows has been noted.
func (s *sink) note(what func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what()
}

func (s *sink) serve(conn net.Conn) {
	seen := &connection{channel: channel{TLS: "plaintext"}}
	s.note(func() { s.connections = append(s.connections, seen) })
	d := &dialogue{sink: s, seen: seen, conn: conn, text: textproto.NewConn(conn)}
	defer func() { _ = d.conn.Close() }()
	if d.reply("220 "+s.name+".example.net") != nil {
		return
	}
	for {
		line, err := d.text.ReadLine()
		if err != nil || d.command(line) != nil {
			return
		}
	}
}

// A dialogue is a connection in the making. An error ends it; io.EOF is no more than that.
type dialogue struct {
	*sink

	seen    *connection
	conn    net.Conn
	text    *textproto.Conn
	current *transaction
}

func (d *dialogue) command(line string) error {
	verb, argument, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO", "LHLO":
		if d.offersTLS() && d.seen.TLS == "plaintext" {
			return d.reply("250-"+d.name, "250 STARTTLS")
		}
		return d.reply("250 " + d.name)
	case "STARTTLS":
		return d.startTLS()
	case "MAIL":
		d.note(func() {
			d.current = &transaction{channel: d.seen.channel}
			d.seen.transactions = append(d.seen.transactions, d.current)
		})
		return d.reply("250 2.1.0 Ok")
	case "RCPT":
		return d.recipient(argument)
	case "DATA":
		return d.message()
	case "QUIT":
		return errors.Join(d.reply("221 2.0.0 Bye"), io.EOF)
	default: // RSET, NOOP
		return d.reply("250 2.0.0 Ok")
	}
}

func (d *dialogue) startTLS() error {
	if d.fault == refusesTLS {
		return d.reply("454 4.7.0 not today")
	}
	if err := d.reply("220 2.0.0 Ready"); err != nil {
		return err
	}
	d.note(func() { d.seen.TLS = "failed" })
	if d.fault == endsHandshake {
		return io.EOF
	}
	if d.fault == breaksHandshake {
		_, readErr := d.conn.Read(make([]byte, 1))
		_, writeErr := io.WriteString(d.conn, "This is no TLS.\r\n")
		return errors.Join(readErr, writeErr, io.EOF)
	}
	conn := tls.Server(d.conn, d.tlsConfig())
	if err := conn.Handshake(); err != nil {
		return err
	}
	d.note(func() { d.seen.channel = tlsChannel(conn.ConnectionState()) })
	d.conn, d.text = conn, textproto.NewConn(conn)
	return nil
}

func (d *dialogue) recipient(argument string) error {
	_, address, _ := strings.Cut(argument, "<")
	address, _, _ = strings.Cut(address, ">")
	o, reply := outcome{recipient: address}, "250 2.1.5 Ok"
	switch {
	case strings.HasPrefix(address, "refused"):
		o.status, reply = "bounced", "550 5.1.1 no such mailbox"
	case strings.HasPrefix(address, "later") && !d.toldLater(address):
		o.status, reply = "deferred", "450 4.2.0 come again"
	}
	d.note(func() { d.current.outcomes = append(d.current.outcomes, o) })
	return d.reply(reply)
}

// toldLater tells whether the recipient was told to come later, and keeps that it now is.
func (d *dialogue) toldLater(recipient string) (before bool) {
	d.note(func() { before, d.deferred[recipient] = d.deferred[recipient], true })
	return before
}

func (d *dialogue) message() error {
	if d.fault == dropsMessages && d.seen.TLS == "established" {
		return io.EOF
	}
	if err := d.reply("354 go on"); err != nil {
		return err
	}
	body := d.text.DotReader()
	m, err := mail.ReadMessage(body)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return err
	}
	accepted := 0
	d.note(func() {
		if found := receivedID.FindStringSubmatch(m.Header.Get("Received")); found != nil {
			d.current.id = found[1]
		}
		for i, o := range d.current.outcomes {
			if o.status == "" {
				d.current.outcomes[i].status = "sent"
				accepted++
			}
		}
	})
	if d.service != "lmtp" {
		accepted = 1 // one reply for all recipients
	}
	for range accepted {
		if err := d.reply("250 2.0.0 Ok"); err != nil {
			return err
		}
	}
	return nil
}

func (d *dialogue) reply(lines ...string) error {
	for _, line := range lines {
		if err := d.text.PrintfLine("%s", line); err != nil {
			return err
		}
	}
	return nil
}
