package report

import (
	"slices"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// A Setting is what an administrator may require of TLS: the level as in smtpd_tls_security_level and smtp_tls_security_level, and the lowest
// version, as the "protocols" parameters have it. Level may without a minimum is taken for the setting of today.
type Setting struct {
	Level   string `json:"level"`   // LevelMay or LevelEncrypt
	Minimum string `json:"minimum"` // empty, "TLSv1.2" or "TLSv1.3"
}

// The levels of a Setting.
const (
	LevelMay     = "may"     // TLS where it can be had
	LevelEncrypt = "encrypt" // TLS or nothing
)

// Settings are those that WhatIf looks at, in its order.
func Settings() []Setting {
	return slices.Clone(settings[:])
}

var settings = [...]Setting{
	{LevelMay, "TLSv1.2"}, {LevelMay, "TLSv1.3"}, {LevelEncrypt, ""}, {LevelEncrypt, "TLSv1.2"}, {LevelEncrypt, "TLSv1.3"},
}

// A WhatIfRow tells how the messages of one direction and class would have fared under a Setting. Messages are inbound messages that reached the
// queue, and outbound recipients for whom a server took the message.
type WhatIfRow struct {
	Direction  string `json:"direction"`
	Class      string `json:"class"`
	Submission bool   `json:"submission"` // inbound, to services that users submit their mail to
	Setting
	Messages WhatIfCounts `json:"messages"`
	Peers    []WhatIfPeer `json:"peers"` // whose messages fare otherwise than today, most messages first, then by name
	Users    []WhatIfUser `json:"users"` // the same by SASL login
}

// WhatIfCounts counts messages. Fine, Plaintext, Refused and Unknown together are all of them.
type WhatIfCounts struct {
	Fine      uint64 `json:"fine"`      // under TLS
	Plaintext uint64 `json:"plaintext"` // as today or newly
	Refused   uint64 `json:"refused"`   // outbound: not sent
	Unknown   uint64 `json:"unknown"`   // the log does not tell enough
	Changed   uint64 `json:"changed"`   // those among Plaintext and Refused that fare otherwise than today
}

// A WhatIfPeer is a peer whose messages fare otherwise than today.
type WhatIfPeer struct {
	Peer     string    `json:"peer"`     // as tally.PeerRow, tally.Other included
	Messages uint64    `json:"messages"` // that fare otherwise
	Outcome  string    `json:"outcome"`  // "plaintext" in place of TLS, or "refused"
	Last     time.Time `json:"last"`     // of those messages
}

// A WhatIfUser is a user whose messages fare otherwise than today.
type WhatIfUser struct {
	User     string    `json:"user"`     // as tally.UserRow, tally.Other included
	Messages uint64    `json:"messages"` // that fare otherwise
	Outcome  string    `json:"outcome"`  // "plaintext" in place of TLS, or "refused"
	Last     time.Time `json:"last"`     // of those messages
}

// WhatIf tells who would break, or go on in plaintext, under each of Settings: a row for each direction, class and kind of service that has a message,
// sorted by these. Each message is judged by its TLS of today:
//
//   - Under a version that is not below the minimum it is fine. Below it, level may lets the peer go on in plaintext, of which RFC 9325 section 5.2
//     warns; level encrypt refuses it.
//   - On services for submission a version below the minimum is refused at either level: a client that has to log in is not offered AUTH in plaintext
//     (smtpd_tls_auth_only, RFC 8314), and in wrapper mode there is no plaintext to go on in.
//   - Plaintext stays plaintext at level may, and is refused at level encrypt.
//   - TLS of which the version was not logged, or cannot be compared, is fine as long as there is no minimum, else unknown.
//   - What the log cannot tell today, it cannot tell for another setting.
//
// A peer that sends partly under TLS 1.2 and partly in plaintext is named with the messages that would fare otherwise, not with all of its messages.
func WhatIf(s *tally.Snapshot) []WhatIfRow {
	w := whatIf{groups: make(map[whatIfGroup]*whatIfRows)}
	for i := range s.Messages {
		w.total(&s.Messages[i])
	}
	for i := range s.Peers {
		r := &s.Peers[i]
		w.each(r.Direction, r.Combinations, func(row *WhatIfRow, n affected) {
			row.Peers = append(row.Peers, WhatIfPeer{r.Peer, n.messages, row.worse().String(), n.last})
		})
	}
	for i := range s.Users {
		r := &s.Users[i]
		w.each(tally.Inbound, r.Combinations, func(row *WhatIfRow, n affected) {
			row.Users = append(row.Users, WhatIfUser{r.User, n.messages, row.worse().String(), n.last})
		})
	}
	return w.rows()
}
