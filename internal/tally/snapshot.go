package tally

import (
	"encoding/json"
	"time"
)

// Schema is the version of the Snapshot's JSON form. Snapshots of other versions cannot be added.
const Schema = 1

// Inbound is the direction of sessions that smtpd serves.
const Inbound = "inbound"

// Other is the label under which is counted what found no place: peers past the limit, and rows past maxRows.
const Other = "other"

// A Snapshot is everything counted up to one moment. Rows are sorted by their labels, so equal tallies have equal snapshots. Labels that do
// not apply are empty.
type Snapshot struct {
	Schema       int               `json:"schema"`
	Period       Period            `json:"period"`
	Hosts        []string          `json:"hosts"`
	Lines        Lines             `json:"lines"`
	Sessions     []SessionRow      `json:"sessions"`
	Messages     []MessageRow      `json:"messages"`
	Peers        []PeerRow         `json:"peers"`
	Failures     []FailureRow      `json:"failures"`
	KeyExchanges []KeyExchangeRow  `json:"key_exchanges"`
	Auth         []AuthRow         `json:"plaintext_auth"`
	Evicted      Evicted           `json:"evicted"`
	Hints        []Hint            `json:"hints"`
	Unrecognized []UnrecognizedRow `json:"unrecognized"`
}

// Period is the time of the first and last Postfix line; nil without any.
type Period struct {
	First *time.Time `json:"first,omitempty"`
	Last  *time.Time `json:"last,omitempty"`
}

// Lines counts log lines. Total = Postfix + Foreign, Postfix = Used + Ignored + Unrecognized.
type Lines struct {
	Total        uint64 `json:"total"`
	Postfix      uint64 `json:"postfix"`
	Used         uint64 `json:"used"`
	Ignored      uint64 `json:"ignored"`
	Unrecognized uint64 `json:"unrecognized"`
	Foreign      uint64 `json:"foreign"`
	Cut          uint64 `json:"cut"`
}

// SessionKey is what sessions are counted by.
type SessionKey struct {
	Direction string `json:"direction"`
	Instance  string `json:"instance"`
	Service   string `json:"service"`
	Class     string `json:"class"`
	TLS       string `json:"tls"`
	Protocol  string `json:"protocol,omitempty"`
	Cipher    string `json:"cipher,omitempty"`
}

// SessionRow counts sessions, and those among them that delivered mail.
type SessionRow struct {
	SessionKey
	Count    uint64 `json:"count"`
	WithMail uint64 `json:"with_mail"`
}

// MessageRow counts messages, by the TLS state in which each was sent.
type MessageRow struct {
	SessionKey
	Count uint64 `json:"count"`
}

// PeerRow is what is known of one peer.
type PeerRow struct {
	Direction    string      `json:"direction"`
	Peer         string      `json:"peer"`
	Class        string      `json:"class"`
	Sessions     uint64      `json:"sessions"`
	Messages     uint64      `json:"messages"`
	TLS          Counts      `json:"tls"`                      // sessions
	Protocols    Counts      `json:"protocols"`                // sessions
	Ciphers      Counts      `json:"ciphers"`                  // sessions
	MessagesTLS  Counts      `json:"messages_tls"`             // messages, by TLS state
	Failures     Counts      `json:"failures"`                 // sessions, by reason
	First        time.Time   `json:"first"`                    // session or message
	Last         time.Time   `json:"last"`                     // session or message
	LastTLS      *time.Time  `json:"last_tls,omitempty"`       // message
	LastPlain    *time.Time  `json:"last_plaintext,omitempty"` // message
	Combinations []PeerCount `json:"-"`
}

// Counts are numbers by label.
type Counts map[string]uint64

// MarshalJSON writes nil, which costs nothing to make for many peers, like an empty map.
func (c Counts) MarshalJSON() ([]byte, error) {
	if c == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(map[string]uint64(c))
}

func (c *Counts) add(label string, n uint64) {
	if label == "" || n == 0 {
		return
	}
	if *c == nil {
		*c = make(Counts)
	}
	(*c)[label] += n
}

// PeerCount counts a peer's sessions and messages of one TLS state, protocol and cipher. The same ones may stand there several times, for
// different services: add them up.
type PeerCount struct {
	TLS, Protocol, Cipher string
	Sessions, Messages    uint64
}

// FailureKey is what handshake failures are counted by.
type FailureKey struct {
	Direction string `json:"direction"`
	Service   string `json:"service"`
	Class     string `json:"class"`
	Result    string `json:"result"`
	Reason    string `json:"reason"`
}

// FailureRow counts sessions whose handshake failed, or whose client certificate was refused.
type FailureRow struct {
	FailureKey
	Count uint64 `json:"count"`
}

// KeyExchangeKey is what key exchanges are counted by.
type KeyExchangeKey struct {
	Direction string `json:"direction"`
	Group     string `json:"group"` // the TLS supported group's IANA name where there is one
}

// KeyExchangeRow counts sessions; Postfix logs the group for TLS 1.3 only.
type KeyExchangeRow struct {
	KeyExchangeKey
	Count uint64 `json:"count"`
}

// AuthRow counts sessions that authenticated without TLS.
type AuthRow struct {
	Service string `json:"service"`
	Count   uint64 `json:"count"`
}

// Evicted counts what was given up because a bound was reached.
type Evicted struct {
	Sessions uint64 `json:"sessions"` // told before their end
	Messages uint64 `json:"messages"` // told before their end
	Peers    uint64 `json:"peers"`    // idle, and replaced by a newcomer
	Services uint64 `json:"services"` // lines of hosts and services past the bound
}

// A Hint tells an administrator what to do to see more, or what to look at.
type Hint struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// UnrecognizedRow counts lines of a form that the grammar does not know.
type UnrecognizedRow struct {
	Program string `json:"program"`
	Shape   string `json:"shape"`
	Count   uint64 `json:"count"`
}
