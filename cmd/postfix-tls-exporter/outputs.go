package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/exporter"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/outbox"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// eventFlags say where serve hands over events.
type eventFlags struct {
	Events          string        `type:"path" default:"" placeholder:"DIR" help:"Write each session and message as a line of JSON, to files in this directory."`
	EventsMaxSize   byteSize      `name:"events.max-size" default:"64MiB" placeholder:"SIZE" help:"Close a file of events at this size and begin another one."`
	EventsMaxAge    time.Duration `name:"events.max-age" default:"10m" help:"Close a file of events after this time."`
	EventsMaxFiles  int           `name:"events.max-files" default:"1000" help:"How many closed files of events are kept, 0 for all; past it the oldest are removed."`
	EventsNATS      string        `name:"events.nats" default:"" placeholder:"URL" help:"Publish each session and message to a JetStream stream of this NATS server."`
	NATSSubject     string        `name:"events.nats-subject" default:"postfix-tls.events" help:"Subject to publish to; the stream must exist."`
	NATSCredentials string        `name:"events.nats-credentials" type:"path" default:"" placeholder:"FILE" help:"Credentials file of the NATS user."`
	NATSCA          string        `name:"events.nats-ca" type:"path" default:"" placeholder:"FILE" help:"Certificates of the authority that the NATS server's is from. Default: the system's."`
}

// A byteSize is a number of bytes: "64MiB", "1000000".
type byteSize int64

// UnmarshalText reads a number with a unit; MB and M are as much as MiB.
func (s *byteSize) UnmarshalText(text []byte) error {
	digits := strings.TrimRight(string(text), "KMGiB")
	n, err := strconv.ParseInt(digits, 10, 32)
	unit, known := map[string]int64{"": 1, "B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}[strings.TrimSuffix(strings.TrimSuffix(string(text[len(digits):]), "B"), "i")]
	if err != nil || !known || n <= 0 {
		return fmt.Errorf("%q is no size such as 64MiB", text)
	}
	*s = byteSize(n * unit)
	return nil
}

// String writes the size in the greatest unit that it is a multiple of.
func (s byteSize) String() string {
	units := []string{"", "KiB", "MiB", "GiB"}
	for len(units) > 1 && s%1024 == 0 {
		s, units = s/1024, units[1:]
	}
	return strconv.FormatInt(int64(s), 10) + units[0]
}

func (f *eventFlags) handsOver() bool { return f.Events != "" || f.EventsNATS != "" }

// checkEvents tells what is wrong with the flags. The state directory is empty if there is none.
func (f *eventFlags) checkEvents(state string) error {
	if !f.handsOver() {
		return nil
	}
	var errs []error
	if state == "" {
		errs = append(errs, withHint(errors.New("events are handed over at least once only with a --state-directory"),
			"serve writes down there how far it has come, such as --state-directory=/var/lib/postfix-tls-exporter"))
	}
	if f.EventsMaxAge <= 0 {
		errs = append(errs, withHint(fmt.Errorf("--events.max-age: %v is no age", f.EventsMaxAge), "write it like 10m or 1h"))
	}
	if f.EventsMaxFiles < 0 {
		errs = append(errs, withHint(fmt.Errorf("--events.max-files: %d is no number of files", f.EventsMaxFiles), "0 keeps them all"))
	}
	return errors.Join(errs...)
}

// checkEventFiles tells whether what the flags name can be used, as far as it can be seen.
func (f *eventFlags) checkEventFiles() error {
	errs := []error{checkDirectory("events", f.Events, eventsHint)}
	for flag, name := range map[string]string{"events.nats-credentials": f.NATSCredentials, "events.nats-ca": f.NATSCA} {
		if name == "" {
			continue
		}
		if err := unix.Access(name, unix.R_OK); err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", flag, &fs.PathError{Op: "open", Path: name, Err: err}))
		}
	}
	return errors.Join(errs...)
}

const eventsHint = "each serve needs a directory of its own for events, which its user may write to"

// openEvents opens what the flags name.
func (f *eventFlags) openEvents(log *slog.Logger) (events, error) {
	var e events
	if f.Events != "" {
		files, err := outbox.OpenFiles(outbox.FileConfig{
			Dir: f.Events, MaxSize: int64(f.EventsMaxSize), MaxAge: f.EventsMaxAge, MaxFiles: f.EventsMaxFiles,
		})
		if err != nil {
			return nil, withHint(err, eventsHint)
		}
		e = append(e, outbox.New("files", files, log))
	}
	if f.EventsNATS != "" {
		n, err := outbox.OpenNATS(outbox.NATSConfig{
			URL: f.EventsNATS, Subject: f.NATSSubject, Credentials: f.NATSCredentials, CA: f.NATSCA, Logger: log,
		})
		if err != nil {
			return nil, usageError{withHint(err, "a server is named like nats://nats.example.net:4222")}
		}
		e = append(e, outbox.New("nats", n, log))
	}
	return e, nil
}

// events are the places that records go to beside the tally. There may be none.
type events []*outbox.Box

// lastFlush is how long events may take to be handed over when serve ends. What is not, comes again after the next start.
const lastFlush = 10 * time.Second

// start begins to hand over events, until stop is called.
func (e events) start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, box := range e {
		running.Go(func() { box.Run(ctx) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}

// beside returns a sink that also hands over what it is told.
func (e events) beside(sink parser.Sink) parser.Sink {
	if len(e) == 0 {
		return sink
	}
	return &both{sink, report.NewEventsFunc(func(id string, line []byte) error {
		for _, box := range e {
			box.Put(id, line)
		}
		return nil
	})}
}

// room waits until more events may come.
func (e events) room(ctx context.Context) error {
	for _, box := range e {
		if err := box.Room(ctx); err != nil {
			return err
		}
	}
	return nil
}

// marks tell the events that there were until now.
func (e events) marks() []int64 {
	marks := make([]int64, len(e))
	for i, box := range e {
		marks[i] = box.Mark()
	}
	return marks
}

// flush waits until the events of the marks have been handed over.
func (e events) flush(ctx context.Context, marks []int64) error {
	for i, box := range e {
		if err := box.Flush(ctx, marks[i]); err != nil {
			return fmt.Errorf("events are waiting: %w", err)
		}
	}
	return nil
}

func (e events) stats() (out []exporter.Events) {
	for _, box := range e {
		s := box.Stats()
		out = append(out, exporter.Events{Output: s.Name, Done: s.Done, Waiting: s.Waiting, Errors: s.Errors})
	}
	return out
}

// both tells two sinks.
type both struct{ counts, events parser.Sink }

// Session tells both.
func (b *both) Session(s *parser.Session) {
	b.counts.Session(s)
	b.events.Session(s)
}

// Queued tells both.
func (b *both) Queued(m *parser.Message) {
	b.counts.Queued(m)
	b.events.Queued(m)
}

// Delivered tells both.
func (b *both) Delivered(d *parser.Delivery) {
	b.counts.Delivered(d)
	b.events.Delivered(d)
}

// TLSRPT tells both.
func (b *both) TLSRPT(r *parser.TLSRPT) {
	b.counts.TLSRPT(r)
	b.events.TLSRPT(r)
}

// Message tells both.
func (b *both) Message(m *parser.Message) {
	b.counts.Message(m)
	b.events.Message(m)
}
