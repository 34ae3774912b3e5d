package tally

import (
	"cmp"
	"container/list"
	"slices"
	"strings"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// tracks find downgrades: peers whose mail moved under TLS, or under a better version of it, and then did not. These are the rules.
//
//   - Messages are watched, not sessions: inbound those that reached the queue, outbound recipients for whom a server took the message.
//   - A peer is known by its name and its address, and each host that logs has its own view of it: hosts behind one name do not mix.
//   - Sessions of a peer overlap, and most plaintext is told at the end of a session. So messages do not come in the order in which they were received:
//     one that was received before the last one, and was better or worse, is passed over.
//   - What cannot be told (states unknown and failed) is passed over. A message under TLS of an unlogged version says nothing of versions.
//   - A peer is down from its first plaintext message after one under TLS until its next one under TLS. Versions are watched apart from that: it is down
//     from its first message of a lower version until one is as good as those before.
//   - Being down may mean nothing: several hosts behind one address, or a client with two TLS libraries, go now this way and now that way. So it
//     counts, and is told, only if the peer was steady: steadyMessages better messages came right before, one after the other. Each time that a peer
//     does better again, it takes twice as many from then on.
type tracks struct {
	all        map[trackKey]*track
	heard      *list.List                   // of *track, the one silent for longest in front
	found      map[*parser.Peer]foundTrack  // without comparing texts: the parser shares what it points to
	totals     map[DowngradeTotalRow]uint64 // by rows whose Count is 0
	evicted    uint64
	downgraded func(DowngradeRow)
}

// maxTracks bounds the peers that are watched; the one silent for longest is forgotten.
const maxTracks = 20_000

type trackKey struct{ host, direction, name, address string }

// A foundTrack is where a peer was watched last.
type foundTrack struct {
	*track

	host      string
	direction parser.Direction
}

// A track is a peer that is watched.
type track struct {
	trackKey
	class   parser.Class
	tls     watch // plaintext or TLS
	version watch // of TLS
	heard   *list.Element
}

// A watch knows how good messages were lately.
type watch struct {
	level  level // of the last message; the zero value before the first
	run    uint64
	last   time.Time
	need   uint64                    // how many better messages must come right before a lower one, so that it counts
	counts [len(versions) + 1]uint64 // messages by rank
	down   *downgrade                // the last one, nil before the first
}

// steadyMessages are enough for a peer that never did better again after it had done worse.
const steadyMessages = 3

// maxOverlap is how long sessions overlap at most. If times go back by more, the clock was set.
const maxOverlap = 15 * time.Minute

// maxNeed bounds need.
const maxNeed = 1 << 20

// A level is how good a message's TLS is: the greater rank is the better one. Name is for people.
type level struct {
	rank int
	name string
}

// A downgrade is the last time that a peer was down.
type downgrade struct {
	count           uint64 // how often a peer that was steady went down, up to now
	from, to        level
	before, since   uint64 // messages
	lastTLS, first  time.Time
	last, recovered time.Time // recovered is zero as long as it lasts
}

var versions = [...]string{"SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}

// VersionRank ranks versions of TLS as Postfix logs them, the oldest from 1. It is 0 for others, which cannot be compared.
func VersionRank(protocol string) int { return slices.Index(versions[:], protocol) + 1 }

func newTracks(downgraded func(DowngradeRow)) tracks {
	return tracks{
		all: make(map[trackKey]*track), heard: list.New(), found: make(map[*parser.Peer]foundTrack), totals: make(map[DowngradeTotalRow]uint64),
		downgraded: downgraded,
	}
}

// message watches a message.
func (s *tracks) message(dir parser.Direction, svc *parser.Service, p *parser.Peer, state parser.TLSState, protocol string, at time.Time) {
	encrypted := false
	switch state {
	case parser.TLSEstablished, parser.TLSUnlogged:
		encrypted = true
	case parser.TLSPlaintext:
	case parser.TLSFailed, parser.TLSUnknown:
		return
	}
	v := s.of(p, svc.Host, dir)
	v.class = p.Class
	if !encrypted {
		s.watch(v, KindPlaintext, &v.tls, level{1, KindPlaintext}, at)
		return
	}
	s.watch(v, KindPlaintext, &v.tls, level{2, cmp.Or(protocol, "TLS")}, at)
	if rank := VersionRank(protocol); rank > 0 {
		s.watch(v, KindVersion, &v.version, level{rank, protocol}, at)
	}
}

func (s *tracks) watch(v *track, kind string, w *watch, l level, at time.Time) {
	if w.see(l, at) {
		s.totals[DowngradeTotalRow{Direction: v.direction, Kind: kind}]++
		if s.downgraded != nil {
			s.downgraded(v.row(kind, w.down))
		}
	}
}

// of returns a peer's track.
func (s *tracks) of(p *parser.Peer, host string, dir parser.Direction) *track {
	if f := s.found[p]; f.track != nil && f.heard != nil && f.direction == dir && f.host == host {
		s.heard.MoveToBack(f.heard)
		return f.track
	}
	key := trackKey{host, dir.String(), shortened(HostLabel(*p)), shortened(AddressLabel(*p))}
	v := s.all[key]
	if v == nil {
		v = s.add(&track{trackKey: key})
	}
	s.heard.MoveToBack(v.heard)
	if len(s.found) >= maxFound {
		clear(s.found)
	}
	s.found[p] = foundTrack{v, host, dir}
	return v
}

// add makes place for a track.
func (s *tracks) add(v *track) *track {
	if len(s.all) >= maxTracks {
		front := s.heard.Front()
		s.heard.Remove(front)
		delete(s.all, front.Value.(*track).trackKey)
		front.Value.(*track).heard = nil // found may still know it
		s.evicted++
	}
	v.heard = s.heard.PushBack(v)
	s.all[v.trackKey] = v
	return v
}

// see takes the next message, and tells whether a steady peer went down.
func (w *watch) see(l level, at time.Time) (downgraded bool) {
	w.counts[l.rank]++
	if w.level.rank != l.rank && late(at, w.last) {
		return false
	}
	before := *w
	switch {
	case w.level.rank == l.rank:
		w.run++
	case w.level.rank == 0: // the first one
		w.run, w.need = 1, steadyMessages
	case w.level.rank < l.rank:
		w.run, w.need = 1, min(2*w.need, maxNeed)
	default:
		w.run = 1
		downgraded = before.run >= w.need
		w.fall(&before, downgraded, at)
	}
	w.level = l
	if !late(at, w.last) {
		w.last = at
	}
	if d := w.down; d != nil && d.recovered.IsZero() {
		d.see(l, at)
	}
	return downgraded
}

// late tells a message that was received before one that was told already.
func late(at, told time.Time) bool {
	by := told.Sub(at)
	return by > 0 && by <= maxOverlap
}

// fall notes that the peer is down, or still lower.
func (w *watch) fall(before *watch, steady bool, at time.Time) {
	count := uint64(0)
	if w.down != nil {
		count = w.down.count
	}
	if steady {
		count++
	}
	if w.down != nil && w.down.recovered.IsZero() {
		w.down.count = count
		return
	}
	w.down = &downgrade{count: count, from: before.level, lastTLS: before.last, first: at}
	for _, n := range w.counts[before.level.rank:] {
		w.down.before += n
	}
}

func (d *downgrade) see(l level, at time.Time) {
	if l.rank >= d.from.rank {
		d.recovered = at
		return
	}
	if late(at, d.first) {
		return
	}
	d.to = l
	d.since++
	if !late(at, d.last) {
		d.last = at
	}
}

func (s *tracks) rows() (out []DowngradeRow) {
	out = []DowngradeRow{}
	for _, v := range s.all {
		for _, w := range [...]struct {
			kind string
			down *downgrade
		}{{KindPlaintext, v.tls.down}, {KindVersion, v.version.down}} {
			if w.down.worthTelling(w.kind) {
				out = append(out, v.row(w.kind, w.down))
			}
		}
	}
	slices.SortFunc(out, DowngradeRow.order)
	return out
}

// worthTelling leaves out what came to an end and meant nothing, and versions that change all the time.
func (d *downgrade) worthTelling(kind string) bool {
	return d != nil && (d.count > 0 || kind == KindPlaintext && d.recovered.IsZero())
}

func (v *track) row(kind string, d *downgrade) DowngradeRow {
	r := DowngradeRow{
		DowngradeKey: DowngradeKey{v.host, v.direction, v.name, v.address, kind}, Class: v.class.String(),
		From: d.from.name, To: d.to.name, Count: d.count, TLSMessages: d.before, LastTLS: d.lastTLS, Last: d.last, Recovered: known(d.recovered),
	}
	if kind == KindPlaintext {
		r.PlaintextMessages, r.FirstPlaintext = d.since, known(d.first)
	} else {
		r.LowerMessages, r.FirstLower = d.since, known(d.first)
	}
	return r
}

func (k DowngradeKey) compare(o DowngradeKey) int {
	return cmp.Or(cmp.Compare(k.Host, o.Host), cmp.Compare(k.Direction, o.Direction), cmp.Compare(k.Peer, o.Peer),
		cmp.Compare(k.Address, o.Address), cmp.Compare(k.Kind, o.Kind))
}

func (s *tracks) totalRows() []DowngradeTotalRow {
	out := []DowngradeTotalRow{}
	for key, n := range s.totals {
		key.Count = n
		out = append(out, key)
	}
	slices.SortFunc(out, DowngradeTotalRow.compare)
	return out
}

func (r DowngradeTotalRow) compare(o DowngradeTotalRow) int {
	return cmp.Or(cmp.Compare(r.Direction, o.Direction), cmp.Compare(r.Kind, o.Kind))
}

// shortened cuts a label that is longer than a domain name can be, and makes it text.
func shortened(label string) string {
	return strings.ToValidUTF8(label[:min(len(label), maxLabel)], "\uFFFD")
}
