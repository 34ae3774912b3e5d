package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// TestMergeRotatedLog cuts a log in two and parses the parts apart, where no session and no message is open. What came in adds up to what a report of the
// whole log says. Of what went out the numbers do; whether it went under TLS may not be known at the beginning of a part, as Postfix tells only when a
// connection is made, and nothing of plaintext. Downgrades are about what came before, so they are left out, and what follows from them.
func TestMergeRotatedLog(t *testing.T) {
	sample := filepath.Join(testdata, "sample.log")
	text := readLog(t, sample)
	whole := mustInvoke(t, "parse", "--format", "json", sample)
	wantIn, wantOut := mergeable(t, whole), outboundStates(decodeReport(t, whole))
	cuts := quietCuts(text)
	if len(cuts) < 20 {
		t.Fatalf("%d places to cut the log", len(cuts))
	}
	for i := 0; i < len(cuts); i += len(cuts) / 10 {
		merged := mergedHalves(t, text, cuts[i])
		if diff := cmp.Diff(wantIn, mergeable(t, merged)); diff != "" {
			t.Errorf("cut at byte %d (-whole +sum):\n%s", cuts[i], diff)
		}
		sum := 0
		for state, n := range outboundStates(decodeReport(t, merged)) {
			sum += n
			if n > wantOut[state] && state != "unknown" {
				t.Errorf("cut at byte %d: %d recipients %s, and %d in the whole log", cuts[i], n, state, wantOut[state])
			}
		}
		if all := wantOut["established"] + wantOut["plaintext"] + wantOut["unknown"]; sum != all {
			t.Errorf("cut at byte %d: %d recipients, and %d in the whole log", cuts[i], sum, all)
		}
	}
}

// outboundStates counts the recipients for whom a server took the message.
func outboundStates(r reportRecord) map[string]int {
	out := map[string]int{}
	for _, m := range r.Messages {
		if m.Direction == "outbound" {
			out[m.TLS] += m.Count
		}
	}
	return out
}

// TestMergeRotatedLogAnywhere cuts the log within sessions. What lines say by themselves is the same then.
func TestMergeRotatedLogAnywhere(t *testing.T) {
	sample := filepath.Join(testdata, "sample.log")
	text := readLog(t, sample)
	whole := mergeable(t, mustInvoke(t, "parse", "--format", "json", sample))
	for i := 1; i < 10; i++ {
		cut := len(text) / 10 * i
		cut += bytes.IndexByte(text[cut:], '\n') + 1
		got := mergeable(t, mergedHalves(t, text, cut))
		for _, member := range []string{"schema", "by", "period", "hosts", "lines", "plaintext_auth", "unrecognized"} {
			if diff := cmp.Diff(whole[member], got[member]); diff != "" {
				t.Errorf("cut at byte %d: %s (-whole +sum):\n%s", cut, member, diff)
			}
		}
	}
}

// mergedHalves parses a log in two parts, and merges the reports.
func mergedHalves(t *testing.T, text []byte, cut int) string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"merge", "--format", "json"}
	for i, half := range [][]byte{text[:cut], text[cut:]} {
		log, report := filepath.Join(dir, fmt.Sprint(i, ".log")), filepath.Join(dir, fmt.Sprint(i, ".json"))
		writeFile(t, log, string(half))
		mustInvoke(t, "parse", "--format", "json", "--output", report, log)
		args = append(args, report)
	}
	return mustInvoke(t, args...)
}

// mergeable is what the parts of a log must add up to, if no session is cut.
func mergeable(t *testing.T, report string) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(report), &all); err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	for _, member := range []string{
		"schema", "by", "period", "hosts", "lines", "users", "key_exchanges", "tlsrpt", "plaintext_auth", "contradictions", "ambiguous", "evicted", "unrecognized",
	} {
		out[member] = all[member]
	}
	for _, member := range []string{"sessions", "messages", "peers", "failures", "time_series", "grades", "graded_ciphers"} {
		rows, _ := all[member].([]any)
		out[member] = slices.DeleteFunc(rows, func(row any) bool { return row.(map[string]any)["direction"] != "inbound" })
	}
	return out
}

// quietCuts are the places between two lines where nothing is open.
func quietCuts(text []byte) (cuts []int) {
	p := parser.New(tally.New(tally.Options{}), parser.Options{Location: time.UTC})
	at := 0
	for line := range bytes.Lines(text) {
		p.Feed(line)
		at += len(line)
		if c := p.Counts(); c.OpenSessions == 0 && c.OpenMessages == 0 {
			cuts = append(cuts, at)
		}
	}
	return cuts
}

// TestMergeCorpus adds up the reports of all servers, in both orders. Its totals are the sums of theirs.
func TestMergeCorpus(t *testing.T) {
	dir := t.TempDir()
	var forth, back []string
	var want, got reportRecord
	for i, c := range corpora(t) {
		report := filepath.Join(dir, fmt.Sprint(i, ".json"))
		mustInvoke(t, append([]string{"parse", "--format", "json", "--output", report}, c.args()...)...)
		text, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		if alone := mustInvoke(t, "merge", "--format", "json", report); alone != string(text) {
			t.Errorf("%s: alone it becomes\n%s\nand was\n%s", c.name(), alone, text)
		}
		forth, back = append(forth, report), append([]string{report}, back...)
		one := decodeReport(t, string(text))
		want.Sessions, want.Messages = append(want.Sessions, one.Sessions...), append(want.Messages, one.Messages...)
		want.Failures, want.Peers = append(want.Failures, one.Failures...), append(want.Peers, one.Peers...)
	}
	text := mustInvoke(t, append([]string{"merge", "--format", "json"}, forth...)...)
	if other := mustInvoke(t, append([]string{"merge", "--format", "json"}, back...)...); other != text {
		t.Error("the order of reports matters")
	}
	got = decodeReport(t, text)
	equal(t, "totals", asScrape(want), asScrape(got).named("sessions_total", "messages_total", "handshake_failures_total"))
	for i, sum := range []func(reportRecord) scrape{
		func(r reportRecord) scrape { s, _, _ := peersAsScrape(r); return s },
		func(r reportRecord) scrape { _, m, _ := peersAsScrape(r); return m },
		func(r reportRecord) scrape { _, _, f := peersAsScrape(r); return f },
	} {
		equal(t, fmt.Sprint("peers ", i), sum(want), sum(got))
	}
}

// TestCSVAddsUp holds the lines of CSV against the report.
func TestCSVAddsUp(t *testing.T) {
	sample := filepath.Join(testdata, "sample.log")
	rows, err := csv.NewReader(strings.NewReader(mustInvoke(t, "parse", "--format", "csv", sample))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := [2]map[string]int{{}, {}}
	for _, row := range rows[1:] {
		for i := range got {
			n := 0
			if _, err := fmt.Sscan(row[8+i], &n); err != nil {
				t.Fatal(err)
			}
			got[i][row[1]+" "+row[5]] += n
		}
	}
	want := [2]map[string]int{{}, {}}
	for _, p := range readReport(t, sample).Peers {
		for i, counts := range []map[string]int{p.TLS, p.MessagesTLS} {
			for _, state := range []string{"established", "plaintext", "failed", "unlogged", "unknown"} {
				if p.TLS[state]+p.MessagesTLS[state] > 0 {
					want[i][p.Peer+" "+state] += counts[state]
				}
			}
		}
	}
	equal(t, "sessions by peer and state", want[0], got[0])
	equal(t, "messages by peer and state", want[1], got[1])
}

// TestTextfileAsServe holds the file for the node exporter against a scrape of serve, over the same log. Samples that are 0 are in both, too.
func TestTextfileAsServe(t *testing.T) {
	t.Parallel()
	source, _ := sniLogs()
	s := serve(t, "--log", source)
	s.awaitLines(t, strings.Count(string(readLog(t, source)), "\n"))
	_, body := get(t, s.base+"/metrics")
	want, got := samples(t, body), samples(t, mustInvoke(t, "parse", "--format", "prometheus", source))
	for name := range want {
		if got[name] == nil && !strings.HasPrefix(name, "postfix_tls_") {
			delete(want, name) // of the process
		}
	}
	for _, name := range []string{
		"open_sessions", "open_messages", "tracked_peers", "evicted_total", "log_lines_total", "log_bytes_total", "log_rotations_total", "log_lost_bytes_total",
		"log_cut_lines_total", "log_lag_bytes", "log_last_line_timestamp_seconds", "log_gaps_total", "log_dropped_lines_total", "log_source_restarts_total",
		"exporter_build_info",
	} {
		if want["postfix_tls_"+name] == nil {
			t.Errorf("serve has no %s", name)
		}
		delete(want, "postfix_tls_"+name)
	}
	equal(t, "metrics, as serve has them", want, got)
	if len(got["postfix_tls_peer_sessions_total"]) < 10 || len(got["postfix_tls_graded_messages_total"]) == 0 {
		t.Errorf("the log tests nothing: %v", got)
	}
}

// samples are the values of metrics by name and labels.
func samples(t *testing.T, text string) map[string]map[string]float64 {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]float64{}
	for name, family := range families {
		out[name] = map[string]float64{}
		for _, m := range family.GetMetric() {
			out[name][fmt.Sprint(m.GetLabel())] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return out
}
