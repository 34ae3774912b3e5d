package tally

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// Snapshot returns what was counted up to now. It shares nothing with the tally. counts are the parser's own figures.
func (t *Tally) Snapshot(counts *parser.Counts) *Snapshot {
	s := &Snapshot{
		Schema: Schema, By: t.opts.LabelName, Hosts: sorted(maps.Keys(t.hosts)),
		Period:   Period{First: known(counts.First), Last: known(counts.Last)},
		Lines:    Lines(counts.Lines),
		Sessions: []SessionRow{}, Messages: []MessageRow{}, Deliveries: []DeliveryRow{}, Peers: []PeerRow{}, Domains: rowsOf(&t.domains, (*peer).domainRow), Users: rowsOf(&t.users, (*peer).userRow),
		TimeSeries: t.times.rows(), Downgrades: t.tracks.rows(), DowngradeTotals: t.tracks.totalRows(),
		Failures: []FailureRow{}, KeyExchanges: []KeyExchangeRow{}, TLSRPT: []TLSRPTRow{}, Auth: []AuthRow{},
		Contradictions: counts.Contradictions, Ambiguous: counts.Ambiguous, Evicted: t.evicted(counts),
		Hints: []Hint{}, Unrecognized: []UnrecognizedRow{},
	}
	t.rows(s)
	for i := range t.peers {
		direction := parser.Direction(i).String()
		s.Peers = append(s.Peers, rowsOf(&t.peers[i], func(p *peer) PeerRow { return p.row(direction) })...)
	}
	for _, u := range counts.Unrecognized {
		s.Unrecognized = append(s.Unrecognized, UnrecognizedRow(u))
	}
	s.sort()
	s.Hints = hints(s)
	return s
}

func (t *Tally) evicted(counts *parser.Counts) Evicted {
	e := Evicted{
		Sessions: counts.EvictedSessions, Messages: counts.EvictedMessages, Deliveries: counts.EvictedDeliveries,
		Processes: counts.EvictedProcesses, Domains: t.domains.evicted, Services: counts.RefusedLines,
		Users: t.users.evicted, Tracks: t.tracks.evicted, TimeRows: t.times.evicted,
	}
	for i := range t.peers {
		e.Peers += t.peers[i].evicted
	}
	return e
}

// rows adds those that have no bound but maxRows.
func (t *Tally) rows(s *Snapshot) {
	for _, c := range t.counters {
		if c.sessions > 0 {
			s.Sessions = append(s.Sessions, SessionRow{c.SessionKey, c.sessions, c.withMail})
		}
		if c.messages > 0 {
			s.Messages = append(s.Messages, MessageRow{c.SessionKey, c.messages})
		}
	}
	for _, d := range t.deliveries {
		s.Deliveries = append(s.Deliveries, DeliveryRow{d.DeliveryKey, d.count, d.recipients})
	}
	for key, n := range t.failures {
		s.Failures = append(s.Failures, FailureRow{key, n})
	}
	for key, n := range t.keyExchanges {
		s.KeyExchanges = append(s.KeyExchanges, KeyExchangeRow{key, n})
	}
	for key, n := range t.tlsrpt {
		s.TLSRPT = append(s.TLSRPT, TLSRPTRow{key, n})
	}
	for service, n := range t.auth {
		s.Auth = append(s.Auth, AuthRow{service, n})
	}
}

func sorted[S cmp.Ordered](seq func(func(S) bool)) []S {
	out := slices.Sorted(seq)
	if out == nil {
		out = []S{} // [] in JSON, not null
	}
	return out
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// rowsOf makes a row for each place, and one for Other if that counted anything.
func rowsOf[R any](s *peers, row func(*peer) R) []R {
	out := make([]R, 0, len(s.places)+1)
	for _, p := range s.places {
		out = append(out, row(p))
	}
	if s.other.used() {
		out = append(out, row(s.other))
	}
	return out
}

// className is empty for Other, which has peers of all classes.
func (p *peer) className() string {
	if p.place.label == Other {
		return ""
	}
	return p.class.String()
}

func (p *peer) used() bool { return len(p.counts) > 0 || len(p.failures) > 0 }

func (p *peer) row(direction string) PeerRow {
	r := PeerRow{
		Direction: direction, Peer: p.place.label, Class: p.className(), First: p.first, Last: p.last,
		LastTLS: known(p.lastTLS), LastPlain: known(p.lastPlain),
		Combinations: p.combinations(), FailureDetails: p.failureDetails(),
	}
	for _, c := range p.counts {
		r.Sessions += c.sessions
		r.Messages += c.messages
		r.TLS.add(c.of.TLS, c.sessions)
		r.Protocols.add(c.of.Protocol, c.sessions)
		r.Ciphers.add(c.of.Cipher, c.sessions)
		r.MessagesTLS.add(c.of.TLS, c.messages)
	}
	r.Failures = p.reasons()
	return r
}

// combinations returns the counts, sorted.
func (p *peer) combinations() []PeerCount {
	out := make([]PeerCount, 0, len(p.counts))
	for _, c := range p.counts {
		key := CountKey{c.of.Instance, c.of.Service, c.of.Class, c.of.TLS, c.of.Protocol, c.of.Cipher}
		out = append(out, PeerCount{key, c.sessions, c.messages, c.first, c.last, known(c.lastMessage)})
	}
	slices.SortFunc(out, PeerCount.order)
	return out
}

func (k CountKey) compare(o CountKey) int {
	return cmp.Or(cmp.Compare(k.Instance, o.Instance), cmp.Compare(k.Service, o.Service), cmp.Compare(k.Class, o.Class),
		cmp.Compare(k.TLS, o.TLS), cmp.Compare(k.Protocol, o.Protocol), cmp.Compare(k.Cipher, o.Cipher))
}

func (p *peer) failureDetails() []PeerFailure {
	out := append([]PeerFailure{}, p.failures...)
	slices.SortFunc(out, PeerFailure.compare)
	return out
}

func (f PeerFailure) compare(o PeerFailure) int {
	return cmp.Or(cmp.Compare(f.Result, o.Result), cmp.Compare(f.Reason, o.Reason))
}

// reasons counts the failures by reason.
func (p *peer) reasons() (out Counts) {
	for _, f := range p.failures {
		out.add(f.Reason, f.Count)
	}
	return out
}

func (p *peer) domainRow() DomainRow {
	r := DomainRow{
		Domain: p.place.label, Class: p.className(), First: p.first, Last: p.last, LastTLS: known(p.lastTLS), LastPlain: known(p.lastPlain),
		Failures: p.reasons(), FailureDetails: p.failureDetails(), Relays: []string{},
	}
	if n := p.notes; n != nil {
		r.Trust, r.Policies, r.Relays = slices.Clone(n.trust), slices.Clone(n.policies), append(r.Relays, n.relays...)
	}
	for _, c := range p.counts {
		r.Recipients += c.messages
		r.TLS.add(c.of.TLS, c.messages)
		r.Protocols.add(c.of.Protocol, c.messages)
	}
	return r
}

func (p *peer) userRow() UserRow {
	r := UserRow{User: p.place.label, First: p.first, Last: p.last, Combinations: p.combinations()}
	for _, c := range p.counts {
		r.Messages += c.messages
		r.TLS.add(c.of.TLS, c.messages)
		r.Protocols.add(c.of.Protocol, c.messages)
	}
	return r
}
