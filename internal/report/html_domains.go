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
	sec.add(newTable(d, "Destination domains that got mail in plaintext",
		columns("#Domain", "Class", ">plaintext recipients", ">with TLS", "@last in plaintext", "+relays"),
		rankedDomains(d.snapshot, plaintextRecipients), func(r *tally.DomainRow) []string {
			return []string{r.Domain, r.Class, thousands(plaintextRecipients(r)), thousands(encrypted(r.TLS)), minute(r.LastPlain), relays(r)}
		}))
	busiest := rankedDomains(d.snapshot, func(r *tally.DomainRow) uint64 { return r.Recipients })
	sec.add(newTable(d, "Destination domains with most recipients",
		columns("#Domain", "Class", ">recipients", "+by version", "+certificates", "+security levels", "@last seen"), busiest, func(r *tally.DomainRow) []string {
			return []string{
				r.Domain, r.Class, thousands(r.Recipients), counts(stateSums(r.TLS, r.Protocols)), counts(maps.Collect(r.Trust.All())), counts(maps.Collect(r.Policies.All())), minute(&r.Last),
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

func (d *document) levels() *webTable {
	return newTable(d, "Security levels (tls=) and certificates beyond this host", columns("Level", "Outcome", ">recipients tried", ">sent"), securityLevels(d.snapshot),
		func(r *levelRow) []string {
			return []string{r.level, r.outcome, thousands(r.recipients), thousands(r.sent)}
		})
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
