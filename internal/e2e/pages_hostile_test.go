package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// hostileNames are names that strangers choose, and as which they are shown: what would control a terminal or turn the direction of writing becomes
// a question mark.
var hostileNames = []struct{ name, shown string }{
	{`<script>window.owned=1</script>`, `<script>window.owned=1</script>`},
	{`"><img/src=x/onerror=window.owned=1>`, `"><img/src=x/onerror=window.owned=1>`},
	{`o'brien"&amp;&lt;`, `o'brien"&amp;&lt;`},
	{"a\u202egnp.exe", "a?gnp.exe"},
	{`=cmd|calc!a0`, `=cmd|calc!a0`},
	{`javascript:window.owned=1`, `javascript:window.owned=1`},
	{`{{.title}}{{template"head"}}`, `{{.title}}{{template"head"}}`},
	{"nul\x00byte\x7f", "nul?byte?"},
	{`</style><svg/onload=window.owned=1>`, `</style><svg/onload=window.owned=1>`},
	{`--></title></script>`, `--></title></script>`},
	{`//evil.example/`, `//evil.example/`},
}

// hostileLog has each name as that of a relay, as a recipient's domain and as a SASL user, and in the text of a failure.
func hostileLog() string {
	var b strings.Builder
	for i, h := range hostileNames {
		line := func(format string, args ...any) {
			fmt.Fprintf(&b, "2026-11-20T%02d:00:00.000000+00:00 <b>mx</b> postfix/"+format+"\n", append([]any{i}, args...)...)
		}
		line("smtpd[%d]: connect from client%d.example.net[192.0.2.%d]", 100+i, i, i+1)
		line("smtpd[%d]: AAAAA%d: client=client%d.example.net[192.0.2.%d], sasl_method=PLAIN, sasl_username=%s", 100+i, i, i, i+1, h.name)
		line("qmgr[8]: AAAAA%d: from=<a@example.net>, size=100, nrcpt=1 (queue active)", i)
		line("smtpd[%d]: disconnect from client%d.example.net[192.0.2.%d] ehlo=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=6", 100+i, i, i+1)
		line("smtp[%d]: AAAAA%d: to=<x@%s>, relay=%s[198.51.100.%d]:25, delay=1, delays=1/0/0/0, tls=may:none, dsn=2.0.0, status=sent (250 ok)", 200+i, i, h.name, h.name, i+1)
		line("qmgr[8]: AAAAA%d: removed", i)
		line("smtpd[%d]: connect from scanner%d.example.net[192.0.2.%d]", 100+i, i, 100+i)
		line("smtpd[%d]: SSL_accept error from scanner%d.example.net[192.0.2.%d]: -1", 100+i, i, 100+i)
		line("smtpd[%d]: warning: TLS library problem: error:0A000102:SSL routines::unsupported protocol:%s:1657:", 100+i, h.name)
		line("smtpd[%d]: lost connection after STARTTLS from scanner%d.example.net[192.0.2.%d]", 100+i, i, 100+i)
		line("smtpd[%d]: disconnect from scanner%d.example.net[192.0.2.%d] ehlo=1 starttls=0/1 commands=1/2", 100+i, i, 100+i)
	}
	return b.String()
}

// TestHostilePages shows names that are code somewhere as what they are, and runs none of it.
func TestHostilePages(t *testing.T) {
	log := writeFile(t, filepath.Join(t.TempDir(), "mail.log"), hostileLog(), 0o600)
	b := newBrowser(t)
	_, live := livePage(t, log)
	var want []string
	for _, h := range hostileNames {
		want = append(want, h.shown)
	}
	slices.Sort(want)
	for _, address := range []string{pageFile(t, log), live} {
		v := b.open(t, screens[0], address)
		f := evaluate[fit](t, v, measure)
		if f.Owned || f.Page > 0 {
			t.Errorf("%s: owned %v, too wide by %v", address, f.Owned, f.Page)
		}
		if title := evaluate[string](t, v, "document.title"); !strings.Contains(title, "<b>mx</b>") {
			t.Errorf("title %q", title)
		}
		for _, caption := range []string{"Messages by SASL login", "Destination domains with most recipients", "Outbound SMTP and LMTP: Relays that took most"} {
			got := column(t, v, caption, 0)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s:\n%q, want\n%q", address, caption, got, want)
			}
		}
		examples := strings.Join(column(t, v, "Inbound SMTP: Peers whose handshakes failed", 6), "\n")
		for _, shown := range want {
			if !strings.Contains(examples, "unsupported protocol:"+shown+":1657:") {
				t.Errorf("%s: no example with %q in\n%s", address, shown, examples)
			}
		}
	}
	for i, h := range hostileNames {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			v := b.open(t, screens[2], live+"peer?"+url.Values{"direction": {"outbound"}, "name": {h.name}}.Encode())
			if got := evaluate[string](t, v, `document.querySelector("h1").textContent`); got != h.shown {
				t.Errorf("%q, want %q", got, h.shown)
			}
			if f := evaluate[fit](t, v, measure); f.Owned || f.Page > 0 {
				t.Errorf("owned %v, too wide by %v", f.Owned, f.Page)
			}
		})
	}
}

// TestPeersAreFound types into the form of the page of all peers, goes to a peer, and back to the report.
func TestPeersAreFound(t *testing.T) {
	_, live := livePage(t, sampleFile)
	v := newBrowser(t).open(t, screens[2], live+"peers",
		live+"peers?q=MAIL-A&direction=inbound&class=&sort=messages", live+"peer?direction=inbound&name=mail-a.example.org", live)
	do(t, v, chromedp.SendKeys(chromedp.CSS("input[name=q]"), "MAIL-A"))
	evaluate[bool](t, v, `(() => { document.querySelector("select[name=direction]").value = "inbound"; return true; })()`)
	do(t, v, chromedp.Click(chromedp.CSS("button.go")), chromedp.WaitVisible(chromedp.CSS(`input[value="MAIL-A"]`)))
	if got := column(t, v, "Peers, page 1 of 1", 0); !slices.Equal(got, []string{"mail-a.example.org"}) {
		t.Errorf("found %q", got)
	}
	do(t, v, chromedp.Click(chromedp.CSS("tbody a")), chromedp.WaitVisible(chromedp.CSS("#history")))
	if got := evaluate[string](t, v, `document.querySelector("h1").textContent`); got != "mail-a.example.org" {
		t.Errorf("the page of %q", got)
	}
	do(t, v, chromedp.Click(chromedp.CSS(`nav a[href="/"]`)), chromedp.WaitVisible(chromedp.CSS("#answer")))
}

// TestPageAndMetrics tell the same numbers.
func TestPageAndMetrics(t *testing.T) {
	s, live := livePage(t, sampleFile)
	body, err := s.metrics(t)
	if err != nil {
		t.Fatal(err)
	}
	page, err := get(t.Context(), http.DefaultClient, live)
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := parseMetrics(body, map[string][]string{
		"postfix_tls_messages_total": {"direction", "class", "tls", "protocol"}, "postfix_tls_sessions_total": {"direction", "class", "tls"},
	})
	if err != nil {
		t.Fatal(err)
	}
	answers := regexp.MustCompile(`Of ([\d,]+) (messages|recipients), ([\d,]+) \([^)]*\) moved in plaintext and ([\d,]+) \([^)]*\) below TLS 1\.2(?s:.*?)([\d,]+) sessions failed`).
		FindAllStringSubmatch(string(page), -1)
	if len(answers) != 2 {
		t.Fatalf("%d answers on the page, want 2", len(answers))
	}
	for i, direction := range []string{"inbound", "outbound"} {
		var all, plain, old float64
		for labels, n := range metrics["postfix_tls_messages_total"].of(direction) {
			if !strings.Contains(labels, "class=public") {
				continue
			}
			all += n
			if strings.Contains(labels, "tls=plaintext") {
				plain += n
			}
			if strings.Contains(labels, "protocol=TLSv1 ") || strings.Contains(labels, "protocol=TLSv1.1 ") || strings.Contains(labels, "protocol=SSL") {
				old += n
			}
		}
		failed := metrics["postfix_tls_sessions_total"]["class=public direction="+direction+" tls=failed"]
		got := answers[i]
		for j, want := range map[int]float64{1: all, 3: plain, 4: old, 5: failed} {
			if n, err := strconv.ParseFloat(strings.ReplaceAll(got[j], ",", ""), 64); err != nil || n != want || all == 0 {
				t.Errorf("%s: the page says %q, number %d of it is %v in the metrics", direction, got[0], j, want)
			}
		}
	}
}
