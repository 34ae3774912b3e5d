package report

import (
	"bytes"
	"encoding/json"
	"errors"
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

// TestQueuedWritesNothing: the message's record comes when it is complete.
func TestQueuedWritesNothing(t *testing.T) {
	if got := written(t, func(e *Events) { e.Queued(&parser.Message{}) }); got != "" {
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
	if err := JSON(&out, want); err != nil {
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
	if err := JSON(&out, empty); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out.Bytes(), []byte("null")) {
		t.Errorf("it holds null:\n%s", out.String())
	}
}
