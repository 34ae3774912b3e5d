package report

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// JSON writes the snapshot as one indented JSON object.
func JSON(w io.Writer, s *tally.Snapshot) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(s); err != nil {
		return err
	}
	_, err := w.Write(EscapeJSON(nil, buf.Bytes()))
	return err
}
