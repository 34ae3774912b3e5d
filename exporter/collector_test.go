package exporter

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/grade"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// sample has, on port 25: a TLS 1.3 session with one message, a plaintext session with two, a failed handshake, a line of a form that is
// not known; on the submission port: a plaintext session that logs in, and one that is still open. Between them a line that nobody needs
// and one of another program.
const sample = `Nov 22 04:00:00 mx1 postfix/smtpd[1]: connect from Client.Example.net[192.0.2.10]
Nov 22 04:00:00 mx1 postfix/smtpd[1]: Anonymous TLS connection established from client.example.net[192.0.2.10]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange ECDHE (prime256v1) server-signature RSA-PSS (2048 bits) server-digest SHA256
Nov 22 04:00:00 mx1 postfix/smtpd[1]: AAAAAA1: client=Client.Example.net[192.0.2.10]
Nov 22 04:00:00 mx1 postfix/cleanup[9]: AAAAAA1: message-id=<1@client.example.net>
Nov 22 04:00:01 mx1 postfix/qmgr[8]: AAAAAA1: from=<a@example.net>, size=100, nrcpt=1 (queue active)
Nov 22 04:00:01 mx1 postfix/smtpd[1]: disconnect from Client.Example.net[192.0.2.10] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7
Nov 22 04:00:02 mx1 postfix/smtpd[2]: connect from unknown[10.0.0.5]
Nov 22 04:00:02 mx1 postfix/smtpd[2]: AAAAAA2: client=unknown[10.0.0.5]
Nov 22 04:00:02 mx1 postfix/qmgr[8]: AAAAAA2: from=<b@example.net>, size=100, nrcpt=1 (queue active)
Nov 22 04:00:02 mx1 postfix/smtpd[2]: AAAAAA3: client=unknown[10.0.0.5]
Nov 22 04:00:02 mx1 postfix/qmgr[8]: AAAAAA3: from=<b@example.net>, size=100, nrcpt=1 (queue active)
Nov 22 04:00:03 mx1 postfix/smtpd[2]: disconnect from unknown[10.0.0.5] ehlo=1 mail=2 rcpt=2 data=2 quit=1 commands=8
Nov 22 04:00:04 mx1 postfix/smtpd[3]: connect from unknown[192.0.2.66]
Nov 22 04:00:04 mx1 postfix/smtpd[3]: SSL_accept error from unknown[192.0.2.66]: -1
Nov 22 04:00:04 mx1 postfix/smtpd[3]: warning: TLS library problem: error:0A000102:SSL routines::unsupported protocol:../ssl/statem/statem_srvr.c:1657:
Nov 22 04:00:04 mx1 postfix/smtpd[3]: lost connection after STARTTLS from unknown[192.0.2.66]
Nov 22 04:00:04 mx1 postfix/smtpd[3]: disconnect from unknown[192.0.2.66] ehlo=1 starttls=0/1 commands=1/2
Nov 22 04:00:05 mx1 postfix/smtpd[3]: connect from nowhere
Nov 22 04:00:05 mx1 postfix/submission/smtpd[4]: connect from printer.example.com[10.0.0.6]
Nov 22 04:00:05 mx1 postfix/submission/smtpd[4]: disconnect from printer.example.com[10.0.0.6] ehlo=1 auth=1 quit=1 commands=3
Nov 22 04:00:06 mx1 postfix/submission/smtpd[4]: connect from printer.example.com[10.0.0.6]
Nov 22 04:00:06 mx1 postfix/anvil[7]: statistics: max cache size 1 at Nov 22 04:00:00
Nov 22 04:00:06 mx1 dovecot: imap-login: Login: user=<u>
`

// sampleData reads the sample.
func sampleData(t testing.TB) Data {
	t.Helper()
	counts := tally.New(tally.Options{PeerLimit: 10})
	p := parser.New(counts, parser.Options{Location: time.UTC, Year: 2026})
	p.Feed([]byte(sample))
	c := p.Counts()
	return Data{
		Snapshot: counts.Snapshot(&c), Services: c.Services, OpenSessions: c.OpenSessions, OpenMessages: c.OpenMessages,
		TrackedPeers: counts.Peers(),
		Logs:         []Log{{Name: "/var/log/mail.log", Bytes: 1000, Rotations: 2, LostBytes: 3, CutLines: 4, Lag: 5, LastLine: c.Last}},
	}
}

func profile(t testing.TB) *grade.Profile {
	t.Helper()
	p, err := grade.ByName("rfc9325")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// gather returns the samples of one scrape by "name{labels}", without the labels that are empty.
func gather(t *testing.T, data Data) map[string]float64 {
	t.Helper()
	return gatherBy(t, profile(t), data)
}

func gatherBy(t *testing.T, p *grade.Profile, data Data) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(NewCollector(func() Data { return data }, p, Build{"1.2.3", "abc", "go1.26"}))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := strings.TrimPrefix(family.GetName(), namespace) + labels(m)
			all[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return all
}

// compareNonzero compares the samples that are not 0.
func compareNonzero(t *testing.T, want map[string]float64, data Data) {
	t.Helper()
	got := gather(t, data)
	maps.DeleteFunc(got, func(_ string, value float64) bool { return value == 0 })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("samples that are not 0 (-want +got):\n%s", diff)
	}
}

func labels(m *dto.Metric) string {
	var parts []string
	for _, l := range m.GetLabel() {
		if l.GetValue() != "" {
			parts = append(parts, l.GetName()+"="+l.GetValue())
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestCollect(t *testing.T) {
	want := map[string]float64{
		"sessions_total{cipher=TLS_AES_256_GCM_SHA384,class=public,direction=inbound,mta=postfix,protocol=TLSv1.3,service=smtpd,tls=established}": 1,
		"sessions_total{class=private,direction=inbound,mta=postfix,service=smtpd,tls=plaintext}":                                                 1,
		"sessions_total{class=public,direction=inbound,mta=postfix,service=smtpd,tls=failed}":                                                     1,
		"sessions_total{class=private,direction=inbound,mta=postfix,service=submission,tls=plaintext}":                                            1,
		"messages_total{class=public,direction=inbound,mta=postfix,protocol=TLSv1.3,service=smtpd,tls=established}":                               1,
		"messages_total{class=private,direction=inbound,mta=postfix,service=smtpd,tls=plaintext}":                                                 2,

		"peer_sessions_total{cipher=TLS_AES_256_GCM_SHA384,direction=inbound,peer=client.example.net,protocol=TLSv1.3,tls=established}": 1,
		"peer_sessions_total{direction=inbound,peer=10.0.0.5,tls=plaintext}":                                                            1,
		"peer_sessions_total{direction=inbound,peer=192.0.2.66,tls=failed}":                                                             1,
		"peer_sessions_total{direction=inbound,peer=printer.example.com,tls=plaintext}":                                                 1,
		"peer_messages_total{direction=inbound,peer=client.example.net,protocol=TLSv1.3,tls=established}":                               1,
		"peer_messages_total{direction=inbound,peer=10.0.0.5,tls=plaintext}":                                                            2,

		"handshake_failures_total{direction=inbound,reason=protocol_version,result=validation-failure,service=smtpd}": 1,
		"peer_handshake_failures_total{direction=inbound,peer=192.0.2.66,reason=protocol_version}":                    1,
		"key_exchanges_total{direction=inbound,group=secp256r1}":                                                      1,
		"plaintext_auth_total{service=submission}":                                                                    1,

		"graded_sessions_total{class=public,direction=inbound,grade=good,profile=rfc9325}":       1,
		"graded_sessions_total{class=private,direction=inbound,grade=plaintext,profile=rfc9325}": 2,
		"graded_messages_total{class=public,direction=inbound,grade=good,profile=rfc9325}":       1,
		"graded_messages_total{class=private,direction=inbound,grade=plaintext,profile=rfc9325}": 2,

		"open_sessions{}": 1, "open_messages{}": 3, "tracked_peers{}": 4,
		"log_lines_total{result=used}": 20, "log_lines_total{result=ignored}": 1, "log_lines_total{result=unrecognized}": 1,
		"log_lines_total{result=foreign}": 1,

		"log_bytes_total{log=/var/log/mail.log}": 1000, "log_rotations_total{log=/var/log/mail.log}": 2,
		"log_lost_bytes_total{log=/var/log/mail.log}": 3, "log_cut_lines_total{log=/var/log/mail.log}": 4,
		"log_lag_bytes{log=/var/log/mail.log}":                             5,
		"log_last_line_timestamp_seconds{log=/var/log/mail.log}":           float64(time.Date(2026, 11, 22, 4, 0, 6, 0, time.UTC).Unix()),
		"exporter_build_info{goversion=go1.26,revision=abc,version=1.2.3}": 1,
	}
	compareNonzero(t, want, sampleData(t))
}

// What rate() must not miss begins at 0, for each service as soon as one of its lines was seen, and for port 25 before.
func TestKnownSeriesStartAtZero(t *testing.T) {
	counts := tally.New(tally.Options{})
	before := gather(t, Data{Snapshot: counts.Snapshot(&parser.Counts{})})
	after := gather(t, sampleData(t))
	for _, c := range []struct {
		name   string
		series map[string]float64
	}{
		{"sessions_total{class=public,direction=inbound,mta=postfix,service=smtpd,tls=plaintext}", before},
		{"sessions_total{class=public,direction=inbound,mta=postfix,service=smtpd,tls=unlogged}", before},
		{"messages_total{class=private,direction=inbound,mta=postfix,protocol=TLSv1,service=smtpd,tls=established}", before},
		{"handshake_failures_total{direction=inbound,reason=timeout,result=validation-failure,service=smtpd}", before},
		{"key_exchanges_total{direction=inbound,group=X25519MLKEM768}", before},
		{"plaintext_auth_total{service=smtpd}", before},
		{"graded_messages_total{class=public,direction=outbound,grade=insufficient,profile=rfc9325}", before},
		{"graded_sessions_total{class=private,direction=inbound,grade=unknown,profile=rfc9325}", before},
		{"log_lines_total{result=unrecognized}", before},
		{"evicted_total{what=session}", before},
		{"sessions_total{class=public,direction=inbound,mta=postfix,service=submission,tls=failed}", after},
		{"messages_total{class=public,direction=inbound,mta=postfix,service=submission,tls=plaintext}", after},
		{"handshake_failures_total{direction=inbound,reason=no_shared_cipher,result=validation-failure,service=submission}", after},
	} {
		if v, ok := c.series[c.name]; !ok || v != 0 {
			t.Errorf("%s: %v, exists %v; want 0", c.name, v, ok)
		}
	}
}

func TestLint(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	data := sampleData(t)
	registry.MustRegister(NewCollector(func() Data { return data }, profile(t), Build{}))
	problems, err := testutil.GatherAndLint(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// Graded counters never go back while the log is read, with all that a session can end as, and each profile that there is.
func TestGradesNeverGoBack(t *testing.T) {
	for _, name := range grade.Profiles() {
		p, err := grade.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		counts := tally.New(tally.Options{PeerLimit: 1, PeerIdle: time.Second})
		lines := parser.New(counts, parser.Options{Location: time.UTC, Year: 2026})
		before := map[string]float64{}
		for line := range strings.Lines(gradedLog()) {
			lines.Feed([]byte(line))
			c := lines.Counts()
			now := gatherBy(t, p, Data{Snapshot: counts.Snapshot(&c)})
			for series, value := range before {
				if !strings.HasPrefix(series, "graded_") {
					continue
				}
				if v, ok := now[series]; !ok || v < value {
					t.Fatalf("%s goes from %v to %v with %s", series, value, v, line)
				}
			}
			before = now
		}
		sessions := 0.0
		for series, value := range before {
			if strings.HasPrefix(series, "graded_sessions_total") {
				sessions += value
			}
		}
		if sessions != 6 {
			t.Errorf("%s: %v sessions have a grade, want 6", name, sessions)
		}
	}
}

// gradedLog has sessions of several peers, for which there is not place enough: three ciphers, one that is not known, plaintext, a handshake of which the
// cipher was not logged, and one that failed.
func gradedLog() string {
	var log strings.Builder
	for i, established := range []string{
		"TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)", "TLSv1.2 with cipher AES128-SHA (128/128 bits)",
		"TLSv1 with cipher ECDHE-RSA-AES128-SHA (128/128 bits)", "TLSv1.3 with cipher TLS_OF_TOMORROW (256/256 bits)", "", "unlogged", "failed",
	} {
		prefix := fmt.Sprintf("Nov 22 04:00:%02d mx1 postfix/smtpd[%d]: ", 2*i, i+1)
		peer, starttls := fmt.Sprintf("host%d.example.net[192.0.2.%d]", i, i+1), " starttls=1"
		log.WriteString(prefix + "connect from " + peer + "\n")
		switch established {
		case "":
			starttls = ""
		case "unlogged":
		case "failed":
			starttls = " starttls=0/1"
			log.WriteString(prefix + "SSL_accept error from " + peer + ": -1\n")
		default:
			log.WriteString(prefix + "Anonymous TLS connection established from " + peer + ": " + established + "\n")
		}
		log.WriteString(prefix + "disconnect from " + peer + " ehlo=2" + starttls + " quit=1 commands=4\n")
	}
	return log.String()
}
