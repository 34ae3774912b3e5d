package tally

import (
	"cmp"
	"container/list"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// HostLabel is the peer's host name in lower case; without a verified name its address; without that too "unknown". A UNIX-domain socket is its
// path: the name that Postfix logs for it is its own.
func HostLabel(p parser.Peer) string {
	if p.Path == "" && p.Name != "" && p.Name != "unknown" {
		return strings.ToLower(p.Name)
	}
	return AddressLabel(p)
}

// AddressLabel is the peer's IP address, the path of a UNIX-domain socket, or "unknown".
func AddressLabel(p parser.Peer) string {
	return cmp.Or(p.Path, p.Address, "unknown")
}

// DomainLabel is the registrable domain of the peer's host name by the public suffix list, as it stands in the program;
// without a verified name the address.
func DomainLabel(p parser.Peer) string {
	host := HostLabel(p)
	if p.Path != "" {
		return host
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(strings.TrimSuffix(host, "."))
	if err != nil { // a public suffix itself, or a name without dots
		return host
	}
	return domain
}

// NoLabel keeps no peers.
func NoLabel(parser.Peer) string { return "" }

// A place is what peers are told apart by: the label. Domains have a place for each class, since a hop to a host nearby says nothing of the way
// to the Internet; the class of peers is zero here.
type place struct {
	label string
	class parser.Class
}

// A peer is one of those with a place of their own, or Other.
type peer struct {
	place     place
	class     parser.Class // of the latest session or message
	counts    []peerCount
	recent    int // index of the count that was used last
	failures  []PeerFailure
	notes     *domainNotes // nil for peers that are no domains
	first     time.Time
	last      time.Time
	lastTLS   time.Time
	lastPlain time.Time
	heard     *list.Element
}

// peers are those of one direction, or domains.
type peers struct {
	opts    Options
	places  map[place]*peer
	heard   *list.List // of *peer, the one silent for longest in front
	other   *peer
	evicted uint64
	found   map[*parser.Peer]*peer // where each was counted last: the parser shares what it points to
}

// maxFound bounds the remembered places; a full table is emptied.
const maxFound = 1 << 13

// maxLabel bounds a label, in bytes: the length of a domain name (RFC 1035 section 2.3.4). A longer one is made up.
const maxLabel = 255

func newPeers(opts Options) peers {
	return peers{
		opts: opts, places: make(map[place]*peer), heard: list.New(), found: make(map[*parser.Peer]*peer), other: &peer{place: place{label: Other}},
	}
}

// of returns where p is counted, nil if peers are not kept. at is the log's time.
func (s *peers) of(p *parser.Peer, at time.Time) *peer {
	if v := s.found[p]; v != nil {
		s.renew(v)
		return v
	}
	label := strings.ToValidUTF8(s.opts.Label(*p), "\uFFFD") // a path can have any bytes, a label of a metric cannot
	if label == "" {
		return nil
	}
	v := s.find(place{label: label}, at)
	if v == s.other {
		return v
	}
	if len(s.found) >= maxFound {
		clear(s.found)
	}
	s.found[p] = v
	return v
}

// find returns the place, or other if there is none left. Who is called Other counts there: one name cannot stand in two rows.
func (s *peers) find(where place, at time.Time) *peer {
	v := s.places[where]
	if v == nil {
		if where.label == Other || len(where.label) > maxLabel || len(s.places) >= s.opts.PeerLimit && !s.makePlace(at) {
			return s.other
		}
		v = &peer{place: where}
		v.heard = s.heard.PushBack(v)
		s.places[where] = v
	}
	s.renew(v)
	return v
}

// renew keeps the order of silence, where it is of use.
func (s *peers) renew(v *peer) {
	if s.opts.PeerIdle > 0 {
		s.heard.MoveToBack(v.heard)
	}
}

// makePlace gives up the peer that was silent for longest, if it was for long enough. What it counted is not added to Other: it was
// counted already, and a sum over peers must not rise by it.
func (s *peers) makePlace(at time.Time) bool {
	front := s.heard.Front()
	if front == nil || s.opts.PeerIdle <= 0 {
		return false
	}
	idle := front.Value.(*peer)
	if at.Sub(idle.last) < s.opts.PeerIdle {
		return false
	}
	s.giveUp(front)
	clear(s.found)
	return true
}

// giveUp takes a place back. found must be cleared.
func (s *peers) giveUp(heard *list.Element) {
	s.heard.Remove(heard)
	delete(s.places, heard.Value.(*peer).place)
	s.evicted++
}

// A peerCount is a peer's part of a counter.
type peerCount struct {
	of                 *counter
	sessions, messages uint64
	first, last        time.Time // session or message
	lastMessage        time.Time
}

func (c *peerCount) session(at time.Time) {
	c.sessions++
	span(&c.first, &c.last, at)
}

func (c *peerCount) message(at time.Time) {
	c.messages++
	span(&c.first, &c.last, at)
	later(&c.lastMessage, at)
}

func (p *peer) count(c *counter) *peerCount {
	if p.recent < len(p.counts) && p.counts[p.recent].of == c {
		return &p.counts[p.recent]
	}
	for i := range p.counts {
		if p.counts[i].of == c {
			p.recent = i
			return &p.counts[i]
		}
	}
	p.recent = len(p.counts)
	p.counts = append(p.counts, peerCount{of: c})
	return &p.counts[len(p.counts)-1]
}

// maxExample bounds the text of a failure, in bytes.
const maxExample = 300

// failed counts a failure. Results and reasons are words of the parser, and few.
func (p *peer) failed(f *parser.Failure, at time.Time) {
	i := slices.IndexFunc(p.failures, func(o PeerFailure) bool { return o.Result == f.Result && o.Reason == f.Reason })
	if i < 0 {
		i = len(p.failures)
		p.failures = append(p.failures, PeerFailure{Result: f.Result, Reason: f.Reason})
	}
	v := &p.failures[i]
	v.Count++
	if example := strings.ToValidUTF8(f.Detail[:min(len(f.Detail), maxExample)], ""); at.After(v.Last) || at.Equal(v.Last) && example > v.Example {
		v.Last, v.Example = at, example
	}
}

// message counts one, and how it was sent.
func (p *peer) message(c *counter, class parser.Class, state parser.TLSState, at time.Time) {
	p.count(c).message(at)
	p.seen(class, at)
	p.sent(state, at)
}

// seen notes a session or message.
func (p *peer) seen(class parser.Class, at time.Time) {
	if at.After(p.last) || at.Equal(p.last) && class.String() > p.class.String() { // whichever comes first
		p.class = class
	}
	span(&p.first, &p.last, at)
}

// sent notes how a message was sent.
func (p *peer) sent(state parser.TLSState, at time.Time) {
	switch state {
	case parser.TLSEstablished, parser.TLSUnlogged:
		later(&p.lastTLS, at)
	case parser.TLSPlaintext:
		later(&p.lastPlain, at)
	case parser.TLSFailed, parser.TLSUnknown:
	}
}

// span widens a span of time to at.
func span(first, last *time.Time, at time.Time) {
	if first.IsZero() || at.Before(*first) {
		*first = at
	}
	later(last, at)
}

func later(t *time.Time, at time.Time) {
	if at.After(*t) {
		*t = at
	}
}
