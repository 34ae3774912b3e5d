package parser

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// at is a time of the scripts' day.
func at(hour, sec int) time.Time {
	return time.Date(2026, time.November, 22, hour, 0, sec, 0, time.UTC)
}

const fullLog = `
	postfix-out/submission/smtpd[411]: connect from client.example.net[192.0.2.10]:40112
	postfix-out/submission/smtpd[411]: Trusted TLS connection established from client.example.net[192.0.2.10]:40112 to mx.example.com: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (112/168 bits) key-exchange ECDHE (P-256) server-signature RSA-PSS (2048 bits) server-digest SHA256 client-signature ECDSA (P-384) client-digest SHA384
	@04:00:01
	postfix-out/submission/smtpd[411]: warning: client.example.net[192.0.2.10]:40112: SASL LOGIN authentication failed: UGFzc3dvcmQ6
	@04:00:02
	postfix-out/submission/smtpd[411]: 4jXFz16lx4z1cM1s: client=client.example.net[192.0.2.10]:40112, sasl_method=PLAIN, sasl_username=user@example.com
	postfix-out/cleanup[420]: 4jXFz16lx4z1cM1s: message-id=<1@client.example.net>
	@04:00:03
	postfix-out/qmgr[9]: 4jXFz16lx4z1cM1s: from=<sender@example.net>, size=1234, nrcpt=2 (queue active)
	@04:00:04
	postfix-out/submission/smtpd[411]: lost connection after RSET from client.example.net[192.0.2.10]:40112
	@04:00:05
	postfix-out/submission/smtpd[411]: disconnect from client.example.net[192.0.2.10]:40112 ehlo=2 starttls=1 auth=1/2 mail=1 rcpt=2/3 data=1 rset=1 commands=9/11 notes=bare_lf
	@05:00:06
	postfix-out/qmgr[9]: 4jXFz16lx4z1cM1s: removed`

// Every field of the records, once.
func TestRecords(t *testing.T) {
	service := &Service{Host: "mx1", Instance: "postfix-out", Name: "submission", Program: "smtpd"}
	peer := &Peer{Name: "client.example.net", Address: "192.0.2.10", Class: ClassPublic}
	tls := &TLS{
		Protocol: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384", Bits: 112, Trust: "Trusted",
		KeyExchange: "ECDHE (P-256)", Signature: "RSA-PSS (2048 bits)", Digest: "SHA256",
	}
	auth := Auth{Method: "PLAIN", Username: "user@example.com"}
	commands := Commands{Known: true}
	for name, count := range map[Command]Count{
		CommandEHLO: {2, 2}, CommandSTARTTLS: {1, 1}, CommandAUTH: {1, 2}, CommandMAIL: {1, 1}, CommandRCPT: {2, 3},
		CommandDATA: {1, 1}, CommandRSET: {1, 1},
	} {
		commands.Count[name] = count
	}
	session := Session{
		Start: at(4, 0), End: at(4, 5), Service: service, PID: 411, Peer: peer, Port: 40112,
		State: TLSEstablished, TLS: tls, SNI: "mx.example.com",
		Auth:     Auth{Method: "PLAIN", Username: "user@example.com", Failures: 1},
		Messages: 1, QueueIDs: []string{"4jXFz16lx4z1cM1s"}, Commands: &commands, Ended: EndedLost,
		First: at(4, 0),
	}
	queued := Message{
		QueueID: "4jXFz16lx4z1cM1s", Host: "mx1", Instance: "postfix-out",
		MessageID: "<1@client.example.net>", From: "sender@example.net", Size: 1234, Recipients: 2, Queued: true,
		Received: at(4, 2),
		Source: Source{
			Kind: SourceSMTP, Service: service, Peer: peer, Port: 40112, State: TLSEstablished, TLS: tls, SNI: "mx.example.com", Auth: auth,
		},
	}
	message := queued
	message.Removed, message.State = at(5, 6), MessageRemoved

	r := play(t, fullLog)
	if diff := cmp.Diff([]Session{session}, r.sessions); diff != "" {
		t.Errorf("session differs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Message{queued}, r.queued); diff != "" {
		t.Errorf("queued message differs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Message{message}, r.messages); diff != "" {
		t.Errorf("message differs (-want +got):\n%s", diff)
	}
}

// A sink that only counts gets the same records without their texts.
func TestCountsOnly(t *testing.T) {
	opts := testOptions()
	opts.CountsOnly = true
	want, got := play(t, fullLog), playWith(t, opts, fullLog)
	for i := range want.sessions {
		want.sessions[i].QueueIDs = nil
	}
	for _, messages := range [][]Message{want.queued, want.messages} {
		for i := range messages {
			m := &messages[i]
			m.QueueID, m.MessageID, m.From, m.Source.Parent = "", "", "", ""
		}
	}
	type records struct {
		Sessions         []Session
		Queued, Messages []Message
	}
	if diff := cmp.Diff(records{want.sessions, want.queued, want.messages}, records{got.sessions, got.queued, got.messages}); diff != "" {
		t.Errorf("records differ (-want +got):\n%s", diff)
	}
}

// What client= says of authentication counts for its own message: STARTTLS and XCLIENT undo it within a session.
func TestAuthOfEachMessage(t *testing.T) {
	r := play(t, `
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10], sasl_method=PLAIN, sasl_username=u@example.com
		smtpd[410]: Anonymous TLS connection established from a.example[192.0.2.10]: TLSv1.2 with cipher AES256-SHA (256/256 bits)
		smtpd[410]: 33F78A8A38F: client=a.example[192.0.2.10]
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=2 auth=1 starttls=1 mail=2 rcpt=2 data=2 quit=1 commands=11`)
	var got []Auth
	for _, m := range r.messages {
		got = append(got, m.Source.Auth)
	}
	if diff := cmp.Diff([]Auth{{Method: "PLAIN", Username: "u@example.com"}, {}}, got); diff != "" {
		t.Errorf("auth of the messages (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Auth{Method: "PLAIN", Username: "u@example.com"}, r.sessions[0].Auth); diff != "" {
		t.Errorf("auth of the session (-want +got):\n%s", diff)
	}
}

// Postfix cuts its text at 2000 bytes, in the middle of a character if need be.
func TestCutLines(t *testing.T) {
	text := "33823A8A060: client=a.example[192.0.2.10], sasl_method=PLAIN, sasl_username=" + strings.Repeat("ü", 2000)
	text = text[:2000]
	if text[1999] != "ü"[0] {
		text = text[:1999]
	}
	r := &recorder{t: t}
	p := New(r, testOptions())
	p.Feed([]byte("Nov 22 04:00:00 mx1 postfix/smtpd[410]: " + text + "\n"))
	p.Close()
	name := r.messages[0].Source.Auth.Username
	if !strings.HasPrefix(name, "üü") || !strings.HasSuffix(name, "ü\uFFFD") || strings.Count(name, "\uFFFD") != 1 {
		t.Errorf("user name %q: want whole characters and one replacement at the end", name)
	}
}

// What a record points to is never written again: Service, Peer and TLS may be kept.
func TestRecordsStay(t *testing.T) {
	r := play(t, fullLog)
	kept := r.sessions[0]
	peer, tls, service := *kept.Peer, *kept.TLS, *kept.Service
	p := New(r, testOptions())
	for _, line := range script(strings.NewReplacer("192.0.2.10", "198.51.100.7", "TLSv1.3", "TLSv1.2").Replace(fullLog)) {
		p.Feed([]byte(line))
	}
	p.Close()
	if *kept.Peer != peer || *kept.TLS != tls || *kept.Service != service {
		t.Errorf("a record that was kept has changed: %+v", kept)
	}
}

func TestClasses(t *testing.T) {
	trusted := testOptions()
	trusted.TrustedNetworks = prefixes("203.0.113.0/24", "2001:db8:7::/48")
	for address, want := range map[string]Class{
		"127.0.0.1": ClassLoopback, "127.255.0.9": ClassLoopback, "::1": ClassLoopback,
		"10.0.0.1": ClassPrivate, "172.16.0.1": ClassPrivate, "172.31.255.255": ClassPrivate, "192.168.1.1": ClassPrivate,
		"100.64.0.1": ClassPrivate, "100.127.255.255": ClassPrivate, "169.254.1.1": ClassPrivate,
		"fe80::1": ClassPrivate, "fd00::1": ClassPrivate, "203.0.113.9": ClassPrivate, "2001:db8:7::9": ClassPrivate,
		"192.0.2.10": ClassPublic, "172.32.0.1": ClassPublic, "100.128.0.1": ClassPublic, "2001:db8::1": ClassPublic, "203.0.114.1": ClassPublic,
		"unknown": ClassUnknown, "999.1.2.3": ClassUnknown,
	} {
		r := playWith(t, trusted, "smtpd[410]: connect from unknown["+address+"]")
		if got := r.sessions[0].Peer.Class; got != want {
			t.Errorf("%s is %v, want %v", address, got, want)
		}
	}
}

func TestPorts(t *testing.T) {
	for port, want := range map[string]uint16{"": 0, ":0": 0, ":1": 1, ":65535": 65535, ":65536": 0, ":99999999999999999999": 0, ":unknown": 0} {
		r := play(t, "smtpd[410]: connect from a.example[192.0.2.10]"+port)
		if got := r.sessions[0].Port; got != want {
			t.Errorf("%q: port %d, want %d", port, got, want)
		}
	}
}

// The zero options are usable, and mean the zone of this machine.
func TestZeroOptions(t *testing.T) {
	r := &recorder{t: t}
	p := New(r, Options{})
	written := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.Local)
	p.StartInput(written)
	p.Feed([]byte("Nov 22 12:00:00 mx1 postfix/smtpd[410]: connect from a.example[192.0.2.10]\n"))
	p.Close()
	if len(r.sessions) != 1 || !r.sessions[0].Start.Equal(written) {
		t.Errorf("%+v, want one session that began at %v", r.sessions, written)
	}
}

// The names are those of records, reports and metrics.
func TestNames(t *testing.T) {
	var got []string
	for s := range NumTLSStates {
		got = append(got, TLSState(s).String())
	}
	for c := range NumClasses {
		got = append(got, Class(c).String())
	}
	for _, e := range []Ended{EndedDisconnect, EndedLost, EndedTimeout, EndedErrors, EndedAborted, EndedOpen} {
		got = append(got, e.String())
	}
	for _, s := range []MessageState{MessageActive, MessageRemoved, MessageCanceled} {
		got = append(got, s.String())
	}
	for c := range NumCommands {
		got = append(got, Command(c).String())
	}
	want := strings.Fields(`unknown established plaintext failed unlogged
		unknown loopback private public unix
		disconnect lost timeout errors aborted open
		active removed canceled
		helo ehlo xclient xforward starttls auth mail rcpt data bdat rset noop vrfy etrn quit help unknown`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names differ (-want +got):\n%s", diff)
	}
}
