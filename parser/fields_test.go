package parser

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The fields of an event in words.
type fields struct {
	QueueID, Peer, Port, Word, Value string
	Num                              uint64
	Count                            uint32
}

// Each rule's fields, and where they end.
var fieldTests = []struct {
	prog program
	text string
	want fields
}{
	{progSMTPD, "connect from client.example.net[192.0.2.10]", fields{Peer: "client.example.net[192.0.2.10]"}},
	{progSMTPD, "connect from client.example.net[2001:db8::10]:40112", fields{Peer: "client.example.net[2001:db8::10]", Port: "40112"}},
	{progSMTPD, "connect from unknown[unknown]:unknown", fields{Peer: "unknown[unknown]", Port: "unknown"}},
	{progSMTPD, "connect from mail_1.example.net[192.0.2.10] and more", fields{Peer: "mail_1.example.net[192.0.2.10]"}},
	{progSMTPD, "3F1A2C0B7D: client=a.example[192.0.2.10]", fields{QueueID: "3F1A2C0B7D", Peer: "a.example[192.0.2.10]"}},
	{
		progSMTPD, "4jXFz16lx4z1cM1s: client=a.example[192.0.2.10]:40112, sasl_method=PLAIN, sasl_username=u@example.com",
		fields{QueueID: "4jXFz16lx4z1cM1s", Peer: "a.example[192.0.2.10]", Port: "40112", Word: "PLAIN", Value: "u@example.com"},
	},
	{
		progSMTPD, "3F1A2C0B7D: client=a.example[192.0.2.10], sasl_method=plain",
		fields{QueueID: "3F1A2C0B7D", Peer: "a.example[192.0.2.10]", Word: "plain"},
	},
	{
		progSMTPD, "3F1A2C0B7D: client=a.example[192.0.2.10], sasl_method=LOGIN, sasl_username=a b, c=<d>, sasl_sender=s@example.net",
		fields{QueueID: "3F1A2C0B7D", Peer: "a.example[192.0.2.10]", Word: "LOGIN", Value: "a b, c=<d>"},
	},
	{
		progSMTPD, "3F1A2C0B7D: client=localhost[127.0.0.1], sasl_method=LOGIN, sasl_username=u, orig_queue_id=5B0C41D2E9, orig_client=a.example[192.0.2.10]",
		fields{QueueID: "3F1A2C0B7D", Peer: "localhost[127.0.0.1]", Word: "LOGIN", Value: "u"},
	},
	{
		progSMTPD, "3F1A2C0B7D: client=localhost[127.0.0.1], sasl_method=LOGIN, sasl_username=u, orig_client=a.example[192.0.2.10]",
		fields{QueueID: "3F1A2C0B7D", Peer: "localhost[127.0.0.1]", Word: "LOGIN", Value: "u"},
	},
	{
		progSMTPD, "3F1A2C0B7D: client=localhost[127.0.0.1], orig_queue_id=5B0C41D2E9, orig_client=a.example[192.0.2.10]",
		fields{QueueID: "3F1A2C0B7D", Peer: "localhost[127.0.0.1]"},
	},
	{ // AUTH= of MAIL FROM, from a client that never authenticated
		progSMTPD, `D581D9B029A: client=unknown[192.0.2.10], sasl_sender="x, sasl_method=PLAIN, sasl_username=root, orig_client=spoof.example.com[192.0.2.66]"`,
		fields{QueueID: "D581D9B029A", Peer: "unknown[192.0.2.10]"},
	},
	{
		progSMTPD, `D581D9B029A: client=unknown[192.0.2.10], sasl_sender=<x>, sasl_method=PLAIN, sasl_username=root`,
		fields{QueueID: "D581D9B029A", Peer: "unknown[192.0.2.10]"},
	},
	{
		progSMTPD, "NOQUEUE: client=a.example[192.0.2.10]:40112, sasl_method=PLAIN, sasl_username=u",
		fields{Peer: "a.example[192.0.2.10]", Port: "40112", Word: "PLAIN", Value: "u"},
	},
	{
		progSMTPD, "SSL_accept error from a.example[192.0.2.10]:40112: Connection reset by peer",
		fields{Peer: "a.example[192.0.2.10]", Port: "40112", Value: "Connection reset by peer"},
	},
	{
		progSMTPD, "warning: TLS library problem: error:0A0000C1:SSL routines::no shared cipher:../ssl/statem/statem_srvr.c:2226:",
		fields{Value: "error:0A0000C1:SSL routines::no shared cipher:../ssl/statem/statem_srvr.c:2226:"},
	},
	{
		progSMTPD, "NOQUEUE: abort: TLS from a.example[192.0.2.10]: Client certificate not trusted",
		fields{Peer: "a.example[192.0.2.10]", Value: "Client certificate not trusted"},
	},
	{progSMTPD, "warning: Refusing STARTTLS request from a.example[192.0.2.10] for service smtp", fields{Peer: "a.example[192.0.2.10]"}},
	{
		progSMTPD, "lost connection after STARTTLS from a.example[192.0.2.10]",
		fields{Peer: "a.example[192.0.2.10]", Word: "lost connection", Value: "STARTTLS"},
	},
	{
		progSMTPD, "NOQUEUE: too many errors after END-OF-MESSAGE from a.example[192.0.2.10]:40112",
		fields{Peer: "a.example[192.0.2.10]", Port: "40112", Word: "too many errors", Value: "END-OF-MESSAGE"},
	},
	{
		progSMTPD, "3F1A2C0B7D: timeout after BDAT (18204 bytes) from a.example[192.0.2.10]",
		fields{Peer: "a.example[192.0.2.10]", Word: "timeout", Value: "BDAT"},
	},
	{
		progSMTPD, "warning: a.example[192.0.2.10]:40112: SASL CRAM-MD5 authentication failed: authentication failure, sasl_username=u",
		fields{Peer: "a.example[192.0.2.10]", Port: "40112"},
	},
	{progSMTPD, "3F1A2C0B7D: hold: RCPT from a.example[192.0.2.10]: x", fields{QueueID: "3F1A2C0B7D"}},
	{progCleanup, "3F1A2C0B7D: message-id=<1@a.example>", fields{QueueID: "3F1A2C0B7D", Value: "<1@a.example>"}},
	{progCleanup, "3F1A2C0B7D: message-id=no brackets, and more>", fields{QueueID: "3F1A2C0B7D", Value: "no brackets, and more>"}},
	{progCleanup, "3F1A2C0B7D: message-id=", fields{QueueID: "3F1A2C0B7D"}},
	{progCleanup, "3F1A2C0B7D: removed (canceled)", fields{QueueID: "3F1A2C0B7D"}},
	{
		progQmgr, "3F1A2C0B7D: from=<s@a.example>, size=18446744073709551616, nrcpt=4294967296 (queue active)", // one more than fits
		fields{QueueID: "3F1A2C0B7D", Value: "s@a.example", Num: 1<<64 - 1, Count: 1<<32 - 1},
	},
	{progQmgr, "3F1A2C0B7D: from=<>, size=0, nrcpt=1 (queue incoming)", fields{QueueID: "3F1A2C0B7D", Count: 1}},
	{
		progQmgr, `3F1A2C0B7D: from=<"x>, size=1, nrcpt=9 (queue active)"@a.example>, size=1234, nrcpt=2 (queue active)`,
		fields{QueueID: "3F1A2C0B7D", Value: `"x>, size=1, nrcpt=9 (queue active)"@a.example`, Num: 1234, Count: 2},
	},
	{progQmgr, "3F1A2C0B7D: removed", fields{QueueID: "3F1A2C0B7D"}},
	{progPickup, "3F1A2C0B7D: uid=1000 from=<user>", fields{QueueID: "3F1A2C0B7D", Value: "user", Num: 1000}},
	{
		progPickup, "3F1A2C0B7D: uid=0 from=<a> orig_id=x> orig_id=5B0C41D2E9",
		fields{QueueID: "3F1A2C0B7D", Value: "a> orig_id=x", Word: "5B0C41D2E9"},
	},
	{
		progBounce, "3F1A2C0B7D: sender delivery status notification: 4jXFz16lx4z1cM1s",
		fields{QueueID: "3F1A2C0B7D", Value: "4jXFz16lx4z1cM1s"},
	},
	{
		progMaster, "warning: process /usr/lib/postfix/sbin/smtpd pid 411 exit status 1",
		fields{Value: "/usr/lib/postfix/sbin/smtpd", Num: 411},
	},
	{progPostsuper, "3F1A2C0B7D: requeued", fields{QueueID: "3F1A2C0B7D"}},
}

func TestFields(t *testing.T) {
	for _, test := range fieldTests {
		b, e := lexed(test.prog, test.text)
		text := func(s span) string { return string(b.bytes(s)) }
		got := fields{text(e.queueID), text(e.peer), text(e.port), text(e.word), text(e.value), e.num, e.count}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
	}
}

// The parts of the TLS summary line, in all forms that it has had.
var summaryTests = []struct {
	text string
	want TLS
	sni  string
}{
	{
		"TLS connection established from a.example[192.0.2.10]: TLSv1 with cipher RC4-SHA (128/128 bits)",
		TLS{Protocol: "TLSv1", Cipher: "RC4-SHA", Bits: 128},
		"",
	},
	{
		"Untrusted TLS connection established from a.example[192.0.2.10]:40112: TLSv1.1 with cipher DES-CBC3-SHA (112/168 bits)",
		TLS{Protocol: "TLSv1.1", Cipher: "DES-CBC3-SHA", Bits: 112, Trust: "Untrusted"},
		"",
	},
	{
		"Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher NULL-SHA (0/0 bits)",
		TLS{Protocol: "TLSv1.2", Cipher: "NULL-SHA", Trust: "Anonymous"},
		"",
	},
	{
		"Anonymous TLS connection established from a.example[192.0.2.10] to mx.example.com: TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits)",
		TLS{Protocol: "TLSv1.3", Cipher: "TLS_AES_128_GCM_SHA256", Bits: 128, Trust: "Anonymous"},
		"mx.example.com",
	},
	{
		"Anonymous TLS connection reused from a.example[192.0.2.10]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519MLKEM768",
		TLS{Protocol: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384", Bits: 256, Trust: "Anonymous", KeyExchange: "X25519MLKEM768"},
		"",
	},
	{
		"Trusted TLS connection established from a.example[192.0.2.10]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange ECDHE (P-256) server-signature RSA-PSS (2048 bits) server-digest SHA256 client-signature ECDSA (P-384) client-digest SHA384",
		TLS{
			Protocol: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384", Bits: 256, Trust: "Trusted",
			KeyExchange: "ECDHE (P-256)", Signature: "RSA-PSS (2048 bits)", Digest: "SHA256",
		},
		"",
	},
	{ // an Ed25519 key has no digest; a raw public key has a detail in words
		"Untrusted TLS connection established from a.example[192.0.2.10]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519 server-signature ED25519 (raw public key) client-signature ED448",
		TLS{
			Protocol: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384", Bits: 256, Trust: "Untrusted",
			KeyExchange: "x25519", Signature: "ED25519 (raw public key)",
		},
		"",
	},
	{ // what comes behind an unknown word is not read
		"Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519 ech accepted server-signature RSA",
		TLS{Protocol: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384", Bits: 256, Trust: "Anonymous", KeyExchange: "x25519"},
		"",
	},
	{
		"Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) server-signature RSA-PSS (2048 bit raw public key) server-digest SHA256",
		TLS{
			Protocol: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384", Bits: 256, Trust: "Anonymous",
			Signature: "RSA-PSS (2048 bit raw public key)", Digest: "SHA256",
		},
		"",
	},
}

func TestSummaries(t *testing.T) {
	for _, test := range summaryTests {
		r := play(t, `
			smtpd[410]: connect from a.example[192.0.2.10]
			smtpd[410]: `+test.text)
		s := r.sessions[0]
		if s.TLS == nil {
			t.Errorf("%q is no TLS session", test.text)
			continue
		}
		if diff := cmp.Diff(test.want, *s.TLS); diff != "" || s.SNI != test.sni {
			t.Errorf("%q: SNI %q, want %q; TLS (-want +got):\n%s", test.text, s.SNI, test.sni, diff)
		}
	}
}

// The counters in the order of the log, each with and without failures; a command of a later Postfix does not hide the others.
func TestCounters(t *testing.T) {
	type counts map[Command]Count
	for text, want := range map[string]struct {
		known bool
		counts
	}{
		"": {},
		" helo=1 ehlo=2 xclient=0/1 xforward=3 starttls=1 auth=1/4 mail=5 rcpt=6/7 data=8 bdat=9 rset=10 noop=11 vrfy=12 etrn=13 quit=1 help=14 unknown=0/15 commands=95/118": {
			true, counts{
				CommandHELO: {1, 1}, CommandEHLO: {2, 2}, CommandXCLIENT: {0, 1}, CommandXFORWARD: {3, 3}, CommandSTARTTLS: {1, 1},
				CommandAUTH: {1, 4}, CommandMAIL: {5, 5}, CommandRCPT: {6, 7}, CommandDATA: {8, 8}, CommandBDAT: {9, 9}, CommandRSET: {10, 10},
				CommandNOOP: {11, 11}, CommandVRFY: {12, 12}, CommandETRN: {13, 13}, CommandQUIT: {1, 1}, CommandHELP: {14, 14}, CommandUnknown: {0, 15},
			},
		},
		" commands=0/0":                            {known: true},
		" ehlo=1 commands=1 notes=bare_lf":         {true, counts{CommandEHLO: {1, 1}}},
		" ehlo=1 limits=1 quit=1 commands=3":       {true, counts{CommandEHLO: {1, 1}, CommandQUIT: {1, 1}}},
		" ehlo=1 mail=":                            {false, counts{CommandEHLO: {1, 1}}},
		" ehlo=1 said starttls=1 commands=1":       {false, counts{CommandEHLO: {1, 1}}},
		" ehlo=99999999999/99999999999 commands=1": {true, counts{CommandEHLO: {1<<32 - 1, 1<<32 - 1}}},
		" ehlo=1 commands=1 starttls=1":            {true, counts{CommandEHLO: {1, 1}}},
	} {
		r := play(t, `
			smtpd[410]: connect from a.example[192.0.2.10]
			smtpd[410]: disconnect from a.example[192.0.2.10]`+text)
		commands := Commands{Known: want.known}
		for name, count := range want.counts {
			commands.Count[name] = count
		}
		if diff := cmp.Diff(&commands, r.sessions[0].Commands); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}
