package main

import (
	"regexp"
	"strings"
	"testing"
)

type gradeRecord struct {
	Profile, Direction, Class, Grade string

	Sessions, Messages int
}

type gradedCipherRecord struct {
	Profile, Direction, Class, Protocol, Cipher, IANA, Grade, Reason string

	Sessions, Messages int
}

// The guidelines with which grades are worked out a second time.
const (
	byRFC9325 = iota // forbids by MUST NOT and SHOULD NOT
	byNCSCNL         // has a list for each grade
)

// gradesByHand are of the ciphers of TLS 1.2 and 1.3 that the clients and servers of the corpus speak, read out of the two guidelines. RFC 9325 recommends AES-GCM
// with ECDHE (4.2) and would rather not have RSA key transport and DHE (4.1), and CBC mode without encrypt-then-MAC (4.2), which a log does not tell of;
// ChaCha20-Poly1305 for TLS 1.2 it does not name. NCSC-NL 2025-05 has its lists in appendix B; what is in none is insufficient.
var gradesByHand = map[string][2]string{
	"TLS_AES_128_GCM_SHA256":        {"good", "sufficient"},
	"TLS_AES_256_GCM_SHA384":        {"good", "good"},
	"TLS_CHACHA20_POLY1305_SHA256":  {"good", "good"},
	"ECDHE-ECDSA-AES128-GCM-SHA256": {"good", "sufficient"},
	"ECDHE-ECDSA-AES256-GCM-SHA384": {"good", "sufficient"},
	"ECDHE-RSA-AES128-GCM-SHA256":   {"good", "sufficient"},
	"ECDHE-RSA-AES256-GCM-SHA384":   {"good", "sufficient"},
	"ECDHE-ECDSA-CHACHA20-POLY1305": {"sufficient", "sufficient"},
	"ECDHE-RSA-CHACHA20-POLY1305":   {"sufficient", "sufficient"},
	"ECDHE-RSA-AES128-SHA":          {"phase_out", "insufficient"},
	"DHE-RSA-AES256-GCM-SHA384":     {"phase_out", "phase_out"},
	"DHE-RSA-CHACHA20-POLY1305":     {"phase_out", "phase_out"},
	"DHE-RSA-AES128-SHA256":         {"phase_out", "phase_out"},
	"AES256-GCM-SHA384":             {"phase_out", "insufficient"},
	"AES128-SHA":                    {"phase_out", "insufficient"},
}

// gradeBy is the grade of what has this TLS; empty if the handshake failed.
func gradeBy(t *testing.T, guideline int, state, protocol, cipher string) string {
	t.Helper()
	switch state {
	case "failed":
		return ""
	case "plaintext":
		return "plaintext"
	case "unlogged", "unknown":
		return "unknown"
	}
	if versionNumbers[protocol] < versionNumbers["TLSv1.2"] {
		return "insufficient" // RFC 8996; NCSC-NL 3.3.1
	}
	grades, ok := gradesByHand[cipher]
	if !ok {
		t.Errorf("no grade for %s", cipher)
	}
	return grades[guideline]
}

type gradeKey struct{ direction, class, grade string }

// checkGrades holds each row against the facts, and its sessions against those of clients and servers.
func (c *corpus) checkGrades(t *testing.T, facts []fact, got answers) {
	for guideline, name := range []string{byRFC9325: "rfc9325", byNCSCNL: "ncsc-nl-2025"} {
		rows := got.Grades
		if name != "rfc9325" {
			rows = readAnswers(t, append([]string{"--profile", name}, c.args()...)...).Grades
		}
		want, messages, sessions := map[gradeKey]int{}, map[gradeKey]int{}, map[gradeKey]int{}
		for _, f := range facts {
			want[gradeKey{f.direction, f.class, gradeBy(t, guideline, f.tls, f.protocol, f.cipher)}]++
		}
		for _, r := range rows {
			key := gradeKey{r.Direction, r.Class, r.Grade}
			if r.Profile != name || sessions[key]+messages[key] > 0 {
				t.Errorf("two rows, or of another guideline than %s: %+v", name, r)
			}
			sessions[key] = r.Sessions
			if r.Messages > 0 {
				messages[key] = r.Messages
			}
		}
		equal(t, "messages graded by "+name, want, messages)
		c.checkGradedSessions(t, guideline, sessions)
	}
	c.checkGradedCiphers(t, facts, got)
}

// checkGradedSessions leaves out what clients and servers do not know: see the excuses of pairings, of which there are some for sessions of no class, and in
// a corpus with killed processes for plaintext and for what cannot be told.
func (c *corpus) checkGradedSessions(t *testing.T, guideline int, got map[gradeKey]int) {
	want := map[gradeKey]int{}
	for i := range c.truth {
		s := &c.truth[i]
		if s.How == "connect-failed" || c.neverServed(s) {
			continue
		}
		want[gradeKey{"inbound", class(s.connecting().Address), gradeBy(t, guideline, c.state(s), s.Protocol, s.Cipher)}]++
	}
	for i := range c.relays {
		r := &c.relays[i]
		h := r.handshake()
		want[gradeKey{"outbound", r.facts("", "").Class, gradeBy(t, guideline, h.TLS, h.Protocol, h.Cipher)}]++
	}
	c.addInnerSessions(t, guideline, want)
	for key, n := range want {
		unknownClass := got[gradeKey{key.direction, "unknown", key.grade}]
		switch g := got[key]; {
		case key.grade == "": // failed
		case key.direction == "outbound" && c.facts.OutLogLevel == "0":
			if key.grade != "plaintext" && key.grade != "unknown" && g > 0 {
				t.Errorf("%d sessions %+v, but the log level hides TLS", g, key)
			}
		case key.grade == "plaintext" || key.grade == "unknown":
			if !c.facts.Restarted && (g > n || g < n-unknownClass) {
				t.Errorf("%d sessions %+v, want %d", g, key, n)
			}
		case g > n || g < n-got[gradeKey{key.direction, key.class, "unknown"}]:
			t.Errorf("%d sessions %+v, want %d", g, key, n)
		}
	}
	for key, n := range got {
		if n > 0 && want[key] == 0 && key.class != "unknown" && key.grade != "unknown" {
			t.Errorf("%d sessions %+v, want none", n, key)
		}
	}
}

// innerConnect finds the connect lines of sessions that Postfix had with itself.
var innerConnect = regexp.MustCompile(`(?m)^\S+(?: \d\d \S+)? \S+ (?:postfix/reinject|postfix-b)/smtpd\[\d+\]: connect from `)

// addInnerSessions counts what no client knows of. Over TLS it was a session for each message; in plaintext a connection may carry several, and the
// log must tell how many there were.
func (c *corpus) addInnerSessions(t *testing.T, guideline int, want map[gradeKey]int) {
	plain := len(innerConnect.FindAll(readLog(t, c.log), -1))
	if plain == 0 {
		return
	}
	for _, direction := range []string{"inbound", "outbound"} {
		if direction == "outbound" && c.facts.NextInstance == "" {
			continue // the filter is not Postfix
		}
		left := plain
		c.eachHop(func(m relayMessage) {
			if h := m.Hops[0]; h.Protocol != "" {
				want[gradeKey{direction, "loopback", gradeBy(t, guideline, "established", h.Protocol, h.Cipher)}]++
				left--
			}
		})
		want[gradeKey{direction, "loopback", "plaintext"}] += left
	}
}

// checkGradedCiphers counts messages by cipher. Names and reasons are the business of the guidelines.
func (c *corpus) checkGradedCiphers(t *testing.T, facts []fact, got answers) {
	type cipherKey struct{ direction, class, protocol, cipher, grade string }
	want, messages := map[cipherKey]int{}, map[cipherKey]int{}
	for _, f := range facts {
		if f.tls == "established" {
			want[cipherKey{f.direction, f.class, f.protocol, f.cipher, gradeBy(t, byRFC9325, f.tls, f.protocol, f.cipher)}]++
		}
	}
	for _, r := range got.GradedCiphers {
		if r.Messages > 0 {
			messages[cipherKey{r.Direction, r.Class, r.Protocol, r.Cipher, r.Grade}] += r.Messages
		}
		if r.Reason == "" || !strings.HasPrefix(r.IANA, "TLS_") {
			t.Errorf("no reason or name: %+v", r)
		}
	}
	equal(t, "messages by graded cipher", want, messages)
}
