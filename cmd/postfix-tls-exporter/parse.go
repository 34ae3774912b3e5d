package main

import (
	"context"
	"errors"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// reportPeers bounds the peers of a report; it is for memory, and more than a reader wants to see.
const reportPeers = 10_000

type parseCmd struct {
	files
	By string `enum:"host,domain,address" default:"host" help:"What peers are told apart by: host, domain, or address."`
	reportFlags
}

// Run prints the report. If an input fails, the report is about the rest.
func (c *parseCmd) Run(ctx context.Context, std stdio) error {
	profile, err := c.profile()
	if err != nil {
		return err
	}
	t := tally.New(tally.Options{PeerLimit: reportPeers, Label: peerLabel(c.By), LabelName: c.By})
	counts, err := c.read(ctx, std, t, true)
	if isUsageError(err) {
		return err
	}
	return errors.Join(err, c.write(std, t.Snapshot(&counts), counts.Services, profile))
}
