package main

import (
	"context"
	"sync"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/exporter"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/checkpoint"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/follow"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// live is what serve knows: one tally of all logs, and a parser for each.
type live struct {
	mu    sync.Mutex // guards tally, and what followedLog says
	tally *tally.Tally
	logs  []*followedLog

	events events
	saves  saves
	others []checkpoint.Log // of the last checkpoint, not followed now: counted once, they must not be counted again if they come back
}

type followedLog struct {
	name   string
	source follow.Source
	before follow.Stats // of the runs before the last checkpoint

	// Guarded by live.mu, all of the same moment:
	parser   *parser.Parser
	position follow.Position
	counted  follow.Stats // of this run
	started  bool         // the parser knows when the log was written
}

// follow reads a log until ctx ends. Sessions that are open then stay uncounted: their end is still to come.
func (l *live) follow(ctx context.Context, f *followedLog) error {
	return f.source.Run(ctx, func(c follow.Chunk) error {
		if err := l.events.room(ctx); err != nil {
			return err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if !f.started {
			f.started = true
			f.parser.StartInput(c.Modified)
			defer l.saves.ask() // the place where it began is worth keeping
		}
		f.parser.Written(c.Modified)
		f.parser.Feed(c.Lines)
		f.position, f.counted = c.After, c.Counted
		return nil
	})
}

// ready tells whether all logs were read up to their end once.
func (l *live) ready() bool {
	for _, f := range l.logs {
		select {
		case <-f.source.CaughtUp():
		default:
			return false
		}
	}
	return true
}

// together adds the counts of the runs before the last checkpoint.
func (f *followedLog) together(s follow.Stats) follow.Stats {
	before := &f.before
	s.Bytes += before.Bytes
	s.Lines += before.Lines
	s.Rotations += before.Rotations
	s.LostBytes += before.LostBytes
	s.CutLines += before.CutLines
	s.Gaps += before.Gaps
	s.Dropped += before.Dropped
	s.Restarts += before.Restarts
	return s
}

// data is what a scrape shows.
func (l *live) data() exporter.Data {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := exporter.Data{Checkpoint: l.saves.stats(), Events: l.events.stats()}
	var counts parser.Counts
	for _, f := range l.logs {
		c, s := f.parser.Counts(), f.source.Stats()
		s.Bytes, s.CutLines = max(s.Bytes, f.counted.Bytes), max(s.CutLines, f.counted.CutLines) // the source counts behind the parser
		s = f.together(s)
		counts.Add(c)
		d.Logs = append(d.Logs, exporter.Log{
			Name: f.name, Bytes: s.Bytes, Rotations: s.Rotations, LostBytes: s.LostBytes, CutLines: s.CutLines, Lag: s.Lag, Gaps: s.Gaps,
			Dropped: s.Dropped, Restarts: s.Restarts, LastLine: c.Last,
		})
	}
	d.Snapshot, d.Services = l.tally.Snapshot(&counts), counts.Services
	d.OpenSessions, d.OpenMessages, d.TrackedPeers = counts.OpenSessions, counts.OpenMessages, l.tally.Peers()
	d.EmptyTables = counts.EmptiedTables
	return d
}

// checkpoint returns what is to be saved. What takes time is left to do for the one who saves it.
func (l *live) checkpoint() *unsaved {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := &unsaved{Checkpoint: checkpoint.Checkpoint{Saved: time.Now(), Tally: l.tally.State()}, events: l.events.marks()}
	for _, f := range l.logs {
		u.Logs = append(u.Logs, checkpoint.Log{Name: f.name, Position: f.position, Stats: f.together(f.counted)})
		u.parsers = append(u.parsers, f.parser.State())
	}
	u.Logs = append(u.Logs, l.others...)
	return u
}

// unsaved is a checkpoint of which the parsers are not yet marshaled.
type unsaved struct {
	checkpoint.Checkpoint
	parsers []*parser.State
	events  []int64 // of its past
}

func (u *unsaved) save(store *checkpoint.Store) error {
	for i, p := range u.parsers {
		var err error
		if u.Logs[i].Parser, err = p.MarshalBinary(); err != nil {
			return err
		}
	}
	return store.Save(&u.Checkpoint)
}
