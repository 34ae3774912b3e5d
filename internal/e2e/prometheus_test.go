package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sampleLog has, inbound: two plaintext sessions of mail-a.example.org, in two spellings of its name, one of a client without
// a name, and one with TLS of each.
const sampleLog = `2026-03-01T10:00:00.000001+00:00 mx postfix/smtpd[100]: connect from mail-a.example.org[192.0.2.1]
2026-03-01T10:00:00.000002+00:00 mx postfix/smtpd[100]: disconnect from mail-a.example.org[192.0.2.1] ehlo=1 quit=1 commands=2
2026-03-01T10:00:01.000001+00:00 mx postfix/smtpd[100]: connect from Mail-A.Example.ORG[192.0.2.1]
2026-03-01T10:00:01.000002+00:00 mx postfix/smtpd[100]: disconnect from Mail-A.Example.ORG[192.0.2.1] ehlo=1 quit=1 commands=2
2026-03-01T10:00:02.000001+00:00 mx postfix/smtpd[100]: connect from mail-a.example.org[192.0.2.1]
2026-03-01T10:00:02.000002+00:00 mx postfix/smtpd[100]: Anonymous TLS connection established from mail-a.example.org[192.0.2.1]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
2026-03-01T10:00:02.000003+00:00 mx postfix/smtpd[100]: disconnect from mail-a.example.org[192.0.2.1] ehlo=2 starttls=1 quit=1 commands=4
2026-03-01T10:00:03.000001+00:00 mx postfix/smtpd[101]: connect from unknown[198.51.100.7]
2026-03-01T10:00:03.000002+00:00 mx postfix/smtpd[101]: disconnect from unknown[198.51.100.7] helo=1 quit=1 commands=2
2026-03-01T10:00:04.000001+00:00 mx postfix/smtpd[101]: connect from unknown[198.51.100.7]
2026-03-01T10:00:04.000002+00:00 mx postfix/smtpd[101]: Anonymous TLS connection established from unknown[198.51.100.7]: TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)
2026-03-01T10:00:04.000003+00:00 mx postfix/smtpd[101]: disconnect from unknown[198.51.100.7] ehlo=2 starttls=1 quit=1 commands=4
`

// plaintextPeers is what sampleLog says of plaintext.
var plaintextPeers = map[string]float64{"mail-a.example.org": 2, "198.51.100.7": 1}

// TestPrometheus asks a real Prometheus that scrapes the program who sends in plaintext.
func TestPrometheus(t *testing.T) {
	need(t, "prometheus", "promtool")
	log := writeFile(t, filepath.Join(t.TempDir(), "mail.log"), sampleLog, 0o644)
	exporter := serve(t, "--log", log)
	prometheus := startPrometheus(t, strconv.Quote(exporter.address))

	eventually(t, "answer of Prometheus", func() error {
		got, err := sumByPeer(t, prometheus, `sum by (peer) (postfix_tls_peer_sessions_total{tls="plaintext"})`)
		if err != nil {
			return err
		}
		if diff := cmp.Diff(plaintextPeers, got); diff != "" {
			return errors.New("(-want +got):\n" + diff)
		}
		return nil
	})
	t.Run("promtool", func(t *testing.T) { testPromtool(t, exporter) })
}

// startPrometheus starts a Prometheus that scrapes the targets, quoted addresses, every second, and returns the address of its web server.
func startPrometheus(t *testing.T, targets ...string) string {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	config := writeFile(t, filepath.Join(dir, "prometheus.yml"), fmt.Sprintf(`
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: postfix-tls
    static_configs: [{targets: [%s]}]
`, strings.Join(targets, ", ")), 0o644)
	cmd := exec.CommandContext(t.Context(), "prometheus",
		"--config.file", config, "--storage.tsdb.path", filepath.Join(dir, "data"), "--web.listen-address", address)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // it was killed, which is no news
	return address
}

// sumByPeer runs a query whose answer has a value for each peer, and returns the values that are not 0.
func sumByPeer(t *testing.T, prometheus, query string) (map[string]float64, error) {
	t.Helper()
	body, err := get(t.Context(), http.DefaultClient, "http://"+prometheus+"/api/v1/query?query="+url.QueryEscape(query))
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data struct {
			Result []struct {
				Metric struct{ Peer string }
				Value  [2]any // the time, and the value as text
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("%w: %s", err, body)
	}
	sums := map[string]float64{}
	for _, result := range answer.Data.Result {
		text, _ := result.Value[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, err
		}
		if value != 0 {
			sums[result.Metric.Peer] = value
		}
	}
	return sums, nil
}

// testPromtool requires that promtool has nothing to say of a scrape.
func testPromtool(t *testing.T, exporter *server) {
	body, err := exporter.metrics(t)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	cmd.Stdin = bytes.NewReader(body)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}
