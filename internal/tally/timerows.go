package tally

import "time"

// TimeRow counts the sessions and messages of an hour, a day, a month or a year of UTC. Hours that are long ago are added up to days, and such days to
// months.
type TimeRow struct {
	TimeKey
	Sessions uint64 `json:"sessions"`
	Messages uint64 `json:"messages"`
}

// TimeKey is what a TimeRow is about.
type TimeKey struct {
	Start     time.Time `json:"start"` // UTC
	Step      string    `json:"step"`  // StepHour, StepDay, StepMonth or StepYear
	Direction string    `json:"direction"`
	Class     string    `json:"class"`
	TLS       string    `json:"tls"`
	Protocol  string    `json:"protocol,omitempty"`
}

// How long the time of a TimeRow is.
const (
	StepHour  = "hour"
	StepDay   = "day"
	StepMonth = "month"
	StepYear  = "year"
)

// StepStart is the start of the hour, day, month or year of UTC that a time is in.
func StepStart(at time.Time, step string) time.Time {
	at = at.UTC()
	year, month, day := at.Date()
	switch step {
	case StepHour:
		return at.Truncate(time.Hour)
	case StepDay:
		return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	case StepMonth:
		return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
}

// DowngradeKey is what downgrades are told apart by: a peer is known by its name and address, as seen by one host that logs.
type DowngradeKey struct {
	Host      string `json:"host"` // in the log header
	Direction string `json:"direction"`
	Peer      string `json:"peer"`    // as HostLabel
	Address   string `json:"address"` // as AddressLabel
	Kind      string `json:"kind"`    // KindPlaintext or KindVersion
}

// The kinds of downgrades.
const (
	KindPlaintext = "plaintext" // TLS before, plaintext since
	KindVersion   = "version"   // a lower TLS version than before
)

// DowngradeRow tells of a peer whose mail moved under TLS, or under a better version of it, and then did not. If that happened several times, the row is
// about the last time. Messages are inbound messages or outbound recipients. Of KindPlaintext there is a row for each peer whose last message was
// in plaintext after one under TLS; and of both kinds one for each peer that was steady when it happened, even if it has recovered.
type DowngradeRow struct {
	DowngradeKey
	Class             string     `json:"class"`
	From              string     `json:"from"`                         // TLS version before; "TLS" if it was not logged
	To                string     `json:"to"`                           // "plaintext", or the lower TLS version of the last message
	Count             uint64     `json:"count"`                        // how often it happened to a peer that was steady: 0 may mean nothing
	TLSMessages       uint64     `json:"tls_messages"`                 // all that were as good as From, before
	LastTLS           time.Time  `json:"last_tls"`                     // the last of those
	PlaintextMessages uint64     `json:"plaintext_messages,omitempty"` // since then, of KindPlaintext
	FirstPlaintext    *time.Time `json:"first_plaintext,omitempty"`
	LowerMessages     uint64     `json:"lower_messages,omitempty"` // since then, of KindVersion
	FirstLower        *time.Time `json:"first_lower,omitempty"`
	Last              time.Time  `json:"last"`                // of the plaintext or lower messages
	Recovered         *time.Time `json:"recovered,omitempty"` // the first message that was as good as before; nil if there is none yet
}

// Since counts the plaintext or lower messages, by the kind of the row, and tells when the first of them moved.
func (r *DowngradeRow) Since() (messages uint64, first *time.Time) {
	if r.Kind == KindVersion {
		return r.LowerMessages, r.FirstLower
	}
	return r.PlaintextMessages, r.FirstPlaintext
}

// DowngradeTotalRow adds up the Count of all peers, those that were forgotten too.
type DowngradeTotalRow struct {
	Direction string `json:"direction"`
	Kind      string `json:"kind"`
	Count     uint64 `json:"count"`
}
