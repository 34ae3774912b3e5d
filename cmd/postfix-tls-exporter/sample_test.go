package main

import (
	"net/netip"
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

func (s *naiveSession) class() string {
	a, err := netip.ParseAddr(s.address)
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

func (s *naiveSession) label() string {
	if s.name == "unknown" {
		return s.address
	}
	return strings.ToLower(s.name)
}

// TestSample counts the sample log a second time, in another way, and holds the report against it.
func TestSample(t *testing.T) {
	log := filepath.Join(testdata, "sample.log")
	text := string(readLog(t, log))
	type key struct{ service, class, tls, protocol, cipher string }
	type peerKey struct{ peer, tls string }
	wantSessions, wantMessages, wantPeers, wantFailing := map[key]int{}, map[key]int{}, map[peerKey]int{}, map[string]int{}
	sessions, queued := readNaively(text)
	for _, s := range sessions {
		wantSessions[key{s.service, s.class(), s.state(s.protocol), s.protocol, s.cipher}]++
		if s.failure != "" {
			wantFailing[s.label()]++
		}
		for _, m := range s.messages {
			if queued[m.queueID] {
				wantMessages[key{s.service, s.class(), s.state(m.protocol), m.protocol, m.cipher}]++
				wantPeers[peerKey{s.label(), s.state(m.protocol)}]++
			}
		}
	}
	rows := func(in []countRecord) map[key]int {
		out := map[key]int{}
		for _, r := range in {
			out[key{r.Service, r.Class, r.TLS, r.Protocol, r.Cipher}] += r.Count
		}
		return out
	}
	report := readReport(t, log)
	equal(t, "sessions", wantSessions, rows(report.Sessions))
	equal(t, "messages", wantMessages, rows(report.Messages))
	gotPeers, gotFailing := map[peerKey]int{}, map[string]int{}
	for _, p := range report.Peers {
		for state, n := range p.MessagesTLS {
			gotPeers[peerKey{p.Peer, state}] = n
		}
		if n := sum(p.Failures); n > 0 {
			gotFailing[p.Peer] = n
		}
	}
	equal(t, "messages by peer", wantPeers, gotPeers)
	equal(t, "peers with failures", wantFailing, gotFailing)
	if want := strings.Count(text, "\n"); report.Lines["total"] != want || report.Lines["foreign"] != strings.Count(text, " dovecot[") {
		t.Errorf("lines %v, the log has %d, %d of them of dovecot", report.Lines, want, strings.Count(text, " dovecot["))
	}
}
