package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/grade"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

func rfc9325(t *testing.T) *grade.Profile {
	t.Helper()
	profile, err := grade.ByName("rfc9325")
	if err != nil {
		t.Fatal(err)
	}
	return profile
}

// wide has names as long as they can be, some in letters that take two places.
func wide() *tally.Snapshot {
	s := bothWays()
	long := strings.Repeat("very-long-label.", 15) + "example.org"
	asian := strings.Repeat("\u90f5\u4fbf", 60)
	for i := range s.Peers {
		s.Peers[i].Peer = []string{long, asian}[i%2]
		for j := range s.Peers[i].FailureDetails {
			s.Peers[i].FailureDetails[j].Example = long + " " + asian
		}
	}
	for i := range s.Domains {
		s.Domains[i].Domain = []string{asian, long}[i%2]
	}
	for i := range s.Downgrades {
		s.Downgrades[i].Peer = long
	}
	for i := range s.Hints {
		s.Hints[i].Text = asian + " " + long
	}
	for i := range s.Unrecognized {
		s.Unrecognized[i].Shape = long + long
	}
	for i := range s.Sessions {
		s.Sessions[i].Service = fmt.Sprint(long, i)
		if s.Sessions[i].Cipher != "" {
			s.Sessions[i].Cipher = long
		}
	}
	s.Hosts = []string{long, asian}
	return s
}

// TestTextFits has no line of more than 80 letters, whatever the names are, with or without colors.
func TestTextFits(t *testing.T) {
	for name, s := range map[string]*tally.Snapshot{"sample": bothWays(), "long names": wide()} {
		for _, o := range []TextOptions{{Profile: rfc9325(t)}, {Top: 2}, {Color: true, Profile: rfc9325(t)}} {
			var out bytes.Buffer
			if err := Text(&out, s, o); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(out.String()) {
				if n := text.StringWidthWithoutEscSequences(strings.TrimRight(line, "\n")); n > textWidth {
					t.Errorf("%s: a line of %d letters: %s", name, n, line)
				}
			}
		}
	}
}

// TestTextColors marks what is worth a look, and changes no word.
func TestTextColors(t *testing.T) {
	var plain, colored bytes.Buffer
	for out, on := range map[*bytes.Buffer]bool{&plain: false, &colored: true} {
		if err := Text(out, bothWays(), TextOptions{Color: on}); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(plain.String(), "\x1b") {
		t.Error("there are colors that nobody asked for")
	}
	if got := text.StripEscape(colored.String()); got != plain.String() {
		t.Errorf("words changed:\n%s", got)
	}
	for _, want := range []string{"\x1b[31m  plaintext ", "\x1b[33m  TLSv1 ", "\x1b[33m  failed handshake ", "\x1b[1mPeers on the Internet\x1b[0m\n"} {
		if !strings.Contains(colored.String(), want) {
			t.Errorf("no %q in\n%q", want, colored.String())
		}
	}
}

// TestMiddleCut leaves both ends.
func TestMiddleCut(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"mail.example.org", 16, "mail.example.org"},
		{"mail.example.org", 15, "mail.ex…ple.org"},
		{"mail.example.org", 12, "mail.…le.org"},
		{"\u90f5\u4fbf\u90f5\u4fbf", 7, "\u90f5…\u90f5\u4fbf"},
		{"\u90f5\u4fbf\u90f5\u4fbf", 1, "…"},
	} {
		if got := middleCut(c.text, c.width); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}
