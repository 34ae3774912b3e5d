package tally

import (
	"cmp"
	"slices"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// domainNotes are what else is known of the mail to a domain.
type domainNotes struct {
	trust    Counts // recipients
	policies Counts // recipients
	relays   []string
}

// maxWords bounds the trust words and policies of a domain. Postfix has some dozens.
const maxWords = 100

// delivered notes how mail for the domain was taken.
func (p *peer) delivered(d *parser.Delivery) {
	if p.notes == nil {
		p.notes = &domainNotes{}
	}
	n := p.notes
	if d.TLS != nil {
		n.trust.addBounded(cmp.Or(d.TLS.Trust, "unknown"))
	}
	n.policies.addBounded(d.Policy.String())
	n.relayed(HostLabel(*d.Relay))
}

func (c *Counts) addBounded(label string) {
	if len(*c) >= maxWords && c.Of(label) == 0 {
		label = Other
	}
	c.add(label, 1)
}

// relayed keeps the first MaxRelays by name, which does not depend on who came first.
func (n *domainNotes) relayed(relay string) {
	if len(relay) > maxLabel {
		relay = Other
	}
	i, ok := slices.BinarySearch(n.relays, relay)
	if ok || i >= MaxRelays {
		return
	}
	n.relays = slices.Insert(n.relays, i, relay)
	n.relays = n.relays[:min(len(n.relays), MaxRelays)]
}
