package parser

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// A shape is shown to strangers who mend the grammar: the words of Postfix stay, and what is private goes.
func TestShapes(t *testing.T) {
	for text, want := range map[string]string{
		"connect from":                                      "connect from",
		"disconnect from client.example.net":                "disconnect from NAME",
		"connect from client.example.net[192.0.2.10] oddly": "connect from NAME[ADDRESS] oddly",
		"3F1A2C0B7D: client=client.example.net":             "QID: client=NAME",
		"3F1A2C0B7D: client=a.example[192.0.2.10];":         "QID: client=NAME[ADDRESS];",
		"SSL_accept error: -1":                              "SSL_accept error: N",
	} {
		if got := shape([]byte(text)); got != want {
			t.Errorf("%q has shape %q, want %q", text, got, want)
		}
	}
}

func TestShapesKeepNoSecrets(t *testing.T) {
	for text, secrets := range map[string][]string{
		"connect from client.example.net[192.0.2.10]:40112 x":           {"client", "example", "192", "40112"},
		"connect from dead:beef::cafe":                                  {"dead", "beef", "cafe"},
		"connect from [dead:beef::cafe]":                                {"dead", "beef", "cafe"},
		"NOQUEUE: client=<user@example.com>":                            {"user", "example"},
		"NOQUEUE: client=x, sasl_username=jane":                         {"jane"},
		"NOQUEUE: client=x from=<bounce+jane=example.org@list.example>": {"jane", "example"},
		"NOQUEUE: client=x bounce+jane=example.org@list.example":        {"jane", "example"},
	} {
		got := shape([]byte(text))
		for _, secret := range secrets {
			if strings.Contains(got, secret) {
				t.Errorf("%q has shape %q, which tells %q", text, got, secret)
			}
		}
	}
}

func TestShapesAreBounded(t *testing.T) {
	for _, text := range []string{
		"connect from " + strings.Repeat("word ", 1000), "connect from " + strings.Repeat("x", 60000), "connect from " + strings.Repeat("ü", 1000),
		"connect from " + strings.Repeat("\xff", 1000),
	} {
		got := shape([]byte(text))
		if len(got) > maxShape+len(" ...") || !utf8.ValidString(got) {
			t.Errorf("shape %q has %d bytes, want %d at most, in UTF-8", got, len(got), maxShape+len(" ..."))
		}
	}
}

// The sample is bounded, and what has no place in it is counted all the same.
func TestUnrecognizedSample(t *testing.T) {
	letters := func(i int) string { return string([]rune{rune('a' + i/26), rune('a' + i%26)}) }
	r := &recorder{t: t}
	p := New(r, testOptions())
	for i := range maxShapes + 10 {
		for range 2 {
			p.Feed(fmt.Appendf(nil, "Nov 22 04:00:00 mx1 postfix/smtpd[410]: connect from %s %d\n", letters(i), i))
		}
	}
	p.Close()
	c := p.Counts()
	var want []Unrecognized
	want = append(want, Unrecognized{"smtpd", "(other)", 20})
	for i := range maxShapes {
		want = append(want, Unrecognized{"smtpd", "connect from " + letters(i) + " N", 2})
	}
	if diff := cmp.Diff(want, c.Unrecognized); diff != "" {
		t.Errorf("sample differs (-want +got):\n%s", diff)
	}
	if n := uint64(2 * (maxShapes + 10)); c.Lines.Unrecognized != n || c.Lines.Total != n || len(r.sessions) != 0 {
		t.Errorf("%+v and %d sessions, want %d unrecognized lines and no session", c.Lines, len(r.sessions), n)
	}
}
