package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
)

type eventsCmd struct {
	files
}

// Run prints the records of the files.
func (c *eventsCmd) Run(ctx context.Context, std stdio) error {
	out := bufio.NewWriterSize(std.out, 1<<16)
	events := report.NewEvents(out)
	_, err := c.read(ctx, std, events, false)
	return errors.Join(err, written(cmp.Or(events.Err(), out.Flush())))
}

// written wraps an error of standard output.
func written(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("write output: %w", err)
}
