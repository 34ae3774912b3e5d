package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/loggen"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}

// config is the command line.
type config struct {
	lines    int
	rounds   int
	dir      string
	bin      string
	generate string
}

func parseArgs(args []string) (config, error) {
	var c config
	flags := flag.NewFlagSet("benchmark", flag.ContinueOnError)
	flags.IntVar(&c.lines, "lines", loggen.DefaultLines, "`number` of lines of the log")
	flags.IntVar(&c.rounds, "rounds", 5, "`number` of times that each command runs, pflogsumm excepted")
	flags.StringVar(&c.dir, "dir", "", "`folder` to keep the log in; a temporary one if empty")
	flags.StringVar(&c.bin, "bin", "./postfix-tls-exporter", "`file` to measure")
	flags.StringVar(&c.generate, "generate", "", "only write the log to `file`")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	switch {
	case flags.NArg() > 0:
		return c, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case c.lines < 1 || c.rounds < 1:
		return c, errors.New("-lines and -rounds must be at least 1")
	}
	return c, nil
}

func run(args []string, stdout io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	c, err := parseArgs(args)
	if err != nil {
		return err
	}
	if c.generate != "" {
		_, err := writeLog(c.generate, loggen.Options{Lines: c.lines})
		return err
	}
	if c.dir != "" {
		return bench(ctx, c, c.dir, stdout)
	}
	dir, err := os.MkdirTemp("", "benchmark-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return bench(ctx, c, dir, stdout)
}

// bench measures all commands on the log in dir, and prints what came out.
func bench(ctx context.Context, c config, dir string, stdout io.Writer) error {
	log := filepath.Join(dir, "mail.log")
	commands, notes, err := commandsFor(c, log, findPflogsumm())
	if err != nil {
		return err
	}
	summary, err := ensureLog(log, loggen.Options{Lines: c.lines})
	if err != nil {
		return err
	}
	forgetPeak()
	if err := warm(log); err != nil {
		return err
	}
	results, err := measureAll(ctx, commands, c.rounds)
	if err != nil {
		return err
	}
	return printReport(stdout, summary, results, notes)
}
