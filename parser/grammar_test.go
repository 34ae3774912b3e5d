package parser

import (
	"os"
	"regexp"
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
	rules, unrecognized := oracle(), oracleUnrecognized()
	for _, e := range examples(t) {
		prog := lookupProgram([]byte(e.program))
		if _, got := lexed(prog, e.text); got.kind.String() != e.rule {
			t.Errorf("%s: %q is taken by %q, want %q", e.program, e.text, got.kind, e.rule)
		}
		if got := oracleRuleOf(t, prog, rules[prog], unrecognized, e.text); got != e.rule {
			t.Errorf("%s: the oracle's rule for %q is %q, want %q", e.program, e.text, got, e.rule)
		}
	}
}

// No rule is without an example, and no example without a rule.
func TestRulesHaveExamples(t *testing.T) {
	missing := map[string]bool{"smtpd/unrecognized": true}
	for prog, rules := range oracle() {
		for _, rule := range rules {
			missing[prog.String()+"/"+rule.name] = true
		}
	}
	known := len(missing)
	seen := make(map[string]bool)
	for _, e := range examples(t) {
		name := e.program + "/" + e.rule
		delete(missing, name)
		seen[name] = true
	}
	if len(missing) > 0 || len(seen) != known {
		t.Errorf("%d rules have examples, %d are known; without: %v", len(seen), known, missing)
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

// What Postfix logs beside the rules' lines, and what clients and senders would like it to log.
var ignoredTexts = map[program][]string{
	progSMTPD: {
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
		"3F1A2C0B7D: resent-message-id=<1@a.example>",
		"3F1A2C0B7D: warning: header Subject: x: message-id=<forged@x> from a.example[192.0.2.10]; from=<s@a.example> to=<u@example.com>",
		"3F1A2C0B7D: reject: header X: removed (canceled) from a.example[192.0.2.10]; from=<s@a.example>: removed (canceled)",
		"3F1A2C0B7D: milter-reject: END-OF-MESSAGE from a.example[192.0.2.10]: 5.7.1 hold: x; from=<s@a.example>",
		"3F1A2C0B7D: to=<u@example.com>, relay=none, delay=0, delays=0/0/0/0, dsn=5.0.0, status=bounced (x)",
		"3F1A2C0B7D: removed (canceled) ", "3F1A2C0B7D: removed (forgotten)", "message-id=<1@a.example>", "NOQUEUE: message-id=<1@a.example>",
		"warning: 3F1A2C0B7D: message-id=<1@a.example>",
	},
	progQmgr: {
		"3F1A2C0B7D: from=<s@a.example>, status=expired, returned to sender", "3F1A2C0B7D: skipped, still being delivered",
		`3F1A2C0B7D: to=<"x, size=1, nrcpt=1 (queue active)"@example.com>, relay=none, delay=0, delays=0/0/0/0, dsn=4.3.0, status=deferred (mail transport unavailable)`,
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
		"reload -- version 3.11.6, configuration /etc/postfix", "warning: /usr/lib/postfix/sbin/smtpd: bad command startup -- throttling",
		`warning: service "smtp" (25) has reached its process limit "100": new clients may experience noticeable delays`,
		"warning: process /usr/lib/postfix/sbin/smtpd pid x killed by signal 9", "daemon started", "terminating on signal fifteen",
		"info: warning: process /usr/lib/postfix/sbin/smtpd pid 411 killed by signal 9",
	},
	progPostsuper: {"3F1A2C0B7D: released from hold", "3F1A2C0B7D: expired", "Deleted: 1 message", "3F1A2C0B7D: removed from hold"},
}

func TestIgnoredTexts(t *testing.T) {
	rules, unrecognized := oracle(), oracleUnrecognized()
	for prog, texts := range ignoredTexts {
		for _, text := range texts {
			if _, e := lexed(prog, text); e.kind != eventNone {
				t.Errorf("%v: rule %s takes %q", prog, e.kind, text)
			}
			if rule := oracleRuleOf(t, prog, rules[prog], unrecognized, text); rule != "" {
				t.Errorf("%v: the oracle's rule %s takes %q", prog, rule, text)
			}
		}
	}
}

// A rule of one program is none of another's: local users may write what they like under a tag of their own.
func TestRulesBelongToPrograms(t *testing.T) {
	texts := map[program]string{
		progSMTPD: "connect from a.example[192.0.2.10]", progCleanup: "3F1A2C0B7D: message-id=<1@a.example>",
		progQmgr: "3F1A2C0B7D: from=<s@a.example>, size=1, nrcpt=1 (queue active)", progPickup: "3F1A2C0B7D: uid=1 from=<user>",
		progBounce: "3F1A2C0B7D: sender delay notification: 5B0C41D2E9", progMaster: "terminating on signal 15",
		progPostsuper: "3F1A2C0B7D: requeued",
	}
	for reader := range oracle() {
		for writer, text := range texts {
			if _, e := lexed(reader, text); (e.kind != eventNone) != (reader == writer) {
				t.Errorf("%v: %q is taken by %q", reader, text, e.kind)
			}
		}
	}
}

// No line of smtpd that may decide about TLS goes by unnoticed because its form is not known.
func TestUnrecognizedTexts(t *testing.T) {
	for _, text := range []string{
		"connect from", "connect from [192.0.2.10]", "connect from a.example[192.0.2.10]:x", "connect from a.example[192.0.2.10],",
		"connect from a example[192.0.2.10]", "disconnect from unknown", "disconnect from a.example[local]",
		"TLS connection established", "Secured TLS connection reused by a.example[192.0.2.10]",
		"Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.3 with cipher X (many bits)",
		"Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.3 with cipher X (256/256 bits), and more",
		"SSL_accept error from a.example: -1", "NOQUEUE: client=", "3F1A2C0B7D: client=a.example", "3F1A2C0B7D: client=a.example[192.0.2.10];",
		"ABCDEF0123456789ABCDEF0123456: client=a.example[192.0.2.10]", // a digit more than any queue ID has
	} {
		if _, e := lexed(progSMTPD, text); e.kind != eventUnrecognized {
			t.Errorf("%q is taken by %q", text, e.kind)
		}
	}
}
