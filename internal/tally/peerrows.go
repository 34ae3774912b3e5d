package tally

import "time"

// PeerRow is what is known of one peer.
type PeerRow struct {
	Direction      string        `json:"direction"`
	Peer           string        `json:"peer"`
	Class          string        `json:"class"`
	Sessions       uint64        `json:"sessions"`
	Messages       uint64        `json:"messages"`
	TLS            Counts        `json:"tls"`                      // sessions
	Protocols      Counts        `json:"protocols"`                // sessions
	Ciphers        Counts        `json:"ciphers"`                  // sessions
	MessagesTLS    Counts        `json:"messages_tls"`             // messages, by TLS state
	Failures       Counts        `json:"failures"`                 // sessions, by reason
	First          time.Time     `json:"first"`                    // session or message
	Last           time.Time     `json:"last"`                     // session or message
	LastTLS        *time.Time    `json:"last_tls,omitempty"`       // message
	LastPlain      *time.Time    `json:"last_plaintext,omitempty"` // message
	Combinations   []PeerCount   `json:"combinations"`             // sorted by CountKey
	FailureDetails []PeerFailure `json:"failure_details"`          // sorted by result and reason
}

// DomainRow is what is known of the mail to one recipient domain, by the class of the servers that took it. Mail to this host itself, for a content
// filter or a mailbox server, is left out.
type DomainRow struct {
	Domain         string        `json:"domain"`
	Class          string        `json:"class"`      // "unknown" if no server was reached
	Recipients     uint64        `json:"recipients"` // for whom a server took the message
	TLS            Counts        `json:"tls"`        // recipients
	Protocols      Counts        `json:"protocols"`  // recipients
	Trust          Counts        `json:"trust"`      // recipients, by the trust word of the TLS line
	Policies       Counts        `json:"policies"`   // recipients, by tls= as logged (3.11); those without are in none
	Failures       Counts        `json:"failures"`   // recipients without delivery because TLS could not be used, by reason; each attempt counts
	Relays         []string      `json:"relays"`     // servers that took mail, as HostLabel, sorted: the first MaxRelays of them
	First          time.Time     `json:"first"`
	Last           time.Time     `json:"last"`
	LastTLS        *time.Time    `json:"last_tls,omitempty"`       // recipient
	LastPlain      *time.Time    `json:"last_plaintext,omitempty"` // recipient
	FailureDetails []PeerFailure `json:"failure_details"`          // sorted by result and reason
}

// MaxRelays bounds the relays of a DomainRow.
const MaxRelays = 4

// UserRow is what is known of the messages that one user submitted, by the name of the SASL login that succeeded.
type UserRow struct {
	User         string      `json:"user"`
	Messages     uint64      `json:"messages"`
	TLS          Counts      `json:"tls"`       // messages
	Protocols    Counts      `json:"protocols"` // messages
	First        time.Time   `json:"first"`
	Last         time.Time   `json:"last"`
	Combinations []PeerCount `json:"combinations"` // sorted by CountKey; of messages alone
}

// CountKey is what the sessions and messages of one peer or user are counted by.
type CountKey struct {
	Instance string `json:"instance"`
	Service  string `json:"service"`
	Class    string `json:"class"`
	TLS      string `json:"tls"`
	Protocol string `json:"protocol,omitempty"`
	Cipher   string `json:"cipher,omitempty"`
}

// PeerCount counts the sessions and messages of one peer or user that have one CountKey.
type PeerCount struct {
	CountKey
	Sessions    uint64     `json:"sessions"`
	Messages    uint64     `json:"messages"`
	First       time.Time  `json:"first"`                  // session or message
	Last        time.Time  `json:"last"`                   // session or message
	LastMessage *time.Time `json:"last_message,omitempty"` // nil without a message
}

// PeerFailure counts a peer's or domain's failures of one reason, and has the newest one as an example.
type PeerFailure struct {
	Result  string    `json:"result"` // RFC 8460 section 4.3
	Reason  string    `json:"reason"`
	Count   uint64    `json:"count"`
	Last    time.Time `json:"last"`
	Example string    `json:"example,omitempty"` // from the log: the words of the TLS library or of Postfix, parts of which a stranger may have chosen
}
