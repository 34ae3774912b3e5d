package parser

import "testing"

func TestContentFilters(t *testing.T) { runScenarios(t, filterScenarios) }

// A content filter makes one message come in twice. Before the queue, it has one queue ID, and came from the outer session. After the
// queue, it has two, and the second names the first as its parent.
var filterScenarios = []scenario{
	{"before the queue, under TLS", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		smtpd[410]: NOQUEUE: client=a.example[192.0.2.10]
		postfix/reinject/smtpd[510]: connect from localhost[127.0.0.1]
		postfix/reinject/smtpd[510]: 3F1A2C0B7D: client=localhost[127.0.0.1], orig_client=a.example[192.0.2.10]
		cleanup[420]: 3F1A2C0B7D: message-id=<1@a.example>
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		smtpd[410]: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 3F1A2C0B7D; from=<s@a.example> to=<u@example.com> proto=ESMTP helo=<a.example>
		postfix/reinject/smtpd[510]: disconnect from localhost[127.0.0.1] ehlo=1 xforward=1 mail=1 rcpt=1 data=1 quit=1 commands=6
		qmgr[9]: 3F1A2C0B7D: removed
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7`, `
		session reinject[510] localhost[127.0.0.1] plaintext messages=1 of 3F1A2C0B7D disconnect
		session smtpd[410] a.example[192.0.2.10] established TLSv1.3 messages=1 of 3F1A2C0B7D disconnect
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] established TLSv1.3
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] established TLSv1.3`},
	{"before the queue, in plaintext, removed before the outer session ends", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: NOQUEUE: client=a.example[192.0.2.10]
		postfix/reinject/smtpd[510]: connect from localhost[127.0.0.1]
		postfix/reinject/smtpd[510]: 3F1A2C0B7D: client=localhost[127.0.0.1], orig_client=a.example[192.0.2.10]
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		postfix/reinject/smtpd[510]: disconnect from localhost[127.0.0.1] ehlo=1 xforward=1 mail=1 rcpt=1 data=1 quit=1 commands=6
		qmgr[9]: 3F1A2C0B7D: removed
		smtpd[410]: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: 713 bytes queued as 3F1A2C0B7D; from=<s@a.example> to=<u@example.com> proto=ESMTP helo=<a.example>
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5`, `
		session reinject[510] localhost[127.0.0.1] plaintext messages=1 of 3F1A2C0B7D disconnect
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] plaintext
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] plaintext`},
	{"before the queue, with two clients at a time", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[411]: connect from b.example[192.0.2.11]
		smtpd[411]: Anonymous TLS connection established from b.example[192.0.2.11]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[410]: NOQUEUE: client=a.example[192.0.2.10]
		smtpd[411]: NOQUEUE: client=b.example[192.0.2.11], sasl_method=PLAIN, sasl_username=u@example.com
		postfix/reinject/smtpd[510]: connect from localhost[127.0.0.1]
		postfix/reinject/smtpd[511]: connect from localhost[127.0.0.1]
		postfix/reinject/smtpd[511]: 3F1A2C0B7D: client=localhost[127.0.0.1], orig_client=a.example[192.0.2.10]
		postfix/reinject/smtpd[510]: 5B0C41D2E9: client=localhost[127.0.0.1], orig_client=b.example[192.0.2.11]
		qmgr[9]: 5B0C41D2E9: from=<s@b.example>, size=1, nrcpt=1 (queue active)
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		smtpd[411]: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 5B0C41D2E9; from=<s@b.example> to=<u@example.com> proto=ESMTP helo=<b.example>
		smtpd[410]: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 3F1A2C0B7D; from=<s@a.example> to=<u@example.com> proto=ESMTP helo=<a.example>
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
		smtpd[411]: disconnect from b.example[192.0.2.11] ehlo=2 starttls=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=8
		postfix/reinject/smtpd[510]: disconnect from localhost[127.0.0.1] ehlo=1 xforward=1 mail=1 rcpt=1 data=1 quit=1 commands=6
		postfix/reinject/smtpd[511]: disconnect from localhost[127.0.0.1] ehlo=1 xforward=1 mail=1 rcpt=1 data=1 quit=1 commands=6
		qmgr[9]: 3F1A2C0B7D: removed
		qmgr[9]: 5B0C41D2E9: removed`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect
		session smtpd[411] b.example[192.0.2.11] established TLSv1.2 messages=1 of 5B0C41D2E9 disconnect
		session reinject[510] localhost[127.0.0.1] plaintext messages=1 of 5B0C41D2E9 disconnect
		session reinject[511] localhost[127.0.0.1] plaintext messages=1 of 3F1A2C0B7D disconnect
		queued 5B0C41D2E9 smtpd b.example[192.0.2.11] established TLSv1.2
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] plaintext
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] plaintext
		message 5B0C41D2E9 removed smtpd b.example[192.0.2.11] established TLSv1.2`},
	{"after the queue, by XFORWARD IDENT", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7
		postfix/10025/smtpd[510]: connect from localhost[127.0.0.1]
		postfix/10025/smtpd[510]: 5B0C41D2E9: client=localhost[127.0.0.1], orig_queue_id=3F1A2C0B7D, orig_client=a.example[192.0.2.10]
		qmgr[9]: 5B0C41D2E9: from=<s@a.example>, size=2, nrcpt=1 (queue active)
		postfix/10025/smtpd[510]: disconnect from localhost[127.0.0.1] ehlo=1 xforward=1 mail=1 rcpt=1 data=1 quit=1 commands=6
		postfix/amavis/smtp[520]: 3F1A2C0B7D: to=<u@example.com>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=0/0/0/1, tls=may:none, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 5B0C41D2E9)
		qmgr[9]: 3F1A2C0B7D: removed
		qmgr[9]: 5B0C41D2E9: removed`, `
		session smtpd[410] a.example[192.0.2.10] established TLSv1.3 messages=1 of 3F1A2C0B7D disconnect
		session 10025[510] localhost[127.0.0.1] plaintext messages=1 of 5B0C41D2E9 disconnect
		outbound amavis[520] 127.0.0.1[127.0.0.1]:10024 plaintext messages=1 of 3F1A2C0B7D
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] established TLSv1.3
		queued 5B0C41D2E9 10025 localhost[127.0.0.1] plaintext parent=3F1A2C0B7D
		delivery 3F1A2C0B7D to=u@example.com amavis 127.0.0.1[127.0.0.1]:10024 sent plaintext policy=may:none queued-as=5B0C41D2E9 first
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] established TLSv1.3 deliveries=1
		message 5B0C41D2E9 removed 10025 localhost[127.0.0.1] plaintext parent=3F1A2C0B7D`},
	{"after the queue, by the filter's answer alone", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
		postfix/10025/smtpd[510]: connect from localhost[127.0.0.1]
		postfix/10025/smtpd[510]: 5B0C41D2E9: client=localhost[127.0.0.1]
		qmgr[9]: 5B0C41D2E9: from=<s@a.example>, size=2, nrcpt=1 (queue active)
		smtp[520]: 3F1A2C0B7D: to=<u@example.com>, relay=localhost[::1]:10024, delay=1, delays=0/0/0/1, tls=may:none, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 5B0C41D2E9)
		qmgr[9]: 3F1A2C0B7D: removed
		postfix/10025/smtpd[510]: disconnect from localhost[127.0.0.1] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
		qmgr[9]: 5B0C41D2E9: removed`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect
		outbound smtp[520] localhost[::1]:10024 plaintext messages=1 of 3F1A2C0B7D
		session 10025[510] localhost[127.0.0.1] plaintext messages=1 of 5B0C41D2E9 disconnect
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] plaintext
		queued 5B0C41D2E9 10025 localhost[127.0.0.1] plaintext parent=3F1A2C0B7D
		delivery 3F1A2C0B7D to=u@example.com smtp localhost[::1]:10024 sent plaintext policy=may:none queued-as=5B0C41D2E9 first
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] plaintext deliveries=1
		message 5B0C41D2E9 removed 10025 localhost[127.0.0.1] plaintext parent=3F1A2C0B7D`},
}
