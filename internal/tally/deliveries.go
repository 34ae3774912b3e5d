package tally

import (
	"cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// Delivered counts a delivery record of smtp or lmtp: what became of one recipient in one attempt. Deliveries of other programs do not leave the
// host, and do not count.
func (t *Tally) Delivered(d *parser.Delivery) {
	if d.Service.Program != "smtp" && d.Service.Program != "lmtp" {
		return
	}
	row := t.delivery(d)
	row.recipients++
	if d.First {
		row.count++
	}
	switch {
	case d.Relay != nil && d.Status == "sent":
		c := t.view(parser.Outbound, d.Service, d.Relay, d.State, d.TLS).counter
		t.message(parser.Outbound, d.Service, d.Relay, c, d.State, d.Time)
		if v := t.domain(d); v != nil {
			v.message(c, d.Relay.Class, d.State, d.Time)
			v.delivered(row, d.Relay)
		}
	case d.Failure != nil:
		t.notDelivered(d, row.Service)
	}
}

// notDelivered counts a recipient who got nothing because TLS could not be used. If a server was reached, its session tells the failure too, and
// there it counts.
func (t *Tally) notDelivered(d *parser.Delivery, service string) {
	class := parser.ClassUnknown
	if d.Relay != nil {
		class = d.Relay.Class
	} else if d.First {
		t.failed(FailureKey{Outbound, service, class.String(), d.Failure.Result, d.Failure.Reason})
	}
	if v := t.domain(d); v != nil {
		v.failed(d.Failure, d.Time)
		v.seen(class, d.Time)
	}
}

// domain returns the place of the recipient's domain; nil if domains are not kept, or the delivery says nothing of it: what went to this host itself
// has not left for the domain yet, or has arrived.
func (t *Tally) domain(d *parser.Delivery) *peer {
	class := parser.ClassUnknown
	if d.Relay != nil {
		class = d.Relay.Class
	}
	if d.Domain == "" || class == parser.ClassLoopback || class == parser.ClassUnix || !t.keepsDomains {
		return nil
	}
	return t.domains.find(place{d.Domain, class}, d.Time)
}

// keepsDomains tells whether peers are named at all.
func keepsDomains(opts Options) bool {
	return opts.Label(parser.Peer{Name: Other, Address: Other}) != ""
}

// A delivery counts what has one DeliveryKey.
type delivery struct {
	DeliveryKey
	count, recipients uint64
}

// An attempt stands for a DeliveryKey, see combination.
type attempt struct {
	combination
	reached bool
	policy  parser.Policy
	status  string
}

// delivery returns the row of a delivery record. State means nothing if no server was reached; then only a failure tells of TLS.
func (t *Tally) delivery(d *parser.Delivery) *delivery {
	key := attempt{combination: combination{service: d.Service, direction: parser.Outbound}, policy: d.Policy, status: d.Status}
	switch {
	case d.Relay != nil:
		key.tls, key.class, key.state, key.reached = d.TLS, d.Relay.Class, d.State, true
	case d.Failure != nil:
		key.state, key.reached = parser.TLSFailed, true
	}
	row := t.attempts[key]
	if row == nil {
		t.host(d.Service.Host)
		row = t.newDelivery(&key)
		if len(t.attempts) >= maxCombinations {
			clear(t.attempts)
		}
		t.attempts[key] = row
	}
	return row
}

func (t *Tally) newDelivery(a *attempt) *delivery {
	key := DeliveryKey{
		Instance: a.service.Instance, Service: a.service.Name, Program: a.service.Program, Class: a.class.String(),
		Policy: a.policy.String(), RequireTLS: a.policy.RequireTLS, Status: cmp.Or(a.status, "unknown"),
	}
	if a.reached {
		key.TLS = a.state.String()
	}
	if a.tls != nil {
		key.Protocol, key.Trust = a.tls.Protocol, a.tls.Trust
	}
	if t.deliveries[key] == nil && len(t.deliveries) >= maxRows {
		key = DeliveryKey{Instance: Other, Service: Other, Program: key.Program, Class: key.Class, TLS: key.TLS, Status: Other}
		if a.tls != nil {
			key.Protocol = Other
		}
	}
	if t.deliveries[key] == nil {
		t.deliveries[key] = &delivery{DeliveryKey: key}
	}
	return t.deliveries[key]
}

// maxResults bounds the results of TLSRPT for the domain Other. RFC 8460 has some dozen.
const maxResults = 100

// TLSRPT counts the result of one handshake, or of none.
func (t *Tally) TLSRPT(r *parser.TLSRPT) {
	t.host(r.Service.Host)
	key := TLSRPTKey{r.Domain, r.Result}
	if len(key.Domain) > maxLabel {
		key.Domain = Other
	}
	key = bounded(t.tlsrpt, key, maxRows, TLSRPTKey{Other, r.Result})
	key = bounded(t.tlsrpt, key, maxRows+maxResults, TLSRPTKey{Other, Other})
	t.tlsrpt[key]++
}
