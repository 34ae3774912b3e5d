package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// TextOptions of a page of text.
type TextOptions struct {
	Top int // peers, ciphers and failures of each kind that are shown; the rest is counted in a line
}

// Text writes a page for a reader who has one minute: what is without TLS or failed comes first, public peers before those nearby, hints
// last.
func Text(w io.Writer, s *tally.Snapshot, o TextOptions) error {
	p := &page{snapshot: s, top: o.Top}
	p.head()
	p.summary()
	for _, class := range []string{"public", "private", "loopback", "unknown"} {
		p.states(class)
	}
	p.services()
	p.ciphers()
	p.failures()
	p.plaintextPeers()
	p.oldPeers()
	p.failingPeers()
	p.busiestPeers()
	p.foot()
	_, err := io.WriteString(w, p.b.String())
	return err
}

// page is a page in the making.
type page struct {
	snapshot *tally.Snapshot
	top      int
	b        strings.Builder
}

func (p *page) printf(format string, args ...any) { fmt.Fprintf(&p.b, format, args...) }

func (p *page) heading(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	p.printf("\n%s\n%s\n", text, strings.Repeat("-", len([]rune(text))))
}

// printTable prints a table with a row for each item and, if there are more than are shown, how many.
func printTable[T any](p *page, header []string, items []T, row func(T) []string) {
	shown := items
	if p.top > 0 && len(items) > p.top {
		shown = items[:p.top]
	}
	var rows [][]string
	for _, item := range shown {
		rows = append(rows, row(item))
	}
	p.b.WriteString(renderTable(header, rows))
	if more := len(items) - len(shown); more > 0 {
		p.printf("  ... and %d more\n", more)
	}
}

func (p *page) head() {
	s := p.snapshot
	var sessions, messages uint64
	for _, r := range s.Sessions {
		sessions += r.Count
	}
	for _, r := range s.Messages {
		messages += r.Count
	}
	p.printf("Inbound SMTP: %s sessions, %s messages", thousands(sessions), thousands(messages))
	if s.Period.First != nil {
		p.printf(", %s to %s", clock(*s.Period.First), clock(*s.Period.Last))
	}
	p.printf("\n")
	if len(s.Hosts) > 0 {
		p.printf("Log of %s\n", list(s.Hosts, p.top))
	}
}

// summary is the answer in a sentence, about the peers that matter most.
func (p *page) summary() {
	var all, plain, weak, failed uint64
	for _, r := range p.snapshot.Messages {
		if r.Class != "public" {
			continue
		}
		all += r.Count
		switch {
		case r.TLS == "plaintext":
			plain += r.Count
		case old(r.Protocol):
			weak += r.Count
		}
	}
	for _, r := range p.snapshot.Sessions {
		if r.Class == "public" && r.TLS == "failed" {
			failed += r.Count
		}
	}
	if all == 0 {
		return
	}
	p.printf("From the Internet: %s of %s messages in plaintext (%s %%), %s below TLS 1.2 (%s %%); %s sessions failed in the TLS handshake\n",
		thousands(plain), thousands(all), percent(plain, all), thousands(weak), percent(weak, all), thousands(failed))
}

// list joins names, no more than limit of them.
func list(names []string, limit int) string {
	clean := make([]string, 0, len(names))
	for _, name := range names {
		clean = append(clean, Clean(name))
	}
	if limit > 0 && len(clean) > limit {
		return fmt.Sprintf("%s and %d more", strings.Join(clean[:limit], ", "), len(clean)-limit)
	}
	return strings.Join(clean, ", ")
}

func clock(t time.Time) string { return t.Format("2006-01-02 15:04:05 -07:00") }

// classTitles tell what a class of peers is to an administrator.
var classTitles = map[string]string{
	"public":   "Peers on the Internet",
	"private":  "Private networks",
	"loopback": "This host itself (content filters, local clients)",
	"unknown":  "Peers gone before their address was known",
}

// total adds up sessions and messages that are shown in one row.
type total struct{ sessions, withMail, messages uint64 }

// sums adds up the rows that pick gives a label for.
func (p *page) sums(pick func(k tally.SessionKey) string) map[string]total {
	out := map[string]total{}
	for _, r := range p.snapshot.Sessions {
		if label := pick(r.SessionKey); label != "" {
			t := out[label]
			t.sessions += r.Count
			t.withMail += r.WithMail
			out[label] = t
		}
	}
	for _, r := range p.snapshot.Messages {
		if label := pick(r.SessionKey); label != "" {
			t := out[label]
			t.messages += r.Count
			out[label] = t
		}
	}
	return out
}

// stateLabel is the state or, under TLS, the version.
func stateLabel(k tally.SessionKey) string {
	if k.TLS == "established" {
		return k.Protocol
	}
	return stateTitles[k.TLS]
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

func (p *page) states(class string) {
	sums := p.sums(func(k tally.SessionKey) string {
		if k.Class != class {
			return ""
		}
		return stateLabel(k)
	})
	if len(sums) == 0 {
		return
	}
	p.heading("%s", classTitles[class])
	var all total
	for _, t := range sums {
		all.sessions += t.sessions
		all.messages += t.messages
	}
	var rows [][]string
	for _, label := range sortedKeys(sums, stateOrder) {
		t := sums[label]
		rows = append(rows, []string{
			Clean(label), thousands(t.sessions), percent(t.sessions, all.sessions), thousands(t.withMail),
			thousands(t.messages), percent(t.messages, all.messages),
		})
	}
	p.b.WriteString(renderTable([]string{"", ">sessions", ">%", ">with mail", ">messages", ">%"}, rows))
}

func (p *page) services() {
	type row struct{ plain, failed, tls, hidden uint64 }
	rows := map[string]row{}
	for _, r := range p.snapshot.Sessions {
		name := r.Instance + "/" + r.Service
		v := rows[name]
		switch r.TLS {
		case "plaintext":
			v.plain += r.Count
		case "failed":
			v.failed += r.Count
		case "established":
			v.tls += r.Count
		default:
			v.hidden += r.Count
		}
		rows[name] = v
	}
	if len(rows) < 2 {
		return
	}
	p.heading("Sessions by service")
	header := []string{"", ">plaintext", ">failed", ">TLS", ">not logged"}
	printTable(p, header, sortedKeys(rows, cmp.Compare[string]), func(name string) []string {
		v := rows[name]
		return []string{Clean(name), thousands(v.plain), thousands(v.failed), thousands(v.tls), thousands(v.hidden)}
	})
}

func (p *page) ciphers() {
	sums := p.sums(func(k tally.SessionKey) string {
		if k.Cipher == "" {
			return ""
		}
		return k.Protocol + " " + k.Cipher
	})
	if len(sums) == 0 {
		return
	}
	p.heading("Ciphers")
	labels := byCount(sums, func(t total) uint64 { return t.sessions })
	printTable(p, []string{"", "", ">sessions", ">messages"}, labels, func(label string) []string {
		protocol, cipher, _ := strings.Cut(label, " ")
		return []string{Clean(protocol), Clean(cipher), thousands(sums[label].sessions), thousands(sums[label].messages)}
	})
}

// foot tells what may be missing from the page, and what to do about it.
func (p *page) foot() {
	if hints := p.snapshot.Hints; len(hints) > 0 {
		p.heading("Hints")
		for _, h := range hints {
			p.printf("* %s\n", Clean(h.Text))
		}
	}
	if len(p.snapshot.Unrecognized) > 0 {
		p.heading("Lines not recognized")
		printTable(p, []string{">", "", ""}, p.snapshot.Unrecognized, func(u tally.UnrecognizedRow) []string {
			return []string{thousands(u.Count), Clean(u.Program), Clean(u.Shape)}
		})
	}
	l := p.snapshot.Lines
	p.printf("\n%s lines read: %s used, %s not needed, %s not recognized, %s not from Postfix.\n",
		thousands(l.Total), thousands(l.Used), thousands(l.Ignored), thousands(l.Unrecognized), thousands(l.Foreign))
}
