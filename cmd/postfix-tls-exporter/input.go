package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/term"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/follow"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// files are the flags of all commands that read log files.
type files struct {
	Files []string `arg:"" optional:"" name:"file" help:"Log files, plain or compressed with gzip, bzip2, xz or zstd; read in the order of their first lines. Standard input if there is none, or for -."`
	Since string   `placeholder:"TIME" help:"Leave out sessions that began, and messages that were received, before: 2026-11-22, '2026-11-22 04:10', RFC 3339, today, yesterday, or an age such as 24h or 7d."`
	Until string   `placeholder:"TIME" help:"Leave out sessions that began, and messages that were received, at or after this time."`
	logFormat
}

// logFormat tells what log lines do not.
type logFormat struct {
	Year           int      `help:"Year of the first line, where lines have none. Default: derived from the file's modification time."`
	Timezone       string   `placeholder:"ZONE" help:"Zone of lines that have none, such as Europe/Berlin. Default: the local zone."`
	TrustedNetwork []string `placeholder:"PREFIX" help:"Count peers of this network as private, such as 192.0.2.0/24. Repeatable."`
	MaxSessions    int      `default:"50000" help:"How many sessions are remembered that have not ended; past it the oldest are counted early. Some 1 KB of memory each."`
	MaxMessages    int      `default:"50000" help:"How many queue IDs are remembered that have not left the queue; past it the oldest are counted early. Some 0.5 KB of memory each, 2 KB for events."`
}

func (f *logFormat) options() (parser.Options, error) {
	opts := parser.Options{Year: f.Year, Location: time.Local, MaxMessages: f.MaxMessages, MaxSessions: f.MaxSessions}
	if f.MaxSessions < 0 {
		return opts, usageError{withHint(fmt.Errorf("--max-sessions: %d is no number of sessions", f.MaxSessions), "so many may be open at a time, such as 50000; 0 means the default")}
	}
	if f.MaxMessages < 0 {
		return opts, usageError{withHint(fmt.Errorf("--max-messages: %d is no number of messages", f.MaxMessages), "so many may be in the queue at a time, such as 50000; 0 means the default")}
	}
	if f.Timezone != "" {
		loc, err := time.LoadLocation(f.Timezone)
		if err != nil {
			return opts, usageError{withHint(fmt.Errorf("--timezone: %w", err), "zones have names such as Europe/Berlin or UTC")}
		}
		opts.Location = loc
	}
	for _, text := range f.TrustedNetwork {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return opts, usageError{withHint(fmt.Errorf("--trusted-network: %w", err), "a network is written like 192.0.2.0/24")}
		}
		opts.TrustedNetworks = append(opts.TrustedNetworks, prefix.Masked())
	}
	return opts, nil
}

// read gives the records of all files to sink and returns the parser's figures. What can be read is read; the error tells of what cannot,
// file by file.
func (f *files) read(ctx context.Context, std stdio, sink parser.Sink, countsOnly bool) (parser.Counts, error) {
	opts, err := f.options()
	if err != nil {
		return parser.Counts{}, err
	}
	opts.CountsOnly = countsOnly
	limitMemory(&opts)
	win, err := newWindow(f.Since, f.Until, opts.Location, sink)
	if err != nil {
		return parser.Counts{}, err
	}
	inputs, errs := f.open(std, opts)
	defer closeAll(inputs)
	p := parser.New(win, opts)
	stop := showProgress(std.err, inputs)
	for _, in := range inputs {
		errs = append(errs, readInput(ctx, p, in))
	}
	stop()
	p.Close()
	return p.Counts(), errors.Join(errs...)
}

// What the collector tries to stay below while files are read. What is kept of a log is bounded, whatever its size; without a word
// the collector would let garbage take as much again. Whole records take more than counts.
const (
	memoryOfCounts  = 56 << 20
	memoryOfRecords = 120 << 20
)

// limitMemory leaves it at that if more is to be remembered than the default.
func limitMemory(opts *parser.Options) {
	limit := int64(memoryOfRecords)
	if opts.CountsOnly {
		limit = memoryOfCounts
	}
	if os.Getenv("GOMEMLIMIT") == "" && opts.MaxMessages <= 50_000 && opts.MaxSessions <= 50_000 {
		debug.SetMemoryLimit(limit)
	}
}

// readInput reads one file. A file without Postfix lines is no text if there is a NUL byte in its head; grep judges by that too.
func readInput(ctx context.Context, p *parser.Parser, in *follow.Input) error {
	head, _ := in.Peek(headSize) // an error comes again when the file is read
	before := p.Counts().Lines.Postfix
	p.StartInput(modified(in))
	if err := p.Read(ctx, in); err != nil {
		return err
	}
	if p.Counts().Lines.Postfix == before && bytes.IndexByte(head, 0) >= 0 {
		return fmt.Errorf("%s: not a log, but binary data", in.Name())
	}
	return nil
}

// modified is the time from which a log's year is derived; a pipe's is now.
func modified(in *follow.Input) time.Time {
	if t := in.Modified(); !t.IsZero() {
		return t
	}
	return time.Now()
}

// headSize is how much of a file is looked at for the time of its first line.
const headSize = 64 << 10

// open opens all files that can be, oldest first.
func (f *files) open(std stdio, opts parser.Options) ([]*follow.Input, []error) {
	names, err := f.names(std)
	if err != nil {
		return nil, []error{err}
	}
	type dated struct {
		*follow.Input
		first time.Time
	}
	var all []dated
	var errs []error
	for _, name := range names {
		in, err := openInput(name, std)
		if err != nil {
			errs = append(errs, openError(err))
			continue
		}
		d := dated{Input: in}
		if len(names) > 1 {
			head, _ := in.Peek(headSize) // an error comes again when the file is read
			d.first, _ = parser.FirstTime(head, modified(in), opts)
		}
		all = append(all, d)
	}
	slices.SortStableFunc(all, func(a, b dated) int { return a.first.Compare(b.first) })
	inputs := make([]*follow.Input, len(all))
	for i, d := range all {
		inputs[i] = d.Input
	}
	return inputs, errs
}

func openInput(name string, std stdio) (*follow.Input, error) {
	if name == "-" {
		return follow.OpenReader(follow.StandardInput, std.in)
	}
	return follow.Open(name)
}

// names are the files to read; without any, standard input if something is piped into it.
func (f *files) names(std stdio) ([]string, error) {
	if len(f.Files) > 0 {
		return eachOnce(f.Files), nil
	}
	if in, ok := std.in.(*os.File); ok && term.IsTerminal(int(in.Fd())) {
		return nil, usageError{withHint(errors.New("no log file given, and nothing is piped in"), "try: postfix-tls-exporter parse /var/log/mail.log")}
	}
	return []string{"-"}, nil
}

// eachOnce leaves out names of regular files that were named before, so that mail.log* and mail.log together count nothing twice.
func eachOnce(names []string) []string {
	var out []string
	var seen []os.FileInfo
	for _, name := range names {
		info, err := os.Stat(name) // an error comes again when the file is opened
		if err == nil && info.Mode().IsRegular() {
			if slices.ContainsFunc(seen, func(o os.FileInfo) bool { return os.SameFile(o, info) }) {
				continue
			}
			seen = append(seen, info)
		}
		out = append(out, name)
	}
	return out
}

func openError(err error) error {
	switch {
	case errors.Is(err, os.ErrPermission):
		return withHint(err, "the mail log is readable for group adm on Debian and Ubuntu; or use sudo")
	case errors.Is(err, os.ErrNotExist):
		return withHint(err, "Postfix logs to /var/log/mail.log, /var/log/maillog, or the systemd journal (journalctl --facility=mail -o short-iso | postfix-tls-exporter parse)")
	default:
		return err
	}
}

func closeAll(inputs []*follow.Input) {
	for _, in := range inputs {
		_ = in.Close() // only read from
	}
}
