package parser

import (
	"regexp"
	"strings"
	"testing"
)

// The oracle is the grammar a second time: one anchored regular expression per rule, of the standard library, written from
// what Postfix's source prints and not from grammar.re. Where it is more generous than that, so is grammar.re on purpose:
//   - A line that goes on behind its known head is taken: a later Postfix may say more.
//   - Any word may stand where the trust word does.
//   - Queue IDs have no greatest length here; see maxQueueID.
const (
	oracleQueueID = `(?:[0-9A-F]{6,}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,}z[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]+)`
	oraclePeer    = `[A-Za-z0-9_.-]+\[(?:[0-9A-Fa-f:.]+|unknown)\](?::(?:[0-9]+|unknown))?`
)

// An oracleRule is a rule's name and form. ID is where the queue ID is that the rule keeps; without it the rule does not care for
// its length.
type oracleRule struct {
	name string
	form *regexp.Regexp
	id   bool
}

// oracleForm writes Q for a queue ID and CPEER for a client.
func oracleForm(form string) *regexp.Regexp {
	return regexp.MustCompile(`\A(?:` + strings.NewReplacer("CPEER", oraclePeer, "<Q>", "("+oracleQueueID+")", "Q:", oracleQueueID+":").Replace(form) + `)\z`)
}

// oracle returns the rules of each program.
func oracle() map[program][]oracleRule {
	plain := func(name, form string) oracleRule { return oracleRule{name, oracleForm(form), false} }
	withID := func(name, form string) oracleRule { return oracleRule{name, oracleForm(form), true} }
	return map[program][]oracleRule{
		progSMTPD: {
			plain("connect", `connect from CPEER(?: .*)?`),
			plain("disconnect", `disconnect from CPEER(?: .*)?`),
			withID("client", `<Q>: client=CPEER(?:[, ].*)?`),
			plain("proxied-client", `NOQUEUE: client=CPEER(?:[, ].*)?`),
			plain("tls", `(?:[A-Za-z]+ )?TLS connection (?:established|reused) from CPEER(?: to [^ :]+)?: [^ ]+ with cipher [^ ]+ \(-?[0-9]+/-?[0-9]+ bits\)(?: .*)?`),
			plain("tls-failed", `SSL_accept error from CPEER: .*`),
			plain("tls-library", `warning: TLS library problem: .*`),
			plain("tls-aborted", `NOQUEUE: abort: TLS from CPEER: .*`),
			plain("tls-dropped", `warning: New TLS session rate limit exceeded: \d+ from CPEER for service .+`),
			plain("hold", `NOQUEUE: (?:milter-)?hold: .+`),
			plain("tls-refused", `warning: (?:Refusing STARTTLS request|Refusing TLS service request|Wrapper-mode request dropped) from CPEER for service .+`),
			plain("ended", `(?:Q: |NOQUEUE: )?(?:lost connection|timeout|too many errors) after [A-Z-]+(?: \([0-9]+ bytes\))? from CPEER(?: .*)?`),
			plain("sasl-failed", `warning: CPEER: SASL [^ ]+ authentication failed(?:[: ].*)?`),
			withID("hold", `<Q>: (?:milter-)?hold: .+`),
			plain("died", `(?:fatal|panic): .*`),
		},
		progCleanup: {
			withID("message-id", `<Q>: message-id=.*`),
			withID("canceled", `<Q>: removed \((?:canceled|discarded)\)`),
			withID("hold", `<Q>: (?:milter-)?hold: .+`),
		},
		progQmgr: {
			withID("active", `<Q>: from=<.*>, size=[0-9]+, nrcpt=[0-9]+ \(queue [a-z]+\)`),
			withID("removed", `<Q>: removed`),
		},
		progPickup: {
			withID("local", `<Q>: uid=[0-9]+ from=<.*>(?: orig_id=`+oracleQueueID+`)?`),
		},
		progBounce: {
			withID("notification", `<Q>: (?:sender|postmaster) [a-z -]+ notification: `+oracleQueueID),
		},
		progMaster: {
			plain("started", `daemon started -- version .+`),
			plain("stopped", `terminating on signal [0-9]+`),
			plain("child-died", `warning: process [^ ]+ pid [0-9]+ (?:killed by signal|exit status) [0-9]+`),
		},
		progPostsuper: {
			withID("removed", `<Q>: removed`),
			withID("requeued", `<Q>: requeued`),
			withID("hold", `<Q>: placed on hold`),
		},
	}
}

// oracleUnrecognized is what begins like a line of smtpd that decides about TLS; it is asked when no rule takes the line.
func oracleUnrecognized() *regexp.Regexp {
	return regexp.MustCompile(`\A(?:connect from|disconnect from|(?:[A-Za-z]+ )?TLS connection (?:established|reused)|SSL_accept error|(?:` +
		oracleQueueID + `|NOQUEUE): client=)`)
}

// oracleRules returns the names of all rules that take a text, which are one or none.
func oracleRules(rules []oracleRule, text string) (names []string) {
	for _, rule := range rules {
		m := rule.form.FindStringSubmatch(text)
		switch {
		case m == nil:
		case rule.id && len(m[1]) > maxQueueID: // no queue ID: a client= line is reported then, others are noise
			if rule.name == "client" {
				names = append(names, "unrecognized")
			}
		default:
			names = append(names, rule.name)
		}
	}
	return names
}

// oracleRule returns the rule that must take the text, "" for none.
func oracleRuleOf(t testing.TB, prog program, rules []oracleRule, unrecognized *regexp.Regexp, text string) string {
	t.Helper()
	names := oracleRules(rules, text)
	switch {
	case len(names) > 1:
		t.Errorf("%v: %q is taken by the rules %q", prog, text, names)
		return names[0]
	case len(names) == 1:
		return names[0]
	case prog == progSMTPD && unrecognized.MatchString(text):
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
