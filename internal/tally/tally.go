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
	counters     map[SessionKey]*counter
	combinations map[combination]view
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
		opts: opts, counters: make(map[SessionKey]*counter), combinations: make(map[combination]view),
		failures: make(map[FailureKey]uint64), keyExchanges: make(map[KeyExchangeKey]uint64),
		auth: make(map[string]uint64), hosts: make(map[string]struct{}), inbound: newPeers(opts),
	}
}

// Session counts an inbound session.
func (t *Tally) Session(s *parser.Session) {
	v := t.view(s.Service, s.Peer, s.State, s.TLS)
	c := v.counter
	c.sessions++
	if s.Messages > 0 {
		c.withMail++
	}
	peer := t.inbound.of(s.Peer, s.End)
	if peer != nil {
		peer.count(c).sessions++
		peer.seen(s.Peer.Class, s.End)
	}
	if s.Failure != nil {
		t.failures[FailureKey{Inbound, c.Service, c.Class, s.Failure.Result, s.Failure.Reason}]++
		if peer != nil {
			peer.failed(s.Failure.Reason)
		}
	}
	if v.group != "" {
		key := KeyExchangeKey{Inbound, v.group}
		if _, ok := t.keyExchanges[key]; !ok && len(t.keyExchanges) >= maxRows {
			key.Group = Other
		}
		t.keyExchanges[key]++
	}
	if s.State == parser.TLSPlaintext && (s.Auth.Method != "" || s.Commands.Count[parser.CommandAUTH].OK > 0) {
		t.auth[c.Service]++
	}
}

// Queued counts a message that came by SMTP.
func (t *Tally) Queued(m *parser.Message) {
	src := &m.Source
	c := t.view(src.Service, src.Peer, src.State, src.TLS).counter
	c.messages++
	if peer := t.inbound.of(src.Peer, m.Received); peer != nil {
		peer.count(c).messages++
		peer.seen(src.Peer.Class, m.Received)
		peer.sent(src.State, m.Received)
	}
}

// Message counts nothing: Queued has.
func (t *Tally) Message(*parser.Message) {}

// A counter counts what has one SessionKey.
type counter struct {
	SessionKey
	sessions, withMail, messages uint64
}

// A combination stands for a SessionKey and a key exchange: comparing pointers costs less than comparing strings, and the parser shares
// what it points to.
type combination struct {
	service *parser.Service
	tls     *parser.TLS
	class   parser.Class
	state   parser.TLSState
}

// A view is what a combination stands for.
type view struct {
	counter *counter
	group   string // of the key exchange, empty without
}

// maxCombinations bounds the remembered combinations; a full table is emptied.
const maxCombinations = 1 << 14

// maxRows bounds the rows of a kind. There are some dozens; only somebody who writes log lines himself can make many.
const maxRows = 10_000

func (t *Tally) view(svc *parser.Service, peer *parser.Peer, state parser.TLSState, tls *parser.TLS) view {
	key := combination{svc, tls, peer.Class, state}
	v, ok := t.combinations[key]
	if !ok {
		t.host(svc.Host)
		v = t.newView(key)
		if len(t.combinations) >= maxCombinations {
			clear(t.combinations)
		}
		t.combinations[key] = v
	}
	return v
}

func (t *Tally) newView(c combination) view {
	key := SessionKey{
		Direction: Inbound, Instance: c.service.Instance, Service: c.service.Name, Class: c.class.String(), TLS: c.state.String(),
	}
	group := ""
	if c.tls != nil {
		key.Protocol, key.Cipher = c.tls.Protocol, c.tls.Cipher
		if c.tls.KeyExchange != "" {
			group = Group(c.tls.KeyExchange)
		}
	}
	if t.counters[key] == nil && len(t.counters) >= maxRows {
		key.Instance, key.Service = Other, Other
		if c.tls != nil {
			key.Protocol, key.Cipher = Other, Other
		}
	}
	if t.counters[key] == nil {
		t.counters[key] = &counter{SessionKey: key}
	}
	return view{t.counters[key], group}
}

func (t *Tally) host(name string) {
	if _, ok := t.hosts[name]; !ok && len(t.hosts) < maxHosts {
		t.hosts[name] = struct{}{}
	}
}

// Peers returns how many peers have a place of their own.
func (t *Tally) Peers() int { return len(t.inbound.byLabel) }

// Delivered counts a delivery.
func (t *Tally) Delivered(*parser.Delivery) {}

// TLSRPT counts a TLSRPT result.
func (t *Tally) TLSRPT(*parser.TLSRPT) {}
