package parser

import (
	"fmt"
	"strings"
	"testing"
)

// nothing is a sink that keeps nothing.
type nothing struct{}

func (nothing) Session(*Session)    {}
func (nothing) Queued(*Message)     {}
func (nothing) Delivered(*Delivery) {}
func (nothing) TLSRPT(*TLSRPT)      {}
func (nothing) Message(*Message)    {}

// No line that yields no record costs memory, once its peer and its service are known: a busy log has a million lines an hour.
// A session is opened once and told at the end; the lines between come again and again.
func TestLinesWithoutAllocations(t *testing.T) {
	for name, text := range map[string]string{
		"TLS": "smtpd[410]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) " +
			"key-exchange x25519 server-signature RSA-PSS (2048 bits) server-digest SHA256",
		"TLS failure":         "smtpd[410]: SSL_accept error from a.example[192.0.2.10]: -1",
		"TLS library":         "smtpd[410]: warning: TLS library problem: error:0A0000C1:SSL routines::no shared cipher:../ssl/statem/statem_srvr.c:2226:",
		"abnormal end":        "smtpd[410]: lost connection after RCPT from a.example[192.0.2.10]",
		"SASL failure":        "smtpd[410]: warning: a.example[192.0.2.10]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
		"proxied client":      "smtpd[410]: NOQUEUE: client=a.example[192.0.2.10], sasl_method=PLAIN, sasl_username=u@example.com",
		"repeated":            "smtpd[410]: message repeated 2 times: [ SSL_accept error from a.example[192.0.2.10]: -1]",
		"Message-ID":          "cleanup[420]: 3F1A2C0B7D: message-id=<1@a.example>",
		"queue active again":  "qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1234, nrcpt=2 (queue active)",
		"reject":              "smtpd[410]: NOQUEUE: reject: RCPT from a.example[192.0.2.10]: 550 no; from=<s@a.example> to=<u@example.com> proto=ESMTP helo=<a>",
		"a server's reply":    "smtp[500]: 3F1A2C0B7D: host mx.example.com[198.51.100.25] said: 450 later (in reply to RCPT TO command)",
		"postscreen":          "postscreen[310]: PASS OLD [192.0.2.10]:40112",
		"tlsproxy":            "tlsproxy[300]: CONNECT to [198.51.100.25]:25",
		"another program's":   "Nov 22 04:00:00 mx1 dovecot: imap-login: Login: user=<u>",
		"no line of a log":    "Nov garbage",
		"RFC 3164":            "Nov 22 04:00:00 mx1 postfix/smtpd[410]: SSL_accept error from a.example[192.0.2.10]: -1",
		"short-precise":       "Nov 22 04:00:00.123456 mx1 postfix/smtpd[410]: SSL_accept error from a.example[192.0.2.10]: -1",
		"a child that is not": "master[1]: warning: process /usr/lib/postfix/sbin/smtpd pid 9 killed by signal 9",
	} {
		p := New(nothing{}, testOptions())
		feedScript(p, `
			smtpd[410]: connect from a.example[192.0.2.10]
			smtpd[410]: SSL_accept error from a.example[192.0.2.10]: -1
			pickup[430]: 3F1A2C0B7D: uid=1 from=<user>`)
		line := []byte(script(text)[0])
		if n := testing.AllocsPerRun(100, func() { p.Feed(line) }); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}

// A delivery is free for those who count: with TLS and without, over a connection of its own and over one that is used again.
func TestDeliveriesWithoutAllocations(t *testing.T) {
	const record = "3F1A2C0B7D: to=<u@example.com>, relay=mx.example.com[198.51.100.25]:25, delay=1, delays=1/0/0/0, tls=may:none, dsn=2.0.0, status=sent (ok)"
	const tls = " to mx.example.com[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)"
	for name, text := range map[string]string{
		"plaintext":       "smtp[500]: " + record,
		"plaintext again": "smtp[500]: " + strings.Replace(record, "delay=", "conn_use=2, delay=", 1),
		"TLS":             "smtp[500]: Trusted TLS connection established" + tls + "\nsmtp[500]: " + strings.Replace(record, ":none", "", 1),
		"TLS again":       "smtp[500]: Trusted TLS connection reused" + tls + "\nsmtp[500]: " + strings.Replace(record, "delay=", "conn_use=2, delay=", 1),
		"LMTP":            "lmtp[500]: " + strings.Replace(record, "[198.51.100.25]:25", "[private/lmtp]", 1),
		"no server":       "smtp[500]: " + strings.Replace(record, "mx.example.com[198.51.100.25]:25", "none", 1),
		"a mailbox":       "local[500]: " + strings.Replace(record, "mx.example.com[198.51.100.25]:25", "local", 1),
	} {
		opts := testOptions()
		opts.CountsOnly = true
		p := New(nothing{}, opts)
		log := []byte(strings.Join(script(text), ""))
		if n := testing.AllocsPerRun(100, func() { p.Feed(log) }); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}

func feedScript(p *Parser, text string) { p.Feed([]byte(strings.Join(script(text), ""))) }

// Every header form is read without allocations.
func TestHeadersWithoutAllocations(t *testing.T) {
	var lines []string
	for _, form := range stampForms {
		lines = append(lines, form.stamp+" mx1 "+headerTag+"lost connection after RCPT from a.example[192.0.2.10]\n")
	}
	for _, form := range headerForms {
		lines = append(lines, strings.Replace(form.line, "TEXT", "lost connection after RCPT from a.example[192.0.2.10]\n", 1))
	}
	for _, text := range lines {
		p := New(nothing{}, testOptions())
		line := []byte(text)
		if n := testing.AllocsPerRun(100, func() { p.Feed(line) }); n != 0 {
			t.Errorf("%s: %v allocations, want none", text, n)
		}
	}
}

// A whole session without a message is free, its record too.
func TestSessionsWithoutAllocations(t *testing.T) {
	for _, peer := range []string{"a.example[192.0.2.10]", "a.example[192.0.2.10]:40112"} {
		p := New(nothing{}, testOptions())
		log := []byte(strings.Join(script(`
			smtpd[410]: connect from `+peer+`
			smtpd[410]: Anonymous TLS connection established from `+peer+`: TLSv1.2 with cipher AES256-SHA (256/256 bits)
			smtpd[410]: disconnect from `+peer+` ehlo=2 starttls=1 quit=1 commands=4`), ""))
		if n := testing.AllocsPerRun(100, func() { p.Feed(log) }); n != 0 {
			t.Errorf("%v allocations a session with %s, want none", n, peer)
		}
	}
}

// A queue ID costs memory only when it is told; the tables' room is used again.
func TestClientsWithoutAllocations(t *testing.T) {
	const runs = 500
	p := New(nothing{}, testOptions())
	feedScript(p, `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)`)
	var born [][]byte
	for i := range runs + 1 { // AllocsPerRun runs once more, to warm up
		id := fmt.Sprintf("%08X", i)
		born = append(born, []byte("Nov 22 04:00:00 mx1 postfix/smtpd[410]: "+id+": client=a.example[192.0.2.10]\n"))
		p.Feed(born[i])
	}
	for i := range runs + 1 {
		p.Feed(fmt.Appendf(nil, "Nov 22 04:00:00 mx1 postfix/qmgr[9]: %08X: removed\n", i))
	}
	feedScript(p, `
		smtpd[410]: disconnect from a.example[192.0.2.10]
		smtpd[410]: connect from a.example[192.0.2.10]`)
	next := 0
	n := testing.AllocsPerRun(runs, func() {
		p.Feed(born[next])
		next++
	})
	if n != 0 {
		t.Errorf("%v allocations a client= line, want none", n)
	}
}
