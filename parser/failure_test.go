package parser

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFailedHandshakes(t *testing.T) { runScenarios(t, failureScenarios) }

var failureScenarios = []scenario{
	{"STARTTLS fails", `
		smtpd[410]: connect from unknown[192.0.2.11]
		smtpd[410]: SSL_accept error from unknown[192.0.2.11]: -1
		smtpd[410]: warning: TLS library problem: error:0A000102:SSL routines::unsupported protocol:../ssl/statem/statem_srvr.c:1664:
		smtpd[410]: NOQUEUE: lost connection after STARTTLS from unknown[192.0.2.11]
		smtpd[410]: disconnect from unknown[192.0.2.11] ehlo=1 starttls=0/1 commands=1/2`, `
		session smtpd[410] unknown[192.0.2.11] failed messages=0 lost failure=protocol_version`},
	{"before Postfix 3.10, and without counters before 3.0", `
		smtpd[410]: connect from unknown[192.0.2.11]
		smtpd[410]: SSL_accept error from unknown[192.0.2.11]: lost connection
		smtpd[410]: lost connection after STARTTLS from unknown[192.0.2.11]
		smtpd[410]: disconnect from unknown[192.0.2.11]`, `
		session smtpd[410] unknown[192.0.2.11] failed messages=0 lost failure=lost_connection`},
	{"in wrapper mode", `
		postfix/smtps/smtpd[411]: connect from unknown[192.0.2.11]
		postfix/smtps/smtpd[411]: SSL_accept error from unknown[192.0.2.11]: Connection timed out
		postfix/smtps/smtpd[411]: lost connection after CONNECT from unknown[192.0.2.11]
		postfix/smtps/smtpd[411]: disconnect from unknown[192.0.2.11] commands=0/0`, `
		session smtps[411] unknown[192.0.2.11] failed messages=0 lost failure=timeout`},
	{"the SSL_accept line is missing", `
		smtpd[410]: connect from unknown[192.0.2.11]
		smtpd[410]: lost connection after STARTTLS from unknown[192.0.2.11]
		smtpd[410]: disconnect from unknown[192.0.2.11] ehlo=1 starttls=0/1 commands=1/2`, `
		session smtpd[410] unknown[192.0.2.11] failed messages=0 lost failure=other`},
	{"a message went before in plaintext", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		smtpd[410]: SSL_accept error from a.example[192.0.2.10]: Connection reset by peer
		smtpd[410]: lost connection after STARTTLS from a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 starttls=0/1 mail=1 rcpt=1 data=1 commands=4/5`, `
		session smtpd[410] a.example[192.0.2.10] failed messages=1 of 33823A8A060 lost failure=lost_connection
		queued 33823A8A060 smtpd a.example[192.0.2.10] plaintext
		message 33823A8A060 active smtpd a.example[192.0.2.10] plaintext`},
	{"a later handshake succeeds", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: SSL_accept error from a.example[192.0.2.10]: -1
		smtpd[410]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=2 starttls=1/2 commands=3/4`, `
		session smtpd[410] a.example[192.0.2.10] established TLSv1.2 messages=0 disconnect`},
	{"killed after a failed handshake", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: SSL_accept error from a.example[192.0.2.10]: -1
		master[1]: warning: process /usr/lib/postfix/sbin/smtpd pid 410 killed by signal 9`, `
		session smtpd[410] a.example[192.0.2.10] failed messages=0 aborted failure=other`},
	{"a STARTTLS command with an argument is refused, and mail goes in plaintext", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 starttls=0/1 mail=1 rcpt=1 data=1 quit=1 commands=5/6`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 33823A8A060 disconnect
		queued 33823A8A060 smtpd a.example[192.0.2.10] plaintext
		message 33823A8A060 active smtpd a.example[192.0.2.10] plaintext`},
	{"STARTTLS refused for its rate is no failed handshake", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: warning: Refusing STARTTLS request from a.example[192.0.2.10] for service smtp
		smtpd[410]: lost connection after STARTTLS from a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 starttls=0/1 commands=1/2`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=0 lost`},
	{"STARTTLS refused for its rate, and the log ends: it may be tried again", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: warning: Refusing STARTTLS request from a.example[192.0.2.10] for service smtp`, `
		session smtpd[410] a.example[192.0.2.10] unknown messages=0 open`},
	{"wrapper mode refused for its rate, and for the server's lack of a certificate", `
		postfix/smtps/smtpd[411]: connect from a.example[192.0.2.10]
		postfix/smtps/smtpd[411]: warning: Refusing TLS service request from a.example[192.0.2.10] for service smtps
		postfix/smtps/smtpd[411]: disconnect from a.example[192.0.2.10] commands=0/0
		postfix/smtps/smtpd[411]: connect from b.example[192.0.2.11]
		postfix/smtps/smtpd[411]: warning: Wrapper-mode request dropped from b.example[192.0.2.11] for service smtps. TLS context initialization failed. For details see earlier warnings in your logs.
		postfix/smtps/smtpd[411]: disconnect from b.example[192.0.2.11] commands=0/0`, `
		session smtps[411] a.example[192.0.2.10] plaintext messages=0 disconnect
		session smtps[411] b.example[192.0.2.11] plaintext messages=0 disconnect`},
	{"a new TLS session is dropped for its rate when its handshake is done", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[410]: warning: New TLS session rate limit exceeded: 16 from a.example[192.0.2.10] for service smtp
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 starttls=0/1 commands=1/2`, `
		session smtpd[410] a.example[192.0.2.10] established TLSv1.2 messages=0 disconnect`},
	{"a new TLS session is dropped for its rate, at log level 0", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: warning: New TLS session rate limit exceeded: 16 from a.example[192.0.2.10] for service smtp
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 starttls=0/1 commands=1/2`, `
		session smtpd[410] a.example[192.0.2.10] unlogged messages=0 disconnect`},
	{"the client has no certificate", `
		postfix/reqcert/smtpd[410]: connect from a.example[192.0.2.10]
		postfix/reqcert/smtpd[410]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		postfix/reqcert/smtpd[410]: NOQUEUE: abort: TLS from a.example[192.0.2.10]: No client certificate presented
		postfix/reqcert/smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 starttls=0/1 commands=1/2`, `
		session reqcert[410] a.example[192.0.2.10] established TLSv1.2 messages=0 disconnect failure=client_certificate`},
	{"the client's certificate is not trusted, at log level 0", `
		postfix/reqcert/smtpd[410]: connect from a.example[192.0.2.10]
		postfix/reqcert/smtpd[410]: NOQUEUE: abort: TLS from a.example[192.0.2.10]: Client certificate not trusted
		postfix/reqcert/smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 starttls=0/1 commands=1/2`, `
		session reqcert[410] a.example[192.0.2.10] unlogged messages=0 disconnect failure=client_certificate`},
	{"a TLS library problem without a failed handshake belongs to nothing", `
		smtpd[410]: warning: TLS library problem: error:0A0000C1:SSL routines::no shared cipher:../ssl/statem/statem_srvr.c:2226:
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: warning: TLS library problem: error:0A0000C1:SSL routines::no shared cipher:../ssl/statem/statem_srvr.c:2226:
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 quit=1 commands=2`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=0 disconnect`},
}

func TestCertificateResults(t *testing.T) {
	tests := map[string]Failure{
		"Client certificate not trusted":  {"certificate-not-trusted", "client_certificate", "Client certificate not trusted"},
		"No client certificate presented": {"validation-failure", "client_certificate", "No client certificate presented"},
	}
	for text, want := range tests {
		r := play(t, `
			smtpd[410]: connect from a.example[192.0.2.10]
			smtpd[410]: NOQUEUE: abort: TLS from a.example[192.0.2.10]: `+text)
		if diff := cmp.Diff(&want, r.sessions[0].Failure); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// Real lines of OpenSSL 1.0, 1.1.1 and 3, whose codes differ and whose words do not.
var libraryProblems = []struct{ text, reason string }{
	{"error:0A00010B:SSL routines::wrong version number:../ssl/record/ssl3_record.c:350:", ReasonProtocolVersion},
	{"error:1408F10B:SSL routines:ssl3_get_record:wrong version number:../ssl/record/ssl3_record.c:331:", ReasonProtocolVersion},
	{"error:0A000102:SSL routines::unsupported protocol:../ssl/statem/statem_srvr.c:1664:", ReasonProtocolVersion},
	{"error:0A00042E:SSL routines::tlsv1 alert protocol version:../ssl/record/rec_layer_s3.c:1602:SSL alert number 70:", ReasonProtocolVersion},
	{"error:0A0000C1:SSL routines::no shared cipher:../ssl/statem/statem_srvr.c:2226:", ReasonNoSharedCipher},
	{"3917:error:1408A0C1:SSL routines:SSL3_GET_CLIENT_HELLO:no shared cipher:s3_srvr.c:1417:", ReasonNoSharedCipher},
	{"error:0A000065:SSL routines::no suitable key share:../ssl/statem/extensions.c:1359:", ReasonNoSharedGroup},
	{"error:0A000076:SSL routines::no suitable signature algorithm:../ssl/t1_lib.c:3370:", ReasonNoSharedGroup},
	{"error:0A000418:SSL routines::tlsv1 alert unknown ca:../ssl/record/rec_layer_s3.c:1602:SSL alert number 48:", ReasonAlertUnknownCA},
	{"error:0A000412:SSL routines::ssl/tls alert bad certificate:../ssl/record/rec_layer_s3.c:1602:SSL alert number 42:", ReasonAlertBadCert},
	{"error:0A000415:SSL routines::sslv3 alert certificate expired:../ssl/record/rec_layer_s3.c:1602:SSL alert number 45:", ReasonAlertBadCert},
	{"error:0A000416:SSL routines::sslv3 alert certificate unknown:../ssl/record/rec_layer_s3.c:1602:SSL alert number 46:", ReasonAlertBadCert},
	{"error:0A000410:SSL routines::sslv3 alert handshake failure:../ssl/record/rec_layer_s3.c:1602:SSL alert number 40:", ReasonAlertOther},
	{"error:0A00009C:SSL routines::http request:../ssl/record/ssl3_record.c:341:", ReasonPlaintextOnTLSPort},
	{"error:0A0000C7:SSL routines::peer did not return a certificate:../ssl/statem/statem_srvr.c:3510:", ReasonClientCertificate},
	{"error:0A000126:SSL routines::unexpected eof while reading:../ssl/record/rec_layer_s3.c:322:", ReasonLostConnection},
	{"error:0A0000F4:SSL routines::unexpected message:../ssl/statem/statem_srvr.c:312:", ReasonOther},
}

func TestLibraryProblems(t *testing.T) {
	for _, problem := range libraryProblems {
		r := play(t, `
			smtpd[410]: connect from a.example[192.0.2.10]
			smtpd[410]: SSL_accept error from a.example[192.0.2.10]: -1
			smtpd[410]: warning: TLS library problem: `+problem.text+`
			smtpd[410]: warning: TLS library problem: error:00000000:the first of several lines is the cause
			smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 starttls=0/1 commands=1/2`)
		want := &Failure{Result: "validation-failure", Reason: problem.reason, Detail: problem.text}
		if diff := cmp.Diff(want, r.sessions[0].Failure); diff != "" {
			t.Errorf("failure differs (-want +got):\n%s", diff)
		}
		if !slices.Contains(FailureReasons(), problem.reason) {
			t.Errorf("FailureReasons lacks %s", problem.reason)
		}
	}
}

// Where TLS comes first, a client that speaks SMTP at once looks to OpenSSL like one of a wrong version.
func TestPlaintextOnTLSPort(t *testing.T) {
	for tag, want := range map[string]string{
		"postfix/smtps/smtpd": ReasonPlaintextOnTLSPort, "postfix/submissions/smtpd": ReasonPlaintextOnTLSPort,
		"postfix/submission/smtpd": ReasonProtocolVersion, "postfix/smtpd": ReasonProtocolVersion,
	} {
		r := play(t, tag+`[410]: connect from a.example[192.0.2.10]
			`+tag+`[410]: SSL_accept error from a.example[192.0.2.10]: -1
			`+tag+`[410]: warning: TLS library problem: error:0A00010B:SSL routines::wrong version number:../ssl/record/ssl3_record.c:350:`)
		if got := r.sessions[0].Failure.Reason; got != want {
			t.Errorf("%s: reason %s, want %s", tag, got, want)
		}
	}
}

func TestAcceptErrors(t *testing.T) {
	for text, want := range map[string]string{
		"lost connection": ReasonLostConnection, "Connection reset by peer": ReasonLostConnection, "Broken pipe": ReasonLostConnection,
		"Connection timed out": ReasonTimeout, "Operation timed out": ReasonTimeout,
		"-1": ReasonOther, "0": ReasonOther, "Success": ReasonOther,
	} {
		r := play(t, `
			smtpd[410]: connect from a.example[192.0.2.10]
			smtpd[410]: SSL_accept error from a.example[192.0.2.10]: `+text)
		if len(r.sessions) != 1 || r.sessions[0].Failure == nil {
			t.Fatalf("%q: no failure in %+v", text, r.sessions)
		}
		if got := r.sessions[0].Failure; got.Reason != want || got.Detail != text {
			t.Errorf("%q: %+v, want reason %s", text, got, want)
		}
	}
}

func TestSASLFailures(t *testing.T) {
	r := play(t, `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: warning: a.example[192.0.2.10]: SASL LOGIN authentication failed: UGFzc3dvcmQ6
		smtpd[410]: message repeated 2 times: [ warning: a.example[192.0.2.10]: SASL LOGIN authentication failed: UGFzc3dvcmQ6]
		smtpd[410]: warning: a.example[192.0.2.10]: SASL PLAIN authentication failed: (reason unavailable), sasl_username=u@example.com
		smtpd[410]: warning: SASL authentication failure: Password verification failed
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 auth=0/4 quit=1 commands=2/6`)
	if diff := cmp.Diff(Auth{Failures: 4}, r.sessions[0].Auth); diff != "" {
		t.Errorf("auth differs (-want +got):\n%s", diff)
	}
}
