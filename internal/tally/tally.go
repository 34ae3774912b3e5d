package tally

import (
	"strings"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// Options of a tally.
type Options struct {
	// PeerLimit bounds the peers of a direction, and the destination domains; 0 keeps none, and counts all under Other.
	PeerLimit int
	// PeerIdle is how long a peer or domain must have been silent, by the log's clock, to make place for a newcomer; 0 means it
	// keeps its place for ever.
	PeerIdle time.Duration
	// Label names a peer; nil is HostLabel. An empty label keeps no peers at all, and no domains.
	Label func(parser.Peer) string
	// LabelName stands for Label in a State and a Snapshot: peers that were saved under one name do not go on under another.
	LabelName string
	// NoUsers leaves out the names of users. Without labels for peers there are none either.
	NoUsers bool
	// Downgraded is called for each downgrade, if it is not nil. It must not call the tally.
	Downgraded func(DowngradeRow)
}

// A Tally counts. It is a parser.Sink, and not safe for use by several goroutines at once.
type Tally struct {
	opts         Options
	counters     map[SessionKey]*counter
	combinations map[combination]view
	deliveries   map[DeliveryKey]*delivery
	attempts     map[attempt]*delivery
	failures     map[FailureKey]uint64
	keyExchanges map[KeyExchangeKey]uint64
	tlsrpt       map[TLSRPTKey]uint64
	auth         map[string]uint64
	hosts        map[string]struct{}
	peers        [parser.NumDirections]peers
	domains      peers
	users        peers
	keepsDomains bool
	keepsUsers   bool
	times        timeSeries
	tracks       tracks
}

// maxHosts bounds the list of hosts in a report.
const maxHosts = 10_000

// New returns an empty tally.
func New(opts Options) *Tally {
	if opts.Label == nil {
		opts.Label = HostLabel
	}
	t := &Tally{
		opts: opts, counters: make(map[SessionKey]*counter), combinations: make(map[combination]view),
		deliveries: make(map[DeliveryKey]*delivery), attempts: make(map[attempt]*delivery),
		failures: make(map[FailureKey]uint64), keyExchanges: make(map[KeyExchangeKey]uint64), tlsrpt: make(map[TLSRPTKey]uint64),
		auth: make(map[string]uint64), hosts: make(map[string]struct{}), domains: newPeers(opts), users: newPeers(opts), keepsDomains: keepsDomains(opts),
		keepsUsers: keepsDomains(opts) && !opts.NoUsers,
		times:      newTimeSeries(), tracks: newTracks(opts.Downgraded),
	}
	for i := range t.peers {
		t.peers[i] = newPeers(opts)
	}
	return t
}

// Session counts a session of either direction.
func (t *Tally) Session(s *parser.Session) {
	v := t.view(s.Direction, s.Service, s.Peer, s.State, s.TLS)
	c := v.counter
	c.sessions++
	if s.Messages > 0 {
		c.withMail++
	}
	peer := t.peers[s.Direction].of(s.Peer, s.End)
	t.times.of(c, s.End).sessions++
	if peer != nil {
		peer.count(c).session(s.End)
		peer.seen(s.Peer.Class, s.End)
	}
	if s.Failure != nil {
		t.failed(FailureKey{c.Direction, c.Service, c.Class, s.Failure.Result, s.Failure.Reason})
		if peer != nil {
			peer.failed(s.Failure, s.End)
		}
	}
	if v.group != "" {
		key := KeyExchangeKey{c.Direction, v.group}
		t.keyExchanges[bounded(t.keyExchanges, key, maxRows, KeyExchangeKey{c.Direction, Other})]++
	}
	if s.Direction == parser.Inbound && s.State == parser.TLSPlaintext && (s.Auth.Method != "" || s.Commands.Count[parser.CommandAUTH].OK > 0) {
		t.auth[c.Service]++
	}
}

// Queued counts a message that came by SMTP.
func (t *Tally) Queued(m *parser.Message) {
	src := &m.Source
	c := t.view(parser.Inbound, src.Service, src.Peer, src.State, src.TLS).counter
	t.message(parser.Inbound, src.Service, src.Peer, c, src.State, m.Received)
	if name := src.Auth.Username; name != "" && t.keepsUsers {
		t.users.find(place{label: strings.ToValidUTF8(name, "\uFFFD")}, m.Received).message(c, src.Peer.Class, src.State, m.Received)
	}
}

// message counts a message of a peer.
func (t *Tally) message(dir parser.Direction, svc *parser.Service, p *parser.Peer, c *counter, state parser.TLSState, at time.Time) {
	c.messages++
	t.times.of(c, at).messages++
	if peer := t.peers[dir].of(p, at); peer != nil {
		peer.message(c, p.Class, state, at)
	}
	t.tracks.message(dir, svc, p, state, c.Protocol, at)
}

// Message counts nothing: Queued has.
func (t *Tally) Message(*parser.Message) {}

// A counter counts what has one SessionKey.
type counter struct {
	SessionKey
	index                        int // in the order in which counters were made
	sessions, withMail, messages uint64
	now                          timeBin // where it was counted last
}

// A combination stands for a SessionKey and a key exchange: comparing pointers costs less than comparing strings, and the parser shares
// what it points to.
type combination struct {
	service   *parser.Service
	tls       *parser.TLS
	direction parser.Direction
	class     parser.Class
	state     parser.TLSState
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

// bounded returns key, or rest if key would be one row too many.
func bounded[K comparable](rows map[K]uint64, key K, limit int, rest K) K {
	if _, ok := rows[key]; !ok && len(rows) >= limit {
		return rest
	}
	return key
}

func (t *Tally) view(dir parser.Direction, svc *parser.Service, peer *parser.Peer, state parser.TLSState, tls *parser.TLS) view {
	key := combination{svc, tls, dir, peer.Class, state}
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
		Direction: c.direction.String(), Instance: c.service.Instance, Service: c.service.Name, Class: c.class.String(), TLS: c.state.String(),
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
		t.counters[key] = &counter{SessionKey: key, index: len(t.counters)}
	}
	return view{t.counters[key], group}
}

// failed counts a failure. Results and reasons are few.
func (t *Tally) failed(key FailureKey) {
	rest := key
	rest.Service = Other
	t.failures[bounded(t.failures, key, maxRows, rest)]++
}

func (t *Tally) host(name string) {
	if _, ok := t.hosts[name]; !ok && len(t.hosts) < maxHosts {
		t.hosts[name] = struct{}{}
	}
}

// Peers returns how many peers of both directions have a place of their own.
func (t *Tally) Peers() (n int) {
	for i := range t.peers {
		n += len(t.peers[i].places)
	}
	return n
}
