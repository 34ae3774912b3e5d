package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/hive"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

type eventsCmd struct {
	files
	Format string `enum:"json,parquet" default:"json" env:"-" help:"Form of the events: json, one object a line, or parquet, files in folders by date and host."`
	Output string `short:"o" type:"path" placeholder:"PATH" help:"Write JSON to this file instead of standard output; Parquet files to this directory."`
	Redact bool   `help:"Replace local parts of addresses and Message-IDs, and user names, by a keyed hash; the key is another one in each run."`
}

// Run prints the records of the files. If an input fails, those of the rest.
func (c *eventsCmd) Run(ctx context.Context, std stdio) error {
	if c.Format == "parquet" {
		return c.parquet(ctx, std)
	}
	var unread error
	err := output(std, c.Output, func(w io.Writer) error {
		events := report.NewEvents(w)
		_, unread = c.read(ctx, std, c.redacted(events), false)
		if c.Output != "" && ctx.Err() != nil {
			return ctx.Err() // no file is better than half of one
		}
		return events.Err()
	})
	return errors.Join(unread, err)
}

func (c *eventsCmd) parquet(ctx context.Context, std stdio) error {
	if c.Output == "" {
		return usageError{withHint(errors.New("--format parquet makes files, and needs an --output"), "name a directory, such as --output=mail-events")}
	}
	tables := hive.New(c.Output)
	_, unread := c.read(ctx, std, c.redacted(tables), false)
	if ctx.Err() != nil || isUsageError(unread) {
		tables.Discard()
		return unread
	}
	return errors.Join(unread, tables.Commit())
}

func (c *eventsCmd) redacted(sink parser.Sink) parser.Sink {
	if c.Redact {
		return report.NewRedactor(sink, newKey())
	}
	return sink
}

// newKey returns a key that nobody will know.
func newKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // does not return without success
	return key
}

// written wraps an error of standard output.
func written(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("write output: %w", err)
}
