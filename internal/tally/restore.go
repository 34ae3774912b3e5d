package tally

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// ErrState says that a saved state cannot be used: it is damaged, or another version of the program saved it.
var ErrState = errors.New("the saved state of the tally cannot be used")

// Dropped tells which peers of a State found no place, because the tally was saved with other Options. They are not added to Other: they were counted
// already, and a sum over peers must not rise by them. Totals have them.
type Dropped struct {
	Relabeled bool // LabelName is another one, so peers begin anew; domains do not
	Peers     int  // of both directions
	Domains   int
	Users     int
}

// Restore makes a tally from a State, which may come from anywhere and is not written to. Options may be others than those of the saved tally. If there
// are more peers than PeerLimit, those silent for longest lose their place. If LabelName is another one, all named peers do; with labels that are
// empty, all peers, domains and users, and Other too; with NoUsers, all users. Errors wrap ErrState.
func Restore(s *State, opts Options) (*Tally, Dropped, error) {
	t := New(opts)
	r := restorer{t: t}
	if err := r.restore(s); err != nil {
		return nil, Dropped{}, fmt.Errorf("%w: %w", ErrState, err)
	}
	return t, t.fit(s.LabelName), nil
}

// fit gives up what Options have no place for.
func (t *Tally) fit(savedLabel string) (d Dropped) {
	d.Relabeled = t.opts.LabelName != savedLabel
	for i := range t.peers {
		if d.Relabeled || !t.keepsDomains {
			d.Peers += t.peers[i].empty(t.keepsDomains)
		} else {
			d.Peers += t.peers[i].shrink()
		}
	}
	if t.keepsDomains {
		d.Domains = t.domains.shrink()
	} else {
		d.Domains = t.domains.empty(false)
	}
	if t.keepsUsers {
		d.Users = t.users.shrink()
	} else {
		d.Users = t.users.empty(false)
	}
	return d
}

// empty takes all places back, and Other unless it is to be kept. It returns how many places there were.
func (s *peers) empty(keepOther bool) int {
	old := *s
	*s = newPeers(old.opts)
	s.evicted = old.evicted
	if keepOther {
		s.other = old.other
	}
	return len(old.places)
}

// shrink takes the places back that are past the limit. It returns how many.
func (s *peers) shrink() (n int) {
	for len(s.places) > max(s.opts.PeerLimit, 0) {
		s.giveUp(s.heard.Front())
		n++
	}
	return n
}

// maxOthers bounds the rows that a tally makes once it has maxRows of a kind: their open labels are Other, and the rest are words of the parser and maxResults.
const maxOthers = 1000

// maxCount is more than any log can tell of, and far from where counters overflow.
const maxCount = 1 << 62

// A restorer fills an empty tally.
type restorer struct {
	t        *Tally
	counters []*counter
}

func (r *restorer) restore(s *State) error {
	if s.Version != stateVersion {
		return fmt.Errorf("it is of version %d, and this program reads %d", s.Version, stateVersion)
	}
	if err := r.rows(s); err != nil {
		return err
	}
	for i, peers := range s.peers() {
		if err := r.peers(&r.t.peers[i], peers, parser.Direction(i).String()); err != nil {
			return fmt.Errorf("%s peers: %w", parser.Direction(i), err)
		}
	}
	if err := r.peers(&r.t.domains, &s.Domains, Outbound); err != nil {
		return fmt.Errorf("domains: %w", err)
	}
	if err := r.peers(&r.t.users, &s.Users, Inbound); err != nil {
		return fmt.Errorf("users: %w", err)
	}
	if err := r.t.times.restore(&s.Times); err != nil {
		return fmt.Errorf("time series: %w", err)
	}
	if err := r.t.tracks.restore(&s.Tracks); err != nil {
		return fmt.Errorf("downgrades: %w", err)
	}
	return nil
}

// rows restores those that have no bound but maxRows.
func (r *restorer) rows(s *State) error {
	const limit = maxRows + maxOthers
	t := r.t
	return errors.Join(
		restoreRows(t.hosts, s.Hosts, maxHosts, func(host string) (string, struct{}, bool) { return host, struct{}{}, true }),
		restoreRows(t.counters, s.Counters, limit, r.counter),
		restoreRows(t.deliveries, s.Deliveries, limit, func(row DeliveryRow) (DeliveryKey, *delivery, bool) {
			return row.DeliveryKey, &delivery{row.DeliveryKey, row.Count, row.Recipients}, row.Count <= row.Recipients
		}),
		restoreRows(t.failures, s.Failures, limit, func(row FailureRow) (FailureKey, uint64, bool) { return row.FailureKey, row.Count, true }),
		restoreRows(t.keyExchanges, s.KeyExchanges, limit, func(row KeyExchangeRow) (KeyExchangeKey, uint64, bool) {
			return row.KeyExchangeKey, row.Count, true
		}),
		restoreRows(t.tlsrpt, s.TLSRPT, limit, func(row TLSRPTRow) (TLSRPTKey, uint64, bool) { return row.TLSRPTKey, row.Count, true }),
		restoreRows(t.auth, s.Auth, limit, func(row AuthRow) (string, uint64, bool) { return row.Service, row.Count, true }),
	)
}

func (r *restorer) counter(row CounterState) (SessionKey, *counter, bool) {
	c := &counter{SessionKey: row.SessionKey, index: len(r.counters), sessions: row.Sessions, withMail: row.WithMail, messages: row.Messages}
	r.counters = append(r.counters, c)
	possible := direction(c.Direction) && c.withMail <= c.sessions && c.sessions < maxCount && c.messages < maxCount
	return c.SessionKey, c, possible
}

// restoreRows fills a table. read returns a row's key and value, and whether the value is a possible one. Keys must be UTF-8, because they become labels
// of metrics, and a single one that is not would spoil every scrape.
func restoreRows[R any, K comparable, V any](into map[K]V, rows []R, limit int, read func(R) (K, V, bool)) error {
	if len(rows) > limit {
		return fmt.Errorf("%d rows of type %T, and %d is the bound", len(rows), rows[0], limit)
	}
	for _, row := range rows {
		key, value, possible := read(row)
		if _, twice := into[key]; twice || !possible || !utf8.ValidString(fmt.Sprint(key)) {
			return fmt.Errorf("a row of type %T that cannot be: %+.200q", row, fmt.Sprint(row))
		}
		into[key] = value
	}
	return nil
}

// A share is what peers that are not restored yet can have of a counter.
type share struct {
	sessions, messages uint64
	taken              *peer // by whom last
}

func (r *restorer) peers(into *peers, s *PeersState, direction string) error {
	shares := make([]share, len(r.counters))
	for i, c := range r.counters {
		if c.Direction == direction {
			shares[i] = share{sessions: c.sessions, messages: c.messages}
		}
	}
	into.evicted = s.Evicted
	if err := into.other.restore(&s.Other, r.counters, shares); err != nil {
		return err
	}
	for i := range s.Places {
		from := &s.Places[i]
		p := &peer{place: place{label: from.Label}}
		if err := p.restore(from, r.counters, shares); err != nil {
			return err
		}
		if into == &r.t.domains {
			p.place.class = p.class
		}
		if !into.admit(p) {
			return fmt.Errorf("a label that cannot be, or stands there twice: %.200q", from.Label)
		}
	}
	return nil
}

// admit gives a place to a peer that was heard after all the others. It is false if the place cannot be.
func (s *peers) admit(p *peer) bool {
	label := p.place.label
	if s.places[p.place] != nil || label == "" || label == Other || len(label) > maxLabel || !utf8.ValidString(label) {
		return false
	}
	p.heard = s.heard.PushBack(p)
	s.places[p.place] = p
	return true
}

func (p *peer) restore(s *PeerState, counters []*counter, shares []share) error {
	class, ok := classOf(s.Class)
	if !ok {
		return fmt.Errorf("%.200q is of no class", s.Label)
	}
	p.class, p.first, p.last, p.lastTLS, p.lastPlain = class, s.First, s.Last, s.LastTLS, s.LastPlain
	if len(s.Counts) > 0 {
		p.counts = make([]peerCount, 0, len(s.Counts))
	}
	for _, c := range s.Counts {
		if c.Counter < 0 || c.Counter >= len(shares) || !shares[c.Counter].take(p, c) {
			return fmt.Errorf("%.200q has a part of a counter that cannot be: %+v", s.Label, c)
		}
		p.counts = append(p.counts, peerCount{counters[c.Counter], c.Sessions, c.Messages, c.First, c.Last, c.LastMessage})
	}
	return errors.Join(p.restoreFailures(s), p.restoreNotes(s))
}

func (p *peer) restoreFailures(s *PeerState) error {
	if len(s.Failures) > maxOthers {
		return fmt.Errorf("%.200q has failures of %d reasons", s.Label, len(s.Failures))
	}
	seen := make(map[PeerFailure]bool, len(s.Failures))
	for _, f := range s.Failures {
		key := PeerFailure{Result: f.Result, Reason: f.Reason}
		if seen[key] || !utf8.ValidString(f.Result+f.Reason+f.Example) || len(f.Example) > maxExample {
			return fmt.Errorf("%.200q has a failure that cannot be, or stands there twice: %.200q", s.Label, fmt.Sprint(f))
		}
		seen[key] = true
	}
	p.failures = slices.Clone(s.Failures)
	return nil
}

func (p *peer) restoreNotes(s *PeerState) error {
	if len(s.Trust) == 0 && len(s.Policies) == 0 && len(s.Relays) == 0 {
		return nil
	}
	if len(s.Relays) > MaxRelays || !slices.IsSorted(s.Relays) || !utf8.ValidString(strings.Join(s.Relays, "")) ||
		!s.Trust.words() || !s.Policies.words() {
		return fmt.Errorf("%.200q has relays, trust or policies that cannot be", s.Label)
	}
	p.notes = &domainNotes{trust: slices.Clone(s.Trust), policies: slices.Clone(s.Policies), relays: slices.Clone(s.Relays)}
	return nil
}

// take gives a peer its part, once. It is false if there is less left: peers together have no more than the total.
func (s *share) take(p *peer, c PeerCountState) bool {
	if s.taken == p || c.Sessions > s.sessions || c.Messages > s.messages {
		return false
	}
	s.taken, s.sessions, s.messages = p, s.sessions-c.Sessions, s.messages-c.Messages
	return true
}

func classOf(name string) (parser.Class, bool) {
	for i := range parser.NumClasses {
		if class := parser.Class(i); class.String() == name {
			return class, true
		}
	}
	return 0, false
}
