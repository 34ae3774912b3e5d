package report

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// renderTable lines columns up, without any frame. A header that begins with ">" makes its column flush right.
func renderTable(header []string, rows [][]string) string {
	w := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "  ", ""
	w.SetStyle(style)
	titles, columns := table.Row{}, []table.ColumnConfig{}
	for i, title := range header {
		if flush, ok := strings.CutPrefix(title, ">"); ok {
			title = flush
			columns = append(columns, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
		titles = append(titles, title)
	}
	if strings.TrimLeft(strings.Join(header, ""), ">") != "" {
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
