package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/grade"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

func profile(t testing.TB, name string) *grade.Profile {
	t.Helper()
	p, err := grade.ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// gradesSample has two ciphers of one grade, each state that has no cipher, and hosts both far and near.
func gradesSample() *tally.Snapshot {
	s := &tally.Snapshot{}
	add := func(direction, class, state, protocol, cipher string, sessions, messages uint64) {
		key := tally.SessionKey{
			Direction: direction, Instance: "postfix", Service: "smtpd", Class: class, TLS: state, Protocol: protocol, Cipher: cipher,
		}
		s.Sessions = append(s.Sessions, tally.SessionRow{SessionKey: key, Count: sessions})
		s.Messages = append(s.Messages, tally.MessageRow{SessionKey: key, Count: messages})
	}
	add("inbound", "loopback", "plaintext", "", "", 1, 2)
	add("inbound", "public", "established", "TLSv1.3", "TLS_AES_256_GCM_SHA384", 10, 20)
	add("inbound", "public", "established", "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", 100, 0)
	add("inbound", "public", "established", "TLSv1.2", "DHE-RSA-AES256-GCM-SHA384", 3, 4)
	add("inbound", "public", "established", "TLSv1", "ECDHE-RSA-AES128-SHA", 5, 6)
	add("inbound", "public", "established", "TLSv1.3", "TLS_OF_TOMORROW", 7, 8)
	add("inbound", "public", "established", "TLSv1.3", "", 1, 1) // a line that is cut
	add("inbound", "public", "plaintext", "", "", 9, 11)
	add("inbound", "public", "unlogged", "", "", 12, 13)
	add("inbound", "public", "unknown", "", "", 14, 15)
	add("inbound", "public", "failed", "", "", 16, 0)
	add("inbound", "unknown", "failed", "", "", 1, 0)
	add("outbound", "public", "established", "TLSv1.3", "TLS_AES_256_GCM_SHA384", 17, 18)
	add("outbound", "public", "established", "TLSv1.2", "AES128-SHA", 0, 0)
	return s
}

func TestGrades(t *testing.T) {
	const p = "rfc9325"
	want := []GradeRow{
		{p, "inbound", "loopback", "plaintext", 1, 2},
		{p, "inbound", "public", "good", 110, 20},
		{p, "inbound", "public", "phase_out", 3, 4},
		{p, "inbound", "public", "insufficient", 5, 6},
		{p, "inbound", "public", "plaintext", 9, 11},
		{p, "inbound", "public", "unknown", 7 + 1 + 12 + 14, 8 + 1 + 13 + 15},
		{p, "outbound", "public", "good", 17, 18},
	}
	if diff := cmp.Diff(want, Grades(gradesSample(), profile(t, p))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is good by one guideline is forbidden by another.
func TestGradesDependOnTheProfile(t *testing.T) {
	const p = "ncsc-nl-2025"
	want := []GradeRow{
		{p, "inbound", "loopback", "plaintext", 1, 2},
		{p, "inbound", "public", "good", 10, 20},
		{p, "inbound", "public", "sufficient", 100, 0},
		{p, "inbound", "public", "phase_out", 3, 4},
		{p, "inbound", "public", "insufficient", 5, 6},
		{p, "inbound", "public", "plaintext", 9, 11},
		{p, "inbound", "public", "unknown", 34, 37},
		{p, "outbound", "public", "good", 17, 18},
	}
	if diff := cmp.Diff(want, Grades(gradesSample(), profile(t, p))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGradedCiphers(t *testing.T) {
	const p, in, out, far = "rfc9325", "inbound", "outbound", "public"
	want := []GradedCipher{
		{p, in, far, "TLSv1", "ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "insufficient", "", 5, 6},
		{p, in, far, "TLSv1.2", "DHE-RSA-AES256-GCM-SHA384", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "phase_out", "", 3, 4},
		{p, in, far, "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "good", "", 100, 0},
		{p, in, far, "TLSv1.3", "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", "good", "", 10, 20},
		{p, in, far, "TLSv1.3", "TLS_OF_TOMORROW", "", "unknown", "", 7, 8},
		{p, out, far, "TLSv1.3", "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", "good", "", 17, 18},
	}
	got := GradedCiphers(gradesSample(), profile(t, p))
	for i := range got {
		if got[i].Reason == "" {
			t.Errorf("no reason for %+v", got[i])
		}
		got[i].Reason = "" // words of the package grade
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is graded, what failed, and nothing else, makes up all sessions and messages.
func TestGradesAddUp(t *testing.T) {
	s := gradesSample()
	var want, got total
	for i := range s.Sessions {
		if s.Sessions[i].TLS != "failed" {
			want.sessions += s.Sessions[i].Count
		}
		want.messages += s.Messages[i].Count
	}
	for _, name := range grade.Profiles() {
		got = total{}
		for _, r := range Grades(s, profile(t, name)) {
			got.sessions += r.Sessions
			got.messages += r.Messages
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}
