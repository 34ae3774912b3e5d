package parser

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// half is what an ID is of the lines.
func half(lines string) string {
	sum := sha256.Sum256([]byte(lines))
	return hex.EncodeToString(sum[:16])
}

// IDs are kept in other people's databases: the rule stays as it is.
func TestIDRule(t *testing.T) {
	r := play(t, `
		@04:00:00
		postfix-out/submission/smtpd[411]: connect from client.example.net[192.0.2.10]:40112
		postfix-out/submission/smtpd[411]: 4jXFz16lx4z1cM1s: client=client.example.net[192.0.2.10]:40112
		@04:00:01
		lmtp[7]: 4jXFz16lx4z1cM1s: to=<a@example.com>, relay=mail.example.com[private/lmtp], delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (250 Saved)
		@04:00:02
		postfix-out/submission/smtpd[411]: disconnect from client.example.net[192.0.2.10]:40112
		postscreen[8]: DISCONNECT [192.0.2.11]:1001`)
	want := []string{
		half("session\noutbound\nmx1\npostfix\nlmtp\nlmtp\n7\nprivate/lmtp\n0\n2026-11-22T04:00:01Z\n0"),
		half("session\ninbound\nmx1\npostfix-out\nsubmission\nsmtpd\n411\n192.0.2.10\n40112\n2026-11-22T04:00:00Z\n0"),
		half("session\ninbound\nmx1\npostfix\npostscreen\npostscreen\n8\n192.0.2.11\n1001\n2026-11-22T04:00:02Z\n0"),
		half("message\nmx1\npostfix-out\n4jXFz16lx4z1cM1s\n2026-11-22T04:00:00Z\n0"),
	}
	var got []string
	for i := range r.sessions {
		got = append(got, r.sessions[i].ID())
	}
	for i := range r.messages {
		got = append(got, r.messages[i].ID())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Sessions that nothing tells apart but that there are two of them, and lines that were logged twice.
func TestIDsOfTheSameSecond(t *testing.T) {
	r := play(t, `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10]
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10]
		smtp[520]: SSL_connect error to mx.example.net[198.51.100.25]:25: -1
		smtp[520]: SSL_connect error to mx.example.net[198.51.100.25]:25: -1
		postscreen[8]: CONNECT from [192.0.2.11]:1001 to [198.51.100.1]:25
		postscreen[8]: DISCONNECT [192.0.2.11]:1001
		postscreen[8]: CONNECT from [192.0.2.11]:1001 to [198.51.100.1]:25
		postscreen[8]: DISCONNECT [192.0.2.11]:1001`)
	ids := map[string]bool{}
	for i := range r.sessions {
		ids[r.sessions[i].ID()] = true
	}
	for i := range r.messages {
		ids[r.messages[i].ID()] = true
	}
	if len(r.sessions) != 7 || len(r.messages) != 2 || len(ids) != 9 {
		t.Errorf("%d IDs of %d sessions and %d messages, want 9, 7 and 2", len(ids), len(r.sessions), len(r.messages))
	}
}

// No two records have the same ID, whatever happens and how often the parser is restarted. TestRandomLogs sees to it that a restart changes none.
func TestRandomIDs(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 6))
		lines, opts := randomLog(rng, 150), randomOptions(rng)
		ids := &idCollector{t: t, seen: map[string]bool{}}
		p := New(ids, opts)
		for _, line := range lines {
			if rng.IntN(20) == 0 {
				p = restarted(t, p, ids, opts)
			}
			p.Feed([]byte(line))
		}
		p.Close()
	}
}

type idCollector struct {
	nothing
	t    *testing.T
	seen map[string]bool
}

func (c *idCollector) Session(s *Session) { c.take(s.ID()) }
func (c *idCollector) Message(m *Message) { c.take(m.ID()) }

func (c *idCollector) take(id string) {
	if c.seen[id] {
		c.t.Errorf("%s is the ID of two records", id)
	}
	c.seen[id] = true
}

// Whoever reads only the later part of a log has the same IDs for what begins there.
func TestIDsOfParts(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 6))
	log := script(ledgerText(rng))
	read := func(lines []string) map[string]bool {
		ids := &idCollector{t: t, seen: map[string]bool{}}
		p := New(ids, testOptions())
		p.Feed([]byte(strings.Join(lines, "")))
		p.Close()
		return ids.seen
	}
	whole := read(log)
	for _, from := range []int{len(log) / 4, len(log) / 2, 3 * len(log) / 4} {
		known, unknown := 0, 0
		for id := range read(log[from:]) {
			if whole[id] {
				known++
			} else {
				unknown++ // it began before
			}
		}
		if unknown > known/10 || known == 0 {
			t.Errorf("from line %d of %d on: %d IDs are those of the whole log, %d are not", from, len(log), known, unknown)
		}
	}
}

// What is remembered has a bound.
func TestBeginningsBounded(t *testing.T) {
	var r beginnings
	for i := range 5 * maxBeginnings {
		if n := r.next(beginning(i)); n != 0 {
			t.Fatalf("beginning %d is the %dth of its kind", i, n)
		}
		if n := r.next(beginning(i)); n != 1 {
			t.Fatalf("beginning %d came again, and is the %dth", i, n)
		}
		if len(r.recent)+len(r.former) > 2*maxBeginnings {
			t.Fatalf("%d and %d are remembered", len(r.recent), len(r.former))
		}
	}
}
