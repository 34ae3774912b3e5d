package tally

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// What keeps two snapshots apart.
var (
	// ErrSchema says that a snapshot was made by another version of the program.
	ErrSchema = errors.New("another version of the report")
	// ErrBy says that peers are told apart in another way.
	ErrBy = errors.New("peers are told apart in another way")
)

// Add adds what o counted, and draws the hints anew. It keeps nothing of o. The rows of both must be in order, as those of a Tally and of Add are; see
// Check. An error wraps ErrSchema or ErrBy, and then s is as it was.
//
// It does not matter in which order snapshots are added, nor whether their sums are added in turn; one with nothing in it changes nothing, so a sum
// begins as new(Snapshot). The records of a log may be counted in several tallies, a part of them in each: their sum is what one tally would have counted
// of all. That cannot hold for
//
//   - downgrades, if better and worse messages of a peer are in different parts: none is found then, and how many better messages must come first is
//     found anew in each part. A peer that fell in several parts has the row of the last time, and the Count of all.
//   - peers, domains and users past Options.PeerLimit, and all rows past a bound: what counts under Other in one part stays there, even if it has a row
//     of its own in another. A sum may have more rows than a tally.
//   - lines of a log that is cut apart before it is parsed: a session on both sides of the cut is whole in no part, and a delivery on a connection that
//     was made before the cut is of unknown TLS.
func (s *Snapshot) Add(o *Snapshot) error {
	if err := s.fits(o); err != nil {
		return err
	}
	if s.nothing() {
		s.By = o.By
	}
	s.Schema = cmp.Or(s.Schema, o.Schema)
	s.Period.add(o.Period)
	s.Hosts = addRows(s.Hosts, o.Hosts, cmp.Compare, func(host, from *string) { *host = *from })
	s.Lines.add(&o.Lines)
	s.Sessions = addRows(s.Sessions, o.Sessions, SessionRow.order, (*SessionRow).add)
	s.Messages = addRows(s.Messages, o.Messages, MessageRow.order, (*MessageRow).add)
	s.Deliveries = addRows(s.Deliveries, o.Deliveries, DeliveryRow.order, (*DeliveryRow).add)
	s.Peers = addRows(s.Peers, o.Peers, PeerRow.order, (*PeerRow).add)
	s.Domains = addRows(s.Domains, o.Domains, DomainRow.order, (*DomainRow).add)
	s.Users = addRows(s.Users, o.Users, UserRow.order, (*UserRow).add)
	s.Failures = addRows(s.Failures, o.Failures, FailureRow.order, (*FailureRow).add)
	s.KeyExchanges = addRows(s.KeyExchanges, o.KeyExchanges, KeyExchangeRow.order, (*KeyExchangeRow).add)
	s.TLSRPT = addRows(s.TLSRPT, o.TLSRPT, TLSRPTRow.order, (*TLSRPTRow).add)
	s.Auth = addRows(s.Auth, o.Auth, AuthRow.order, (*AuthRow).add)
	s.TimeSeries = addTimes(s.TimeSeries, o.TimeSeries)
	s.Downgrades = addRows(s.Downgrades, o.Downgrades, DowngradeRow.order, (*DowngradeRow).add)
	s.DowngradeTotals = addRows(s.DowngradeTotals, o.DowngradeTotals, DowngradeTotalRow.compare, (*DowngradeTotalRow).add)
	increase(&s.Contradictions, o.Contradictions)
	increase(&s.Ambiguous, o.Ambiguous)
	s.Evicted.add(&o.Evicted)
	s.Unrecognized = addRows(s.Unrecognized, o.Unrecognized, UnrecognizedRow.order, (*UnrecognizedRow).add)
	s.DrawHints()
	return nil
}

// DrawHints sets the hints, which follow from the counts.
func (s *Snapshot) DrawHints() { s.Hints = hints(s) }

// fits tells why snapshots cannot be added.
func (s *Snapshot) fits(o *Snapshot) error {
	if s.Schema != o.Schema && s.Schema != 0 && o.Schema != 0 {
		return fmt.Errorf("%w: %d, and not %d", ErrSchema, o.Schema, s.Schema)
	}
	if s.By != o.By && !s.nothing() && !o.nothing() {
		return fmt.Errorf("%w: by %q, and not by %q", ErrBy, o.By, s.By)
	}
	return nil
}

// nothing tells whether there is nothing in the snapshot, not even what peers would be told apart by.
func (s *Snapshot) nothing() bool {
	rows := len(s.Hosts) + len(s.Sessions) + len(s.Messages) + len(s.Deliveries) + len(s.Peers) + len(s.Domains) + len(s.Users) +
		len(s.Failures) + len(s.KeyExchanges) + len(s.TLSRPT) + len(s.Auth) + len(s.TimeSeries) + len(s.Downgrades) +
		len(s.DowngradeTotals) + len(s.Unrecognized)
	return s.By == "" && rows == 0 && s.Period == (Period{}) && s.Lines == (Lines{}) && s.Evicted == (Evicted{}) &&
		s.Contradictions == 0 && s.Ambiguous == 0
}

// addRows adds rows to others. Both are in order, and so is the sum. A row that is new begins as its zero value.
func addRows[R any](sum, rows []R, order func(a, b R) int, add func(row, from *R)) []R {
	fresh, at := []R{}, 0
	for i := range rows {
		ahead, found := slices.BinarySearchFunc(sum[at:], rows[i], order)
		at += ahead
		if !found {
			var row R
			add(&row, &rows[i])
			fresh = append(fresh, row)
			continue
		}
		add(&sum[at], &rows[i])
	}
	if len(sum) == 0 {
		return fresh
	}
	return interleave(sum, fresh, order)
}

// interleave inserts rows among others, from the last one on: so each moves once, and sum has to grow only now and then.
func interleave[R any](sum, fresh []R, order func(a, b R) int) []R {
	i, j := len(sum)-1, len(fresh)-1
	sum = append(sum, fresh...)
	for j >= 0 {
		if i >= 0 && order(sum[i], fresh[j]) > 0 {
			sum[i+j+1] = sum[i]
			i--
		} else {
			sum[i+j+1] = fresh[j]
			j--
		}
	}
	return sum
}

// increase adds n to a count. Only reports that are made up come to maxCount; there it stops, so that the order in which counts are added does not matter.
func increase(count *uint64, n uint64) {
	*count = min(min(*count, maxCount)+min(n, maxCount), maxCount)
}

// addTimes adds rows of the time series. What is long ago for the one with the later hours becomes so for the other.
func addTimes(a, b []TimeRow) []TimeRow {
	sum := newTimeSeries()
	sum.latest = max(latestHour(a), latestHour(b))
	for _, rows := range [][]TimeRow{a, b} {
		for _, r := range rows {
			r.Start = r.Start.UTC()
			sum.add(r.TimeKey, timeCount{r.Sessions, r.Messages})
		}
	}
	return sum.rows()
}

// latestHour is the hour that decides how fine rows are: the latest one has a row, which ends when the next one begins.
func latestHour(rows []TimeRow) int64 {
	if len(rows) == 0 {
		return math.MinInt64
	}
	return hourOf(rows[len(rows)-1].Start)
}
