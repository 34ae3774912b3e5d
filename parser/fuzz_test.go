package parser

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzHeader holds that any bytes are read without harm, and that what is found lies within them, in order.
func FuzzHeader(f *testing.F) {
	for _, form := range stampForms {
		f.Add([]byte(form.stamp + " mx1 " + headerTag + headerText))
	}
	for _, form := range headerForms {
		f.Add([]byte(strings.Replace(form.line, "TEXT", headerText, 1)))
	}
	for _, line := range foreignLines {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		const before, after = "before\n", "\nafter" // as in a block
		buf := []byte(before + string(line) + after)
		from, to := len(before), len(before)+len(line)
		var lx lexer
		h, ok := lx.cutHeader(buf, from, to)
		if !ok {
			return
		}
		hostEnd, tagEnd := int(h.host.off+h.host.len), int(h.tag.off+h.tag.len)
		if int(h.host.off) <= from || h.host.len == 0 || hostEnd >= int(h.tag.off) || h.tag.len == 0 || tagEnd >= h.text || h.text > to {
			t.Errorf("%q: host %v, tag %v, text %d in [%d:%d]", line, h.host, h.tag, h.text, from, to)
		}
		if h.prog == progForeign || h.at.form == stampNone {
			t.Errorf("%q: a header without program or time: %+v", line, h)
		}
		if again, ok := lx.cutHeader(buf, from, to); !ok || again != h {
			t.Errorf("%q: read twice: %+v, then %+v", line, h, again)
		}
	})
}

// FuzzGrammar compares the compiled grammar with the oracle.
func FuzzGrammar(f *testing.F) {
	programs := oracle()
	for _, e := range examples(f) {
		f.Add(e.text)
	}
	for _, texts := range ignoredTexts() {
		for _, text := range texts {
			f.Add(text)
		}
	}
	for _, test := range fieldTests {
		f.Add(test.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "\r\n") {
			t.Skip("not the text of a line")
		}
		for prog, rules := range programs {
			_, e := lexed(prog, text)
			if want := oracleRuleOf(t, prog.String(), rules, text); e.kind.String() != want {
				t.Errorf("%v: %q is taken by %q, the oracle says %q", prog, text, e.kind, want)
			}
		}
	})
}

// FuzzParser holds what is true of every log: the books balance, nothing is left open, the bounds hold, Feed and Read agree, and
// what comes out is text. Each connect line of smtpd is a session, and each delivery record is told.
func FuzzParser(f *testing.F) {
	for _, log := range []string{
		seedSessions, seedFailures, seedForms, seedDeliveries, seedReuse, seedScreening, outboundSeed(),
		strings.Join(script(fullLog), ""), strings.Join(script(ledgerText(rand.New(rand.NewPCG(3, 3)))), ""),
	} {
		f.Add([]byte(log), uint64(0))
		f.Add([]byte(log), uint64(1))
	}
	f.Fuzz(func(t *testing.T, log []byte, seed uint64) {
		if seed != 0 {
			log = damage(rand.New(rand.NewPCG(seed, 0)), log)
		}
		log = ended(log)
		opts := Options{Location: time.UTC, MaxSessions: 1 + int(seed%8), MaxMessages: 1 + int(seed%16)}
		want := fuzzFeed(t, opts, log)
		r := &recorder{t: t}
		p := New(r, opts)
		p.StartInput(at(12, 0))
		if err := p.Read(context.Background(), bytes.NewReader(log)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, outcomeOf(p, r)); diff != "" {
			t.Errorf("outcome differs (-Feed +Read):\n%s", diff)
		}
	})
}

// outboundSeed is the made-up logs of deliveries, one after the other.
func outboundSeed() string {
	var log strings.Builder
	for _, scenarios := range [][]scenario{
		deliveryScenarios, fallbackScenarios, deliveryLifeScenarios, reuseScenarios, postscreenScenarios, filterScenarios, spoofScenarios,
		undecidedScenarios, tlsrptScenarios,
	} {
		for _, s := range scenarios {
			log.WriteString(strings.Join(script(s.log), ""))
		}
	}
	return log.String()
}

// fuzzFeed feeds a log line by line and looks after it.
func fuzzFeed(t *testing.T, opts Options, log []byte) outcome {
	t.Helper()
	r := &recorder{t: t}
	p := New(r, opts)
	p.StartInput(at(12, 0))
	var seen batch
	connects, deliveries := 0, 0
	for line := range bytes.Lines(log) {
		p.Feed(line)
		if c := p.Counts(); c.OpenSessions > opts.MaxSessions || c.OpenMessages > opts.MaxMessages || len(c.Unrecognized) > maxShapes+1 {
			t.Fatalf("after %q: %d sessions and %d messages are open, %d shapes kept", line, c.OpenSessions, c.OpenMessages, len(c.Unrecognized))
		}
		seen.buf = append(seen.buf[:0], line...)
		seen.lex()
		for _, e := range seen.events {
			switch {
			case e.kind == eventConnect && e.prog == progSMTPD:
				connects += int(e.repeat)
			case e.kind == eventDelivery:
				deliveries += int(e.repeat)
			}
		}
	}
	out := outcomeOf(p, r)
	r.checkClosed(p)
	r.checkText()
	started := 0
	for _, s := range r.sessions {
		if !s.Start.IsZero() && s.Service.Program == "smtpd" {
			started++
		}
	}
	if len(r.deliveries) != deliveries {
		t.Errorf("%d delivery records, %d told", deliveries, len(r.deliveries))
	}
	if started != connects && !bytes.Contains(log, []byte("0001-01-0")) { // whose times may be the zero time
		t.Errorf("%d connect lines, %d sessions with a start", connects, started)
	}
	return out
}

// checkText holds that all strings are UTF-8: they become JSON, HTML and labels of metrics.
func (r *recorder) checkText() {
	r.t.Helper()
	check := func(texts ...string) {
		for _, s := range texts {
			if !utf8.ValidString(s) {
				r.t.Errorf("a record holds %q", s)
			}
		}
	}
	peer := func(p *Peer) {
		if p != nil {
			check(p.Name, p.Address, p.Path)
		}
	}
	failure := func(f *Failure) {
		if f != nil {
			check(f.Result, f.Reason, f.Detail)
		}
	}
	service := func(s *Service) { check(s.Host, s.Instance, s.Name, s.Program) }
	tls := func(s *TLS) {
		if s != nil {
			check(s.Protocol, s.Cipher, s.Trust, s.KeyExchange, s.Signature, s.Digest)
		}
	}
	for _, s := range r.sessions {
		check(s.SNI, s.Auth.Method, s.Auth.Username)
		check(s.QueueIDs...)
		service(s.Service)
		peer(s.Peer)
		tls(s.TLS)
		failure(s.Failure)
	}
	for _, d := range r.deliveries {
		check(d.QueueID, d.To, d.OrigTo, d.Domain, d.Agent, d.Status, d.DSN, d.QueuedAs, d.Policy.String(), d.Policy.RequireTLS)
		service(d.Service)
		peer(d.Relay)
		tls(d.TLS)
		failure(d.Failure)
	}
	for _, v := range r.tlsrpt {
		check(v.Domain, v.Result, v.Reason)
		service(v.Service)
		peer(v.MX)
	}
	for _, m := range r.messages {
		check(m.QueueID, m.Host, m.Instance, m.MessageID, m.From, m.Source.SNI, m.Source.Parent, m.Source.Auth.Method, m.Source.Auth.Username)
		if m.Source.Service != nil {
			service(m.Source.Service)
		}
		tls(m.Source.TLS)
	}
}

// damage swaps, cuts, repeats and loses lines.
func damage(rng *rand.Rand, log []byte) []byte {
	lines := bytes.SplitAfter(log, []byte("\n"))
	var out []byte
	for range len(lines) {
		line := lines[rng.IntN(len(lines))]
		switch rng.IntN(8) {
		case 0:
			line = line[:rng.IntN(len(line)+1)]
		case 1:
			out = append(out, line...)
		}
		out = append(out, line...)
	}
	return out
}

// No service without Unicode: the parts of a TLS line come from a library, the rest from the network.
func TestRecordsAreText(t *testing.T) {
	r := play(t, `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: Anonymous TLS connection established from a.example[192.0.2.10] to `+"\xff"+`: TLSv1`+"\xff"+` with cipher X`+"\xff"+
		` (1/1 bits) key-exchange X`+"\xff"+` server-signature Y`+"\xff"+` (`+"\xff"+`) server-digest Z`+"\xff"+`
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10], sasl_method=`+"\xff"+`, sasl_username=`+"\xff"+`
		cleanup[420]: 33823A8A060: message-id=<`+"\xff"+`>
		qmgr[9]: 33823A8A060: from=<`+"\xff"+`>, size=1, nrcpt=1 (queue active)
		smtpd[411]: connect from a.example[192.0.2.10]
		smtpd[411]: SSL_accept error from a.example[192.0.2.10]: `+"\xff")
	r.checkText()
}
