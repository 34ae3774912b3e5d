package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

type mergeCmd struct {
	Reports []string `arg:"" name:"report" help:"Reports that parse or merge wrote with --format json, plain or compressed. Standard input for -."`
	reportFlags
}

// Run prints the sum of the reports. They are read one after the other, so that no more than one is in memory beside the sum. If one fails, the sum
// is that of the rest.
func (c *mergeCmd) Run(ctx context.Context, std stdio) error {
	profile, err := c.profile()
	if err != nil {
		return err
	}
	var sum tally.Snapshot
	var errs []error
	for _, name := range eachOnce(c.Reports) {
		err := addReport(&sum, name, std)
		if ctx.Err() != nil {
			return errors.Join(append(errs, ctx.Err())...)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if sum.Schema == 0 { // not one could be read
		return errors.Join(errs...)
	}
	return errors.Join(append(errs, c.write(std, &sum, nil, profile))...)
}

// addReport adds the report in a file. The error names it.
func addReport(sum *tally.Snapshot, name string, std stdio) error {
	in, err := openInput(name, std)
	if err != nil {
		return err // which names it
	}
	defer in.Close()
	s, err := report.ReadJSON(in)
	if err == nil {
		err = sum.Add(s)
	}
	if err == nil {
		return nil
	}
	var hint string
	switch {
	case errors.Is(err, report.ErrJSON):
		hint = "logs are for parse; with --format json it writes what merge reads"
	case errors.Is(err, tally.ErrSchema):
		hint = "reports must be of one version of the program; parse the logs again"
	case errors.Is(err, tally.ErrBy):
		hint = "reports must be made with one --by"
	default: // it names the file
		return err
	}
	return withHint(fmt.Errorf("%s: %w", in.Name(), err), hint)
}
