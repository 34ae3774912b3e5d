package e2e

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Postfix takes plaintext where TLS failed only for messages that have waited for minimal_backoff_time. What cannot be
// delivered at all it gives up soon, so that the queue is empty in the end and the log complete.
const (
	relayMainCf = `
smtp_tls_security_level = may
lmtp_tls_security_level = may
minimal_backoff_time = 3s
maximal_backoff_time = 3s
queue_run_delay = 1s
maximal_queue_lifetime = 5s
bounce_queue_lifetime = 5s
smtp_connection_cache_time_limit = 30s
connection_cache_ttl_limit = 30s
`
	relayMasterCf = `
smtp      unix - - n - - smtp
lmtp      unix - - n - - lmtp
reuse     unix - - n - - smtp
  -o syslog_name=postfix/reuse
  -o smtp_tls_connection_reuse=yes
tlsproxy  unix - - n - 0 tlsproxy
`
)

// unreachable is the domain of a server that is not there.
const unreachable = "unreachable"

// TestRelay relays mail through a real Postfix, and compares what the client and the destination servers saw with what the
// program reads in the log, message by message.
func TestRelay(t *testing.T) { testRelay(t, 1) }

// TestRelayUnlogged does so where smtp and lmtp do not log TLS, the default: the program must not guess.
func TestRelayUnlogged(t *testing.T) { testRelay(t, 0) }

func testRelay(t *testing.T, level int) {
	need(t, "postfix", "ip")
	dir := inNamespace(t)
	if dir == "" {
		return
	}
	setUpNamespace(t, dir, hostsFile())
	sinks := startSinks(t, dir)
	postfix := startMailServer(t, dir, relayConfiguration(sinks, level))
	exporter := serve(t, "--log", postfix.log)

	sender := &sender{t: t}
	sender.relayAll(postfix)
	for _, s := range sender.sessions {
		postfix.waitRemoved(t, s.messages...)
	}

	truth := newRelayTruth(t, sender.sessions, sinks, level)
	if level > 0 { // else the state of some deliveries is only decided when the log ends
		wantMetrics(t, exporter, "outbound", map[string]samples{"postfix_tls_messages_total": truth.messageSamples("cipher")})
	}
	exporter.terminate(t)
	t.Run("events", func(t *testing.T) { testRelayEvents(t, postfix.logs(t), truth) })
	t.Run("parse", func(t *testing.T) { testRelayReport(t, postfix.logs(t), truth) })
}

// startSinks starts a server of every kind. Those that no recipient gets through to take one message only: that is how it is
// known which message a connection was for.
func startSinks(t *testing.T, dir string) []*sink {
	t.Helper()
	certFile, keyFile := writeCertificate(t, t.TempDir())
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	only := func(version uint16, ciphers ...uint16) *tls.Config {
		config := tlsOnly(version, ciphers...)
		config.Certificates = []tls.Certificate{cert}
		return config
	}
	tls12 := only(tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)
	tls13 := only(tls.VersionTLS13)
	sinks := []*sink{
		{name: "tls13", service: "smtp", config: tls13},
		{name: "tls12", service: "smtp", config: tls12},
		{name: "plain", service: "smtp"},
		{name: "cached", service: "smtp", cached: true},
		{name: "refusing", service: "smtp", fault: refusesTLS},
		{name: "broken", service: "smtp", fault: breaksHandshake},
		{name: "dropping", service: "smtp", config: tls12, fault: dropsMessages},
		{name: "ending", service: "smtp", fault: endsHandshake},
		{name: "must-plain", service: "smtp", policy: "encrypt"},
		{name: "must-refusing", service: "smtp", policy: "encrypt", fault: refusesTLS},
		{name: "must-broken", service: "smtp", policy: "encrypt", fault: breaksHandshake},
		{name: "must-verify", service: "smtp", policy: "verify", config: tls13},
		{name: "reuse", service: "reuse", config: tls13, cached: true},
		{name: "reuse-plain", service: "reuse", cached: true},
		{name: "reuse-broken", service: "reuse", fault: breaksHandshake},
		{name: "reuse-dropping", service: "reuse", config: tls12, fault: dropsMessages},
		{name: "lmtp", service: "lmtp", config: tls13},
		{name: "mailbox", service: "lmtp", path: filepath.Join(dir, "mailbox")},
	}
	for i, s := range sinks {
		if s.path == "" {
			s.address, s.port = fmt.Sprintf("127.0.10.%d", i+1), 2025+i
		}
		s.listen(t)
	}
	return sinks
}

func relayConfiguration(sinks []*sink, level int) configuration {
	transport := fmt.Sprintf(" {%s.example.net=smtp:[127.0.10.99]:25}", unreachable)
	var policy string
	var cached []string
	for _, s := range sinks {
		hop := fmt.Sprintf("[%s]:%d", s.address, s.port)
		if s.path != "" {
			hop = "unix:" + s.path
		}
		transport += fmt.Sprintf(" {%s.example.net=%s:%s}", s.name, s.service, hop)
		if s.policy != "" {
			policy += fmt.Sprintf(" {%s=%s}", hop, s.policy)
		}
		if s.cached {
			cached = append(cached, s.address)
		}
	}
	return configuration{
		main: relayMainCf + fmt.Sprintf(`
transport_maps = inline:{%s }
smtp_tls_policy_maps = inline:{%s }
smtp_connection_cache_destinations = %s
smtp_tls_loglevel = %d
lmtp_tls_loglevel = %[4]d
`, transport, policy, strings.Join(cached, " "), level),
		master: relayMasterCf,
	}
}

// relayAll sends mail to every sink, over every kind of session. No two recipients are alike.
func (s *sender) relayAll(postfix mailServer) {
	tls12 := tlsOnly(tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)
	tls13 := tlsOnly(tls.VersionTLS13)

	s.relay("smtpd", "127.0.1.1", nil,
		at("tls13", "a1"), slices.Concat(at("plain", "a2"), at("tls12", "a3")), at(unreachable, "a4"))
	s.relay("smtpd", "127.0.2.1", tls12,
		at("tls13", "b1", "b2", "refused-b3"), at("tls12", "later-b4", "b5"), at("must-plain", "b6"), at("must-refusing", "b7"))
	s.relay("submission", "127.0.1.2", tls13,
		at("broken", "c1", "c2"), at("ending", "c3"), at("dropping", "c4", "c5"), at("must-broken", "c6"), at("must-verify", "c7"))
	s.relay("smtpd", "127.0.1.2", tls13,
		at("reuse-broken", "c8"), at("reuse-dropping", "c9"))
	s.relay("smtpd", "127.0.1.3", tls13,
		at("plain", "d1"), at("plain", "d2"), at("plain", "d3"), at("plain", "d4"), at("plain", "d5", "refused-d6"))

	open := s.plaintext("smtpd", "127.0.2.2")
	s.send(open, at("refusing", "e1", "e2")...)
	s.startTLS(open, tls12)
	s.send(open, slices.Concat(at("lmtp", "e3", "e4", "refused-e5"), at("mailbox", "e6", "e7"))...)
	s.quit(open)

	smtps := s.wrapped("smtps", "127.0.1.1", tls13)
	for i := range 3 {
		// One after the other: only then there is a connection that can be used again.
		id := fmt.Sprint("f", i)
		postfix.waitRemoved(s.t, s.send(smtps, slices.Concat(at("cached", id), at("reuse", id), at("reuse-plain", id))...))
	}
	s.quit(smtps)
}

// relay holds a session with one message for each list of recipients, after STARTTLS unless config is nil.
func (s *sender) relay(service, address string, config *tls.Config, recipients ...[]string) {
	s.t.Helper()
	seen := s.plaintext(service, address)
	if config != nil {
		s.startTLS(seen, config)
	}
	for _, r := range recipients {
		s.send(seen, r...)
	}
	s.quit(seen)
}

// at returns addresses at a sink.
func at(sink string, localParts ...string) []string {
	for i, l := range localParts {
		localParts[i] = l + "@" + sink + ".example.net"
	}
	return localParts
}

// testRelayEvents compares the records of the log with what client and sinks saw.
func testRelayEvents(t *testing.T, logs []string, truth *relayTruth) {
	messages, sessions := map[string]relayedMessage{}, []outboundSession(nil)
	notifications := 0
	for line := range bytes.Lines(program(t, append([]string{"events"}, logs...)...)) {
		var record struct {
			Kind, Direction string
			QueueID         string `json:"queue_id"`
			From            *string
			Source          struct{ Parent string }
		}
		var message relayedMessage
		var session outboundSession
		err := json.Unmarshal(line, &record)
		switch {
		case record.From != nil && *record.From == "":
			notifications++
			// Postfix may name the message that it is about when it has left the queue already.
			if parent := record.Source.Parent; parent != "" && !truth.bounced[parent] {
				t.Errorf("notification %s is about %s", record.QueueID, parent)
			}
		case record.Kind == "message":
			err = errors.Join(err, json.Unmarshal(line, &message))
			message.sort()
			messages[record.QueueID] = message
		case record.Direction == "outbound":
			err = errors.Join(err, json.Unmarshal(line, &session))
			sessions = append(sessions, session)
		}
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
	}
	exported := cmp.AllowUnexported(delivery{}, inboundRecord{}, outboundSession{})
	order := cmpopts.SortSlices(func(a, b outboundSession) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	for name, diff := range map[string]string{
		"messages":      cmp.Diff(truth.messages, messages, exported, cmpopts.EquateEmpty()),
		"sessions":      cmp.Diff(truth.sessions, sessions, exported, cmpopts.EquateEmpty(), order),
		"notifications": cmp.Diff(len(truth.bounced), notifications),
	} {
		if diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// testRelayReport compares the sums with what the sinks saw.
func testRelayReport(t *testing.T, logs []string, truth *relayTruth) {
	var got report
	if err := json.Unmarshal(program(t, slices.Concat([]string{"parse", "--format", "json"}, logs)...), &got); err != nil {
		t.Fatal(err)
	}
	for name, diff := range map[string]string{
		"sessions": cmp.Diff(truth.sessionSamples(), rowSamples(got.Sessions).of("outbound")),
		"messages": cmp.Diff(truth.messageSamples(), rowSamples(got.Messages).of("outbound")),
		"hints":    cmp.Diff(truth.hints(), got.hintCodes()),
	} {
		if diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got.Lines.Unrecognized != 0 {
		t.Errorf("%d lines of Postfix not recognized: %s", got.Lines.Unrecognized, got.Unrecognized)
	}
}
