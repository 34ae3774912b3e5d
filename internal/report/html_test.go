package report

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
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

// timed adds messages, one hour or day after the other, and what belongs to them.
func timed(s *tally.Snapshot, step string, starts ...time.Time) {
	for i, at := range starts {
		for _, k := range []tally.TimeKey{
			{Direction: "inbound", Class: "public", TLS: "established", Protocol: "TLSv1.3"},
			{Direction: "inbound", Class: "public", TLS: "plaintext"},
			{Direction: "outbound", Class: "public", TLS: "established", Protocol: "TLSv1"},
		} {
			k.Start, k.Step = at, step
			s.TimeSeries = append(s.TimeSeries, tally.TimeRow{TimeKey: k, Sessions: 1, Messages: uint64(i + 1)})
		}
	}
}

// everything has something for each part of a page.
func everything() *tally.Snapshot {
	s := bothWays()
	timed(s, tally.StepHour, at(20, 4, 0).Truncate(time.Hour), at(20, 6, 0).Truncate(time.Hour))
	for i := range s.Peers {
		p := &s.Peers[i]
		p.Combinations = []tally.PeerCount{{
			CountKey: tally.CountKey{Instance: "postfix", Service: "smtpd", Class: p.Class, TLS: "plaintext"}, Sessions: p.Sessions, Messages: p.Messages,
			First: p.First, Last: p.Last, LastMessage: &p.Last,
		}}
		for reason, n := range p.Failures.All() {
			p.FailureDetails = append(p.FailureDetails, tally.PeerFailure{Result: "validation-failure", Reason: reason, Count: n, Last: p.Last, Example: "SSL_accept error"})
		}
	}
	s.Users = []tally.UserRow{{
		User: "printer@example.com", Messages: 7, Last: at(21, 1, 0), Combinations: []tally.PeerCount{{
			CountKey: tally.CountKey{Instance: "postfix", Service: "submission", Class: "public", TLS: "established", Protocol: "TLSv1", Cipher: "AES128-SHA"},
			Messages: 7, LastMessage: new(at(21, 1, 0)),
		}},
	}}
	s.Messages = append(s.Messages, tally.MessageRow{
		SessionKey: tally.SessionKey{Direction: "inbound", Instance: "postfix", Service: "submission", Class: "public", TLS: "established", Protocol: "TLSv1", Cipher: "AES128-SHA"},
		Count:      7,
	})
	s.TLSRPT = []tally.TLSRPTRow{{TLSRPTKey: tally.TLSRPTKey{Domain: "example.net", Result: "success"}, Count: 3}}
	s.Downgrades = []tally.DowngradeRow{{
		DowngradeKey: tally.DowngradeKey{Host: "mx1", Direction: "inbound", Peer: "a.example.net", Address: "192.0.2.1", Kind: tally.KindPlaintext},
		Class:        "public", From: "TLSv1.3", To: "plaintext", Count: 1, TLSMessages: 12, LastTLS: at(20, 5, 0), PlaintextMessages: 3, FirstPlaintext: new(at(20, 6, 0)), Last: at(20, 7, 0),
	}}
	return s
}

func TestHTMLStructure(t *testing.T) {
	oneHour := sample()
	timed(oneHour, tally.StepHour, at(20, 4, 0).Truncate(time.Hour))
	unlogged := tally.New(tally.Options{}).Snapshot(&parser.Counts{})
	unlogged.Messages = []tally.MessageRow{{SessionKey: tally.SessionKey{Direction: "inbound", Service: "smtpd", Class: "public", TLS: "unlogged"}, Count: 3}}
	for name, s := range map[string]*tally.Snapshot{
		"nothing": {}, "nothing, of a tally": tally.New(tally.Options{}).Snapshot(&parser.Counts{}), "inbound": sample(), "outbound": sampleOutbound(),
		"everything": everything(), "one hour": oneHour, "log level 0": unlogged,
	} {
		for _, live := range []*Live{nil, {Version: "1", MetricsPath: "/metrics", Ready: true, Logs: []LiveLog{{Name: "/var/log/mail.log"}}}} {
			t.Run(fmt.Sprint(name, ", live ", live != nil), func(t *testing.T) {
				checkStructure(t, htmlOf(t, s, HTMLOptions{Profile: profile(t, "rfc9325"), Live: live}))
			})
		}
	}
}

// TestHTMLNumbers finds the numbers of the snapshot on the page.
func TestHTMLNumbers(t *testing.T) {
	s := everything()
	p := htmlOf(t, s, HTMLOptions{Profile: profile(t, "rfc9325")})
	senders := 0 // who send in plaintext, see everything
	for _, r := range s.Peers {
		if r.Direction == "inbound" && r.Class == "public" && r.Messages > 0 {
			senders++
		}
	}
	for _, c := range []struct {
		caption string
		row     []string
	}{
		{"From the Internet: messages by TLS version, by hour (UTC)", []string{"2026-11-20 04:00", "1", "1"}},
		{"From the Internet: messages by TLS version, by hour (UTC)", []string{"2026-11-20 05:00", "0", "0"}},
		{"From the Internet: share of TLS versions in percent, by hour (UTC)", []string{"2026-11-20 06:00", "50.0", "50.0"}},
		{"Share of plaintext in percent, by hour (UTC)", []string{"2026-11-20 06:00", "50.0", "2", "4", "0.0", "0", "2"}},
		{"Submission: messages under stricter settings", []string{"TLS 1.2 or later, TLS optional", "public", "0", "0", "7", "0", "7", "0"}},
		{"Submission: users whose mail would fare otherwise", []string{"printer@example.com", "public", "7 refused", "7 refused", "", "7 refused", "7 refused", "2026-11-21 01:00"}},
		{"Inbound SMTP, port 25: messages under stricter settings", []string{"TLS required", "public", "2,994", "0", "6", "0", "6", strconv.Itoa(senders)}},
		{"Peers that fell back, those that have not come back first", []string{
			"a.example.net", "192.0.2.1", "inbound", "public", "TLSv1.3", "plaintext", "12", "2026-11-20 05:00", "3", "2026-11-20 06:00", "2026-11-20 07:00", "not yet", "mx1",
		}},
		{"Inbound SMTP: Failed handshakes", []string{"protocol_version", "smtpd", "validation-failure", "2", "2", "no TLS version in common"}},
		{"Inbound SMTP: Peers on the Internet", []string{"TLSv1.3", "1,992", "99.6", "1,990", "2,993", "99.5"}},
		{"Destination domains that got mail in plaintext", []string{"old.example.org", "public", "20", "5", "2026-11-21 01:00", ""}},
		{"Messages by SASL login, those in plaintext or below TLS 1.2 first", []string{"printer@example.com", "7", "0", "7", "", "2026-11-21 01:00"}},
		{"Inbound SMTP: grades", []string{"plaintext", "public", "5", "6"}},
		{"Inbound SMTP: grades", []string{"good", "public", "1,992", "2,993"}},
		{"Key exchange groups of TLS 1.3", []string{"X25519MLKEM768", "inbound", "yes", "498"}},
	} {
		if rows := p.rows(t, c.caption); !slices.ContainsFunc(rows, func(r []string) bool { return slices.Equal(r, c.row) }) {
			t.Errorf("%s: no row %q in\n%q", c.caption, c.row, rows)
		}
	}
	for _, want := range []string{
		"Of 3,007 messages, 6 (0.2 %) moved in plaintext and 8 (0.3 %) below TLS 1.2. 2 sessions failed in the TLS handshake.",
		"TLS report of mx1, mx2?[31m, mx3", "Post-quantum, inbound: 498 of 1,992 sessions (25.0 %).", "RFC 9325",
		"1 hint says what this log leaves open",
	} {
		if !strings.Contains(textOf(p.root), want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// TestHTMLIsTheSame makes the same bytes of the same snapshot.
func TestHTMLIsTheSame(t *testing.T) {
	first := htmlOf(t, everything(), HTMLOptions{Profile: profile(t, "bsi-tr-02102-2")}).text
	for range 5 {
		if htmlOf(t, everything(), HTMLOptions{Profile: profile(t, "bsi-tr-02102-2")}).text != first {
			t.Fatal("two pages of one snapshot differ")
		}
	}
}

// TestHTMLTop bounds all tables but those beside pictures over time.
func TestHTMLTop(t *testing.T) {
	p := htmlOf(t, everything(), HTMLOptions{Top: 1})
	for _, table := range p.all("table") {
		rows := len(within(within(table, "tbody")[0], "tr"))
		if caption := textOf(within(table, "caption")[0]); rows > 1 && !strings.Contains(caption, "by hour") {
			t.Errorf("%s: %d rows", caption, rows)
		}
	}
	if !strings.Contains(p.text, "... and 1 more; ") {
		t.Error("the page does not say that something is left out")
	}
}

// hostileTexts are what strangers may put into a log.
var hostileTexts = []string{
	"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "'\"`={{.}}{{template \"head\"}}", "javascript:alert(1)", "a\u202egnp.exe", "a\x00b\x1b[31m",
	"=cmd|' /C calc'!A0", "</style><script>alert(1)</script>", "]]><!--", "--></title></svg><script>alert(1)</script>", "a\xff\u2028b",
	"https://evil.example/", "//evil.example/", strings.Repeat("Ä", 400), "&lt;&amp;&#x3c;",
}

// fillWith puts a text into every string of a value, except those that a closed set of words is for.
func fillWith(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fillWith(v.Elem(), text)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fillWith(v.Index(i), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; !slices.Contains([]string{"Direction", "Class", "TLS", "Step", "Kind", "Start"}, name) {
				fillWith(v.Field(i), text)
			}
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(text)
		}
	default: // numbers
	}
}

func TestHostileHTML(t *testing.T) {
	for _, text := range hostileTexts {
		s := everything()
		fillWith(reflect.ValueOf(s), text)
		for _, live := range []*Live{nil, {Logs: []LiveLog{{Name: text}}, Version: "1", MetricsPath: "/metrics"}} {
			p := htmlOf(t, s, HTMLOptions{Live: live})
			checkStructure(t, p)
			if n := len(p.all("script")) + len(p.all("img")) + len(p.all("iframe")); n != 1 {
				t.Errorf("%q: %d scripts and pictures, want the one script of ours", text, n)
			}
			for n := range p.root.Descendants() {
				if n.Type == html.TextNode && n.Parent.DataAtom != atom.Script && n.Parent.DataAtom != atom.Style && Clean(strings.ReplaceAll(n.Data, "\n", " ")) != strings.ReplaceAll(n.Data, "\n", " ") {
					t.Errorf("%q: text that is not clean: %q", text, n.Data)
				}
			}
			if got := p.rows(t, "Peers that fell back, those that have not come back first")[0][0]; got != strings.TrimSpace(Clean(text)) {
				t.Errorf("%q is shown as %q", text, got)
			}
		}
	}
}

// TestHTMLPolicy lets a browser use what is in the page, and nothing else.
func TestHTMLPolicy(t *testing.T) {
	p := htmlOf(t, everything(), HTMLOptions{})
	style, script := p.all("style")[0].FirstChild.Data, p.all("script")[0].FirstChild.Data
	want := policy(style, script, false)
	var got string
	for _, meta := range p.all("meta") {
		if attribute(meta, "http-equiv") == "Content-Security-Policy" {
			got = attribute(meta, "content")
		}
	}
	if got != want {
		t.Errorf("policy %q, want %q", got, want)
	}
	for _, part := range []string{"default-src 'none'", "form-action 'none'", "base-uri 'none'"} {
		if !strings.Contains(got, part) {
			t.Errorf("policy %q is without %q", got, part)
		}
	}
}

func TestHTMLWriteError(t *testing.T) {
	if err := HTML(full{}, sample(), HTMLOptions{}); !errors.Is(err, errFull) {
		t.Errorf("HTML: %v, want %v", err, errFull)
	}
}

// TestHTMLOfExtremes makes a page of numbers and times that only a made-up report can have.
func TestHTMLOfExtremes(t *testing.T) {
	s := everything()
	for i := range s.Messages {
		s.Messages[i].Count = math.MaxUint64
	}
	for i := range s.Peers {
		s.Peers[i].Messages, s.Peers[i].Last = math.MaxUint64, time.Time{}
		s.Peers[i].Combinations = append(s.Peers[i].Combinations, tally.PeerCount{Messages: math.MaxUint64})
	}
	s.TimeSeries = nil
	timed(s, "fortnight", time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -86399)))
	for i := range s.TimeSeries {
		s.TimeSeries[i].Messages = math.MaxUint64 / 2
	}
	s.Period = tally.Period{First: new(time.Time{})}
	checkStructure(t, htmlOf(t, s, HTMLOptions{Profile: profile(t, "rfc9325")}))
}
