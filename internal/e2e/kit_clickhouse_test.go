package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// corpusLogs are the logs of several servers.
func corpusLogs(t *testing.T, names ...string) (logs []string) {
	t.Helper()
	for _, name := range names {
		found, err := filepath.Glob(filepath.Join(root, "testdata", "corpus", name, "mail.log*"))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", name, err)
		}
		for _, log := range found {
			logs = append(logs, absolute(t, log))
		}
	}
	return logs
}

// TestKitClickHouse loads the events that serve wrote into a real ClickHouse, some of them twice. Its answers are those of parse.
func TestKitClickHouse(t *testing.T) {
	need(t, "bash", "jq", "clickhouse-server", "clickhouse-client")
	desk := newDesk(t)
	link(t, filepath.Join(root, "contrib"), filepath.Join(desk.dir, "contrib"))
	logs := corpusLogs(t, "out-v312-reuse-longids", "v37-sni", "v37-loglevel2")
	flags := []string{"--year", "2026", "--timezone", "UTC"}
	run := func(script string) string { return desk.run(t, "bash", "-euo", "pipefail", "-c", script) }
	run("clickhouse-client --multiquery < contrib/clickhouse/schema.sql")
	run(`clickhouse-client --query "SYSTEM STOP MERGES"`) // which would hide that rows come twice
	for i, log := range logs {
		text := program(t, append(append([]string{"events"}, flags...), log)...)
		file := writeFile(t, filepath.Join(desk.dir, fmt.Sprintf("events-%d.jsonl", i)), string(text), 0o600)
		half := text[:len(text)/2]
		again := writeFile(t, filepath.Join(desk.dir, fmt.Sprintf("events-%d-again.jsonl", i)), string(half[:strings.LastIndex(string(half), "\n")+1]), 0o600)
		run("contrib/clickhouse/load events-*.jsonl")
		for _, name := range []string{file, again} {
			if _, err := os.Stat(name); !os.IsNotExist(err) {
				t.Errorf("%s is still there: %v", name, err)
			}
		}
	}
	rows := strings.TrimSpace(run(`clickhouse-client --query "SELECT count() - uniqExact(id) FROM sessions"`))
	if rows == "0" {
		t.Error("no row was inserted twice: nothing is tested")
	}

	wants := reportedRows(t, flags, logs)
	for _, query := range strings.SplitAfter(queryPage(t), ";\n") {
		title, _, _ := strings.Cut(query, "\n")
		desk.compare(t, strings.TrimSpace(title), strings.TrimSuffix(strings.TrimSpace(query), ";"), wants)
	}
	const plaintext = "SELECT peer, count() FROM messages FINAL WHERE tls = 'plaintext' AND queued = 1 GROUP BY peer" // wherever the peers are
	desk.compare(t, "plaintext peers", plaintext, wants)
	if len(wants) > 0 {
		t.Errorf("no queries are called %q", slices.Sorted(maps.Keys(wants)))
	}
}

func queryPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "contrib", "clickhouse", "queries.sql"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.TrimSpace(string(text)), ";\n\n", ";\n")
}

// compare asks ClickHouse. An answer that parse has too is compared and taken from wants; any other must be there.
func (d *desk) compare(t *testing.T, title, query string, wants map[string]samples) {
	t.Helper()
	got := samples{}
	for line := range strings.Lines(d.run(t, "clickhouse-client", "--format", "TabSeparated", "--query", query)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		value, _ := strconv.ParseFloat(cells[len(cells)-1], 64) // some end with a time, and are not compared
		got[strings.Join(cells[:len(cells)-1], " ")] = value
	}
	if want, ok := wants[title]; ok {
		delete(wants, title)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-parse +ClickHouse):\n%s", title, diff)
		}
	}
	if len(got) == 0 {
		t.Errorf("%s: no answer", title)
	}
}

// reportedRows returns what parse says of the logs, in the words of the queries.
func reportedRows(t *testing.T, flags, logs []string) map[string]samples {
	t.Helper()
	out := map[string]samples{
		"-- Sessions by TLS, of all hosts.": {}, "-- Messages that came in, by TLS.": {},
		"-- Recipients whom another server took the message for, by TLS.": {}, "-- Handshakes that failed, and certificates that were refused.": {},
		"plaintext peers": {},
	}
	add := func(title string, n int, words ...string) {
		if n > 0 {
			out[title][strings.Join(words, " ")] += float64(n)
		}
	}
	type row struct {
		Direction, Service, Class, TLS, Protocol, Cipher, Result, Reason string
		Count                                                            int
	}
	for _, log := range logs { // one by one: they are of servers of one name, at one time
		var r struct {
			Sessions, Messages, Failures []row
			Peers                        []struct {
				Direction, Peer string
				MessagesTLS     map[string]int `json:"messages_tls"`
			}
		}
		if err := json.Unmarshal(program(t, append(append([]string{"parse", "--format", "json"}, flags...), log)...), &r); err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Sessions {
			add("-- Sessions by TLS, of all hosts.", s.Count, s.Direction, s.Class, s.TLS, s.Protocol, s.Cipher)
		}
		for _, m := range r.Messages {
			title := "-- Messages that came in, by TLS."
			if m.Direction == "outbound" {
				title = "-- Recipients whom another server took the message for, by TLS."
			}
			add(title, m.Count, m.Class, m.TLS, m.Protocol)
		}
		for _, f := range r.Failures {
			add("-- Handshakes that failed, and certificates that were refused.", f.Count, f.Direction, f.Service, f.Class, f.Result, f.Reason)
		}
		for _, p := range r.Peers {
			if p.Direction == "inbound" {
				add("plaintext peers", p.MessagesTLS["plaintext"], p.Peer)
			}
		}
	}
	return out
}
