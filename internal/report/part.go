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
	var all total
	addUp(p.snapshot, func(k tally.SessionKey) *total {
		if k.Direction != p.direction {
			return nil
		}
		return &all
	})
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
	c := messageStates(p.snapshot, p.direction, "public")
	all, plain, weak, unknown := c.sum(), c[statePlaintext], c[stateOld], c[stateUnknown]
	if all == 0 {
		return
	}
	text := fmt.Sprintf("%s: %s of %s %s in plaintext (%s %%), %s below TLS 1.2 (%s %%)",
		p.words.internet, thousands(plain), thousands(all), p.words.messages, percent(plain, all), thousands(weak), percent(weak, all))
	if unknown > 0 {
		text += fmt.Sprintf(", %s cannot be told (%s %%)", thousands(unknown), percent(unknown, all))
	}
	p.paragraph(2, "%s; %s sessions failed in the TLS handshake", text, thousands(publicFailures(p.snapshot, p.direction)))
}

func (p *part) states(c classTitle) {
	rows := classRows(p.snapshot, p.direction, c.class)
	if len(rows) == 0 {
		return
	}
	p.heading("%s", c.title)
	p.printRows([]string{"", ">sessions", ">%", ">with mail", ">" + p.words.messages, ">%"}, rows)
}

func (p *part) services() {
	rows := serviceStates(p.snapshot, p.direction)
	if len(rows) < 2 {
		return
	}
	p.heading("Sessions by service")
	header := []string{"~", ">plaintext", ">failed", ">TLS", ">not logged"}
	printTable(p.page, header, sortedKeys(rows, cmp.Compare[string]), func(name string) []string {
		c := rows[name]
		return []string{
			Clean(name), thousands(c[statePlaintext]), thousands(c[stateFailed]), thousands(c[stateOld] + c.modern()), thousands(c[stateUnlogged] + c[stateUnknown]),
		}
	})
}

func (p *part) ciphers() {
	byCipher := sums(p.snapshot, p.direction, func(k tally.SessionKey) string {
		if k.Cipher == "" {
			return ""
		}
		return k.Protocol + " " + k.Cipher
	})
	if len(byCipher) == 0 {
		return
	}
	p.heading("Ciphers")
	labels := byCount(byCipher, func(n *total) uint64 { return n.sessions })
	header := []string{"", "~", ">sessions", ">" + p.words.messages}
	if p.Profile != nil {
		header = append(header, "grade ("+p.Profile.Name()+")")
	}
	printTable(p.page, header, labels, func(label string) []string {
		protocol, cipher, _ := strings.Cut(label, " ")
		row := []string{Clean(protocol), Clean(cipher), thousands(byCipher[label].sessions), thousands(byCipher[label].messages)}
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
