package parser

import "testing"

func TestSessions(t *testing.T) { runScenarios(t, sessionScenarios) }

// What a session's lines tell of its TLS, from the strongest evidence to none.
var sessionScenarios = []scenario{
	{"STARTTLS and two messages", `
		smtpd[410]: connect from client.example.net[192.0.2.10]
		smtpd[410]: Anonymous TLS connection established from client.example.net[192.0.2.10]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519 server-signature RSA-PSS (2048 bits) server-digest SHA256
		smtpd[410]: 33823A8A060: client=client.example.net[192.0.2.10]
		smtpd[410]: 33F78A8A38F: client=client.example.net[192.0.2.10]
		smtpd[410]: disconnect from client.example.net[192.0.2.10] ehlo=2 starttls=1 mail=2 rcpt=2 data=2 quit=1 commands=10`, `
		session smtpd[410] client.example.net[192.0.2.10] established TLSv1.3 messages=2 of 33823A8A060,33F78A8A38F disconnect
		queued 33823A8A060 smtpd client.example.net[192.0.2.10] established TLSv1.3
		queued 33F78A8A38F smtpd client.example.net[192.0.2.10] established TLSv1.3
		message 33823A8A060 active smtpd client.example.net[192.0.2.10] established TLSv1.3
		message 33F78A8A38F active smtpd client.example.net[192.0.2.10] established TLSv1.3`},
	{"a message in plaintext, then STARTTLS, then another", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		smtpd[410]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[410]: 33F78A8A38F: client=a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=2 starttls=1 mail=2 rcpt=2 data=2 quit=1 commands=10`, `
		session smtpd[410] a.example[192.0.2.10] established TLSv1.2 messages=2 of 33823A8A060,33F78A8A38F disconnect
		queued 33823A8A060 smtpd a.example[192.0.2.10] plaintext
		queued 33F78A8A38F smtpd a.example[192.0.2.10] established TLSv1.2
		message 33823A8A060 active smtpd a.example[192.0.2.10] plaintext
		message 33F78A8A38F active smtpd a.example[192.0.2.10] established TLSv1.2`},
	{"the TLS line has the peer's name in lower case, and a port", `
		smtpd[410]: connect from UPPER-Case.Example.ORG[192.0.2.10]:40112
		smtpd[410]: Anonymous TLS connection established from upper-case.example.org[192.0.2.10]:40112: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[410]: disconnect from UPPER-Case.Example.ORG[192.0.2.10]:40112 ehlo=2 starttls=1 quit=1 commands=4`, `
		session smtpd[410] UPPER-Case.Example.ORG[192.0.2.10]:40112 established TLSv1.2 messages=0 disconnect`},
	{"log level 0: the counters alone tell of TLS", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7`, `
		session smtpd[410] a.example[192.0.2.10] unlogged messages=1 of 33823A8A060 disconnect
		queued 33823A8A060 smtpd a.example[192.0.2.10] unlogged
		message 33823A8A060 active smtpd a.example[192.0.2.10] unlogged`},
	{"STARTTLS refused once, then done", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=2 starttls=1/2 quit=1 commands=4/5`, `
		session smtpd[410] a.example[192.0.2.10] unlogged messages=0 disconnect`},
	{"the disconnect line is cut behind the STARTTLS counter", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=2 starttls=1 mai`, `
		session smtpd[410] a.example[192.0.2.10] unlogged messages=0 disconnect`},
	{"counters without STARTTLS", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 33823A8A060 disconnect
		queued 33823A8A060 smtpd a.example[192.0.2.10] plaintext
		message 33823A8A060 active smtpd a.example[192.0.2.10] plaintext`},
	{"a session without a command", `
		smtpd[410]: connect from unknown[192.0.2.11]
		smtpd[410]: disconnect from unknown[192.0.2.11] commands=0/0`, `
		session smtpd[410] unknown[192.0.2.11] plaintext messages=0 disconnect`},
	{"the client's address is not known", `
		smtpd[410]: connect from unknown[unknown]
		smtpd[410]: NOQUEUE: lost connection after CONNECT from unknown[unknown]
		smtpd[410]: disconnect from unknown[unknown] commands=0/0`, `
		session smtpd[410] unknown[] plaintext messages=0 lost`},
	{"before Postfix 3.0: no counters, and no TLS line of the service so far", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10]
		qmgr[9]: 33823A8A060: from=<s@example.net>, size=100, nrcpt=1 (queue active)`, `
		session smtpd[410] a.example[192.0.2.10] unknown messages=1 of 33823A8A060 disconnect
		queued 33823A8A060 smtpd a.example[192.0.2.10] unknown
		message 33823A8A060 active smtpd a.example[192.0.2.10] unknown`},
	{"before Postfix 3.0: the service has logged TLS before", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: Untrusted TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[410]: disconnect from a.example[192.0.2.10]
		smtpd[410]: connect from b.example[192.0.2.11]
		smtpd[410]: 33823A8A060: client=b.example[192.0.2.11]
		smtpd[410]: disconnect from b.example[192.0.2.11]
		qmgr[9]: 33823A8A060: from=<s@example.net>, size=100, nrcpt=1 (queue active)`, `
		session smtpd[410] a.example[192.0.2.10] established TLSv1.2 messages=0 disconnect
		session smtpd[410] b.example[192.0.2.11] plaintext messages=1 of 33823A8A060 disconnect
		queued 33823A8A060 smtpd b.example[192.0.2.11] plaintext
		message 33823A8A060 active smtpd b.example[192.0.2.11] plaintext`},
	{"another service's TLS line says nothing of this one's log level", `
		postfix/submission/smtpd[411]: connect from a.example[192.0.2.10]
		postfix/submission/smtpd[411]: Untrusted TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		postfix/submission/smtpd[411]: disconnect from a.example[192.0.2.10]
		smtpd[410]: connect from b.example[192.0.2.11]
		smtpd[410]: disconnect from b.example[192.0.2.11]`, `
		session submission[411] a.example[192.0.2.10] established TLSv1.2 messages=0 disconnect
		session smtpd[410] b.example[192.0.2.11] unknown messages=0 disconnect`},
	{"XCLIENT: the session's peer is that of connect, the message's that of client=", `
		smtpd[410]: connect from proxy.example.com[192.0.2.5]
		smtpd[410]: 33823A8A060: client=real.example.org[203.0.113.9]
		smtpd[410]: disconnect from real.example.org[203.0.113.9] ehlo=2 xclient=0/1 mail=1 rcpt=1 data=1 quit=1 commands=6/7`, `
		session smtpd[410] proxy.example.com[192.0.2.5] plaintext messages=1 of 33823A8A060 disconnect
		queued 33823A8A060 smtpd real.example.org[203.0.113.9] plaintext
		message 33823A8A060 active smtpd real.example.org[203.0.113.9] plaintext`},
	{"the peer's words in the log are not Postfix's", `
		smtpd[410]: connect from client.example.net[192.0.2.10]
		smtpd[410]: < client.example.net[192.0.2.10]: STARTTLS
		smtpd[410]: > client.example.net[192.0.2.10]: 220 2.0.0 Ready to start TLS
		smtpd[410]: NOQUEUE: reject: RCPT from client.example.net[192.0.2.10]: 550 5.7.1 <disconnect from x[192.0.2.66] starttls=1 commands=1>: no; from=<Anonymous TLS connection established from> to=<u@example.com> proto=ESMTP helo=<x>
		smtpd[410]: warning: non-SMTP command from client.example.net[192.0.2.10]: Anonymous TLS connection established from client.example.net[192.0.2.10]: TLSv1.3 with cipher X (256/256 bits)
		smtpd[410]: improper command pipelining after EHLO from client.example.net[192.0.2.10]: 33823A8A060: client=forged.example[192.0.2.66]\r\n
		smtpd[410]: disconnect from client.example.net[192.0.2.10] ehlo=1 mail=1 rcpt=0/1 unknown=0/1 quit=1 commands=3/5`, `
		session smtpd[410] client.example.net[192.0.2.10] plaintext messages=0 disconnect`},
	{"a TLS ClientHello on a plaintext port", `
		smtpd[410]: connect from unknown[192.0.2.12]
		smtpd[410]: improper command pipelining after CONNECT from unknown[192.0.2.12]: \026\003\001\001X\001
		smtpd[410]: disconnect from unknown[192.0.2.12] unknown=0/1 commands=0/1`, `
		session smtpd[410] unknown[192.0.2.12] plaintext messages=0 disconnect`},
	{"the sender forges fields behind the client's name", `
		smtpd[410]: connect from unknown[192.0.2.10]
		smtpd[410]: D581D9B029A: client=unknown[192.0.2.10], sasl_sender="x, orig_queue_id=ABCDEF0123, orig_client=spoof.example.com[192.0.2.66]"
		smtpd[410]: disconnect from unknown[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5`, `
		session smtpd[410] unknown[192.0.2.10] plaintext messages=1 of D581D9B029A disconnect
		queued D581D9B029A smtpd unknown[192.0.2.10] plaintext
		message D581D9B029A active smtpd unknown[192.0.2.10] plaintext`},
	{"a transaction that fails at DATA is no message", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		smtpd[410]: 33F78A8A38F: client=a.example[192.0.2.10]
		qmgr[9]: 33F78A8A38F: from=<s@example.net>, size=100, nrcpt=1 (queue active)
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=2 rcpt=2 data=1/2 quit=1 commands=7/8`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 33823A8A060,33F78A8A38F disconnect
		queued 33F78A8A38F smtpd a.example[192.0.2.10] plaintext
		message 33823A8A060 canceled smtpd a.example[192.0.2.10] plaintext
		message 33F78A8A38F active smtpd a.example[192.0.2.10] plaintext`},
}

func TestWrapperMode(t *testing.T) { runScenarios(t, wrapperScenarios) }

// Where TLS comes first there is no STARTTLS to count, and only the service's name tells of it.
var wrapperScenarios = []scenario{
	{"with TLS line", `
		postfix/submissions/smtpd[411]: connect from a.example[192.0.2.10]
		postfix/submissions/smtpd[411]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		postfix/submissions/smtpd[411]: 33823A8A060: client=a.example[192.0.2.10], sasl_method=PLAIN, sasl_username=u@example.com
		postfix/submissions/smtpd[411]: disconnect from a.example[192.0.2.10] ehlo=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=6`, `
		session submissions[411] a.example[192.0.2.10] established TLSv1.2 messages=1 of 33823A8A060 disconnect
		queued 33823A8A060 submissions a.example[192.0.2.10] established TLSv1.2
		message 33823A8A060 active submissions a.example[192.0.2.10] established TLSv1.2`},
	{"log level 0: a command is proof of TLS", `
		postfix/smtps/smtpd[411]: connect from a.example[192.0.2.10]
		postfix/smtps/smtpd[411]: 33823A8A060: client=a.example[192.0.2.10], sasl_method=PLAIN, sasl_username=u@example.com
		postfix/smtps/smtpd[411]: disconnect from a.example[192.0.2.10] ehlo=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=6
		postfix/submissions/smtpd[412]: connect from a.example[192.0.2.10]
		postfix/submissions/smtpd[412]: disconnect from a.example[192.0.2.10] quit=1 commands=1`, `
		session smtps[411] a.example[192.0.2.10] unlogged messages=1 of 33823A8A060 disconnect
		session submissions[412] a.example[192.0.2.10] unlogged messages=0 disconnect
		queued 33823A8A060 smtps a.example[192.0.2.10] unlogged
		message 33823A8A060 active smtps a.example[192.0.2.10] unlogged`},
	{"log level 0: without a command nothing is known", `
		postfix/smtps/smtpd[411]: connect from a.example[192.0.2.10]
		postfix/smtps/smtpd[411]: disconnect from a.example[192.0.2.10] commands=0/0
		postfix/submissions/smtpd[412]: connect from a.example[192.0.2.10]
		postfix/submissions/smtpd[412]: lost connection after CONNECT from a.example[192.0.2.10]
		postfix/submissions/smtpd[412]: disconnect from a.example[192.0.2.10] commands=0/0`, `
		session smtps[411] a.example[192.0.2.10] unknown messages=0 disconnect
		session submissions[412] a.example[192.0.2.10] unknown messages=0 lost`},
	{"log level 1: without a command and a TLS line there was no handshake", `
		postfix/smtps/smtpd[411]: connect from a.example[192.0.2.10]
		postfix/smtps/smtpd[411]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		postfix/smtps/smtpd[411]: disconnect from a.example[192.0.2.10] quit=1 commands=1
		postfix/smtps/smtpd[411]: connect from b.example[192.0.2.11]
		postfix/smtps/smtpd[411]: lost connection after CONNECT from b.example[192.0.2.11]
		postfix/smtps/smtpd[411]: disconnect from b.example[192.0.2.11] commands=0/0`, `
		session smtps[411] a.example[192.0.2.10] established TLSv1.2 messages=0 disconnect
		session smtps[411] b.example[192.0.2.11] plaintext messages=0 lost`},
	{"log level 0, before Postfix 3.0", `
		postfix/smtps/smtpd[411]: connect from a.example[192.0.2.10]
		postfix/smtps/smtpd[411]: 33823A8A060: client=a.example[192.0.2.10]
		qmgr[9]: 33823A8A060: from=<s@example.net>, size=100, nrcpt=1 (queue active)
		postfix/smtps/smtpd[411]: disconnect from a.example[192.0.2.10]`, `
		session smtps[411] a.example[192.0.2.10] unknown messages=1 of 33823A8A060 disconnect
		queued 33823A8A060 smtps a.example[192.0.2.10] unknown
		message 33823A8A060 active smtps a.example[192.0.2.10] unknown`},
	{"a STARTTLS command shows that the name means nothing", `
		postfix/smtps/smtpd[411]: connect from a.example[192.0.2.10]
		postfix/smtps/smtpd[411]: disconnect from a.example[192.0.2.10] ehlo=2 starttls=1 quit=1 commands=4
		postfix/smtps/smtpd[411]: connect from b.example[192.0.2.11]
		postfix/smtps/smtpd[411]: disconnect from b.example[192.0.2.11] ehlo=1 quit=1 commands=2`, `
		session smtps[411] a.example[192.0.2.10] unlogged messages=0 disconnect
		session smtps[411] b.example[192.0.2.11] plaintext messages=0 disconnect`},
}
