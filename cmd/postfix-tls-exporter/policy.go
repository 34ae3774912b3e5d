package main

import (
	"context"
	"errors"
	"io"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

type policyCmd struct {
	files
	Output      string `short:"o" type:"path" default:"" placeholder:"FILE" help:"Write the table to this file instead of standard output."`
	MinMessages uint64 `default:"10" help:"How many recipients a domain must have had, to get an entry."`
	MinDays     uint64 `default:"7" help:"How many days must lie between a domain's first and last delivery."`
	Top         int    `default:"50" help:"How many domains without an entry are named; 0 names all."`
}

// Run prints the table. If an input fails, the table is about the rest.
func (c *policyCmd) Run(ctx context.Context, std stdio) error {
	t := tally.New(tally.Options{PeerLimit: reportPeers, LabelName: "host"})
	counts, err := c.read(ctx, std, t, true)
	if isUsageError(err) {
		return err
	}
	s := t.Snapshot(&counts)
	opts := report.PolicyOptions{MinRecipients: c.MinMessages, MinDays: c.MinDays, Top: c.Top, Incomplete: err != nil}
	write := func(w io.Writer) error { return report.Policy(w, s, opts) }
	return errors.Join(err, output(std, c.Output, write))
}
