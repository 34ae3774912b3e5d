package parser

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScopes(t *testing.T) { runScenarios(t, scopeScenarios) }

// A queue ID names a message within one instance of one host.
var scopeScenarios = []scenario{
	{"two instances and two hosts with the same queue ID", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		cleanup[420]: 3F1A2C0B7D: message-id=<1@a.example>
		postfix-out/smtpd[510]: connect from b.example[192.0.2.11]
		postfix-out/smtpd[510]: 3F1A2C0B7D: client=b.example[192.0.2.11]
		postfix-out/cleanup[520]: 3F1A2C0B7D: message-id=<1@b.example>
		Nov 22 04:00:00 mx2 postfix/smtpd[410]: connect from c.example[192.0.2.12]
		Nov 22 04:00:00 mx2 postfix/smtpd[410]: 3F1A2C0B7D: client=c.example[192.0.2.12]
		Nov 22 04:00:00 mx2 postfix/qmgr[9]: 3F1A2C0B7D: from=<s@c.example>, size=1, nrcpt=1 (queue active)
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		postfix-out/qmgr[19]: 3F1A2C0B7D: from=<s@b.example>, size=1, nrcpt=1 (queue active)
		postfix-out/qmgr[19]: 3F1A2C0B7D: removed
		postfix-out/smtpd[510]: disconnect from b.example[192.0.2.11] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
		qmgr[9]: 3F1A2C0B7D: removed
		Nov 22 04:00:00 mx2 postfix/smtpd[410]: disconnect from c.example[192.0.2.12] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5`, `
		session postfix-out/smtpd[510] b.example[192.0.2.11] unlogged messages=1 of 3F1A2C0B7D disconnect
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect
		session smtpd[410] c.example[192.0.2.12] plaintext messages=1 of 3F1A2C0B7D disconnect
		queued 3F1A2C0B7D postfix-out/smtpd b.example[192.0.2.11] unlogged
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] plaintext
		queued 3F1A2C0B7D smtpd c.example[192.0.2.12] plaintext
		message 3F1A2C0B7D removed postfix-out/smtpd b.example[192.0.2.11] unlogged
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] plaintext
		message 3F1A2C0B7D active smtpd c.example[192.0.2.12] plaintext`},
	{"the same queue ID in two instances, of which one has not yet shown its queue", `
		master[1]: daemon started -- version 3.7.11, configuration /etc/postfix
		smtpd[410]: connect from a.example[192.0.2.10]
		postfix-out/smtpd[510]: connect from b.example[192.0.2.11]
		postfix-out/smtpd[510]: 3F1A2C0B7D: client=b.example[192.0.2.11]
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		cleanup[420]: 3F1A2C0B7D: message-id=<1@a.example>
		postfix-out/cleanup[520]: 3F1A2C0B7D: message-id=<1@b.example>
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		postfix-out/qmgr[19]: 3F1A2C0B7D: from=<s@b.example>, size=1, nrcpt=1 (queue active)
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
		postfix-out/smtpd[510]: disconnect from b.example[192.0.2.11] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
		qmgr[9]: 3F1A2C0B7D: removed
		postfix-out/qmgr[19]: 3F1A2C0B7D: removed`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect
		session postfix-out/smtpd[510] b.example[192.0.2.11] plaintext messages=1 of 3F1A2C0B7D disconnect
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] plaintext
		queued 3F1A2C0B7D postfix-out/smtpd b.example[192.0.2.11] plaintext
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] plaintext
		message 3F1A2C0B7D removed postfix-out/smtpd b.example[192.0.2.11] plaintext`},
	{"a service whose syslog_name is not its instance's", `
		plesk_submission/smtpd[411]: connect from a.example[192.0.2.10]
		plesk_submission/smtpd[411]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		plesk_submission/smtpd[411]: 3F1A2C0B7D: client=a.example[192.0.2.10], sasl_method=PLAIN, sasl_username=u@example.com
		cleanup[420]: 3F1A2C0B7D: message-id=<1@a.example>
		qmgr[9]: 3F1A2C0B7D: from=<u@example.com>, size=1, nrcpt=1 (queue active)
		plesk_submission/smtpd[411]: disconnect from a.example[192.0.2.10] ehlo=2 starttls=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=8
		qmgr[9]: 3F1A2C0B7D: removed`, `
		session plesk_submission/smtpd[411] a.example[192.0.2.10] established TLSv1.2 messages=1 of 3F1A2C0B7D disconnect
		queued 3F1A2C0B7D plesk_submission/smtpd a.example[192.0.2.10] established TLSv1.2
		message 3F1A2C0B7D removed plesk_submission/smtpd a.example[192.0.2.10] established TLSv1.2`},
	{"such a service, in plaintext, with the end of its session after the message's", `
		plesk_submission/smtpd[411]: connect from a.example[192.0.2.10]
		plesk_submission/smtpd[411]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		cleanup[420]: 3F1A2C0B7D: message-id=<1@a.example>
		qmgr[9]: 3F1A2C0B7D: from=<u@example.com>, size=1, nrcpt=1 (queue active)
		qmgr[9]: 3F1A2C0B7D: removed
		plesk_submission/smtpd[411]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		cleanup[420]: 3F1A2C0B7D: message-id=<2@a.example>
		qmgr[9]: 3F1A2C0B7D: from=<u@example.com>, size=2, nrcpt=1 (queue active)
		plesk_submission/smtpd[411]: disconnect from a.example[192.0.2.10] ehlo=1 mail=2 rcpt=2 data=2 quit=1 commands=8`, `
		session plesk_submission/smtpd[411] a.example[192.0.2.10] plaintext messages=2 of 3F1A2C0B7D,3F1A2C0B7D disconnect
		queued 3F1A2C0B7D plesk_submission/smtpd a.example[192.0.2.10] plaintext
		queued 3F1A2C0B7D plesk_submission/smtpd a.example[192.0.2.10] plaintext
		message 3F1A2C0B7D removed plesk_submission/smtpd a.example[192.0.2.10] plaintext
		message 3F1A2C0B7D active plesk_submission/smtpd a.example[192.0.2.10] plaintext`},
	{"two hosts: the service's own host has the queue", `
		plesk_submission/smtpd[411]: connect from a.example[192.0.2.10]
		plesk_submission/smtpd[411]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		Nov 22 04:00:00 mx2 postfix/qmgr[9]: 3F1A2C0B7D: from=<u@example.com>, size=1, nrcpt=1 (queue active)
		Nov 22 04:00:00 mx2 postfix/qmgr[9]: 3F1A2C0B7D: removed
		qmgr[9]: 3F1A2C0B7D: from=<u@example.com>, size=1, nrcpt=1 (queue active)
		plesk_submission/smtpd[411]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5`, `
		session plesk_submission/smtpd[411] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect
		queued 3F1A2C0B7D plesk_submission/smtpd a.example[192.0.2.10] plaintext
		message 3F1A2C0B7D removed unknown
		message 3F1A2C0B7D active plesk_submission/smtpd a.example[192.0.2.10] plaintext`},
}

// The tag is split at its first and last slash.
func TestServiceNames(t *testing.T) {
	for tag, want := range map[string]Service{
		"postfix/smtpd":                {Host: "mx1", Instance: "postfix", Name: "smtpd", Program: "smtpd"},
		"postfix-out/smtpd":            {Host: "mx1", Instance: "postfix-out", Name: "smtpd", Program: "smtpd"},
		"postfix/submission/smtpd":     {Host: "mx1", Instance: "postfix", Name: "submission", Program: "smtpd"},
		"postfix-out/submission/smtpd": {Host: "mx1", Instance: "postfix-out", Name: "submission", Program: "smtpd"},
		"postfix/10025/smtpd":          {Host: "mx1", Instance: "postfix", Name: "10025", Program: "smtpd"},
		"postfix/a/b/smtpd":            {Host: "mx1", Instance: "postfix", Name: "a/b", Program: "smtpd"},
		"mx/smtpd":                     {Host: "mx1", Instance: "mx", Name: "smtpd", Program: "smtpd"},
	} {
		r := play(t, tag+"[410]: connect from a.example[192.0.2.10]")
		if diff := cmp.Diff(&want, r.sessions[0].Service); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tag, diff)
		}
	}
}

// Counts names the services that serve SMTP clients, and no others.
func TestCountedServices(t *testing.T) {
	p := New(&recorder{t: t}, testOptions())
	for _, line := range script(`
		smtpd[410]: connect from a.example[192.0.2.10]
		cleanup[420]: 3F1A2C0B7D: message-id=<1@a.example>
		postfix/submission/smtpd[411]: connect from a.example[192.0.2.10]
		smtpd[412]: connect from a.example[192.0.2.10]
		local[450]: 3F1A2C0B7D: to=<u@example.com>, relay=local, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (delivered)`) {
		p.Feed([]byte(line))
	}
	got := map[string]int{}
	for _, s := range p.Counts().Services {
		got[s.Name]++
	}
	if diff := cmp.Diff(map[string]int{"smtpd": 1, "submission": 1}, got); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
}
