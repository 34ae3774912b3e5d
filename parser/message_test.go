package parser

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMessages(t *testing.T) { runScenarios(t, messageScenarios) }

// The life of a queue ID, from whichever program gave it to whichever ended it.
var messageScenarios = []scenario{
	{"by SMTP with TLS, removed before the session ends", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		cleanup[420]: 3F1A2C0B7D: message-id=<1@a.example>
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1234, nrcpt=2 (queue active)
		qmgr[9]: 3F1A2C0B7D: removed
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=2 starttls=1 mail=1 rcpt=2 data=1 quit=1 commands=8`, `
		session smtpd[410] a.example[192.0.2.10] established TLSv1.2 messages=1 of 3F1A2C0B7D disconnect
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] established TLSv1.2
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] established TLSv1.2`},
	{"removed before the session's end tells that it went in plaintext", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1234, nrcpt=2 (queue active)
		qmgr[9]: 3F1A2C0B7D: removed
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=2 data=1 quit=1 commands=6`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] plaintext
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] plaintext`},
	{"tried again and again", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1234, nrcpt=2 (queue active)
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=2 data=1 quit=1 commands=6
		@09:00:00
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1234, nrcpt=2 (queue active)
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, status=expired, returned to sender
		qmgr[9]: 3F1A2C0B7D: removed`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] plaintext
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] plaintext`},
	{"a session that takes hours", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		@06:00:00
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1234, nrcpt=2 (queue active)
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=2 data=1 quit=1 commands=6
		qmgr[9]: 3F1A2C0B7D: removed`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] plaintext
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] plaintext`},
	{"a short queue ID is given again, and again", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[410]: 456DAA8A36D: client=a.example[192.0.2.10]
		qmgr[9]: 456DAA8A36D: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		qmgr[9]: 456DAA8A36D: removed
		smtpd[411]: connect from b.example[192.0.2.11]
		smtpd[411]: 46B27A8A36D: client=b.example[192.0.2.11]
		qmgr[9]: 46B27A8A36D: from=<s@b.example>, size=2, nrcpt=1 (queue active)
		qmgr[9]: 46B27A8A36D: removed
		smtpd[411]: 456DAA8A36D: client=b.example[192.0.2.11]
		qmgr[9]: 456DAA8A36D: from=<s@b.example>, size=3, nrcpt=1 (queue active)
		qmgr[9]: 456DAA8A36D: removed
		smtpd[411]: disconnect from b.example[192.0.2.11] ehlo=1 mail=2 rcpt=2 data=2 quit=1 commands=8
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7`, `
		session smtpd[411] b.example[192.0.2.11] plaintext messages=2 of 46B27A8A36D,456DAA8A36D disconnect
		session smtpd[410] a.example[192.0.2.10] established TLSv1.2 messages=1 of 456DAA8A36D disconnect
		queued 456DAA8A36D smtpd a.example[192.0.2.10] established TLSv1.2
		queued 46B27A8A36D smtpd b.example[192.0.2.11] plaintext
		queued 456DAA8A36D smtpd b.example[192.0.2.11] plaintext
		message 456DAA8A36D removed smtpd a.example[192.0.2.10] established TLSv1.2
		message 46B27A8A36D removed smtpd b.example[192.0.2.11] plaintext
		message 456DAA8A36D removed smtpd b.example[192.0.2.11] plaintext`},
	{"a queue ID is given again and the line that ended it is missing", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 456DAA8A36D: client=a.example[192.0.2.10]
		qmgr[9]: 456DAA8A36D: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		smtpd[410]: 46B27A8A36D: client=a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=2 rcpt=2 data=1 quit=1 commands=7
		smtpd[411]: connect from b.example[192.0.2.11]
		smtpd[411]: 456DAA8A36D: client=b.example[192.0.2.11]
		smtpd[411]: 46B27A8A36D: client=b.example[192.0.2.11]
		smtpd[411]: disconnect from b.example[192.0.2.11] ehlo=1 mail=2 rcpt=2 rset=2 quit=1 commands=8`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 456DAA8A36D,46B27A8A36D disconnect
		session smtpd[411] b.example[192.0.2.11] plaintext messages=0 of 456DAA8A36D,46B27A8A36D disconnect
		queued 456DAA8A36D smtpd a.example[192.0.2.10] plaintext
		message 456DAA8A36D removed smtpd a.example[192.0.2.10] plaintext
		message 46B27A8A36D canceled smtpd a.example[192.0.2.10] plaintext
		message 456DAA8A36D canceled smtpd b.example[192.0.2.11] plaintext
		message 46B27A8A36D canceled smtpd b.example[192.0.2.11] plaintext`},
	{"the log has only its end", `
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1234, nrcpt=2 (queue active)
		qmgr[9]: 3F1A2C0B7D: removed
		qmgr[9]: 5B0C41D2E9: removed`, `
		message 3F1A2C0B7D removed unknown
		message 5B0C41D2E9 removed unknown`},
	{"the log has only smtpd's lines: the counters tell what was received", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 bdat=1 quit=1 commands=5
		smtpd[410]: connect from b.example[192.0.2.11]
		smtpd[410]: 5B0C41D2E9: client=b.example[192.0.2.11]
		smtpd[410]: disconnect from b.example[192.0.2.11] ehlo=1 mail=1 rcpt=1 data=0/1 quit=1 commands=4/5`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect
		session smtpd[410] b.example[192.0.2.11] plaintext messages=0 of 5B0C41D2E9 disconnect
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] plaintext
		message 5B0C41D2E9 canceled smtpd b.example[192.0.2.11] plaintext
		message 3F1A2C0B7D active smtpd a.example[192.0.2.10] plaintext`},
	{"local submission, and again after postsuper -r", `
		pickup[430]: 3F1A2C0B7D: uid=1000 from=<user>
		cleanup[420]: 3F1A2C0B7D: message-id=<1@mx1.example>
		qmgr[9]: 3F1A2C0B7D: from=<user@mx1.example>, size=300, nrcpt=1 (queue active)
		postsuper[77]: 3F1A2C0B7D: requeued
		pickup[430]: 5B0C41D2E9: uid=0 from=<user> orig_id=3F1A2C0B7D
		qmgr[9]: 5B0C41D2E9: from=<user@mx1.example>, size=300, nrcpt=1 (queue active)
		qmgr[9]: 5B0C41D2E9: removed`, `
		message 3F1A2C0B7D removed pickup uid=1000
		message 5B0C41D2E9 removed pickup uid=0`},
	{"a bounce, before Postfix 3.11", `
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=300, nrcpt=1 (queue active)
		cleanup[420]: 5B0C41D2E9: message-id=<5B0C41D2E9@mx1.example>
		bounce[440]: 3F1A2C0B7D: sender non-delivery notification: 5B0C41D2E9
		qmgr[9]: 5B0C41D2E9: from=<>, size=2000, nrcpt=1 (queue active)
		qmgr[9]: 3F1A2C0B7D: removed
		qmgr[9]: 5B0C41D2E9: removed`, `
		message 3F1A2C0B7D removed unknown
		message 5B0C41D2E9 removed bounce of 3F1A2C0B7D`},
	{"a bounce, since Postfix 3.11", `
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=300, nrcpt=1 (queue active)
		bounce[440]: 3F1A2C0B7D: sender delay notification: 4jXFz16lx4z1cM1s
		cleanup[420]: 4jXFz16lx4z1cM1s: message-id=<4jXFz16lx4z1cM1s@mx1.example>
		qmgr[9]: 4jXFz16lx4z1cM1s: from=<>, size=2000, nrcpt=1 (queue active)
		qmgr[9]: 4jXFz16lx4z1cM1s: removed`, `
		message 4jXFz16lx4z1cM1s removed bounce of 3F1A2C0B7D
		message 3F1A2C0B7D active unknown`},
	{"an administrator deletes it", `
		pickup[430]: 3F1A2C0B7D: uid=1000 from=<user>
		postsuper[77]: 3F1A2C0B7D: removed`, `
		message 3F1A2C0B7D removed pickup uid=1000`},
}

// A record is told at the line that settles it, not later: a log that is followed may have no next line for hours.
func TestMoments(t *testing.T) {
	const log = `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		qmgr[9]: 33823A8A060: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		smtpd[410]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[410]: 33F78A8A38F: client=a.example[192.0.2.10]
		qmgr[9]: 33F78A8A38F: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		qmgr[9]: 33F78A8A38F: removed
		qmgr[9]: 33823A8A060: removed
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=2 starttls=1 mail=2 rcpt=2 data=2 quit=1 commands=10
		smtpd[410]: connect from b.example[192.0.2.11]
		smtpd[410]: 456DAA8A36D: client=b.example[192.0.2.11]
		qmgr[9]: 456DAA8A36D: from=<s@b.example>, size=1, nrcpt=1 (queue active)
		qmgr[9]: 456DAA8A36D: removed
		smtpd[410]: disconnect from b.example[192.0.2.11] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5`
	type counts struct{ Sessions, Queued, Messages int }
	want := []counts{
		{},
		{},
		{},
		{Queued: 1}, // the TLS line shows that what came before it was plaintext
		{Queued: 1},
		{Queued: 2},
		{Queued: 2, Messages: 1},
		{Queued: 2, Messages: 2},
		{1, 2, 2},
		{1, 2, 2},
		{1, 2, 2},
		{1, 2, 2},
		{1, 2, 2},
		{2, 3, 3}, // only the disconnect line shows that there was no TLS
	}
	r := &recorder{t: t}
	p := New(r, testOptions())
	var got []counts
	for _, line := range script(log) {
		p.Feed([]byte(line))
		got = append(got, counts{len(r.sessions), len(r.queued), len(r.messages)})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records after each line (-want +got):\n%s", diff)
	}
}
