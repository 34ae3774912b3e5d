package parser

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDeliveries(t *testing.T) { runScenarios(t, deliveryScenarios) }

// A TLS line names no queue ID: only its process and the order of its lines tie it to deliveries.
var deliveryScenarios = []scenario{
	{"one connection, three recipients", `
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<c@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=0.1, delays=0/0/0.1/0, dsn=5.1.1, status=bounced (host mx1.example.net[198.51.100.25] said: 550 5.1.1 <c@example.net>: no such user (in reply to RCPT TO command))
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=0.2, delays=0/0/0.1/0.1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 5B0C41D2E9)
		smtp[520]: 3F1A2C0B7D: to=<b@example.net>, orig_to=<root>, relay=mx1.example.net[198.51.100.25]:25, delay=0.2, delays=0/0/0.1/0.1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 5B0C41D2E9)
		qmgr[9]: 3F1A2C0B7D: removed`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.3 messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=c@example.net smtp mx1.example.net[198.51.100.25]:25 bounced established TLSv1.3 first
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.3 queued-as=5B0C41D2E9 first
		delivery 3F1A2C0B7D to=b@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.3 queued-as=5B0C41D2E9
		message 3F1A2C0B7D removed unknown deliveries=3`},
	{"two hosts, of which the second takes the message", `
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: host mx1.example.net[198.51.100.25] said: 451 4.3.0 try another (in reply to MAIL FROM command)
		smtp[520]: Trusted TLS connection established to mx2.example.net[198.51.100.26]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx2.example.net[198.51.100.26]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0 of 3F1A2C0B7D
		outbound smtp[520] mx2.example.net[198.51.100.26]:25 established TLSv1.3 messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx2.example.net[198.51.100.26]:25 sent established TLSv1.3 first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"two hosts, of which the second has no TLS", `
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: host mx1.example.net[198.51.100.25] said: 451 4.3.0 try another (in reply to MAIL FROM command)
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx2.example.net[198.51.100.26]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0 of 3F1A2C0B7D
		outbound smtp[520] mx2.example.net[198.51.100.26]:25 plaintext messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx2.example.net[198.51.100.26]:25 sent plaintext first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"recipients of one request at two hosts", `
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		smtp[520]: 3F1A2C0B7D: host mx1.example.net[198.51.100.25] said: 452 4.5.3 too many recipients (in reply to RCPT TO command)
		smtp[520]: Trusted TLS connection established to mx2.example.net[198.51.100.26]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<b@example.net>, relay=mx2.example.net[198.51.100.26]:25, delay=2, delays=0/0/2/0, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=1 of 3F1A2C0B7D
		outbound smtp[520] mx2.example.net[198.51.100.26]:25 established TLSv1.3 messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.2 first
		delivery 3F1A2C0B7D to=b@example.net smtp mx2.example.net[198.51.100.26]:25 sent established TLSv1.3 first
		message 3F1A2C0B7D active unknown deliveries=2`},
	{"the next request has its own connection", `
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=4.2.0, status=deferred (host mx1.example.net[198.51.100.25] said: 450 4.2.0 greylisted (in reply to RCPT TO command))
		smtp[520]: 5B0C41D2E9: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0 of 3F1A2C0B7D
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 5B0C41D2E9
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 deferred established TLSv1.2 first
		delivery 5B0C41D2E9 to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext first
		message 3F1A2C0B7D active unknown deliveries=1
		message 5B0C41D2E9 active unknown deliveries=1`},
	{"a note of another request takes the TLS session away", `
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: host mx1.example.net[198.51.100.25] said: 451 4.3.0 try later (in reply to MAIL FROM command)
		smtp[520]: 5B0C41D2E9: host mx2.example.net[198.51.100.26] said: 451 4.3.0 try later (in reply to MAIL FROM command)
		smtp[520]: 5B0C41D2E9: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0 of 3F1A2C0B7D
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 5B0C41D2E9
		delivery 5B0C41D2E9 to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext first
		message 5B0C41D2E9 active unknown deliveries=1`},
	{"two requests of one message, past the limit of recipients", `
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<b@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=2, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		smtp[520]: 3F1A2C0B7D: to=<c@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=2, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=1 of 3F1A2C0B7D
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.3 messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.2 first
		delivery 3F1A2C0B7D to=b@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.3 first
		delivery 3F1A2C0B7D to=c@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.3
		message 3F1A2C0B7D active unknown deliveries=3`},
	{"two processes at one host", `
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[521]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		smtp[521]: 5B0C41D2E9: to=<b@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		smtp[522]: 46B27A8A36D: to=<c@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=1 of 3F1A2C0B7D
		outbound smtp[521] mx1.example.net[198.51.100.25]:25 established TLSv1.3 messages=1 of 5B0C41D2E9
		outbound smtp[522] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 46B27A8A36D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.2 first
		delivery 5B0C41D2E9 to=b@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.3 first
		delivery 46B27A8A36D to=c@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext first
		message 3F1A2C0B7D active unknown deliveries=1
		message 5B0C41D2E9 active unknown deliveries=1
		message 46B27A8A36D active unknown deliveries=1`},
	{"the TLS line has the host's name in lower case", `
		smtp[520]: Trusted TLS connection established to mx-upper.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=MX-Upper.Example.NET[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx-upper.example.net[198.51.100.25]:25 established TLSv1.2 messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp MX-Upper.Example.NET[198.51.100.25]:25 sent established TLSv1.2 first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"IPv6, by an address in place of a name", `
		smtp[520]: Untrusted TLS connection established to 2001:db8::25[2001:db8::25]:25: TLSv1 with cipher AES128-SHA (128/128 bits)
		smtp[520]: 3F1A2C0B7D: to=<a@[IPv6:2001:db8::25]>, relay=2001:db8::25[2001:db8::25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] 2001:db8::25[2001:db8::25]:25 established TLSv1 messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@[IPv6:2001:db8::25] smtp 2001:db8::25[2001:db8::25]:25 sent established TLSv1 first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"the same host at another port is another server", `
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:465: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:465 established TLSv1.2 messages=0 of 3F1A2C0B7D
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"the process dies, and its number is given to another", `
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		master[1]: warning: process /usr/lib/postfix/sbin/smtp pid 520 killed by signal 9
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		smtp[521]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[521]: fatal: watchdog timeout
		smtp[521]: 5B0C41D2E9: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 3F1A2C0B7D
		outbound smtp[521] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0
		outbound smtp[521] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 5B0C41D2E9
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext first
		delivery 5B0C41D2E9 to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext first
		message 3F1A2C0B7D active unknown deliveries=1
		message 5B0C41D2E9 active unknown deliveries=1`},
	{"the log ends at a TLS line", `
		postfix/relay/smtp[520]: Verified TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)`, `
		outbound relay[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0`},
	{"address probes are no messages", `
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.1.5, status=deliverable (250 2.1.5 Ok)
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 5B0C41D2E9: to=<b@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=5.1.1, status=undeliverable-but-not-cached (host mx1.example.net[198.51.100.25] said: 550 5.1.1 no)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0 of 3F1A2C0B7D
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0 of 5B0C41D2E9
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 deliverable established TLSv1.2 first
		delivery 5B0C41D2E9 to=b@example.net smtp mx1.example.net[198.51.100.25]:25 undeliverable-but-not-cached established TLSv1.2 first
		message 3F1A2C0B7D active unknown deliveries=1
		message 5B0C41D2E9 active unknown deliveries=1`},
	{"no server was reached", `
		smtp[520]: connect to mx1.example.net[198.51.100.25]:25: Connection refused
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, status=deferred (connect to mx1.example.net[198.51.100.25]:25: Connection refused)`, `
		delivery 3F1A2C0B7D to=a@example.net smtp none deferred
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"deliveries within the host", `
		local[450]: 3F1A2C0B7D: to=<a@example.com>, orig_to=<root>, relay=local, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)
		virtual[451]: 3F1A2C0B7D: to=<b@example.com>, relay=virtual, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (delivered to maildir)
		pipe[452]: 3F1A2C0B7D: to=<c@example.com>, relay=dovecot, delay=1, delays=1/0/0/0, dsn=5.2.2, status=bounced (command line usage error)
		error[453]: 3F1A2C0B7D: to=<d@example.com>, relay=none, delay=1, delays=1/0/0/0, dsn=5.1.1, status=bounced (User unknown in virtual mailbox table)
		discard[454]: 3F1A2C0B7D: to=<e@example.com>, relay=none, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (example.com)
		qmgr[9]: 3F1A2C0B7D: to=<"x, size=1, nrcpt=1 (queue active)"@example.com>, relay=none, delay=0, delays=0/0/0/0, dsn=4.3.0, status=deferred (mail transport unavailable)
		cleanup[420]: 3F1A2C0B7D: to=<g@example.com>, relay=none, delay=0, delays=0/0/0/0, dsn=5.0.0, status=bounced (x)
		qmgr[9]: 3F1A2C0B7D: removed`, `
		delivery 3F1A2C0B7D to=a@example.com local agent=local sent
		delivery 3F1A2C0B7D to=b@example.com virtual agent=virtual sent
		delivery 3F1A2C0B7D to=c@example.com pipe agent=dovecot bounced
		delivery 3F1A2C0B7D to=d@example.com error none bounced
		delivery 3F1A2C0B7D to=e@example.com discard none sent
		delivery 3F1A2C0B7D to="x, size=1, nrcpt=1 (queue active)"@example.com qmgr none deferred
		delivery 3F1A2C0B7D to=g@example.com cleanup none bounced
		message 3F1A2C0B7D removed unknown deliveries=7`},
	{"LMTP over TCP and over a UNIX-domain socket", `
		lmtp[530]: Untrusted TLS connection established to mbox.example.com[192.0.2.24]:24: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		lmtp[530]: 3F1A2C0B7D: to=<a@example.com>, relay=mbox.example.com[192.0.2.24]:24, delay=1, delays=0/0/1/0, tls=may, dsn=2.0.0, status=sent (250 2.0.0 <a@example.com> Saved)
		lmtp[530]: 3F1A2C0B7D: to=<b@example.com>, relay=mbox.example.com[192.0.2.24]:24, delay=1, delays=0/0/1/0, tls=may, dsn=4.2.2, status=deferred (host mbox.example.com[192.0.2.24] said: 452 4.2.2 full (in reply to end of DATA command))
		lmtp[531]: 5B0C41D2E9: to=<c@example.com>, relay=mail.example.com[private/dovecot-lmtp], delay=1, delays=0/0/1/0, tls=none, dsn=2.0.0, status=sent (250 2.0.0 <c@example.com> abc Saved)
		lmtp[531]: 5B0C41D2E9: to=<d@example.com>, relay=mail.example.com[private/dovecot-lmtp], delay=1, delays=0/0/1/0, tls=none, dsn=2.0.0, status=sent (250 2.0.0 <d@example.com> abc Saved)`, `
		outbound lmtp[530] mbox.example.com[192.0.2.24]:24 established TLSv1.3 messages=1 of 3F1A2C0B7D
		outbound lmtp[531] mail.example.com[private/dovecot-lmtp] plaintext messages=1 of 5B0C41D2E9
		delivery 3F1A2C0B7D to=a@example.com lmtp mbox.example.com[192.0.2.24]:24 sent established TLSv1.3 policy=may first
		delivery 3F1A2C0B7D to=b@example.com lmtp mbox.example.com[192.0.2.24]:24 deferred established TLSv1.3 policy=may first
		delivery 5B0C41D2E9 to=c@example.com lmtp mail.example.com[private/dovecot-lmtp] sent plaintext policy=none first
		delivery 5B0C41D2E9 to=d@example.com lmtp mail.example.com[private/dovecot-lmtp] sent plaintext policy=none
		message 3F1A2C0B7D active unknown deliveries=2
		message 5B0C41D2E9 active unknown deliveries=2`},
}

func TestFallback(t *testing.T) { runScenarios(t, fallbackScenarios) }

// With level "may" Postfix gives up TLS for a message that has waited: the same process tries the same host again, in plaintext, and logs
// no new connection.
var fallbackScenarios = []scenario{
	{"the TLS session breaks", `
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: lost connection with mx1.example.net[198.51.100.25] while sending DATA command
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=may:none, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0 of 3F1A2C0B7D
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext policy=may:none first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"the TLS session stands still, before Postfix 3.11, with a name in upper case", `
		smtp[520]: Trusted TLS connection established to mx-upper.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: conversation with MX-Upper.Example.NET[198.51.100.25] timed out while sending MAIL FROM
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=MX-Upper.Example.NET[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx-upper.example.net[198.51.100.25]:25 established TLSv1.2 messages=0 of 3F1A2C0B7D
		outbound smtp[520] MX-Upper.Example.NET[198.51.100.25]:25 plaintext messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp MX-Upper.Example.NET[198.51.100.25]:25 sent plaintext first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"the handshake fails", `
		smtp[520]: SSL_connect error to mx1.example.net[198.51.100.25]:25: -1
		smtp[520]: warning: TLS library problem: error:0A00010B:SSL routines::wrong version number:../ssl/record/ssl3_record.c:350:
		smtp[520]: 3F1A2C0B7D: Cannot start TLS: handshake failure
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=may:none, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 failed messages=0 of 3F1A2C0B7D failure=server_not_tls
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext policy=may:none first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"the handshake fails before Postfix 3.11, and no TLS line was ever seen", `
		smtp[520]: SSL_connect error to mx1.example.net[198.51.100.25]:25: lost connection
		smtp[520]: 3F1A2C0B7D: Cannot start TLS: handshake failure
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 failed messages=0 of 3F1A2C0B7D failure=lost_connection
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"another host's session breaks", `
		smtp[520]: Trusted TLS connection established to mx2.example.net[198.51.100.26]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: lost connection with mx1.example.net[198.51.100.25] while performing the EHLO handshake
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx2.example.net[198.51.100.26]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx2.example.net[198.51.100.26]:25 established TLSv1.2 messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx2.example.net[198.51.100.26]:25 sent established TLSv1.2 first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"the message has not yet waited: it is deferred, and its session was what it was", `
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=may, dsn=4.4.2, status=deferred (lost connection with mx1.example.net[198.51.100.25] while sending DATA command)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 deferred established TLSv1.2 policy=may first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"the message has not yet waited, and there was no session", `
		smtp[521]: SSL_connect error to mx1.example.net[198.51.100.25]:25: Connection timed out
		smtp[521]: 5B0C41D2E9: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=may?, dsn=4.7.5, status=deferred (Cannot start TLS: handshake failure)
		smtp[521]: 5B0C41D2E9: to=<b@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=may?, dsn=4.7.5, status=deferred (Cannot start TLS: handshake failure)`, `
		outbound smtp[521] mx1.example.net[198.51.100.25]:25 failed messages=0 of 5B0C41D2E9 failure=timeout
		delivery 5B0C41D2E9 to=a@example.net smtp mx1.example.net[198.51.100.25]:25 deferred failed policy=may? failure=validation-failure/timeout first
		delivery 5B0C41D2E9 to=b@example.net smtp mx1.example.net[198.51.100.25]:25 deferred failed policy=may? failure=validation-failure/timeout
		message 5B0C41D2E9 active unknown deliveries=2`},
}

func TestLivesWithDeliveries(t *testing.T) { runScenarios(t, deliveryLifeScenarios) }

// The deliveries belong to the message of their queue ID, in its instance, for as long as it lives.
var deliveryLifeScenarios = []scenario{
	{"from smtpd to smtp", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		qmgr[9]: 3F1A2C0B7D: removed
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=1 of 3F1A2C0B7D
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] plaintext
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.2 first
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] plaintext deliveries=1`},
	{"tried for days, with another outcome each time", `
		pickup[430]: 3F1A2C0B7D: uid=1000 from=<user>
		qmgr[9]: 3F1A2C0B7D: from=<s@example.com>, size=1, nrcpt=1 (queue active)
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=4.2.0, status=deferred (host mx1.example.net[198.51.100.25] said: 450 4.2.0 greylisted (in reply to RCPT TO command))
		Nov 23 04:00:00 mx1 postfix/qmgr[9]: 3F1A2C0B7D: from=<s@example.com>, size=1, nrcpt=1 (queue active)
		Nov 23 04:00:00 mx1 postfix/smtp[620]: 3F1A2C0B7D: to=<a@example.net>, relay=none, delay=86400, delays=86399/0/1/0, dsn=4.4.1, status=deferred (connect to mx1.example.net[198.51.100.25]:25: Connection timed out)
		Nov 25 04:00:00 mx1 postfix/smtp[720]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		Nov 25 04:00:00 mx1 postfix/smtp[720]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=259200, delays=259199/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		Nov 25 04:00:00 mx1 postfix/qmgr[9]: 3F1A2C0B7D: removed`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0 of 3F1A2C0B7D
		outbound smtp[720] mx1.example.net[198.51.100.25]:25 established TLSv1.3 messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 deferred established TLSv1.2 first
		delivery 3F1A2C0B7D to=a@example.net smtp none deferred
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.3 first
		message 3F1A2C0B7D removed pickup uid=1000 deliveries=3`},
	{"a bounce is delivered in its turn", `
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=300, nrcpt=1 (queue active)
		smtp[520]: 3F1A2C0B7D: to=<u@example.net>, relay=none, delay=1, delays=0/0/1/0, dsn=5.4.4, status=bounced (Host or domain name not found. Name service error for name=example.net type=A: Host not found)
		bounce[440]: 3F1A2C0B7D: sender non-delivery notification: 5B0C41D2E9
		qmgr[9]: 5B0C41D2E9: from=<>, size=2000, nrcpt=1 (queue active)
		qmgr[9]: 3F1A2C0B7D: removed
		smtp[520]: Untrusted TLS connection established to mx.a.example[192.0.2.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 5B0C41D2E9: to=<s@a.example>, relay=mx.a.example[192.0.2.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		qmgr[9]: 5B0C41D2E9: removed`, `
		outbound smtp[520] mx.a.example[192.0.2.25]:25 established TLSv1.2 messages=1 of 5B0C41D2E9
		delivery 3F1A2C0B7D to=u@example.net smtp none bounced
		delivery 5B0C41D2E9 to=s@a.example smtp mx.a.example[192.0.2.25]:25 sent established TLSv1.2 first
		message 3F1A2C0B7D removed unknown deliveries=1
		message 5B0C41D2E9 removed bounce of 3F1A2C0B7D deliveries=1`},
	{"on hold for hours", `
		pickup[430]: 3F1A2C0B7D: uid=1000 from=<user>
		cleanup[420]: 3F1A2C0B7D: hold: header Subject: x from local; from=<user@example.com>
		@09:00:00
		postsuper[77]: 3F1A2C0B7D: released from hold
		qmgr[9]: 3F1A2C0B7D: from=<user@example.com>, size=1, nrcpt=1 (queue active)
		local[450]: 3F1A2C0B7D: to=<a@example.com>, relay=local, delay=18000, delays=18000/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)
		qmgr[9]: 3F1A2C0B7D: removed`, `
		delivery 3F1A2C0B7D to=a@example.com local agent=local sent
		message 3F1A2C0B7D removed pickup uid=1000 deliveries=1`},
	{"two instances and two hosts with the same queue ID", `
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		postfix-out/qmgr[19]: 3F1A2C0B7D: from=<s@b.example>, size=1, nrcpt=1 (queue active)
		Nov 22 04:00:00 mx2 postfix/qmgr[9]: 3F1A2C0B7D: from=<s@c.example>, size=1, nrcpt=1 (queue active)
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		Nov 22 04:00:00 mx2 postfix/smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.1 with cipher AES256-SHA (256/256 bits)
		postfix-out/smtp[521]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		postfix-out/smtp[521]: 3F1A2C0B7D: to=<b@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		postfix-out/qmgr[19]: 3F1A2C0B7D: removed
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		qmgr[9]: 3F1A2C0B7D: removed
		Nov 22 04:00:00 mx2 postfix/smtp[520]: 3F1A2C0B7D: to=<c@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		Nov 22 04:00:00 mx2 postfix/qmgr[9]: 3F1A2C0B7D: removed`, `
		outbound postfix-out/smtp[521] mx1.example.net[198.51.100.25]:25 established TLSv1.3 messages=1 of 3F1A2C0B7D
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=1 of 3F1A2C0B7D
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.1 messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=b@example.net postfix-out/smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.3 first
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.2 first
		delivery 3F1A2C0B7D to=c@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.1 first
		message 3F1A2C0B7D removed unknown deliveries=1
		message 3F1A2C0B7D removed unknown deliveries=1
		message 3F1A2C0B7D removed unknown deliveries=1`},
	{"a service whose syslog_name is not its instance's", `
		pickup[430]: 3F1A2C0B7D: uid=1000 from=<user>
		qmgr[9]: 3F1A2C0B7D: from=<s@example.com>, size=1, nrcpt=1 (queue active)
		bulk/smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		bulk/smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		qmgr[9]: 3F1A2C0B7D: removed`, `
		outbound bulk/smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net bulk/smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.2 first
		message 3F1A2C0B7D removed pickup uid=1000 deliveries=1`},
}

// Every field of a delivery and of its session, once.
func TestDeliveryRecord(t *testing.T) {
	r := play(t, `
		postfix-out/relay/smtp[520]: Verified TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (112/168 bits) key-exchange ECDHE (P-256) server-signature RSA-PSS (2048 bits) server-digest SHA256
		@04:00:01
		postfix-out/relay/smtp[520]: 4jXFz16lx4z1cM1s: to=<"a b"@Example.NET>, orig_to=<root@example.com>, relay=mx1.example.net[198.51.100.25]:25, delay=61.25, delays=60/0.01/1/0.24, tls=dane:halfdane/requiretls:none, dsn=2.1.0, status=sent (250 2.0.0 Ok: 713 bytes queued as 4jXFz20Bcdz1cM1t)`)
	service := &Service{Host: "mx1", Instance: "postfix-out", Name: "relay", Program: "smtp"}
	peer := &Peer{Name: "mx1.example.net", Address: "198.51.100.25", Class: ClassPublic}
	tls := &TLS{
		Protocol: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384", Bits: 112, Trust: "Verified",
		KeyExchange: "ECDHE (P-256)", Signature: "RSA-PSS (2048 bits)", Digest: "SHA256",
	}
	delivery := Delivery{
		QueueID: "4jXFz16lx4z1cM1s", Time: at(4, 1), To: `"a b"@Example.NET`, OrigTo: "root@example.com", Domain: "example.net",
		Service: service, Relay: peer, Port: 25, Status: "sent", DSN: "2.1.0", Delay: 61*time.Second + 250*time.Millisecond,
		QueuedAs: "4jXFz20Bcdz1cM1t", First: true, State: TLSEstablished, TLS: tls,
		Policy: Policy{Level: "dane", Final: "halfdane", RequireTLS: "requiretls:none"},
	}
	session := Session{
		Direction: Outbound, Start: at(4, 0), End: at(4, 1), Service: service, PID: 520, Peer: peer, Port: 25, State: TLSEstablished, TLS: tls,
		Messages: 1, QueueIDs: []string{"4jXFz16lx4z1cM1s"}, Commands: &Commands{}, Ended: EndedUnlogged,
		First: at(4, 0),
	}
	if diff := cmp.Diff([]Delivery{delivery}, r.deliveries); diff != "" {
		t.Errorf("delivery differs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Session{session}, r.sessions); diff != "" {
		t.Errorf("session differs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Delivery{delivery}, r.messages[0].Deliveries); diff != "" {
		t.Errorf("the message's delivery differs (-want +got):\n%s", diff)
	}
}

// Postfix cuts its text at 2000 bytes and nothing marks the cut. A long recipient can push any field over it.
func TestCutDeliveries(t *testing.T) {
	const tls = "smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)\n"
	const record = "3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=may, dsn=2.0.0, status=sent (250 Ok) and more"
	const told = "delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 "
	for upTo, want := range map[string]string{
		"status=sent (250 Ok": told + "sent established TLSv1.2 policy=may first",
		"status=sent (":       told + "sent established TLSv1.2 policy=may first",
		"status=":             told + "established TLSv1.2 policy=may first",
		"dsn=2.0.0,":          told + "established TLSv1.2 policy=may first",
		"delays=0/0/1/0":      told + "established TLSv1.2 first",
		"delay=1":             told + "established TLSv1.2 first",
		"]:25,":               told + "established TLSv1.2 first",
	} {
		end := strings.Index(record, upTo) + len(upTo)
		lines := play(t, tls+"smtp[520]: "+record[:end]).lines()
		if len(lines) != 3 || lines[1] != want {
			t.Errorf("cut behind %q:\n%s\nwant\n%s", upTo, strings.Join(lines, "\n"), want)
		}
	}
	for _, upTo := range []string{"relay=mx1.example.net[198.51", "relay=mx1.exa", "relay=", "to=<a@exa"} {
		end := strings.Index(record, upTo) + len(upTo)
		for _, d := range play(t, tls+"smtp[520]: "+record[:end]).deliveries {
			if d.Relay != nil || d.Agent != "" {
				t.Errorf("cut behind %q: relay %+v, agent %q", upTo, d.Relay, d.Agent)
			}
		}
	}
}

// A sink that only counts gets the same records without their texts, of deliveries too.
func TestCountsOnlyDeliveries(t *testing.T) {
	type records struct {
		Sessions         []Session
		Queued, Messages []Message
		Deliveries       []Delivery
	}
	played := func(countsOnly bool) records {
		opts := testOptions()
		opts.CountsOnly = countsOnly
		r := &recorder{t: t}
		p := New(r, opts)
		p.Feed([]byte(outboundSeed()))
		p.Close()
		r.checkClosed(p)
		return records{r.sessions, r.queued, r.messages, r.deliveries}
	}
	want, got := played(false), played(true)
	for i := range want.Sessions {
		want.Sessions[i].QueueIDs, want.Sessions[i].Ordinal = nil, 0
	}
	for i := range want.Deliveries {
		d := &want.Deliveries[i]
		d.QueueID, d.To, d.OrigTo, d.QueuedAs = "", "", "", ""
	}
	for _, messages := range [][]Message{want.Queued, want.Messages} {
		for i := range messages {
			m := &messages[i]
			m.QueueID, m.MessageID, m.From, m.Source.Parent, m.Deliveries, m.Ordinal = "", "", "", "", nil, 0
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records differ (-want +got):\n%s", diff)
	}
}

// However late a delivery is decided, its message has them in the order of the log.
func TestDeliveriesInOrder(t *testing.T) {
	r := play(t, `
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 Ok)
		local[450]: 3F1A2C0B7D: to=<b@example.com>, relay=local, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)
		smtp[521]: 3F1A2C0B7D: to=<c@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=none, dsn=2.0.0, status=sent (250 Ok)
		qmgr[9]: 3F1A2C0B7D: removed`)
	var told, kept []string
	for i := range r.deliveries {
		told = append(told, r.deliveries[i].To)
	}
	for i := range r.messages[0].Deliveries {
		kept = append(kept, r.messages[0].Deliveries[i].To)
	}
	if diff := cmp.Diff([]string{"b@example.com", "c@example.net", "a@example.net"}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a@example.net", "b@example.com", "c@example.net"}, kept); diff != "" {
		t.Errorf("of the message (-want +got):\n%s", diff)
	}
}
