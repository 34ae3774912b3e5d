package parser

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestUndecided(t *testing.T) { runScenarios(t, undecidedScenarios) }

const (
	// undecidedRecord leaves open what it was: without tls= (before 3.11) and without a TLS line, plaintext, or a log level of 0.
	undecidedRecord = `
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)`
	undecidedTLS = `: Trusted TLS connection established to mx2.example.net[198.51.100.26]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)`
	undecidedEnd = `
		message 3F1A2C0B7D active unknown deliveries=1`
	decidedPlaintext = `
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext first` + undecidedEnd
	leftUnknown = `
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent unknown first` + undecidedEnd
	sessionPlaintext = `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 3F1A2C0B7D`
	sessionUnknown = `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 unknown messages=1 of 3F1A2C0B7D`
	sessionOther = `
		outbound smtp[521] mx2.example.net[198.51.100.26]:25 established TLSv1.2 messages=0`
)

// Whether a service logs TLS lines at all decides what it means that there is none.
var undecidedScenarios = []scenario{
	{"the service never shows TLS", undecidedRecord, sessionUnknown + leftUnknown},
	{
		"the service showed TLS before", `
		smtp[521]` + undecidedTLS + `
		@04:10:00` + undecidedRecord, sessionPlaintext + sessionOther + decidedPlaintext,
	},
	{"the service shows TLS later", undecidedRecord + `
		@04:59:59
		smtp[521]` + undecidedTLS, sessionPlaintext + sessionOther + decidedPlaintext},
	{"the service shows TLS much later", undecidedRecord + `
		@06:00:00
		smtp[521]` + undecidedTLS, sessionUnknown + sessionOther + leftUnknown},
	{"another service, host or instance shows TLS", undecidedRecord + `
		postfix/relay/smtp[521]` + undecidedTLS + `
		lmtp[522]` + undecidedTLS + `
		postfix-out/smtp[523]` + undecidedTLS + `
		Nov 22 04:00:00 mx2 postfix/smtp[524]` + undecidedTLS + `
		tlsproxy[525]` + undecidedTLS, `
		outbound relay[521] mx2.example.net[198.51.100.26]:25 established TLSv1.2 messages=0
		outbound lmtp[522] mx2.example.net[198.51.100.26]:25 established TLSv1.2 messages=0
		outbound postfix-out/smtp[523] mx2.example.net[198.51.100.26]:25 established TLSv1.2 messages=0
		outbound smtp[524] mx2.example.net[198.51.100.26]:25 established TLSv1.2 messages=0` + sessionUnknown + leftUnknown},
	{"a UNIX-domain socket and a cached connection need no evidence", `
		lmtp[530]: 3F1A2C0B7D: to=<a@example.com>, relay=mail.example.com[private/lmtp], delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Saved)
		smtp[520]: 5B0C41D2E9: to=<b@example.net>, relay=mx1.example.net[198.51.100.25]:25, conn_use=2, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound lmtp[530] mail.example.com[private/lmtp] plaintext messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.com lmtp mail.example.com[private/lmtp] sent plaintext first
		delivery 5B0C41D2E9 to=b@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext reused first
		message 3F1A2C0B7D active unknown deliveries=1
		message 5B0C41D2E9 active unknown deliveries=1`},
	{"the message is removed before it is decided, and its queue ID given again", `
		qmgr[9]: 3F1A2C0B7D: from=<s@example.com>, size=1, nrcpt=2 (queue active)` + undecidedRecord + `
		local[450]: 3F1A2C0B7D: to=<b@example.com>, relay=local, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)
		qmgr[9]: 3F1A2C0B7D: removed
		pickup[430]: 3F1A2C0B7D: uid=1000 from=<user>
		qmgr[9]: 3F1A2C0B7D: from=<user@example.com>, size=1, nrcpt=1 (queue active)
		qmgr[9]: 3F1A2C0B7D: removed
		smtp[521]` + undecidedTLS, sessionPlaintext + sessionOther + `
		delivery 3F1A2C0B7D to=b@example.com local agent=local sent
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext first
		message 3F1A2C0B7D removed pickup uid=1000
		message 3F1A2C0B7D removed unknown deliveries=2`},
	{"tls= decides by itself, and not for others", undecidedRecord + `
		smtp[522]: 5B0C41D2E9: to=<b@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=may, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[522] mx1.example.net[198.51.100.25]:25 unlogged messages=1 of 5B0C41D2E9` + sessionUnknown + `
		delivery 5B0C41D2E9 to=b@example.net smtp mx1.example.net[198.51.100.25]:25 sent unlogged policy=may first
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent unknown first
		message 3F1A2C0B7D active unknown deliveries=1
		message 5B0C41D2E9 active unknown deliveries=1`},
}

// A record is told when it is decided: at its own line, at the first TLS line of its service, or an hour after it.
func TestUndecidedMoments(t *testing.T) {
	p, r := feed(t, testOptions(), undecidedRecord)
	if len(r.deliveries) != 0 {
		t.Errorf("told before it is decided: %v", r.lines())
	}
	for _, line := range script("@04:59:59\nsmtpd[410]: connect from a.example[192.0.2.10]") {
		p.Feed([]byte(line))
	}
	if len(r.deliveries) != 0 {
		t.Errorf("told within the hour: %v", r.lines())
	}
	for _, line := range script("@05:00:01\nsmtpd[411]: connect from b.example[192.0.2.11]") {
		p.Feed([]byte(line))
	}
	if len(r.deliveries) != 1 || len(r.sessions) != 1 || r.deliveries[0].State != TLSUnknown {
		t.Errorf("after the hour: %v", r.lines())
	}
	p.Close()
	r.checkClosed(p)
}

// A service that shows no TLS in so many records never will, it seems: they do not wait any longer, and those that follow do not wait at
// all, until it does.
func TestMaxSilence(t *testing.T) {
	const most, more = 1000, 7
	record := func(i int) string {
		return fmt.Sprintf("smtp[520]: %08X: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)\n", i)
	}
	r := &recorder{t: t}
	p := New(r, testOptions())
	for i := range most + more {
		if i == most-1 && len(r.deliveries) > 0 {
			t.Errorf("%d told of fewer than %d", len(r.deliveries), most)
		}
		p.Feed([]byte(script(record(i))[0]))
	}
	if len(r.deliveries) != most+more {
		t.Errorf("%d told, want all", len(r.deliveries))
	}
	for _, line := range script("smtp[521]" + undecidedTLS + "\n" + record(most+more)) {
		p.Feed([]byte(line))
	}
	p.Close()
	r.checkClosed(p)
	for i := range r.deliveries {
		want := TLSUnknown
		if i == most+more {
			want = TLSPlaintext
		}
		if d := &r.deliveries[i]; d.State != want || d.QueueID != fmt.Sprintf("%08X", i) {
			t.Fatalf("delivery %d: %s, want it %v", i, deliveryLine(d), want)
		}
	}
	if len(r.deliveries) != most+more+1 || len(r.sessions) != most+more+2 {
		t.Errorf("%d deliveries and %d sessions, want %d and %d", len(r.deliveries), len(r.sessions), most+more+1, most+more+2)
	}
}

// Many processes come and go without a word; the oldest are forgotten, and what they were at is told.
func TestManyProcesses(t *testing.T) {
	const number = 20_000
	r := &recorder{t: t}
	p := New(r, testOptions())
	for i := range number {
		p.Feed(fmt.Appendf(nil, "Nov 22 04:00:00 mx1 postfix/smtp[%d]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)\n", i+1))
	}
	if c := p.Counts(); int(c.EvictedProcesses) != len(r.sessions) {
		t.Errorf("%d processes evicted, %d sessions told", c.EvictedProcesses, len(r.sessions))
	}
	p.Close()
	r.checkClosed(p)
	if len(r.sessions) != number {
		t.Errorf("%d sessions, want %d", len(r.sessions), number)
	}
}

// A message is told after all that it waits for, whether the log ends, its place is needed, or nothing more is heard of it.
func TestUndecidedWithoutRoom(t *testing.T) {
	opts := testOptions()
	opts.MaxMessages = 2
	p, r := feed(t, opts, undecidedRecord+`
		qmgr[9]: 3F1A2C0B7D: removed
		smtp[520]: 5B0C41D2E9: to=<b@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		pickup[430]: 33823A8A060: uid=1 from=<user>
		pickup[430]: 33F78A8A38F: uid=2 from=<user>`)
	if c := p.Counts(); c.OpenMessages > 2 {
		t.Errorf("%d messages open, want 2 at most", c.OpenMessages)
	}
	p.Close()
	r.checkClosed(p)
	if len(r.deliveries) != 2 || len(r.messages) != 4 {
		t.Errorf("%d deliveries and %d messages, want 2 and 4:\n%s", len(r.deliveries), len(r.messages), strings.Join(r.lines(), "\n"))
	}
	for _, m := range r.messages {
		if m.State == MessageRemoved && m.Removed.After(at(4, 0).Add(time.Second)) {
			t.Errorf("message %s removed at %v, which is when it was told", m.QueueID, m.Removed)
		}
	}
}
