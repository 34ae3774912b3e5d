package parser

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEnded(t *testing.T) { runScenarios(t, endedScenarios) }

// How sessions end, with and without a disconnect line.
var endedScenarios = []scenario{
	{"the client is gone, the server waits in vain, or has enough", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: lost connection after RCPT from a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=0/1 commands=2/3
		smtpd[410]: connect from b.example[192.0.2.11]
		smtpd[410]: NOQUEUE: timeout after END-OF-MESSAGE from b.example[192.0.2.11]
		smtpd[410]: disconnect from b.example[192.0.2.11] ehlo=1 commands=1
		smtpd[410]: connect from c.example[192.0.2.12]
		smtpd[410]: too many errors after UNKNOWN from c.example[192.0.2.12]
		smtpd[410]: disconnect from c.example[192.0.2.12] ehlo=1 unknown=0/20 commands=1/21`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=0 lost
		session smtpd[410] b.example[192.0.2.11] plaintext messages=0 timeout
		session smtpd[410] c.example[192.0.2.12] plaintext messages=0 errors`},
	{"the process ID connects again without a disconnect", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: connect from b.example[192.0.2.11]
		smtpd[410]: disconnect from b.example[192.0.2.11] ehlo=1 quit=1 commands=2`, `
		session smtpd[410] a.example[192.0.2.10] unknown messages=0 aborted
		session smtpd[410] b.example[192.0.2.11] plaintext messages=0 disconnect`},
	{"another instance of the host gets the process ID", `
		smtpd[410]: connect from a.example[192.0.2.10]
		postfix-out/smtpd[410]: connect from b.example[192.0.2.11]
		postfix-out/smtpd[410]: disconnect from b.example[192.0.2.11] ehlo=1 quit=1 commands=2`, `
		session smtpd[410] a.example[192.0.2.10] unknown messages=0 aborted
		session postfix-out/smtpd[410] b.example[192.0.2.11] plaintext messages=0 disconnect`},
	{"another host has the same process ID", `
		smtpd[410]: connect from a.example[192.0.2.10]
		Nov 22 04:00:00 mx2 postfix/smtpd[410]: connect from b.example[192.0.2.11]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 quit=1 commands=2
		Nov 22 04:00:00 mx2 postfix/smtpd[410]: disconnect from b.example[192.0.2.11] ehlo=2 starttls=1 quit=1 commands=4`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=0 disconnect
		session smtpd[410] b.example[192.0.2.11] unlogged messages=0 disconnect`},
	{"the connect line happened three times", `
		smtpd[410]: message repeated 3 times: [ connect from a.example[192.0.2.10]]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 quit=1 commands=2`, `
		session smtpd[410] a.example[192.0.2.10] unknown messages=0 aborted
		session smtpd[410] a.example[192.0.2.10] unknown messages=0 aborted
		session smtpd[410] a.example[192.0.2.10] plaintext messages=0 disconnect`},
	{"killed: a session that had sent mail after others had used TLS went in plaintext", `
		smtpd[411]: connect from t.example[192.0.2.12]
		smtpd[411]: Anonymous TLS connection established from t.example[192.0.2.12]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		master[1]: warning: process /usr/lib/postfix/sbin/smtpd pid 410 killed by signal 9
		smtpd[413]: connect from b.example[192.0.2.11]
		master[1]: warning: process /usr/lib/postfix/sbin/smtpd pid 413 exit status 1
		smtpd[411]: disconnect from t.example[192.0.2.12] ehlo=2 starttls=1 quit=1 commands=4`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 33823A8A060 aborted
		session smtpd[413] b.example[192.0.2.11] unknown messages=0 aborted
		session smtpd[411] t.example[192.0.2.12] established TLSv1.2 messages=0 disconnect
		message 33823A8A060 canceled smtpd a.example[192.0.2.10] plaintext`},
	{"a child of another program, or with another process ID, died", `
		smtpd[410]: connect from a.example[192.0.2.10]
		master[1]: warning: process /usr/lib/postfix/sbin/cleanup pid 410 killed by signal 9
		master[1]: warning: process /usr/lib/postfix/sbin/smtpd pid 4100 killed by signal 9
		Nov 22 04:00:00 mx2 postfix/master[1]: warning: process /usr/lib/postfix/sbin/smtpd pid 410 killed by signal 9
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 quit=1 commands=2`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=0 disconnect`},
	{"fatal and panic end the process", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: fatal: watchdog timeout
		smtpd[411]: connect from b.example[192.0.2.11]
		smtpd[411]: panic: vstring_ctl: bad name
		smtpd[412]: fatal: no SASL authentication mechanisms
		smtpd[412]: connect from c.example[192.0.2.12]
		smtpd[412]: disconnect from c.example[192.0.2.12] quit=1 commands=1`, `
		session smtpd[410] a.example[192.0.2.10] unknown messages=0 aborted
		session smtpd[411] b.example[192.0.2.11] unknown messages=0 aborted
		session smtpd[412] c.example[192.0.2.12] plaintext messages=0 disconnect`},
	{"Postfix stops: the instance's sessions end, not the others'", `
		postfix-out/master[2]: daemon started -- version 3.7.11, configuration /etc/postfix-out
		smtpd[410]: connect from a.example[192.0.2.10]
		postfix/submission/smtpd[411]: connect from b.example[192.0.2.11]
		postfix-out/smtpd[412]: connect from c.example[192.0.2.12]
		plesk_submission/smtpd[413]: connect from d.example[192.0.2.13]
		Nov 22 04:00:00 mx2 postfix/smtpd[414]: connect from e.example[192.0.2.14]
		master[1]: terminating on signal 15
		postfix-out/smtpd[412]: disconnect from c.example[192.0.2.12] quit=1 commands=1
		Nov 22 04:00:00 mx2 postfix/smtpd[414]: disconnect from e.example[192.0.2.14] quit=1 commands=1`, `
		session smtpd[410] a.example[192.0.2.10] unknown messages=0 aborted
		session submission[411] b.example[192.0.2.11] unknown messages=0 aborted
		session plesk_submission/smtpd[413] d.example[192.0.2.13] unknown messages=0 aborted
		session postfix-out/smtpd[412] c.example[192.0.2.12] plaintext messages=0 disconnect
		session smtpd[414] e.example[192.0.2.14] plaintext messages=0 disconnect`},
	{"Postfix starts: what was open before is over", `
		smtpd[410]: connect from a.example[192.0.2.10]
		master[1]: daemon started -- version 3.11.6, configuration /etc/postfix
		smtpd[411]: connect from b.example[192.0.2.11]
		smtpd[411]: disconnect from b.example[192.0.2.11] quit=1 commands=1`, `
		session smtpd[410] a.example[192.0.2.10] unknown messages=0 aborted
		session smtpd[411] b.example[192.0.2.11] plaintext messages=0 disconnect`},
	{"a reload ends nothing", `
		smtpd[410]: connect from a.example[192.0.2.10]
		master[1]: reload -- version 3.11.6, configuration /etc/postfix
		smtpd[410]: disconnect from a.example[192.0.2.10] quit=1 commands=1`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=0 disconnect`},
	{"open at the end of the log: not plaintext, though a message in it was", `
		smtpd[411]: connect from t.example[192.0.2.12]
		smtpd[411]: Anonymous TLS connection established from t.example[192.0.2.12]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		qmgr[9]: 33823A8A060: from=<s@example.net>, size=100, nrcpt=1 (queue active)`, `
		session smtpd[411] t.example[192.0.2.12] established TLSv1.2 messages=0 open
		session smtpd[410] a.example[192.0.2.10] unknown messages=1 of 33823A8A060 open
		queued 33823A8A060 smtpd a.example[192.0.2.10] plaintext
		message 33823A8A060 active smtpd a.example[192.0.2.10] plaintext`},
}

func TestSessionFromBeforeTheLog(t *testing.T) { runScenarios(t, beforeScenarios) }

// The TLS line may stand in what is missing: its absence proves nothing.
var beforeScenarios = []scenario{
	{"the counters tell", `
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
		smtpd[411]: 33823A8A060: client=b.example[192.0.2.11]
		smtpd[411]: disconnect from b.example[192.0.2.11] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=0 disconnect no start
		session smtpd[411] b.example[192.0.2.11] unlogged messages=1 of 33823A8A060 disconnect no start
		queued 33823A8A060 smtpd b.example[192.0.2.11] unlogged
		message 33823A8A060 active smtpd b.example[192.0.2.11] unlogged`},
	{"a TLS line still to come shows that there was none before", `
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		smtpd[410]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		qmgr[9]: 33823A8A060: from=<s@example.net>, size=100, nrcpt=1 (queue active)
		smtpd[410]: disconnect from a.example[192.0.2.10]`, `
		session smtpd[410] a.example[192.0.2.10] established TLSv1.2 messages=1 of 33823A8A060 disconnect no start
		queued 33823A8A060 smtpd a.example[192.0.2.10] plaintext
		message 33823A8A060 active smtpd a.example[192.0.2.10] plaintext`},
	{"without counters nothing tells", `
		smtpd[411]: connect from t.example[192.0.2.12]
		smtpd[411]: Anonymous TLS connection established from t.example[192.0.2.12]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[411]: disconnect from t.example[192.0.2.12]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		qmgr[9]: 33823A8A060: from=<s@example.net>, size=100, nrcpt=1 (queue active)
		smtpd[410]: disconnect from a.example[192.0.2.10]`, `
		session smtpd[411] t.example[192.0.2.12] established TLSv1.2 messages=0 disconnect
		session smtpd[410] a.example[192.0.2.10] unknown messages=1 of 33823A8A060 disconnect no start
		queued 33823A8A060 smtpd a.example[192.0.2.10] unknown
		message 33823A8A060 active smtpd a.example[192.0.2.10] unknown`},
	{"killed", `
		smtpd[411]: connect from t.example[192.0.2.12]
		smtpd[411]: Anonymous TLS connection established from t.example[192.0.2.12]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[411]: disconnect from t.example[192.0.2.12] ehlo=2 starttls=1 quit=1 commands=4
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		qmgr[9]: 33823A8A060: from=<s@example.net>, size=100, nrcpt=1 (queue active)
		master[1]: warning: process /usr/lib/postfix/sbin/smtpd pid 410 killed by signal 9`, `
		session smtpd[411] t.example[192.0.2.12] established TLSv1.2 messages=0 disconnect
		session smtpd[410] a.example[192.0.2.10] unknown messages=1 of 33823A8A060 aborted no start
		queued 33823A8A060 smtpd a.example[192.0.2.10] unknown
		message 33823A8A060 active smtpd a.example[192.0.2.10] unknown`},
	{"open at the end of the log too", `
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		qmgr[9]: 33823A8A060: from=<s@example.net>, size=100, nrcpt=1 (queue active)
		smtpd[411]: connect from t.example[192.0.2.12]
		smtpd[411]: Anonymous TLS connection established from t.example[192.0.2.12]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[411]: disconnect from t.example[192.0.2.12] ehlo=2 starttls=1 quit=1 commands=4`, `
		session smtpd[411] t.example[192.0.2.12] established TLSv1.2 messages=0 disconnect
		session smtpd[410] a.example[192.0.2.10] unknown messages=1 of 33823A8A060 open no start
		queued 33823A8A060 smtpd a.example[192.0.2.10] unknown
		message 33823A8A060 active smtpd a.example[192.0.2.10] unknown`},
}

// A session has the time of its own lines, also of those that name no peer.
func TestSessionTimes(t *testing.T) {
	r := play(t, `
		smtpd[410]: connect from a.example[192.0.2.10]
		@04:00:03
		smtpd[410]: SSL_accept error from a.example[192.0.2.10]: -1
		@04:00:04
		smtpd[410]: warning: TLS library problem: error:0A00010B:SSL routines::wrong version number:../ssl/record/ssl3_record.c:350:
		@04:00:09
		smtpd[411]: connect from b.example[192.0.2.11]`)
	type times struct{ Start, End time.Time }
	var got []times
	for _, s := range r.sessions {
		got = append(got, times{s.Start, s.End})
	}
	if diff := cmp.Diff([]times{{at(4, 0), at(4, 4)}, {at(4, 9), at(4, 9)}}, got); diff != "" {
		t.Errorf("start and end differ (-want +got):\n%s", diff)
	}
}
