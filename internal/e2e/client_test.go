package e2e

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/smtp"
	"regexp"
	"strings"
	"testing"
	"time"
)

// opensslNames are the names that OpenSSL, and so Postfix, has for the ciphers of TLS 1.2 that the tests choose. Those of
// TLS 1.3 have one name only.
var opensslNames = map[uint16]string{
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: "ECDHE-RSA-AES128-GCM-SHA256",
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: "ECDHE-RSA-AES256-GCM-SHA384",
}

// queuedAs is what Postfix answers to the end of a message.
var queuedAs = regexp.MustCompile(`queued as (\S+)`)

// A channel is how something was sent, in the words of the program's records.
type channel struct {
	TLS      string `json:"tls"`
	Protocol string `json:"protocol"`
	Cipher   string `json:"cipher"`
}

// A message is one that was sent: its queue ID, whom it is for and how it went.
type message struct {
	id         string
	recipients []string
	channel
}

// A session is what the client saw of one SMTP session.
type session struct {
	service, address string
	channel          // of the whole session: TLS where there was any
	messages         []message
	client           *smtp.Client
}

// A sender sends mail from several addresses, and keeps what it saw.
type sender struct {
	t        *testing.T
	sessions []*session
}

// plaintext begins a session and says EHLO.
func (s *sender) plaintext(service, address string) *session {
	s.t.Helper()
	seen := &session{service: service, address: address, channel: channel{TLS: "plaintext"}}
	s.sessions = append(s.sessions, seen)
	s.greet(seen, s.dial(service, address))
	return seen
}

// wrapped begins a session with a TLS handshake.
func (s *sender) wrapped(service, address string, config *tls.Config) *session {
	s.t.Helper()
	seen := &session{service: service, address: address, channel: channel{TLS: "failed"}}
	s.sessions = append(s.sessions, seen)
	conn := tls.Client(s.dial(service, address), config)
	if err := conn.HandshakeContext(s.t.Context()); err != nil {
		s.t.Logf("handshake: %v", err)
		s.check(conn.NetConn().Close(), "close")
		return seen
	}
	s.greet(seen, conn)
	seen.channel = tlsChannel(conn.ConnectionState())
	return seen
}

// startTLS turns a plaintext session into one with TLS, or a failed one: the handshake may fail, and the session ends with it.
func (s *sender) startTLS(seen *session, config *tls.Config) {
	s.t.Helper()
	if err := seen.client.StartTLS(config); err != nil {
		s.t.Logf("STARTTLS: %v", err)
		seen.TLS = "failed"
		s.check(seen.client.Text.Close(), "close")
		return
	}
	state, _ := seen.client.TLSConnectionState()
	seen.channel = tlsChannel(state)
}

// send sends one message.
func (s *sender) send(seen *session, recipients ...string) message {
	s.t.Helper()
	c := seen.client
	s.check(c.Mail("sender@example.org"), "MAIL")
	for _, r := range recipients {
		s.check(c.Rcpt(r), "RCPT")
	}
	id, err := c.Text.Cmd("DATA")
	s.check(err, "DATA")
	c.Text.StartResponse(id)
	_, _, err = c.Text.ReadResponse(354)
	c.Text.EndResponse(id)
	s.check(err, "DATA")
	w := c.Text.DotWriter()
	_, err = fmt.Fprint(w, "Subject: test\n\nHello.\n")
	s.check(err, "message")
	s.check(w.Close(), "end of message")
	_, reply, err := c.Text.ReadResponse(250)
	s.check(err, "end of message")
	found := queuedAs.FindStringSubmatch(reply)
	if found == nil {
		s.t.Fatalf("no queue ID in %q", reply)
	}
	m := message{id: found[1], recipients: recipients, channel: channel{TLS: "plaintext"}}
	if _, ok := c.TLSConnectionState(); ok {
		m.channel = seen.channel
	}
	seen.messages = append(seen.messages, m)
	return m
}

func (s *sender) quit(seen *session) {
	s.t.Helper()
	s.check(seen.client.Quit(), "QUIT")
}

func (s *sender) dial(service, address string) net.Conn {
	s.t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	conn, err := dialer.DialContext(s.t.Context(), "tcp", "127.0.0.1:"+services[service])
	s.check(err, "connect")
	s.check(conn.SetDeadline(time.Now().Add(patience)), "deadline")
	return conn
}

func (s *sender) greet(seen *session, conn net.Conn) {
	s.t.Helper()
	client, err := smtp.NewClient(conn, "mx.test")
	s.check(err, "greeting")
	s.check(client.Hello("client.test"), "EHLO")
	seen.client = client
}

func (s *sender) check(err error, what string) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
}

func tlsChannel(state tls.ConnectionState) channel {
	cipher, ok := opensslNames[state.CipherSuite]
	if !ok {
		cipher = tls.CipherSuiteName(state.CipherSuite)
	}
	protocol := strings.Replace(tls.VersionName(state.Version), "TLS ", "TLSv", 1)
	return channel{TLS: "established", Protocol: protocol, Cipher: cipher}
}

// tlsOnly offers one protocol version, and of TLS 1.2 only the ciphers given. The certificate is not looked at: what the two
// agree on is all that matters here.
func tlsOnly(version uint16, ciphers ...uint16) *tls.Config {
	return &tls.Config{
		MinVersion:         version,
		MaxVersion:         version,
		CipherSuites:       ciphers,
		InsecureSkipVerify: true,
		ServerName:         "mx.test",
	}
}
