package report

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

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
