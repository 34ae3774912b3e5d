package parser

import "testing"

func TestPostscreen(t *testing.T) { runScenarios(t, postscreenScenarios) }

// A client that postscreen keeps is one session of postscreen; of one that it hands over, smtpd tells.
var postscreenScenarios = []scenario{
	{"tests after the greeting, under TLS: the client must come again", `
		postscreen[310]: CONNECT from [192.0.2.10]:47232 to [192.0.2.1]:25
		tlsproxy[300]: CONNECT from [192.0.2.10]:47232
		tlsproxy[300]: Anonymous TLS connection established from [192.0.2.10]:47232: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		postscreen[310]: NOQUEUE: reject: RCPT from [192.0.2.10]:47232: 450 4.3.2 Service currently unavailable; from=<s@a.example>, to=<u@example.com>, proto=ESMTP, helo=<a.example>
		postscreen[310]: PASS NEW [192.0.2.10]:47232
		postscreen[310]: DISCONNECT [192.0.2.10]:47232
		tlsproxy[300]: DISCONNECT [192.0.2.10]:47232`, `
		session postscreen[310] [192.0.2.10]:47232 established TLSv1.3 messages=0 disconnect`},
	{"known and allowed clients are handed over", `
		postscreen[310]: CONNECT from [192.0.2.10]:47232 to [192.0.2.1]:25
		postscreen[310]: PASS OLD [192.0.2.10]:47232
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 quit=1 commands=2
		postscreen[310]: CONNECT from [192.0.2.11]:47233 to [192.0.2.1]:25
		postscreen[310]: ALLOWLISTED [192.0.2.11]:47233
		smtpd[410]: connect from b.example[192.0.2.11]
		smtpd[410]: disconnect from b.example[192.0.2.11] ehlo=1 quit=1 commands=2
		postscreen[310]: CONNECT from [192.0.2.12]:47234
		postscreen[310]: WHITELISTED [192.0.2.12]:47234
		postscreen[310]: CONNECT from [192.0.2.13]:47235 to [192.0.2.1]:25
		postscreen[310]: PASS NEW [192.0.2.13]:47235`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=0 disconnect
		session smtpd[410] b.example[192.0.2.11] plaintext messages=0 disconnect`},
	{"one that passed and is kept all the same", `
		postscreen[310]: CONNECT from [192.0.2.10]:47232 to [192.0.2.1]:25
		postscreen[310]: NOQUEUE: reject: RCPT from [192.0.2.10]:47232: 450 4.3.2 Service currently unavailable; from=<s@a.example>, to=<u@example.com>, proto=ESMTP, helo=<a.example>
		postscreen[310]: PASS OLD [192.0.2.10]:47232
		postscreen[310]: DISCONNECT [192.0.2.10]:47232`, `
		session postscreen[310] [192.0.2.10]:47232 plaintext messages=0 disconnect`},
	{"the client hangs up", `
		postscreen[310]: CONNECT from [192.0.2.10]:47232 to [192.0.2.1]:25
		postscreen[310]: HANGUP after 0.1 from [192.0.2.10]:47232 in tests before SMTP handshake
		postscreen[310]: DISCONNECT [192.0.2.10]:47232`, `
		session postscreen[310] [192.0.2.10]:47232 plaintext messages=0 lost`},
	{"two clients at a time, from one address, with one tlsproxy process", `
		postscreen[310]: CONNECT from [2001:db8::10]:47232 to [2001:db8::1]:25
		postscreen[310]: CONNECT from [2001:db8::10]:47233 to [2001:db8::1]:25
		tlsproxy[300]: CONNECT from [2001:db8::10]:47233
		tlsproxy[300]: CONNECT from [2001:db8::10]:47232
		tlsproxy[300]: warning: TLS library problem: error:0A0000C1:SSL routines::no shared cipher:../ssl/statem/statem_srvr.c:2226:
		tlsproxy[300]: TLS handshake failed for service=smtpd peer=[2001:db8::10]:47232
		tlsproxy[300]: DISCONNECT [2001:db8::10]:47232
		tlsproxy[300]: Anonymous TLS connection established from [2001:db8::10]:47233: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		postscreen[310]: HANGUP after 0.1 from [2001:db8::10]:47232 in tests after SMTP handshake
		postscreen[310]: DISCONNECT [2001:db8::10]:47232
		postscreen[310]: DISCONNECT [2001:db8::10]:47233`, `
		session postscreen[310] [2001:db8::10]:47232 failed messages=0 lost failure=no_shared_cipher
		session postscreen[310] [2001:db8::10]:47233 established TLSv1.2 messages=0 disconnect`},
	{"the handshake fails, and tlsproxy does not know why", `
		postscreen[310]: CONNECT from [192.0.2.10]:47232 to [192.0.2.1]:25
		tlsproxy[300]: CONNECT from [192.0.2.10]:47232
		tlsproxy[300]: TLS handshake failed for service=25 peer=[192.0.2.10]:47232
		postscreen[310]: HANGUP after 0 from [192.0.2.10]:47232 in tests after SMTP handshake
		tlsproxy[300]: DISCONNECT [192.0.2.10]:47232
		postscreen[310]: DISCONNECT [192.0.2.10]:47232`, `
		session postscreen[310] [192.0.2.10]:47232 failed messages=0 lost failure=other`},
	{"log level 0: tlsproxy tells of handshakes that fail, and this one did not", `
		postscreen[310]: CONNECT from [192.0.2.10]:47232 to [192.0.2.1]:25
		tlsproxy[300]: CONNECT from [192.0.2.10]:47232
		tlsproxy[300]: DISCONNECT [192.0.2.10]:47232
		postscreen[310]: DISCONNECT [192.0.2.10]:47232`, `
		session postscreen[310] [192.0.2.10]:47232 unlogged messages=0 disconnect`},
	{"a port used again: what the client did before is forgotten", `
		postscreen[310]: CONNECT from [192.0.2.10]:47232 to [192.0.2.1]:25
		tlsproxy[300]: CONNECT from [192.0.2.10]:47232
		tlsproxy[300]: Anonymous TLS connection established from [192.0.2.10]:47232: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		postscreen[310]: DISCONNECT [192.0.2.10]:47232
		tlsproxy[300]: DISCONNECT [192.0.2.10]:47232
		postscreen[310]: CONNECT from [192.0.2.10]:47232 to [192.0.2.1]:25
		postscreen[310]: DISCONNECT [192.0.2.10]:47232`, `
		session postscreen[310] [192.0.2.10]:47232 established TLSv1.2 messages=0 disconnect
		session postscreen[310] [192.0.2.10]:47232 plaintext messages=0 disconnect`},
	{"the log begins, stops and ends in the middle", `
		postscreen[310]: DISCONNECT [192.0.2.10]:47232
		postscreen[310]: CONNECT from [192.0.2.11]:47233 to [192.0.2.1]:25
		master[1]: terminating on signal 15
		postscreen[311]: CONNECT from [192.0.2.12]:47234 to [192.0.2.1]:25
		tlsproxy[301]: CONNECT from [192.0.2.12]:47234
		tlsproxy[301]: Anonymous TLS connection established from [192.0.2.12]:47234: TLSv1.2 with cipher AES256-SHA (256/256 bits)`, `
		session postscreen[310] [192.0.2.10]:47232 unknown messages=0 disconnect no start
		session postscreen[310] [192.0.2.11]:47233 unknown messages=0 aborted
		session postscreen[311] [192.0.2.12]:47234 established TLSv1.2 messages=0 open`},
	{"two hosts see one client", `
		postscreen[310]: CONNECT from [192.0.2.10]:47232 to [192.0.2.1]:25
		Nov 22 04:00:00 mx2 postfix/postscreen[310]: CONNECT from [192.0.2.10]:47232 to [192.0.2.2]:25
		Nov 22 04:00:00 mx2 postfix/tlsproxy[300]: CONNECT from [192.0.2.10]:47232
		Nov 22 04:00:00 mx2 postfix/tlsproxy[300]: Anonymous TLS connection established from [192.0.2.10]:47232: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		postscreen[310]: DISCONNECT [192.0.2.10]:47232
		Nov 22 04:00:00 mx2 postfix/postscreen[310]: DISCONNECT [192.0.2.10]:47232`, `
		session postscreen[310] [192.0.2.10]:47232 plaintext messages=0 disconnect
		session postscreen[310] [192.0.2.10]:47232 established TLSv1.2 messages=0 disconnect`},
}
