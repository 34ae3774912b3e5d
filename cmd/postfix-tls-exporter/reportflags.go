package main

import (
	"io"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/exporter"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// reportFlags are the flags of all commands that write a report.
type reportFlags struct {
	Format string   `enum:"text,json,csv,prometheus" default:"text" help:"Form of the report: text, json, csv (a line for each peer and TLS state), or prometheus (for the textfile collector of the node exporter)."`
	Output string   `short:"o" type:"path" placeholder:"FILE" help:"Write the report to this file instead of standard output."`
	Top    int      `default:"10" help:"How many peers the text report shows of each kind."`
	FailOn []string `enum:"plaintext,weak,failed" placeholder:"WHAT" help:"Exit with status 3 if there was mail in plaintext, mail under weak TLS, or a failed handshake, with peers beyond this host: plaintext, weak, failed. Repeatable."`
}

// write writes the report, and returns what there is of that on which the command is to fail. Services may be nil, see exporter.WriteText.
func (f *reportFlags) write(std stdio, s *tally.Snapshot, services []*parser.Service) error {
	err := output(std, f.Output, func(w io.Writer) error {
		switch f.Format {
		case "json":
			return report.JSON(w, s)
		case "csv":
			return report.CSV(w, s)
		case "prometheus":
			return exporter.WriteText(w, s, services)
		default:
			return report.Text(w, s, report.TextOptions{Top: f.Top})
		}
	})
	if err != nil {
		return err
	}
	return f.found(s)
}
