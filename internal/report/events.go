package report

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// Events writes each record as one line of JSON. It is a parser.Sink; after the first write error it writes nothing more, and Err
// tells it.
type Events struct {
	w   io.Writer
	err error
	buf bytes.Buffer
	enc *json.Encoder
	out []byte
}

// NewEvents returns a sink that writes to w, which should be buffered.
func NewEvents(w io.Writer) *Events {
	e := &Events{w: w}
	e.enc = json.NewEncoder(&e.buf)
	e.enc.SetEscapeHTML(false)
	return e
}

// Err returns the first error of the writer.
func (e *Events) Err() error { return e.err }

// Session writes a session.
func (e *Events) Session(s *parser.Session) { e.write(newSessionEvent(s)) }

// Queued writes nothing: the message's record comes when it is complete.
func (e *Events) Queued(*parser.Message) {}

// Message writes a message.
func (e *Events) Message(m *parser.Message) { e.write(newMessageEvent(m)) }

func (e *Events) write(v any) {
	if e.err != nil {
		return
	}
	e.buf.Reset()
	if e.err = e.enc.Encode(v); e.err != nil {
		return
	}
	e.out = EscapeJSON(e.out[:0], e.buf.Bytes())
	_, e.err = e.w.Write(e.out)
}

type sessionEvent struct {
	Kind      string     `json:"kind"`
	Direction string     `json:"direction"`
	Start     *time.Time `json:"start,omitempty"`
	End       time.Time  `json:"end"`
	Host      string     `json:"host"`
	Instance  string     `json:"instance"`
	Service   string     `json:"service"`
	Program   string     `json:"program"`
	PID       uint32     `json:"pid"`
	Peer      peerEvent  `json:"peer"`
	TLS       string     `json:"tls"`
	tlsEvent
	Failure  *failureEvent `json:"failure,omitempty"`
	Auth     *authEvent    `json:"auth,omitempty"`
	Messages int           `json:"messages"`
	QueueIDs []string      `json:"queue_ids,omitempty"`
	Commands commandsEvent `json:"commands,omitzero"`
	Ended    string        `json:"ended"`
}

type peerEvent struct {
	Name    string `json:"name"`
	Address string `json:"address,omitempty"`
	Port    uint16 `json:"port,omitempty"`
	Class   string `json:"class"`
}

// tlsEvent has no "reused": in smtpd's lines every session is a new one.
type tlsEvent struct {
	Protocol    string `json:"protocol,omitempty"`
	Cipher      string `json:"cipher,omitempty"`
	Bits        int    `json:"bits,omitempty"`
	Trust       string `json:"trust,omitempty"`
	KeyExchange string `json:"key_exchange,omitempty"`
	Signature   string `json:"signature,omitempty"`
	Digest      string `json:"digest,omitempty"`
	SNI         string `json:"sni,omitempty"`
}

type failureEvent struct {
	Result string `json:"result"`
	Reason string `json:"reason"`
	Detail string `json:"detail,omitempty"`
}

type authEvent struct {
	Method   string `json:"method,omitempty"`
	Username string `json:"username,omitempty"`
	Failures uint32 `json:"failures"`
}

type messageEvent struct {
	Kind       string       `json:"kind"`
	QueueID    string       `json:"queue_id"`
	Host       string       `json:"host"`
	Instance   string       `json:"instance"`
	MessageID  string       `json:"message_id,omitempty"`
	From       *string      `json:"from,omitempty"` // "" is the empty sender
	Size       uint64       `json:"size,omitempty"`
	Recipients uint32       `json:"recipients,omitempty"`
	Received   time.Time    `json:"received"`
	Removed    *time.Time   `json:"removed,omitempty"`
	State      string       `json:"state"`
	Source     *sourceEvent `json:"source,omitempty"`
}

type sourceEvent struct {
	Service string     `json:"service"`
	Peer    *peerEvent `json:"peer,omitempty"`
	TLS     string     `json:"tls,omitempty"`
	tlsEvent
	Auth   *authEvent `json:"auth,omitempty"`
	UID    *uint64    `json:"uid,omitempty"`
	Parent string     `json:"parent,omitempty"`
}

func newSessionEvent(s *parser.Session) *sessionEvent {
	e := &sessionEvent{
		Kind: "session", Direction: "inbound", Start: known(s.Start), End: s.End,
		Host: s.Service.Host, Instance: s.Service.Instance, Service: s.Service.Name, Program: s.Service.Program, PID: s.PID,
		Peer: newPeerEvent(s.Peer, s.Port), TLS: s.State.String(), tlsEvent: newTLSEvent(s.TLS, s.SNI), Auth: newAuthEvent(&s.Auth),
		Messages: s.Messages, QueueIDs: s.QueueIDs, Commands: commandsEvent(*s.Commands), Ended: s.Ended.String(),
	}
	if f := s.Failure; f != nil {
		e.Failure = &failureEvent{f.Result, f.Reason, f.Detail}
	}
	return e
}

func newMessageEvent(m *parser.Message) *messageEvent {
	e := &messageEvent{
		Kind: "message", QueueID: m.QueueID, Host: m.Host, Instance: m.Instance, MessageID: m.MessageID, Size: m.Size,
		Recipients: m.Recipients, Received: m.Received, Removed: known(m.Removed), State: m.State.String(),
		Source: newSourceEvent(&m.Source),
	}
	if m.Queued {
		e.From = &m.From
	}
	return e
}

func newSourceEvent(s *parser.Source) *sourceEvent {
	switch s.Kind {
	case parser.SourceSMTP:
		peer := newPeerEvent(s.Peer, s.Port)
		return &sourceEvent{
			Service: s.Service.Name, Peer: &peer, TLS: s.State.String(), tlsEvent: newTLSEvent(s.TLS, s.SNI), Auth: newAuthEvent(&s.Auth),
		}
	case parser.SourcePickup:
		return &sourceEvent{Service: "pickup", UID: &s.UID, Parent: s.Parent}
	case parser.SourceBounce:
		return &sourceEvent{Service: "bounce", Parent: s.Parent}
	case parser.SourceUnknown:
	}
	return nil
}

func newPeerEvent(p *parser.Peer, port uint16) peerEvent {
	return peerEvent{p.Name, p.Address, port, p.Class.String()}
}

func newTLSEvent(t *parser.TLS, sni string) tlsEvent {
	if t == nil {
		return tlsEvent{}
	}
	return tlsEvent{t.Protocol, t.Cipher, t.Bits, t.Trust, t.KeyExchange, t.Signature, t.Digest, sni}
}

func newAuthEvent(a *parser.Auth) *authEvent {
	if *a == (parser.Auth{}) {
		return nil
	}
	return &authEvent{a.Method, a.Username, a.Failures}
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// commandsEvent is written in smtpd's order, which a map would lose.
type commandsEvent parser.Commands

// MarshalJSON writes "ehlo":2 where all succeeded, and "rcpt":{"ok":3,"total":4} where not.
func (c commandsEvent) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, n := range c.Count {
		if n.Total == 0 {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), parser.Command(i).String()...), '"', ':')
		if n.OK == n.Total {
			b = strconv.AppendUint(b, uint64(n.OK), 10)
			continue
		}
		b = strconv.AppendUint(append(b, `{"ok":`...), uint64(n.OK), 10)
		b = strconv.AppendUint(append(b, `,"total":`...), uint64(n.Total), 10)
		b = append(b, '}')
	}
	return append(b, '}'), nil
}

// Delivered counts a delivery.
func (e *Events) Delivered(*parser.Delivery) {}

// TLSRPT counts a TLSRPT result.
func (e *Events) TLSRPT(*parser.TLSRPT) {}
