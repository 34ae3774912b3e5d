package main

import (
	"cmp"
	"io"
	"math"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/exporter"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/grade"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// reportFlags are the flags of all commands that write a report.
type reportFlags struct {
	gradeFlags
	Format string   `enum:"text,json,html,csv,prometheus" default:"text" help:"Form of the report: text, json, html, csv (a line for each peer and kind of TLS), or prometheus (for the textfile collector of the node exporter)."`
	Output string   `short:"o" type:"path" default:"" placeholder:"FILE" help:"Write the report to this file instead of standard output."`
	Top    *int     `placeholder:"N" help:"How many rows of each kind the report shows, 0 for all. Default: 10 in text, 100 in html."`
	FailOn []string `enum:"plaintext,weak,failed" placeholder:"WHAT" help:"Exit with status 3 if there was any of this with peers beyond this host: plaintext (messages), weak (messages under TLS that --profile grades as phase_out or insufficient), failed (handshakes). Repeatable."`
}

// write writes the report, and returns what there is of that on which the command is to fail. Services may be nil, see exporter.WriteText.
func (f *reportFlags) write(std stdio, s *tally.Snapshot, services []*parser.Service, profile *grade.Profile) error {
	err := output(std, f.Output, func(w io.Writer) error {
		switch f.Format {
		case "json":
			return report.JSON(w, s, report.JSONOptions{Profile: profile})
		case "html":
			return report.HTML(w, s, report.HTMLOptions{Top: cmp.Or(f.top(100), math.MaxInt), Profile: profile})
		case "csv":
			return report.CSV(w, s)
		case "prometheus":
			return exporter.WriteText(w, s, services, profile)
		default:
			return report.Text(w, s, report.TextOptions{Top: f.top(10), Profile: profile, Color: f.Output == "" && colored(std.out)})
		}
	})
	if err != nil {
		return err
	}
	return f.found(s, profile)
}

func (f *reportFlags) top(otherwise int) int {
	if f.Top == nil {
		return otherwise
	}
	return *f.Top
}
