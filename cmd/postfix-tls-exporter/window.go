package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// window passes on the records of a period. Records, not lines, are chosen, so a session that began within it is whole.
type window struct {
	since, until time.Time // zero: no bound
	sink         parser.Sink
}

func newWindow(since, until string, loc *time.Location, sink parser.Sink) (parser.Sink, error) {
	if since == "" && until == "" {
		return sink, nil
	}
	w := &window{sink: sink}
	now := time.Now().In(loc)
	for _, bound := range []struct {
		flag, text string
		at         *time.Time
	}{{"--since", since, &w.since}, {"--until", until, &w.until}} {
		if bound.text == "" {
			continue
		}
		at, err := parseTime(bound.text, now)
		if err != nil {
			return nil, usageError{withHint(fmt.Errorf("%s: %w", bound.flag, err), "write it like 2026-11-22, '2026-11-22 04:10', 2026-11-22T04:10:00Z, today, yesterday, 24h or 7d")}
		}
		*bound.at = at
	}
	return w, nil
}

// parseTime reads a time in the zone of now, or an age.
func parseTime(text string, now time.Time) (time.Time, error) {
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch text {
	case "now":
		return now, nil
	case "today":
		return midnight, nil
	case "yesterday":
		return midnight.AddDate(0, 0, -1), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return at, nil
		}
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	age, err := time.ParseDuration(text)
	if err != nil || age < 0 {
		return time.Time{}, fmt.Errorf("%q is not a time", text)
	}
	return now.Add(-age), nil
}

func (w *window) holds(at time.Time) bool {
	return (w.since.IsZero() || !at.Before(w.since)) && (w.until.IsZero() || at.Before(w.until))
}

// Session passes on a session that began in the period; one whose begin is not in the log counts by its end.
func (w *window) Session(s *parser.Session) {
	at := s.Start
	if at.IsZero() {
		at = s.End
	}
	if w.holds(at) {
		w.sink.Session(s)
	}
}

// Queued passes on a message that was received in the period.
func (w *window) Queued(m *parser.Message) {
	if w.holds(m.Received) {
		w.sink.Queued(m)
	}
}

// Message passes on a message that was received in the period.
func (w *window) Message(m *parser.Message) {
	if w.holds(m.Received) {
		w.sink.Message(m)
	}
}

// Delivered passes on a delivery record of the period.
func (w *window) Delivered(d *parser.Delivery) {
	if w.holds(d.Time) {
		w.sink.Delivered(d)
	}
}

// TLSRPT passes on a TLSRPT result of the period.
func (w *window) TLSRPT(r *parser.TLSRPT) {
	if w.holds(r.Time) {
		w.sink.TLSRPT(r)
	}
}
