package report

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// TestJSONIsWhole writes row by row what encoding/json writes at once.
func TestJSONIsWhole(t *testing.T) {
	both := bothWays()
	both.Contradictions, both.Ambiguous = 1, 2
	both.TLSRPT = []tally.TLSRPTRow{{TLSRPTKey: tally.TLSRPTKey{Domain: "example.net", Result: "success"}, Count: 3}}
	for name, s := range map[string]*tally.Snapshot{
		"something": both, "nothing": tally.New(tally.Options{}).Snapshot(&parser.Counts{}),
	} {
		opts := JSONOptions{Profile: profile(t, "rfc9325")}
		whole, err := json.Marshal(struct {
			*tally.Snapshot

			Advice []AdviceRow    `json:"advice"`
			WhatIf []WhatIfRow    `json:"what_if"`
			Grades []GradeRow     `json:"grades"`
			Graded []GradedCipher `json:"graded_ciphers"`
		}{s, Advice(s), WhatIf(s), Grades(s, opts.Profile), GradedCiphers(s, opts.Profile)})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := JSON(&out, s, opts); err != nil {
			t.Fatal(err)
		}
		var want, got map[string]any
		if err := json.Unmarshal(whole, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		for member, v := range want {
			if v == nil { // rows that the sample does not have: a Tally makes none of these
				want[member] = []any{}
			}
			if got[member] == nil {
				t.Errorf("%s: %s is null", name, member)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
