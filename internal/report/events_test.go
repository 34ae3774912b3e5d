package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

func smtpd() *parser.Service {
	return &parser.Service{Host: "mx1", Instance: "postfix", Name: "submission", Program: "smtpd"}
}

func someClient() *parser.Peer {
	return &parser.Peer{Name: "client.example.net", Address: "192.0.2.10", Class: parser.ClassPublic}
}

func relayService() *parser.Service {
	return &parser.Service{Host: "mx1", Instance: "postfix", Name: "relay", Program: "smtp"}
}

func lmtpService() *parser.Service {
	return &parser.Service{Host: "mx1", Instance: "postfix", Name: "lmtp", Program: "lmtp"}
}

func someServer() *parser.Peer {
	return &parser.Peer{Name: "mx.example.org", Address: "198.51.100.25", Class: parser.ClassPublic}
}

func someSocket() *parser.Peer {
	return &parser.Peer{Name: "mx1.example.com", Path: "private/dovecot-lmtp", Class: parser.ClassUnix}
}

// written returns what Events makes of a record.
func written(t *testing.T, tell func(*Events)) string {
	t.Helper()
	var out bytes.Buffer
	e := NewEvents(&out)
	tell(e)
	if e.Err() != nil {
		t.Fatal(e.Err())
	}
	return out.String()
}

func TestSessionEvent(t *testing.T) {
	full := parser.Commands{Known: true}
	full.Count[parser.CommandEHLO] = parser.Count{OK: 2, Total: 2}
	full.Count[parser.CommandRCPT] = parser.Count{OK: 3, Total: 4}
	full.Count[parser.CommandAUTH] = parser.Count{OK: 0, Total: 1}
	tests := []struct {
		name    string
		session parser.Session
		want    string
	}{
		{"all that can be known", parser.Session{
			Start: at(22, 4, 10), End: at(22, 4, 11).Add(120 * time.Millisecond), Service: smtpd(), PID: 411, Peer: someClient(), Port: 40112,
			State: parser.TLSEstablished, SNI: "mx.example.com",
			TLS: &parser.TLS{
				Protocol: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384", Bits: 256, Trust: "Anonymous", KeyExchange: "X25519",
				Signature: "ECDSA (P-256)", Digest: "SHA256",
			},
			Failure:  &parser.Failure{Result: "validation-failure", Reason: "client_certificate", Detail: "No client certificate presented"},
			Auth:     parser.Auth{Method: "PLAIN", Username: "<u>@example.com", Failures: 1},
			Messages: 2, QueueIDs: []string{"3F1A2C0B7D", "41B7D2C0A9"}, Commands: &full, Ended: parser.EndedTimeout,
		}, `{"kind":"session","direction":"inbound","start":"2026-11-22T04:10:07Z","end":"2026-11-22T04:11:07.12Z","host":"mx1",` +
			`"instance":"postfix","service":"submission","program":"smtpd","pid":411,` +
			`"peer":{"name":"client.example.net","address":"192.0.2.10","port":40112,"class":"public"},` +
			`"tls":"established","protocol":"TLSv1.3","cipher":"TLS_AES_256_GCM_SHA384","bits":256,"trust":"Anonymous",` +
			`"key_exchange":"X25519","signature":"ECDSA (P-256)","digest":"SHA256","sni":"mx.example.com",` +
			`"failure":{"result":"validation-failure","reason":"client_certificate","detail":"No client certificate presented"},` +
			`"auth":{"method":"PLAIN","username":"<u>@example.com","failures":1},"messages":2,"queue_ids":["3F1A2C0B7D","41B7D2C0A9"],` +
			`"commands":{"ehlo":2,"auth":{"ok":0,"total":1},"rcpt":{"ok":3,"total":4}},"ended":"timeout"}` + "\n"},
		{"as little as there can be", parser.Session{
			End: at(22, 4, 11), Service: smtpd(), PID: 411, Peer: &parser.Peer{Name: "unknown"}, Commands: &parser.Commands{}, Ended: parser.EndedOpen,
		}, `{"kind":"session","direction":"inbound","end":"2026-11-22T04:11:07Z","host":"mx1",` +
			`"instance":"postfix","service":"submission","program":"smtpd","pid":411,"peer":{"name":"unknown","class":"unknown"},` +
			`"tls":"unknown","messages":0,"ended":"open"}` + "\n"},
		{"postscreen asks for no name", parser.Session{
			Start: at(22, 4, 10), End: at(22, 4, 11), PID: 77,
			Service: &parser.Service{Host: "mx1", Instance: "postfix", Name: "postscreen", Program: "postscreen"},
			Peer:    &parser.Peer{Address: "192.0.2.10", Class: parser.ClassPublic}, Port: 40112, State: parser.TLSPlaintext, Commands: &parser.Commands{},
		}, `{"kind":"session","direction":"inbound","start":"2026-11-22T04:10:07Z","end":"2026-11-22T04:11:07Z","host":"mx1","instance":"postfix",` +
			`"service":"postscreen","program":"postscreen","pid":77,"peer":{"address":"192.0.2.10","port":40112,"class":"public"},` +
			`"tls":"plaintext","messages":0,"ended":"disconnect"}` + "\n"},
		{"outbound there are no commands and no end", parser.Session{
			Direction: parser.Outbound, Start: at(22, 4, 10), End: at(22, 4, 10), Service: relayService(), PID: 501, Peer: someServer(), Port: 25,
			State: parser.TLSFailed, Failure: &parser.Failure{Result: "certificate-not-trusted", Reason: "other", Detail: "Server certificate not verified"},
			QueueIDs: []string{"3F1A2C0B7D"}, Commands: &parser.Commands{}, Ended: parser.EndedUnlogged,
		}, `{"kind":"session","direction":"outbound","start":"2026-11-22T04:10:07Z","end":"2026-11-22T04:10:07Z","host":"mx1","instance":"postfix",` +
			`"service":"relay","program":"smtp","pid":501,"peer":{"name":"mx.example.org","address":"198.51.100.25","port":25,"class":"public"},` +
			`"tls":"failed","failure":{"result":"certificate-not-trusted","reason":"other","detail":"Server certificate not verified"},` +
			`"messages":0,"queue_ids":["3F1A2C0B7D"]}` + "\n"},
		{"outbound to a UNIX-domain socket", parser.Session{
			Direction: parser.Outbound, Start: at(22, 4, 10), End: at(22, 4, 10), Service: lmtpService(), PID: 502, Peer: someSocket(),
			State: parser.TLSPlaintext, Messages: 1, QueueIDs: []string{"3F1A2C0B7D"}, Commands: &parser.Commands{}, Ended: parser.EndedUnlogged,
		}, `{"kind":"session","direction":"outbound","start":"2026-11-22T04:10:07Z","end":"2026-11-22T04:10:07Z","host":"mx1","instance":"postfix",` +
			`"service":"lmtp","program":"lmtp","pid":502,"peer":{"name":"mx1.example.com","path":"private/dovecot-lmtp","class":"unix"},` +
			`"tls":"plaintext","messages":1,"queue_ids":["3F1A2C0B7D"]}` + "\n"},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, written(t, func(e *Events) { e.Session(&test.session) })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestMessageEvent(t *testing.T) {
	tests := []struct {
		name    string
		message parser.Message
		want    string
	}{
		{"by SMTP", parser.Message{
			QueueID: "3F1A2C0B7D", Host: "mx1", Instance: "postfix", MessageID: "<1@client.example.net>", From: "s@example.net", Size: 1234,
			Recipients: 2, Queued: true, Received: at(22, 4, 10), Removed: at(22, 4, 11), State: parser.MessageRemoved,
			Source: parser.Source{
				Kind: parser.SourceSMTP, Service: smtpd(), Peer: someClient(), State: parser.TLSPlaintext, Auth: parser.Auth{Method: "PLAIN", Username: "u"},
			},
		}, `{"kind":"message","queue_id":"3F1A2C0B7D","host":"mx1","instance":"postfix","message_id":"<1@client.example.net>",` +
			`"from":"s@example.net","size":1234,"recipients":2,"received":"2026-11-22T04:10:07Z","removed":"2026-11-22T04:11:07Z","state":"removed",` +
			`"source":{"service":"submission","peer":{"name":"client.example.net","address":"192.0.2.10","class":"public"},"tls":"plaintext",` +
			`"auth":{"method":"PLAIN","username":"u","failures":0}}}` + "\n"},
		{"a notification has the empty sender", parser.Message{
			QueueID: "41B7D2C0A9", Host: "mx1", Instance: "postfix", Queued: true, Received: at(22, 4, 10), State: parser.MessageActive,
			Source: parser.Source{Kind: parser.SourceBounce, Parent: "3F1A2C0B7D"},
		}, `{"kind":"message","queue_id":"41B7D2C0A9","host":"mx1","instance":"postfix","from":"","received":"2026-11-22T04:10:07Z",` +
			`"state":"active","source":{"service":"bounce","parent":"3F1A2C0B7D"}}` + "\n"},
		{"by the sendmail command of root", parser.Message{
			QueueID: "5B0C41D2E9", Host: "mx1", Instance: "postfix", Received: at(22, 4, 10), State: parser.MessageCanceled,
			Source: parser.Source{Kind: parser.SourcePickup},
		}, `{"kind":"message","queue_id":"5B0C41D2E9","host":"mx1","instance":"postfix","received":"2026-11-22T04:10:07Z",` +
			`"state":"canceled","source":{"service":"pickup","uid":0}}` + "\n"},
		{"that a content filter gave back", parser.Message{
			QueueID: "41B7D2C0A9", Host: "mx1", Instance: "postfix", Received: at(22, 4, 10), State: parser.MessageActive,
			Source: parser.Source{
				Kind: parser.SourceSMTP, Service: &parser.Service{Host: "mx1", Instance: "postfix", Name: "10025", Program: "smtpd"},
				Peer: &parser.Peer{Name: "localhost", Address: "127.0.0.1", Class: parser.ClassLoopback}, State: parser.TLSPlaintext, Parent: "3F1A2C0B7D",
			},
		}, `{"kind":"message","queue_id":"41B7D2C0A9","host":"mx1","instance":"postfix","received":"2026-11-22T04:10:07Z","state":"active",` +
			`"source":{"service":"10025","peer":{"name":"localhost","address":"127.0.0.1","class":"loopback"},"tls":"plaintext","parent":"3F1A2C0B7D"}}` + "\n"},
		{"from before the log", parser.Message{
			QueueID: "5B0C41D2E9", Host: "mx1", Instance: "postfix", Received: at(22, 4, 10), State: parser.MessageRemoved,
		}, `{"kind":"message","queue_id":"5B0C41D2E9","host":"mx1","instance":"postfix","received":"2026-11-22T04:10:07Z","state":"removed"}` + "\n"},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, written(t, func(e *Events) { e.Message(&test.message) })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestDeliveryEvent(t *testing.T) {
	tests := []struct {
		name     string
		delivery parser.Delivery
		want     string
	}{
		{"all that can be known", parser.Delivery{
			QueueID: "3F1A2C0B7D", Time: at(22, 4, 11), To: "r@example.org", OrigTo: "alias@example.com", Domain: "example.org", Service: relayService(),
			Relay: someServer(), Port: 25, Status: "sent", DSN: "2.0.0", Delay: 1200 * time.Millisecond, QueuedAs: "9C0D1E2F3A", First: true,
			State: parser.TLSEstablished,
			TLS: &parser.TLS{
				Protocol: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384", Bits: 256, Trust: "Verified", KeyExchange: "x25519",
				Signature: "ecdsa_secp256r1_sha256", Digest: "SHA256",
			},
			Reused: true, Policy: parser.Policy{Level: "dane", Final: "halfdane", RequireTLS: "requiretls:none"},
		}, `{"time":"2026-11-22T04:11:07Z","to":"r@example.org","orig_to":"alias@example.com","program":"smtp","service":"relay",` +
			`"relay":{"name":"mx.example.org","address":"198.51.100.25","port":25,"class":"public"},"status":"sent","dsn":"2.0.0","delay":1.2,` +
			`"tls":"established","protocol":"TLSv1.3","cipher":"TLS_AES_256_GCM_SHA384","bits":256,"trust":"Verified","key_exchange":"x25519",` +
			`"signature":"ecdsa_secp256r1_sha256","digest":"SHA256","policy":"dane","policy_final":"halfdane","policy_violated":false,` +
			`"policy_undecided":false,"requiretls":"requiretls:none","reused":true,"queued_as":"9C0D1E2F3A"}`},
		{"TLS was required", parser.Delivery{
			Time: at(22, 4, 11), To: "r@example.org", Service: relayService(), Relay: someServer(), Port: 25, Status: "deferred", DSN: "4.7.5",
			State: parser.TLSFailed, Policy: parser.Policy{Level: "verify", Violated: true},
			Failure: &parser.Failure{Result: "certificate-not-trusted", Reason: "other", Detail: "Server certificate not verified"},
		}, `{"time":"2026-11-22T04:11:07Z","to":"r@example.org","program":"smtp","service":"relay",` +
			`"relay":{"name":"mx.example.org","address":"198.51.100.25","port":25,"class":"public"},"status":"deferred","dsn":"4.7.5","delay":0,` +
			`"tls":"failed","policy":"verify","policy_violated":true,"policy_undecided":false,"reused":false,` +
			`"failure":{"result":"certificate-not-trusted","reason":"other","detail":"Server certificate not verified"}}`},
		{"no server was reached", parser.Delivery{
			Time: at(22, 4, 11), To: "r@example.org", Service: relayService(), Status: "deferred", DSN: "4.4.1", Delay: 432000*time.Second + time.Microsecond,
			Policy: parser.Policy{Level: "encrypt", Undecided: true},
		}, `{"time":"2026-11-22T04:11:07Z","to":"r@example.org","program":"smtp","service":"relay","status":"deferred","dsn":"4.4.1",` +
			`"delay":432000.000001,"policy":"encrypt","policy_violated":false,"policy_undecided":true}`},
		{"to a UNIX-domain socket", parser.Delivery{
			Time: at(22, 4, 11), To: "r@example.com", Service: lmtpService(), Relay: someSocket(), Status: "sent", DSN: "2.0.0",
			Delay: 70 * time.Millisecond, State: parser.TLSPlaintext,
		}, `{"time":"2026-11-22T04:11:07Z","to":"r@example.com","program":"lmtp","service":"lmtp",` +
			`"relay":{"name":"mx1.example.com","path":"private/dovecot-lmtp","class":"unix"},"status":"sent","dsn":"2.0.0","delay":0.07,` +
			`"tls":"plaintext","reused":false}`},
		{"within the host", parser.Delivery{
			Time: at(22, 4, 11), To: "r@example.com", Service: &parser.Service{Host: "mx1", Instance: "postfix", Name: "pipe", Program: "pipe"},
			Agent: "dovecot", Status: "sent", DSN: "2.0.0", Delay: 30 * time.Second,
		}, `{"time":"2026-11-22T04:11:07Z","to":"r@example.com","program":"pipe","service":"pipe","relay":{"name":"dovecot"},"status":"sent",` +
			`"dsn":"2.0.0","delay":30}`},
		{"hostile addresses", parser.Delivery{
			Time: at(22, 4, 11), To: "r\x1b[2J\u202e@example.org", OrigTo: "\u009b<\">@example.com", Service: relayService(), Status: "bounced", DSN: "5.1.1",
		}, `{"time":"2026-11-22T04:11:07Z","to":"r\u001b[2J\u202e@example.org","orig_to":"\u009b<\">@example.com","program":"smtp","service":"relay",` +
			`"status":"bounced","dsn":"5.1.1","delay":0}`},
		{
			"the line is cut, and the address empty",
			parser.Delivery{Time: at(22, 4, 11), Service: relayService()},
			`{"time":"2026-11-22T04:11:07Z","to":"","program":"smtp","service":"relay"}`,
		},
	}
	for _, test := range tests {
		m := parser.Message{QueueID: "3F1A2C0B7D", Received: at(22, 4, 10), Deliveries: []parser.Delivery{test.delivery}, Omitted: 3}
		_, got, _ := strings.Cut(written(t, func(e *Events) { e.Message(&m) }), `"deliveries":`)
		if diff := cmp.Diff("["+test.want+`],"omitted_deliveries":3}`+"\n", got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestDeliveriesAreNotKept: what is written of a message does not come again with the next.
func TestDeliveriesAreNotKept(t *testing.T) {
	got := written(t, func(e *Events) {
		e.Message(&parser.Message{Deliveries: []parser.Delivery{{To: "first", Service: relayService()}, {To: "second", Service: relayService()}}})
		e.Message(&parser.Message{Deliveries: []parser.Delivery{{To: "third", Service: relayService()}}})
		e.Message(&parser.Message{})
	})
	var to []string
	for dec := json.NewDecoder(strings.NewReader(got)); dec.More(); {
		var m struct{ Deliveries []struct{ To string } }
		if err := dec.Decode(&m); err != nil {
			t.Fatal(err)
		}
		to = append(to, fmt.Sprint(m.Deliveries))
	}
	if diff := cmp.Diff([]string{"[{first} {second}]", "[{third}]", "[]"}, to); diff != "" {
		t.Errorf("deliveries (-want +got):\n%s", diff)
	}
}

// TestAllocations: a delivery costs two allocations, which are for its time as text; some more under the race detector, where pools lose things at random.
func TestAllocations(t *testing.T) {
	e := NewEvents(io.Discard)
	allocations := func(recipients int) float64 {
		m := parser.Message{Received: at(22, 4, 10), Deliveries: make([]parser.Delivery, recipients)}
		for i := range m.Deliveries {
			m.Deliveries[i] = parser.Delivery{
				Time: at(22, 4, 11), To: "r@example.org", Service: relayService(), Relay: someServer(), Status: "sent", Policy: parser.Policy{Level: "may"},
			}
		}
		return testing.AllocsPerRun(10, func() { e.Message(&m) })
	}
	if one, many := allocations(1), allocations(1001); many > one+3*1000 {
		t.Errorf("%v allocations for one recipient, %v for 1001", one, many)
	}
}

// TestWritesNothing: the records of messages and sessions hold what these tell.
func TestWritesNothing(t *testing.T) {
	got := written(t, func(e *Events) {
		e.Queued(&parser.Message{})
		e.Delivered(&parser.Delivery{})
		e.TLSRPT(&parser.TLSRPT{})
	})
	if got != "" {
		t.Errorf("it wrote %q", got)
	}
}

// failing fails from its second write on, once.
type failing struct{ writes int }

var errGone = errors.New("broken pipe")

func (f *failing) Write(p []byte) (int, error) {
	f.writes++
	if f.writes == 2 {
		return 0, errGone
	}
	return len(p), nil
}

// TestEventsStopAtTheFirstError keeps it, and writes no record behind a gap.
func TestEventsStopAtTheFirstError(t *testing.T) {
	w := &failing{}
	e := NewEvents(w)
	for range 5 {
		e.Message(&parser.Message{QueueID: "3F1A2C0B7D"})
	}
	if !errors.Is(e.Err(), errGone) || w.writes != 2 {
		t.Errorf("%d writes, error %v; want 2, %v", w.writes, e.Err(), errGone)
	}
}

// TestJSON reads back what was written, and finds no hostile character in it.
func TestJSON(t *testing.T) {
	var out bytes.Buffer
	want := sample()
	if err := JSON(&out, want, JSONOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, r := range out.String() {
		if harmful(r) && r != '\n' {
			t.Errorf("it holds %U", r)
		}
	}
	var got tally.Snapshot
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want.Unrecognized[1].Shape = "TLS \ufffd N" // what is no UTF-8 cannot be kept
	if diff := cmp.Diff(want, &got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestJSONOfNothing has lists, not null: programs go through them.
func TestJSONOfNothing(t *testing.T) {
	var out bytes.Buffer
	empty := tally.New(tally.Options{}).Snapshot(&parser.Counts{})
	if err := JSON(&out, empty, JSONOptions{Profile: profile(t, "rfc9325")}); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out.Bytes(), []byte("null")) {
		t.Errorf("it holds null:\n%s", out.String())
	}
}
