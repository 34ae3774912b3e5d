package parser

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A parsedHeader is what cutHeader finds, in words.
type parsedHeader struct {
	Time, Host, Tag string
	PID             uint32
	Program, Text   string
}

// parseHeader returns nil for a line that is not Postfix's.
func parseHeader(t *testing.T, line string) *parsedHeader {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%q: panic: %v", line, r)
		}
	}()
	var lx lexer
	buf := []byte(line)
	h, ok := lx.cutHeader(buf, 0, len(buf))
	if !ok {
		return nil
	}
	b := batch{buf: buf}
	clock := newClock(time.UTC, 2026)
	return &parsedHeader{
		Time: clock.time(h.at).Format(time.RFC3339Nano), Host: string(b.bytes(h.host)), Tag: string(b.bytes(h.tag)),
		PID: h.pid, Program: h.prog.String(), Text: line[h.text:],
	}
}

const headerTag, headerText = "postfix/smtpd[411]: ", "connect from unknown[192.0.2.10]"

// The times that a header may begin with, and the RFC 3339 form of what they say.
var stampForms = []struct{ name, stamp, want string }{
	{"RFC 3164, blank", "Nov  2 04:10:34", "2026-11-02T04:10:34Z"},
	{"RFC 3164, two digits", "Nov 22 04:10:34", "2026-11-22T04:10:34Z"},
	{"postlogd, zero", "Nov 02 04:10:34", "2026-11-02T04:10:34Z"},
	{"January", "Jan 31 00:00:00", "2026-01-31T00:00:00Z"},
	{"February", "Feb 28 00:00:00", "2026-02-28T00:00:00Z"},
	{"March", "Mar  1 00:00:00", "2026-03-01T00:00:00Z"},
	{"April", "Apr  1 00:00:00", "2026-04-01T00:00:00Z"},
	{"May", "May  1 00:00:00", "2026-05-01T00:00:00Z"},
	{"June", "Jun  1 00:00:00", "2026-06-01T00:00:00Z"},
	{"July", "Jul  1 00:00:00", "2026-07-01T00:00:00Z"},
	{"August", "Aug  1 00:00:00", "2026-08-01T00:00:00Z"},
	{"September", "Sep  1 00:00:00", "2026-09-01T00:00:00Z"},
	{"October", "Oct  1 00:00:00", "2026-10-01T00:00:00Z"},
	{"December", "Dec 31 23:59:59", "2026-12-31T23:59:59Z"},
	{"leap second", "Dec 31 23:59:60", "2027-01-01T00:00:00Z"},
	{"journalctl -o short-precise", "Nov 22 04:10:34.123456", "2026-11-22T04:10:34.123456Z"},
	{"RFC 3339", "2026-11-22T04:10:34Z", "2026-11-22T04:10:34Z"},
	{"RFC 3339, small letters", "2026-11-22t04:10:34z", "2026-11-22T04:10:34Z"},
	{"milliseconds", "2026-11-22T04:10:34.120Z", "2026-11-22T04:10:34.12Z"},
	{"microseconds", "2026-11-22T04:10:34.123456Z", "2026-11-22T04:10:34.123456Z"},
	{"nanoseconds", "2026-11-22T04:10:34.123456789Z", "2026-11-22T04:10:34.123456789Z"},
	{"more digits than count", "2026-11-22T04:10:34.12345678987654321Z", "2026-11-22T04:10:34.123456789Z"},
	{"ISO 8601, comma", "2026-11-22T04:10:34,5Z", "2026-11-22T04:10:34.5Z"},
	{"rsyslog", "2026-11-22T05:02:30.996324+01:00", "2026-11-22T05:02:30.996324+01:00"},
	{"journalctl -o short-iso", "2026-11-22T05:02:30+0100", "2026-11-22T05:02:30+01:00"},
	{"west", "2026-11-22T00:32:30-03:30", "2026-11-22T00:32:30-03:30"},
	{"west of UTC by minutes", "2026-11-22T00:32:30-0030", "2026-11-22T00:32:30-00:30"},
	{"leap day", "2028-02-29T12:00:00Z", "2028-02-29T12:00:00Z"},
	{"journalctl -o short-full", "Sun 2026-11-22 04:10:34 UTC", "2026-11-22T04:10:34Z"},
	{"journalctl -o short-full, fraction", "Sun 2026-11-22 04:10:34.123456 UTC", "2026-11-22T04:10:34.123456Z"},
	{"journalctl -o short-full, a zone that is taken as local", "Sun 2026-11-22 04:10:34 CET", "2026-11-22T04:10:34Z"},
	{"journalctl -o short-unix", "1795320634.123456", "2026-11-22T04:10:34.123456Z"},
}

func TestHeaderTimes(t *testing.T) {
	for _, form := range stampForms {
		want := &parsedHeader{form.want, "mx1", "postfix/smtpd", 411, "smtpd", headerText}
		if diff := cmp.Diff(want, parseHeader(t, form.stamp+" mx1 "+headerTag+headerText)); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", form.name, form.stamp, diff)
		}
	}
}

// What log daemons and containers put around the usual header.
var headerForms = []struct{ name, line string }{
	{"priority", "<22>Nov 22 04:10:34 mx1 postfix/smtpd[411]: TEXT"},
	{"priority of one digit", "<6>Nov 22 04:10:34 mx1 postfix/smtpd[411]: TEXT"},
	{"priority of three digits", "<191>2026-11-22T04:10:34Z mx1 postfix/smtpd[411]: TEXT"},
	{"docker compose", "postfix-1  | Nov 22 04:10:34 mx1 postfix/smtpd[411]: TEXT"},
	{"docker compose, RFC 3339", "mail_postfix.1 | 2026-11-22T04:10:34Z mx1 postfix/smtpd[411]: TEXT"},
	{"docker compose, priority", "postfix-1  | <22>Nov 22 04:10:34 mx1 postfix/smtpd[411]: TEXT"},
	{"docker compose, RFC 5424", "postfix-1  | <22>1 2026-11-22T04:10:34Z mx1 postfix/smtpd 411 - - TEXT"},
	{"docker compose, short-unix", "postfix-1  | 1795320634.000000 mx1 postfix/smtpd[411]: TEXT"},
	{"Solaris", "Nov 22 04:10:34 mx1 postfix/smtpd[411]: [ID 197553 mail.info] TEXT"},
	{"RFC 5424", "<22>1 2026-11-22T04:10:34Z mx1 postfix/smtpd 411 - - TEXT"},
	{"RFC 5424 without priority", "1 2026-11-22T04:10:34Z mx1 postfix/smtpd 411 - - TEXT"},
	{"RFC 5424, message ID", "<22>1 2026-11-22T04:10:34Z mx1 postfix/smtpd 411 ID47 - TEXT"},
	{"RFC 5424, byte order mark", "<22>1 2026-11-22T04:10:34Z mx1 postfix/smtpd 411 - - \xef\xbb\xbfTEXT"},
	{"RFC 5424, structured data", `<22>1 2026-11-22T04:10:34Z mx1 postfix/smtpd 411 - [timeQuality tzKnown="1"] TEXT`},
	{"RFC 5424, several elements", `<22>1 2026-11-22T04:10:34Z mx1 postfix/smtpd 411 - [a@1 x="1"][b@1 y="2" z="3"] TEXT`},
	{"RFC 5424, brackets and blanks in a value", `<22>1 2026-11-22T04:10:34Z mx1 postfix/smtpd 411 - [a@1 x="y\]\" ] z"] TEXT`},
	{"RFC 5424, a value ends in a backslash", `<22>1 2026-11-22T04:10:34Z mx1 postfix/smtpd 411 - [a@1 x="y\\"] TEXT`},
}

func TestHeaderForms(t *testing.T) {
	want := &parsedHeader{"2026-11-22T04:10:34Z", "mx1", "postfix/smtpd", 411, "smtpd", headerText}
	for _, form := range headerForms {
		if diff := cmp.Diff(want, parseHeader(t, strings.Replace(form.line, "TEXT", headerText, 1))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", form.name, diff)
		}
	}
}

func TestHeaderTags(t *testing.T) {
	type tag struct {
		Tag     string
		PID     uint32
		Program string
		Text    string
	}
	for line, want := range map[string]tag{
		"postfix/smtpd[411]: x":             {"postfix/smtpd", 411, "smtpd", "x"},
		"postfix/submission/smtpd[411]: x":  {"postfix/submission/smtpd", 411, "smtpd", "x"},
		"postfix-out/smtpd[4194304]: x":     {"postfix-out/smtpd", 4194304, "smtpd", "x"},
		"postfix/10025/smtpd[411]: x":       {"postfix/10025/smtpd", 411, "smtpd", "x"},
		"mx/smtpd[411]: x":                  {"mx/smtpd", 411, "smtpd", "x"},
		"postfix/smtpd: x":                  {"postfix/smtpd", 0, "smtpd", "x"},
		"postfix/smtpd[411]: ":              {"postfix/smtpd", 411, "smtpd", ""},
		"postfix/cleanup[411]: x":           {"postfix/cleanup", 411, "cleanup", "x"},
		"postfix/qmgr[411]: x":              {"postfix/qmgr", 411, "qmgr", "x"},
		"postfix/oqmgr[411]: x":             {"postfix/oqmgr", 411, "qmgr", "x"},
		"postfix/pickup[411]: x":            {"postfix/pickup", 411, "pickup", "x"},
		"postfix/bounce[411]: x":            {"postfix/bounce", 411, "bounce", "x"},
		"postfix/master[411]: x":            {"postfix/master", 411, "master", "x"},
		"postfix/postsuper[411]: x":         {"postfix/postsuper", 411, "postsuper", "x"},
		"postfix/relay/smtp[411]: x":        {"postfix/relay/smtp", 411, "smtp", "x"},
		"postfix/lmtp[411]: x":              {"postfix/lmtp", 411, "lmtp", "x"},
		"postfix/postscreen[411]: x":        {"postfix/postscreen", 411, "postscreen", "x"},
		"postfix/tlsproxy[411]: x":          {"postfix/tlsproxy", 411, "tlsproxy", "x"},
		"postfix/postfix-script[411]: x":    {"postfix/postfix-script", 411, "other", "x"},
		"mx/local[411]: x":                  {"mx/local", 411, "local", "x"},
		"mx/anvil[411]: x":                  {"mx/anvil", 411, "other", "x"},
		"postfix/something-new[411]: x":     {"postfix/something-new", 411, "other", "x"},
		"postfix[9]: x":                     {"postfix", 9, "other", "x"},
		"postfix/smtpd[411]: [ID and so on": {"postfix/smtpd", 411, "smtpd", "[ID and so on"},
	} {
		h := parseHeader(t, "Nov 22 04:10:34 mx1 "+line)
		if h == nil {
			t.Errorf("%q is taken for foreign", line)
			continue
		}
		if diff := cmp.Diff(want, tag{h.Tag, h.PID, h.Program, h.Text}); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
}

// Lines of other programs, and no lines at all.
var foreignLines = []string{
	"", " ", "\x00", "garbage", "Nov", "{\"MESSAGE\":\"connect from unknown[192.0.2.10]\"}",
	"Nov 22 04:10:34 mx1 dovecot: imap-login: Login: user=<u>",
	"Nov 22 04:10:34 mx1 opendkim[77]: 3F1A2C0B7D: s=s d=example.com SSL",
	"Nov 22 04:10:34 mx1 a/b[1]: connect from unknown[192.0.2.10]",
	"Nov 22 04:10:34 mx1 smtpd[411]: connect from unknown[192.0.2.10]",
	"Nov 22 04:10:34 mx1 postfixadmin[411]: x",
	"Nov 22 04:10:34 mx1 last message repeated 3 times",
	"Nov 22 04:10:34 mx1 postfix/smtpd[411] connect from unknown[192.0.2.10]",
	"Nov 22 04:10:34 mx1 postfix/smtpd[411]:connect from unknown[192.0.2.10]",
	"Nov 22 04:10:34 mx1 postfix/smtpd[x]: connect from unknown[192.0.2.10]",
	"Nov 22 04:10:34 mx1 postfix/smtpd[411: connect from unknown[192.0.2.10]",
	"Nov 22 04:10:34 postfix/smtpd[411]: connect from unknown[192.0.2.10]",
	"Nov  0 04:10:34 mx1 postfix/smtpd[411]: x", "Nov 32 04:10:34 mx1 postfix/smtpd[411]: x", "Nov 00 04:10:34 mx1 postfix/smtpd[411]: x",
	"Feb 30 04:10:34 mx1 postfix/smtpd[411]: x", "Apr 31 04:10:34 mx1 postfix/smtpd[411]: x",
	"Foo 22 04:10:34 mx1 postfix/smtpd[411]: x", "nov 22 04:10:34 mx1 postfix/smtpd[411]: x",
	"Nov 22 24:10:34 mx1 postfix/smtpd[411]: x", "Nov 22 04:60:34 mx1 postfix/smtpd[411]: x", "Nov 22 04:10:61 mx1 postfix/smtpd[411]: x",
	"Nov 22 04:10 mx1 postfix/smtpd[411]: x", "Nov 22 04-10-34 mx1 postfix/smtpd[411]: x",
	"2026-11-22T04:10:34 mx1 postfix/smtpd[411]: x", "2026-13-22T04:10:34Z mx1 postfix/smtpd[411]: x",
	"2026-11-22T24:10:34Z mx1 postfix/smtpd[411]: x", "2026-11-22T04:10:34+24:00 mx1 postfix/smtpd[411]: x",
	"2026-11-22T04:10:34+01:60 mx1 postfix/smtpd[411]: x", "2026-11-22 04:10:34Z mx1 postfix/smtpd[411]: x",
	"20ab-11-22T04:10:34Z mx1 postfix/smtpd[411]: x", "2026-ab-22T04:10:34Z mx1 postfix/smtpd[411]: x",
	"2026-02-30T04:10:34Z mx1 postfix/smtpd[411]: x", "2026-02-29T04:10:34Z mx1 postfix/smtpd[411]: x",
	"1795320634 mx1 postfix/smtpd[411]: x", "179532063412.5 mx1 postfix/smtpd[411]: x",
	"Sun 2026-11-22 04:10:34.123", // as long as the shortest one with a zone
	"Sun 2026-11-22 04:10:34 ", "Sun 2026-11-22 04:10:34.123456789012345678",
	"<22Nov 22 04:10:34 mx1 postfix/smtpd[411]: x", "<x>Nov 22 04:10:34 mx1 postfix/smtpd[411]: x", "<>Nov 22 04:10:34 mx1 postfix/smtpd[411]: x",
	"two words | Nov 22 04:10:34 mx1 postfix/smtpd[411]: x", " | Nov 22 04:10:34 mx1 postfix/smtpd[411]: x", "postfix-1 |",
	"<22>1 2026-11-22T04:10:34Z mx1 dovecot 411 - - x", "<22>1 2026-11-22T04:10:34Z mx1 postfix/smtpd 411 -",
	"<22>1 2026-11-22T04:10:34Z mx1 postfix/smtpd 411 - [a@1 x=\"y", "<22>1 2026-11-22T04:10:34Z mx1 postfix/smtpd",
}

func TestForeignLines(t *testing.T) {
	for _, line := range foreignLines {
		if h := parseHeader(t, line); h != nil {
			t.Errorf("%q is taken for a line of Postfix: %+v", line, h)
		}
	}
}

// RFC 5424 has "-" for what is not known.
func TestHeaderWithoutProcessID(t *testing.T) {
	h := parseHeader(t, "<22>1 2026-11-22T04:10:34Z - postfix/smtpd - - - x")
	want := &parsedHeader{"2026-11-22T04:10:34Z", "-", "postfix/smtpd", 0, "smtpd", "x"}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("header differs (-want +got):\n%s", diff)
	}
}

// A line can end anywhere: a full disk, a cut datagram. Its header is whole, or it is none and reading it harms nobody.
func TestTruncatedHeaders(t *testing.T) {
	var lines []string
	for _, form := range stampForms {
		lines = append(lines, form.stamp+" mx1 "+headerTag)
	}
	for _, form := range headerForms {
		before, _, _ := strings.Cut(form.line, "TEXT")
		lines = append(lines, before)
	}
	for _, line := range lines {
		for n := range line {
			if h := parseHeader(t, line[:n]); h != nil && h.Tag != "postfix/smtpd" {
				t.Errorf("%q, cut: header %+v", line[:n], h)
			}
		}
	}
}

func TestCarriageReturn(t *testing.T) {
	r := &recorder{t: t}
	p := New(r, testOptions())
	for _, line := range script(`
		smtpd[410]: connect from a.example[192.0.2.10]
		smtpd[410]: 33823A8A060: client=a.example[192.0.2.10], sasl_method=PLAIN, sasl_username=u@example.com
		cleanup[420]: 33823A8A060: message-id=<1@a.example>
		smtpd[410]: disconnect from a.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 commands=4`) {
		p.Feed([]byte(strings.TrimSuffix(line, "\n") + "\r\n"))
	}
	p.Close()
	if n := p.Counts().Lines; n.Used != 4 {
		t.Errorf("%+v, want 4 used lines", n)
	}
	m := r.messages[0]
	if m.Source.Auth.Username != "u@example.com" || m.MessageID != "<1@a.example>" || !r.sessions[0].Commands.Known {
		t.Errorf("a field took the carriage return: %+v, %+v", m, r.sessions[0].Commands)
	}
}
