package parser

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// blocksLog is a log of several blocks, with lines that are too long at their edges.
func blocksLog() []byte {
	rng := rand.New(rand.NewPCG(7, 7))
	var log bytes.Buffer
	for log.Len() < 8*blockSize {
		for _, line := range script(ledgerText(rng)) {
			log.WriteString(line)
		}
		log.WriteString("Nov 22 04:00:00 mx1 postfix/smtpd[410]: " + strings.Repeat("x", rng.IntN(2*MaxLine)) + "\n")
	}
	log.WriteString(strings.Repeat("longer than any block ", 2*blockSize/22) + "\n")
	log.WriteString("Nov 22 04:00:00 mx1 postfix/smtpd[499]: connect from last.example[192.0.2.99]")
	return log.Bytes()
}

func ledgerText(rng *rand.Rand) string {
	var log strings.Builder
	for _, l := range ledgerLog(rng, true) {
		log.WriteString(l.text + "\n")
	}
	return log.String()
}

// outcome is all that a log comes to.
type outcome struct {
	Records []string
	Lines   Lines
}

func outcomeOf(p *Parser, r *recorder) outcome {
	p.Close()
	return outcome{r.lines(), p.Counts().Lines}
}

// readAll reads in a bubble, which notices a goroutine that stays behind.
func readAll(t *testing.T, ctx func(context.Context) context.Context, in io.Reader) (out outcome, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{t: t}
		p := New(r, testOptions())
		err = p.Read(ctx(t.Context()), in)
		out = outcomeOf(p, r)
	})
	return out, err
}

func same(ctx context.Context) context.Context { return ctx }

// The records of Read are those of Feed, wherever the reader stops between two reads.
func TestReadEqualsFeed(t *testing.T) {
	log := blocksLog()
	if fed(t, log).Lines.Cut == 0 {
		t.Fatal("the log has no line that is too long")
	}
	short := log[:MaxLine] // byte by byte, a long line takes long
	for name, test := range map[string]struct {
		log []byte
		in  func(io.Reader) io.Reader
	}{
		"whole":               {log, func(r io.Reader) io.Reader { return r }},
		"bytes":               {short, iotest.OneByteReader},
		"halves":              {log, iotest.HalfReader},
		"data with the error": {log, iotest.DataErrReader},
		"odd pieces":          {log, func(r io.Reader) io.Reader { return &pieceReader{r, 9973} }},
		"a block less one":    {log, func(r io.Reader) io.Reader { return &pieceReader{r, blockSize - 1} }},
		"a long line":         {log, func(r io.Reader) io.Reader { return &pieceReader{r, MaxLine} }},
	} {
		t.Run(name, func(t *testing.T) {
			want := fed(t, test.log)
			got, err := readAll(t, same, test.in(bytes.NewReader(test.log)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("outcome differs (-Feed +Read):\n%s", diff)
			}
			if len(want.Records) < 100 {
				t.Errorf("the log holds %d records only", len(want.Records))
			}
		})
	}
}

// fed is the outcome of a log that is fed line by line.
func fed(t *testing.T, log []byte) outcome {
	t.Helper()
	r := &recorder{t: t}
	p := New(r, testOptions())
	for line := range bytes.Lines(log) {
		p.Feed(ended(bytes.Clone(line)))
	}
	return outcomeOf(p, r)
}

// A pieceReader gives size bytes at a time.
type pieceReader struct {
	r    io.Reader
	size int
}

func (r *pieceReader) Read(p []byte) (int, error) { return r.r.Read(p[:min(len(p), r.size)]) }

func TestReadNothing(t *testing.T) {
	for name, in := range map[string]string{"nothing": "", "empty lines": "\n\n\r\n"} {
		got, err := readAll(t, same, strings.NewReader(in))
		n := uint64(strings.Count(in, "\n"))
		if diff := cmp.Diff(outcome{Lines: Lines{Total: n, Foreign: n}}, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// A read error is returned as it is, and what came before it counts.
func TestReadError(t *testing.T) {
	broken := errors.New("broken")
	whole := strings.Join(script(`
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] quit=1 commands=1
		smtpd[410]: connect from b.example[192.0.2.11]`), "")
	want := split(`
		session smtpd[410] a.example[192.0.2.10] plaintext messages=0 disconnect
		session smtpd[410] b.example[192.0.2.11] unknown messages=0 open`)
	for name, test := range map[string]struct {
		in  io.Reader
		err error
	}{
		"between lines":  {io.MultiReader(strings.NewReader(whole), iotest.ErrReader(broken)), broken},
		"within a line":  {io.MultiReader(strings.NewReader(whole+"Nov 22 04:00"), iotest.ErrReader(broken)), broken},
		"with data":      {iotest.DataErrReader(io.MultiReader(strings.NewReader(whole), iotest.ErrReader(broken))), broken},
		"timeout":        {iotest.TimeoutReader(io.MultiReader(strings.NewReader(whole), strings.NewReader("x"))), iotest.ErrTimeout},
		"unexpected end": {io.MultiReader(strings.NewReader(whole), iotest.ErrReader(io.ErrUnexpectedEOF)), io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readAll(t, same, test.in)
			if !errors.Is(err, test.err) {
				t.Errorf("error %v, want %v", err, test.err)
			}
			if diff := cmp.Diff(want, got.Records); diff != "" {
				t.Errorf("records differ (-want +got):\n%s", diff)
			}
		})
	}
}

// A line that the error has cut tells nothing for certain: it may lack what decides.
func TestReadErrorWithinALine(t *testing.T) {
	in := strings.Join(script(`
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=2 starttls=1 quit=1 commands=4`), "")
	before, _, _ := strings.Cut(in, " starttls")
	got, _ := readAll(t, same, io.MultiReader(strings.NewReader(before), iotest.ErrReader(errors.New("broken"))))
	if diff := cmp.Diff(split(`session smtpd[410] a.example[192.0.2.10] unknown messages=0 open`), got.Records); diff != "" {
		t.Errorf("records differ (-want +got):\n%s", diff)
	}
}

func TestReadCanceled(t *testing.T) {
	canceled := func(ctx context.Context) context.Context {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return ctx
	}
	got, err := readAll(t, canceled, bytes.NewReader(blocksLog()))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if diff := cmp.Diff(outcome{}, got); diff != "" {
		t.Errorf("outcome of a canceled context (-want +got):\n%s", diff)
	}
}

// endless is a log without end; it cancels its own reading.
type endless struct {
	cancel context.CancelFunc
	blocks int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.blocks--; e.blocks == 0 {
		e.cancel()
	}
	line := []byte("Nov 22 04:00:00 mx1 postfix/smtpd[410]: connect from a.example[192.0.2.10]\n")
	n := 0
	for n+len(line) <= len(p) {
		n += copy(p[n:], line)
	}
	return n, nil
}

func TestReadCanceledOnTheWay(t *testing.T) {
	in := &endless{blocks: 3}
	got, err := readAll(t, func(ctx context.Context) context.Context {
		ctx, in.cancel = context.WithCancel(ctx)
		return ctx
	}, in)
	if !errors.Is(err, context.Canceled) || len(got.Records) == 0 || uint64(len(got.Records)) != got.Lines.Used {
		t.Errorf("error %v with %d records of %d lines, want %v, and a record of every line that was read",
			err, len(got.Records), got.Lines.Used, context.Canceled)
	}
}

// A log in several pieces is one log.
func TestReadTwice(t *testing.T) {
	lines := script(`
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] quit=1 commands=1`)
	r := &recorder{t: t}
	p := New(r, testOptions())
	for _, line := range lines {
		if err := p.Read(t.Context(), strings.NewReader(line)); err != nil {
			t.Fatal(err)
		}
	}
	want := split(`session smtpd[410] a.example[192.0.2.10] plaintext messages=0 disconnect`)
	if diff := cmp.Diff(want, outcomeOf(p, r).Records); diff != "" {
		t.Errorf("records differ (-want +got):\n%s", diff)
	}
}

// What a line means does not depend on what follows it in the same block.
func TestBlocksKnowNoFuture(t *testing.T) {
	for _, scenarios := range [][]scenario{
		sessionScenarios, wrapperScenarios, endedScenarios, beforeScenarios, failureScenarios,
		messageScenarios, canceledScenarios, holdScenarios, scopeScenarios, queueOrderScenarios,
	} {
		for _, s := range scenarios {
			r := &recorder{t: t}
			p := New(r, testOptions())
			p.Feed([]byte(strings.Join(script(s.log), "")))
			p.Close()
			if diff := cmp.Diff(play(t, s.log).lines(), r.lines()); diff != "" {
				t.Errorf("%s: records differ (-line by line +at once):\n%s", s.name, diff)
			}
		}
	}
}

var queueOrderScenarios = []scenario{{
	name: "an instance shows its queue later than another takes its message over", log: `
		master[1]: daemon started -- version 3.7.11, configuration /etc/postfix
		postfix-out/smtpd[510]: connect from b.example[192.0.2.11]
		postfix-out/smtpd[510]: 3F1A2C0B7D: client=b.example[192.0.2.11]
		cleanup[420]: 3F1A2C0B7D: message-id=<1@a.example>
		postfix-out/cleanup[520]: 5B0C41D2E9: message-id=<1@b.example>`,
}}
