package follow

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// A journalCursor is a place in the journal. Its text is for journalctl; the parts say which entry it means.
type journalCursor struct {
	text string

	// The rest is empty if the text is not as expected. It is compared only, but for seq, which numbers the entries of
	// the files that share the ID file.
	file                              string
	seq                               uint64
	boot, monotonic, realtime, digest string
}

// parseCursor takes a cursor apart: "s=...;i=...;b=...;m=...;t=...;x=...". No promise of systemd says what is in it, but
// that has not changed since there are cursors; if it does, cursors are the same if their text is.
func parseCursor(text string) journalCursor {
	c := journalCursor{text: text}
	for part := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "s":
			c.file = value
		case "i":
			c.seq, _ = strconv.ParseUint(value, 16, 64) // 0 is before all others
		case "b":
			c.boot = value
		case "m":
			c.monotonic = value
		case "t":
			c.realtime = value
		case "x":
			c.digest = value
		}
	}
	return c
}

// same reports whether both are the same entry. It gets another number when journald copies it to another file, from /run
// to /var at boot.
func (c journalCursor) same(d journalCursor) bool {
	if c.boot == "" || c.monotonic == "" || c.realtime == "" || c.digest == "" {
		return c.text == d.text
	}
	return c.boot == d.boot && c.monotonic == d.monotonic && c.realtime == d.realtime && c.digest == d.digest
}

// sameFile reports whether the numbers of both can be compared.
func (c journalCursor) sameFile(d journalCursor) bool { return c.file != "" && c.file == d.file }

// isPast reports whether c is known to be the entry d or one before it.
func (c journalCursor) isPast(d journalCursor) bool {
	return c.same(d) || c.sameFile(d) && c.seq <= d.seq
}

// lastMicrosecond is the end of the year 9999; a header has no room for more.
const lastMicrosecond = 253402300799999999

// time returns when the message was sent, or the time of its arrival where journald does not know.
func (e *journalEntry) time() (at time.Time, ok bool) {
	for _, i := range []int{fieldSourceRealtime, fieldRealtime} {
		us, err := strconv.ParseInt(string(e.values[i]), 10, 64)
		if err == nil && us > 0 && us <= lastMicrosecond {
			return time.UnixMicro(us).UTC(), true
		}
	}
	return time.Time{}, false
}

// appendLine appends the entry as a line of a log:
//
//	2026-11-22T04:10:00.123456+00:00 mx postfix/smtpd[411]: connect from ...
//
// The line has at most maxLine bytes, without its end. It reports false if there is no line in the entry.
func (e *journalEntry) appendLine(dst []byte, maxLine int) (_ []byte, at time.Time, cut, ok bool) {
	at, ok = e.time()
	if !ok || len(e.values[fieldMessage]) == 0 {
		return dst, at, false, false
	}
	from := len(dst)
	dst = at.AppendFormat(dst, "2006-01-02T15:04:05.000000")
	dst = append(dst, "+00:00 "...)
	dst = appendWord(dst, e.first("localhost", fieldHost))
	dst = append(dst, ' ')
	dst = appendWord(dst, e.first("unknown", fieldIdentifier, fieldCommand))
	if pid := e.first("", fieldSyslogPID, fieldPID); isNumber(pid) {
		dst = append(dst, '[')
		dst = append(dst, pid...)
		dst = append(dst, ']')
	}
	dst = append(dst, ": "...)
	message := e.values[fieldMessage]
	cut = e.cut
	if room := maxLine - (len(dst) - from); len(message) > room {
		message, cut = message[:max(room, 0)], true
	}
	dst = appendClean(dst, message)
	dst = dst[:min(len(dst), from+maxLine)]
	return append(dst, '\n'), at, cut, true
}

// first returns the value of the first field that has one.
func (e *journalEntry) first(otherwise string, fields ...int) []byte {
	for _, i := range fields {
		if len(e.values[i]) > 0 {
			return e.values[i]
		}
	}
	return []byte(otherwise)
}

// isNumber reports whether b is one that fits a process ID.
func isNumber(b []byte) bool {
	return len(b) > 0 && len(b) <= 10 && len(bytes.Trim(b, "0123456789")) == 0
}
