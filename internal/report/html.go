package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/grade"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// HTMLOptions of a page.
type HTMLOptions struct {
	Top     int            // rows of a table that are shown; the rest is counted in a line. 0: 100
	Profile *grade.Profile // that grades are given by; without one there are none
	Live    *Live          // what else a running exporter shows; nil for a file
}

const defaultTop = 100

//go:embed web
var web embed.FS

// HTML writes a page that holds all that it needs: styles, pictures and a script that sorts and filters tables, without which nothing is missing.
// The same snapshot makes the same bytes. Text of the log is cleaned (see Clean) and escaped. The styles and the script are the only ones that
// the page's policy lets a browser use.
//
// A nil snapshot makes a page that shows o.Live alone.
func HTML(w io.Writer, s *tally.Snapshot, o HTMLOptions) error {
	d, err := newDocument("TLS report", o)
	if err != nil {
		return err
	}
	d.State = d.liveState(true)
	if s != nil {
		d.fill(s)
	}
	return d.write(w, "report")
}

// A document is a page in the making.
type document struct {
	Title   string
	Period  string
	Style   template.CSS // ours: no part of it comes from a log
	Script  template.JS  // as Style
	Policy  string
	Live    *Live
	State   *liveState
	Answers []answer
	Pointer string // to the hints, which are last and may change how the answers are read
	Figures []*figure
	Parts   []*section
	Search  *search // on the page of all peers

	snapshot *tally.Snapshot
	profile  *grade.Profile
	top      int
	ids      int
}

// A section of a page: words, then tables.
type section struct {
	ID, Title string
	Words     []string
	Warning   string
	Advice    []advised
	Tables    []*webTable
	Facts     []fact
	List      []string
}

// A fact is a name and a value.
type fact struct{ Name, Value string }

// An advised reason has its advice cut into words and code.
type advised struct {
	Reason, Count, Meaning string
	Pieces                 []piece
}

type piece struct {
	Text string
	Code bool
}

// pieces takes text apart at its backticks.
func pieces(text string) (out []piece) {
	for i, part := range strings.Split(text, "`") {
		if part != "" {
			out = append(out, piece{part, i%2 == 1})
		}
	}
	return out
}

func newDocument(title string, o HTMLOptions) (*document, error) {
	style, script, err := assets()
	if err != nil {
		return nil, err
	}
	d := &document{
		Title: title, Live: o.Live, profile: o.Profile, top: o.Top,
		Style: template.CSS(style), Script: template.JS(script), //nolint:gosec // embedded files
		Policy: policy(style, script, o.Live != nil),
	}
	if d.top <= 0 {
		d.top = defaultTop
	}
	return d, nil
}

func assets() (style, script string, err error) {
	css, err := web.ReadFile("web/report.css")
	if err != nil {
		return "", "", err
	}
	js, err := web.ReadFile("web/report.js")
	return string(css), string(js), err
}

// ContentSecurityPolicy is the header for pages of a running exporter: they may submit a form to it.
func ContentSecurityPolicy() (string, error) {
	style, script, err := assets()
	return policy(style, script, true) + "; frame-ancestors 'none'", err
}

// policy lets the browser use the embedded style and script, fetch nothing and send nothing.
func policy(style, script string, form bool) string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	action := "'none'"
	if form {
		action = "'self'"
	}
	return "default-src 'none'; style-src " + hash(style) + "; script-src " + hash(script) + "; img-src data:; base-uri 'none'; form-action " + action
}

// write makes the page by one of the templates.
func (d *document) write(w io.Writer, name string) error {
	t, err := template.ParseFS(web, "web/*.tmpl")
	if err != nil {
		return err
	}
	return t.ExecuteTemplate(w, name, d)
}
