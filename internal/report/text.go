package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/grade"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// TextOptions of a page of text.
type TextOptions struct {
	Top     int            // peers, ciphers and failures of each kind that are shown; the rest is counted in a line; 0 shows all
	Profile *grade.Profile // guideline that ciphers are judged by; nil judges none
	Color   bool           // marks headings, and what is worth a look, by escape sequences
}

// Text writes a page for a reader who has one minute: the answer in a sentence, what stricter settings would do, and what got worse. Then what came in
// and what went out; in each, what is without TLS or failed comes first, public peers before those nearby. Hints are last. Lines have at most 80
// letters.
func Text(w io.Writer, s *tally.Snapshot, o TextOptions) error {
	p := &page{snapshot: s, TextOptions: o}
	p.head()
	parts := p.parts()
	for _, part := range parts {
		part.summary()
	}
	p.whatIf()
	p.downgrades()
	for _, part := range parts {
		part.print()
	}
	p.keyExchanges()
	p.foot()
	_, err := io.WriteString(w, p.b.String())
	return err
}

// page is a page in the making.
type page struct {
	TextOptions

	snapshot *tally.Snapshot
	b        strings.Builder
}

func (p *page) printf(format string, args ...any) { fmt.Fprintf(&p.b, format, args...) }

func (p *page) heading(format string, args ...any) { p.underlined("-", fmt.Sprintf(format, args...)) }

func (p *page) underlined(line, text string) {
	if p.b.Len() > 0 {
		p.printf("\n")
	}
	wrapped := wrap(0, text)
	longest := 0
	for line := range strings.Lines(wrapped) {
		longest = max(longest, width(strings.TrimRight(line, "\n")))
	}
	p.printf("%s%s\n", p.paint(bold, wrapped), strings.Repeat(line, longest))
}

// paragraph prints a text in lines of textWidth, of which all but the first are indented.
func (p *page) paragraph(indent int, format string, args ...any) {
	p.b.WriteString(wrap(indent, fmt.Sprintf(format, args...)))
}

// printTable prints a table with a row for each item and, if there are more than are shown, how many.
func printTable[T any](p *page, header []string, items []T, row func(T) []string) {
	printAll(p, header, items[:p.shown(len(items))], row)
	p.more(len(items))
}

// printAll prints a table with a row for each item.
func printAll[T any](p *page, header []string, items []T, row func(T) []string) {
	rows := make([][]string, 0, len(items))
	for _, item := range items {
		rows = append(rows, row(item))
	}
	p.printRows(header, rows)
}

func (p *page) printRows(header []string, rows [][]string) {
	p.b.WriteString(p.paintStates(renderTable(header, rows)))
}

// printBlocks does so with a block of text for each.
func printBlocks[T any](p *page, items []T, block func(T)) {
	for _, item := range items[:p.shown(len(items))] {
		block(item)
	}
	p.more(len(items))
}

// shown is how many of n items are shown.
func (p *page) shown(n int) int {
	if p.Top > 0 {
		return min(n, p.Top)
	}
	return n
}

func (p *page) more(n int) {
	if more := n - p.shown(n); more > 0 {
		p.printf("  ... and %d more\n", more)
	}
}

func (p *page) head() {
	s := p.snapshot
	if len(s.Hosts) == 0 && s.Period.First == nil {
		return
	}
	text := "Log"
	if len(s.Hosts) > 0 {
		text += " of " + list(s.Hosts, p.Top)
	}
	if s.Period.First != nil {
		text += fmt.Sprintf(" from %s to %s", clock(*s.Period.First), clock(*s.Period.Last))
	}
	p.paragraph(2, "%s", text)
}

// list joins names, no more than limit of them.
func list(names []string, limit int) string {
	clean := make([]string, 0, len(names))
	for _, name := range names {
		clean = append(clean, Clean(name))
	}
	if limit > 0 && len(clean) > limit {
		return strings.Join(clean[:limit], ", ") + " and " + thousands(uint64(len(clean)-limit)) + " more"
	}
	return strings.Join(clean, ", ")
}

// clock and minute write a time as it is in the log, in the zone of the log.
func clock(t time.Time) string { return t.Format("2006-01-02 15:04:05 -07:00") }

// minute writes nothing if there is no time.
func minute(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02 15:04")
}

// stateLabel is the state or, under TLS, the version.
func stateLabel(state, protocol string) string {
	if state == "established" {
		return protocol
	}
	return stateTitles[state]
}

// stateTitles are the states as rows of the report; they come before versions, the worst first.
var stateTitles = map[string]string{
	"plaintext": "plaintext", "failed": "failed handshake", "unknown": "cannot be told", "unlogged": "TLS, version not logged",
}

// stateOrder sorts rows: states first, then TLS versions, oldest first ("SSLv3" < "TLSv1" < "TLSv1.1").
func stateOrder(a, b string) int {
	rank := func(label string) int {
		return slices.Index([]string{"plaintext", "failed handshake", "cannot be told", "TLS, version not logged"}, label)
	}
	ra, rb := rank(a), rank(b)
	switch {
	case ra >= 0 && rb >= 0:
		return cmp.Compare(ra, rb)
	case ra >= 0:
		return -1
	case rb >= 0:
		return 1
	}
	return cmp.Compare(a, b)
}

// foot tells what may be missing from the page, and what to do about it.
func (p *page) foot() {
	if hints := p.snapshot.Hints; len(hints) > 0 {
		p.heading("Hints")
		for _, h := range hints {
			p.paragraph(2, "* %s", Clean(h.Text))
		}
	}
	if len(p.snapshot.Unrecognized) > 0 {
		p.heading("Lines not recognized")
		printTable(p, []string{">", "", "~"}, p.snapshot.Unrecognized, func(u tally.UnrecognizedRow) []string {
			return []string{thousands(u.Count), Clean(u.Program), Clean(u.Shape)}
		})
	}
	l := p.snapshot.Lines
	p.printf("\n")
	p.paragraph(0, "%s lines read: %s used, %s not needed, %s not recognized, %s not from Postfix.",
		thousands(l.Total), thousands(l.Used), thousands(l.Ignored), thousands(l.Unrecognized), thousands(l.Foreign))
}
