package parser

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// ID names the session among those of all logs. It is the same whenever and however the log is read, whatever files it is split into, as long as the
// session's first line is read: half a SHA-256, in hexadecimal, of the lines "session", direction, host, instance, service, program, process ID, the peer's
// address or path, its port, the time of the first line (RFC 3339, in UTC, fractions of a second without trailing zeros), and Ordinal.
func (s *Session) ID() string {
	return nameOf("session", s.Direction.String(), s.Service.Host, s.Service.Instance, s.Service.Name, s.Service.Program, strconv.FormatUint(uint64(s.PID), 10),
		cmp.Or(s.Peer.Address, s.Peer.Path), strconv.FormatUint(uint64(s.Port), 10), instant(s.First), strconv.FormatUint(uint64(s.Ordinal), 10))
}

// ID names the message among those of all logs, like Session.ID, by the lines "message", host, instance, queue ID, time of the first line, and Ordinal.
// It is of no use with Options.CountsOnly.
func (m *Message) ID() string {
	return nameOf("message", m.Host, m.Instance, m.QueueID, instant(m.Received), strconv.FormatUint(uint64(m.Ordinal), 10))
}

func instant(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// nameOf hashes words that hold no line ends: all of them stood in one line.
func nameOf(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\n")))
	return hex.EncodeToString(sum[:sha256.Size/2])
}

// beginnings number the records that begin alike: two sessions of one process with one peer within a second, where stamps tell no fractions of it, or a line
// that was logged twice. Only what began a short while ago is remembered, for a process writes its lines in the order of time.
type beginnings struct {
	recent, former map[beginning]uint32
	turned         time.Duration // machine.age when recent became former
}

// A beginning is a hash of who began what, and when.
type beginning uint64

const (
	// rememberedFor is how long a beginning is remembered at least, by machine.age, and maxBeginnings how many are.
	rememberedFor = 10 * time.Second
	maxBeginnings = 10_000
)

// next returns how many have begun so before.
func (r *beginnings) next(of beginning) uint32 {
	n, ok := r.recent[of]
	if !ok {
		n, ok = r.former[of]
	}
	if ok {
		n++
	}
	if len(r.recent) >= maxBeginnings {
		r.turn()
	}
	if r.recent == nil {
		r.recent = make(map[beginning]uint32)
	}
	r.recent[of] = n
	return n
}

func (r *beginnings) turn() {
	r.former, r.recent = r.recent, r.former
	clear(r.recent)
}

func (r *beginnings) expire(age time.Duration) {
	if age-r.turned > rememberedFor {
		r.turned = age
		r.turn()
	}
}

// began returns the ordinal of a session.
func (m *machine) began(key sessionKey, peer *Peer, port uint16, at time.Time) uint32 {
	if m.countsOnly {
		return 0
	}
	return m.beginnings.next(newBeginning(at).number(uint64(key)).text(peer.Address).text(peer.Path).number(uint64(port)))
}

// born returns the ordinal of a message. Its instance may turn out to be another one of the host.
func (m *machine) born(hostID uint32, id []byte, at time.Time) uint32 {
	if m.countsOnly {
		return 0
	}
	return m.beginnings.next(newBeginning(at).number(uint64(hostID)).text(string(id)))
}

// What follows is FNV-1a.

func newBeginning(at time.Time) beginning {
	const offset = 14695981039346656037
	return beginning(offset).number(uint64(at.UnixNano()))
}

func (b beginning) number(n uint64) beginning {
	for range 8 {
		b, n = b.add(byte(n)), n>>8
	}
	return b
}

func (b beginning) text(s string) beginning {
	for i := range len(s) {
		b = b.add(s[i])
	}
	return b.add(0)
}

func (b beginning) add(c byte) beginning {
	const prime = 1099511628211
	return (b ^ beginning(c)) * prime
}
