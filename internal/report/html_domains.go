package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// domains are where mail went to, by the recipients' domains.
func (d *document) domains() *section {
	sec := &section{ID: "domains", Title: "Destination domains"}
	sec.add(d.domainTable("Destination domains that got mail in plaintext",
		columns("#Domain", "Class", ">plaintext recipients", ">with TLS", "@last in plaintext", "+relays"),
		func(r *tally.DomainRow) uint64 { return r.TLS.Of("plaintext") }, func(r *tally.DomainRow) []string {
			return []string{
				r.Domain, r.Class, thousands(r.TLS.Of("plaintext")), thousands(r.TLS.Of("established") + r.TLS.Of("unlogged")), minute(r.LastPlain), relays(r),
			}
		}))
	sec.add(d.domainTable("Destination domains with most recipients",
		columns("#Domain", "Class", ">recipients", "+by version", "+certificates", "+security levels", "@last seen"),
		func(r *tally.DomainRow) uint64 { return r.Recipients }, func(r *tally.DomainRow) []string {
			versions := maps.Collect(r.Protocols.All())
			for state, n := range r.TLS.All() {
				if state != "established" {
					versions[state] += n
				}
			}
			return []string{
				r.Domain, r.Class, thousands(r.Recipients), counts(versions), counts(maps.Collect(r.Trust.All())), counts(maps.Collect(r.Policies.All())), minute(&r.Last),
			}
		}))
	sec.add(d.levels())
	sec.add(d.tlsReports())
	return sec
}

func relays(r *tally.DomainRow) string {
	text := strings.Join(r.Relays, ", ")
	if len(r.Relays) == tally.MaxRelays {
		text += ", ..."
	}
	return text
}

// domainTable has the domains for which count is not zero: those with public servers first, then by count.
func (d *document) domainTable(caption string, columns []webColumn, count func(*tally.DomainRow) uint64, cells func(*tally.DomainRow) []string) *webTable {
	var rows []*tally.DomainRow
	for i := range d.snapshot.Domains {
		if r := &d.snapshot.Domains[i]; count(r) > 0 {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b *tally.DomainRow) int {
		return cmp.Or(-cmp.Compare(public(a.Class), public(b.Class)), -cmp.Compare(count(a), count(b)), cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Class, b.Class))
	})
	return newTable(d, caption, columns, rows, cells)
}

// levels tells what came of each security level, if tls= is logged (3.11). What stays on this host is left out.
func (d *document) levels() *webTable {
	type key struct{ level, outcome string }
	type row struct {
		key
		recipients, sent uint64
	}
	rows, logged := map[key]*row{}, false
	for _, v := range d.snapshot.Deliveries {
		if v.Class == "unix" || v.Class == "loopback" {
			continue
		}
		logged = logged || v.Policy != ""
		k := key{level(v.DeliveryKey), outcome(v.DeliveryKey)}
		if rows[k] == nil {
			rows[k] = &row{key: k}
		}
		rows[k].recipients += v.Recipients
		if v.Status == "sent" {
			rows[k].sent += v.Recipients
		}
	}
	if !logged {
		return nil
	}
	order := slices.SortedFunc(maps.Values(rows), func(a, b *row) int {
		return cmp.Or(-cmp.Compare(a.recipients, b.recipients), cmp.Compare(a.level, b.level), cmp.Compare(a.outcome, b.outcome))
	})
	return newTable(d, "Security levels (tls=) and certificates beyond this host", columns("Level", "Outcome", ">recipients tried", ">sent"), order,
		func(r *row) []string { return []string{r.level, r.outcome, thousands(r.recipients), thousands(r.sent)} })
}

// tlsReports are the results that go into TLS reports (RFC 8460), if Postfix makes any (3.10).
func (d *document) tlsReports() *webTable {
	rows := slices.Clone(d.snapshot.TLSRPT)
	slices.SortStableFunc(rows, func(a, b tally.TLSRPTRow) int {
		return cmp.Or(cmp.Compare(success(a.Result), success(b.Result)), -cmp.Compare(a.Count, b.Count))
	})
	return newTable(d, "Results for TLS reports (TLSRPT), failures first", columns("#Policy domain", "Result", ">sessions"), rows, func(r tally.TLSRPTRow) []string {
		return []string{r.Domain, r.Result, thousands(r.Count)}
	})
}

func success(result string) int {
	if result == "success" {
		return 1
	}
	return 0
}
