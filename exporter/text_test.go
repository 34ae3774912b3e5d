package exporter

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// aboutProgram are the names of the metrics that are not about mail.
var aboutProgram = map[metric]bool{
	openSessions: true, openMessages: true, trackedPeers: true, evictedTotal: true, linesTotal: true, logBytes: true, logRotations: true,
	logLostBytes: true, logCutLines: true, logLag: true, logLastLine: true, logGaps: true, logDropped: true, logRestarts: true,
	checkpointSaved: true, checkpointErrors: true, buildInfo: true,
}

// textOf returns what WriteText writes, and its samples as gather returns them.
func textOf(t *testing.T, data Data) (string, map[string]float64) {
	t.Helper()
	var out bytes.Buffer
	if err := WriteText(&out, data.Snapshot, data.Services, profile(t)); err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			all[strings.TrimPrefix(name, namespace)+labels(m)] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return out.String(), all
}

// TestWriteText has all samples about mail that a scrape has, those that are 0 too, and no others.
func TestWriteText(t *testing.T) {
	data := sampleData(t)
	want := gather(t, data)
	maps.DeleteFunc(want, func(sample string, _ float64) bool {
		for m := range aboutProgram {
			if strings.HasPrefix(sample, metrics[m].name+"{") {
				return true
			}
		}
		return false
	})
	text, got := textOf(t, data)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-scrape +text):\n%s", diff)
	}
	if len(want) < 50 {
		t.Errorf("%d samples", len(want))
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

// TestWriteTextOfNothing has what can be foreseen, at 0.
func TestWriteTextOfNothing(t *testing.T) {
	_, got := textOf(t, Data{Snapshot: tally.New(tally.Options{}).Snapshot(&parser.Counts{})})
	const plaintext = "messages_total{class=public,direction=inbound,mta=postfix,service=smtpd,tls=plaintext}"
	if v, ok := got[plaintext]; !ok || v != 0 {
		t.Errorf("%s: %v, exists %v", plaintext, v, ok)
	}
	for sample, v := range got {
		if v != 0 {
			t.Errorf("%s is %v", sample, v)
		}
	}
}

// TestWriteTextFails tells when the file cannot be written.
func TestWriteTextFails(t *testing.T) {
	broken := errors.New("broken")
	if err := WriteText(brokenWriter{broken}, sampleData(t).Snapshot, nil, profile(t)); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }
