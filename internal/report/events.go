package report

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// Events makes of each record one line of JSON. It is a parser.Sink; after the first error it does nothing more, and Err tells it.
type Events struct {
	take func(id string, line []byte) error
	err  error
	buf  bytes.Buffer
	enc  *json.Encoder
	out  []byte

	deliveries []deliveryEvent // of the message that is written
}

// NewEvents returns a sink that writes to w, which should be buffered.
func NewEvents(w io.Writer) *Events {
	return NewEventsFunc(func(_ string, line []byte) error {
		_, err := w.Write(line)
		return err
	})
}

// NewEventsFunc returns a sink that calls take for each record, with its ID and its line, which is only valid until take returns.
func NewEventsFunc(take func(id string, line []byte) error) *Events {
	e := &Events{take: take}
	e.enc = json.NewEncoder(&e.buf)
	e.enc.SetEscapeHTML(false)
	return e
}

// Err returns the first error of the writer, or of take.
func (e *Events) Err() error { return e.err }

// Session writes a session.
func (e *Events) Session(s *parser.Session) {
	v := newSessionEvent(s)
	e.write(v.ID, v)
}

// Queued writes nothing: the message's record comes when it is complete.
func (e *Events) Queued(*parser.Message) {}

// Delivered writes nothing: the delivery is part of the message's record.
func (e *Events) Delivered(*parser.Delivery) {}

// TLSRPT writes nothing: it tells of a handshake, and the session's record does that.
func (e *Events) TLSRPT(*parser.TLSRPT) {}

// Message writes a message with its deliveries.
func (e *Events) Message(m *parser.Message) {
	e.deliveries = e.deliveries[:0]
	for i := range m.Deliveries {
		e.deliveries = append(e.deliveries, newDeliveryEvent(&m.Deliveries[i]))
	}
	v := newMessageEvent(m, e.deliveries)
	e.write(v.ID, v)
}

func (e *Events) write(id string, v any) {
	if e.err != nil {
		return
	}
	e.buf.Reset()
	if e.err = e.enc.Encode(v); e.err != nil {
		return
	}
	e.out = EscapeJSON(e.out[:0], e.buf.Bytes())
	e.err = e.take(id, e.out)
}

type sessionEvent struct {
	Kind      string    `json:"kind"`
	ID        string    `json:"id"`
	Direction string    `json:"direction"`
	Start     time.Time `json:"start,omitzero"`
	End       time.Time `json:"end"`
	Host      string    `json:"host"`
	Instance  string    `json:"instance"`
	Service   string    `json:"service"`
	Program   string    `json:"program"`
	PID       uint32    `json:"pid"`
	Peer      peerEvent `json:"peer"`
	TLS       string    `json:"tls"`
	tlsEvent
	Failure  failureEvent  `json:"failure,omitzero"`
	Auth     authEvent     `json:"auth,omitzero"`
	Messages int           `json:"messages"`
	QueueIDs []string      `json:"queue_ids,omitempty"`
	Commands commandsEvent `json:"commands,omitzero"`
	Ended    string        `json:"ended,omitempty"`
}

// peerEvent is a client or a relay. The class is absent where there was no connection: for delivery within the host.
type peerEvent struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address,omitempty"`
	Port    uint16 `json:"port,omitempty"`
	Path    string `json:"path,omitempty"`
	Class   string `json:"class,omitempty"`
}

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
	Kind       string          `json:"kind"`
	ID         string          `json:"id"`
	QueueID    string          `json:"queue_id"`
	Host       string          `json:"host"`
	Instance   string          `json:"instance"`
	MessageID  string          `json:"message_id,omitempty"`
	From       *string         `json:"from,omitempty"` // "" is the empty sender
	Size       uint64          `json:"size,omitempty"`
	Recipients uint32          `json:"recipients,omitempty"`
	Received   time.Time       `json:"received"`
	Removed    time.Time       `json:"removed,omitzero"`
	State      string          `json:"state"`
	Source     sourceEvent     `json:"source,omitzero"`
	Deliveries []deliveryEvent `json:"deliveries,omitempty"`
	Omitted    int             `json:"omitted_deliveries,omitempty"`
}

type sourceEvent struct {
	Service string    `json:"service"`
	Peer    peerEvent `json:"peer,omitzero"`
	TLS     string    `json:"tls,omitempty"`
	tlsEvent
	Auth   authEvent `json:"auth,omitzero"`
	UID    *uint64   `json:"uid,omitempty"`
	Parent string    `json:"parent,omitempty"`
}

// deliveryEvent holds no pointers to new values: a message may have a thousand of them.
type deliveryEvent struct {
	Time    time.Time `json:"time"`
	To      string    `json:"to"`
	OrigTo  string    `json:"orig_to,omitempty"`
	Program string    `json:"program"`
	Service string    `json:"service"`
	Relay   peerEvent `json:"relay,omitzero"`
	Status  string    `json:"status,omitempty"`
	DSN     string    `json:"dsn,omitempty"`
	Delay   seconds   `json:"delay,omitzero"`
	TLS     string    `json:"tls,omitempty"`
	tlsEvent
	Policy          string       `json:"policy,omitempty"`
	PolicyFinal     string       `json:"policy_final,omitempty"`
	PolicyViolated  *bool        `json:"policy_violated,omitempty"`
	PolicyUndecided *bool        `json:"policy_undecided,omitempty"`
	RequireTLS      string       `json:"requiretls,omitempty"`
	Reused          *bool        `json:"reused,omitempty"`
	QueuedAs        string       `json:"queued_as,omitempty"`
	Failure         failureEvent `json:"failure,omitzero"`
}

func newSessionEvent(s *parser.Session) *sessionEvent {
	return &sessionEvent{
		Kind: "session", ID: s.ID(), Direction: s.Direction.String(), Start: s.Start, End: s.End,
		Host: s.Service.Host, Instance: s.Service.Instance, Service: s.Service.Name, Program: s.Service.Program, PID: s.PID,
		Peer: newPeerEvent(s.Peer, s.Port), TLS: s.State.String(), tlsEvent: newTLSEvent(s.TLS, s.SNI),
		Failure: newFailureEvent(s.Failure), Auth: authEvent(s.Auth),
		Messages: s.Messages, QueueIDs: s.QueueIDs, Commands: commandsEvent(*s.Commands), Ended: s.Ended.String(),
	}
}

func newMessageEvent(m *parser.Message, deliveries []deliveryEvent) *messageEvent {
	e := &messageEvent{
		Kind: "message", ID: m.ID(), QueueID: m.QueueID, Host: m.Host, Instance: m.Instance, MessageID: m.MessageID, Size: m.Size,
		Recipients: m.Recipients, Received: m.Received, Removed: m.Removed, State: m.State.String(),
		Source: newSourceEvent(&m.Source), Deliveries: deliveries, Omitted: m.Omitted,
	}
	if m.Queued {
		e.From = &m.From
	}
	return e
}

func newSourceEvent(s *parser.Source) sourceEvent {
	switch s.Kind {
	case parser.SourceSMTP:
		return sourceEvent{
			Service: s.Service.Name, Peer: newPeerEvent(s.Peer, s.Port), TLS: s.State.String(), tlsEvent: newTLSEvent(s.TLS, s.SNI),
			Auth: authEvent(s.Auth), Parent: s.Parent,
		}
	case parser.SourcePickup:
		return sourceEvent{Service: "pickup", UID: &s.UID, Parent: s.Parent}
	case parser.SourceBounce:
		return sourceEvent{Service: "bounce", Parent: s.Parent}
	case parser.SourceUnknown:
	}
	return sourceEvent{}
}

func newDeliveryEvent(d *parser.Delivery) deliveryEvent {
	e := deliveryEvent{
		Time: d.Time, To: d.To, OrigTo: d.OrigTo, Program: d.Service.Program, Service: d.Service.Name,
		Status: d.Status, DSN: d.DSN, Delay: newSeconds(d), QueuedAs: d.QueuedAs, Failure: newFailureEvent(d.Failure),
		Policy: d.Policy.Level, PolicyFinal: d.Policy.Final, RequireTLS: d.Policy.RequireTLS,
	}
	if d.Policy.Level != "" {
		e.PolicyViolated, e.PolicyUndecided = &d.Policy.Violated, &d.Policy.Undecided
	}
	if d.Relay == nil {
		e.Relay.Name = d.Agent
		return e
	}
	e.Relay, e.TLS, e.tlsEvent, e.Reused = newPeerEvent(d.Relay, d.Port), d.State.String(), newTLSEvent(d.TLS, ""), &d.Reused
	return e
}

// seconds are those of a delay. A delay of 0 is common, and is not left out: below zero it is unknown.
type seconds float64

// IsZero reports that the delay is unknown, for encoding/json.
func (s seconds) IsZero() bool { return s < 0 }

// newSeconds is exact for what Postfix logs, microseconds at most: the number has the digits of the log. A line that is cut may end before it.
func newSeconds(d *parser.Delivery) seconds {
	if d.Delay == 0 && d.Status == "" {
		return -1
	}
	return seconds(float64(d.Delay.Microseconds()) / 1e6)
}

func newPeerEvent(p *parser.Peer, port uint16) peerEvent {
	return peerEvent{p.Name, p.Address, port, p.Path, p.Class.String()}
}

func newTLSEvent(t *parser.TLS, sni string) tlsEvent {
	if t == nil {
		return tlsEvent{}
	}
	return tlsEvent{t.Protocol, t.Cipher, t.Bits, t.Trust, t.KeyExchange, t.Signature, t.Digest, sni}
}

func newFailureEvent(f *parser.Failure) failureEvent {
	if f == nil {
		return failureEvent{}
	}
	return failureEvent(*f)
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
