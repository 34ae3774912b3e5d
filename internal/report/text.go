package report

import (
	"io"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// TextOptions of a page of text.
type TextOptions struct {
	Top int // peers of each kind
}

// Text writes a page.
func Text(w io.Writer, s *tally.Snapshot, o TextOptions) error { return nil }
