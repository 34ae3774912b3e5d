package main

import (
	"context"
	"errors"
	"io"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// reportPeers bounds the peers of a report; it is for memory, and more than a reader wants to see.
const reportPeers = 10_000

type parseCmd struct {
	files
	gradeFlags
	Format string `enum:"text,json" default:"text" help:"Form of the report: text or json."`
	Output string `short:"o" type:"path" placeholder:"FILE" help:"Write the report to this file instead of standard output."`
	Top    int    `default:"10" help:"How many peers the text report shows of each kind."`
}

// Run prints the report. If an input fails, the report is about the rest.
func (c *parseCmd) Run(ctx context.Context, std stdio) error {
	profile, err := c.profile()
	if err != nil {
		return err
	}
	t := tally.New(tally.Options{PeerLimit: reportPeers, LabelName: "host"})
	counts, err := c.read(ctx, std, t, true)
	if _, ok := errors.AsType[usageError](err); ok {
		return err
	}
	s := t.Snapshot(&counts)
	write := func(w io.Writer) error { return report.Text(w, s, report.TextOptions{Top: c.Top}) }
	if c.Format == "json" {
		write = func(w io.Writer) error { return report.JSON(w, s, report.JSONOptions{Profile: profile}) }
	}
	return errors.Join(err, output(std, c.Output, write))
}
