package parser

import (
	"fmt"
	"strings"
	"testing"
)

func TestDoubts(t *testing.T) { runScenarios(t, doubtScenarios) }

const (
	doubtTLS    = `: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)`
	doubtRecord = `3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)`
)

// What the log does not say for certain is not told as if it did.
var doubtScenarios = []scenario{
	{"the log level was raised: what went before it is not known", `
		smtp[520]: ` + doubtRecord + `
		master[1]: reload -- version 3.7.11, configuration /etc/postfix
		smtp[521]` + doubtTLS, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 unknown messages=1 of 3F1A2C0B7D
		outbound smtp[521] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent unknown first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"the log level was lowered: what comes after it is not known", `
		smtp[521]` + doubtTLS + `
		master[1]: terminating on signal 15
		master[2]: daemon started -- version 3.7.11, configuration /etc/postfix
		smtp[520]: ` + doubtRecord, `
		outbound smtp[521] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 unknown messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent unknown first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"a host in another zone does not make a connection look old", `
		smtp[520]` + doubtTLS + `
		Nov 22 12:00:00 mx2 postfix/qmgr[9]: 5B0C41D2E9: removed
		Nov 22 12:00:01 mx2 postfix/qmgr[9]: 5B0C41D2E8: removed
		smtp[520]: ` + doubtRecord, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.2 first
		message 5B0C41D2E9 removed unknown
		message 5B0C41D2E8 removed unknown
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"nor a queue ID", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		cleanup[7]: 3F1A2C0B7D: message-id=<1@a.example>
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
		Nov 22 06:00:00 mx2 postfix/qmgr[9]: 5B0C41D2E9: removed
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		qmgr[9]: 3F1A2C0B7D: removed`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] plaintext
		message 5B0C41D2E9 removed unknown
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] plaintext`},
	{"an ambiguous record changes nothing of the records beside it", `
		smtp[520]` + doubtTLS + `
		smtp[520]: ` + doubtRecord + `
		smtp[520]: 3F1A2C0B7D: to=<x>, relay=evil.example.com[192.0.2.66]:25, delay=9, delays=9/9/9/9, dsn=4.7.4, status=deferred (TLS is required, but was not offered by host good.example.org[192.0.2.5]@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		smtp[520]: ` + strings.Replace(doubtRecord, "a@", "b@", 1), `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.2 first
		delivery 3F1A2C0B7D to= smtp none
		delivery 3F1A2C0B7D to=b@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.2
		message 3F1A2C0B7D active unknown deliveries=3`},
	{"a level that knows no plaintext, and the line of a connection that is used again is missing", `
		smtp[520]: ` + strings.Replace(strings.Replace(doubtRecord, ", delay=", ", conn_use=2, delay=", 1), ", dsn", ", tls=verify?, dsn", 1) + `
		smtp[521]: ` + strings.Replace(strings.Replace(doubtRecord, ", dsn", ", tls=encrypt?, dsn", 1), "status=sent", "status=deferred", 1), `
		outbound smtp[521] mx1.example.net[198.51.100.25]:25 unknown messages=0 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent unlogged reused policy=verify? first
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 deferred unknown policy=encrypt? first
		message 3F1A2C0B7D active unknown deliveries=2`},
	{"handshakes that tlsproxy failed at are counted, of servers that nobody names too", `
		smtp[520]: 3F1A2C0B7D: Cannot start TLS: handshake failure
		smtp[520]: 3F1A2C0B7D: Cannot start TLS: handshake failure
		smtp[520]` + doubtTLS + `
		smtp[520]: ` + doubtRecord + `
		smtp[520]: 5B0C41D2E9: Cannot start TLS: handshake failure`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=1 of 3F1A2C0B7D
		outbound smtp[520] unknown[] failed messages=0 of 3F1A2C0B7D failure=other
		outbound smtp[520] unknown[] failed messages=0 of 3F1A2C0B7D failure=other
		outbound smtp[520] unknown[] failed messages=0 of 5B0C41D2E9 failure=other
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.2 first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"a handshake that failed with one server is not laid on the next", `
		tlsproxy[300]: TLS handshake failed for service=smtp peer=[198.51.100.24]:25
		smtp[520]: 3F1A2C0B7D: Cannot start TLS: handshake failure
		smtp[520]: ` + strings.Replace(doubtRecord, ", dsn", ", tls=may:none, dsn", 1), `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 3F1A2C0B7D
		outbound smtp[520] unknown[] failed messages=0 of 3F1A2C0B7D failure=other
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext policy=may:none first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"a bad certificate explains no failed handshake, and not that of another server", `
		smtp[520]: server certificate verification failed for mx1.example.net[198.51.100.25]:25: certificate has expired
		smtp[520]` + doubtTLS + `
		smtp[520]: ` + strings.Replace(doubtRecord, "status=sent (250 Ok)", "status=deferred (Server certificate not verified)", 1) + `
		smtp[521]: ` + strings.Replace(doubtRecord, "status=sent (250 Ok)", "status=deferred (Cannot start TLS: handshake failure)", 1), `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0 of 3F1A2C0B7D failure=certificate_expired
		outbound smtp[521] mx1.example.net[198.51.100.25]:25 failed messages=0 of 3F1A2C0B7D failure=other
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 deferred established TLSv1.2 failure=certificate-expired/certificate_expired first
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 deferred failed failure=validation-failure/other first
		message 3F1A2C0B7D active unknown deliveries=2`},
	{"the TLS library's words about nothing that failed", `
		smtp[520]: SSL_connect error to mx1.example.net[198.51.100.25]:25: -1
		smtp[520]: 3F1A2C0B7D: Cannot start TLS: handshake failure
		smtp[520]: ` + doubtRecord + `
		smtp[520]: warning: TLS library problem: error:0A000126:SSL routines::unexpected eof while reading:../ssl/record/rec_layer_s3.c:322:`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 failed messages=0 of 3F1A2C0B7D failure=other
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"the removed line comes twice", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: NOQUEUE: client=a.example[192.0.2.10]
		postfix/reinject/smtpd[411]: connect from localhost[127.0.0.1]
		postfix/reinject/smtpd[411]: 3F1A2C0B7D: client=localhost[127.0.0.1], orig_client=a.example[192.0.2.10]
		qmgr[9]: 3F1A2C0B7D: removed
		qmgr[9]: 3F1A2C0B7D: removed
		smtpd[410]: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 3F1A2C0B7D; from=<s@a.example> to=<u@example.com> proto=ESMTP helo=<a.example>
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
		postfix/reinject/smtpd[411]: disconnect from localhost[127.0.0.1] ehlo=1 xforward=1 mail=1 rcpt=1 data=1 quit=1 commands=6`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect
		session reinject[411] localhost[127.0.0.1] plaintext messages=1 of 3F1A2C0B7D disconnect
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] plaintext`},
}

// A tls= field is of Postfix 3.11, which quotes recipients: then a reply that looks like a record is a reply.
func TestQuotingIsLearned(t *testing.T) {
	r := play(t, `
		smtp[520]: `+strings.Replace(doubtRecord, ", dsn", ", tls=may:none, dsn", 1)+`
		smtp[521]: 5B0C41D2E9: to=<b@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=may:none, dsn=2.0.0, status=sent (250 ok>, relay=a.example[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (x)`)
	if len(r.deliveries) != 2 || r.deliveries[1].Relay == nil || r.deliveries[1].Relay.Address != "198.51.100.25" {
		t.Errorf("%+v, want the second delivery at 198.51.100.25", r.deliveries)
	}
}

// Queue IDs that are too long are none, wherever they stand.
func TestLongQueueIDs(t *testing.T) {
	long := strings.Repeat("A", maxQueueID+1)
	for _, line := range []string{
		"bounce[1]: 3F1A2C0B7D: sender non-delivery notification: " + long,
		"bounce[1]: " + long + ": sender non-delivery notification: 3F1A2C0B7D",
		"pickup[1]: 3F1A2C0B7D: uid=0 from=<root> orig_id=" + long,
		"smtpd[1]: 3F1A2C0B7D: client=localhost[127.0.0.1], orig_queue_id=" + long,
		"smtpd[1]: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as " + long + "; from=<>",
		"smtp[1]: " + long + ": to=<a@example.net>, relay=none, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)",
		"smtp[1]: 3F1A2C0B7D: to=<a@example.net>, relay=localhost[127.0.0.1]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as " + long + ")",
	} {
		for _, m := range play(t, "smtpd[1]: connect from localhost[127.0.0.1]\n"+line).messages {
			if len(m.QueueID) > maxQueueID || len(m.Source.Parent) > maxQueueID {
				t.Errorf("%s: message %s, parent %s", line, m.QueueID, m.Source.Parent)
			}
		}
	}
}

// Words of which Postfix has only some are short; longer ones are made up, and nothing is kept of them.
func TestLongWords(t *testing.T) {
	long := strings.Repeat("a", 60_000)
	r := play(t, `
		smtp[520]: `+long+` TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: `+strings.Replace(doubtRecord, ", dsn", ", tls="+long+", dsn", 1)+`
		smtp[520]: `+strings.Replace(doubtRecord, "mx1.example.net", long, 1)+`
		smtp[520]: TLSRPT: status=success, domain=example.net, receiving_mx=`+long+`[198.51.100.25]`)
	if len(r.sessions)+len(r.deliveries)+len(r.tlsrpt) != 0 {
		t.Errorf("records were made: %s", fmt.Sprint(r.lines())[:200])
	}
}

// One stamp from the future must not stop what waits for time to pass, nor make all look old.
func TestStampFromTheFuture(t *testing.T) {
	var log strings.Builder
	log.WriteString("2036-11-22T04:00:00Z mx1 postfix/smtp[520]: " + doubtRecord + "\n")
	for i := range 500 {
		fmt.Fprintf(&log, "2026-11-22T%02d:%02d:00Z mx1 postfix/smtp[520]: %08X: %s\n", 4+i/60, i%60, i, strings.SplitN(doubtRecord, ": ", 2)[1])
	}
	r := &recorder{t: t}
	p := New(r, testOptions())
	p.Feed([]byte(log.String()))
	if n := len(r.deliveries); n < 300 {
		t.Errorf("after 8 hours %d of 501 deliveries are told", n)
	}
	p.Close()
	r.checkClosed(p)
}

// Messages that have too many deliveries keep what they have, and no other message suffers.
func TestManyDeliveries(t *testing.T) {
	const stuck, attempts, later = 1000, 101, 1000
	r := &recorder{t: t}
	opts := testOptions()
	p := New(r, opts)
	var log strings.Builder
	for i := range attempts {
		for n := range stuck {
			fmt.Fprintf(&log, "Nov 22 04:%02d:00 mx1 postfix/smtp[520]: %08X: to=<a@example.net>, relay=none, delay=%d, delays=%d/0/0/0, dsn=4.4.1, status=deferred (no)\n", i%60, n, i, i)
		}
	}
	for n := range later {
		fmt.Fprintf(&log, "Nov 22 05:50:00 mx1 postfix/smtpd[410]: connect from a.example[192.0.2.10]\n"+
			"Nov 22 05:50:00 mx1 postfix/smtpd[410]: %08X: client=a.example[192.0.2.10]\n"+
			"Nov 22 05:50:00 mx1 postfix/qmgr[9]: %08X: from=<s@a.example>, size=1, nrcpt=1 (queue active)\n"+
			"Nov 22 05:50:00 mx1 postfix/smtp[521]: %08X: to=<a@example.net>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (no)\n"+
			"Nov 22 05:50:00 mx1 postfix/smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5\n", n+stuck, n+stuck, n+stuck)
	}
	p.Feed([]byte(log.String()))
	p.Close()
	if len(r.queued) != later || len(r.messages) != stuck+later || len(r.deliveries) != stuck*attempts+later {
		t.Errorf("%d queued, %d messages, %d deliveries; want %d, %d, %d", len(r.queued), len(r.messages), len(r.deliveries), later, stuck+later, stuck*attempts+later)
	}
	omitted := 0
	for _, m := range r.messages {
		omitted += m.Omitted
	}
	// The later ones find room: nothing was heard of the stuck ones for an hour, and they are told.
	if want := stuck*attempts - maxKept; omitted != want || p.Counts().OmittedDeliveries != uint64(want) {
		t.Errorf("%d deliveries omitted, %d counted, want %d", omitted, p.Counts().OmittedDeliveries, want)
	}
}

// Socket paths are bytes; records hold text.
func TestInvalidText(t *testing.T) {
	r := play(t, "lmtp[520]: 3F1A2C0B7D: to=<\xff@example.com>, relay=h.example.com[private/\xff\xfe], delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 ok)")
	if d := r.deliveries[0]; d.Relay.Path != "private/\uFFFD" || d.To != "\uFFFD@example.com" {
		t.Errorf("relay %q, to %q; want no invalid UTF-8", d.Relay.Path, d.To)
	}
}
