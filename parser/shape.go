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

// shape masks what differs from line to line, and what is private: only words of letters stay as they are.
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

// maskWord masks a word, or of key=value the value.
func maskWord(word []byte) string {
	body := bytes.TrimRight(word, ":,;")
	end := string(word[len(body):])
	key, value, assigned := bytes.Cut(body, []byte("="))
	if !assigned {
		return maskValue(body, string(body)) + end
	}
	if maskValue(key, "") != "" {
		return "<>" + end
	}
	return string(key) + "=" + maskValue(value, "NAME") + end
}

// maskValue returns the kind of a value, or plain for one of letters.
func maskValue(v []byte, plain string) string {
	switch {
	case bytes.IndexByte(v, '[') > 0 && bytes.IndexByte(v, ']') > 0:
		return "NAME[ADDRESS]"
	case bytes.ContainsAny(v, "<>@\"+"):
		return "<>"
	case bytes.IndexByte(v, ':') >= 0:
		return "ADDRESS"
	case isQueueIDLike(v):
		return "QID"
	case bytes.ContainsAny(v, "0123456789"):
		return "N"
	case bytes.IndexByte(v, '.') >= 0:
		return "NAME"
	}
	return plain
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
