package report

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Colors of a terminal. They repeat what the words say.
const (
	bold   = text.Bold
	alarm  = text.FgRed
	notice = text.FgYellow
)

// paint colors each line, if colors are wanted.
func (p *page) paint(c text.Color, lines string) string {
	if !p.Color {
		return lines
	}
	var out strings.Builder
	for line := range strings.Lines(lines) {
		body := strings.TrimSuffix(line, "\n")
		out.WriteString(text.Escape(body, c.EscapeSeq()))
		out.WriteString(line[len(body):])
	}
	return out.String()
}

// paintStates colors the rows of a table that begin with a state or version worth a look.
func (p *page) paintStates(table string) string {
	if !p.Color {
		return table
	}
	var out strings.Builder
	for line := range strings.Lines(table) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case word == "plaintext":
			line = p.paint(alarm, line)
		case word == "failed", old(word):
			line = p.paint(notice, line)
		}
		out.WriteString(line)
	}
	return out.String()
}
