package tally

import (
	"slices"
	"unicode/utf8"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// domainNotes are what else is known of the mail to a domain.
type domainNotes struct {
	trust    Counts // recipients
	policies Counts // recipients
	relays   []string
	relay    *parser.Peer // the last one
}

// maxWords bounds the trust words and policies of a domain. Postfix has some dozens.
const maxWords = 100

// delivered notes how mail for the domain was taken.
func (p *peer) delivered(row *delivery, relay *parser.Peer) {
	if p.notes == nil {
		p.notes = &domainNotes{}
	}
	n := p.notes
	n.trust.addBounded(row.Trust)
	n.policies.addBounded(row.Policy)
	if n.relay != relay {
		n.relayed(shortened(HostLabel(*relay)))
		n.relay = relay
	}
}

func (c *Counts) addBounded(label string) {
	if len(*c) >= maxWords && c.Of(label) == 0 {
		label = Other
	}
	c.add(label, 1)
}

// words tells whether addBounded can have made them.
func (c Counts) words() bool {
	valid := !slices.ContainsFunc(c, func(o Count) bool { return !utf8.ValidString(o.Label) })
	return valid && ascending(c, Count.order) && len(c) <= maxWords+1
}

// relayed keeps the first MaxRelays by name, which does not depend on who came first.
func (n *domainNotes) relayed(relay string) {
	i, ok := slices.BinarySearch(n.relays, relay)
	if ok || i >= MaxRelays {
		return
	}
	n.relays = slices.Insert(n.relays, i, relay)
	n.relays = n.relays[:min(len(n.relays), MaxRelays)]
}
