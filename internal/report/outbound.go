package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// A levelRow tells what came of a security level.
type levelRow struct {
	level, outcome   string
	recipients, sent uint64 // recipients tried, and those among them whose server took the message
}

// securityLevels are the rows, most recipients first; none if tls= is not logged (before 3.11). What stays on this host is left out: there is nothing to
// secure.
func securityLevels(s *tally.Snapshot) []*levelRow {
	type key struct{ level, outcome string }
	rows, logged := map[key]*levelRow{}, false
	for i := range s.Deliveries {
		d := &s.Deliveries[i]
		if d.Class == "unix" || d.Class == "loopback" {
			continue
		}
		logged = logged || d.Policy != ""
		k := key{level(d.DeliveryKey), outcome(d.DeliveryKey)}
		if rows[k] == nil {
			rows[k] = &levelRow{level: k.level, outcome: k.outcome}
		}
		rows[k].recipients += d.Recipients
		if d.Status == "sent" {
			rows[k].sent += d.Recipients
		}
	}
	if !logged {
		return nil
	}
	return slices.SortedFunc(maps.Values(rows), func(a, b *levelRow) int {
		return cmp.Or(-cmp.Compare(a.recipients, b.recipients), cmp.Compare(a.level, b.level), cmp.Compare(a.outcome, b.outcome))
	})
}

func (p *part) policies() {
	rows := securityLevels(p.snapshot)
	if len(rows) == 0 {
		return
	}
	p.heading("Security levels (tls=) and certificates beyond this host")
	printTable(p.page, []string{"~", "", ">recipients tried", ">sent"}, rows, func(r *levelRow) []string {
		return []string{Clean(r.level), Clean(r.outcome), thousands(r.recipients), thousands(r.sent)}
	})
}

func level(k tally.DeliveryKey) string {
	switch {
	case k.Policy == "":
		return "not logged"
	case k.RequireTLS != "":
		return k.Policy + "/" + k.RequireTLS
	}
	return k.Policy
}

// outcome is how far the certificate is trusted or, without one, what became of TLS.
func outcome(k tally.DeliveryKey) string {
	switch k.TLS {
	case "":
		return "no server reached"
	case "established":
		return cmp.Or(k.Trust, "TLS")
	}
	return stateTitles[k.TLS]
}

// rankedDomains returns the domains for which count is not zero: those with public servers first, then by count, then by name.
func rankedDomains(s *tally.Snapshot, count func(*tally.DomainRow) uint64) (rows []*tally.DomainRow) {
	for i := range s.Domains {
		if r := &s.Domains[i]; count(r) > 0 {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b *tally.DomainRow) int {
		return cmp.Or(-cmp.Compare(public(a.Class), public(b.Class)), -cmp.Compare(count(a), count(b)), cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Class, b.Class))
	})
	return rows
}

func plaintextRecipients(r *tally.DomainRow) uint64 { return r.TLS.Of("plaintext") }

// plaintextDomains are those that would get no mail if TLS were required.
func (p *part) plaintextDomains() {
	rows := rankedDomains(p.snapshot, plaintextRecipients)
	if len(rows) == 0 {
		return
	}
	p.heading("Destination domains that got mail in plaintext")
	printTable(p.page, []string{"~", ">plaintext", ">with TLS", "last in plaintext"}, rows, func(r *tally.DomainRow) []string {
		return []string{named(r.Domain, r.Class), thousands(plaintextRecipients(r)), thousands(encrypted(r.TLS)), minute(r.LastPlain)}
	})
}

// failingDomains are those whose mail waited or came back, because TLS is required and could not be had.
func (p *part) failingDomains() {
	type row struct {
		failures map[string]uint64
		sum      uint64
		last     time.Time
	}
	rows := map[string]row{}
	for _, d := range p.snapshot.Domains {
		if len(d.Failures) == 0 {
			continue
		}
		v := rows[d.Domain]
		if v.failures == nil {
			v.failures = map[string]uint64{}
		}
		for reason, n := range d.Failures.All() {
			v.failures[reason] += n
			v.sum += n
		}
		if d.Last.After(v.last) {
			v.last = d.Last
		}
		rows[d.Domain] = v
	}
	if len(rows) == 0 {
		return
	}
	p.heading("Destination domains whose mail was held up by TLS")
	header := []string{"~", ">recipients tried", ",mostly", "last seen"}
	printTable(p.page, header, byCount(rows, func(v row) uint64 { return v.sum }), func(domain string) []string {
		v := rows[domain]
		return []string{Clean(domain), thousands(v.sum), mostly(v.failures), minute(&v.last)}
	})
}

// tlsrpt are the results that go into TLS reports (RFC 8460), if Postfix makes any (3.10): the failures, by policy domain.
func (p *part) tlsrpt() {
	var failures []tally.TLSRPTRow
	var all, failed uint64
	for _, r := range p.snapshot.TLSRPT {
		all += r.Count
		if r.Result != "success" {
			failed += r.Count
			failures = append(failures, r)
		}
	}
	if len(failures) == 0 {
		return
	}
	slices.SortStableFunc(failures, func(a, b tally.TLSRPTRow) int { return -cmp.Compare(a.Count, b.Count) })
	p.heading("Failures in TLS reports (TLSRPT): %s of %s results", thousands(failed), thousands(all))
	printTable(p.page, []string{">", "~", ""}, failures, func(r tally.TLSRPTRow) []string {
		return []string{thousands(r.Count), Clean(r.Domain), Clean(r.Result)}
	})
}
