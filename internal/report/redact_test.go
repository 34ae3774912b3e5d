package report

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

const testKey = "0123456789abcdef0123456789abcdef"

// hashed is HMAC-SHA256 (RFC 2104), its first 64 bits.
func hashed(s string) string {
	mac := hmac.New(sha256.New, []byte(testKey))
	_, _ = io.WriteString(mac, s)
	return hex.EncodeToString(mac.Sum(nil))[:16]
}

// expand replaces {text} by the hash of text.
func expand(s string) string {
	return hole.ReplaceAllStringFunc(s, func(m string) string { return hashed(m[1 : len(m)-1]) })
}

var hole = regexp.MustCompile(`\{[^{}]*\}`)

func TestRedactAddress(t *testing.T) {
	r := NewRedactor(nil, []byte(testKey))
	for in, want := range map[string]string{
		"":                                 "", // the empty sender
		"alice@example.com":                "{alice}@example.com",
		"Alice@Example.COM":                "{Alice}@Example.COM",
		"alice+list@example.com":           "{alice+list}@example.com",
		"bounce+alice=example.org@example": "{bounce+alice=example.org}@example",
		"alice":                            "{alice}",
		`WORKGROUP\alice`:                  `{WORKGROUP\alice}`,
		"host!alice":                       "{host!alice}",
		"alice%inner.example@example.com":  "{alice%inner.example}@example.com",
		"alice@[192.0.2.1]":                "{alice}@[192.0.2.1]",
		"alice@[IPv6:2001:db8::1]":         "{alice}@[IPv6:2001:db8::1]",
		"alice@my_host.example":            "{alice}@my_host.example",
		"alice@":                           "{alice}@",
		"@example.com":                     "@example.com",
		"alice@b\u00fccher.example":        "{alice}@b\u00fccher.example",
		"\u00e4lice@example.com":           "{\u00e4lice}@example.com",
		`"alice smith"@example.com`:        `{"alice smith"}@example.com`,
		`"alice@home"@example.com`:         `{"alice@home"}@example.com`,
		`"a\"b@c\\"@example.com`:           `{"a\"b@c\\"}@example.com`,
		`"q>, relay=x[192.0.2.66]:25, delay=1"@example.net`: `{"q>, relay=x[192.0.2.66]:25, delay=1"}@example.net`,
		`"alice@home"`:                            `{"alice@home"}`,
		`"alice@home`:                             "{\"alice}@home",
		"alice@home@example.com":                  "{alice@home}@example.com",
		"@a.example,@b.example:alice@c.example":   "{@a.example,@b.example:alice}@c.example",
		"alice@example.com, orig_client=bob":      "{alice@example.com, orig_client=bob}",
		"alice@example.com (alice)":               "{alice@example.com (alice)}",
		"alice@example.com\u202e":                 "{alice@example.com\u202e}",
		"alice@example.com\uff20home":             "{alice@example.com\uff20home}",
		"alice@\xff":                              "{alice@\xff}",
		"alice smith@example.com":                 "{alice smith}@example.com",
		strings.Repeat("a@", 500) + "example.com": "{" + strings.Repeat("a@", 499) + "a}@example.com",
	} {
		if got := r.address(in); got != expand(want) {
			t.Errorf("%q becomes %q, want %q, which is %q", in, got, expand(want), want)
		}
	}
}

func TestRedactMessageID(t *testing.T) {
	r := NewRedactor(nil, []byte(testKey))
	for in, want := range map[string]string{
		"":                               "",
		"<>":                             "<>",
		"<1.alice@example.com>":          "<{1.alice}@example.com>",
		`<"a b@c"@example.com>`:          `<{"a b@c"}@example.com>`,
		"<1@[192.0.2.1]>":                "<{1}@[192.0.2.1]>",
		"<alice>":                        "<{alice}>",
		"1.alice@example.com":            "{1.alice}@example.com",
		"alice":                          "{alice}",
		"<1@example.com":                 "{<1}@example.com",
		"<1@example.com> (from alice)":   "{<1@example.com> (from alice)}",
		"<1@a.example> <bob@b.example>":  "<{1@a.example> <bob}@b.example>",
		"<1@example.com>, status=sent (": "{<1@example.com>, status=sent (}",
	} {
		if got := r.messageID(in); got != expand(want) {
			t.Errorf("%q becomes %q, want %q, which is %q", in, got, expand(want), want)
		}
	}
}

func TestRedactText(t *testing.T) {
	r := NewRedactor(nil, []byte(testKey))
	for in, want := range map[string]string{
		"":                               "",
		"Server certificate not trusted": "Server certificate not trusted",
		"error:0A000102:SSL routines::unsupported protocol:../ssl/statem/statem_srvr.c:1664:": "" +
			"error:0A000102:SSL routines::unsupported protocol:../ssl/statem/statem_srvr.c:1664:",
		"host mx.example.org[198.51.100.25] said: 550 5.1.1 <alice@example.com>: unknown": "" +
			"host mx.example.org[198.51.100.25] said: 550 5.1.1 <{alice}@example.com>: unknown",
		"454 alice@example.com, bob@example.org; try (carol@example.net) or mailto:dave@x": "" +
			"454 {alice}@example.com, {bob}@example.org; try ({carol}@example.net) or mailto:{dave}@x",
		`454 "alice smith"@example.com`:               `454 {"alice smith"}@example.com`,
		`454 "alice \" <smith>"@example.com`:          `454 {"alice \" <smith>"}@example.com`,
		`454 al."ice s".mith@example.com`:             `454 {al."ice s".mith}@example.com`,
		`454 "alice@example.com" is not "here"`:       `454 "{alice}@example.com" is not "here"`,
		"454 bounce+alice=example.com@example.org":    "454 {bounce+alice=example.com}@example.org",
		"454 /G=Alice/S=Smith/@example.org":           "454 {/G=Alice/S=Smith/}@example.org",
		"454 see http://x.example/?id=alice%40home.y": "454 see http:{//x.example/?id=alice}%40home.y",
		"454 alice@bob@example.com":                   "454 {alice@bob}@example.com",
		"454 \u00e4lice@example.com":                  "454 {\u00e4lice}@example.com",
		"454 alice@":                                  "454 {alice}@",
		"subject CN=Alice/emailAddress=alice@x.org":   "subject {CN=Alice/emailAddress=alice}@x.org",
		"@ @": "@ @",
	} {
		if got := r.text(in); got != expand(want) {
			t.Errorf("%q becomes %q, want %q, which is %q", in, got, expand(want), want)
		}
	}
}

// kept takes the records as they are.
type kept struct {
	sessions []parser.Session
	queued   []parser.Message
	results  []parser.TLSRPT
	records  []parser.Delivery
	messages []parser.Message
}

func (k *kept) Session(s *parser.Session)    { k.sessions = append(k.sessions, *s) }
func (k *kept) Queued(m *parser.Message)     { k.queued = append(k.queued, *m) }
func (k *kept) Delivered(d *parser.Delivery) { k.records = append(k.records, *d) }
func (k *kept) TLSRPT(t *parser.TLSRPT)      { k.results = append(k.results, *t) }
func (k *kept) Message(m *parser.Message)    { k.messages = append(k.messages, *m) }

// personalMessage holds Alice's name wherever a message can hold one.
func personalMessage() *parser.Message {
	return &parser.Message{
		QueueID: "3F1A2C0B7D", MessageID: "<alice@client.example.net>", From: "alice@example.com",
		Source: parser.Source{
			Kind: parser.SourceSMTP, Service: smtpd(), Peer: someClient(), State: parser.TLSPlaintext, Auth: parser.Auth{Method: "PLAIN", Username: "alice"},
		},
		Deliveries: []parser.Delivery{
			{To: "alice@example.org", OrigTo: "alice@example.com", Service: relayService(), Failure: &parser.Failure{Detail: "no <alice@example.org>"}},
			{To: "alice", Service: lmtpService()},
		},
	}
}

// TestRedactor passes each kind of record on: nothing of Alice is left, one name has one hash everywhere, and the parser's record is as it was.
func TestRedactor(t *testing.T) {
	var k kept
	r := NewRedactor(&k, []byte(testKey))
	session := parser.Session{
		Peer: someClient(), Service: smtpd(), Auth: parser.Auth{Method: "PLAIN", Username: "alice@example.com", Failures: 2},
		Failure: &parser.Failure{Result: "validation-failure", Reason: "other", Detail: "CN alice@example.com"}, Commands: &parser.Commands{},
	}
	message := personalMessage()
	result := parser.TLSRPT{Domain: "example.org", Reason: "for alice@example.org"}
	r.Session(&session)
	r.Queued(message)
	r.Delivered(&message.Deliveries[0])
	r.Message(message)
	r.TLSRPT(&result)
	if diff := cmp.Diff(personalMessage(), message); diff != "" {
		t.Errorf("the parser's message (-before +after):\n%s", diff)
	}
	if session.Auth.Username != "alice@example.com" || session.Failure.Detail != "CN alice@example.com" {
		t.Errorf("the parser's session is changed: %+v", session)
	}

	alice := hashed("alice")
	session.Auth.Username = alice + "@example.com"
	session.Failure = &parser.Failure{Result: "validation-failure", Reason: "other", Detail: "CN " + alice + "@example.com"}
	result.Reason = "for " + alice + "@example.org"
	redacted := personalMessage()
	redacted.MessageID, redacted.From, redacted.Source.Auth.Username = "<"+alice+"@client.example.net>", alice+"@example.com", alice
	d := &redacted.Deliveries[0]
	d.To, d.OrigTo, d.Failure = alice+"@example.org", alice+"@example.com", &parser.Failure{Detail: "no <" + alice + "@example.org>"}
	redacted.Deliveries[1].To = alice
	want := kept{
		sessions: []parser.Session{session}, queued: []parser.Message{*redacted}, results: []parser.TLSRPT{result},
		records: []parser.Delivery{*d}, messages: []parser.Message{*redacted},
	}
	if diff := cmp.Diff(want, k, cmp.AllowUnexported(kept{})); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

// TestRedactorOfLittle passes on records that have nothing to hide, and one that knows no failure.
func TestRedactorOfLittle(t *testing.T) {
	session := parser.Session{End: at(22, 4, 11), Service: smtpd(), Peer: someClient(), Commands: &parser.Commands{}, Ended: parser.EndedOpen}
	message := parser.Message{
		QueueID: "41B7D2C0A9", Queued: true, Received: at(22, 4, 10), Source: parser.Source{Kind: parser.SourceBounce, Parent: "3F1A2C0B7D"},
	}
	var out bytes.Buffer
	e := NewEvents(&out)
	r := NewRedactor(e, []byte(testKey))
	r.Session(&session)
	r.Message(&message)
	want := written(t, func(e *Events) {
		e.Session(&session)
		e.Message(&message)
	})
	if diff := cmp.Diff(want, eventID.ReplaceAllString(out.String(), "$1")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestKeys: the hash is the key's, whatever was hashed before.
func TestKeys(t *testing.T) {
	one, same, other := NewRedactor(nil, []byte(testKey)), NewRedactor(nil, []byte(testKey)), NewRedactor(nil, []byte("another"))
	one.address("bob@example.com")
	if one.address("alice") != same.address("alice") {
		t.Error("one key, and two hashes of one name")
	}
	if one.address("alice") == other.address("alice") {
		t.Error("two keys, and one hash of one name")
	}
}
