package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// samples are the values of one metric, or of one list of the report, by their labels: "name=value" in order of the
// names, one space between. A label without a value is left out, and so is a sample that is 0: for Prometheus both are
// the same as not there.
type samples map[string]float64

func (s samples) add(labels map[string]string, value float64) {
	if value == 0 {
		return
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if labels[name] != "" {
			fmt.Fprintf(&b, " %s=%s", name, labels[name])
		}
	}
	s[strings.TrimPrefix(b.String(), " ")] += value
}

// of returns the samples that have the label direction, inbound or outbound.
func (s samples) of(direction string) samples {
	found := samples{}
	for labels, value := range s {
		if slices.Contains(strings.Fields(labels), "direction="+direction) {
			found[labels] = value
		}
	}
	return found
}

// parseMetrics reads a scrape. Only the labels in keep are looked at where keep names some for the metric: samples that
// differ in the others only are summed.
func parseMetrics(body []byte, keep map[string][]string) (map[string]samples, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("parse metrics: %w", err)
	}
	metrics := map[string]samples{}
	for name, family := range families {
		metrics[name] = samples{}
		for _, metric := range family.GetMetric() {
			labels := map[string]string{}
			for _, pair := range metric.GetLabel() {
				if keep[name] == nil || slices.Contains(keep[name], pair.GetName()) {
					labels[pair.GetName()] = pair.GetValue()
				}
			}
			metrics[name].add(labels, metric.GetCounter().GetValue()+metric.GetGauge().GetValue())
		}
	}
	return metrics, nil
}

// A report is the part of `parse --format json` that the tests look at.
type report struct {
	Lines struct {
		Unrecognized int `json:"unrecognized"`
	} `json:"lines"`
	Sessions []row `json:"sessions"`
	Messages []row `json:"messages"`
	Peers    []struct {
		Direction string             `json:"direction"`
		Peer      string             `json:"peer"`
		Messages  float64            `json:"messages"`
		TLS       map[string]float64 `json:"tls"`
	} `json:"peers"`
	Hints []struct {
		Code string `json:"code"`
	} `json:"hints"`
	Unrecognized json.RawMessage `json:"unrecognized"`
}

// hintCodes returns the codes of the hints, each once.
func (r *report) hintCodes() []string {
	var codes []string
	for _, h := range r.Hints {
		codes = append(codes, h.Code)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// A row of sessions or messages: labels, which are the strings, and counts, which are not.
type row map[string]any

// rowSamples returns rows as samples with the label names of the metrics.
func rowSamples(rows []row) samples {
	s := samples{}
	for _, r := range rows {
		labels := map[string]string{}
		for name, value := range r {
			if text, ok := value.(string); ok {
				labels[name] = text
			}
		}
		labels["mta"] = labels["instance"]
		delete(labels, "instance")
		count, _ := r["count"].(float64)
		s.add(labels, count)
	}
	return s
}
