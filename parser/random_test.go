package parser

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// randomForms are lines of all programs in which Q, Q2 are queue IDs, C is a client, S a server, s the same without port, P a client of postscreen, T the tail of a
// TLS line. Few of each make lines meet that belong together, and some that do not.
var randomForms = []string{
	"smtpd: connect from C", "smtpd: connect from C", "smtpd: Q: client=C", "smtpd: Q: client=C",
	"smtpd: disconnect from C ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5", "smtpd: disconnect from C ehlo=1 mail=1 rcpt=1 data=0/1 quit=1 commands=5",
	"smtpd: disconnect from C", "smtpd: Anonymous TLS connection established from C: T", "smtpd: SSL_accept error from C: -1",
	"smtpd: warning: TLS library problem: error:0A00010B:SSL routines::wrong version number:x:", "smtpd: fatal: watchdog timeout",
	"smtpd: NOQUEUE: client=C", "smtpd: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as Q; from=<x>",
	"smtpd: Q: client=localhost[127.0.0.1], orig_client=a.example[192.0.2.10]", "smtpd: Q: client=localhost[127.0.0.1], orig_queue_id=Q2, orig_client=x",
	"smtpd: Q: hold: RCPT from C: x", "smtpd: lost connection after STARTTLS from C",
	"smtp: Q: to=<a@example.net>, relay=S, delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as Q2)",
	"smtp: Q: to=<b@example.net>, relay=S, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as Q2)",
	"smtp: Q: to=<a@example.net>, relay=S, conn_use=2, delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (250 Ok)",
	"smtp: Q: to=<a@example.net>, relay=S, delay=1, delays=0/0/0/0, tls=may:none, dsn=2.0.0, status=sent (250 Ok)",
	"smtp: Q: to=<a@example.net>, relay=S, delay=1, delays=0/0/0/0, tls=!encrypt, dsn=4.7.4, status=deferred (TLS is required, but was not offered by host s)",
	"smtp: Q: to=<a@example.net>, relay=S, delay=1, delays=0/0/0/0, dsn=4.7.5, status=deferred (Cannot start TLS: handshake failure)",
	"smtp: Q: to=<a@example.net>, relay=S, delay=1, delays=0/0/0/0, dsn=4.7.5, status=deferred (Server certificate not verified)",
	"smtp: Q: to=<a@example.net>, relay=none, delay=1, delays=0/0/0/0, dsn=4.4.1, status=deferred (connect to S: Connection refused)",
	"smtp: Q: to=<x>, relay=S, delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (x>, relay=S, delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (250 Ok)",
	"smtp: Q: to=<a@example.com>, relay=mail.example.com[private/lmtp], delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (250 Saved)",
	"smtp: Trusted TLS connection established to S: T", "smtp: Trusted TLS connection reused to S: T", "smtp: SSL_connect error to S: -1",
	"smtp: warning: TLS library problem: error:0A00042E:SSL routines::tlsv1 alert protocol version:x:",
	"smtp: server certificate verification failed for S: certificate has expired", "smtp: Q: Cannot start TLS: handshake failure",
	"smtp: Q: lost connection with s while sending DATA command", "smtp: Q: host s said: 450 later", "smtp: panic: x",
	"smtp: TLSRPT: status=failure, domain=example.net, receiving_mx=(Null), failure_type=validation_failure",
	"local: Q: to=<a@example.com>, relay=local, delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)",
	"cleanup: Q: message-id=<1@example.net>", "cleanup: Q: removed (canceled)", "qmgr: Q: from=<s@example.net>, size=12, nrcpt=1 (queue active)",
	"qmgr: Q: from=<s@example.net>, size=12, nrcpt=1 (queue active)", "qmgr: Q: removed", "qmgr: Q: removed", "pickup: Q: uid=0 from=<root>",
	"pickup: Q: uid=0 from=<root> orig_id=Q2", "bounce: Q: sender non-delivery notification: Q2", "postsuper: Q: requeued", "postsuper: Q: placed on hold",
	"postscreen: CONNECT from P to [198.51.100.1]:25", "postscreen: CONNECT from P to [198.51.100.1]:25", "postscreen: DISCONNECT P",
	"postscreen: PASS NEW P", "postscreen: HANGUP after 0.2 from P in tests before SMTP handshake", "tlsproxy: CONNECT from P", "tlsproxy: DISCONNECT P",
	"tlsproxy: Anonymous TLS connection established from P: T", "tlsproxy: TLS handshake failed for service=smtpd peer=P",
	"tlsproxy: warning: TLS library problem: error:0A0000C1:SSL routines::no shared cipher:x:", "rare: master: daemon started -- version 3.7.11, configuration /etc/postfix",
	"rare: master: reload -- version 3.7.11, configuration /etc/postfix", "rare: master: terminating on signal 15",
	"rare: master: warning: process /usr/lib/postfix/sbin/smtp pid 1 killed by signal 9",
}

// randomLog makes a log in which times jump, if they do, by hours, and lines come twice.
func randomLog(rng *rand.Rand, number int) []string {
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	now := time.Date(2026, time.November, 22, 4, 0, 0, 0, time.UTC)
	jumps := rng.IntN(2) == 0
	var out []string
	for len(out) < number {
		form := pick(randomForms...)
		if rest, rare := strings.CutPrefix(form, "rare: "); rare {
			if rng.IntN(8) > 0 {
				continue
			}
			form = rest
		}
		server := pick("mx1.example.net[198.51.100.25]:25", "mx1.example.net[198.51.100.25]:25", "MX1.example.net[198.51.100.25]:25", "lo.example.net[127.0.0.1]:10024")
		ids := []string{"3F1A2C0B7D", "5B0C41D2E9", "46B27A8A36D", "4jXFz16lx4z1cM1s"}
		program, text, _ := strings.Cut(form, ": ")
		text = strings.NewReplacer("Q2", pick(ids...), "Q:", pick(ids...)+":", "as Q;", "as "+pick(ids...)+";",
			" C", " "+pick("a.example[192.0.2.10]", "localhost[127.0.0.1]", "unknown[unknown]"), "=C", "=a.example[192.0.2.10]",
			" S", " "+server, "=S", "="+server, " s ", " "+server[:strings.LastIndexByte(server, ':')]+" ",
			" P", " "+pick("[192.0.2.10]:1000", "[192.0.2.11]:1001"), "=P", "=[192.0.2.10]:1000",
			" T", " TLSv1.2 with cipher AES256-SHA (256/256 bits)").Replace(text)
		if jumps && rng.IntN(30) == 0 {
			now = now.Add(time.Duration(rng.IntN(7200)-1800) * time.Second)
		}
		now = now.Add(time.Duration(rng.IntN(2)) * time.Second)
		line := fmt.Sprintf("%s %s %s/%s[%d]: %s\n", now.Format(time.Stamp), pick("mx1", "mx1", "mx1", "mx2"), pick("postfix", "postfix", "postfix", "postfix-out", "foo"),
			program, 1+rng.IntN(3), text)
		out = append(out, line)
		if rng.IntN(30) == 0 {
			out = append(out, line)
		}
	}
	return out
}

// randomOptions have bounds that bite.
func randomOptions(rng *rand.Rand) Options {
	opts := testOptions()
	if rng.IntN(2) == 0 {
		opts.MaxMessages, opts.MaxSessions = 1+rng.IntN(4), 1+rng.IntN(4)
	}
	return opts
}

// What happens, in whatever order it is logged: the parser's own books are right after every line, it tells those who count what it tells all others, and after a
// restart it goes on as if there had been none.
func TestRandomLogs(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 3))
		lines, opts := randomLog(rng, 150), randomOptions(rng)
		whole := tellings(t, opts, lines, nil)
		if diff := cmp.Diff(whole, tellings(t, opts, lines, rng)); diff != "" {
			t.Fatalf("seed %d: with restarts (-without +with):\n%s", seed, diff)
		}
		opts.CountsOnly = true
		counted := tellings(t, opts, lines, nil)
		if diff := cmp.Diff(countable(whole), countable(counted)); diff != "" {
			t.Fatalf("seed %d: what is counted (-of whole records +of counts only):\n%s", seed, diff)
		}
		if diff := cmp.Diff(counted, tellings(t, opts, lines, rng)); diff != "" {
			t.Fatalf("seed %d: counts only, with restarts (-without +with):\n%s", seed, diff)
		}
	}
}

// tellings are what a parser told of the lines, in order. With rng it is saved and restored at random places.
func tellings(t *testing.T, opts Options, lines []string, rng *rand.Rand) []string {
	t.Helper()
	sink := &teller{}
	p := New(sink, opts)
	for i, line := range lines {
		if rng != nil && rng.IntN(10) == 0 {
			p = restarted(t, p, sink, opts)
		}
		p.Feed([]byte(line))
		if err := p.machine.check(); err != nil {
			t.Fatalf("after line %d, %s%v", i, line, err)
		}
	}
	p.Close()
	if c := p.Counts(); c.OpenSessions != 0 || c.OpenMessages != 0 {
		t.Fatalf("after Close: %d sessions and %d messages are open", c.OpenSessions, c.OpenMessages)
	}
	return append(sink.out, fmt.Sprintf("%+v", p.machine.counts))
}

func restarted(t *testing.T, p *Parser, sink Sink, opts Options) *Parser {
	t.Helper()
	state, err := p.State().MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	opts.Year = 0 // of no use any more
	restored, err := Restore(state, sink, opts)
	if err != nil {
		t.Fatal(err)
	}
	return restored
}

// countable leaves out what only whole records have.
func countable(tellings []string) (out []string) {
	for _, s := range tellings {
		if !strings.HasPrefix(s, "message") && !strings.HasPrefix(s, "{") {
			s, _, _ = strings.Cut(s, " ids ")
			out = append(out, s)
		}
	}
	return out
}

// A teller writes down what it is told.
type teller struct{ out []string }

func (r *teller) Session(s *Session) {
	counted := *s
	counted.QueueIDs = nil
	r.tell("%s failure %+v commands %v at %s to %s ids %v", sessionLine(&counted), s.Failure, s.Commands, s.Start.UTC(), s.End.UTC(), append(s.QueueIDs, s.ID()))
}

func (r *teller) Queued(m *Message) {
	src := m.Source
	src.Parent = ""
	r.tell("queued%s at %s ids %s %s", sourceText(&src), m.Received.UTC(), m.QueueID, m.Source.Parent)
}

func (r *teller) Delivered(d *Delivery) {
	relay, state := "none", ""
	if d.Relay != nil {
		relay, state = peerText(d.Relay, d.Port), stateText(d.State, d.TLS)
	}
	r.tell("delivered %s %s %s %s %s %v %v %+v ids %s %s", d.Service.Instance, d.Domain, relay, d.Status, state, d.First, d.Policy, d.Failure, d.QueueID, d.QueuedAs)
}

func (r *teller) TLSRPT(v *TLSRPT) { r.tell("tlsrpt %s %s", v.Domain, v.Result) }

func (r *teller) Message(m *Message) {
	r.tell("message %s %s%s %v %d deliveries %d omitted %s %s", m.ID(), m.QueueID, sourceText(&m.Source), m.State, len(m.Deliveries), m.Omitted, m.MessageID, m.Instance)
}

func (r *teller) tell(format string, args ...any) {
	r.out = append(r.out, fmt.Sprintf(format, args...))
}

// check looks whether the books agree with one another.
func (m *machine) check() error {
	q := &m.messages
	listed, kept, waits, second := 0, 0, 0, 0
	for _, l := range [...]*list[message]{&q.incoming, &q.active} {
		for v := l.front; v != nil; v = v.next {
			if v.listed {
				listed++
			}
			if v.details != nil {
				kept += len(v.deliveries)
			}
			waits += v.waiting
			onSecond := v.session != nil || v.orphan || v.proxied || v.refused
			if onSecond {
				second++
			}
			switch {
			case v.active != (l == &q.active), v.listed && q.byID[v.key] != v, !v.listed && !v.gone:
				return fmt.Errorf("message %s is in the wrong place", v.key.id)
			case v.gone && v.waiting == 0 && !onSecond:
				return fmt.Errorf("message %s waits for nothing", v.key.id)
			}
		}
	}
	sessions := 0
	for s := m.order.front; s != nil; s = s.next {
		sessions++
		second -= s.messages.size()
	}
	second -= q.proxied.size() + q.orphans.size()
	d, w := &m.deliverers, &m.screening
	got := []int{
		listed, kept, waits, waits, second, sessions, q.incoming.size() + q.active.size(), d.busy.size() + d.quiet.size(), w.open.size() + w.passed.size(), w.passed.size(),
	}
	want := []int{len(q.byID), q.kept, m.waiting.count, m.waiting.size(), 0, len(m.sessions), q.count, len(d.byKey), len(w.byKey), w.count}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("the books differ (-counted +there):\n%s", diff)
	}
	if q.count > q.max || m.openSessions() > m.maxSessions {
		return fmt.Errorf("%d messages and %d sessions, too many", q.count, m.openSessions())
	}
	return nil
}

func (l *list[T]) size() (n int) {
	for v := l.front; v != nil; v = l.at(v).next {
		n++
	}
	return n
}

// A parser that only counted can go on with whole records, and the other way round, and what is counted is the same.
func TestRestoreForAnotherPurpose(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 5))
		lines, opts := randomLog(rng, 150), randomOptions(rng)
		want := countable(tellings(t, opts, lines, nil))
		sink := &teller{}
		p := New(sink, opts)
		for i, line := range lines {
			if rng.IntN(10) == 0 {
				opts.CountsOnly = !opts.CountsOnly
				p = restarted(t, p, sink, opts)
			}
			p.Feed([]byte(line))
			if err := p.machine.check(); err != nil {
				t.Fatalf("after line %d, %s%v", i, line, err)
			}
		}
		p.Close()
		if diff := cmp.Diff(want, countable(sink.out)); diff != "" {
			t.Fatalf("seed %d (-without +with):\n%s", seed, diff)
		}
	}
}

// A message that was in the queue when its parser only counted has no sender in its record, which is not the empty sender.
func TestQueuedForAnotherPurpose(t *testing.T) {
	opts, r := testOptions(), &recorder{t: t}
	opts.CountsOnly = true
	p := New(r, opts)
	feedScript(p, `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		qmgr[9]: 33823A8A060: from=<s@example.net>, size=12, nrcpt=1 (queue active)`)
	opts.CountsOnly = false
	p = restarted(t, p, r, opts)
	feedScript(p, `
		smtpd[410]: disconnect from a.example[192.0.2.10]
		qmgr[9]: 33823A8A060: removed`)
	p.Close()
	if len(r.messages) != 1 || r.messages[0].QueueID != "33823A8A060" || r.messages[0].Queued || r.messages[0].Recipients != 1 {
		t.Errorf("%+v", r.messages)
	}
}

// A damaged state is refused.
func TestRestoreDamaged(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	opts := testOptions()
	p := New(nothing{}, opts)
	p.Feed([]byte(strings.Join(randomLog(rng, 400), "")))
	state, err := p.State().MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, state []byte, opts Options) {
		if _, err := Restore(state, nothing{}, opts); !errors.Is(err, ErrState) {
			t.Errorf("%s: %v, want %v", what, err, ErrState)
		}
	}
	for n := range len(state) {
		refused(fmt.Sprintf("cut at byte %d", n), state[:n], opts)
	}
	for range 500 {
		damaged, i := bytes.Clone(state), rng.IntN(len(state))
		damaged[i] ^= byte(1 << rng.IntN(8))
		refused(fmt.Sprintf("byte %d changed", i), damaged, opts)
	}
}
