package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

type explainCmd struct {
	Files []string `arg:"" optional:"" name:"file" help:"Log files, plain or compressed. Standard input if there is none, or for -."`
	Only  string   `enum:"all,used,ignored,unrecognized,foreign" default:"all" help:"Show only these lines: used, ignored, unrecognized or foreign."`
}

// Run prints what became of each line.
func (c *explainCmd) Run(ctx context.Context, std stdio) error {
	f := files{Files: c.Files}
	opts, err := f.options()
	if err != nil {
		return err
	}
	inputs, errs := f.open(std, opts)
	defer closeAll(inputs)
	out := bufio.NewWriterSize(std.out, 1<<16)
	for _, in := range inputs {
		err := parser.Explain(in, func(line []byte, e parser.Explanation) error {
			if c.Only != "all" && c.Only != string(e.Result) {
				return nil
			}
			_, err := fmt.Fprintf(out, "%-12s %-18s %s\n", e.Result, e.Rule, report.Clean(string(line)))
			if err == nil && e.Rule == "" {
				_, err = fmt.Fprintf(out, "  %s\n", report.Clean(e.Reason))
			}
			return errors.Join(written(err), ctx.Err())
		})
		errs = append(errs, err)
	}
	errs = append(errs, written(out.Flush()))
	return errors.Join(errs...)
}
