package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/loggen"
)

// TestKitFleet has five hosts, each with an exporter and a Prometheus agent that sends what it scrapes to one VictoriaMetrics. What that says of the fleet is what
// parse says of the hosts' logs, summed.
func TestKitFleet(t *testing.T) {
	need(t, "prometheus", "victoria-metrics")
	store := startVictoriaMetrics(t)
	flags := []string{"--year", "2026", "--timezone", "UTC"}
	messages, plaintext := samples{}, samples{}
	for i, log := range corpusLogs(t, "out-v312-reuse-longids", "v312-sni", "v37-sni", "v37-loglevel2", "v37-instance-out") {
		log = plainLog(t, log)
		exporter := serve(t, append(flags, "--log", log)...)
		startAgent(t, exporter.address, fmt.Sprintf("mx%d", i), store)
		addReported(t, program(t, append(append([]string{"parse", "--format", "json"}, flags...), log)...), messages, plaintext)
	}
	ask := func(query string, labels ...string) (samples, error) { return instant(t, store, query, labels...) }
	eventually(t, "the sums of the fleet", func() error {
		got, err := ask(`sum by (direction, class, tls) (postfix_tls_messages_total) > 0`, "direction", "class", "tls")
		return errors.Join(err, differ(messages, got))
	})
	eventually(t, "peers over all hosts", func() error {
		got, err := ask(`sum by (peer) (postfix_tls_peer_messages_total{direction="inbound", tls="plaintext"}) > 0`, "peer")
		return errors.Join(err, differ(plaintext, got))
	})
	t.Run("as the page says", func(t *testing.T) {
		all := 0.0
		for key, n := range messages {
			if strings.HasPrefix(key, "inbound public ") {
				all += n
			}
		}
		queries := promQL(t)
		share, err := ask(queries[0])
		if want := (samples{"": messages["inbound public plaintext"] / all}); err != nil || differ(want, share) != nil {
			t.Errorf("%v, %v: %s", err, share, queries[0])
		}
		top, err := ask(queries[1], "peer")
		if err != nil || len(top) != 10 {
			t.Errorf("%v, %v: %s", err, top, queries[1])
		}
		for peer, n := range top {
			if plaintext[peer] != n {
				t.Errorf("%s has %v, want %v", peer, n, plaintext[peer])
			}
		}
	})
}

// addReported adds what a report says of messages, by direction, class and TLS, and of those that came in plaintext, by peer.
func addReported(t *testing.T, text []byte, messages, plaintext samples) {
	t.Helper()
	var r struct {
		Messages []struct {
			Direction, Class, TLS string
			Count                 float64
		}
		Peers []struct {
			Direction, Peer string
			MessagesTLS     map[string]float64 `json:"messages_tls"`
		}
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Messages {
		messages[m.Direction+" "+m.Class+" "+m.TLS] += m.Count
	}
	for _, p := range r.Peers {
		if n := p.MessagesTLS["plaintext"]; n > 0 && p.Direction == "inbound" {
			plaintext[p.Peer] += n
		}
	}
}

// plainLog returns a log without compression, which only rotated ones have.
func plainLog(t *testing.T, log string) string {
	t.Helper()
	text, err := os.ReadFile(log)
	if err == nil && filepath.Ext(log) == ".gz" {
		var r *gzip.Reader
		if r, err = gzip.NewReader(bytes.NewReader(text)); err == nil {
			text, err = io.ReadAll(r)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, filepath.Join(t.TempDir(), "mail.log"), string(text), 0o600)
}

func differ(want, got samples) error {
	if diff := cmp.Diff(want, got); diff != "" {
		return errors.New("(-want +got):\n" + diff)
	}
	return nil
}

// promQL returns the queries of docs/fleet.md.
func promQL(t *testing.T) []string {
	t.Helper()
	for _, b := range pageBlocks(fleetPage(t)) {
		if b.kind == "promql" {
			return strings.Split(strings.TrimSpace(b.text), "\n")
		}
	}
	t.Fatal("no queries on the page")
	return nil
}

func fleetPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "fleet.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// startVictoriaMetrics returns the address of its web server.
func startVictoriaMetrics(t *testing.T) string {
	t.Helper()
	address := freeAddress(t)
	start(t, "victoria-metrics", "-httpListenAddr="+address, "-storageDataPath="+t.TempDir(), "-search.latencyOffset=0s")
	return address
}

// startAgent starts a Prometheus agent that is configured as the page says, but for addresses and times.
func startAgent(t *testing.T, exporter, host, store string) {
	t.Helper()
	var config string
	for _, b := range pageBlocks(fleetPage(t)) {
		if b.kind == "yaml" && strings.Contains(b.text, "remote_write") {
			config = strings.NewReplacer("127.0.0.1:10154", exporter, "host: mx1", "host: "+host, "15s", "1s", "https://metrics.example.net", "http://"+store).Replace(b.text)
		}
	}
	dir := t.TempDir()
	start(t, "prometheus", "--enable-feature=agent", "--config.file="+writeFile(t, filepath.Join(dir, "agent.yml"), config, 0o600),
		"--storage.agent.path="+filepath.Join(dir, "data"), "--web.listen-address="+freeAddress(t), "--log.level=warn")
}

// start starts a program that is killed at the end of the test.
func start(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // it was killed, which is no news
}

// instant asks a server that speaks the API of Prometheus. The answer's samples go by the values of the labels.
func instant(t *testing.T, server, query string, labels ...string) (samples, error) {
	t.Helper()
	body, err := get(t.Context(), http.DefaultClient, "http://"+server+"/api/v1/query?query="+url.QueryEscape(query))
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any // the time, and the value as text
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("%w: %s", err, body)
	}
	out := samples{}
	for _, r := range answer.Data.Result {
		var key []string
		for _, l := range labels {
			key = append(key, r.Metric[l])
		}
		text, _ := r.Value[1].(string)
		if out[strings.Join(key, " ")], err = strconv.ParseFloat(text, 64); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// TestKitScrape1000Peers measures a scrape of an exporter that counts 1,000 peers by name: what docs/fleet.md says of it.
func TestKitScrape1000Peers(t *testing.T) {
	var log bytes.Buffer
	if _, err := loggen.Generate(&log, loggen.Options{Lines: 120_000, Peers: 4000, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	exporter := serve(t, "--log", writeFile(t, filepath.Join(t.TempDir(), "mail.log"), log.String(), 0o600))
	lines := float64(bytes.Count(log.Bytes(), []byte("\n")))
	exporter.await(t, "postfix_tls_log_lines_total", func(n float64) bool { return n == lines })
	begin := time.Now()
	const times = 10
	var body []byte
	for range times {
		var err error
		if body, err = exporter.metrics(t); err != nil {
			t.Fatal(err)
		}
	}
	took := time.Since(begin) / times
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write(body)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	series := 0
	for line := range bytes.Lines(body) {
		if line[0] != '#' {
			series++
		}
	}
	t.Logf("%d series, %d bytes, %d compressed, %v a scrape", series, len(body), packed.Len(), took)
	exporter.await(t, "postfix_tls_tracked_peers", func(n float64) bool { return n >= 900 })
	if series > 16_000 || packed.Len() > 200<<10 || took > time.Second {
		t.Error("more than docs/fleet.md says")
	}
}

// TestKitThousandHosts has a Prometheus scrape the page of an exporter a thousand times, as that of a thousand hosts.
func TestKitThousandHosts(t *testing.T) {
	need(t, "prometheus")
	const hosts = 1000
	exporter := serve(t, "--log", absolute(t, filepath.Join(root, "testdata", "sample.log")), "--timezone", "UTC", "--peer-label", "none")
	exporter.await(t, "postfix_tls_log_lines_total", func(n float64) bool { return n == 459 })
	page, err := exporter.metrics(t)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = w.Write(page) // the client may be gone
	}))
	t.Cleanup(web.Close)
	type target struct {
		Targets []string          `json:"targets"`
		Labels  map[string]string `json:"labels"`
	}
	var targets []target
	for n := range hosts {
		targets = append(targets, target{[]string{web.Listener.Addr().String()}, map[string]string{"instance": fmt.Sprintf("mx%d", n)}})
	}
	list, err := json.Marshal(targets)
	if err != nil {
		t.Fatal(err)
	}
	dir, address := t.TempDir(), freeAddress(t)
	writeFile(t, filepath.Join(dir, "targets.json"), string(list), 0o600)
	config := writeFile(t, filepath.Join(dir, "prometheus.yml"), fmt.Sprintf(`
global: {scrape_interval: 15s}
scrape_configs:
  - job_name: postfix-tls
    file_sd_configs: [{files: [targets.json]}]
  - job_name: prometheus
    scrape_interval: 1s
    static_configs: [{targets: [%q]}]
`, address), 0o600)
	start(t, "prometheus", "--config.file", config, "--storage.tsdb.path", filepath.Join(dir, "data"), "--web.listen-address", address, "--log.level=warn")
	// 11 of the sample log's 35 messages from the Internet are in plaintext.
	eventually(t, "a thousand hosts", func() error {
		got, err := instant(t, address, `sum by (tls) (postfix_tls_messages_total{direction="inbound", class="public", tls="plaintext"})`, "tls")
		return errors.Join(err, differ(samples{"plaintext": 11 * hosts}, got))
	})
	for what, query := range map[string]string{
		"seconds a scrape, at most":   `max(scrape_duration_seconds{job="postfix-tls"})`,
		"series a host":               `max(scrape_samples_scraped{job="postfix-tls"})`,
		"bytes of memory":             `process_resident_memory_bytes{job="prometheus"}`,
		"seconds of processor so far": `process_cpu_seconds_total{job="prometheus"}`,
	} {
		got, err := instant(t, address, query)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v %s", got[""], what)
	}
}
