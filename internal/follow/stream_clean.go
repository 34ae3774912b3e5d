package follow

import (
	"unicode"
	"unicode/utf8"
)

// appendClean appends text with a '?' for each control character, line ends among them, and for each byte that is not
// UTF-8. The result is one line whatever was in it, and never longer than text.
func appendClean(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			dst = append(dst, cleanByte(c))
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 || unicode.IsControl(r) {
			dst = append(dst, '?')
		} else {
			dst = append(dst, text[i:i+n]...)
		}
		i += n
	}
	return dst
}

// appendWord is appendClean for what must not end before its end: blanks, and what ends a tag, become a '?' as well.
func appendWord(dst, text []byte) []byte {
	from := len(dst)
	dst = appendClean(dst, text)
	for i, c := range dst[from:] {
		switch c {
		case ' ', ':', '[', ']':
			dst[from+i] = '?'
		}
	}
	return dst
}

func cleanByte(c byte) byte {
	if c < ' ' || c == 0x7f {
		return '?'
	}
	return c
}
