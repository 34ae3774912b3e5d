package report

import (
	"strings"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// The states of messages and sessions as pictures show them, from the ground up: what wants attention lies on the ground, where heights can be
// compared.
const (
	statePlaintext = iota
	stateFailed
	stateOld
	stateUnknown
	stateUnlogged
	stateTLS12
	stateTLS13
	stateNewer
	numStates
)

// webStates have a class of the style sheet each: a colour, and a pattern where the colour would stand alone.
var webStates = [numStates]struct{ Class, Title string }{
	{"plaintext", "plaintext"},
	{"failed", "failed handshake"},
	{"old", "below TLS 1.2"},
	{"unknown", "cannot be told"},
	{"unlogged", "TLS, version not logged"},
	{"tls12", "TLS 1.2"},
	{"tls13", "TLS 1.3"},
	{"newer", "another TLS version"},
}

func stateOf(tls, protocol string) int {
	switch {
	case tls == "plaintext":
		return statePlaintext
	case tls == "failed":
		return stateFailed
	case tls == "unlogged":
		return stateUnlogged
	case tls != "established":
		return stateUnknown
	case old(protocol):
		return stateOld
	case protocol == "TLSv1.2":
		return stateTLS12
	case protocol == "TLSv1.3":
		return stateTLS13
	}
	return stateNewer
}

// stateCounts are numbers by state.
type stateCounts [numStates]uint64

func (c *stateCounts) sum() (n uint64) {
	for _, v := range c {
		n += v
	}
	return n
}

// modern are those of TLS 1.2 and later.
func (c *stateCounts) modern() uint64 { return c[stateTLS12] + c[stateTLS13] + c[stateNewer] }

// messageStates counts the messages of a direction; all classes if class is empty.
func messageStates(s *tally.Snapshot, direction, class string) (c stateCounts) {
	for _, r := range s.Messages {
		if r.Direction == direction && (class == "" || r.Class == class) {
			c[stateOf(r.TLS, r.Protocol)] += r.Count
		}
	}
	return c
}

// combinationStates counts the messages of a peer or user.
func combinationStates(all []tally.PeerCount) (c stateCounts) {
	for i := range all {
		c[stateOf(all[i].TLS, all[i].Protocol)] += all[i].Messages
	}
	return c
}

// words are the numbers of the states that occur, each with its share.
func (c *stateCounts) words(separator string) string {
	var out []string
	all := c.sum()
	for state, n := range c {
		if n > 0 {
			out = append(out, webStates[state].Title+" "+thousands(n)+" ("+percent(n, all)+" %)")
		}
	}
	return strings.Join(out, separator)
}

// columns are titles, and one for each state that occurs; states are those.
func (c *stateCounts) columns(titles ...string) (all []webColumn, states []int) {
	for state, n := range c {
		if n > 0 {
			titles, states = append(titles, ">"+webStates[state].Title), append(states, state)
		}
	}
	return columns(titles...), states
}

// legend are the states that occur.
func (c *stateCounts) legend() (out []legendItem) {
	for i, n := range c {
		if n > 0 {
			out = append(out, legendItem{webStates[i].Class, webStates[i].Title})
		}
	}
	return out
}

// A legendItem says what a colour stands for.
type legendItem struct{ Class, Title string }

// An answer is what a reader with ten seconds wants to know of one direction.
type answer struct {
	Heading string
	Text    string
	Bar     *figure
}

// answers are about peers on the Internet; for a direction without any the answer says so.
func (d *document) answers() {
	s := d.snapshot
	for i, direction := range [...]string{tally.Inbound, tally.Outbound} {
		all := messageStates(s, direction, "")
		c := messageStates(s, direction, "public")
		failed := publicFailures(s, direction)
		words := &directionWords[i]
		switch {
		case c.sum() > 0:
			d.Answers = append(d.Answers, answer{words.internet, sentence(&c, failed, words.messages), d.bar(words.internet, words.messages, &c)})
		case all.sum() > 0 || failed > 0 || direction == tally.Inbound:
			text := "No " + words.messages + " in this log"
			if all.sum() > 0 {
				text += ", but " + thousands(all.sum()) + " on this host and in private networks"
			}
			if failed > 0 {
				text += "; " + sessions(failed) + " failed in the TLS handshake"
			}
			d.Answers = append(d.Answers, answer{Heading: words.internet, Text: text + "."})
		}
	}
}

func publicFailures(s *tally.Snapshot, direction string) (n uint64) {
	for _, r := range s.Sessions {
		if r.Class == "public" && r.Direction == direction && r.TLS == "failed" {
			n += r.Count
		}
	}
	return n
}

// sentence says the same as the first lines of the page of text.
func sentence(c *stateCounts, failed uint64, unit string) string {
	all := c.sum()
	share := func(n uint64) string { return thousands(n) + " (" + percent(n, all) + " %)" }
	text := "Of " + thousands(all) + " " + unit + ", " + share(c[statePlaintext]) + " moved in plaintext and " + share(c[stateOld]) + " below TLS 1.2"
	if n := c[stateUnlogged]; n > 0 {
		text += "; of " + share(n) + " under TLS the version was not logged"
	}
	if n := c[stateUnknown] + c[stateFailed]; n > 0 {
		text += "; " + share(n) + " cannot be told"
	}
	return text + ". " + sessions(failed) + " failed in the TLS handshake."
}

func sessions(n uint64) string {
	switch n {
	case 0:
		return "No session"
	case 1:
		return "1 session"
	}
	return thousands(n) + " sessions"
}
