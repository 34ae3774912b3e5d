package parser

import "bytes"

// maxShapes and maxShape bound the sample of unrecognized lines.
const (
	maxShapes = 50
	maxShape  = 160 // bytes
)

// Unrecognized is a form of line that the grammar does not know: the text with numbers, names and addresses masked, and how
// often it occurred.
type Unrecognized struct {
	Program string
	Shape   string
	Count   uint64
}

// shape masks what differs from line to line, and what is private: words with a digit, dot, @, bracket or colon inside become their kind.
func shape(text []byte) string {
	var out []byte
	for i, word := range bytes.Fields(text) {
		if i > 0 {
			out = append(out, ' ')
		}
		out = append(out, maskWord(word)...)
		if len(out) > maxShape {
			return string(bytes.ToValidUTF8(out[:maxShape], nil)) + " ..."
		}
	}
	return string(bytes.ToValidUTF8(out, []byte("?")))
}

func maskWord(word []byte) []byte {
	body, punctuation := word, []byte(nil)
	if last := word[len(word)-1]; last == ':' || last == ',' || last == ';' {
		body, punctuation = word[:len(word)-1], word[len(word)-1:]
	}
	key, value, assigned := bytes.Cut(body, []byte("="))
	if !assigned {
		return append(maskValue(body), punctuation...)
	}
	return append(append(append(bytes.Clone(key), '='), maskValue(value)...), punctuation...)
}

func maskValue(v []byte) []byte {
	switch {
	case bytes.IndexByte(v, '[') > 0 && bytes.IndexByte(v, ']') > 0:
		return []byte("NAME[ADDRESS]")
	case bytes.ContainsAny(v, "<>@"):
		return []byte("<>")
	case isQueueIDLike(v):
		return []byte("QID")
	case bytes.ContainsAny(v, "0123456789"):
		return []byte("N")
	case bytes.IndexByte(v, '.') >= 0:
		return []byte("NAME")
	}
	return bytes.Clone(v)
}

// isQueueIDLike tells a word of queue ID letters with a digit; a shorter one is a number or an ordinary word.
func isQueueIDLike(v []byte) bool {
	for _, c := range v {
		if !isDigit(c) && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return len(v) >= 6 && len(v) <= maxQueueID && bytes.ContainsAny(v, "0123456789")
}
