package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPlaintextAfterTLS reads a log in which the same peer delivers with TLS, breaks a session off, and delivers in plaintext.
func TestPlaintextAfterTLS(t *testing.T) {
	args := []string{"--year", "2024", "--timezone", "UTC", filepath.Join(testdata, "ses-article.log")}
	const peer, address = "e234-8.smtp-out.ap-northeast-1.amazonses.com", "23.251.234.8"
	type session struct {
		PID        int
		Peer       peerRecord
		TLS, Ended string
		Record     tlsRecord
		Messages   int
		QueueIDs   []string
		Start, End time.Time
	}
	at := func(minute, second int) time.Time { return time.Date(2024, 11, 8, 18, minute, second, 0, time.UTC) }
	from := peerRecord{Name: peer, Address: address, Class: "public"}
	want := []session{
		{
			PID: 3047251, Peer: from, TLS: "established", Ended: "disconnect", Messages: 1, QueueIDs: []string{"284EBB8012A"},
			Record: tlsRecord{Protocol: "TLSv1.3", Cipher: "TLS_AES_128_GCM_SHA256", Bits: 128, Trust: "Anonymous", KeyExchange: "X25519"},
			Start:  at(10, 29), End: at(10, 45),
		},
		{PID: 3047754, Peer: from, TLS: "plaintext", Ended: "lost", Start: at(15, 43), End: at(15, 43)},
		{
			PID: 3047754, Peer: from, TLS: "plaintext", Ended: "disconnect", Messages: 1, QueueIDs: []string{"C1CB0B8012A"},
			Start: at(15, 43), End: at(15, 58),
		},
	}
	var got []session
	events := readEvents(t, args...)
	for _, e := range sessionsOf(events) {
		got = append(got, session{e.PID, e.Peer, e.TLS, e.Ended, e.tlsRecord, e.Messages, e.QueueIDs, e.Start.UTC(), e.End.UTC()})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}

	wantTLS, gotTLS := map[string]string{"284EBB8012A": "TLSv1.3", "C1CB0B8012A": "plaintext"}, map[string]string{}
	for _, m := range messagesOf(events) {
		gotTLS[m.QueueID] = m.Source.Protocol
		if m.Source.TLS == "plaintext" {
			gotTLS[m.QueueID] = m.Source.TLS
		}
	}
	if diff := cmp.Diff(wantTLS, gotTLS); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}

	report := readReport(t, args...)
	if report.Lines["unrecognized"] != 0 || report.Lines["total"] != 27 || report.Lines["foreign"] != 0 {
		t.Errorf("lines: %v", report.Lines)
	}
	if diff := cmp.Diff(map[string]int{"TLSv1.3": 1, "plaintext": 1}, versions(report.Messages)); diff != "" {
		t.Errorf("report's messages (-want +got):\n%s", diff)
	}
}

// TestYearFromGzipHeader reads a log without years that runs over New Year. Its compressed file tells when it was written; that the file was
// copied a year later does not count.
func TestYearFromGzipHeader(t *testing.T) {
	packed, err := os.ReadFile(filepath.Join(testdata, "corpus", "v37-newyear", "mail.log.gz"))
	if err != nil {
		t.Fatal(err)
	}
	log := writeFile(t, filepath.Join(t.TempDir(), "mail.log.1.gz"), string(packed))
	copied := time.Date(2028, 3, 1, 12, 0, 0, 0, time.UTC)
	if err := os.Chtimes(log, copied, copied); err != nil {
		t.Fatal(err)
	}
	years := map[int]int{}
	for _, e := range sessionsOf(readEvents(t, "--timezone", "UTC", log)) {
		years[e.Start.Year()]++
		if month := e.Start.Month(); (e.Start.Year() == 2026) != (month == time.December) || (e.Start.Year() == 2027) != (month == time.January) {
			t.Errorf("session of pid %d began %v", e.PID, e.Start)
		}
	}
	if years[2026] == 0 || years[2027] == 0 || len(years) != 2 {
		t.Errorf("sessions by year: %v", years)
	}
}
