package main

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// patience is how long a test waits for what must happen; it never decides whether a fast machine passes.
const patience = 2 * time.Minute

// eventually waits until ok is true.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}

// get returns the status and body of a page.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// A scrape is what /metrics holds: values by name and labels, "name{a=b,c=d}", labels in order and without those that are empty. The
// program's own prefix is left out, and so are series that are 0.
type scrape map[string]float64

func scrapeFrom(t *testing.T, base string) scrape {
	t.Helper()
	status, body := get(t, base+"/metrics")
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, body)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	out := scrape{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName(), l.GetValue())
			}
			if v := m.GetCounter().GetValue() + m.GetGauge().GetValue(); v != 0 {
				out[series(strings.TrimPrefix(name, "postfix_tls_"), labels...)] += v
			}
		}
	}
	return out
}

// series writes a name and pairs of label and value as scrapes do.
func series(name string, labels ...string) string {
	var pairs []string
	for i := 0; i < len(labels); i += 2 {
		if labels[i+1] != "" {
			pairs = append(pairs, labels[i]+"="+labels[i+1])
		}
	}
	slices.Sort(pairs)
	return name + "{" + strings.Join(pairs, ",") + "}"
}

// named leaves the series of these metrics.
func (s scrape) named(names ...string) scrape {
	out := scrape{}
	for key, v := range s {
		if name, _, _ := strings.Cut(key, "{"); slices.Contains(names, name) {
			out[key] = v
		}
	}
	return out
}

// sum adds up a metric.
func (s scrape) sum(name string) float64 {
	var sum float64
	for _, v := range s.named(name) {
		sum += v
	}
	return sum
}

// by adds up a metric by some of its labels.
func (s scrape) by(name string, labels ...string) scrape {
	out := scrape{}
	for key, v := range s.named(name) {
		_, pairs, _ := strings.Cut(strings.TrimSuffix(key, "}"), "{")
		var kept []string
		for pair := range strings.SplitSeq(pairs, ",") {
			if label, value, _ := strings.Cut(pair, "="); slices.Contains(labels, label) {
				kept = append(kept, label, value)
			}
		}
		out[series(name, kept...)] += v
	}
	return out
}

// totalsOf are the metrics that say the same as a report does.
var totalsOf = []string{
	"sessions_total", "messages_total", "handshake_failures_total", "log_lines_total", "plaintext_auth_total", "key_exchanges_total",
	"graded_sessions_total", "graded_messages_total",
}

// asScrape writes reports as metrics do, and adds them up.
func asScrape(reports ...reportRecord) scrape {
	out := scrape{}
	add := func(n int, name string, labels ...string) {
		if n != 0 {
			out[series(name, labels...)] += float64(n)
		}
	}
	for _, r := range reports {
		for _, s := range r.Sessions {
			add(s.Count, "sessions_total", "direction", s.Direction, "mta", s.Instance, "service", s.Service, "class", s.Class,
				"tls", s.TLS, "protocol", s.Protocol, "cipher", s.Cipher)
		}
		for _, m := range r.Messages {
			add(m.Count, "messages_total", "direction", m.Direction, "mta", m.Instance, "service", m.Service, "class", m.Class,
				"tls", m.TLS, "protocol", m.Protocol)
		}
		for _, f := range r.Failures {
			add(f.Count, "handshake_failures_total", "direction", f.Direction, "service", f.Service, "result", f.Result, "reason", f.Reason)
		}
		for _, result := range []string{"used", "ignored", "unrecognized", "foreign"} {
			add(r.Lines[result], "log_lines_total", "result", result)
		}
		for _, a := range r.PlaintextAuth {
			add(a.Count, "plaintext_auth_total", "service", a.Service)
		}
		for _, k := range r.KeyExchanges {
			add(k.Count, "key_exchanges_total", "direction", k.Direction, "group", k.Group)
		}
		for _, g := range r.Grades {
			add(g.Sessions, "graded_sessions_total", "direction", g.Direction, "class", g.Class, "profile", g.Profile, "grade", g.Grade)
			add(g.Messages, "graded_messages_total", "direction", g.Direction, "class", g.Class, "profile", g.Profile, "grade", g.Grade)
		}
	}
	return out
}

// peersAsScrape writes what a report says of peers as metrics do.
func peersAsScrape(r reportRecord) (sessions, messages, failures scrape) {
	sessions, messages, failures = scrape{}, scrape{}, scrape{}
	for _, p := range r.Peers {
		for state, n := range p.TLS {
			sessions[series("peer_sessions_total", "peer", p.Peer, "tls", state)] += float64(n)
		}
		for state, n := range p.MessagesTLS {
			messages[series("peer_messages_total", "peer", p.Peer, "tls", state)] += float64(n)
		}
		for reason, n := range p.Failures {
			failures[series("peer_handshake_failures_total", "peer", p.Peer, "reason", reason)] += float64(n)
		}
	}
	return sessions, messages, failures
}

// outboundReport is what a report says of deliveries alone.
type outboundReport struct {
	Deliveries []struct {
		Instance, Service, Program, Class, TLS, Protocol, Trust, Policy, RequireTLS, Status string

		Count, Recipients int
	}
	Domains []struct {
		Domain, Class            string
		Recipients               int
		TLS, Protocols, Failures map[string]int
	}
	TLSRPT []struct {
		Domain, Result string
		Count          int
	}
	Contradictions, Ambiguous int
	Evicted                   map[string]int
}

// asScrape writes the report as metrics do.
func (r *outboundReport) asScrape() scrape {
	out := scrape{}
	add := func(n int, name string, labels ...string) {
		if n != 0 {
			out[series(name, labels...)] += float64(n)
		}
	}
	for _, d := range r.Deliveries {
		add(d.Recipients, "deliveries_total", "mta", d.Instance, "service", d.Service, "class", d.Class, "tls", d.TLS,
			"policy", d.Policy, "status", d.Status)
	}
	for _, d := range r.Domains {
		for state, n := range d.TLS {
			if state != "established" {
				add(n, "domain_messages_total", "domain", d.Domain, "class", d.Class, "tls", state)
			}
		}
		for protocol, n := range d.Protocols {
			add(n, "domain_messages_total", "domain", d.Domain, "class", d.Class, "tls", "established", "protocol", protocol)
		}
	}
	for _, v := range r.TLSRPT {
		add(v.Count, "tlsrpt_results_total", "result", v.Result)
	}
	add(r.Contradictions, "contradictions_total")
	add(r.Ambiguous, "ambiguous_deliveries_total")
	for what, field := range map[string]string{"delivery": "deliveries", "process": "processes", "domain": "domains"} {
		add(r.Evicted[field], "evicted_total", "what", what)
	}
	return out
}

// outboundLog has mail to two recipients under TLS, to one in plaintext; a server without the TLS that is required, a domain without the TLSA
// records that are required; and what TLSRPT says of it.
const outboundLog = `2026-11-22T04:00:00+00:00 mx1 postfix/smtp[520]: Trusted TLS connection established to mx1.example.net[192.0.2.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519 server-signature RSA-PSS (2048 bits) server-digest SHA256
2026-11-22T04:00:00+00:00 mx1 postfix/smtp[520]: TLSRPT: status=success, domain=example.net, receiving_mx=mx1.example.net[192.0.2.25]
2026-11-22T04:00:01+00:00 mx1 postfix/smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay=mx1.example.net[192.0.2.25]:25, delay=0.5, delays=0.1/0/0.2/0.2, tls=may, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 2A980A8A10D)
2026-11-22T04:00:01+00:00 mx1 postfix/smtp[520]: 3F1A2C0B7D: to=<b@example.net>, relay=mx1.example.net[192.0.2.25]:25, delay=0.5, delays=0.1/0/0.2/0.2, tls=may, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 2A980A8A10D)
2026-11-22T04:00:02+00:00 mx1 postfix/smtp[521]: 3F1A2C0B7E: to=<c@example.org>, relay=mx.example.org[192.0.2.26]:25, delay=0.5, delays=0.1/0/0.2/0.2, tls=may:none, dsn=2.0.0, status=sent (250 ok)
2026-11-22T04:00:03+00:00 mx1 postfix/smtp[522]: 3F1A2C0B7F: to=<d@example.org>, relay=mx.example.org[192.0.2.26]:25, delay=0.5, delays=0.1/0/0.4/0, tls=!encrypt, dsn=4.7.4, status=deferred (TLS is required, but was not offered by host mx.example.org[192.0.2.26])
2026-11-22T04:00:04+00:00 mx1 postfix/smtp[523]: TLSRPT: status=failure, domain=dane.example.com, receiving_mx=(Null), failure_type=dane_required
2026-11-22T04:00:04+00:00 mx1 postfix/smtp[523]: 3F1A2C0B80: to=<e@dane.example.com>, relay=none, delay=0.5, delays=0.1/0/0.4/0, tls=!dane-only, dsn=4.7.5, status=deferred (no TLSA records found)
`

// TestServeOutbound says of deliveries what a report says.
func TestServeOutbound(t *testing.T) {
	t.Parallel()
	log := writeFile(t, filepath.Join(t.TempDir(), "mail.log"), outboundLog)
	got := serve(t, "--log", log).awaitLines(t, strings.Count(outboundLog, "\n"))
	var report outboundReport
	if err := json.Unmarshal([]byte(mustInvoke(t, "parse", "--format", "json", log)), &report); err != nil {
		t.Fatal(err)
	}
	deliveries := got.named("deliveries_total", "domain_messages_total", "tlsrpt_results_total", "contradictions_total",
		"ambiguous_deliveries_total", "evicted_total")
	equal(t, "deliveries, as in the report", report.asScrape(), deliveries)
	want := scrape{
		"deliveries_total{class=public,mta=postfix,policy=may,service=smtp,status=sent,tls=established}":        2,
		"deliveries_total{class=public,mta=postfix,policy=may:none,service=smtp,status=sent,tls=plaintext}":     1,
		"deliveries_total{class=public,mta=postfix,policy=!encrypt,service=smtp,status=deferred,tls=failed}":    1,
		"deliveries_total{class=unknown,mta=postfix,policy=!dane-only,service=smtp,status=deferred,tls=failed}": 1,
		"domain_messages_total{class=public,domain=example.net,protocol=TLSv1.3,tls=established}":               2,
		"domain_messages_total{class=public,domain=example.org,tls=plaintext}":                                  1,
		"tlsrpt_results_total{result=success}":                                                                  1,
		"tlsrpt_results_total{result=dane-required}":                                                            1,
	}
	equal(t, "deliveries", want, deliveries)
}
