package main

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A corpus is the log of a real Postfix and what its clients, and the servers that it delivered to, say of the same sessions.
type corpus struct {
	dir    string
	log    string
	facts  corpusFacts
	truth  []truthSession
	relays []truthRelay // empty where mail was discarded
}

// corpusFacts are what is known of the server, from meta.json.
type corpusFacts struct {
	Postfix      string `json:"postfix"`
	Year         int    `json:"year"`
	Timezone     string `json:"timezone"`
	ClockOffset  int    `json:"clock_offset"` // seconds by which the server's clock was ahead of the clients'
	LogLevel     string `json:"smtpd_tls_loglevel"`
	OutLogLevel  string `json:"smtp_tls_loglevel"` // and lmtp_tls_loglevel
	Instance     string `json:"instance"`
	PortLogging  bool   `json:"port_logging"`
	SNIMaps      bool   `json:"sni_maps"`
	TLSRateLimit bool   `json:"tls_rate_limit"`
	Restarted    bool   `json:"restarted"`     // and some processes were killed
	FilterReturn string `json:"filter_return"` // the service that takes messages back from a before-queue filter
	NextInstance string `json:"next_instance"` // a second Postfix, which the first one relays to
}

// A truthSession is what an SMTP client recorded of one connection.
type truthSession struct {
	SID       string         `json:"sid"`
	Service   string         `json:"service"`    // of the port it connected to
	HandledBy string         `json:"handled_by"` // behind that port: postscreen, smtp (handed over to smtpd), or postscreen-or-smtp
	Address   string         `json:"src_ip"`
	Port      int            `json:"src_port"`
	Name      string         `json:"name"` // that the server should find for the address
	TLS       string         `json:"tls"`  // none, ok, failed, refused
	Mode      string         `json:"tls_mode"`
	Protocol  string         `json:"protocol"`
	Cipher    string         `json:"cipher"`
	Bits      int            `json:"bits"`
	SNI       string         `json:"sni"`
	Connect   float64        `json:"t_connect"`
	End       float64        `json:"t_end"`
	How       string         `json:"end"`
	Banner    bool           `json:"banner"`
	User      string         `json:"user"`
	Mechanism string         `json:"mech"`
	STARTTLS  *[2]int        `json:"starttls"` // answered with success, sent
	Commands  int            `json:"commands"` // sent
	XCLIENT   *truthPeer     `json:"xclient"`  // what an authorized client claimed to be
	Proxied   *truthPeer     `json:"proxied"`  // what the proxy in front claimed
	Messages  []truthMessage `json:"messages"` // that the server took responsibility for
}

type truthPeer struct {
	Address string `json:"ip"`
	Name    string `json:"name"`
	Port    int    `json:"port"`
}

type truthMessage struct {
	QueueID   string  `json:"queue_id"` // from the server's reply
	MessageID string  `json:"message_id"`
	Sender    string  `json:"sender"`
	Accepted  float64 `json:"t_accept"`
	Protocol  string  `json:"protocol"` // of the moment it was sent; empty in plaintext
	Cipher    string  `json:"cipher"`
	Auth      bool    `json:"auth"`

	Recipients []string `json:"rcpts"` // where they were delivered to a server
}

// A truthRelay is what a server that Postfix delivered to recorded of one connection.
type truthRelay struct {
	CID      string         `json:"cid"`
	Name     string         `json:"host"`
	Address  string         `json:"ip"`
	Port     int            `json:"port"`
	Path     string         `json:"path"` // of a UNIX-domain socket
	Program  string         `json:"proto"`
	TLS      string         `json:"tls"` // none, ok, failed, refused
	Protocol string         `json:"protocol"`
	Cipher   string         `json:"cipher"`
	Connect  float64        `json:"t_connect"`
	End      float64        `json:"t_end"`
	How      string         `json:"end"`
	Messages []relayMessage `json:"messages"` // that were sent up to the final dot
	Rejects  []truthReject  `json:"rejects"`
}

type relayMessage struct {
	QueueID    string         `json:"queue_id"` // from the topmost Received header
	Recipients map[string]int `json:"rcpts"`    // reply code by address
	Code       int            `json:"code"`     // of the reply to the final dot; 0 without one
	Hops       []truthHop     `json:"hops"`     // of all Received headers, the last hop first
}

// A truthReject is a recipient that was refused.
type truthReject struct {
	Recipient string `json:"rcpt"`
	Code      int    `json:"code"`
}

// A truthHop is what a Received header says of the way in.
type truthHop struct {
	QueueID  string `json:"queue_id"`
	Protocol string `json:"protocol"`
	Cipher   string `json:"cipher"`
}

func corpora(t *testing.T) []*corpus {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(testdata, "corpus", "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var all []*corpus
	for _, dir := range dirs {
		c := &corpus{dir: dir, truth: readLines[truthSession](t, filepath.Join(dir, "truth.jsonl"))}
		text, err := os.ReadFile(filepath.Join(dir, "meta.json"))
		if err == nil {
			err = json.Unmarshal(text, &c.facts)
		}
		if err != nil {
			t.Fatal(err)
		}
		logs, err := filepath.Glob(filepath.Join(dir, "mail.log*"))
		if err != nil || len(logs) != 1 {
			t.Fatalf("%s has %d logs (%v)", dir, len(logs), err)
		}
		c.log = logs[0]
		if relays := filepath.Join(dir, "relays.jsonl"); exists(relays) {
			c.relays = readLines[truthRelay](t, relays)
		}
		all = append(all, c)
	}
	return all
}

func (c *corpus) name() string { return filepath.Base(c.dir) }

// args are the arguments with which a command reads the log as it was meant.
func (c *corpus) args() []string {
	return []string{"--year", strconv.Itoa(c.facts.Year), "--timezone", c.facts.Timezone, c.log}
}

// clock turns a client's time into the server's.
func (c *corpus) clock(seconds float64) time.Time {
	return time.UnixMilli(int64(seconds * 1000)).Add(time.Duration(c.facts.ClockOffset) * time.Second)
}

// silent tells that the log level hides TLS.
func (c *corpus) silent() bool { return c.facts.LogLevel == "0" }

// messages counts what the server took responsibility for.
func (c *corpus) messages() int {
	n := 0
	for i := range c.truth {
		n += len(c.truth[i].Messages)
	}
	return n
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// service is the name that the log has for it.
func (s *truthSession) service() string {
	if s.Service == "smtp" || s.HandledBy == "smtp" {
		return "smtpd"
	}
	return s.Service
}

// class is how far away an address is.
func class(address string) string {
	a, err := netip.ParseAddr(address)
	switch {
	case err != nil:
		return "unknown"
	case a.IsLoopback():
		return "loopback"
	case a.IsPrivate():
		return "private"
	}
	return "public"
}

// connecting is the peer of the connect line: the proxy's word counts, XCLIENT comes later.
func (s *truthSession) connecting() truthPeer {
	if s.Proxied != nil {
		return *s.Proxied
	}
	return truthPeer{s.Address, s.Name, s.Port}
}

// sending is the peer of the client= line.
func (s *truthSession) sending() truthPeer {
	if s.XCLIENT != nil {
		return truthPeer{s.XCLIENT.Address, s.XCLIENT.Name, 0}
	}
	return s.connecting()
}

// mixed tells a session that sent a message before STARTTLS and another one after it.
func (s *truthSession) mixed() bool {
	encrypted := func(m truthMessage) bool { return m.Protocol != "" }
	return slices.ContainsFunc(s.Messages, encrypted) &&
		slices.ContainsFunc(s.Messages, func(m truthMessage) bool { return !encrypted(m) })
}

// user is the name as the server completes it.
func (s *truthSession) user() string { return s.User + "@mx1.corpus.example" }

// state is what the log should tell of the session.
func (c *corpus) state(s *truthSession) string {
	switch {
	case s.TLS == "ok" && !c.silent():
		return "established"
	case s.TLS == "ok" && s.Mode == "wrapper" && s.Commands == 0: // not even a command counter gives it away
		return "unknown"
	case s.TLS == "ok":
		return "unlogged"
	case s.TLS == "failed" && c.refused(s), s.TLS == "refused", s.TLS == "none":
		return "plaintext"
	}
	return s.TLS // failed
}

// refused tells a client that sent its handshake behind STARTTLS without waiting for the reply, 454. It recorded a failed
// handshake; the server never began one.
func (c *corpus) refused(s *truthSession) bool {
	return c.facts.TLSRateLimit && s.STARTTLS != nil && s.STARTTLS[0] == 0
}

// messageState is what the log should tell of a message.
func (c *corpus) messageState(s *truthSession, m truthMessage) string {
	switch {
	case c.silent() && (m.Protocol != "" || s.mixed()): // in a mixed session nothing tells which came first
		return "unlogged"
	case m.Protocol != "":
		return "established"
	}
	return "plaintext"
}

// sni is the name that the summary line should show: up to 3.11 one that tls_server_sni_maps knows, since 3.12 any.
func (c *corpus) sni(s *truthSession) string {
	if !c.facts.SNIMaps || !strings.HasPrefix(c.facts.Postfix, "3.12") && s.SNI == "unknown-sni.example" {
		return ""
	}
	return s.SNI
}
