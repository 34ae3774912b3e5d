package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// reportPeers bounds the peers of a report; it is for memory, and more than a reader wants to see.
const reportPeers = 10_000

type parseCmd struct {
	files
	gradeFlags
	Format string `enum:"text,json,html" default:"text" help:"Form of the report: text, json or html."`
	Output string `short:"o" type:"path" placeholder:"FILE" help:"Write the report to this file instead of standard output."`
	Top    *int   `placeholder:"N" help:"How many rows of each kind the report shows, 0 for all. Default: 10 in text, 100 in html."`
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
	write := func(w io.Writer) error {
		return report.Text(w, s, report.TextOptions{Top: c.top(10), Profile: profile, Color: c.Output == "" && colored(std.out)})
	}
	switch c.Format {
	case "json":
		write = func(w io.Writer) error { return report.JSON(w, s, report.JSONOptions{Profile: profile}) }
	case "html":
		write = func(w io.Writer) error {
			return report.HTML(w, s, report.HTMLOptions{Top: cmp.Or(c.top(100), math.MaxInt), Profile: profile})
		}
	}
	return errors.Join(err, output(std, c.Output, write))
}

func (c *parseCmd) top(otherwise int) int {
	if c.Top == nil {
		return otherwise
	}
	return *c.Top
}
