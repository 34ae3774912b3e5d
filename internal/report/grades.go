package report

import (
	"cmp"
	"slices"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/grade"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// GradePlaintext stands beside the names of a grade.Grade, for what has no TLS.
const GradePlaintext = "plaintext"

// GradeNames are all that a GradeRow can have, the best first. Unknown is for TLS of which the log does not tell the version, for what the guideline
// cannot judge, and for what may have been plaintext or TLS.
func GradeNames() []string {
	return slices.Clone(gradeNames[:])
}

var gradeNames = [...]string{
	grade.Good.String(), grade.Sufficient.String(), grade.PhaseOut.String(), grade.Insufficient.String(), GradePlaintext, grade.Unknown.String(),
}

// A GradeRow counts sessions and messages by how far their TLS meets a guideline. Messages are inbound messages that reached the queue, and outbound
// recipients for whom a server took the message.
type GradeRow struct {
	Profile   string `json:"profile"` // name of the grade.Profile
	Direction string `json:"direction"`
	Class     string `json:"class"`
	Grade     string `json:"grade"` // one of GradeNames
	Sessions  uint64 `json:"sessions"`
	Messages  uint64 `json:"messages"`
}

// A GradedCipher is a protocol and a cipher that stand behind a GradeRow.
type GradedCipher struct {
	Profile   string `json:"profile"` // name of the grade.Profile
	Direction string `json:"direction"`
	Class     string `json:"class"`
	Protocol  string `json:"protocol"`
	Cipher    string `json:"cipher"`         // as logged
	IANA      string `json:"iana,omitempty"` // registered name; empty if it is not known
	Grade     string `json:"grade"`
	Reason    string `json:"reason"` // for people, with the clause of the guideline
	Sessions  uint64 `json:"sessions"`
	Messages  uint64 `json:"messages"`
}

// Grades judges all sessions and messages by a guideline; rows are sorted by their labels, grades as in GradeNames. Sessions whose handshake failed are
// left out: they came to no cipher, and a guideline has nothing to say of them.
func Grades(s *tally.Snapshot, profile *grade.Profile) []GradeRow {
	rows := map[GradeRow]*total{} // by rows that count nothing
	addUp(s, func(k tally.SessionKey) *total {
		name := gradeName(k, profile)
		if name == "" {
			return nil
		}
		return totalOf(rows, GradeRow{Profile: profile.Name(), Direction: k.Direction, Class: k.Class, Grade: name})
	})
	out := make([]GradeRow, 0, len(rows))
	for r, n := range rows {
		if *n != (total{}) {
			r.Sessions, r.Messages = n.sessions, n.messages
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b GradeRow) int {
		return cmp.Or(cmp.Compare(a.Direction, b.Direction), cmp.Compare(a.Class, b.Class), compareGrades(a.Grade, b.Grade))
	})
	return out
}

// GradedCiphers tells what stands behind the grades of connections with a known cipher, sorted by direction, class, protocol and cipher.
func GradedCiphers(s *tally.Snapshot, profile *grade.Profile) []GradedCipher {
	rows := map[GradedCipher]*total{} // by rows without a grade that count nothing
	addUp(s, func(k tally.SessionKey) *total {
		if k.Cipher == "" {
			return nil
		}
		return totalOf(rows, GradedCipher{Profile: profile.Name(), Direction: k.Direction, Class: k.Class, Protocol: k.Protocol, Cipher: k.Cipher})
	})
	out := make([]GradedCipher, 0, len(rows))
	for r, n := range rows {
		if *n == (total{}) {
			continue
		}
		g, reason := profile.Judge(r.Protocol, r.Cipher)
		r.IANA, r.Grade, r.Reason, r.Sessions, r.Messages = grade.IANA(r.Cipher), g.String(), reason, n.sessions, n.messages
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b GradedCipher) int {
		return cmp.Or(cmp.Compare(a.Direction, b.Direction), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Protocol, b.Protocol),
			cmp.Compare(a.Cipher, b.Cipher))
	})
	return out
}

// gradeName returns the grade, or GradePlaintext; nothing for what is left out.
func gradeName(k tally.SessionKey, profile *grade.Profile) string {
	switch k.TLS {
	case parser.TLSPlaintext.String():
		return GradePlaintext
	case parser.TLSFailed.String():
		return ""
	case parser.TLSEstablished.String():
		g, _ := profile.Judge(k.Protocol, k.Cipher)
		return g.String()
	default:
		return grade.Unknown.String()
	}
}

func compareGrades(a, b string) int {
	return cmp.Compare(slices.Index(gradeNames[:], a), slices.Index(gradeNames[:], b))
}
