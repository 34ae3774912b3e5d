package hive

import (
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// What an event of JSON leaves out is null. Columns date and host are in the names of the folders.
//
// Whatever may be null is a pointer: of optional values that are none, the library writes some as null and others as zero (parquet-go issue 154), and its
// versions differ in what they mean to do.

type session struct {
	ID        string     `parquet:"id"`
	Direction string     `parquet:"direction,dict"`
	Start     *time.Time `parquet:"start,optional,timestamp(microsecond)"`
	End       time.Time  `parquet:"end,timestamp(microsecond)"`
	Instance  string     `parquet:"instance,dict"`
	Service   string     `parquet:"service,dict"`
	Program   string     `parquet:"program,dict"`
	PID       uint32     `parquet:"pid"`
	Peer      peer       `parquet:"peer"`
	State     string     `parquet:"tls,dict"`
	tls
	Failure  *failure  `parquet:"failure,optional"`
	Auth     *auth     `parquet:"auth,optional"`
	Messages int64     `parquet:"messages"`
	QueueIDs []string  `parquet:"queue_ids,list"`
	Commands []command `parquet:"commands,list"`
	Ended    *string   `parquet:"ended,optional,dict"`
}

type message struct {
	ID         string     `parquet:"id"`
	QueueID    string     `parquet:"queue_id"`
	Instance   string     `parquet:"instance,dict"`
	MessageID  *string    `parquet:"message_id,optional"`
	From       *string    `parquet:"from,optional"`
	Size       *int64     `parquet:"size,optional"`
	Recipients *uint32    `parquet:"recipients,optional"`
	Received   time.Time  `parquet:"received,timestamp(microsecond)"`
	Removed    *time.Time `parquet:"removed,optional,timestamp(microsecond)"`
	State      string     `parquet:"state,dict"`
	Source     *source    `parquet:"source,optional"`
	Deliveries []delivery `parquet:"deliveries,list"`
	Omitted    *int64     `parquet:"omitted_deliveries,optional"`
}

type source struct {
	Service string  `parquet:"service,dict"`
	Peer    *peer   `parquet:"peer,optional"`
	State   *string `parquet:"tls,optional,dict"`
	tls
	Auth   *auth   `parquet:"auth,optional"`
	UID    *int64  `parquet:"uid,optional"`
	Parent *string `parquet:"parent,optional"`
}

type delivery struct {
	Time    time.Time `parquet:"time,timestamp(microsecond)"`
	To      string    `parquet:"to"`
	OrigTo  *string   `parquet:"orig_to,optional"`
	Program string    `parquet:"program,dict"`
	Service string    `parquet:"service,dict"`
	Relay   *peer     `parquet:"relay,optional"`
	Status  *string   `parquet:"status,optional,dict"`
	DSN     *string   `parquet:"dsn,optional,dict"`
	Delay   *float64  `parquet:"delay,optional"`
	State   *string   `parquet:"tls,optional,dict"`
	tls
	Policy          *string  `parquet:"policy,optional,dict"`
	PolicyFinal     *string  `parquet:"policy_final,optional,dict"`
	PolicyViolated  *bool    `parquet:"policy_violated,optional"`
	PolicyUndecided *bool    `parquet:"policy_undecided,optional"`
	RequireTLS      *string  `parquet:"requiretls,optional,dict"`
	Reused          *bool    `parquet:"reused,optional"`
	QueuedAs        *string  `parquet:"queued_as,optional"`
	Failure         *failure `parquet:"failure,optional"`
}

type peer struct {
	Name    *string `parquet:"name,optional,dict"`
	Address *string `parquet:"address,optional,dict"`
	Port    *int32  `parquet:"port,optional"`
	Path    *string `parquet:"path,optional,dict"`
	Class   *string `parquet:"class,optional,dict"`
}

type tls struct {
	Protocol    *string `parquet:"protocol,optional,dict"`
	Cipher      *string `parquet:"cipher,optional,dict"`
	Bits        *int32  `parquet:"bits,optional"`
	Trust       *string `parquet:"trust,optional,dict"`
	KeyExchange *string `parquet:"key_exchange,optional,dict"`
	Signature   *string `parquet:"signature,optional,dict"`
	Digest      *string `parquet:"digest,optional,dict"`
	SNI         *string `parquet:"sni,optional,dict"`
}

type failure struct {
	Result string  `parquet:"result,dict"`
	Reason string  `parquet:"reason,dict"`
	Detail *string `parquet:"detail,optional"`
}

type auth struct {
	Method   *string `parquet:"method,optional,dict"`
	Username *string `parquet:"username,optional"`
	Failures uint32  `parquet:"failures"`
}

// A command is one of smtpd's counters.
type command struct {
	Name  string `parquet:"name,dict"`
	OK    int64  `parquet:"ok"`
	Total int64  `parquet:"total"`
}

func newSession(s *parser.Session) session {
	r := session{
		ID: s.ID(), Direction: s.Direction.String(), Start: given(s.Start), End: s.End, Instance: s.Service.Instance, Service: s.Service.Name,
		Program: s.Service.Program, PID: s.PID, Peer: *newPeer(s.Peer, s.Port), State: s.State.String(), tls: newTLS(s.TLS, s.SNI),
		Failure: newFailure(s.Failure), Auth: newAuth(s.Auth), Messages: int64(s.Messages), Ended: given(s.Ended.String()),
	}
	r.QueueIDs = append(r.QueueIDs, s.QueueIDs...)
	for i, n := range s.Commands.Count {
		if n.Total > 0 {
			r.Commands = append(r.Commands, command{parser.Command(i).String(), int64(n.OK), int64(n.Total)})
		}
	}
	return r
}

func newMessage(m *parser.Message) message {
	r := message{
		ID: m.ID(), QueueID: m.QueueID, Instance: m.Instance, MessageID: given(m.MessageID), Size: given(int64(m.Size)), Recipients: given(m.Recipients),
		Received: m.Received, Removed: given(m.Removed), State: m.State.String(), Source: newSource(&m.Source), Omitted: given(int64(m.Omitted)),
	}
	if m.Queued {
		r.From = new(m.From)
	}
	for i := range m.Deliveries {
		r.Deliveries = append(r.Deliveries, newDelivery(&m.Deliveries[i]))
	}
	return r
}

func newSource(s *parser.Source) *source {
	switch s.Kind {
	case parser.SourceSMTP:
		return &source{
			Service: s.Service.Name, Peer: newPeer(s.Peer, s.Port), State: given(s.State.String()), tls: newTLS(s.TLS, s.SNI), Auth: newAuth(s.Auth), Parent: given(s.Parent),
		}
	case parser.SourcePickup:
		return &source{Service: "pickup", UID: new(int64(s.UID)), Parent: given(s.Parent)}
	case parser.SourceBounce:
		return &source{Service: "bounce", Parent: given(s.Parent)}
	case parser.SourceUnknown:
	}
	return nil
}

func newDelivery(d *parser.Delivery) delivery {
	r := delivery{
		Time: d.Time, To: d.To, OrigTo: given(d.OrigTo), Program: d.Service.Program, Service: d.Service.Name, Status: given(d.Status), DSN: given(d.DSN),
		QueuedAs: given(d.QueuedAs), Failure: newFailure(d.Failure), Policy: given(d.Policy.Level), PolicyFinal: given(d.Policy.Final),
		RequireTLS: given(d.Policy.RequireTLS),
	}
	if d.Delay != 0 || d.Status != "" { // else the line was cut before it
		r.Delay = new(float64(d.Delay.Microseconds()) / 1e6)
	}
	if d.Policy.Level != "" {
		r.PolicyViolated, r.PolicyUndecided = new(d.Policy.Violated), new(d.Policy.Undecided)
	}
	switch {
	case d.Relay != nil:
		r.Relay, r.State, r.tls, r.Reused = newPeer(d.Relay, d.Port), given(d.State.String()), newTLS(d.TLS, ""), new(d.Reused)
	case d.Agent != "":
		r.Relay = &peer{Name: given(d.Agent)}
	}
	return r
}

func newPeer(p *parser.Peer, port uint16) *peer {
	return &peer{given(p.Name), given(p.Address), given(int32(port)), given(p.Path), given(p.Class.String())}
}

func newTLS(t *parser.TLS, sni string) tls {
	if t == nil {
		return tls{}
	}
	return tls{
		given(t.Protocol), given(t.Cipher), given(int32(t.Bits)), given(t.Trust), given(t.KeyExchange), given(t.Signature), given(t.Digest), given(sni),
	}
}

func newFailure(f *parser.Failure) *failure {
	if f == nil {
		return nil
	}
	return &failure{f.Result, f.Reason, given(f.Detail)}
}

func newAuth(a parser.Auth) *auth {
	if a == (parser.Auth{}) {
		return nil
	}
	return &auth{given(a.Method), given(a.Username), a.Failures}
}

// given returns nil for what is not.
func given[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}
