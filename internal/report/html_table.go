package report

import "strconv"

// A webTable is a table of a page. Its texts are clean, see Clean.
type webTable struct {
	ID, Caption, Note string
	Columns           []webColumn
	Rows              [][]webCell
	More              string // how many rows are not shown
}

// A webColumn of a table. Kind says what is in its cells.
type webColumn struct{ Title, Kind string }

// A webCell of a table, within which Href is a link.
type webCell struct{ Text, Kind, Href string }

// The kinds of columns are classes in the style sheet.
const (
	kindText   = "t"
	kindName   = "p" // of a peer, a domain, a user
	kindList   = "w" // words and numbers
	kindNumber = "n"
	kindTime   = "d"
	kindCode   = "c" // lines of the log
)

// kinds are the marks before a title that say of what kind a column is.
var kinds = map[byte]string{'#': kindName, '+': kindList, '>': kindNumber, '@': kindTime, '`': kindCode}

// columns of a table. Titles may have a mark before them, see kinds.
func columns(titles ...string) []webColumn {
	out := make([]webColumn, 0, len(titles))
	for _, title := range titles {
		kind := kindText
		if title != "" && kinds[title[0]] != "" {
			kind, title = kinds[title[0]], title[1:]
		}
		out = append(out, webColumn{title, kind})
	}
	return out
}

// webRows fills a table with a row for each item, no more than the page shows of a table. cells returns text that is not yet clean.
func webRows[T any](d *document, t *webTable, items []T, cells func(T) []string) {
	shown := items[:min(len(items), d.top)]
	for _, item := range shown {
		texts := cells(item)
		row := make([]webCell, len(texts))
		for i, text := range texts {
			row[i] = webCell{Text: Clean(text), Kind: t.Columns[i].Kind}
		}
		t.Rows = append(t.Rows, row)
	}
	if more := len(items) - len(shown); more > 0 {
		t.More = "... and " + thousands(uint64(more)) + " more; " + d.rest()
	}
}

// newTable makes a table with an id of its own; nil without items.
func newTable[T any](d *document, caption string, columns []webColumn, items []T, cells func(T) []string) *webTable {
	if len(items) == 0 {
		return nil
	}
	t := &webTable{ID: d.id("t"), Caption: caption, Columns: columns}
	webRows(d, t, items, cells)
	return t
}

// id returns an id that no other element has.
func (d *document) id(prefix string) string {
	d.ids++
	return prefix + strconv.Itoa(d.ids)
}

// shorten cuts text that is too long for a page.
func shorten(s string, limit int) string {
	runes := 0
	for i := range s {
		if runes == limit {
			return s[:i] + "…"
		}
		runes++
	}
	return s
}

// rest says where what is not shown can be found.
func (d *document) rest() string {
	if d.Live != nil {
		return "the pages of all peers and the report in JSON have them."
	}
	return "parse --format csv or json has them all."
}
