package parser

import "testing"

func TestSpoofs(t *testing.T) { runScenarios(t, spoofScenarios) }

// Recipients, replies and parameters of commands are written by others, and are made to look like Postfix's own words.
var spoofScenarios = []scenario{
	{"a quoted recipient with a relay in it, and a reply with a whole record", `
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 2481BA8A0B3: to=<"q>, relay=evil.example.com[192.0.2.66]:25, delay=1"@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=0.03, delays=0/0.01/0.01/0, tls=may, dsn=2.0.0, status=sent (250 2.0.0 Ok)
		smtp[520]: 2481BA8A0B3: to=<"a\"b>, relay=none, \\"@example.net>, orig_to=<"x>, relay=none, y"@example.com>, relay=mx1.example.net[198.51.100.25]:25, delay=0.03, delays=0/0.01/0.01/0, tls=may, dsn=2.0.0, status=sent (250 ok, relay=x[192.0.2.66]:25, delay=1, delays=0/0/0/1, tls=none, dsn=2.0.0, status=sent (x)`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=1 of 2481BA8A0B3
		delivery 2481BA8A0B3 to="q>, relay=evil.example.com[192.0.2.66]:25, delay=1"@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.2 policy=may first
		delivery 2481BA8A0B3 to="a\"b>, relay=none, \\"@example.net smtp mx1.example.net[198.51.100.25]:25 sent established TLSv1.2 policy=may
		message 2481BA8A0B3 active unknown deliveries=2`},
	{"a reply that speaks of TLS, of queue IDs and of its end", `
		smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtp[520]: 3F1A2C0B7D: host mx1.example.net[198.51.100.25] said: 450 Cannot start TLS: handshake failure 3F1A2C0B7D: lost connection with mx1.example.net[198.51.100.25] while x
		smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=5.0.0, status=bounced (host mx1.example.net[198.51.100.25] said: 550 Server certificate not verified Cannot start TLS: handshake failure)
		smtp[520]: 3F1A2C0B7D: to=<b@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=5.0.0, status=bounced (host mx1.example.net[198.51.100.25] said: 550 ) TLS is required, but was not offered by host mx1.example.net[198.51.100.25])`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 established TLSv1.2 messages=0 of 3F1A2C0B7D
		delivery 3F1A2C0B7D to=a@example.net smtp mx1.example.net[198.51.100.25]:25 bounced established TLSv1.2 first
		delivery 3F1A2C0B7D to=b@example.net smtp mx1.example.net[198.51.100.25]:25 bounced established TLSv1.2
		message 3F1A2C0B7D active unknown deliveries=2`},
	{"a public relay claims to have given a queue ID of ours", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 5B0C41D2E9: client=a.example[192.0.2.10]
		qmgr[9]: 5B0C41D2E9: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		smtp[520]: 3F1A2C0B7D: to=<u@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/0/1, tls=may:none, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 5B0C41D2E9)
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
		qmgr[9]: 5B0C41D2E9: removed`, `
		outbound smtp[520] mx1.example.net[198.51.100.25]:25 plaintext messages=1 of 3F1A2C0B7D
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 5B0C41D2E9 disconnect
		queued 5B0C41D2E9 smtpd a.example[192.0.2.10] plaintext
		delivery 3F1A2C0B7D to=u@example.net smtp mx1.example.net[198.51.100.25]:25 sent plaintext policy=may:none queued-as=5B0C41D2E9 first
		message 5B0C41D2E9 removed smtpd a.example[192.0.2.10] plaintext
		message 3F1A2C0B7D active unknown deliveries=1`},
	{"a loopback relay's answer does not change where another client's message came from", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 5B0C41D2E9: client=a.example[192.0.2.10]
		qmgr[9]: 5B0C41D2E9: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		smtp[520]: 3F1A2C0B7D: to=<u@example.com>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=0/0/0/1, tls=may:none, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 5B0C41D2E9)
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5`, `
		outbound smtp[520] 127.0.0.1[127.0.0.1]:10024 plaintext messages=1 of 3F1A2C0B7D
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 5B0C41D2E9 disconnect
		queued 5B0C41D2E9 smtpd a.example[192.0.2.10] plaintext
		delivery 3F1A2C0B7D to=u@example.com smtp 127.0.0.1[127.0.0.1]:10024 sent plaintext policy=may:none queued-as=5B0C41D2E9 first
		message 3F1A2C0B7D active unknown deliveries=1
		message 5B0C41D2E9 active smtpd a.example[192.0.2.10] plaintext`},
	{"MAIL FROM with AUTH= by a stranger", `
		pickup[430]: ABCDEF0123: uid=1000 from=<user>
		qmgr[9]: ABCDEF0123: from=<user@example.com>, size=1, nrcpt=1 (queue active)
		smtpd[410]: connect from unknown[192.0.2.10]
		smtpd[410]: D581D9B029A: client=unknown[192.0.2.10], sasl_sender="x, orig_queue_id=ABCDEF0123, orig_client=spoof.example.com[192.0.2.66]"
		smtpd[410]: D581D9B029B: client=unknown[192.0.2.10], sasl_sender=<x, orig_queue_id=ABCDEF0123>, sasl_method=PLAIN, sasl_username=root
		smtpd[410]: D581D9B029C: client=unknown[192.0.2.10], orig_queue_id=ABCDEF0123, orig_client=a.example[192.0.2.66]
		smtpd[410]: disconnect from unknown[192.0.2.10] ehlo=1 mail=3 rcpt=3 data=3 quit=1 commands=11`, `
		session smtpd[410] unknown[192.0.2.10] plaintext messages=3 of D581D9B029A,D581D9B029B,D581D9B029C disconnect
		message D581D9B029A active smtpd unknown[192.0.2.10] plaintext
		message D581D9B029B active smtpd unknown[192.0.2.10] plaintext
		message D581D9B029C active smtpd unknown[192.0.2.10] plaintext
		message ABCDEF0123 active pickup uid=1000`},
	{"the same, handed on by a content filter: what stands behind it is true", `
		pickup[430]: ABCDEF0123: uid=1000 from=<user>
		qmgr[9]: ABCDEF0123: from=<user@example.com>, size=1, nrcpt=1 (queue active)
		smtpd[410]: connect from localhost[127.0.0.1]
		smtpd[410]: D581D9B029A: client=localhost[127.0.0.1], sasl_sender="x y>, orig_queue_id=FFFFFF0123, z", orig_queue_id=ABCDEF0123, orig_client=localhost
		smtpd[410]: disconnect from localhost[127.0.0.1] ehlo=1 xforward=1 mail=1 rcpt=1 data=1 quit=1 commands=6`, `
		session smtpd[410] localhost[127.0.0.1] plaintext messages=1 of D581D9B029A disconnect
		message D581D9B029A active smtpd localhost[127.0.0.1] plaintext parent=ABCDEF0123
		message ABCDEF0123 active pickup uid=1000`},
	{"a client that the proxy filter did not see", `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 3F1A2C0B7D: client=a.example[192.0.2.10]
		qmgr[9]: 3F1A2C0B7D: from=<s@a.example>, size=1, nrcpt=1 (queue active)
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
		smtpd[411]: connect from b.example[192.0.2.11]
		smtpd[411]: Anonymous TLS connection established from b.example[192.0.2.11]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[411]: NOQUEUE: client=b.example[192.0.2.11]
		smtpd[411]: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 3F1A2C0B7D; from=<s@b.example> to=<u@example.com> proto=ESMTP helo=<b.example>
		qmgr[9]: 3F1A2C0B7D: removed
		smtpd[411]: disconnect from b.example[192.0.2.11] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7`, `
		session smtpd[410] a.example[192.0.2.10] plaintext messages=1 of 3F1A2C0B7D disconnect
		session smtpd[411] b.example[192.0.2.11] established TLSv1.2 messages=1 disconnect
		queued 3F1A2C0B7D smtpd a.example[192.0.2.10] plaintext
		message 3F1A2C0B7D removed smtpd a.example[192.0.2.10] plaintext`},
}

// Up to Postfix 3.4 a recipient is not quoted and can forge a whole record; since 3.5 it cannot, and only the reply can look like one.
// Which of them it is, the log tells by master's version, or not at all.
func TestAmbiguousDeliveries(t *testing.T) {
	const tls = "smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)\n"
	const record = "smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (x" +
		">, relay=evil.example.com[192.0.2.66]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 Ok)\n"
	for master, believed := range map[string]bool{
		"": false,
		"master[1]: daemon started -- version 3.4.29, configuration /etc/postfix\n":             false,
		"master[1]: daemon started -- version 2.11.0, configuration /etc/postfix\n":             false,
		"postfix-out/master[1]: daemon started -- version 3.7.1, configuration /etc/postfix\n":  false,
		"Nov 22 04:00:00 mx2 postfix/master[1]: reload -- version 3.7.1, configuration /etc\n":  false,
		"master[1]: daemon started -- version 3.5.0, configuration /etc/postfix\n":              true,
		"master[1]: daemon started -- version 3.10.2, configuration /etc/postfix\n":             true,
		"master[1]: reload -- version 3.12-20260821, configuration /etc/postfix\n":              true,
		"postfix/master[1]: daemon started -- version 4.0-RC1, configuration /etc/postfix-in\n": true,
	} {
		p, r := feed(t, testOptions(), master+tls+record)
		c := p.Counts()
		p.Close()
		r.checkClosed(p)
		if len(r.deliveries) != 1 {
			t.Fatalf("%q: %d deliveries, want one", master, len(r.deliveries))
		}
		d := &r.deliveries[0]
		if (d.Relay != nil) != believed || (d.State == TLSEstablished) != believed || (c.Ambiguous == 0) != believed {
			t.Errorf("%q: %s, %d ambiguous; want it believed: %v", master, deliveryLine(d), c.Ambiguous, believed)
		}
		if believed && d.Relay != nil && d.Relay.Name != "mx1.example.net" {
			t.Errorf("%q: relay %s, want the first", master, d.Relay.Name)
		}
	}
	// A second relay= that begins no whole record makes nothing ambiguous.
	p, r := feed(t, testOptions(), tls+"smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 <x>, relay=none, delay=1)")
	if c := p.Counts(); c.Ambiguous != 0 || len(r.deliveries) != 1 || r.deliveries[0].State != TLSEstablished {
		t.Errorf("%d ambiguous, %v", c.Ambiguous, r.lines())
	}
}
