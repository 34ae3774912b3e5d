package tally

import "fmt"

// hints are drawn from the counts alone, so that they stay true when snapshots are added.
func hints(s *Snapshot) []Hint {
	out := []Hint{}
	out = append(out, logLevelHints(s)...)
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
	if n := s.Evicted.Sessions + s.Evicted.Messages; n > 0 {
		out = append(out, Hint{"evicted", fmt.Sprintf("%d sessions and messages were open longer than memory allowed and were counted early", n)})
	}
	return out
}

// logLevelHints finds services that used TLS and never logged a TLS line.
func logLevelHints(s *Snapshot) []Hint {
	type service struct{ instance, name string }
	var order []service
	unlogged, logged := map[service]uint64{}, map[service]bool{}
	for _, row := range s.Sessions {
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
