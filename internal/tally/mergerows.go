package tally

import (
	"cmp"
	"time"
)

func (l *Lines) add(o *Lines) {
	increase(&l.Total, o.Total)
	increase(&l.Postfix, o.Postfix)
	increase(&l.Used, o.Used)
	increase(&l.Ignored, o.Ignored)
	increase(&l.Unrecognized, o.Unrecognized)
	increase(&l.Foreign, o.Foreign)
	increase(&l.Cut, o.Cut)
}

func (e *Evicted) add(o *Evicted) {
	increase(&e.Sessions, o.Sessions)
	increase(&e.Messages, o.Messages)
	increase(&e.Deliveries, o.Deliveries)
	increase(&e.Processes, o.Processes)
	increase(&e.Peers, o.Peers)
	increase(&e.Domains, o.Domains)
	increase(&e.Services, o.Services)
	increase(&e.Users, o.Users)
	increase(&e.Tracks, o.Tracks)
	increase(&e.TimeRows, o.TimeRows)
}

func (p *Period) add(o Period) {
	if p.First == nil || o.First != nil && compareTimes(*o.First, *p.First) < 0 {
		p.First = o.First
	}
	p.Last = latest(p.Last, o.Last)
}

func (r *SessionRow) add(o *SessionRow) {
	r.SessionKey = o.SessionKey
	increase(&r.Count, o.Count)
	increase(&r.WithMail, o.WithMail)
}

func (r *MessageRow) add(o *MessageRow) {
	r.SessionKey = o.SessionKey
	increase(&r.Count, o.Count)
}

func (r *DeliveryRow) add(o *DeliveryRow) {
	r.DeliveryKey = o.DeliveryKey
	increase(&r.Count, o.Count)
	increase(&r.Recipients, o.Recipients)
}

// add lets the row with the later session or message tell the class: a name may stand for addresses of several.
func (r *PeerRow) add(o *PeerRow) {
	r.Direction, r.Peer = o.Direction, o.Peer
	if cmp.Or(r.Last.Compare(o.Last), cmp.Compare(r.Class, o.Class)) < 0 {
		r.Class = o.Class
	}
	increase(&r.Sessions, o.Sessions)
	increase(&r.Messages, o.Messages)
	r.TLS.sum(o.TLS)
	r.Protocols.sum(o.Protocols)
	r.Ciphers.sum(o.Ciphers)
	r.MessagesTLS.sum(o.MessagesTLS)
	r.Failures.sum(o.Failures)
	widen(&r.First, &r.Last, o.First, o.Last)
	r.LastTLS, r.LastPlain = latest(r.LastTLS, o.LastTLS), latest(r.LastPlain, o.LastPlain)
	r.Combinations = addRows(r.Combinations, o.Combinations, PeerCount.order, (*PeerCount).add)
	r.FailureDetails = addRows(r.FailureDetails, o.FailureDetails, PeerFailure.compare, (*PeerFailure).add)
}

// add keeps the first relays by name, which are the first of all relays too.
func (r *DomainRow) add(o *DomainRow) {
	r.Domain, r.Class = o.Domain, o.Class
	increase(&r.Recipients, o.Recipients)
	r.TLS.sum(o.TLS)
	r.Protocols.sum(o.Protocols)
	r.Trust.sum(o.Trust)
	r.Policies.sum(o.Policies)
	r.Failures.sum(o.Failures)
	r.Relays = addRows(r.Relays, o.Relays, cmp.Compare, func(relay, from *string) { *relay = *from })
	r.Relays = r.Relays[:min(len(r.Relays), MaxRelays)]
	widen(&r.First, &r.Last, o.First, o.Last)
	r.LastTLS, r.LastPlain = latest(r.LastTLS, o.LastTLS), latest(r.LastPlain, o.LastPlain)
	r.FailureDetails = addRows(r.FailureDetails, o.FailureDetails, PeerFailure.compare, (*PeerFailure).add)
}

func (r *UserRow) add(o *UserRow) {
	r.User = o.User
	increase(&r.Messages, o.Messages)
	r.TLS.sum(o.TLS)
	r.Protocols.sum(o.Protocols)
	widen(&r.First, &r.Last, o.First, o.Last)
	r.Combinations = addRows(r.Combinations, o.Combinations, PeerCount.order, (*PeerCount).add)
}

func (c *PeerCount) add(o *PeerCount) {
	c.CountKey = o.CountKey
	increase(&c.Sessions, o.Sessions)
	increase(&c.Messages, o.Messages)
	widen(&c.First, &c.Last, o.First, o.Last)
	c.LastMessage = latest(c.LastMessage, o.LastMessage)
}

// add keeps the newest example; of those of one moment the greater text, for one of them it must be.
func (f *PeerFailure) add(o *PeerFailure) {
	f.Result, f.Reason = o.Result, o.Reason
	increase(&f.Count, o.Count)
	if cmp.Or(f.Last.Compare(o.Last), cmp.Compare(f.Example, o.Example)) < 0 {
		f.Example = o.Example
	}
	if compareTimes(f.Last, o.Last) < 0 {
		f.Last = o.Last
	}
}

func (r *FailureRow) add(o *FailureRow) {
	r.FailureKey = o.FailureKey
	increase(&r.Count, o.Count)
}

func (r *KeyExchangeRow) add(o *KeyExchangeRow) {
	r.KeyExchangeKey = o.KeyExchangeKey
	increase(&r.Count, o.Count)
}

func (r *TLSRPTRow) add(o *TLSRPTRow) {
	r.TLSRPTKey = o.TLSRPTKey
	increase(&r.Count, o.Count)
}

func (r *AuthRow) add(o *AuthRow) {
	r.Service = o.Service
	increase(&r.Count, o.Count)
}

func (r *DowngradeTotalRow) add(o *DowngradeTotalRow) {
	r.Direction, r.Kind = o.Direction, o.Kind
	increase(&r.Count, o.Count)
}

func (r *UnrecognizedRow) add(o *UnrecognizedRow) {
	r.Program, r.Shape = o.Program, o.Shape
	increase(&r.Count, o.Count)
}

// add keeps what is told of the later fall.
func (r *DowngradeRow) add(o *DowngradeRow) {
	count := r.Count
	if r.DowngradeKey != o.DowngradeKey || r.compareFalls(o) < 0 {
		*r = *o
	}
	r.Count = count
	increase(&r.Count, o.Count)
}

// compareFalls sorts by the time of the fall. All else but Count only decides which of two rows with equal times is kept.
func (r *DowngradeRow) compareFalls(o *DowngradeRow) int {
	return cmp.Or(compareTimes(r.fell(), o.fell()), compareTimes(r.Last, o.Last), compareTimes(orZero(r.Recovered), orZero(o.Recovered)),
		compareTimes(r.LastTLS, o.LastTLS), cmp.Compare(r.TLSMessages, o.TLSMessages), cmp.Compare(r.PlaintextMessages, o.PlaintextMessages),
		cmp.Compare(r.LowerMessages, o.LowerMessages), cmp.Compare(r.From, o.From), cmp.Compare(r.To, o.To), cmp.Compare(r.Class, o.Class))
}

// fell is when the first of the plaintext or lower messages moved.
func (r *DowngradeRow) fell() time.Time {
	_, first := r.Since()
	return orZero(first)
}

// sum adds numbers label by label.
func (c *Counts) sum(o Counts) {
	if len(o) > 0 {
		*c = addRows(*c, o, Count.order, func(n, from *Count) {
			n.Label = from.Label
			increase(&n.N, from.N)
		})
	}
}

// compareTimes sorts by time. A moment can be written in several zones, and must not be now in one and now in the other.
func compareTimes(a, b time.Time) int {
	_, east := a.Zone()
	_, o := b.Zone()
	return cmp.Or(a.Compare(b), cmp.Compare(east, o))
}

// widen widens a span of time by another one.
func widen(first, last *time.Time, oFirst, oLast time.Time) {
	if first.IsZero() || !oFirst.IsZero() && compareTimes(oFirst, *first) < 0 {
		*first = oFirst
	}
	if compareTimes(oLast, *last) > 0 {
		*last = oLast
	}
}

// latest returns the later of two times, of which each may be unknown.
func latest(a, b *time.Time) *time.Time {
	if a == nil || b != nil && compareTimes(*b, *a) > 0 {
		return b
	}
	return a
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
