package tally

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// hints are drawn from the counts alone, so that they stay true when snapshots are added.
func hints(s *Snapshot) []Hint {
	out := []Hint{}
	out = append(out, logLevelHints(s)...)
	out = append(out, deliveryLogLevelHints(s)...)
	for _, row := range s.Auth {
		out = append(out, Hint{"plaintext_auth", fmt.Sprintf(
			"%s: %d sessions sent a password without TLS; set smtpd_tls_auth_only = yes", row.Service, row.Count)})
	}
	if n := s.Lines.Unrecognized; n > 0 {
		out = append(out, Hint{"unrecognized", fmt.Sprintf(
			"%d lines about TLS or sessions have a form that is not known, so counts may be short; the explain command shows them", n)})
	}
	if s.Lines.Total > 0 && s.Lines.Postfix == 0 {
		out = append(out, Hint{"no_postfix_lines", fmt.Sprintf("none of the %d lines is from Postfix; is this the mail log?", s.Lines.Total)})
	}
	out = append(out, doubtHints(s)...)
	return append(out, evictedHints(s.Evicted)...)
}

// doubtHints are about delivery records that do not tell one story.
func doubtHints(s *Snapshot) (out []Hint) {
	if n := s.Contradictions; n > 0 {
		out = append(out, Hint{"contradictions", fmt.Sprintf(
			"%d deliveries followed a TLS line for their relay, but tls= says plaintext; they count as plaintext", n)})
	}
	if n := s.Ambiguous; n > 0 {
		out = append(out, Hint{"ambiguous", fmt.Sprintf(
			"%d delivery records can be read in more than one way, because an address looks like a part of the record; they are not counted", n)})
	}
	return out
}

func evictedHints(e Evicted) (out []Hint) {
	if n := e.Sessions + e.Messages; n > 0 {
		out = append(out, Hint{"evicted", fmt.Sprintf("%d sessions and messages were open longer than memory allowed and were counted early", n)})
	}
	if n := e.Deliveries; n > 0 {
		out = append(out, Hint{"evicted", fmt.Sprintf("%d deliveries waited longer for a TLS line than memory allowed and count as unknown", n)})
	}
	if n := e.Processes; n > 0 {
		out = append(out, Hint{"evicted", fmt.Sprintf("%d smtp and lmtp processes were more than memory allowed, and their TLS lines were forgotten", n)})
	}
	return out
}

// logLevelHints finds services that used TLS towards clients and never logged a TLS line.
func logLevelHints(s *Snapshot) []Hint {
	type service struct{ instance, name string }
	var order []service
	unlogged, logged := map[service]uint64{}, map[service]bool{}
	for _, row := range s.Sessions {
		if row.Direction != Inbound {
			continue
		}
		key := service{row.Instance, row.Service}
		switch row.TLS {
		case "unlogged":
			if unlogged[key] == 0 {
				order = append(order, key)
			}
			unlogged[key] += row.Count
		case "established":
			logged[key] = true
		}
	}
	var out []Hint
	for _, key := range order {
		if !logged[key] {
			out = append(out, Hint{"smtpd_tls_loglevel", fmt.Sprintf(
				"%s/%s: %d sessions used TLS, but the log does not say which version; set smtpd_tls_loglevel = 1", key.instance, key.name, unlogged[key])})
		}
	}
	return out
}

// An agent is a service of smtp or lmtp.
type agent struct{ instance, service, program string }

// deliveryLogLevelHints finds services whose log lacks TLS lines. Before tls= (3.11) it then cannot tell TLS from plaintext.
func deliveryLogLevelHints(s *Snapshot) (out []Hint) {
	hidden, far, logged := map[agent]uint64{}, map[agent]bool{}, map[agent]bool{}
	for _, row := range s.Deliveries {
		of := agent{row.Instance, row.Service, row.Program}
		switch {
		case row.TLS == "established":
			// The level is the same for all services of the program, unless master.cf says otherwise.
			logged[of], logged[agent{row.Instance, "", row.Program}] = true, true
		case row.Class != "unix" && (row.TLS == "unlogged" || row.TLS == "unknown"):
			hidden[of] += row.Recipients
			far[of] = far[of] || row.TLS == "unlogged" || row.Class != "loopback"
		}
	}
	for _, of := range slices.SortedFunc(maps.Keys(hidden), agent.compare) {
		// The way to a content filter on this host has no TLS, and does not show the level.
		if logged[of] || !far[of] && logged[agent{of.instance, "", of.program}] {
			continue
		}
		parameter := of.program + "_tls_loglevel"
		out = append(out, Hint{parameter, fmt.Sprintf(
			"%s/%s: %d deliveries cannot be told from plaintext, or their TLS version is not in the log; set %s = 1",
			of.instance, of.service, hidden[of], parameter)})
	}
	return out
}

func (a agent) compare(o agent) int {
	return cmp.Or(cmp.Compare(a.instance, o.instance), cmp.Compare(a.service, o.service), cmp.Compare(a.program, o.program))
}
