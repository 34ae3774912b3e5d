package e2e

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// hostNames are the clients that have a name. The other ones are unknown to Postfix.
var hostNames = map[string]string{
	"127.0.1.1": "mail-a.example.org",
	"127.0.1.2": "mail-b.example.net",
}

// recipient is whom mail is for that Postfix throws away.
const recipient = "recipient@example.com"

// TestPostfix sends mail to a real Postfix, and compares what the client saw with what the program reads in the log.
func TestPostfix(t *testing.T) {
	need(t, "postfix", "ip")
	dir := inNamespace(t)
	if dir == "" {
		return
	}
	setUpNamespace(t, dir, hostsFile())
	postfix := startMailServer(t, dir, configuration{})
	exporter := serve(t, "--log", postfix.log)

	sender := &sender{t: t}
	sender.sendAll(func() { postfix.postfix(t, "logrotate") })

	wantMetrics(t, exporter, "inbound", expectedMetrics(sender.sessions))
	t.Run("parse", func(t *testing.T) { testParse(t, postfix.logs(t), sender.sessions) })
	t.Run("events", func(t *testing.T) { testEvents(t, postfix.logs(t), sender.sessions) })
	exporter.terminate(t)
}

// hostsFile returns hostNames as the file of that name has them.
func hostsFile() string {
	hosts := "127.0.0.1 localhost\n"
	for address, name := range hostNames {
		hosts += address + " " + name + "\n"
	}
	return hosts
}

// sendAll holds sessions of every kind, and rotates the log in the middle, while one of them is open.
func (s *sender) sendAll(rotate func()) {
	tls12 := tlsOnly(tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)
	tls12Strong := tlsOnly(tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)
	tls13 := tlsOnly(tls.VersionTLS13)
	tls10 := tlsOnly(tls.VersionTLS10)

	s.quit(s.plaintext("smtpd", "127.0.1.1")) // no mail
	s.sendWith(nil, 1, "smtpd", "127.0.1.1")
	s.sendWith(nil, 2, "smtpd", "127.0.2.1")
	s.sendWith(tls12, 1, "smtpd", "127.0.1.1")
	s.sendWith(tls13, 2, "smtpd", "127.0.1.2")
	s.sendWith(tls13, 0, "smtpd", "127.0.1.2")
	s.startTLS(s.plaintext("smtpd", "127.0.2.2"), tls10)

	open := s.plaintext("smtpd", "127.0.1.3")
	s.send(open, recipient)
	rotate()
	s.startTLS(open, tls13)
	s.send(open, recipient)
	s.quit(open)

	s.sendWith(tls12Strong, 1, "smtpd", "127.0.2.2")
	s.sendWith(tls12Strong, 1, "submission", "127.0.1.2")
	s.quit(s.plaintext("submission", "127.0.1.2")) // may not send there without TLS
	smtps := s.wrapped("smtps", "127.0.2.1", tls13)
	s.send(smtps, recipient)
	s.quit(smtps)
	s.wrapped("smtps", "127.0.2.1", tls10)
}

// sendWith holds a session with a number of messages, after STARTTLS unless config is nil.
func (s *sender) sendWith(config *tls.Config, messages int, service, address string) {
	s.t.Helper()
	seen := s.plaintext(service, address)
	if config != nil {
		s.startTLS(seen, config)
	}
	for range messages {
		s.send(seen, recipient)
	}
	s.quit(seen)
}

// wantMetrics waits until the metrics of one direction are what they should be.
func wantMetrics(t *testing.T, exporter *server, direction string, want map[string]samples) {
	t.Helper()
	keep := map[string][]string{
		// What the reasons are called is for other tests to say.
		"postfix_tls_handshake_failures_total":      {"direction", "service"},
		"postfix_tls_peer_handshake_failures_total": {"direction", "peer"},
	}
	eventually(t, "metrics", func() error {
		body, err := exporter.metrics(t)
		if err != nil {
			return err
		}
		metrics, err := parseMetrics(body, keep)
		if err != nil {
			return err
		}
		got := map[string]samples{}
		for name := range want {
			got[name] = metrics[name].of(direction)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return errors.New("(-want +got):\n" + diff)
		}
		return nil
	})
}

func expectedMetrics(sessions []*session) map[string]samples {
	want := map[string]samples{
		"postfix_tls_sessions_total":                {},
		"postfix_tls_messages_total":                {},
		"postfix_tls_peer_sessions_total":           {},
		"postfix_tls_peer_messages_total":           {},
		"postfix_tls_handshake_failures_total":      {},
		"postfix_tls_peer_handshake_failures_total": {},
	}
	for _, s := range sessions {
		want["postfix_tls_sessions_total"].add(s.totalLabels(s.channel, "cipher"), 1)
		want["postfix_tls_peer_sessions_total"].add(s.peerLabels(s.channel, "cipher"), 1)
		for _, m := range s.messages {
			want["postfix_tls_messages_total"].add(s.totalLabels(m.channel), 1)
			want["postfix_tls_peer_messages_total"].add(s.peerLabels(m.channel), 1)
		}
		if s.TLS == "failed" {
			want["postfix_tls_handshake_failures_total"].add(map[string]string{"direction": "inbound", "service": s.service}, 1)
			want["postfix_tls_peer_handshake_failures_total"].add(map[string]string{"direction": "inbound", "peer": s.peer()}, 1)
		}
	}
	return want
}

// peer is the label of the client: its name, or its address where it has none.
func (seen *session) peer() string {
	if name := hostNames[seen.address]; name != "" {
		return name
	}
	return seen.address
}

// totalLabels are the labels of the totals; with "cipher" those that have the cipher too.
func (seen *session) totalLabels(c channel, more ...string) map[string]string {
	labels := seen.peerLabels(c, more...)
	delete(labels, "peer")
	labels["mta"] = "postfix"
	labels["service"] = seen.service
	labels["class"] = "loopback"
	return labels
}

func (seen *session) peerLabels(c channel, more ...string) map[string]string {
	labels := map[string]string{"direction": "inbound", "peer": seen.peer(), "tls": c.TLS, "protocol": c.Protocol}
	if slices.Contains(more, "cipher") {
		labels["cipher"] = c.Cipher
	}
	return labels
}

// testParse compares the report over the rotated logs with what the client saw.
func testParse(t *testing.T, logs []string, sessions []*session) {
	var got report
	if err := json.Unmarshal(program(t, slices.Concat([]string{"parse", "--format", "json"}, logs)...), &got); err != nil {
		t.Fatal(err)
	}
	wantSessions, wantMessages, wantPeers := samples{}, samples{}, samples{}
	for _, s := range sessions {
		wantSessions.add(s.totalLabels(s.channel, "cipher"), 1)
		wantPeers.add(map[string]string{"direction": "inbound", "peer": s.peer(), "tls": s.TLS}, 1)
		wantPeers.add(map[string]string{"direction": "inbound", "peer": s.peer()}, float64(len(s.messages)))
		for _, m := range s.messages {
			wantMessages.add(s.totalLabels(m.channel, "cipher"), 1)
		}
	}
	gotPeers := samples{}
	for _, p := range got.Peers {
		labels := map[string]string{"direction": p.Direction, "peer": p.Peer}
		gotPeers.add(labels, p.Messages)
		for state, count := range p.TLS {
			labels := maps.Clone(labels)
			labels["tls"] = state
			gotPeers.add(labels, count)
		}
	}
	for name, diff := range map[string]string{
		"sessions": cmp.Diff(wantSessions, rowSamples(got.Sessions).of("inbound")),
		"messages": cmp.Diff(wantMessages, rowSamples(got.Messages).of("inbound")),
		"peers":    cmp.Diff(wantPeers, gotPeers.of("inbound")),
	} {
		if diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got.Lines.Unrecognized != 0 {
		t.Errorf("%d lines of Postfix not recognized: %s", got.Lines.Unrecognized, got.Unrecognized)
	}
}

// An inboundRecord is the part of a record of `events` that the client can tell, of a session or of a message.
type inboundRecord struct {
	Service string `json:"service"`
	Peer    struct {
		Name    string `json:"name"`
		Address string `json:"address"`
	} `json:"peer"`
	channel
	QueueIDs []string `json:"queue_ids"`
	Ended    string   `json:"ended"`
}

// testEvents compares the records of the rotated logs with what the client saw.
func testEvents(t *testing.T, logs []string, sessions []*session) {
	var wantSessions, gotSessions []inboundRecord
	wantMessages, gotMessages := map[string]inboundRecord{}, map[string]inboundRecord{}
	for _, s := range sessions {
		for _, m := range s.messages {
			wantMessages[m.id] = s.record(m.channel)
		}
		wantSessions = append(wantSessions, s.sessionRecord())
	}
	for line := range bytes.Lines(program(t, append([]string{"events"}, logs...)...)) {
		var record struct {
			Kind, Direction string
			QueueID         string        `json:"queue_id"`
			Source          inboundRecord `json:"source"`
			inboundRecord
		}
		if err := json.Unmarshal(line, &record); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		switch {
		case record.Kind == "message":
			gotMessages[record.QueueID] = record.Source
		case record.Direction == "inbound":
			gotSessions = append(gotSessions, record.inboundRecord)
		}
	}
	order := cmpopts.SortSlices(func(a, b inboundRecord) int { return strings.Compare(sortKey(a), sortKey(b)) })
	exported := cmp.AllowUnexported(inboundRecord{})
	if diff := cmp.Diff(wantSessions, gotSessions, order, exported, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantMessages, gotMessages, exported); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func (seen *session) record(c channel) inboundRecord {
	r := inboundRecord{Service: seen.service, channel: c}
	r.Peer.Name, r.Peer.Address = hostNames[seen.address], seen.address
	if r.Peer.Name == "" {
		r.Peer.Name = "unknown"
	}
	return r
}

func (seen *session) sessionRecord() inboundRecord {
	r := seen.record(seen.channel)
	r.Ended = "disconnect"
	if seen.TLS == "failed" {
		r.Ended = "lost"
	}
	for _, m := range seen.messages {
		r.QueueIDs = append(r.QueueIDs, m.id)
	}
	return r
}

// sortKey orders the records of one test: no two of them are alike but in what is sorted by here.
func sortKey(r inboundRecord) string {
	return strings.Join(append([]string{r.Service, r.Peer.Address, r.TLS, r.Protocol, r.Cipher}, r.QueueIDs...), " ")
}
