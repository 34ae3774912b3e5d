package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// policies tells what came of each security level, if tls= is logged (3.11). What stays on this host is left out: there is nothing to secure.
func (p *part) policies() {
	type key struct{ level, outcome string }
	type row struct{ recipients, sent uint64 }
	rows, logged := map[key]row{}, false
	for _, d := range p.snapshot.Deliveries {
		if d.Class == "unix" || d.Class == "loopback" {
			continue
		}
		logged = logged || d.Policy != ""
		k := key{level(d.DeliveryKey), outcome(d.DeliveryKey)}
		v := rows[k]
		v.recipients += d.Recipients
		if d.Status == "sent" {
			v.sent += d.Recipients
		}
		rows[k] = v
	}
	if !logged {
		return
	}
	keys := make([]key, 0, len(rows))
	for k := range rows {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(-cmp.Compare(rows[a].recipients, rows[b].recipients), cmp.Compare(a.level, b.level), cmp.Compare(a.outcome, b.outcome))
	})
	p.heading("Security levels (tls=) and certificates beyond this host")
	printTable(p.page, []string{"~", "", ">recipients tried", ">sent"}, keys, func(k key) []string {
		return []string{Clean(k.level), Clean(k.outcome), thousands(rows[k].recipients), thousands(rows[k].sent)}
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

// plaintextDomains are those that would get no mail if TLS were required.
func (p *part) plaintextDomains() {
	var rows []tally.DomainRow
	for _, r := range p.snapshot.Domains {
		if r.TLS.Of("plaintext") > 0 {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b tally.DomainRow) int {
		return cmp.Or(-cmp.Compare(public(a.Class), public(b.Class)), -cmp.Compare(a.TLS.Of("plaintext"), b.TLS.Of("plaintext")))
	})
	p.heading("Destination domains that got mail in plaintext")
	printTable(p.page, []string{"~", ">plaintext", ">with TLS", "last in plaintext"}, rows, func(r tally.DomainRow) []string {
		return []string{
			named(r.Domain, r.Class), thousands(r.TLS.Of("plaintext")), thousands(r.TLS.Of("established") + r.TLS.Of("unlogged")), day(r.LastPlain),
		}
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
		return []string{Clean(domain), thousands(v.sum), mostly(v.failures), day(&v.last)}
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
