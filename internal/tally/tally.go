package tally

import (
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// Options of a tally.
type Options struct {
	// PeerLimit bounds the peers of a direction; 0 keeps none, and counts all under Other.
	PeerLimit int
	// PeerIdle is how long a peer must have been silent, by the log's clock, to make place for a newcomer; 0 means it
	// keeps its place for ever.
	PeerIdle time.Duration
	// Label names a peer; nil is HostLabel. An empty label keeps no peers at all.
	Label func(parser.Peer) string
}

// A Tally counts. It is a parser.Sink, and not safe for use by several goroutines at once.
type Tally struct {
	opts         Options
	sessions     map[SessionKey]*SessionRow
	messages     map[SessionKey]uint64
	failures     map[FailureKey]uint64
	keyExchanges map[KeyExchangeKey]uint64
	auth         map[string]uint64
	hosts        map[string]struct{}
	inbound      peers
}

// maxHosts bounds the list of hosts in a report.
const maxHosts = 10_000

// New returns an empty tally.
func New(opts Options) *Tally {
	if opts.Label == nil {
		opts.Label = HostLabel
	}
	return &Tally{
		opts: opts, sessions: make(map[SessionKey]*SessionRow), messages: make(map[SessionKey]uint64),
		failures: make(map[FailureKey]uint64), keyExchanges: make(map[KeyExchangeKey]uint64),
		auth: make(map[string]uint64), hosts: make(map[string]struct{}), inbound: newPeers(opts),
	}
}

// Session counts an inbound session.
func (t *Tally) Session(s *parser.Session) {
	t.host(s.Service.Host)
	key := sessionKey(&s.Service, &s.Peer, s.State, &s.TLS)
	row := t.sessions[key]
	if row == nil {
		row = &SessionRow{SessionKey: key}
		t.sessions[key] = row
	}
	row.Count++
	if s.Messages > 0 {
		row.WithMail++
	}
	peer := t.inbound.of(&s.Peer, s.End)
	if peer != nil {
		peer.count(key).Sessions++
		peer.seen(s.Peer.Class, s.State, s.End)
	}
	if s.Failure != nil {
		t.failures[FailureKey{Inbound, s.Service.Name, key.Class, s.Failure.Result, s.Failure.Reason}]++
		if peer != nil {
			peer.failures[reasonIndex(s.Failure.Reason)]++
		}
	}
	if s.TLS.KeyExchange != "" {
		t.keyExchanges[KeyExchangeKey{Inbound, Group(s.TLS.KeyExchange)}]++
	}
	if s.State == parser.TLSPlaintext && (s.Auth.Method != "" || s.Commands.Count[parser.CommandAUTH].OK > 0) {
		t.auth[s.Service.Name]++
	}
}

// Queued counts a message that came by SMTP.
func (t *Tally) Queued(m *parser.Message) {
	src := &m.Source
	key := sessionKey(&src.Service, &src.Peer, src.State, &src.TLS)
	t.messages[key]++
	if peer := t.inbound.of(&src.Peer, m.Received); peer != nil {
		peer.count(key).Messages++
		peer.seen(src.Peer.Class, src.State, m.Received)
	}
}

// Message counts nothing: Queued has.
func (t *Tally) Message(*parser.Message) {}

func (t *Tally) host(name string) {
	if _, ok := t.hosts[name]; !ok && len(t.hosts) < maxHosts {
		t.hosts[name] = struct{}{}
	}
}

func sessionKey(svc *parser.Service, peer *parser.Peer, state parser.TLSState, tls *parser.TLS) SessionKey {
	return SessionKey{
		Direction: Inbound, Instance: svc.Instance, Service: svc.Name, Class: peer.Class.String(), TLS: state.String(),
		Protocol: tls.Protocol, Cipher: tls.Cipher,
	}
}

// Peers returns how many peers have a place of their own.
func (t *Tally) Peers() int { return len(t.inbound.byLabel) }
