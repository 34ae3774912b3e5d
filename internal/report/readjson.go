package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// What is read of one report, at most. The reports of parse have some 10 MB; the rows of a peer that was seen in each way that there is have 3.
const (
	maxReport    = 256 << 20
	maxReportRow = 8 << 20
)

// ErrJSON says that what was read is no report in JSON, or a damaged one.
var ErrJSON = errors.New("not a report in JSON")

// jsonError is an ErrJSON with its reason.
type jsonError struct{ error }

func (e jsonError) Error() string { return ErrJSON.Error() + ": " + e.error.Error() }

func (e jsonError) Unwrap() error { return e.error }

// Is tells errors.Is that this is an ErrJSON.
func (e jsonError) Is(target error) bool { return target == ErrJSON }

// ReadJSON reads a report that JSON wrote. What can be told from the rest of it is not read: the hints are drawn anew, and members of other names
// are passed over. Of r no more than 256 MB are read, and no row of more than 8 MB. An error is that of r, or wraps ErrJSON; or tally.ErrSchema: then
// another version of the program wrote the report.
func ReadJSON(r io.Reader) (*tally.Snapshot, error) {
	s, in := new(tally.Snapshot), &boundedReader{r: r, left: maxReport}
	j := &jsonReader{dec: json.NewDecoder(in), members: membersOf(s)}
	err := j.read()
	if err == nil {
		err = s.Check()
	}
	switch {
	case err == nil:
		s.DrawHints()
		return s, nil
	case in.err != nil:
		return nil, in.err
	case errors.Is(err, tally.ErrSchema):
		return nil, err
	}
	return nil, jsonError{err}
}

// jsonReader reads an object member by member, and rows one by one: whoever reads a report at once needs several times its size.
type jsonReader struct {
	dec     *json.Decoder
	members map[string]func(*jsonReader) error // those that are still to come
}

func membersOf(s *tally.Snapshot) map[string]func(*jsonReader) error {
	return map[string]func(*jsonReader) error{
		"schema": func(j *jsonReader) error {
			if err := j.dec.Decode(&s.Schema); err != nil {
				return err
			}
			return s.Check() // the rest may have any form, if it is another one
		},
		"by":               func(j *jsonReader) error { return j.dec.Decode(&s.By) },
		"period":           func(j *jsonReader) error { return j.dec.Decode(&s.Period) },
		"hosts":            func(j *jsonReader) error { return readArray(j, &s.Hosts, nil) },
		"lines":            func(j *jsonReader) error { return j.dec.Decode(&s.Lines) },
		"sessions":         func(j *jsonReader) error { return readRows(j, &s.Sessions) },
		"messages":         func(j *jsonReader) error { return readRows(j, &s.Messages) },
		"deliveries":       func(j *jsonReader) error { return readRows(j, &s.Deliveries) },
		"peers":            func(j *jsonReader) error { return readRows(j, &s.Peers) },
		"domains":          func(j *jsonReader) error { return readRows(j, &s.Domains) },
		"users":            func(j *jsonReader) error { return readRows(j, &s.Users) },
		"failures":         func(j *jsonReader) error { return readRows(j, &s.Failures) },
		"key_exchanges":    func(j *jsonReader) error { return readRows(j, &s.KeyExchanges) },
		"tlsrpt":           func(j *jsonReader) error { return readRows(j, &s.TLSRPT) },
		"plaintext_auth":   func(j *jsonReader) error { return readRows(j, &s.Auth) },
		"time_series":      func(j *jsonReader) error { return readRows(j, &s.TimeSeries) },
		"downgrades":       func(j *jsonReader) error { return readRows(j, &s.Downgrades) },
		"downgrade_totals": func(j *jsonReader) error { return readRows(j, &s.DowngradeTotals) },
		"contradictions":   func(j *jsonReader) error { return j.dec.Decode(&s.Contradictions) },
		"ambiguous":        func(j *jsonReader) error { return j.dec.Decode(&s.Ambiguous) },
		"evicted":          func(j *jsonReader) error { return j.dec.Decode(&s.Evicted) },
		"unrecognized":     func(j *jsonReader) error { return readRows(j, &s.Unrecognized) },
	}
}

// read reads the one object that there must be.
func (j *jsonReader) read() error {
	if err := j.delimiter('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for j.dec.More() {
		token, err := j.dec.Token()
		if err != nil {
			return noEOF(err)
		}
		name, _ := token.(string) // or More would have said no
		if seen[name] {
			return fmt.Errorf("%.100q stands there twice", name)
		}
		member, ok := j.members[name]
		if !ok {
			member = (*jsonReader).skip
		} else {
			seen[name] = true
			delete(j.members, name)
		}
		if err := member(j); errors.Is(err, tally.ErrSchema) {
			return err
		} else if err != nil {
			return fmt.Errorf("%.100q: %w", name, noEOF(err))
		}
	}
	if err := j.delimiter('}'); err != nil {
		return err
	}
	if len(j.members) > 0 {
		return fmt.Errorf("there is no %q", slices.Min(slices.Collect(maps.Keys(j.members))))
	}
	if _, err := j.dec.Token(); !errors.Is(err, io.EOF) {
		return cmp.Or(err, errors.New("it goes on after its end"))
	}
	return nil
}

// skip reads a value that is of no use.
func (j *jsonReader) skip() error {
	for depth := 0; ; {
		token, err := j.dec.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

func (j *jsonReader) delimiter(want json.Delim) error {
	token, err := j.dec.Token()
	if err != nil {
		return noEOF(err)
	}
	if token != want {
		return fmt.Errorf("%q expected at byte %d", want, j.dec.InputOffset())
	}
	return nil
}

// noEOF tells the end of a file that is not whole.
func noEOF(err error) error {
	if err == io.EOF { //nolint:errorlint // of the decoder itself, which wraps none
		return io.ErrUnexpectedEOF
	}
	return err
}

// A row of a report.
type row[R any] interface {
	*R
	Check(before *R) error
}

// readRows reads rows, of which each must be one that can follow the one before.
func readRows[R any, P row[R]](j *jsonReader, rows *[]R) error {
	return readArray(j, rows, func(r, before *R) error { return P(r).Check(before) })
}

func readArray[R any](j *jsonReader, rows *[]R, check func(r, before *R) error) error {
	if err := j.delimiter('['); err != nil {
		return err
	}
	*rows = []R{}
	var before *R
	for j.dec.More() {
		var text json.RawMessage
		var r R
		err := j.dec.Decode(&text)
		if err == nil && len(text) > maxReportRow {
			err = fmt.Errorf("it has more than %d bytes", maxReportRow)
		}
		if err == nil {
			err = json.Unmarshal(text, &r)
		}
		if err == nil && check != nil {
			err = check(&r, before)
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", len(*rows)+1, noEOF(err))
		}
		*rows = append(*rows, r)
		before = &(*rows)[len(*rows)-1]
	}
	return j.delimiter(']')
}

// boundedReader reads no more than it may.
type boundedReader struct {
	r    io.Reader
	left int
	err  error // of r, but for its end
}

func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p[:min(len(p), b.left+1)])
	if b.left -= n; b.left < 0 {
		b.left = 0
		return 0, fmt.Errorf("it has more than %d bytes", maxReport)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}
