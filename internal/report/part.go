package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// A part of the page is about one direction.
type part struct {
	*page
	direction string
	words     *words
}

// words are those of a direction.
type words struct {
	title, messages, internet, failures             string
	plaintextPeers, oldPeers, failingPeers, busiest string // headings
	classes                                         []classTitle
	reasons, advice                                 map[string]string // what a failure reason means, and what to do
}

// A classTitle tells what a class of peers is to an administrator.
type classTitle struct{ class, title string }

var directionWords = [parser.NumDirections]words{
	parser.Inbound: {
		title: "Inbound SMTP", messages: "messages", internet: "From the Internet", failures: "Failed handshakes",
		plaintextPeers: "Peers that sent mail in plaintext", oldPeers: "Peers below TLS 1.2",
		failingPeers: "Peers whose handshakes failed", busiest: "Peers that sent most",
		classes: []classTitle{
			{"public", "Peers on the Internet"},
			{"private", "Private networks"},
			{"loopback", "This host itself (content filters, local clients)"},
			{"unknown", "Peers gone before their address was known"},
		},
		reasons: inboundReasons, advice: inboundAdvice,
	},
	parser.Outbound: {
		title: "Outbound SMTP and LMTP", messages: "recipients", internet: "To the Internet",
		failures:       "Failed handshakes, and TLS that is required and cannot be had",
		plaintextPeers: "Relays that took mail in plaintext", oldPeers: "Relays below TLS 1.2",
		failingPeers: "Relays whose handshakes failed", busiest: "Relays that took most",
		classes: []classTitle{
			{"public", "Relays on the Internet"},
			{"private", "Relays in private networks"},
			{"loopback", "Relays on this host (content filters)"},
			{"unix", "UNIX-domain sockets (LMTP to a mailbox server)"},
			{"unknown", "Relays of unknown address"},
		},
		reasons: outboundReasons, advice: outboundAdvice,
	},
}

// parts returns those that there is something to say of; of nothing, that nothing came in.
func (p *page) parts() (out []*part) {
	for d := range parser.NumDirections {
		direction := parser.Direction(d)
		if v := (&part{p, direction.String(), &directionWords[d]}); v.any() {
			out = append(out, v)
		}
	}
	if out == nil {
		out = append(out, &part{p, tally.Inbound, &directionWords[parser.Inbound]})
	}
	return out
}

// any tells whether there is something to say.
func (p *part) any() bool {
	s := p.snapshot
	for _, r := range s.Sessions {
		if r.Direction == p.direction {
			return true
		}
	}
	for _, r := range s.Messages {
		if r.Direction == p.direction {
			return true
		}
	}
	return p.direction == tally.Outbound && len(s.Deliveries) > 0
}

func (p *part) print() {
	all := p.sums(func(tally.SessionKey) string { return "all" })["all"]
	p.underlined("=", p.words.title+": "+thousands(all.sessions)+" sessions, "+thousands(all.messages)+" "+p.words.messages)
	for _, c := range p.words.classes {
		p.states(c)
	}
	p.services()
	p.ciphers()
	p.failures()
	if p.direction == tally.Outbound {
		p.policies()
		p.plaintextDomains()
		p.failingDomains()
		p.tlsrpt()
	}
	p.plaintextPeers()
	p.oldPeers()
	p.failingPeers()
	p.busiestPeers()
}

// summary is the answer in a sentence, about the peers that matter most.
func (p *part) summary() {
	var all, plain, weak, unknown, failed uint64
	for _, r := range p.snapshot.Messages {
		if r.Class != "public" || r.Direction != p.direction {
			continue
		}
		all += r.Count
		switch {
		case r.TLS == "plaintext":
			plain += r.Count
		case r.TLS == "unknown":
			unknown += r.Count
		case old(r.Protocol):
			weak += r.Count
		}
	}
	for _, r := range p.snapshot.Sessions {
		if r.Class == "public" && r.Direction == p.direction && r.TLS == "failed" {
			failed += r.Count
		}
	}
	if all == 0 {
		return
	}
	text := fmt.Sprintf("%s: %s of %s %s in plaintext (%s %%), %s below TLS 1.2 (%s %%)",
		p.words.internet, thousands(plain), thousands(all), p.words.messages, percent(plain, all), thousands(weak), percent(weak, all))
	if unknown > 0 {
		text += fmt.Sprintf(", %s cannot be told (%s %%)", thousands(unknown), percent(unknown, all))
	}
	p.paragraph(2, "%s; %s sessions failed in the TLS handshake", text, thousands(failed))
}

// total adds up sessions and messages that are shown in one row.
type total struct{ sessions, withMail, messages uint64 }

// sums adds up the rows that pick gives a label for.
func (p *part) sums(pick func(k tally.SessionKey) string) map[string]total {
	out := map[string]total{}
	add := func(k tally.SessionKey, n total) {
		if k.Direction != p.direction {
			return
		}
		if label := pick(k); label != "" {
			t := out[label]
			out[label] = total{t.sessions + n.sessions, t.withMail + n.withMail, t.messages + n.messages}
		}
	}
	for _, r := range p.snapshot.Sessions {
		add(r.SessionKey, total{sessions: r.Count, withMail: r.WithMail})
	}
	for _, r := range p.snapshot.Messages {
		add(r.SessionKey, total{messages: r.Count})
	}
	return out
}

func (p *part) states(c classTitle) {
	sums := p.sums(func(k tally.SessionKey) string {
		if k.Class != c.class {
			return ""
		}
		return stateLabel(k)
	})
	if len(sums) == 0 {
		return
	}
	p.heading("%s", c.title)
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
	p.b.WriteString(p.paintStates(renderTable([]string{"", ">sessions", ">%", ">with mail", ">" + p.words.messages, ">%"}, rows)))
}

// services leaves out UNIX-domain sockets, where plaintext is as it should be.
func (p *part) services() {
	type row struct{ plain, failed, tls, hidden uint64 }
	rows := map[string]row{}
	for _, r := range p.snapshot.Sessions {
		if r.Direction != p.direction || r.Class == "unix" {
			continue
		}
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
	header := []string{"~", ">plaintext", ">failed", ">TLS", ">not logged"}
	printTable(p.page, header, sortedKeys(rows, cmp.Compare[string]), func(name string) []string {
		v := rows[name]
		return []string{Clean(name), thousands(v.plain), thousands(v.failed), thousands(v.tls), thousands(v.hidden)}
	})
}

func (p *part) ciphers() {
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
	header := []string{"", "~", ">sessions", ">" + p.words.messages}
	if p.Profile != nil {
		header = append(header, "grade ("+p.Profile.Name()+")")
	}
	printTable(p.page, header, labels, func(label string) []string {
		protocol, cipher, _ := strings.Cut(label, " ")
		row := []string{Clean(protocol), Clean(cipher), thousands(sums[label].sessions), thousands(sums[label].messages)}
		if p.Profile != nil {
			judged, _ := p.Profile.Judge(protocol, cipher)
			row = append(row, judged.Title())
		}
		return row
	})
	p.grades()
}

// grades are those of messages with peers on the Internet, in a sentence.
func (p *part) grades() {
	if p.Profile == nil {
		return
	}
	var parts []string
	for _, r := range Grades(p.snapshot, p.Profile) {
		if r.Direction == p.direction && r.Class == "public" && r.Messages > 0 {
			parts = append(parts, thousands(r.Messages)+" "+gradeTitle(r.Grade))
		}
	}
	if len(parts) > 0 {
		p.printf("  ")
		p.paragraph(2, "%s by grade: %s", capital(p.words.messages)+" "+strings.ToLower(p.words.internet[:1])+p.words.internet[1:], strings.Join(parts, ", "))
	}
}

// capital begins a word with a capital letter.
func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
