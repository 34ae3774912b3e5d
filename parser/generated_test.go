package parser

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/loggen"
)

// tlsCounter counts as the generator of logs does.
type tlsCounter struct {
	begun                                uint64
	sessions, postscreen, messages, sent loggen.TLSCounts
}

func newTLSCounter() *tlsCounter {
	none := func() loggen.TLSCounts { return loggen.TLSCounts{Established: map[string]int64{}} }
	return &tlsCounter{sessions: none(), postscreen: none(), messages: none(), sent: none()}
}

func count(c *loggen.TLSCounts, state TLSState, tls *TLS) {
	switch state {
	case TLSEstablished:
		c.Established[tls.Protocol]++
	case TLSPlaintext:
		c.Plaintext++
	case TLSFailed:
		c.Failed++
	case TLSUnlogged, TLSUnknown: // the generator makes none
		c.Established[state.String()]++
	}
}

func (c *tlsCounter) Session(s *Session) {
	switch {
	case s.Direction == Outbound, s.Ended == EndedOpen && s.Service.Program == progPostscreen.String():
	case s.Service.Program == progPostscreen.String():
		count(&c.postscreen, s.State, s.TLS)
	default:
		c.begun++
		if s.Ended != EndedOpen {
			count(&c.sessions, s.State, s.TLS)
		}
	}
}

func (c *tlsCounter) Delivered(d *Delivery) {
	if d.Service.Program == progSMTP.String() && d.Status == statusSent {
		count(&c.sent, d.State, d.TLS)
	}
}

func (c *tlsCounter) Queued(m *Message) { count(&c.messages, m.Source.State, m.Source.TLS) }
func (c *tlsCounter) TLSRPT(*TLSRPT)    {}
func (c *tlsCounter) Message(*Message)  {}

// A generated log comes with what was put into it.
func TestGeneratedLog(t *testing.T) {
	for _, options := range []loggen.Options{{Lines: 50_000}, {Lines: 30_000, Seed: 7, Traditional: true}} {
		var log bytes.Buffer
		truth, err := loggen.Generate(&log, options)
		if err != nil {
			t.Fatal(err)
		}
		got := newTLSCounter()
		opts := testOptions()
		opts.Year = truth.First.Year()
		p := New(got, opts)
		if err := p.Read(t.Context(), &log); err != nil {
			t.Fatal(err)
		}
		p.Close()
		if got.begun != uint64(truth.Connects) {
			t.Errorf("%d sessions, want %d", got.begun, truth.Connects)
		}
		if diff := cmp.Diff(truth.Sessions, got.sessions); diff != "" {
			t.Errorf("sessions that ended (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(truth.MessagesQueued, got.messages); diff != "" {
			t.Errorf("messages queued (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(truth.Postscreen, got.postscreen); diff != "" {
			t.Errorf("sessions of postscreen (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(truth.MessagesSent, got.sent); diff != "" {
			t.Errorf("messages sent (-want +got):\n%s", diff)
		}
		if c := p.Counts().Lines; c.Foreign != uint64(truth.Foreign) || c.Unrecognized != 0 {
			t.Errorf("%d foreign and %d unrecognized lines, want %d and 0", c.Foreign, c.Unrecognized, truth.Foreign)
		}
	}
}
