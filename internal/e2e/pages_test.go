package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// sampleFile is a log with something of everything.
const sampleFile = "../../testdata/sample.log"

// pageFile writes the report on a log as a page.
func pageFile(t *testing.T, log string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	program(t, "parse", "--format", "html", "--output", path, log)
	return fileURL(path)
}

// livePage starts serve on a log and returns the address of its page, when it is ready.
func livePage(t *testing.T, log string) (*server, string) {
	t.Helper()
	s := serve(t, "--log", log, "--users")
	eventually(t, "ready", func() error {
		_, err := get(t.Context(), http.DefaultClient, "http://"+s.address+"/readyz")
		return err
	})
	return s, "http://" + s.address + "/"
}

// A fit is how a page fits its screen.
type fit struct {
	Page    float64  `json:"page"` // how far it can be scrolled to the side
	Beyond  []string `json:"beyond"`
	Owned   bool     `json:"owned"`
	Tables  int      `json:"tables"`
	Figures int      `json:"figures"`
}

// measure finds what is wider than the screen, but for what scrolls within itself.
const measure = `(() => {
  const beyond = [];
  for (const e of document.body.querySelectorAll("*")) {
    const box = e.getBoundingClientRect();
    if (box.width > 0 && box.right > innerWidth + 1 && !e.closest(".scroll, svg, .skip")) beyond.push(e.tagName + "." + e.className);
  }
  return {
    page: document.documentElement.scrollWidth - innerWidth, beyond, owned: "owned" in window,
    tables: document.querySelectorAll("table").length, figures: document.querySelectorAll("svg[role=img]").length,
  };
})()`

// TestPagesFit looks at the pages on each screen: nothing is said on the console, nothing is fetched, nothing is too wide.
func TestPagesFit(t *testing.T) {
	b := newBrowser(t)
	_, live := livePage(t, sampleFile)
	file := pageFile(t, sampleFile)
	for name, address := range map[string]string{
		"file": file, "live": live, "peers": live + "peers", "peer": live + "peer?direction=inbound&name=mail-a.example.org",
		"empty": pageFile(t, writeFile(t, filepath.Join(t.TempDir(), "empty.log"), "", 0o600)),
	} {
		for _, s := range screens {
			t.Run(name+"/"+s.name, func(t *testing.T) {
				f := evaluate[fit](t, b.open(t, s, address), measure)
				if f.Page > 0 || len(f.Beyond) > 0 {
					t.Errorf("too wide by %v: %v", f.Page, f.Beyond)
				}
				if name == "file" && (f.Tables < 20 || f.Figures < 8) {
					t.Errorf("%d tables and %d pictures", f.Tables, f.Figures)
				}
			})
		}
	}
}

// column returns the texts of a column of the table whose caption begins with a text.
func column(t *testing.T, v *tab, caption string, n int) []string {
	t.Helper()
	return evaluate[[]string](t, v, fmt.Sprintf(
		`Array.from([...document.querySelectorAll("table")].find((t) => t.caption.textContent.startsWith(%q)).tBodies[0].rows).filter((r) => !r.hidden).map((r) => r.cells[%d].textContent)`,
		caption, n))
}

// mark gives the head of a column an id, so that it can be clicked.
func mark(t *testing.T, v *tab, caption string, n int, id string) {
	t.Helper()
	evaluate[bool](t, v, fmt.Sprintf(
		`(() => { [...document.querySelectorAll("table")].find((t) => t.caption.textContent.startsWith(%q)).tHead.rows[0].cells[%d].id = %q; return true; })()`, caption, n, id))
}

func sortState(t *testing.T, v *tab, id string) string {
	t.Helper()
	return evaluate[string](t, v, fmt.Sprintf(`document.getElementById(%q).getAttribute("aria-sort") ?? ""`, id))
}

// TestPageSorts clicks on the heads of columns, and presses keys on them.
func TestPageSorts(t *testing.T) {
	const caption = "Inbound SMTP: Peers that sent most"
	v := newBrowser(t).open(t, screens[0], pageFile(t, sampleFile))
	names := column(t, v, caption, 0)
	slices.Sort(names)
	mark(t, v, caption, 0, "by-name")
	mark(t, v, caption, 2, "by-messages")

	do(t, v, chromedp.Click(chromedp.CSS("#by-name button")))
	if got := column(t, v, caption, 0); !slices.Equal(got, names) || sortState(t, v, "by-name") != "ascending" {
		t.Errorf("by name: %q, %s", got, sortState(t, v, "by-name"))
	}
	do(t, v, chromedp.Click(chromedp.CSS("#by-name button")))
	slices.Reverse(names)
	if got := column(t, v, caption, 0); !slices.Equal(got, names) || sortState(t, v, "by-name") != "descending" {
		t.Errorf("by name, once more: %q, %s", got, sortState(t, v, "by-name"))
	}
	do(t, v, chromedp.Focus(chromedp.CSS("#by-messages button")), chromedp.SendKeys(chromedp.CSS("#by-messages button"), "\r"))
	got := column(t, v, caption, 2)
	numbers := make([]int, len(got))
	for i, text := range got {
		var err error
		if numbers[i], err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.IsSortedFunc(numbers, func(a, b int) int { return b - a }) || sortState(t, v, "by-messages") != "descending" || sortState(t, v, "by-name") != "" {
		t.Errorf("by messages: %v, %s, by name still %q", numbers, sortState(t, v, "by-messages"), sortState(t, v, "by-name"))
	}
}

// TestPageFilters hides the rows that do not hold what is typed.
func TestPageFilters(t *testing.T) {
	const caption = "Inbound SMTP: Peers that sent most"
	v := newBrowser(t).open(t, screens[0], pageFile(t, sampleFile))
	all := column(t, v, caption, 0)
	var want []string
	for _, name := range all {
		if strings.Contains(name, "mail-") {
			want = append(want, name)
		}
	}
	if len(want) == 0 || len(want) == len(all) {
		t.Fatalf("%d of %d names: nothing to filter", len(want), len(all))
	}
	input := fmt.Sprintf(`input[aria-label^=%q]`, "Filter rows of: "+caption)
	do(t, v, chromedp.SendKeys(chromedp.CSS(input), "MAIL-"))
	if got := column(t, v, caption, 0); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	said := evaluate[string](t, v, `[...document.querySelectorAll("output")].map((o) => o.textContent).join("")`)
	if want := fmt.Sprintf("%d of %d rows", len(want), len(all)); said != want {
		t.Errorf("it says %q, want %q", said, want)
	}
}

// TestPageWithoutScript has all that a screen reader finds with it, but for buttons and filters.
func TestPageWithoutScript(t *testing.T) {
	b, address := newBrowser(t), pageFile(t, sampleFile)
	with, without := screens[0], screens[0]
	without.noScript = true
	count := func(nodes []named) map[string]int {
		roles := map[string]int{}
		for _, n := range nodes {
			roles[n.role]++
		}
		return roles
	}
	a, z := count(spoken(t, b.open(t, with, address))), count(spoken(t, b.open(t, without, address)))
	for _, role := range []string{"table", "row", "rowheader", "columnheader", "cell", "image", "heading", "link"} {
		if a[role] != z[role] || z[role] == 0 {
			t.Errorf("%s: %d with script, %d without", role, a[role], z[role])
		}
	}
	if z["button"] != 0 || z["searchbox"] != 0 || a["button"] == 0 {
		t.Errorf("buttons: %d with script, %d without", a["button"], z["button"])
	}
}

// TestPageNames requires that pictures, tables and controls have names.
func TestPageNames(t *testing.T) {
	b := newBrowser(t)
	_, live := livePage(t, sampleFile)
	for _, address := range []string{pageFile(t, sampleFile), live, live + "peers"} {
		nodes := spoken(t, b.open(t, screens[0], address))
		for _, n := range nodes {
			if slices.Contains([]string{"image", "table", "button", "searchbox", "combobox", "link", "navigation", "region"}, n.role) && n.name == "" {
				t.Errorf("%s: %s without a name", address, n.role)
			}
		}
		if !slices.ContainsFunc(nodes, func(n named) bool { return n.role == "table" }) {
			t.Errorf("%s: no table", address)
		}
	}
}

// TestPageAxe asks axe-core for what breaks WCAG 2.2 AA, contrast included.
func TestPageAxe(t *testing.T) {
	axe, err := os.ReadFile("../../.bin/axe/node_modules/axe-core/axe.min.js")
	if errors.Is(err, os.ErrNotExist) {
		missing(t, "axe-core in .bin/axe, which .ci/install-test-tools puts there")
	} else if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t)
	_, live := livePage(t, sampleFile)
	for name, address := range map[string]string{"file": pageFile(t, sampleFile), "live": live, "peers": live + "peers", "peer": live + "peer?direction=inbound&name=mail-a.example.org"} {
		for _, s := range screens[:4] {
			t.Run(name+"/"+s.name, func(t *testing.T) {
				v := b.open(t, s, address)
				evaluate[bool](t, v, `(() => { `+string(axe)+`; return true; })()`)
				type violation struct {
					ID, Help string
					Nodes    []struct{ HTML, FailureSummary string }
				}
				run := chromedp.Evaluate[[]byte](`axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((r) => r.violations)`, chromedp.EvalAwaitPromise)
				out, err := chromedp.Run(v.ctx, run)
				if err != nil {
					t.Fatal(err)
				}
				var found []violation
				if err := json.Unmarshal(out, &found); err != nil {
					t.Fatal(err)
				}
				for _, f := range found {
					t.Errorf("%s: %s: %d times, first\n%.300s\n%s", f.ID, f.Help, len(f.Nodes), f.Nodes[0].HTML, f.Nodes[0].FailureSummary)
				}
			})
		}
	}
}
