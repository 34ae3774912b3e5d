package hive

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// missing is what Hive calls a value that there is none of.
const missing = "__HIVE_DEFAULT_PARTITION__"

// maxName bounds a folder's name: file systems take 255 bytes.
const maxName = 200

// escape makes the name of a folder of a host name. What is not usual in one is percent-encoded, and readers undo that. Whoever writes to the log chooses it, so
// it may be too long: then only its begin, and a hash of all of it, is left.
func escape(value string) string {
	if value == "" {
		return missing
	}
	var b strings.Builder
	for _, c := range []byte(value) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	name := b.String()
	if len(name) <= maxName {
		return name
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(value)) // cannot fail
	name = name[:maxName]
	if i := strings.LastIndexByte(name, '%'); i > maxName-3 { // part of a byte
		name = name[:i]
	}
	return fmt.Sprintf("%s~%016x", name, h.Sum64())
}
