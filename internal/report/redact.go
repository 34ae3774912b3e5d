package report

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"regexp"
	"strings"
	"unicode"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// Redactor replaces the local parts of addresses and Message-IDs, and user names, by a keyed hash, and passes the records on. Equal ones have
// equal hashes under one key; without the key nothing leads back, not even trying all likely names. Domains stay, and so do hosts, services and
// queue IDs. It is a parser.Sink.
type Redactor struct {
	sink parser.Sink
	mac  hash.Hash

	deliveries []parser.Delivery // copies, of the message that is passed on
}

// NewRedactor returns a sink that passes redacted copies of the records on to sink. The key should be random, and of 32 bytes.
func NewRedactor(sink parser.Sink, key []byte) *Redactor {
	return &Redactor{sink: sink, mac: hmac.New(sha256.New, key)}
}

// Session passes on the session without its user name.
func (r *Redactor) Session(s *parser.Session) {
	c := *s
	c.Auth.Username = r.address(s.Auth.Username)
	c.Failure = r.failure(s.Failure)
	r.sink.Session(&c)
}

// Queued passes on the message, like Message.
func (r *Redactor) Queued(m *parser.Message) { r.sink.Queued(r.message(m)) }

// Message passes on the message without local parts and user name.
func (r *Redactor) Message(m *parser.Message) { r.sink.Message(r.message(m)) }

// Delivered passes on the delivery without local parts.
func (r *Redactor) Delivered(d *parser.Delivery) {
	c := r.delivery(d)
	r.sink.Delivered(&c)
}

// TLSRPT passes on the result; its words come from the TLS library, or from the peer.
func (r *Redactor) TLSRPT(t *parser.TLSRPT) {
	c := *t
	c.Reason = r.text(t.Reason)
	r.sink.TLSRPT(&c)
}

func (r *Redactor) message(m *parser.Message) *parser.Message {
	c := *m
	c.From, c.MessageID, c.Source.Auth.Username = r.address(m.From), r.messageID(m.MessageID), r.address(m.Source.Auth.Username)
	r.deliveries = r.deliveries[:0]
	for i := range m.Deliveries {
		r.deliveries = append(r.deliveries, r.delivery(&m.Deliveries[i]))
	}
	c.Deliveries = r.deliveries
	return &c
}

func (r *Redactor) delivery(d *parser.Delivery) parser.Delivery {
	c := *d
	c.To, c.OrigTo, c.Failure = r.address(d.To), r.address(d.OrigTo), r.failure(d.Failure)
	return c
}

func (r *Redactor) failure(f *parser.Failure) *parser.Failure {
	if f == nil {
		return nil
	}
	c := *f
	c.Detail = r.text(f.Detail)
	return &c
}

// hash returns 64 bits, in hexadecimal. Nothing stays nothing: the empty sender has no local part, and is worth telling.
func (r *Redactor) hash(s string) string {
	if s == "" {
		return ""
	}
	r.mac.Reset()
	r.mac.Write([]byte(s))
	return hex.EncodeToString(r.mac.Sum(nil)[:8])
}

// address redacts an address or a user name. The last @ ends its local part: those before it are in quotes, or in an address that another one
// holds. Where no domain follows, all is hashed: user, HOST\user, "a quoted@local part".
func (r *Redactor) address(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 0 || !isDomain(s[at+1:]) {
		return r.hash(s)
	}
	return r.hash(s[:at]) + s[at:]
}

// messageID redacts what is between the angle brackets, as if it were an address. The header may hold anything: what is outside of them is hashed too.
func (r *Redactor) messageID(s string) string {
	inner, opened := strings.CutPrefix(s, "<")
	inner, closed := strings.CutSuffix(inner, ">")
	if !opened || !closed {
		return r.address(s)
	}
	return "<" + r.address(inner) + ">"
}

// isDomain tells a domain or an address literal from text that only follows an @: "b> (from alice)", `home"`. Domains may be international ones.
func isDomain(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return !strings.ContainsRune(".-_:[]", c) && !unicode.In(c, unicode.Letter, unicode.Mark, unicode.Digit)
	})
}

// addressLike takes what may be a local part in the words of other servers and of certificates, up to its @. Only what cannot be in one without
// quotes ends it: rather too much is taken than too little. %40 is an @ in a URL, such as servers give to explain a refusal.
var addressLike = regexp.MustCompile(`(?:"(?:[^"\\]|\\.)*"|[^\s"<>()\[\],;:])+(?:@|%40)`)

// text redacts all that looks like an address.
func (r *Redactor) text(s string) string {
	return addressLike.ReplaceAllStringFunc(s, func(found string) string {
		at := "@"
		if strings.HasSuffix(found, "%40") {
			at = "%40"
		}
		return r.hash(strings.TrimSuffix(found, at)) + at
	})
}
