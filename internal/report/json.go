package report

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/grade"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// JSONOptions of a report in JSON.
type JSONOptions struct {
	Profile *grade.Profile // that grades are given by; without one there are none
}

// JSON writes the snapshot, and what follows from it, as one JSON object, a row a line. It encodes row by row: a report about many peers takes more
// memory as text than as a snapshot.
func JSON(w io.Writer, s *tally.Snapshot, opts JSONOptions) error {
	j := &jsonWriter{w: w, separator: "{"}
	j.enc = json.NewEncoder(&j.buf)
	j.enc.SetEscapeHTML(false)
	j.member("schema", s.Schema)
	j.member("by", s.By)
	j.member("period", s.Period)
	j.member("hosts", s.Hosts)
	j.member("lines", s.Lines)
	members(j, "sessions", s.Sessions)
	members(j, "messages", s.Messages)
	members(j, "deliveries", s.Deliveries)
	members(j, "peers", s.Peers)
	members(j, "domains", s.Domains)
	members(j, "users", s.Users)
	members(j, "failures", s.Failures)
	members(j, "key_exchanges", s.KeyExchanges)
	members(j, "tlsrpt", s.TLSRPT)
	members(j, "plaintext_auth", s.Auth)
	members(j, "time_series", s.TimeSeries)
	members(j, "downgrades", s.Downgrades)
	members(j, "downgrade_totals", s.DowngradeTotals)
	members(j, "advice", Advice(s))
	members(j, "what_if", WhatIf(s))
	grades(j, s, opts.Profile)
	j.member("contradictions", s.Contradictions)
	j.member("ambiguous", s.Ambiguous)
	j.member("evicted", s.Evicted)
	members(j, "hints", s.Hints)
	members(j, "unrecognized", s.Unrecognized)
	j.write([]byte("}\n"))
	return j.err
}

func grades(j *jsonWriter, s *tally.Snapshot, profile *grade.Profile) {
	if profile == nil {
		return
	}
	members(j, "grades", Grades(s, profile))
	members(j, "graded_ciphers", GradedCiphers(s, profile))
}

// jsonWriter writes an object member by member. After the first error it writes nothing more.
type jsonWriter struct {
	w         io.Writer
	enc       *json.Encoder // into buf
	buf       bytes.Buffer
	out       []byte
	separator string // before the next member
	err       error
}

func (j *jsonWriter) write(text []byte) {
	if j.err == nil {
		_, j.err = j.w.Write(text)
	}
}

func (j *jsonWriter) value(v any) {
	j.buf.Reset()
	if err := j.enc.Encode(v); err != nil && j.err == nil {
		j.err = err
	}
	j.out = EscapeJSON(j.out[:0], bytes.TrimSuffix(j.buf.Bytes(), []byte("\n")))
	j.write(j.out)
}

func (j *jsonWriter) name(name string) {
	j.write([]byte(j.separator + `"` + name + `":`))
	j.separator = ",\n"
}

func (j *jsonWriter) member(name string, v any) {
	j.name(name)
	j.value(v)
}

// members writes an array, a row a line.
func members[T any](j *jsonWriter, name string, rows []T) {
	j.name(name)
	separator := "[\n "
	for _, row := range rows {
		j.write([]byte(separator))
		j.value(row)
		separator = ",\n "
	}
	if len(rows) == 0 {
		j.write([]byte("["))
	}
	j.write([]byte("]"))
}
