package report

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// textWidth is how many letters a line of the text report has at most.
const textWidth = 80

// renderTable lines columns up, without any frame. A header that begins with ">" makes its column flush right; if lines get too
// long, the texts of one that begins with "~" are cut in the middle, and of one that begins with "," at their end.
func renderTable(header []string, rows [][]string) string {
	fit(header, rows)
	w := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "  ", ""
	w.SetStyle(style)
	titles, columns := table.Row{}, []table.ColumnConfig{}
	for i, title := range header {
		title = strings.TrimLeft(title, "~,")
		if flush, ok := strings.CutPrefix(title, ">"); ok {
			title = flush
			columns = append(columns, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
		titles = append(titles, title)
	}
	if strings.Trim(strings.Join(header, ""), columnMarks) != "" {
		w.AppendHeader(titles)
	}
	w.SetColumnConfigs(columns)
	for _, r := range rows {
		row := make(table.Row, len(r))
		for i := range r {
			row[i] = r[i]
		}
		w.AppendRow(row)
	}
	var out strings.Builder
	for line := range strings.Lines(w.Render() + "\n") {
		out.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return out.String()
}

// columnMarks are what a header can begin with.
const columnMarks = ">~,"

// cuts shorten a text to a width.
var cuts = map[string]func(s string, limit int) string{
	"~": middleCut,
	",": func(s string, limit int) string { return text.Snip(s, limit, "…") },
}

// minColumn is how short the texts of a column may become.
const minColumn = 12

// fit shortens the texts of columns that may be, the last of them first, until lines have textWidth.
func fit(header []string, rows [][]string) {
	widths, least, all := make([]int, len(header)), make([]int, len(header)), 0
	for i, title := range header {
		widths[i] = width(strings.TrimLeft(title, columnMarks))
		least[i] = max(minColumn, widths[i])
		for _, r := range rows {
			widths[i] = max(widths[i], width(r[i]))
		}
		all += len("  ") + widths[i]
	}
	for i := len(header) - 1; i >= 0 && all > textWidth; i-- {
		cut := cuts[header[i][:min(1, len(header[i]))]]
		if cut == nil {
			continue
		}
		limit := min(widths[i], max(least[i], widths[i]-(all-textWidth)))
		for _, r := range rows {
			r[i] = cut(r[i], limit)
		}
		all -= widths[i] - limit
	}
}

// width is how many columns of a terminal a line takes.
func width(line string) int { return text.StringWidthWithoutEscSequences(line) }

// middleCut leaves the begin and the end of a text: both ends of a name say something.
func middleCut(s string, limit int) string {
	if width(s) <= limit {
		return s
	}
	runes := []rune(s)
	for keep := limit - 1; keep > 0; keep-- { // fewer where letters are wide
		cut := string(runes[:keep/2]) + "…" + string(runes[len(runes)-(keep+1)/2:])
		if width(cut) <= limit {
			return cut
		}
	}
	return "…"
}

// wrap breaks a text into lines of textWidth, of which all but the first are indented.
func wrap(indent int, s string) string {
	margin := strings.Repeat(" ", indent)
	lines := strings.Split(text.WrapSoft(strings.TrimSpace(s), textWidth-indent), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n"+margin) + "\n"
}

// thousands writes 1234567 as 1,234,567.
func thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// percent rounds to one digit; a share that is not zero, or not all, is not shown as such.
func percent(part, whole uint64) string {
	if whole == 0 {
		return ""
	}
	tenths := (part*2000 + whole) / (2 * whole) // in tenths of a percent, rounded
	switch {
	case tenths == 0 && part > 0:
		return "<0.1"
	case tenths == 1000 && part < whole:
		return ">99.9"
	}
	return strconv.FormatUint(tenths/10, 10) + "." + strconv.FormatUint(tenths%10, 10)
}

func sortedKeys[V any](m map[string]V, compare func(a, b string) int) []string {
	return slices.SortedFunc(maps.Keys(m), compare)
}

// byCount sorts keys by a count, the greatest first.
func byCount[V any](m map[string]V, count func(V) uint64) []string {
	keys := sortedKeys(m, strings.Compare)
	slices.SortStableFunc(keys, func(a, b string) int {
		switch ca, cb := count(m[a]), count(m[b]); {
		case ca > cb:
			return -1
		case ca < cb:
			return 1
		}
		return 0
	})
	return keys
}
