package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

type eventsCmd struct {
	files
	Redact bool `help:"Replace local parts of addresses and Message-IDs, and user names, by a keyed hash; the key is another one in each run."`
}

// Run prints the records of the files.
func (c *eventsCmd) Run(ctx context.Context, std stdio) error {
	out := bufio.NewWriterSize(std.out, 1<<16)
	events := report.NewEvents(out)
	var sink parser.Sink = events
	if c.Redact {
		sink = report.NewRedactor(events, newKey())
	}
	_, err := c.read(ctx, std, sink, false)
	return errors.Join(err, written(cmp.Or(events.Err(), out.Flush())))
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
