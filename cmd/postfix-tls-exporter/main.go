// Command postfix-tls-exporter tells from the Postfix mail log how much mail moves over which TLS version, how much in
// plaintext, and with whom: as a report, as JSON Lines, or as Prometheus metrics.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // --timezone must work in a container that has no zone files

	"github.com/alecthomas/kong"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
)

const description = `Reads the Postfix mail log and tells which TLS version and cipher each SMTP session and message used, or that it went in plaintext.`

type cli struct {
	Parse       parseCmd       `cmd:"" help:"Print a report about log files."`
	Merge       mergeCmd       `cmd:"" help:"Print one report out of several that parse wrote with --format json."`
	Events      eventsCmd      `cmd:"" help:"Print one JSON object a line: each session and message of log files."`
	Policy      policyCmd      `cmd:"" help:"Print smtp_tls_policy_maps entries for domains whose mail always went under TLS."`
	Serve       serveCmd       `cmd:"" help:"Follow a log and export Prometheus metrics."`
	Healthcheck healthcheckCmd `cmd:"" help:"Ask a running serve whether it is well: the exit status tells, for containers."`
	Explain     explainCmd     `cmd:"" help:"Print for each line of log files which rule takes it, or why none does."`
	Version     versionFlag    `help:"Print the version and exit." env:"-"`

	Completion completionCmd `cmd:"" help:"Print a completion script for a shell."`

	configFlags
}

// stdio are the standard streams, so that commands can be run by tests.
type stdio struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// Exit statuses, beside 0.
const (
	exitUnreadable = 1 // an input could not be read, or an output not be written; or serve is not well
	exitUsage      = 2
	exitFound      = 3 // all went well, and there is what --fail-on names
)

func main() {
	os.Exit(run(os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr}))
}

// run returns the exit status.
func run(args []string, std stdio) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	app, err := newApp(ctx, std)
	if err != nil {
		return fail(std, err, exitUsage)
	}
	command, err := app.Parse(args)
	if err != nil {
		return fail(std, withHint(err, "postfix-tls-exporter --help shows the commands and flags"), exitUsage)
	}
	if err := command.Run(); err != nil {
		if isUsageError(err) {
			return fail(std, err, exitUsage)
		}
		if onlyFound(err) {
			return fail(std, err, exitFound)
		}
		return fail(std, err, exitUnreadable)
	}
	return 0
}

// newApp returns the command line.
func newApp(ctx context.Context, std stdio) (*kong.Kong, error) {
	return kong.New(&cli{}, kong.Name("postfix-tls-exporter"), kong.Description(description),
		kong.Writers(std.out, std.err), kong.DefaultEnvars("POSTFIX_TLS"), gradeVars(), kong.Bind(std), kong.BindTo(ctx, (*context.Context)(nil)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}))
}

// onlyFound tells whether there is nothing to tell of but what --fail-on names.
func onlyFound(err error) bool {
	for _, err := range flatten(err) {
		if _, ok := errors.AsType[foundError](err); !ok {
			return false
		}
	}
	return true
}

// usageError is an error in what the user asked for.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func isUsageError(err error) bool {
	_, ok := errors.AsType[usageError](err)
	return ok
}

// hintError is an error with advice for the user, printed on a line of its own.
type hintError struct {
	error
	hint string
}

func (e hintError) Unwrap() error { return e.error }

func withHint(err error, hint string) error { return hintError{err, hint} }

// fail prints the error, with its hint, and returns the status.
func fail(std stdio, err error, status int) int {
	warn(std, err)
	return status
}

// warn prints an error that does not end the program. File names and log text may hold anything.
func warn(std stdio, err error) {
	for _, err := range flatten(err) {
		_, _ = fmt.Fprintf(std.err, "postfix-tls-exporter: %s\n", report.Clean(err.Error())) // nothing is left to tell it to
		if hint, ok := errors.AsType[hintError](err); ok {
			_, _ = fmt.Fprintf(std.err, "  %s\n", report.Clean(hint.hint))
		}
	}
}

// flatten takes joined errors apart, for one line each.
func flatten(err error) []error {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, flatten(e)...)
	}
	return all
}
