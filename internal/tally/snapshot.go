package tally

import "time"

// Schema is the version of the Snapshot's JSON form. Snapshots of other versions cannot be added.
const Schema = 1

// Inbound and Outbound are the directions, as parser.Direction names them.
const (
	Inbound  = "inbound"  // sessions that smtpd and postscreen serve
	Outbound = "outbound" // sessions that smtp and lmtp open
)

// Other is the label under which is counted what found no place: peers past the limit, and rows past maxRows.
const Other = "other"

// A Snapshot is everything counted up to one moment. Rows are sorted by their labels, so equal tallies have equal snapshots. Labels that do
// not apply are empty.
type Snapshot struct {
	Schema       int              `json:"schema"`
	By           string           `json:"by"` // what peers are told apart by: Options.LabelName
	Period       Period           `json:"period"`
	Hosts        []string         `json:"hosts"`
	Lines        Lines            `json:"lines"`
	Sessions     []SessionRow     `json:"sessions"`
	Messages     []MessageRow     `json:"messages"`
	Deliveries   []DeliveryRow    `json:"deliveries"`
	Peers        []PeerRow        `json:"peers"`
	Domains      []DomainRow      `json:"domains"`
	Users        []UserRow        `json:"users"`
	Failures     []FailureRow     `json:"failures"`
	KeyExchanges []KeyExchangeRow `json:"key_exchanges"`
	TLSRPT       []TLSRPTRow      `json:"tlsrpt"`
	Auth         []AuthRow        `json:"plaintext_auth"`

	TimeSeries      []TimeRow           `json:"time_series"`
	Downgrades      []DowngradeRow      `json:"downgrades"`
	DowngradeTotals []DowngradeTotalRow `json:"downgrade_totals"`

	Contradictions uint64 `json:"contradictions"` // deliveries that a TLS line says went under TLS, and tls= in plaintext; tls= is believed
	Ambiguous      uint64 `json:"ambiguous"`      // delivery records that can be read in several ways, and are not counted

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

// MessageRow counts messages, by the TLS state in which each was sent. Inbound, these are messages that reached the queue; outbound, recipients
// for whom a server took the message.
type MessageRow struct {
	SessionKey
	Count uint64 `json:"count"`
}

// DeliveryKey is what attempts to deliver are counted by.
type DeliveryKey struct {
	Instance   string `json:"instance"`
	Service    string `json:"service"`
	Program    string `json:"program"`       // smtp or lmtp
	Class      string `json:"class"`         // "unknown" if no server was reached
	TLS        string `json:"tls,omitempty"` // empty if no server was reached, "failed" if that was because of TLS
	Protocol   string `json:"protocol,omitempty"`
	Trust      string `json:"trust,omitempty"`  // of the server's certificate
	Policy     string `json:"policy,omitempty"` // tls= as logged (3.11), without the part about REQUIRETLS
	RequireTLS string `json:"requiretls,omitempty"`
	Status     string `json:"status"` // "unknown" if the line is cut before it
}

// DeliveryRow counts attempts to deliver, with whatever success.
type DeliveryRow struct {
	DeliveryKey
	Count      uint64 `json:"count"`      // transactions
	Recipients uint64 `json:"recipients"` // delivery records
}

// FailureKey is what handshake failures are counted by.
type FailureKey struct {
	Direction string `json:"direction"`
	Service   string `json:"service"`
	Class     string `json:"class"`
	Result    string `json:"result"`
	Reason    string `json:"reason"`
}

// FailureRow counts sessions whose handshake failed, or whose certificate was refused; outbound also transactions that came to no session because
// TLS could not be had, with class "unknown".
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

// TLSRPTKey is what TLSRPT results are counted by.
type TLSRPTKey struct {
	Domain string `json:"domain"` // policy domain
	Result string `json:"result"` // "success", or the failure type of RFC 8460 section 4.3
}

// TLSRPTRow counts what Postfix handed to the TLSRPT library.
type TLSRPTRow struct {
	TLSRPTKey
	Count uint64 `json:"count"`
}

// AuthRow counts sessions that authenticated without TLS.
type AuthRow struct {
	Service string `json:"service"`
	Count   uint64 `json:"count"`
}

// Evicted counts what was given up because a bound was reached.
type Evicted struct {
	Sessions   uint64 `json:"sessions"`   // told before their end
	Messages   uint64 `json:"messages"`   // told before their end
	Deliveries uint64 `json:"deliveries"` // told as unknown, before a TLS line of their service
	Processes  uint64 `json:"processes"`  // smtp and lmtp processes whose state was forgotten
	Peers      uint64 `json:"peers"`      // idle, and replaced by a newcomer; or past a limit that became smaller with a restart
	Domains    uint64 `json:"domains"`    // as peers
	Services   uint64 `json:"services"`   // lines of hosts and services past the bound
	Users      uint64 `json:"users"`      // as peers
	Tracks     uint64 `json:"tracks"`     // peers whose downgrades were watched for, the one silent for longest
	TimeRows   uint64 `json:"time_rows"`  // of the time series, the oldest
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
