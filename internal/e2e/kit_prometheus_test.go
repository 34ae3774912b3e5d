package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A fleet is several `serve`, each of a log of its own, and a Prometheus that scrapes them every second.
type fleet struct {
	prometheus string
	hosts      []*fleetHost
}

// A fleetHost is one of them.
type fleetHost struct {
	*server

	log  string
	text []byte
}

// fleetLogs are those that the fleet has: with names and peers of the Internet; with a server that stops to offer TLS; with tls= in delivery lines; and with postscreen.
var fleetLogs = []string{"sample.log", "corpus/chain-v37-to-v312/mail.log.gz", "corpus/out-v312-reuse-longids/mail.log.gz", "corpus/v312-postscreen/mail.log.gz"}

// startFleet starts the fleet, and lets its logs grow twice, each time by the whole log: rate() needs to see a series before it grows. Those that can be
// foreseen are there with the first scrape of empty logs, all others when the logs are there.
func startFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{}
	var targets []string
	for _, name := range fleetLogs {
		h := &fleetHost{log: writeFile(t, filepath.Join(t.TempDir(), "mail.log"), "", 0o644), text: readLog(t, filepath.Join(root, "testdata", name))}
		h.server = serve(t, "--log", h.log, "--year", "2026", "--timezone", "UTC", "--state-directory", t.TempDir(), "--checkpoint-interval", "1s",
			"--events", filepath.Join(t.TempDir(), "events"))
		f.hosts, targets = append(f.hosts, h), append(targets, strconv.Quote(h.address))
	}
	f.prometheus = startPrometheus(t, targets...)
	for i := range 3 {
		f.await(t, i)
		if i < 2 {
			for _, h := range f.hosts {
				h.grow(t)
			}
		}
	}
	return f
}

// await returns when Prometheus has scraped each host twice after it read its log n times.
func (f *fleet) await(t *testing.T, n int) {
	t.Helper()
	eventually(t, "scrapes of all hosts", func() error {
		for _, h := range f.hosts {
			got, err := f.value(t, fmt.Sprintf(`min_over_time(postfix_tls_log_bytes_total{instance=%q}[2s])`, h.address))
			if err != nil {
				return err
			}
			if want := float64(n * len(h.text)); got != want {
				return fmt.Errorf("%s: %v bytes were read, want %v", h.log, got, want)
			}
		}
		return nil
	})
}

// grow appends the whole log.
func (h *fleetHost) grow(t *testing.T) {
	t.Helper()
	file, err := os.OpenFile(h.log, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.Write(h.text)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

// value returns the one value that a query has.
func (f *fleet) value(t *testing.T, query string) (float64, error) {
	t.Helper()
	values, err := f.values(t, "/api/v1/query", url.Values{"query": {query}})
	if err == nil && len(values) != 1 {
		err = fmt.Errorf("%s: %d values", query, len(values))
	}
	if err != nil {
		return 0, err
	}
	return values[0], nil
}

// values returns all values that a query has, of all series and times, but no NaN: Grafana shows none.
func (f *fleet) values(t *testing.T, path string, parameters url.Values) ([]float64, error) {
	t.Helper()
	var data struct {
		Result []struct {
			Value  [2]any
			Values [][2]any
		}
	}
	if err := f.ask(t, path, parameters, &data); err != nil {
		return nil, err
	}
	var values []float64
	for _, r := range data.Result {
		for _, sample := range append(r.Values, r.Value) {
			if text, ok := sample[1].(string); ok {
				v, err := strconv.ParseFloat(text, 64)
				if err != nil {
					return nil, err
				}
				if !math.IsNaN(v) {
					values = append(values, v)
				}
			}
		}
	}
	return values, nil
}

// ask decodes what Prometheus answers.
func (f *fleet) ask(t *testing.T, path string, parameters url.Values, data any) error {
	t.Helper()
	body, err := get(t.Context(), http.DefaultClient, "http://"+f.prometheus+path+"?"+parameters.Encode())
	if err != nil {
		return fmt.Errorf("%w: %s", err, body)
	}
	return json.Unmarshal(body, &struct{ Data any }{data})
}

func readLog(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return text
	}
	z, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	text, err = io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// metricName matches the program's metrics in queries and on pages. Recorded series have a colon before and behind.
var metricName = regexp.MustCompile(`(?:^|[^:\w])(postfix_tls_\w+)\b`)

// TestKitMetrics compares the metrics that rules and reference name with those of a live scrape.
func TestKitMetrics(t *testing.T) {
	h := serve(t, "--log", absolute(t, filepath.Join(root, "testdata", "sample.log")), "--state-directory", t.TempDir(), "--checkpoint-interval", "1s",
		"--events", filepath.Join(t.TempDir(), "events"))
	live := map[string]bool{}
	eventually(t, "scrape with a checkpoint", func() error {
		live = liveMetrics(t, h)
		if !live["postfix_tls_checkpoint_timestamp_seconds"] || !live["postfix_tls_log_last_line_timestamp_seconds"] {
			return errors.New("not all that comes with time is there")
		}
		return nil
	})
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(postfix_tls_\\w+)` \\|").FindAllStringSubmatch(readText(t, filepath.Join(root, "docs", "metrics.md")), -1) {
		documented[m[1]] = true
		if !live[m[1]] {
			t.Errorf("docs/metrics.md has %s, which the program has not", m[1])
		}
	}
	for name := range live {
		if !documented[name] {
			t.Errorf("%s is not in docs/metrics.md", name)
		}
	}
	for _, file := range []string{"contrib/prometheus/rules.yml", "contrib/prometheus/alerts.yml", "docs/runbook.md"} {
		for _, name := range metricNames(readText(t, filepath.Join(root, file))) {
			if !live[name] && name != "postfix_tls_log_" { // of a pattern
				t.Errorf("%s has %s, which the program has not", file, name)
			}
		}
	}
}

func metricNames(text string) []string {
	var names []string
	for _, m := range metricName.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// liveMetrics returns the program's metrics by the TYPE lines of a scrape that have a sample.
func liveMetrics(t *testing.T, s *server) map[string]bool {
	t.Helper()
	body, err := s.metrics(t)
	if err != nil {
		return nil
	}
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (postfix_tls_\w+) `).FindAllSubmatch(body, -1) {
		names[string(m[1])] = true
	}
	return names
}

// TestKitFirstAlert does what docs/prometheus.md says, in a namespace of its own: its ports are the usual ones. The commands end with a firing alert.
func TestKitFirstAlert(t *testing.T) {
	need(t, "prometheus", "promtool", "bash", "ip")
	dir := inNamespace(t)
	if dir == "" {
		return
	}
	setUpNamespace(t, dir, "127.0.0.1 localhost\n")
	blocks := shellBlocks(readText(t, filepath.Join(root, "docs", "prometheus.md")))
	if len(blocks) != 3 {
		t.Fatalf("%d blocks of commands, want 3", len(blocks))
	}
	if n := strings.Count(blocks[0].text, "\n"); n > 5 {
		t.Errorf("%d commands up to the first alert, want 5 at most", n)
	}
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	link(t, os.Getenv(envBinary), filepath.Join(bin, "postfix-tls-exporter"))
	var script strings.Builder
	for _, b := range blocks {
		script.WriteString(b.text)
	}
	started := time.Now()
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script.String())
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "TMPDIR="+dir)
	out := writeFile(t, filepath.Join(dir, "output"), "", 0o644)
	file, err := os.OpenFile(out, os.O_WRONLY, 0) // no pipe: the servers keep it open
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd.Stdout, cmd.Stderr = file, file
	err = cmd.Run() // what it leaves in the background ends with the namespace
	text := readText(t, out)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	t.Logf("%v up to the end", time.Since(started).Round(time.Second))
	for _, want := range []string{
		`ALERTS{alertname="PostfixTLSPlaintextHigh", alertstate="firing", class="public", direction="inbound", instance="localhost:10154", job="postfix-tls", severity="info"} => 1 `,
		fmt.Sprintf("=> %v @", 11.0/35),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the output does not have %q:\n%s", want, text)
		}
	}
}
