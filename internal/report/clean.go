package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text from a log fit for a terminal: control characters (C0, DEL, C1), marks that turn the direction of writing, and
// what is no UTF-8 become "?".
func Clean(s string) string {
	if strings.IndexFunc(s, unsafe) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unsafe(r) {
			return '?'
		}
		return r
	}, s)
}

// unsafe tells the runes that may change what a terminal or a reader sees elsewhere. Format characters (category Cf) include the bidirectional
// controls and invisible ones.
func unsafe(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// EscapeJSON appends JSON text to dst and writes the characters that Clean would replace as \u escapes, so that the value is kept whole and a
// terminal is safe. encoding/json escapes only those below U+0020.
func EscapeJSON(dst, text []byte) []byte {
	for len(text) > 0 {
		if c := text[0]; c < utf8.RuneSelf && c != 0x7f {
			dst, text = append(dst, c), text[1:]
			continue
		}
		r, n := utf8.DecodeRune(text)
		if unsafe(r) && r != utf8.RuneError {
			dst = appendEscape(dst, r)
		} else {
			dst = append(dst, text[:n]...)
		}
		text = text[n:]
	}
	return dst
}

func appendEscape(dst []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	units := []rune{r}
	if r > 0xffff { // a surrogate pair, RFC 8259 section 7
		r -= 0x10000
		units = []rune{0xd800 + r>>10, 0xdc00 + r&0x3ff}
	}
	for _, u := range units {
		dst = append(dst, '\\', 'u', hex[u>>12&15], hex[u>>8&15], hex[u>>4&15], hex[u&15])
	}
	return dst
}
