package report

import (
	"cmp"
	"strings"
)

// postQuantum tells the groups that withstand a quantum computer: hybrids with ML-KEM, or with Kyber before it had its name.
func postQuantum(group string) bool {
	group = strings.ToUpper(group)
	return strings.Contains(group, "MLKEM") || strings.Contains(group, "KYBER")
}

// keyExchanges are of both directions, for those in which groups were logged.
func (p *page) keyExchanges() {
	groups := map[string]map[string]uint64{} // by group and direction
	all, safe, both := map[string]uint64{}, map[string]uint64{}, map[string]uint64{}
	for _, r := range p.snapshot.KeyExchanges {
		if groups[r.Group] == nil {
			groups[r.Group] = map[string]uint64{}
		}
		groups[r.Group][r.Direction] += r.Count
		all[r.Direction] += r.Count
		both[r.Group] += r.Count
		if postQuantum(r.Group) {
			safe[r.Direction] += r.Count
		}
	}
	if len(groups) == 0 {
		return
	}
	p.heading("Key exchange groups of TLS 1.3")
	directions, header, shares := sortedKeys(all, cmp.Compare[string]), []string{""}, []string(nil)
	for _, direction := range directions {
		header = append(header, ">"+direction+" sessions")
		shares = append(shares, percent(safe[direction], all[direction])+" % "+direction)
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
