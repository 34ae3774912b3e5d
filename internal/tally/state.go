package tally

import (
	"maps"
	"slices"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// stateVersion changes when an older program could misread what a newer one saved, or the other way round: the rows of a Snapshot are a part of it.
const stateVersion = 2

// A State is a tally as it is saved: all that was counted, and all that decides how the rest will be. It can be written as gob and as JSON. Its order
// is the same for equal tallies.
type State struct {
	Version      int              `json:"version"`
	LabelName    string           `json:"label_name"` // Options.LabelName
	Hosts        []string         `json:"hosts"`
	Counters     []CounterState   `json:"counters"` // as they were made
	Deliveries   []DeliveryRow    `json:"deliveries"`
	Failures     []FailureRow     `json:"failures"`
	KeyExchanges []KeyExchangeRow `json:"key_exchanges"`
	TLSRPT       []TLSRPTRow      `json:"tlsrpt"`
	Auth         []AuthRow        `json:"plaintext_auth"`
	Inbound      PeersState       `json:"inbound"`
	Outbound     PeersState       `json:"outbound"`
	Domains      PeersState       `json:"domains"`
	Users        PeersState       `json:"users"`
	Times        TimesState       `json:"times"`
	Tracks       TracksState      `json:"tracks"`
}

// CounterState counts what has one SessionKey.
type CounterState struct {
	SessionKey
	Sessions uint64 `json:"sessions"`
	WithMail uint64 `json:"with_mail"` // sessions
	Messages uint64 `json:"messages"`
}

// PeersState are the peers of a direction, or the domains.
type PeersState struct {
	Places  []PeerState `json:"places"` // the one silent for longest first
	Other   PeerState   `json:"other"`
	Evicted uint64      `json:"evicted"`
}

// PeerState is a peer, a domain, or Other.
type PeerState struct {
	Label     string           `json:"label"`
	Class     string           `json:"class"`
	Counts    []PeerCountState `json:"counts"`
	Failures  []PeerFailure    `json:"failures"`
	Trust     Counts           `json:"trust"`    // of domains
	Policies  Counts           `json:"policies"` // of domains
	Relays    []string         `json:"relays"`   // of domains
	First     time.Time        `json:"first"`
	Last      time.Time        `json:"last"`
	LastTLS   time.Time        `json:"last_tls"`       // zero without
	LastPlain time.Time        `json:"last_plaintext"` // zero without
}

// PeerCountState is a peer's part of a counter.
type PeerCountState struct {
	Counter     int       `json:"counter"` // index in State.Counters
	Sessions    uint64    `json:"sessions"`
	Messages    uint64    `json:"messages"`
	First       time.Time `json:"first"`
	Last        time.Time `json:"last"`
	LastMessage time.Time `json:"last_message"` // zero without
}

// State returns what Restore makes a tally from that goes on as this one would. It shares nothing with the tally.
func (t *Tally) State() *State {
	var rows Snapshot
	t.rows(&rows)
	rows.sort()
	s := &State{
		Version: stateVersion, LabelName: t.opts.LabelName, Hosts: sorted(maps.Keys(t.hosts)), Counters: make([]CounterState, len(t.counters)),
		Deliveries: rows.Deliveries, Failures: rows.Failures, KeyExchanges: rows.KeyExchanges, TLSRPT: rows.TLSRPT, Auth: rows.Auth,
		Domains: t.domains.state(), Users: t.users.state(), Times: t.times.state(), Tracks: t.tracks.state(),
	}
	for _, c := range t.counters {
		s.Counters[c.index] = CounterState{c.SessionKey, c.sessions, c.withMail, c.messages}
	}
	for i, peers := range s.peers() {
		*peers = t.peers[i].state()
	}
	return s
}

// peers are those of both directions, as parser.Direction numbers them.
func (s *State) peers() [parser.NumDirections]*PeersState {
	return [...]*PeersState{parser.Inbound: &s.Inbound, parser.Outbound: &s.Outbound}
}

func (s *peers) state() PeersState {
	order, counts := make([]*peer, 0, len(s.places)), len(s.other.counts)
	for e := s.heard.Front(); e != nil; e = e.Next() {
		p := e.Value.(*peer)
		order, counts = append(order, p), counts+len(p.counts)
	}
	if s.opts.PeerIdle <= 0 { // nobody kept the order of silence
		slices.SortStableFunc(order, func(a, b *peer) int { return a.last.Compare(b.last) })
	}
	out := PeersState{Places: make([]PeerState, len(order)), Evicted: s.evicted}
	all := make([]PeerCountState, 0, counts) // one for all: thousands of small ones take longer
	for i, p := range order {
		all = p.state(&out.Places[i], all)
	}
	s.other.state(&out.Other, all)
	return out
}

// state writes the peer to out, and its counts behind those of others. It returns all counts.
func (p *peer) state(out *PeerState, all []PeerCountState) []PeerCountState {
	from := len(all)
	for _, c := range p.counts {
		all = append(all, PeerCountState{c.of.index, c.sessions, c.messages, c.first, c.last, c.lastMessage})
	}
	*out = PeerState{
		Label: p.place.label, Class: p.class.String(), Counts: slices.Clip(all[from:]), Failures: slices.Clone(p.failures),
		First: p.first, Last: p.last, LastTLS: p.lastTLS, LastPlain: p.lastPlain,
	}
	if n := p.notes; n != nil {
		out.Trust, out.Policies, out.Relays = slices.Clone(n.trust), slices.Clone(n.policies), slices.Clone(n.relays)
	}
	return all
}
