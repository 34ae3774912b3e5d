package report

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Each text, as Clean shows it, and as EscapeJSON writes it within a JSON string.
var hostile = []struct{ name, text, clean, escaped string }{
	{"nothing", "", "", ""},
	{"ASCII", `client.example.net[192.0.2.10] <"x"> \`, `client.example.net[192.0.2.10] <"x"> \`, `client.example.net[192.0.2.10] <\"x\"> \\`},
	{"other scripts", "müller@例え.jp ñ", "müller@例え.jp ñ", "müller@例え.jp ñ"},
	{"an emoji", "a\U0001F600b", "a\U0001F600b", "a\U0001F600b"},
	{"NUL", "a\x00b", "a?b", `a\u0000b`},
	{"ESC", "a\x1b[31mb", "a?[31mb", `a\u001b[31mb`},
	{"line feed, carriage return, tab", "a\nb\rc\td", "a?b?c?d", `a\nb\rc\td`},
	{"DEL", "a\x7fb", "a?b", `a\u007fb`},
	{"CSI of C1", "a\u009b2Jb", "a?2Jb", `a\u009b2Jb`},
	{"NEL of C1", "a\u0085b", "a?b", `a\u0085b`},
	{"a byte of C1, which is no UTF-8", "a\x9b2Jb", "a?2Jb", ""},
	{"no UTF-8", "a\xff\xc3b", "a??b", ""},
	{"a replacement character", "a\ufffdb", "a?b", "a\ufffdb"},
	{"right-to-left override", "exe.\u202egnp", "exe.?gnp", `exe.\u202egnp`},
	{"isolates", "a\u2066b\u2069c", "a?b?c", `a\u2066b\u2069c`},
	{"marks", "a\u200e\u200f\u061cb", "a???b", `a\u200e\u200f\u061cb`},
	{"invisible", "a\u200b\ufeff\u00adb", "a???b", `a\u200b\ufeff\u00adb`},
	{"line and paragraph separator", "a\u2028\u2029b", "a??b", `a\u2028\u2029b`},
	{"tags, outside the basic plane", "a\U000E0001\U000E007Fb", "a??b", `a\udb40\udc01\udb40\udc7fb`},
}

func TestClean(t *testing.T) {
	for _, test := range hostile {
		if got := Clean(test.text); got != test.clean {
			t.Errorf("%s: Clean(%q) = %q, want %q", test.name, test.text, got, test.clean)
		}
	}
}

func TestEscapeJSON(t *testing.T) {
	for _, test := range hostile {
		if !utf8.ValidString(test.text) {
			continue // never gets so far: encoding/json replaces it
		}
		got := string(EscapeJSON([]byte("before"), encode(t, test.text)))
		if want := `before"` + test.escaped + `"`; got != want {
			t.Errorf("%s: %q is written as %s, want %s", test.name, test.text, got, want)
		}
	}
}

// encode writes a string as our records are written, before the last step.
func encode(t *testing.T, s string) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// harmful tells the runes that must not reach a terminal, in other words than the code does.
func harmful(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

func FuzzClean(f *testing.F) {
	for _, test := range hostile {
		f.Add(test.text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		clean := Clean(s)
		if !utf8.ValidString(clean) {
			t.Errorf("Clean(%q) = %q is no UTF-8", s, clean)
		}
		for _, r := range clean {
			if harmful(r) {
				t.Errorf("Clean(%q) = %q holds %U", s, clean, r)
			}
		}
		if again := Clean(clean); again != clean {
			t.Errorf("Clean is not content with its own %q, and says %q", clean, again)
		}
		if got, want := utf8.RuneCountInString(clean), utf8.RuneCountInString(s); got != want {
			t.Errorf("Clean(%q) = %q has %d characters, want %d", s, clean, got, want)
		}
	})
}

func FuzzEscapeJSON(f *testing.F) {
	for _, test := range hostile {
		f.Add(test.text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := encode(t, s)
		escaped := EscapeJSON(nil, text)
		var want, got string
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(escaped, &got); err != nil {
			t.Fatalf("%s is no JSON: %v", escaped, err)
		}
		if got != want {
			t.Errorf("%q has become %q, as %s", want, got, escaped)
		}
		for _, r := range string(escaped) {
			if harmful(r) {
				t.Errorf("%s holds %U", escaped, r)
			}
		}
	})
}
