package report

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// webPage is a page that was made and read again.
type webPage struct {
	text string
	root *html.Node
}

func htmlOf(t testing.TB, s *tally.Snapshot, o HTMLOptions) *webPage {
	t.Helper()
	var out bytes.Buffer
	if err := HTML(&out, s, o); err != nil {
		t.Fatal(err)
	}
	return parsePage(t, out.String())
}

func parsePage(t testing.TB, text string) *webPage {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return &webPage{text, root}
}

// all returns the elements of a name; SVG has some that HTML has too.
func (p *webPage) all(name string) (out []*html.Node) {
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			out = append(out, n)
		}
	}
	return out
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

func within(n *html.Node, name string) (out []*html.Node) {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && c.Data == name {
			out = append(out, c)
		}
	}
	return out
}

// rows are the cells of the table with a caption.
func (p *webPage) rows(t testing.TB, caption string) (out [][]string) {
	t.Helper()
	for _, table := range p.all("table") {
		if textOf(within(table, "caption")[0]) != caption {
			continue
		}
		for _, row := range within(within(table, "tbody")[0], "tr") {
			var cells []string
			for c := range row.ChildNodes() {
				if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
					cells = append(cells, textOf(c))
				}
			}
			out = append(out, cells)
		}
		return out
	}
	t.Errorf("no table %q", caption)
	return nil
}

// checkStructure requires what every page of ours has.
func checkStructure(t *testing.T, p *webPage) {
	t.Helper()
	ids := map[string]bool{}
	for n := range p.root.Descendants() {
		for _, a := range n.Attr {
			switch {
			case a.Key == "id" && ids[a.Val]:
				t.Errorf("two elements have the id %q", a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("<%s> has an attribute %s", n.Data, a.Key)
			case (a.Key == "href" || a.Key == "src" || a.Key == "action") && a.Val != "data:," && !strings.HasPrefix(a.Val, "#") && (!strings.HasPrefix(a.Val, "/") || strings.HasPrefix(a.Val, "//")):
				t.Errorf("<%s> leads to %q", n.Data, a.Val)
			}
		}
	}
	for n := range p.root.Descendants() {
		for id := range strings.FieldsSeq(attribute(n, "aria-labelledby") + " " + strings.TrimPrefix(attribute(n, "href"), "/")) {
			if id, own := strings.CutPrefix(id, "#"); (own || attribute(n, "aria-labelledby") != "") && !ids[id] {
				t.Errorf("<%s> is named by %q, which is not there", n.Data, id)
			}
		}
	}
	checkNames(t, p)
}

// checkNames requires what a screen reader needs.
func checkNames(t *testing.T, p *webPage) {
	t.Helper()
	for _, name := range []string{"h1", "main", "header", "footer", "title"} {
		n := 0
		for _, e := range p.all(name) {
			if e.Namespace == "" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d elements <%s>, want 1", n, name)
		}
	}
	if lang := attribute(p.all("html")[0], "lang"); lang != "en" {
		t.Errorf("lang = %q", lang)
	}
	for _, table := range p.all("table") {
		if c := within(table, "caption"); len(c) != 1 || textOf(c[0]) == "" {
			t.Errorf("a table has %d captions", len(c))
		}
		for _, th := range within(table, "th") {
			if scope := attribute(th, "scope"); scope != "col" && scope != "row" {
				t.Errorf("a th has the scope %q", scope)
			}
		}
		columns := len(within(within(table, "thead")[0], "th"))
		for _, row := range within(within(table, "tbody")[0], "tr") {
			if n := len(within(row, "td")) + len(within(row, "th")); n != columns {
				t.Errorf("%s: a row of %d cells under %d heads", textOf(within(table, "caption")[0]), n, columns)
			}
		}
	}
	for _, svg := range p.all("svg") {
		if attribute(svg, "role") == "img" && (len(within(svg, "title")) == 0 || len(within(svg, "desc")) != 1) {
			t.Error("a picture has no name or description")
		}
	}
}
