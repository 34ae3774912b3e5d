package tally

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Why a row cannot be one of a Snapshot.
var (
	errOrder = errors.New("a row that stands there twice, or out of order")
	errRow   = errors.New("a row that no log can lead to")
)

// Check tells what keeps this from being a snapshot that can be added to others: its Schema, or that no Tally and no sum can have made it. Each row must
// have passed the Check of its own.
func (s *Snapshot) Check() error {
	if s.Schema != Schema {
		return fmt.Errorf("%w: %d, and this program reads %d", ErrSchema, s.Schema, Schema)
	}
	if p := s.Period; (p.First == nil) != (p.Last == nil) || p.First != nil && p.Last.Before(*p.First) {
		return errors.New("a period that does not begin or does not end")
	}
	if !ascending(s.Hosts, cmp.Compare) {
		return errors.New("a host that stands there twice, or out of order")
	}
	series := timeSeries{latest: latestHour(s.TimeSeries)}
	for i, r := range s.TimeSeries {
		if !series.fits(r.TimeKey) {
			return fmt.Errorf("time_series: row %d: %w", i+1, errRow)
		}
	}
	return nil
}

// The Check of a row tells why it cannot be in a Snapshot, right after the row before it; that is nil for the first one.

// Check tells why the row cannot follow another one.
func (r *SessionRow) Check(before *SessionRow) error {
	return check(r, before, SessionRow.order, direction(r.Direction) && r.WithMail <= r.Count)
}

// Check tells why the row cannot follow another one.
func (r *MessageRow) Check(before *MessageRow) error {
	return check(r, before, MessageRow.order, direction(r.Direction))
}

// Check tells why the row cannot follow another one.
func (r *DeliveryRow) Check(before *DeliveryRow) error {
	return check(r, before, DeliveryRow.order, r.Count <= r.Recipients)
}

// Check tells why the row cannot follow another one.
func (r *PeerRow) Check(before *PeerRow) error {
	possible := direction(r.Direction) && r.Peer != "" && isSpan(r.First, r.Last) && isKnown(r.LastTLS, r.LastPlain) &&
		counted(r.Combinations, r.Sessions, r.Messages) && failuresPossible(r.FailureDetails)
	return check(r, before, PeerRow.order, possible)
}

// Check tells why the row cannot follow another one.
func (r *DomainRow) Check(before *DomainRow) error {
	possible := r.Domain != "" && isSpan(r.First, r.Last) && isKnown(r.LastTLS, r.LastPlain) && failuresPossible(r.FailureDetails) &&
		r.Relays != nil && ascending(r.Relays, cmp.Compare) && len(r.Relays) <= MaxRelays
	return check(r, before, DomainRow.order, possible)
}

// Check tells why the row cannot follow another one.
func (r *UserRow) Check(before *UserRow) error {
	return check(r, before, UserRow.order, r.User != "" && isSpan(r.First, r.Last) && counted(r.Combinations, 0, r.Messages))
}

// Check tells why the row cannot follow another one.
func (r *FailureRow) Check(before *FailureRow) error {
	return check(r, before, FailureRow.order, direction(r.Direction))
}

// Check tells why the row cannot follow another one.
func (r *KeyExchangeRow) Check(before *KeyExchangeRow) error {
	return check(r, before, KeyExchangeRow.order, direction(r.Direction))
}

// Check tells why the row cannot follow another one.
func (r *TLSRPTRow) Check(before *TLSRPTRow) error { return check(r, before, TLSRPTRow.order, true) }

// Check tells why the row cannot follow another one.
func (r *AuthRow) Check(before *AuthRow) error { return check(r, before, AuthRow.order, true) }

// Check tells why the row cannot follow another one.
func (r *TimeRow) Check(before *TimeRow) error {
	_, east := r.Start.Zone()
	return check(r, before, TimeRow.order, direction(r.Direction) && east == 0)
}

// Check tells why the row cannot follow another one.
func (r *DowngradeRow) Check(before *DowngradeRow) error {
	possible := direction(r.Direction) && (r.Kind == KindPlaintext && r.FirstPlaintext != nil && r.FirstLower == nil ||
		r.Kind == KindVersion && r.FirstLower != nil && r.FirstPlaintext == nil) && isKnown(r.FirstPlaintext, r.FirstLower, r.Recovered)
	return check(r, before, DowngradeRow.order, possible)
}

// Check tells why the row cannot follow another one.
func (r *DowngradeTotalRow) Check(before *DowngradeTotalRow) error {
	return check(r, before, DowngradeTotalRow.compare, direction(r.Direction) && (r.Kind == KindPlaintext || r.Kind == KindVersion))
}

// Check tells why the row cannot follow another one.
func (r *UnrecognizedRow) Check(before *UnrecognizedRow) error {
	return check(r, before, UnrecognizedRow.order, true)
}

func check[R any](r, before *R, order func(a, b R) int, possible bool) error {
	switch {
	case !possible:
		return errRow
	case before != nil && order(*before, *r) >= 0:
		return errOrder
	}
	return nil
}

// ascending tells whether rows are in order, each once.
func ascending[R any](rows []R, order func(a, b R) int) bool {
	for i := 1; i < len(rows); i++ {
		if order(rows[i-1], rows[i]) >= 0 {
			return false
		}
	}
	return true
}

// counted tells whether combinations are in order and add up.
func counted(all []PeerCount, sessions, messages uint64) bool {
	var sum PeerCount
	for i := range all {
		c := &all[i]
		if !isSpan(c.First, c.Last) || !isKnown(c.LastMessage) {
			return false
		}
		increase(&sum.Sessions, c.Sessions)
		increase(&sum.Messages, c.Messages)
	}
	return all != nil && sum.Sessions == sessions && sum.Messages == messages && ascending(all, PeerCount.order)
}

func failuresPossible(all []PeerFailure) bool {
	return all != nil && ascending(all, PeerFailure.compare)
}

func isSpan(first, last time.Time) bool { return !first.IsZero() && !last.Before(first) }

// isKnown tells whether times are left out if they are unknown.
func isKnown(times ...*time.Time) bool {
	return !slices.ContainsFunc(times, func(t *time.Time) bool { return t != nil && t.IsZero() })
}
