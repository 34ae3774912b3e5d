package parser

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// feed returns the parser before Close, to look at what is open.
func feed(t *testing.T, opts Options, text string) (*Parser, *recorder) {
	t.Helper()
	r := &recorder{t: t}
	p := New(r, opts)
	for _, line := range script(text) {
		p.Feed([]byte(line))
	}
	return p, r
}

func TestMaxSessions(t *testing.T) {
	opts := testOptions()
	opts.MaxSessions = 2
	p, r := feed(t, opts, `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[411]: connect from b.example[192.0.2.11]
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		smtpd[412]: connect from c.example[192.0.2.12]
		smtpd[410]: disconnect from a.example[192.0.2.10] quit=1 commands=1`)
	if c := p.Counts(); c.OpenSessions != 1 || c.EvictedSessions != 2 {
		t.Errorf("%d sessions open, %d evicted; want 1 and 2", c.OpenSessions, c.EvictedSessions)
	}
	p.Close()
	want := split(`
		session smtpd[410] a.example[192.0.2.10] unknown messages=1 of 3F1A2C0B7D aborted
		session smtpd[411] b.example[192.0.2.11] unknown messages=0 aborted
		session smtpd[410] a.example[192.0.2.10] plaintext messages=0 disconnect no start
		session smtpd[412] c.example[192.0.2.12] unknown messages=0 open
		message 3F1A2C0B7D canceled smtpd a.example[192.0.2.10] unknown`)
	if diff := cmp.Diff(want, r.lines()); diff != "" {
		t.Errorf("the oldest goes first (-want +got):\n%s", diff)
	}
	r.checkClosed(p)
}

func TestMaxMessages(t *testing.T) {
	opts := testOptions()
	opts.MaxMessages = 2
	p, r := feed(t, opts, `
		pickup[430]: 33823A8A060: uid=1 from=<user>
		pickup[430]: 33F78A8A38F: uid=2 from=<user>
		pickup[430]: 456DAA8A36D: uid=3 from=<user>
		pickup[430]: 46B27A8A36D: uid=4 from=<user>
		qmgr[9]: 46B27A8A36D: removed`)
	if c := p.Counts(); c.OpenMessages != 1 || c.EvictedMessages != 2 {
		t.Errorf("%d messages open, %d evicted; want 1 and 2", c.OpenMessages, c.EvictedMessages)
	}
	p.Close()
	want := split(`
		message 33823A8A060 active pickup uid=1
		message 33F78A8A38F active pickup uid=2
		message 46B27A8A36D removed pickup uid=4
		message 456DAA8A36D active pickup uid=3`)
	if diff := cmp.Diff(want, r.lines()); diff != "" {
		t.Errorf("the oldest goes first (-want +got):\n%s", diff)
	}
	r.checkClosed(p)
}

// A single session can fill the table with messages that wait for its end: they are told without it.
func TestMaxMessagesOfOneSession(t *testing.T) {
	opts := testOptions()
	opts.MaxMessages = 2
	p, r := feed(t, opts, `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		qmgr[9]: 33823A8A060: from=<s@example.net>, size=1, nrcpt=1 (queue active)
		qmgr[9]: 33823A8A060: removed
		smtpd[410]: 33F78A8A38F: client=a.example[192.0.2.10]
		smtpd[410]: 456DAA8A36D: client=a.example[192.0.2.10]
		smtpd[410]: 46B27A8A36D: client=a.example[192.0.2.10]`)
	if c := p.Counts(); c.OpenMessages != 2 || c.EvictedMessages != 2 || len(r.messages) != 2 {
		t.Errorf("%d messages open, %d evicted, %d told; want 2 of each", c.OpenMessages, c.EvictedMessages, len(r.messages))
	}
	p.Close()
	r.checkClosed(p)
	if len(r.sessions) != 1 || len(r.messages) != 4 {
		t.Errorf("%d sessions and %d messages, want 1 and 4", len(r.sessions), len(r.messages))
	}
}

func TestMaxQueueIDs(t *testing.T) {
	r := &recorder{t: t}
	p := New(r, testOptions())
	for i := range maxQueueIDs + 5 {
		p.Feed(fmt.Appendf(nil, "Nov 22 04:00:00 mx1 postfix/smtpd[410]: %08X: client=a.example[192.0.2.10]\n", i))
	}
	p.Close()
	r.checkClosed(p)
	s := r.sessions[0]
	if len(s.QueueIDs) != maxQueueIDs || s.Messages != maxQueueIDs+5 || s.QueueIDs[maxQueueIDs-1] != fmt.Sprintf("%08X", maxQueueIDs-1) {
		t.Errorf("%d queue IDs of %d messages, want the first %d", len(s.QueueIDs), s.Messages, maxQueueIDs)
	}
}

// A full table of strings begins anew, and what was taken from it before stays right.
func TestInternedStrings(t *testing.T) {
	r := &recorder{t: t}
	p := New(r, testOptions())
	for i := range maxInterned + 1 {
		p.Feed(fmt.Appendf(nil, "Nov 22 04:00:00 mx1 postfix/smtpd[%d]: connect from host%d.example[192.0.2.10]\n", i+1, i))
	}
	if c := p.Counts(); c.EmptiedTables != 1 {
		t.Errorf("%d tables emptied, want 1", c.EmptiedTables)
	}
	p.Close()
	for i, s := range r.sessions {
		if want := fmt.Sprintf("host%d.example", i); s.Peer.Name != want || s.Peer.Address != "192.0.2.10" {
			t.Fatalf("session %d has peer %+v, want %s", i, s.Peer, want)
		}
	}
}

// Hosts and services past the bound are counted, not read.
func TestMaxServices(t *testing.T) {
	r := &recorder{t: t}
	p := New(r, testOptions())
	for i := range maxServices + 3 {
		p.Feed(fmt.Appendf(nil, "Nov 22 04:00:00 host%d postfix/smtpd[410]: connect from a.example[192.0.2.10]\n", i))
	}
	p.Feed([]byte("Nov 22 04:00:00 host0 postfix/smtpd[410]: disconnect from a.example[192.0.2.10] quit=1 commands=1\n"))
	c := p.Counts()
	if c.RefusedLines != 3 || c.OpenSessions != maxServices-1 || len(c.Services) != maxServices {
		t.Errorf("%d lines refused, %d sessions open, %d services; want 3, %d, %d",
			c.RefusedLines, c.OpenSessions, len(c.Services), maxServices-1, maxServices)
	}
	p.Close()
	r.checkClosed(p)
}

// Many services in one block must not be taken for one another, however many lines it has.
func TestManySourcesInOneBlock(t *testing.T) {
	const hosts, rounds = 100, 700
	var log []byte
	for range rounds {
		for host := range hosts {
			log = fmt.Appendf(log, "Nov 22 04:00:00 host%d postfix/smtpd[410]: connect from a.example[192.0.2.10]\n", host)
		}
	}
	r := &recorder{t: t}
	p := New(r, testOptions())
	p.Feed(log)
	p.Close()
	got := make(map[string]int)
	for _, s := range r.sessions {
		got[s.Service.Host]++
	}
	wrong := 0
	for host := range hosts {
		if got[fmt.Sprintf("host%d", host)] != rounds {
			wrong++
		}
	}
	if wrong > 0 || len(r.sessions) != hosts*rounds {
		t.Errorf("%d sessions, want %d; %d of %d hosts have a wrong number of them", len(r.sessions), hosts*rounds, wrong, hosts)
	}
}

func TestMaxLine(t *testing.T) {
	const head = "Nov 22 04:00:00 mx1 postfix/cleanup[420]: 3F1A2C0B7D: message-id=<"
	r := &recorder{t: t}
	p := New(r, testOptions())
	p.Feed([]byte(head + strings.Repeat("x", MaxLine-len(head)) + "\n"))
	if diff := cmp.Diff(Lines{Total: 1, Postfix: 1, Used: 1}, p.Counts().Lines); diff != "" {
		t.Errorf("the longest line (-want +got):\n%s", diff)
	}
	p.Feed([]byte(head + strings.Repeat("x", MaxLine-len(head)+1) + "\n"))
	if diff := cmp.Diff(Lines{Total: 2, Postfix: 1, Used: 1, Foreign: 1, Cut: 1}, p.Counts().Lines); diff != "" {
		t.Errorf("a byte more (-want +got):\n%s", diff)
	}
	p.Close()
	if n := len(r.messages[0].MessageID); n != maxText {
		t.Errorf("the Message-ID has %d bytes, want %d", n, maxText)
	}
}

// Postfix cuts its text, other writers of the log do not: what a record or a table keeps of a line is bounded.
func TestMaxText(t *testing.T) {
	long := strings.Repeat("x", MaxLine/2)
	r := play(t, `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10], sasl_method=`+long+`, sasl_username=x
		smtpd[410]: 5B0C41D2E9: client=a.example[192.0.2.10], sasl_method=PLAIN, sasl_username=`+long+`
		smtpd[410]: SSL_accept error from a.example[192.0.2.10]: `+long+`
		cleanup[420]: 5B0C41D2E9: message-id=<`+long+`>
		qmgr[9]: 5B0C41D2E9: from=<`+long+`>, size=1, nrcpt=1 (queue active)`)
	s, m := r.sessions[0], r.messages[len(r.messages)-1]
	for name, text := range map[string]string{
		"SASL method": r.messages[0].Source.Auth.Method, "user name": s.Auth.Username, "failure's detail": s.Failure.Detail,
		"Message-ID": m.MessageID, "sender": m.From,
	} {
		if len(text) == 0 || len(text) > maxText {
			t.Errorf("the %s has %d bytes, want %d at most", name, len(text), maxText)
		}
	}
}

// A forged number must not keep the parser busy.
func TestMaxRepeat(t *testing.T) {
	for text, want := range map[string]int{
		"message repeated 3 times: [ connect from a.example[192.0.2.10]]":                            3,
		fmt.Sprintf("message repeated %d times: [ connect from a.example[192.0.2.10]]", maxRepeat):   maxRepeat,
		fmt.Sprintf("message repeated %d times: [ connect from a.example[192.0.2.10]]", maxRepeat+1): 0,
		"message repeated 99999999999999999999 times: [ connect from a.example[192.0.2.10]]":         0,
		"message repeated 0 times: [ connect from a.example[192.0.2.10]]":                            0,
		"message repeated 3 times: [ connect from a.example[192.0.2.10]":                             0, // the bracket is the address'
		"message repeated 3 times: [ connect from a.example[192.0.2.10] ":                            0,
		"message repeated x times: [ connect from a.example[192.0.2.10]]":                            0,
		"message repeated 3": 0, "message repeated ": 0, "message repeated ]": 0,
	} {
		r := &recorder{t: t}
		p := New(r, testOptions())
		p.Feed([]byte("Nov 22 04:00:00 mx1 postfix/smtpd[410]: " + text + "\n"))
		p.Close()
		if len(r.sessions) != want {
			t.Errorf("%q: %d sessions, want %d", text, len(r.sessions), want)
		}
		if p.Counts().Lines.Total != 1 {
			t.Errorf("%q: %+v, want one line", text, p.Counts().Lines)
		}
	}
}

func TestCountsAdd(t *testing.T) {
	first, last := at(4, 0), at(5, 0)
	a := Counts{
		Lines: Lines{Total: 6, Postfix: 4, Used: 2, Ignored: 1, Unrecognized: 1, Foreign: 2, Cut: 1}, First: first.Add(time.Minute), Last: last,
		OpenSessions: 1, OpenMessages: 2, EvictedSessions: 3, EvictedMessages: 4, EmptiedTables: 5, RefusedLines: 6,
		Unrecognized: []Unrecognized{{"smtpd", "a", 1}}, Services: []*Service{{Name: "a"}},
	}
	b := a
	b.First, b.Last = first, last.Add(-time.Minute)
	b.Unrecognized, b.Services = []Unrecognized{{"smtpd", "b", 1}}, []*Service{{Name: "b"}}
	want := Counts{
		Lines: Lines{Total: 12, Postfix: 8, Used: 4, Ignored: 2, Unrecognized: 2, Foreign: 4, Cut: 2}, First: first, Last: last,
		OpenSessions: 2, OpenMessages: 4, EvictedSessions: 6, EvictedMessages: 8, EmptiedTables: 10, RefusedLines: 12,
		Unrecognized: []Unrecognized{{"smtpd", "a", 1}, {"smtpd", "b", 1}}, Services: []*Service{{Name: "a"}, {Name: "b"}},
	}
	var sum Counts
	sum.Add(a)
	sum.Add(b)
	sum.Add(Counts{})
	if diff := cmp.Diff(want, sum); diff != "" {
		t.Errorf("sum differs (-want +got):\n%s", diff)
	}
}
