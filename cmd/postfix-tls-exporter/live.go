package main

import (
	"context"
	"sync"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/exporter"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/follow"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// live is what serve knows: one tally of all logs, and a parser for each.
type live struct {
	mu    sync.Mutex // guards tally and the parsers
	tally *tally.Tally
	logs  []*followedLog
}

type followedLog struct {
	name     string
	follower *follow.Follower
	parser   *parser.Parser
	started  bool
}

// follow reads a log until ctx ends. Sessions that are open then stay uncounted: their end is still to come.
func (l *live) follow(ctx context.Context, f *followedLog) error {
	return f.follower.Run(ctx, func(c follow.Chunk) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if !f.started {
			f.started = true
			f.parser.StartInput(c.Modified)
		}
		f.parser.Written(c.Modified)
		f.parser.Feed(c.Lines)
		return nil
	})
}

// ready tells whether all logs were read up to their end once.
func (l *live) ready() bool {
	for _, f := range l.logs {
		select {
		case <-f.follower.CaughtUp():
		default:
			return false
		}
	}
	return true
}

// data is what a scrape shows.
func (l *live) data() exporter.Data {
	l.mu.Lock()
	defer l.mu.Unlock()
	var d exporter.Data
	var counts parser.Counts
	for _, f := range l.logs {
		c, s := f.parser.Counts(), f.follower.Stats()
		counts.Add(c)
		d.Logs = append(d.Logs, exporter.Log{
			Name: f.name, Bytes: s.Bytes, Rotations: s.Rotations, LostBytes: s.LostBytes, CutLines: s.CutLines, Lag: s.Lag, LastLine: c.Last,
		})
	}
	d.Snapshot, d.Services = l.tally.Snapshot(&counts), counts.Services
	d.OpenSessions, d.OpenMessages, d.TrackedPeers = counts.OpenSessions, counts.OpenMessages, l.tally.Peers()
	return d
}
