package parser

import (
	"strings"
	"testing"
)

func TestAbortedTransactions(t *testing.T) { runScenarios(t, canceledScenarios) }

// A queue ID is given at the first recipient and may come to nothing, which Postfix logs since 3.10 only.
var canceledScenarios = []scenario{
	{"Postfix 3.10 says so", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 7AC42A8A076: client=a.example[192.0.2.10]
		cleanup[420]: 7AC42A8A076: message-id=<1@a.example>
		smtpd[410]: 7AC42A8A076: lost connection after DATA (16 bytes) from a.example[192.0.2.10]
		cleanup[420]: 7AC42A8A076: removed (canceled)
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=0/1 commands=3/4`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=0 of 7AC42A8A076 lost
		message 7AC42A8A076 canceled smtpd a.example[192.0.2.10] plaintext`},
	{"discarded", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 7AC42A8A076: client=a.example[192.0.2.10]
		cleanup[420]: 7AC42A8A076: removed (discarded)
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 7AC42A8A076 disconnect
		message 7AC42A8A076 canceled smtpd a.example[192.0.2.10] plaintext`},
	{"Postfix 3.9 is silent, and the counters tell", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 7AC42A8A076: client=a.example[192.0.2.10]
		cleanup[420]: 7AC42A8A076: message-id=<1@a.example>
		smtpd[410]: lost connection after DATA (16 bytes) from a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=0/1 commands=3/4`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=0 of 7AC42A8A076 lost
		message 7AC42A8A076 canceled smtpd a.example[192.0.2.10] plaintext`},
	{"the client resets before its data", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[410]: 7AC42A8A076: client=a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=2 starttls=1 mail=1 rcpt=1 rset=1 quit=1 commands=7`, `
		session smtpd[410] a.example[192.0.2.10] established TLSv1.2 messages=0 of 7AC42A8A076 disconnect
		message 7AC42A8A076 canceled smtpd a.example[192.0.2.10] established TLSv1.2`},
	{"cleanup is slower than smtpd: its line is about the same message", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 7AC42A8A076: client=a.example[192.0.2.10]
		smtpd[410]: lost connection after DATA (16 bytes) from a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=0/1 commands=3/4
		cleanup[420]: 7AC42A8A076: message-id=<1@a.example>`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=0 of 7AC42A8A076 lost
		message 7AC42A8A076 canceled smtpd a.example[192.0.2.10] plaintext`},
}

// Without a word from Postfix, time tells: an hour after its session.
func TestCanceledByTime(t *testing.T) {
	const log = `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 7AC42A8A076: client=a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10]
		@04:59:59
		smtpd[411]: connect from b.example[192.0.2.11]
		@05:00:01
		smtpd[412]: connect from c.example[192.0.2.12]`
	r := &recorder{t: t}
	p := New(r, testOptions())
	lines := script(log)
	last := len(lines) - 1
	p.Feed([]byte(strings.Join(lines[:last], "")))
	if len(r.messages) != 0 || p.Counts().OpenMessages != 1 {
		t.Errorf("after less than an hour: %d messages told, %d open; want 0 and 1", len(r.messages), p.Counts().OpenMessages)
	}
	p.Feed([]byte(lines[last]))
	if len(r.messages) != 1 || r.messages[0].State != MessageCanceled || p.Counts().OpenMessages != 0 {
		t.Errorf("after more than an hour: %+v, %d open; want one canceled, none open", r.messages, p.Counts().OpenMessages)
	}
}

func TestHold(t *testing.T) { runScenarios(t, holdScenarios) }

// A message on hold is not seen by the queue manager until an administrator releases it, days later.
var holdScenarios = []scenario{
	{"by cleanup", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		cleanup[420]: 3F1A2C0B7D: hold: header Subject: x from a.example[192.0.2.10]; from=<s@a.example> to=<u@example.com> proto=ESMTP helo=<a.example>
		cleanup[420]: 3F1A2C0B7D: message-id=<1@a.example>
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5` + releasedLater, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect` + heldThenRemoved},
	{"by smtpd, when the message has its queue ID", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		smtpd[410]: 3F1A2C0B7D: hold: RCPT from a.example[192.0.2.10]: <u@example.com>: Recipient address; from=<s@a.example> to=<u@example.com> proto=ESMTP helo=<a.example>
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=2 data=1 quit=1 commands=6` + releasedLater, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect` + heldThenRemoved},
	{"by smtpd, before the message has its queue ID", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: NOQUEUE: hold: RCPT from a.example[192.0.2.10]: <u@example.com>: Recipient address; from=<s@a.example> to=<u@example.com> proto=ESMTP helo=<a.example>
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5` + releasedLater, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect` + heldThenRemoved},
	{"by an administrator", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
		postsuper[77]: 3F1A2C0B7D: placed on hold` + releasedLater, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect` + heldThenRemoved},
	{"deleted by an administrator", `
		pickup[430]: 3F1A2C0B7D: uid=1000 from=<user>
		cleanup[420]: 3F1A2C0B7D: milter-hold: END-OF-MESSAGE from localhost[127.0.0.1]: milter triggers HOLD action; from=<user@mx1.example>
		@09:00:00
		smtpd[411]: connect from b.example[192.0.2.11]
		smtpd[411]: disconnect from b.example[192.0.2.11] quit=1 commands=1
		postsuper[77]: 3F1A2C0B7D: removed`, `
		session smtpd[411] b.example[192.0.2.11] plaintext messages=0 disconnect
		message 3F1A2C0B7D removed pickup uid=1000`},
}

const releasedLater = `
		@09:00:00
		pickup[430]: 46B27A8A36D: uid=0 from=<root>
		postsuper[77]: 3F1A2C0B7D: released from hold
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1234, nrcpt=1 (queue active)
		qmgr[9]: 3F1A2C0B7D: removed
		qmgr[9]: 46B27A8A36D: removed`

const heldThenRemoved = `
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] plaintext
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] plaintext
		message 46B27A8A36D removed pickup uid=0`
