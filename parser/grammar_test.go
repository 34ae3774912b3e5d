package parser

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// An example is a comment "program/rule: text" of grammar.re.
type example struct{ program, rule, text string }

func examples(t testing.TB) []example {
	t.Helper()
	grammar, err := os.ReadFile("grammar.re")
	if err != nil {
		t.Fatal(err)
	}
	var out []example
	for _, m := range regexp.MustCompile(`(?m)^\s*// ([a-z]+)/([a-z-]+): (.*)$`).FindAllStringSubmatch(string(grammar), -1) {
		out = append(out, example{m[1], m[2], m[3]})
	}
	return out
}

// Each example is taken by the rule that it stands beside, and by no other, of the compiled grammar and of the oracle.
func TestExamples(t *testing.T) {
	programs := oracle()
	for _, e := range examples(t) {
		prog := lookupProgram([]byte(e.program))
		if _, got := lexed(prog, e.text); got.kind.String() != e.rule {
			t.Errorf("%s: %q is taken by %q, want %q", e.program, e.text, got.kind, e.rule)
		}
		if got := oracleRuleOf(t, e.program, programs[prog], e.text); got != e.rule {
			t.Errorf("%s: the oracle's rule for %q is %q, want %q", e.program, e.text, got, e.rule)
		}
	}
}

// block is the program under whose name the rules that several programs share have their examples.
func block(prog program) string {
	name := prog.String()
	switch {
	case prog == progLMTP:
		return progSMTP.String()
	case slices.Contains(agents(), name):
		return agents()[0]
	default:
		return name
	}
}

// No rule is without an example, and no example without a rule.
func TestRulesHaveExamples(t *testing.T) {
	known := make(map[string]bool)
	for prog, p := range oracle() {
		for _, rule := range p.rules {
			known[block(prog)+"/"+rule.name] = true
		}
		if p.unrecognized != nil {
			known[block(prog)+"/unrecognized"] = true
		}
	}
	seen := make(map[string]bool)
	for _, e := range examples(t) {
		name := block(lookupProgram([]byte(e.program))) + "/" + e.rule
		seen[name] = true
		if !known[name] {
			t.Errorf("the oracle has no rule %s", name)
		}
	}
	for name := range known {
		if !seen[name] {
			t.Errorf("rule %s has no example", name)
		}
	}
	kinds := make(map[string]bool)
	for k := range eventKinds {
		kinds[k.String()] = true
	}
	for name := range seen {
		if _, rule, _ := strings.Cut(name, "/"); !kinds[rule] {
			t.Errorf("no event is named %s", rule)
		}
	}
}

// ignoredTexts are what Postfix logs beside the rules' lines, and what clients, servers and senders would like it to log.
func ignoredTexts() map[program][]string {
	out := ignoredOutbound()
	maps.Copy(out, ignoredInbound)
	return out
}

var ignoredInbound = map[program][]string{
	progSMTPD: {
		"proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok; from=<queued as 5B0C41D2E9> to=<u@example.com> proto=ESMTP helo=<x>",
		"proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 5B0C; from=<s@a.example> to=<u@example.com> proto=ESMTP helo=<x>",
		"proxy-reject: END-OF-MESSAGE: 550 5.7.1 not queued as 5B0C41D2E9; from=<s@a.example> to=<u@example.com> proto=ESMTP helo=<x>",
		"proxy-accept: RCPT: 250 2.0.0 Ok: queued as 5B0C41D2E9; from=<s@a.example>", "proxy-accept: END-OF-MESSAGE: ",
		"", " ", "connect", " connect from a.example[192.0.2.10]", "Connect from a.example[192.0.2.10]",
		"> client.example.net[192.0.2.10]: 220 2.0.0 Ready to start TLS",
		"< client.example.net[192.0.2.10]: STARTTLS",
		"connection established", "connection closed", "master_notify: status 0",
		"match_hostname: smtpd_client_event_limit_exceptions: client.example.net ~? 127.0.0.0/8",
		"setting up TLS connection from client.example.net[192.0.2.10]",
		`client.example.net[192.0.2.10]: TLS cipher list "aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH"`,
		"client.example.net[192.0.2.10]: Trusted: subject_CN=TLS connection established from x[192.0.2.66], issuer=x, fingerprint=00",
		"client.example.net[192.0.2.10]: subject_CN=connect from x[192.0.2.66], issuer=x",
		"client.example.net[192.0.2.10]: Reusing old session (RFC 5077 session ticket)",
		"client.example.net[192.0.2.10]: re-using session with untrusted certificate, look for details earlier in the log",
		"client certificate verification failed for client.example.net[192.0.2.10]: self-signed certificate",
		"TLS SNI connect.from from client.example.net[192.0.2.10] not matched, using default chain",
		"warning: TLS SNI from client.example.net[192.0.2.10] is invalid: x",
		"SSL_accept:before SSL initialization", "SSL_accept:error in SSLv3/TLS write server done", "SSL3 alert read:fatal:unknown CA",
		"save session 4F00&s=smtp&l=805306608 to smtpd cache", "Issuing session ticket, key expiration: 1795320634",
		"TLS protocol trace for 192.0.2.10 saved to /tmp/x",
		"NOQUEUE: reject: RCPT from unknown[192.0.2.10]: 450 4.7.1 Session encryption is required; from=<s@example.net> to=<u@example.com> proto=ESMTP helo=<disconnect?from>",
		"3F1A2C0B7D: reject: RCPT from unknown[192.0.2.10]: 550 no; from=<x>: client=forged.example[192.0.2.66]> to=<u@example.com> proto=ESMTP helo=<x>",
		"NOQUEUE: milter-reject: CONNECT from unknown[192.0.2.10]: 550 5.7.1 Anonymous TLS connection established from; proto=SMTP",
		"NOQUEUE: warn: RCPT from unknown[192.0.2.10]: lost connection after DATA from x[192.0.2.66]; from=<> to=<u@example.com> proto=SMTP",
		`improper command pipelining after CONNECT from unknown[192.0.2.12]: \026\003\001\001X\001`,
		`improper command pipelining after EHLO from unknown[192.0.2.12]: connect from x[192.0.2.66]\r\n`,
		"warning: non-SMTP command from unknown[192.0.2.10]: Anonymous TLS connection established from x[192.0.2.66]: TLSv1.3 with cipher X (256/256 bits)",
		"warning: Illegal address syntax from unknown[192.0.2.10] in MAIL command: <fatal: x>",
		"warning: hostname fatal does not resolve to address 192.0.2.10",
		"warning: SASL authentication failure: Password verification failed",
		"warning: Connection rate limit exceeded: 61 from unknown[192.0.2.10] for service smtp",
		"warning: haproxy read: timeout error", "warning: No server certs available. TLS won't be enabled",
		"table hash:/etc/postfix/access(0,lock|fold_fix) has changed -- restarting",
		`unknown[192.0.2.10]: replacing command "connect from" with "x"`,
		"3f1a2c0b7d: client=a.example[192.0.2.10]", "3F1A2: client=a.example[192.0.2.10]", "3F1A2C0B7D:client=a.example[192.0.2.10]",
		"XNOQUEUE: client=a.example[192.0.2.10]", "lost connection after data from a.example[192.0.2.10]",
		"lost connection after RCPT from a.example", "SSL_connect error to a.example[192.0.2.10]:25: -1",
	},
	progCleanup: {
		"3F1A2C0B7D: to=<u@example.com>, relay=", `3F1A2C0B7D: to=<"u>, relay=none, delay=0, delays=0/0/0/0, dsn=5.0.0, status=bounced (x)`,
		"3F1A2C0B7D: resent-message-id=<1@a.example>",
		"3F1A2C0B7D: warning: header Subject: x: message-id=<forged@x> from a.example[192.0.2.10]; from=<s@a.example> to=<u@example.com>",
		"3F1A2C0B7D: reject: header X: removed (canceled) from a.example[192.0.2.10]; from=<s@a.example>: removed (canceled)",
		"3F1A2C0B7D: milter-reject: END-OF-MESSAGE from a.example[192.0.2.10]: 5.7.1 hold: x; from=<s@a.example>",
		"3F1A2C0B7D: removed (canceled) ", "3F1A2C0B7D: removed (forgotten)", "message-id=<1@a.example>", "NOQUEUE: message-id=<1@a.example>",
		"warning: 3F1A2C0B7D: message-id=<1@a.example>",
	},
	progQmgr: {
		"3F1A2C0B7D: from=<s@a.example>, status=expired, returned to sender", "3F1A2C0B7D: skipped, still being delivered",
		"3F1A2C0B7D: from=<s@a.example>, size=1, nrcpt=1 (queue active) ", "3F1A2C0B7D: from=<s@a.example>, size=, nrcpt=1 (queue active)",
		"3F1A2C0B7D: from=s@a.example, size=1, nrcpt=1 (queue active)", "3F1A2C0B7D: removed ", "3F1A2C0B7D: removedX", "removed",
		"3F1A2C0B7D: removed (canceled)", "warning: connect to transport private/x: Connection refused",
	},
	progPickup: {"3F1A2C0B7D: uid=x from=<user>", "3F1A2C0B7D: uid=1 from=user", "warning: 3F1A2C0B7D: message has been queued for 2 days", "uid=1 from=<user>"},
	progBounce: {
		"3F1A2C0B7D: sender non-delivery notification: NOQUEUE", "3F1A2C0B7D: sender non-delivery notification: 5B0C4",
		"3F1A2C0B7D: sender non-delivery notification: 5B0C41D2E9 ", "3F1A2C0B7D: somebody else notification: 5B0C41D2E9",
	},
	progMaster: {
		"warning: /usr/lib/postfix/sbin/smtpd: bad command startup -- throttling",
		`warning: service "smtp" (25) has reached its process limit "100": new clients may experience noticeable delays`,
		"warning: process /usr/lib/postfix/sbin/smtpd pid x killed by signal 9", "daemon started", "terminating on signal fifteen",
		"info: warning: process /usr/lib/postfix/sbin/smtpd pid 411 killed by signal 9",
	},
	progPostsuper: {"3F1A2C0B7D: released from hold", "3F1A2C0B7D: expired", "Deleted: 1 message", "3F1A2C0B7D: removed from hold"},
}

func ignoredOutbound() map[program][]string {
	smtp := []string{
		"", " ", "setting up TLS connection to mx1.example.net[198.51.100.25]:25", "connection established", "name_mask: ipv4",
		" Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.3 with cipher X (256/256 bits)",
		`mx1.example.net[198.51.100.25]:25: TLS cipher list "aNULL:-aNULL:HIGH:@STRENGTH"`, "Host offered STARTTLS: [mx1.example.net]",
		"mx1.example.net[198.51.100.25]:25: subject_CN=TLS connection established to x[192.0.2.66]:25, issuer=x, cert fingerprint=00",
		"mx1.example.net[198.51.100.25]:25: re-using session with untrusted peer credential, look for details earlier in the log",
		"< mx1.example.net[198.51.100.25]:25: 250 2.0.0 Ok: queued as 3F1A2C0B7D", "> mx1.example.net[198.51.100.25]:25: STARTTLS",
		"SSL_connect:before SSL initialization", "SSL3 alert read:fatal:protocol version", "save session smtp&mx1.example.net to smtp cache",
		"connect to mx1.example.net[198.51.100.25]:25: Connection refused", "connect to mx1.example.net[private/lmtp]: No such file or directory",
		"warning: TLS policy lookup for example.net/mx1.example.net: non-sense", "warning: no MX host for example.net has a valid address record",
		"warning: mx1.example.net[198.51.100.25]:25: all TLSA records unusable, fallback to unauthenticated TLS",
		"warning: MX name 'mx1.example.net' does not match STS MX pattern for 'example.net'",
		"warning: smtp_connect_local: opportunistic TLS encryption is not appropriate for unix-domain destinations.",
		"table hash:/etc/postfix/tls_policy(0,lock|fold_fix) has changed -- restarting", "initializing the client-side TLS engine",
		"lost connection with mx1.example.net[198.51.100.25] while sending RCPT TO", "Cannot start TLS: handshake failure",
		"to=<u@example.net>, relay=none, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (x)", "NOQUEUE: to=<u@example.net>, relay=none",
		"3f1a2c0b7d: to=<u@example.net>, relay=none", "3F1A2: lost connection with mx1.example.net[198.51.100.25] while x", "3F1A2C0B7D:x",
		"ABCDEF0123456789ABCDEF0123456: to=<u@example.net>, relay=none", "connect from a.example[192.0.2.10]", "TLSRPT: status=skipped",
		"TLSRPT: domain=example.net", "warning: TLSRPT: status=success, domain=example.net, receiving_mx=mx1.example.net[198.51.100.25]",
	}
	local := []string{
		"3F1A2C0B7D: to=<u@example.net", "3F1A2C0B7D: to=<u@example.net>, orig_to=<x>", "3F1A2C0B7D: to=<u@example.net>, relay=",
		"3F1A2C0B7D: to=<u@example.net>, status=sent", `3F1A2C0B7D: to=<"u>, relay=local, delay=0`, "to=<u@example.net>, relay=local",
		"3F1A2C0B7D: passing <u@example.net> to transport=virtual", "warning: 3F1A2C0B7D: to=<u@example.net>, relay=local", "fatal: x",
		"3F1A2C0B7D: orig_to=<u>, relay=local, delay=0", "NOQUEUE: to=<u@example.net>, relay=local", "3F1A2C0B7D: to=u, relay=local",
		"ABCDEF0123456789ABCDEF0123456: to=<u@example.net>, relay=local", "Trusted TLS connection established to x[192.0.2.66]:25: X",
	}
	out := map[program][]string{
		progSMTP: smtp, progLMTP: smtp,
		progPostscreen: {
			"DENYLISTED [192.0.2.10]:47232", "BLACKLISTED [192.0.2.10]:47232", "ALLOWLIST VETO [192.0.2.10]:47232", "WHITELIST VETO [192.0.2.10]:47232",
			`PREGREET 14 after 0.1 from [192.0.2.10]:47232: DISCONNECT [192.0.2.10]:47232\r\n`, "DNSBL rank 3 for [192.0.2.10]:47232",
			"NOQUEUE: reject: RCPT from [192.0.2.10]:47232: 450 4.3.2 x; from=<s@a.example>, to=<u@example.com>, proto=SMTP, helo=<PASS>",
			"NOQUEUE: reject: CONNECT from [192.0.2.10]:47232: too many connections", "COMMAND PIPELINING from [192.0.2.10]:47232 after EHLO: x",
			"NON-SMTP COMMAND from [192.0.2.10]:47232 after CONNECT: PASS OLD [192.0.2.10]:47232", "BARE NEWLINE from [192.0.2.10]:47232 after HELO",
			"COMMAND TIME LIMIT from [192.0.2.10]:47232 after EHLO", "DATA without valid RCPT from [192.0.2.10]:47232", "CONNECT",
			"cache lmdb:/var/lib/postfix/ps_cache full cleanup: retained=1 dropped=0 entries", "connect from a.example[192.0.2.10]",
			"CONNECT from a.example[192.0.2.10]:47232", "CONNECT from [192.0.2.10]", "DISCONNECT [192.0.2.10]", "PASS OLD", "PASS [192.0.2.10]:47232",
			"warning: psc_dnsbl_request: connect to private/dnsblog service: Connection refused", " DISCONNECT [192.0.2.10]:47232",
		},
		progTlsproxy: {
			"CONNECT to [198.51.100.25]:25", "CONNECT from a.example[192.0.2.10]:47232", "TLS handshake failed", "TLS handshake failed for service=smtpd",
			"Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.3 with cipher X (256/256 bits)", "DISCONNECT",
			"Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.3 with cipher X (256/256 bits)",
			"SSL_connect error to mx1.example.net[198.51.100.25]:25: -1", "warning: ciphertext read/write timeout for [192.0.2.10]:47232",
			"[192.0.2.10]:47232: subject_CN=x, issuer=x", "setting up TLS connection from [192.0.2.10]:47232", "TLSRPT: status=skipped",
		},
	}
	for _, name := range agents() {
		out[lookupProgram([]byte(name))] = local
	}
	return out
}

func TestIgnoredTexts(t *testing.T) {
	programs := oracle()
	for prog, texts := range ignoredTexts() {
		for _, text := range texts {
			if _, e := lexed(prog, text); e.kind != eventNone {
				t.Errorf("%v: rule %s takes %q", prog, e.kind, text)
			}
			if rule := oracleRuleOf(t, prog.String(), programs[prog], text); rule != "" {
				t.Errorf("%v: the oracle's rule %s takes %q", prog, rule, text)
			}
		}
	}
}

// A rule of one program is none of another's: local users may write what they like under a tag of their own. Only smtp and lmtp take any line
// that begins with a queue ID, as a note.
func TestRulesBelongToPrograms(t *testing.T) {
	const delivery = "3F1A2C0B7D: to=<u@example.com>, relay=none, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (x)"
	texts := map[program]string{
		progSMTPD: "connect from a.example[192.0.2.10]", progCleanup: "3F1A2C0B7D: message-id=<1@a.example>",
		progQmgr: "3F1A2C0B7D: from=<s@a.example>, size=1, nrcpt=1 (queue active)", progPickup: "3F1A2C0B7D: uid=1 from=<user>",
		progBounce: "3F1A2C0B7D: sender delay notification: 5B0C41D2E9", progMaster: "terminating on signal 15",
		progPostsuper: "3F1A2C0B7D: requeued", progPostscreen: "PASS OLD [192.0.2.10]:47232",
		progTlsproxy: "TLS handshake failed for service=smtpd peer=[192.0.2.10]:47232", progSMTP: "SSL_connect error to a.example[192.0.2.10]:25: -1",
	}
	takes := func(reader, writer program) bool {
		switch reader {
		case progLMTP:
			return writer == progSMTP || strings.HasPrefix(texts[writer], "3F1A2C0B7D")
		case progSMTP:
			return writer == reader || strings.HasPrefix(texts[writer], "3F1A2C0B7D")
		default:
			return writer == reader
		}
	}
	for reader := range oracle() {
		for writer, text := range texts {
			if _, e := lexed(reader, text); (e.kind != eventNone) != takes(reader, writer) {
				t.Errorf("%v: %q is taken by %q", reader, text, e.kind)
			}
		}
	}
	deliver := append(agents(), "smtp", "lmtp", "qmgr", "cleanup")
	for _, reader := range append(agents(), "smtp", "lmtp", "qmgr", "cleanup", "smtpd", "pickup", "bounce", "master", "postsuper", "postscreen", "tlsproxy") {
		if _, e := lexed(lookupProgram([]byte(reader)), delivery); (e.kind.String() == "delivery") != slices.Contains(deliver, reader) {
			t.Errorf("%s: a delivery record is taken by %q", reader, e.kind)
		}
	}
}

// No line of smtpd or smtp that may decide about TLS goes by unnoticed because its form is not known.
func TestUnrecognizedTexts(t *testing.T) {
	for prog, texts := range map[program][]string{
		progSMTPD: {
			"connect from", "connect from [192.0.2.10]", "connect from a.example[192.0.2.10]:x", "connect from a.example[192.0.2.10],",
			"connect from a example[192.0.2.10]", "disconnect from unknown", "disconnect from a.example[local]",
			"TLS connection established", "Secured TLS connection reused by a.example[192.0.2.10]",
			"Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.3 with cipher X (many bits)",
			"Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.3 with cipher X (256/256 bits), and more",
			"SSL_accept error from a.example: -1", "NOQUEUE: client=", "3F1A2C0B7D: client=a.example", "3F1A2C0B7D: client=a.example[192.0.2.10];",
			"ABCDEF0123456789ABCDEF0123456: client=a.example[192.0.2.10]", // a digit more than any queue ID has
		},
		progSMTP: {
			"TLS connection established", "Verified TLS connection established from a.example[192.0.2.10]: TLSv1.3 with cipher X (256/256 bits)",
			"Untrusted TLS connection reused to a.example: TLSv1.3 with cipher X (256/256 bits)",
			"Trusted TLS connection established to a.example[192.0.2.10]:25: TLSv1.3 with cipher X (256 bits)",
			"Trusted TLS connection established to a.example[192.0.2.10]:25: TLSv1.3 with cipher X (256/256 bits), and more",
			"SSL_connect error to a.example: -1", "SSL_connect error to [192.0.2.10]:25: -1", "SSL_connect error",
		},
	} {
		for _, text := range texts {
			if _, e := lexed(prog, text); e.kind != eventUnrecognized {
				t.Errorf("%v: %q is taken by %q", prog, text, e.kind)
			}
		}
	}
}
