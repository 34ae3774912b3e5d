package e2e

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/loggen"
)

// TestKitFleetPage does what docs/fleet.md says, for three hosts: over an ssh that only changes the folder, and with the files that a serve has written.
func TestKitFleetPage(t *testing.T) {
	need(t, "bash", "jq", "clickhouse-server", "clickhouse-client")
	desk := newDesk(t)
	link(t, filepath.Join(root, "contrib"), filepath.Join(desk.dir, "contrib"))
	writeFile(t, filepath.Join(desk.dir, "hosts"), "mx1\nmx2\nmx3\n", 0o600)
	writeFile(t, filepath.Join(desk.dir, "bin", "ssh"), "#!/bin/sh\nhost=$1; shift\nexec $(echo \"$@\" | sed \"s,/var/log/mail.log,$host.log,\")\n", 0o755)
	want := samples{}
	for i, host := range []string{"mx1", "mx2", "mx3"} {
		var log bytes.Buffer
		if _, err := loggen.Generate(&log, loggen.Options{Lines: 3000, Peers: 100, Seed: uint64(i), Host: host}); err != nil {
			t.Fatal(err)
		}
		path := writeFile(t, filepath.Join(desk.dir, host+".log"), log.String(), 0o600)
		for key, n := range messagesOf(t, program(t, "parse", "--format", "json", path)) {
			want[key] += n
		}
	}
	desk.handOver(t, "mx1.log")
	for _, b := range pageBlocks(fleetPage(t)) {
		if b.kind == "sh" {
			ok := t.Run("line "+strconv.Itoa(b.line), func(t *testing.T) { desk.run(t, "bash", "-euo", "pipefail", "-c", b.text) })
			if !ok {
				t.FailNow()
			}
		}
	}
	for _, b := range pageBlocks(fleetPage(t)) {
		if b.kind == "yaml" && strings.Contains(b.text, "events.nats") {
			file := writeFile(t, filepath.Join(desk.dir, "fleet.yaml"), strings.ReplaceAll(b.text, "/var/lib/postfix-tls-exporter", desk.dir), 0o600)
			program(t, "serve", "--config", file, "--config.check")
		}
	}
	got := messagesOf(t, []byte(desk.run(t, "bash", "-c", "postfix-tls-exporter merge --format json *.json")))
	if diff := cmp.Diff(want, got); diff != "" || len(got) == 0 {
		t.Errorf("merged (-sum +report):\n%s", diff)
	}
	if left, err := filepath.Glob(filepath.Join(desk.dir, "events", "*")); err != nil || len(left) > 0 {
		t.Errorf("not loaded: %q, %v", left, err)
	}
	if rows := desk.run(t, "clickhouse-client", "--query", "SELECT count() > 100 FROM sessions FINAL"); rows != "1\n" {
		t.Errorf("sessions in ClickHouse: %q", rows)
	}
}

// handOver lets serve write the events of a log into the folder events.
func (d *desk) handOver(t *testing.T, log string) {
	t.Helper()
	exporter := serve(t, "--log", filepath.Join(d.dir, log), "--state-directory", filepath.Join(d.dir, "state"), "--events", filepath.Join(d.dir, "events"))
	exporter.await(t, "postfix_tls_events_total", func(n float64) bool { return n > 0 })
	exporter.terminate(t)
}

// messagesOf returns the messages of a report, by what it tells of them.
func messagesOf(t *testing.T, text []byte) samples {
	t.Helper()
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return rowSamples(r.Messages)
}
