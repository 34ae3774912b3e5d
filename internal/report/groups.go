package report

import (
	"cmp"
	"strings"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// postQuantum tells the groups that withstand a quantum computer: hybrids with ML-KEM, or with Kyber before it had its name.
func postQuantum(group string) bool {
	group = strings.ToUpper(group)
	return strings.Contains(group, "MLKEM") || strings.Contains(group, "KYBER")
}

// postQuantumSessions are those of a direction, and all whose group was logged.
func postQuantumSessions(s *tally.Snapshot, direction string) (safe, all uint64) {
	for _, r := range s.KeyExchanges {
		if r.Direction != direction {
			continue
		}
		all += r.Count
		if postQuantum(r.Group) {
			safe += r.Count
		}
	}
	return safe, all
}

// keyExchanges are of both directions, for those in which groups were logged.
func (p *page) keyExchanges() {
	groups := map[string]map[string]uint64{} // by group and direction
	logged, both := map[string]bool{}, map[string]uint64{}
	for _, r := range p.snapshot.KeyExchanges {
		if groups[r.Group] == nil {
			groups[r.Group] = map[string]uint64{}
		}
		groups[r.Group][r.Direction] += r.Count
		logged[r.Direction] = true
		both[r.Group] += r.Count
	}
	if len(groups) == 0 {
		return
	}
	p.heading("Key exchange groups of TLS 1.3")
	directions, header, shares := sortedKeys(logged, cmp.Compare[string]), []string{""}, []string(nil)
	for _, direction := range directions {
		header = append(header, ">"+direction+" sessions")
		safe, all := postQuantumSessions(p.snapshot, direction)
		shares = append(shares, percent(safe, all)+" % "+direction)
	}
	printTable(p, header, byCount(both, func(n uint64) uint64 { return n }), func(group string) []string {
		row := []string{Clean(group)}
		for _, direction := range directions {
			row = append(row, thousands(groups[group][direction]))
		}
		return row
	})
	p.printf("  Post-quantum: %s\n", strings.Join(shares, ", "))
}
