package exporter

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
)

var update = flag.Bool("update", false, "rewrite the reference of metrics in docs")

const reference = "../docs/metrics.md"

// How many series a metric can have.
const (
	one      = "1"
	constant = "fixed"
	perLog   = "1 for each log"
	services = "dozens: grows with services and what they use, 10,000 at most"
	names    = "about 2 for each peer: `--peer-limit` peers of each direction, and `other`"
)

// growth tells how many series each metric can have.
var growth = map[metric]string{
	sessionsTotal: services, messagesTotal: services, deliveriesTotal: services, failuresTotal: services,
	peerSessionsTotal: names, peerMessagesTotal: names, peerFailuresTotal: "1 for each reason of each peer whose handshakes failed",
	domainMessagesTotal: "about 2 for each domain: `--peer-limit` domains, and `other`",
	keyExchangesTotal:   "a dozen: grows with the groups in use", tlsrptTotal: constant, plaintextAuthTotal: "1 for each service of smtpd",
	downgradesTotal: constant, gradedSessionsTotal: constant, gradedMessagesTotal: constant, contradictionsTotal: one, ambiguousTotal: one,
	openSessions: one, openMessages: one, trackedPeers: one, evictedTotal: constant, linesTotal: constant,
	logBytes: perLog, logRotations: perLog, logLostBytes: perLog, logCutLines: perLog, logLag: perLog, logLastLine: perLog, logGaps: perLog,
	logDropped: perLog, logRestarts: perLog, checkpointSaved: one, checkpointErrors: one, buildInfo: one,
}

// absent tells when a metric is not there at all.
var absent = map[metric]string{
	checkpointSaved: "before the first checkpoint, and without `--state-directory`", checkpointErrors: "without `--state-directory`",
	logLastLine:       "before the first line of Postfix",
	peerSessionsTotal: "with `--peer-label none`", peerMessagesTotal: "with `--peer-label none`", peerFailuresTotal: "with `--peer-label none`",
	domainMessagesTotal: "with `--peer-label none`, and before the first delivery to another host",
}

// values tells what labels hold, in the order in which they are explained.
var values = [][2]string{
	{"direction", "`inbound`: smtpd and postscreen; `outbound`: smtp and lmtp"},
	{"mta", "name of the Postfix instance, as its log tag begins (`syslog_name`): mostly `postfix`"},
	{"service", "service by its log tag: `smtpd`, `submission`, `smtp`, ..."},
	{"class", "of the peer: `public`, `private` (also `--trusted-network`), `loopback`, `unix` (a socket), `unknown` (gone before its address was known); empty for peers that count as `other`"},
	{"tls", "`established`, `plaintext`, `failed`, `unlogged` or `unknown`, as the README explains; empty for a delivery that reached no server"},
	{"protocol", "`TLSv1.3`, ... as logged; empty unless `tls` is `established`"},
	{"cipher", "as logged, in OpenSSL's words; empty unless `tls` is `established`"},
	{"peer", "client or relay, by `--peer-label`; `other` past `--peer-limit`"},
	{"domain", "of the recipient; `other` past `--peer-limit`"},
	{"result", "of handshakes: failure type of RFC 8460; of lines: `used`, `ignored` (nothing about TLS in them), `unrecognized`, `foreign` (not of Postfix)"},
	{"reason", "why a handshake failed; the README has the list"},
	{"group", "key exchange group, such as `x25519` or `X25519MLKEM768`"},
	{"policy", "security level in `tls=` (Postfix 3.11 and later); else empty"},
	{"status", "`sent`, `deferred` or `bounced`, as logged"},
	{"kind", "`plaintext`, or `version`: a lower one"},
	{"profile", "guideline of the grades, by `--profile`"},
	{"grade", "`" + strings.Join(report.GradeNames(), "`, `") + "`"},
	{"what", "what was given up: `peer`, `session`, ..."},
	{"log", "path of the log; `journal` or `syslog`"},
	{"version", "of the exporter"},
	{"revision", "commit that the exporter was built from"},
	{"goversion", "of the Go compiler"},
}

// TestReference compares docs/metrics.md with the table of metrics.
func TestReference(t *testing.T) {
	want := writeReference(t)
	if *update {
		if err := os.WriteFile(reference, []byte(want), 0o644); err != nil { //nolint:gosec // it is part of the repository
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("run `go test ./exporter -run TestReference -update` (-table +page):\n%s", diff)
	}
}

func writeReference(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`# Metrics

<!-- Made from exporter/metrics.go by: go test ./exporter -run TestReference -update -->

All names begin with ` + "`" + namespace + "`" + `. Counters that can be foreseen are there with 0 from the first scrape on, so that ` + "`rate()`" + ` sees their first increment.
There are also the usual ` + "`go_`" + `, ` + "`process_`" + ` and ` + "`promhttp_`" + ` metrics.

| metric | type | what it counts | labels | series |
|---|---|---|---|---|
`)
	used := map[string]bool{}
	for i, m := range metrics {
		bound := growth[metric(i)]
		if bound == "" {
			t.Errorf("%s: growth does not say how many series it can have", m.name)
		}
		if when := absent[metric(i)]; when != "" {
			bound += "; none " + when
		}
		for _, l := range m.labels {
			used[l] = true
		}
		fmt.Fprintf(&b, "| `%s%s` | %s | %s | %s | %s |\n", namespace, m.name, typeName(m.kind), m.help, strings.Join(m.labels, ", "), bound)
	}
	b.WriteString("\n## Labels\n\n| label | what it holds |\n|---|---|\n")
	for _, v := range values {
		if !used[v[0]] {
			t.Errorf("no metric has the label %s", v[0])
		}
		delete(used, v[0])
		fmt.Fprintf(&b, "| `%s` | %s |\n", v[0], v[1])
	}
	for l := range used {
		t.Errorf("values does not say what the label %s holds", l)
	}
	b.WriteString(`
## How many series

One host with a few services has some 500 series, most of them 0, and about five more for each peer and domain that is named: some 10,000 if the default
` + "`--peer-limit`" + ` of 1000 is reached. Peers are strangers, and who wants can come under many names; past the limit they all are ` + "`other`" + `. A peer has a series for
each version and cipher it uses, and only such as this Postfix accepts. ` + "`--peer-label domain`" + ` or ` + "`none`" + ` make fewer.
`)
	return b.String()
}

func typeName(kind prometheus.ValueType) string {
	return map[prometheus.ValueType]string{prometheus.CounterValue: "counter", prometheus.GaugeValue: "gauge"}[kind]
}

// TestReferenceKnowsValues looks for each value of labels with few of them, as the sample has it, on the page.
func TestReferenceKnowsValues(t *testing.T) {
	page, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	few := []string{"direction", "class", "tls", "kind", "grade"}
	for name := range gather(t, sampleData(t)) {
		_, labels, _ := strings.Cut(strings.TrimSuffix(name, "}"), "{")
		for pair := range strings.SplitSeq(labels, ",") {
			label, value, _ := strings.Cut(pair, "=")
			if slices.Contains(few, label) && !strings.Contains(string(page), "`"+value+"`") {
				t.Errorf("%s=%s is not on the page", label, value)
			}
		}
	}
}
