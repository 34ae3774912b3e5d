package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A naiveSession is what a reader with a few regular expressions makes of a log in which each session is whole.
type naiveSession struct {
	service, name, address    string
	protocol, cipher, failure string
	messages                  []naiveMessage
	commands                  bool
}

type naiveMessage struct{ queueID, protocol, cipher string }

var (
	naiveLine       = regexp.MustCompile(`(?m)^\S+ mx1 postfix/(\S+?)\[(\d+)\]: (.*)$`)
	naiveConnect    = regexp.MustCompile(`^connect from (\S+)\[(\S+)\]$`)
	naiveTLS        = regexp.MustCompile(`^\w+ TLS connection established from \S+: (\S+) with cipher (\S+) `)
	naiveClient     = regexp.MustCompile(`^(\w+): client=`)
	naiveActive     = regexp.MustCompile(`^(\w+): from=<.*\(queue active\)$`)
	naiveFailed     = regexp.MustCompile(`^SSL_accept error from \S+: (.*)$`)
	naiveDisconnect = regexp.MustCompile(`^disconnect from \S+ (.*)$`)
)

// readNaively returns the sessions, and the queue IDs that the queue manager saw.
func readNaively(text string) (done []*naiveSession, queued map[string]bool) {
	open, queued := map[string]*naiveSession{}, map[string]bool{}
	for _, line := range naiveLine.FindAllStringSubmatch(text, -1) {
		program, pid, words := line[1], line[2], line[3]
		if m := naiveActive.FindStringSubmatch(words); m != nil {
			queued[m[1]] = true
		}
		if m := naiveConnect.FindStringSubmatch(words); m != nil {
			open[pid] = &naiveSession{service: strings.TrimSuffix(program, "/smtpd"), name: m[1], address: m[2]}
		}
		s := open[pid]
		if s == nil {
			continue
		}
		s.read(words)
		if m := naiveDisconnect.FindStringSubmatch(words); m != nil {
			s.commands = m[1] != "commands=0/0"
			done = append(done, s)
			delete(open, pid)
		}
	}
	return done, queued
}

func (s *naiveSession) read(words string) {
	if m := naiveTLS.FindStringSubmatch(words); m != nil {
		s.protocol, s.cipher = m[1], m[2]
	}
	if m := naiveFailed.FindStringSubmatch(words); m != nil {
		s.failure = m[1]
	}
	if m := naiveClient.FindStringSubmatch(words); m != nil {
		s.messages = append(s.messages, naiveMessage{m[1], s.protocol, s.cipher})
	}
}

// state knows that smtps is a port on which TLS comes first, and whose log level is 0.
func (s *naiveSession) state(protocol string) string {
	switch {
	case protocol != "":
		return "established"
	case s.failure != "":
		return "failed"
	case s.service == "smtps" && s.commands:
		return "unlogged"
	}
	return "plaintext"
}

func (s *naiveSession) label() string {
	if s.name == "unknown" {
		return s.address
	}
	return strings.ToLower(s.name)
}

var (
	naiveOut       = regexp.MustCompile(`^\w+ TLS connection established to (\S+): (\S+) with cipher (\S+) `)
	naiveOutFailed = regexp.MustCompile(`^SSL_connect error to (\S+): `)
	naiveGivenUp   = regexp.MustCompile(`^\w+: Cannot start TLS: handshake failure$`)
	naiveRecord    = regexp.MustCompile(`^(\w+): to=<\S+>, relay=(\S+\]\S*), .* status=(\w+) \((.*)\)$`)
	naiveRelay     = regexp.MustCompile(`^(\S+)\[(\S+?)\](:\d+)?$`)
)

// A naiveConnection is one to a server, as far as the lines of one process tell.
type naiveConnection struct {
	service, relay, queueID string
	state, protocol, cipher string
	sent                    int
}

// readConnections returns the connections in a log whose processes log each before they use it, and use none again.
func readConnections(text string) []*naiveConnection {
	var all []*naiveConnection
	current := map[string]*naiveConnection{}
	for _, line := range naiveLine.FindAllStringSubmatch(text, -1) {
		service, pid, words := line[1], line[2], line[3]
		if service != "smtp" && service != "lmtp" {
			continue
		}
		c := newConnection(service, words, current[pid])
		if c != nil && c != current[pid] {
			all = append(all, c)
		}
		if current[pid] = c; naiveGivenUp.MatchString(words) {
			current[pid] = nil
		}
	}
	return all
}

// newConnection returns the connection that a line begins or speaks of.
func newConnection(service, words string, c *naiveConnection) *naiveConnection {
	if m := naiveOut.FindStringSubmatch(words); m != nil {
		return &naiveConnection{service: service, relay: m[1], state: "established", protocol: m[2], cipher: m[3]}
	}
	if m := naiveOutFailed.FindStringSubmatch(words); m != nil {
		return &naiveConnection{service: service, relay: m[1], state: "failed"}
	}
	m := naiveRecord.FindStringSubmatch(words)
	if m == nil {
		return c
	}
	if c == nil || c.relay != m[2] || c.queueID != "" && c.queueID != m[1] {
		c = &naiveConnection{service: service, relay: m[2], state: "plaintext"}
		if strings.HasPrefix(m[4], "TLS is required, but was not offered") {
			c.state = "failed"
		}
	}
	c.queueID = m[1]
	if m[3] == "sent" {
		c.sent++
	}
	return c
}

func (c *naiveConnection) class() string {
	if m := naiveRelay.FindStringSubmatch(c.relay); m[3] != "" {
		return class(m[2])
	}
	return "unix"
}

// label is the server's name; for a socket its path, because the name is this host's.
func (c *naiveConnection) label() string {
	m := naiveRelay.FindStringSubmatch(c.relay)
	if m[3] == "" {
		return m[2]
	}
	return strings.ToLower(m[1])
}

type (
	sampleRow  struct{ direction, service, class, tls, protocol, cipher string }
	samplePeer struct{ direction, peer, tls string }
)

// sampleCounts are what a report counts.
type sampleCounts struct {
	sessions, messages map[sampleRow]int
	peers              map[samplePeer]int // messages
	failing            map[samplePeer]int // sessions
}

func newSampleCounts() sampleCounts {
	return sampleCounts{map[sampleRow]int{}, map[sampleRow]int{}, map[samplePeer]int{}, map[samplePeer]int{}}
}

func (n *sampleCounts) countInbound(text string) {
	sessions, queued := readNaively(text)
	for _, s := range sessions {
		n.sessions[sampleRow{"inbound", s.service, class(s.address), s.state(s.protocol), s.protocol, s.cipher}]++
		if s.failure != "" {
			n.failing[samplePeer{"inbound", s.label(), ""}]++
		}
		for _, m := range s.messages {
			if queued[m.queueID] {
				n.messages[sampleRow{"inbound", s.service, class(s.address), s.state(m.protocol), m.protocol, m.cipher}]++
				n.peers[samplePeer{"inbound", s.label(), s.state(m.protocol)}]++
			}
		}
	}
}

func (n *sampleCounts) countOutbound(text string) {
	for _, c := range readConnections(text) {
		row := sampleRow{"outbound", c.service, c.class(), c.state, c.protocol, c.cipher}
		n.sessions[row]++
		if c.state == "failed" {
			n.failing[samplePeer{"outbound", c.label(), ""}]++
		}
		if c.sent > 0 {
			n.messages[row] += c.sent
			n.peers[samplePeer{"outbound", c.label(), c.state}] += c.sent
		}
	}
}

func (n *sampleCounts) countReport(report reportRecord) {
	rows := func(out map[sampleRow]int, in []countRecord) {
		for _, r := range in {
			if r.Count > 0 {
				out[sampleRow{r.Direction, r.Service, r.Class, r.TLS, r.Protocol, r.Cipher}] += r.Count
			}
		}
	}
	rows(n.sessions, report.Sessions)
	rows(n.messages, report.Messages)
	for _, p := range report.Peers {
		for state, count := range p.MessagesTLS {
			n.peers[samplePeer{p.Direction, p.Peer, state}] = count
		}
		if count := sum(p.Failures); count > 0 {
			n.failing[samplePeer{p.Direction, p.Peer, ""}] = count
		}
	}
}

// TestSample counts the sample log a second time, in another way, and holds the report against it.
func TestSample(t *testing.T) {
	log := filepath.Join(testdata, "sample.log")
	text := string(readLog(t, log))
	report := readReport(t, log)
	want, got := newSampleCounts(), newSampleCounts()
	want.countInbound(text)
	want.countOutbound(text)
	got.countReport(report)
	equal(t, "sessions", want.sessions, got.sessions)
	equal(t, "messages", want.messages, got.messages)
	equal(t, "messages by peer", want.peers, got.peers)
	equal(t, "peers with failures", want.failing, got.failing)
	if want := strings.Count(text, "\n"); report.Lines["total"] != want || report.Lines["foreign"] != strings.Count(text, " dovecot[") {
		t.Errorf("lines %v, the log has %d, %d of them of dovecot", report.Lines, want, strings.Count(text, " dovecot["))
	}
}
