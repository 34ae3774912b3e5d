package parser

import "testing"

func TestReuse(t *testing.T) { runScenarios(t, reuseScenarios) }

// With smtp_tls_connection_reuse = yes (3.4) tlsproxy holds the TLS session, and smtp processes take turns on it: each says "reused"
// before its delivery. Connections without TLS are cached since 2.2; they say nothing but conn_use.
var reuseScenarios = []scenario{
	{"one handshake, which tlsproxy logs too, and two messages", `
		tlsproxy[300]: CONNECT to [198.51.100.25]:25
		tlsproxy[300]: Untrusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		smtp[520]: Untrusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=may, dsn=2.0.0, status=sent (250 Ok)
		smtp[521]: Untrusted TLS connection reused to mx1.example.net[198.51.100.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		smtp[521]: 5B0C41D2E9: to=<b@example.net>, relay=mx1.example.net[198.51.100.25]:25, conn_use=2, delay=1, delays=0/0/0/1, tls=may?, dsn=2.0.0, status=sent (250 Ok)
		smtp[521]: 5B0C41D2E9: to=<c@example.net>, relay=mx1.example.net[198.51.100.25]:25, conn_use=2, delay=1, delays=0/0/0/1, tls=may?, dsn=2.0.0, status=sent (250 Ok)
		tlsproxy[300]: DISCONNECT [198.51.100.25]:25`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.3 messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.3 policy=may first
		delivery 5B0C41D2E9 to=b@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.3 reused policy=may? first
		delivery 5B0C41D2E9 to=c@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.3 reused policy=may?
		message 3F1A2C0B7D active unknown deliveries=1
		message 5B0C41D2E9 active unknown deliveries=2`},
	{"in plaintext: beside TLS, at level none, and before Postfix 3.4 with nothing else in the log", `
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=may:none, dsn=2.0.0, status=sent (250 Ok)
		smtp[521]: 5B0C41D2E9: to=<b@example.net>, relay=mx1.example.net[198.51.100.25]:25, conn_use=2, delay=1, delays=0/0/0/1, tls=may?, dsn=2.0.0, status=sent (250 Ok)
		smtp[521]: 46B27A8A36D: to=<c@example.net>, relay=mx1.example.net[198.51.100.25]:25, conn_use=3, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext policy=may:none first
		delivery 5B0C41D2E9 to=b@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext reused policy=may? first
		delivery 46B27A8A36D to=c@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext reused first
		message 3F1A2C0B7D active unknown deliveries=1
		message 5B0C41D2E9 active unknown deliveries=1
		message 46B27A8A36D active unknown deliveries=1`},
	{"another message of the same process, without a line of its own, is not on its predecessor's TLS session", `
		smtp[521]: Untrusted TLS connection reused to mx1.example.net[198.51.100.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		smtp[521]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, conn_use=2, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 Ok)
		smtp[521]: 5B0C41D2E9: to=<b@example.net>, relay=mx1.example.net[198.51.100.25]:25, conn_use=2, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 Ok)`, `
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.3 reused first
		delivery 5B0C41D2E9 to=b@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext reused first
		message 3F1A2C0B7D active unknown deliveries=1
		message 5B0C41D2E9 active unknown deliveries=1`},
	{"the cached connection is dead: a new one follows", `
		smtp[521]: Untrusted TLS connection reused to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[521]: Untrusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		smtp[521]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=may, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[521] mx1.example.net[198.51.100.25]:25 established TLSv1.3 messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.3 policy=may first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"a server with two names: the TLS line has the one by which the connection was opened", `
		smtp[521]: Untrusted TLS connection reused to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[521]: 3F1A2C0B7D: to=<a@example.org>, relay=mx.example.org[198.51.100.25]:25, conn_use=2, delay=1, delays=0/0/0/1, tls=may?, dsn=2.0.0, status=sent (250 Ok)`, `
		delivery 3F1A2C0B7D to=a@example.org smtp mx.example.org[198.51.100.25]:25 sent established TLSv1.2 reused policy=may? first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"tlsproxy's handshake fails, and smtp goes on in plaintext", `
		tlsproxy[300]: CONNECT to [198.51.100.25]:25
		tlsproxy[300]: TLS handshake failed for service=smtp peer=[198.51.100.25]:25
		tlsproxy[300]: DISCONNECT [198.51.100.25]:25
		smtp[520]: 3F1A2C0B7D: Cannot start TLS: handshake failure
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=may:none, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 failed messages=0 of 3F1A2C0B7D failure=other
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext policy=may:none first
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"tlsproxy's handshake fails, and the message waits", `
		tlsproxy[300]: TLS handshake failed for service=smtp peer=[198.51.100.25]:25
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=4.7.5, status=deferred (Cannot start TLS: handshake failure)
		smtp[520]: 3F1A2C0B7D: to=<b@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=4.7.5, status=deferred (Cannot start TLS: handshake failure)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 failed messages=0 of 3F1A2C0B7D failure=other
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 deferred failed failure=validation-failure/other first
		delivery 3F1A2C0B7D to=b@example.net smtp mx1.example.net[198.51.100.25]:25 deferred failed failure=validation-failure/other
		message 3F1A2C0B7D active unknown deliveries=2`},
	{"two handshakes with one server fail at a time", `
		tlsproxy[300]: warning: TLS library problem: error:0A00010B:SSL routines::wrong version number:../ssl/record/ssl3_record.c:350:
		tlsproxy[300]: TLS handshake failed for service=smtp peer=[198.51.100.25]:25
		smtp[520]: 3F1A2C0B7D: Cannot start TLS: handshake failure
		tlsproxy[300]: warning: TLS library problem: error:0A00010B:SSL routines::wrong version number:../ssl/record/ssl3_record.c:350:
		tlsproxy[300]: TLS handshake failed for service=smtp peer=[198.51.100.25]:25
		smtp[521]: 5B0C41D2E9: to=<b@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=may?, dsn=4.7.5, status=deferred (Cannot start TLS: handshake failure)
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=may:none, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[521] mx1.example.net[198.51.100.25]:25 failed messages=0 of 5B0C41D2E9 failure=server_not_tls
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 failed messages=0 of 3F1A2C0B7D failure=server_not_tls
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 3F1A2C0B7D
		delivery 5B0C41D2E9 to=b@example.net smtp mx1.example.net[198.51.100.25]:25 deferred failed policy=may? failure=validation-failure/server_not_tls first
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext policy=may:none first
		message 5B0C41D2E9 active unknown deliveries=1
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"another process' session in tlsproxy says nothing of an smtp process", `
		tlsproxy[300]: Untrusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		tlsproxy[520]: Untrusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, tls=may:none, dsn=2.0.0, status=sent (250 Ok)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext policy=may:none first
		message 3F1A2C0B7D active unknown deliveries=1`},
}
