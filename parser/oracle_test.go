package parser

import (
	"regexp"
	"strings"
	"testing"
)

// The oracle is the grammar a second time: one anchored regular expression per rule, of the standard library, written from
// what Postfix's source prints and not from grammar.re. Where it is more generous than that, so is grammar.re on purpose:
const (
	oracleQueueID = `(?:[0-9A-F]{6,}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,}z[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]+)`
	oracleClient  = `[A-Za-z0-9_.-]+\[(?:[0-9A-Fa-f:.]+|unknown)\](?::(?:[0-9]+|unknown))?` // smtpd
	oracleRemote  = `\[[0-9A-Fa-f:.]+\]:[0-9]+`                                             // postscreen and tlsproxy
	oracleServer  = `[^ \[\]]+\[[^ \[\]]+\](?::[0-9]+)?`                                    // smtp and lmtp: an address or a path
	oracleSummary = `(?:[A-Za-z]+ )?TLS connection (?:established|reused)`
	oracleSession = `[^ ]+ with cipher [^ ]+ \(-?[0-9]+/-?[0-9]+ bits\)(?: .*)?`
)

// An oracleRule is a rule's name and form. Its first group is the queue ID, of a rule that keeps one; without a group the rule does not
// care for the ID's length.
type oracleRule struct {
	name string
	form *regexp.Regexp
	rest bool // takes only what no other rule of the program does
}

// An oracleProgram is what one program's lines may be. What begins like a line that decides about TLS, and is taken by no rule, is
// unrecognized; nil where nothing is.
type oracleProgram struct {
	rules        []oracleRule
	unrecognized *regexp.Regexp
}

// oracleForm writes <Q> for a queue ID that is kept, Q for one that is not, and CPEER, RPEER, SPEER for a client of smtpd, a client of
// postscreen and tlsproxy, and a server.
func oracleForm(form string) *regexp.Regexp {
	names := strings.NewReplacer("CPEER", oracleClient, "RPEER", oracleRemote, "SPEER", oracleServer,
		"SUMMARY", oracleSummary, "SESSION", oracleSession, "<Q>", "("+oracleQueueID+")", "Q:", oracleQueueID+":")
	return regexp.MustCompile(`\A(?:` + names.Replace(form) + `)\z`)
}

func rule(name, form string) oracleRule { return oracleRule{name: name, form: oracleForm(form)} }

// oracleDelivery is a delivery record, whole or cut behind relay= and the comma that ends it. Neither the addresses nor the reply at its
// end are to be believed, so only what is in between is held here; the fields have tests of their own.
func oracleDelivery() oracleRule {
	const address = `(?:[^"].*|"(?:[^"\\]|\\.)*".*|)`
	return rule("delivery", `<Q>: to=<`+address+`>, relay=[^ ,]+,.*`)
}

// oracle returns the rules of each program.
func oracle() map[program]oracleProgram {
	out := map[program]oracleProgram{
		progSMTPD: oracleSMTPD(),
		progCleanup: {rules: []oracleRule{
			rule("message-id", `<Q>: message-id=.*`),
			rule("canceled", `<Q>: removed \((?:canceled|discarded)\)`),
			rule("hold", `<Q>: (?:milter-)?hold: .+`),
			oracleDelivery(),
		}},
		progQmgr: {rules: []oracleRule{
			rule("active", `<Q>: from=<.*>, size=[0-9]+, nrcpt=[0-9]+ \(queue [a-z]+\)`),
			rule("removed", `<Q>: removed`),
			oracleDelivery(),
		}},
		progPickup: {rules: []oracleRule{
			rule("local", `<Q>: uid=[0-9]+ from=<.*>(?: orig_id=`+oracleQueueID+`)?`),
		}},
		progBounce: {rules: []oracleRule{
			rule("notification", `<Q>: (?:sender|postmaster) [a-z -]+ notification: `+oracleQueueID),
		}},
		progMaster: {rules: []oracleRule{
			rule("started", `daemon started -- version .+`),
			rule("reloaded", `reload -- version .+`),
			rule("stopped", `terminating on signal [0-9]+`),
			rule("child-died", `warning: process [^ ]+ pid [0-9]+ (?:killed by signal|exit status) [0-9]+`),
		}},
		progPostsuper: {rules: []oracleRule{
			rule("removed", `<Q>: removed`),
			rule("requeued", `<Q>: requeued`),
			rule("hold", `<Q>: placed on hold`),
		}},
		progPostscreen: {rules: []oracleRule{
			rule("connect", `CONNECT from RPEER(?: .*)?`),
			rule("disconnect", `DISCONNECT RPEER(?: .*)?`),
			rule("passed", `(?:PASS OLD|PASS NEW|ALLOWLISTED|WHITELISTED) RPEER(?: .*)?`),
			rule("hangup", `HANGUP after [0-9.]+ from RPEER in .*`),
		}},
		progTlsproxy: {rules: []oracleRule{
			rule("connect", `CONNECT from RPEER(?: .*)?`),
			rule("disconnect", `DISCONNECT RPEER(?: .*)?`),
			rule("tls", `SUMMARY from RPEER(?: to [^ :]+)?: SESSION`),
			rule("tls-failed", `TLS handshake failed for service=[^ ]+ peer=RPEER(?: .*)?`),
			rule("tls-failed", `SSL_accept error from RPEER: .*`),
			rule("tls-library", `warning: TLS library problem: .*`),
			rule("unverified", `(?:CA |server |client )?certificate verification failed for SPEER: .*`),
			oracleTLSRPT(),
		}},
	}
	out[progSMTP], out[progLMTP] = oracleSMTP(), oracleSMTP()
	for _, name := range agents() {
		out[lookupProgram([]byte(name))] = oracleProgram{rules: []oracleRule{oracleDelivery()}}
	}
	return out
}

// agents are the delivery agents within the host.
func agents() []string { return []string{"local", "virtual", "pipe", "error", "discard"} }

func oracleSMTPD() oracleProgram {
	return oracleProgram{rules: []oracleRule{
		rule("connect", `connect from CPEER(?: .*)?`),
		rule("disconnect", `disconnect from CPEER(?: .*)?`),
		rule("client", `<Q>: client=CPEER(?:[, ].*)?`),
		rule("proxied-client", `NOQUEUE: client=CPEER(?:[, ].*)?`),
		rule("proxied", `proxy-accept: END-OF-MESSAGE: 2[^;]* queued as <Q>(?:[; ].*)?`),
		rule("tls", `SUMMARY from CPEER(?: to [^ :]+)?: SESSION`),
		rule("tls-failed", `SSL_accept error from CPEER: .*`),
		rule("tls-library", `warning: TLS library problem: .*`),
		rule("tls-aborted", `NOQUEUE: abort: TLS from CPEER: .*`),
		rule("tls-dropped", `warning: New TLS session rate limit exceeded: \d+ from CPEER for service .+`),
		rule("hold", `NOQUEUE: (?:milter-)?hold: .+`),
		rule("tls-refused", `warning: (?:Refusing STARTTLS request|Refusing TLS service request|Wrapper-mode request dropped) from CPEER for service .+`),
		rule("ended", `(?:Q: |NOQUEUE: )?(?:lost connection|timeout|too many errors) after [A-Z-]+(?: \([0-9]+ bytes\))? from CPEER(?: .*)?`),
		rule("sasl-failed", `warning: CPEER: SASL [^ ]+ authentication failed(?:[: ].*)?`),
		rule("hold", `<Q>: (?:milter-)?hold: .+`),
		rule("died", `(?:fatal|panic): .*`),
	}, unrecognized: regexp.MustCompile(`\A(?:connect from|disconnect from|` + oracleSummary + `|SSL_accept error|(?:` + oracleQueueID + `|NOQUEUE): client=)`)}
}

// oracleSMTP are the rules of smtp(8), which is also lmtp(8).
func oracleSMTP() oracleProgram {
	return oracleProgram{rules: []oracleRule{
		oracleDelivery(),
		rule("tls", `SUMMARY to SPEER: SESSION`),
		rule("tls-failed", `SSL_connect error to SPEER: .*`),
		rule("tls-library", `warning: TLS library problem: .*`),
		rule("unverified", `(?:CA |server |client )?certificate verification failed for SPEER: .*`),
		rule("no-handshake", `<Q>: Cannot start TLS: handshake failure`),
		rule("lost", `<Q>: lost connection with SPEER while .*`),
		rule("lost", `<Q>: conversation with SPEER timed out while .*`),
		{name: "note", form: oracleForm(`<Q>: .*`), rest: true},
		oracleTLSRPT(),
		rule("died", `(?:fatal|panic): .*`),
	}, unrecognized: regexp.MustCompile(`\A(?:` + oracleSummary + `|SSL_connect error)`)}
}

// oracleTLSRPT is what smtp, and tlsproxy on its behalf, hand to the TLSRPT library (3.10).
func oracleTLSRPT() oracleRule {
	return rule("tlsrpt", `TLSRPT: status=(?:success|failure), domain=[^ ,]+, receiving_mx=[^ ,]+`+
		`(?:, failure_type=[A-Za-z_]+(?:, failure_reason=.*)?)?`)
}

// oracleRules returns the names of all rules that take a text, which are one or none.
func oracleRules(rules []oracleRule, text string) (names []string) {
	for _, rule := range rules {
		m := rule.form.FindStringSubmatch(text)
		switch {
		case m == nil || rule.rest && len(names) > 0:
		case len(m) > 1 && len(m[1]) > maxQueueID: // no queue ID: a client= line is reported then, others are noise
			if rule.name == "client" {
				names = append(names, "unrecognized")
			}
		default:
			names = append(names, rule.name)
		}
	}
	return names
}

// oracleRuleOf returns the rule that must take the text, "" for none.
func oracleRuleOf(t testing.TB, name string, prog oracleProgram, text string) string {
	t.Helper()
	names := oracleRules(prog.rules, text)
	switch {
	case len(names) > 1:
		t.Errorf("%s: %q is taken by the rules %q", name, text, names)
		return names[0]
	case len(names) == 1:
		return names[0]
	case prog.unrecognized != nil && prog.unrecognized.MatchString(text):
		return "unrecognized"
	default:
		return ""
	}
}

// lexed lets the compiled grammar read a text, which has no line end.
func lexed(prog program, text string) (*batch, *event) {
	b := &batch{buf: []byte(text + "\n")}
	e := &event{prog: prog}
	b.lexText(e, 0)
	return b, e
}
