package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/exporter"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/checkpoint"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// saves writes checkpoints. Without a state directory it does nothing.
type saves struct {
	store    *checkpoint.Store // nil without a state directory
	interval time.Duration
	log      *slog.Logger
	now      chan struct{} // asks for one at once

	saved  atomic.Int64 // time of the last one, Unix nanoseconds; 0 before the first
	errors atomic.Int64
	failed time.Time // when it was logged last that one could not be written
}

// How often it is looked whether a checkpoint is due, and how often it is logged that they cannot be written.
const (
	checkpointTick  = 500 * time.Millisecond
	complaintPeriod = 5 * time.Minute
)

func (s *saves) stats() exporter.Checkpoint {
	c := exporter.Checkpoint{Kept: s.store != nil, Errors: s.errors.Load()}
	if at := s.saved.Load(); at != 0 {
		c.Saved = time.Unix(0, at)
	}
	return c
}

// run writes a checkpoint after each interval in which something was read, after each rotation, and when it is asked to, until ctx ends.
func (s *saves) run(ctx context.Context, l *live) {
	if s.store == nil {
		return
	}
	tick := time.NewTicker(checkpointTick)
	defer tick.Stop()
	var last progress
	var at time.Time // with a monotonic reading: the clock of the machine may be set back
	for {
		asked := false
		select {
		case <-ctx.Done():
			return
		case <-s.now:
			asked = true
		case <-tick.C:
		}
		p := l.progress()
		due := p.bytes != last.bytes && time.Since(at) >= s.interval
		if (asked || due || p.rotations != last.rotations) && s.save(l) {
			last, at = p, time.Now()
		}
	}
}

// ask asks for a checkpoint at once.
func (s *saves) ask() {
	select {
	case s.now <- struct{}{}:
	default: // one is asked for already
	}
}

// save writes a checkpoint. If it cannot, counting goes on, and it is tried again.
func (s *saves) save(l *live) (ok bool) {
	u := l.checkpoint()
	err := u.save(s.store)
	if err == nil {
		s.saved.Store(u.Saved.UnixNano())
		if !s.failed.IsZero() {
			s.failed = time.Time{}
			s.log.Info("checkpoints can be written again")
		}
		return true
	}
	s.errors.Add(1)
	if time.Since(s.failed) >= complaintPeriod {
		s.failed = time.Now()
		s.log.Error("no checkpoint can be written: after a restart, lines since the last one are read again", "error", err, "last", time.Unix(0, s.saved.Load()))
	}
	return false
}

func (s *saves) close() {
	if s.store != nil {
		_ = s.store.Close() // nothing was written to it
	}
}

// progress is what has been read.
type progress struct{ bytes, rotations int64 }

func (l *live) progress() (p progress) {
	for _, f := range l.logs {
		s := f.source.Stats()
		p.bytes += s.Bytes
		p.rotations += s.Rotations
	}
	return p
}

// load returns the last checkpoint, nil without one. One that cannot be used is set aside, and said so.
func (s *saves) load() (*checkpoint.Checkpoint, error) {
	if s.store == nil {
		return nil, nil //nolint:nilnil // no checkpoint is no error
	}
	c, err := s.store.Load()
	if errors.Is(err, checkpoint.ErrDamaged) {
		s.log.Error("counts begin anew", "error", err)
		return nil, nil //nolint:nilnil // as above
	}
	return c, err
}

// restore makes live go on from a checkpoint. If the checkpoint does not fit, it reports an error and changes nothing.
func (l *live) restore(c *checkpoint.Checkpoint, opts parser.Options, counts tally.Options, log *slog.Logger) error {
	t, dropped, err := tally.Restore(c.Tally, counts)
	if err != nil {
		return err
	}
	logs := make([]*followedLog, len(l.logs))
	for i, f := range l.logs {
		logs[i] = &followedLog{name: f.name, parser: parser.New(t, opts)}
	}
	var others []checkpoint.Log
	for _, saved := range c.Logs {
		i := slices.IndexFunc(logs, func(f *followedLog) bool { return f.name == saved.Name })
		if i < 0 {
			others = append(others, saved)
			continue
		}
		f := logs[i]
		if f.parser, err = parser.Restore(saved.Parser, t, opts); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		f.position, f.before, f.started = saved.Position, saved.Stats, true
	}
	l.tally, l.logs, l.others = t, logs, others
	l.saves.saved.Store(c.Saved.UnixNano())
	if dropped != (tally.Dropped{}) {
		log.Warn("peers of the last checkpoint found no place: their series begin anew, totals go on",
			"relabeled", dropped.Relabeled, "peers", dropped.Peers, "domains", dropped.Domains, "users", dropped.Users)
	}
	for _, other := range others {
		log.Warn("a log of the last checkpoint is not followed any more: its counts stay, but for those of lines and bytes", "log", other.Name)
	}
	log.Info("counts go on from the last checkpoint", "saved", c.Saved)
	return nil
}
