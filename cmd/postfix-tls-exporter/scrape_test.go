package main

import (
	"io"
	"net/http"
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
	}
	return out
}

// peersAsScrape writes what a report says of peers as metrics do.
func peersAsScrape(r reportRecord) (sessions, messages, failures scrape) {
	sessions, messages, failures = scrape{}, scrape{}, scrape{}
	for _, p := range r.Peers {
		for state, n := range p.TLS {
			sessions[series("peer_sessions_total", "peer", p.Peer, "tls", state)] = float64(n)
		}
		for state, n := range p.MessagesTLS {
			messages[series("peer_messages_total", "peer", p.Peer, "tls", state)] = float64(n)
		}
		for reason, n := range p.Failures {
			failures[series("peer_handshake_failures_total", "peer", p.Peer, "reason", reason)] = float64(n)
		}
	}
	return sessions, messages, failures
}
