package report

import "github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"

// total adds up sessions and messages that are shown in one row.
type total struct{ sessions, withMail, messages uint64 }

// totalOf returns the total of a key, a new one if there is none yet.
func totalOf[K comparable](rows map[K]*total, key K) *total {
	n := rows[key]
	if n == nil {
		n = &total{}
		rows[key] = n
	}
	return n
}

// addUp adds what was counted to the total that of returns; it may return nil.
func addUp(s *tally.Snapshot, of func(tally.SessionKey) *total) {
	for i := range s.Sessions {
		r := &s.Sessions[i]
		if n := of(r.SessionKey); n != nil {
			n.sessions += r.Count
			n.withMail += r.WithMail
		}
	}
	for i := range s.Messages {
		r := &s.Messages[i]
		if n := of(r.SessionKey); n != nil {
			n.messages += r.Count
		}
	}
}

// sums adds up the rows of a direction that pick gives a label for.
func sums(s *tally.Snapshot, direction string, pick func(tally.SessionKey) string) map[string]*total {
	rows := map[string]*total{}
	addUp(s, func(k tally.SessionKey) *total {
		if k.Direction != direction {
			return nil
		}
		if label := pick(k); label != "" {
			return totalOf(rows, label)
		}
		return nil
	})
	return rows
}

// classRows are the sessions and messages of a class of peers by state and version, each with its share: label, sessions, share, sessions with mail,
// messages, share.
func classRows(s *tally.Snapshot, direction, class string) (rows [][]string) {
	byState := sums(s, direction, func(k tally.SessionKey) string {
		if k.Class != class {
			return ""
		}
		return stateLabel(k.TLS, k.Protocol)
	})
	var all total
	for _, n := range byState {
		all.sessions += n.sessions
		all.messages += n.messages
	}
	for _, label := range sortedKeys(byState, stateOrder) {
		n := byState[label]
		rows = append(rows, []string{
			Clean(label), thousands(n.sessions), percent(n.sessions, all.sessions), thousands(n.withMail), thousands(n.messages), percent(n.messages, all.messages),
		})
	}
	return rows
}

// serviceStates counts sessions by service. It leaves out UNIX-domain sockets, where plaintext is as it should be.
func serviceStates(s *tally.Snapshot, direction string) map[string]*stateCounts {
	rows := map[string]*stateCounts{}
	for i := range s.Sessions {
		r := &s.Sessions[i]
		if r.Direction != direction || r.Class == "unix" {
			continue
		}
		name := r.Instance + "/" + r.Service
		if rows[name] == nil {
			rows[name] = &stateCounts{}
		}
		rows[name][stateOf(r.TLS, r.Protocol)] += r.Count
	}
	return rows
}
