package follow

import (
	"bytes"
	"time"
)

// appendSyslogLine appends a message as a line that has a time and a host, which the sender may have left to us, and no
// control character. The host is where it came from. The line has at most maxLine bytes, without its end.
func appendSyslogLine(dst, message []byte, host string, now time.Time, maxLine int) (_ []byte, cut bool) {
	message = bytes.TrimRight(message, "\r\n\x00")
	if len(message) == 0 {
		return dst, false
	}
	from := len(dst)
	n := syslogPriority(message)
	dst = appendClean(dst, message[:n])
	rest := message[n:]
	if bytes.HasPrefix(rest, []byte("1 ")) {
		dst, rest = appendHeader5424(dst, rest, host, now)
	} else {
		dst, rest = appendHeader3164(dst, rest, host, now)
	}
	if room := maxLine - (len(dst) - from); len(rest) > room {
		rest, cut = rest[:max(room, 0)], true
	}
	dst = appendClean(dst, rest)
	if len(dst)-from > maxLine {
		dst, cut = dst[:from+maxLine], true
	}
	return append(dst, '\n'), cut
}

// appendHeader3164 appends the time and, if none follows, a host. What a program writes to /dev/log has no host, and what
// follows the time is then the tag, which ends with a colon.
func appendHeader3164(dst, rest []byte, host string, now time.Time) (_, after []byte) {
	n := syslogTime(rest)
	if n > 0 {
		dst = appendClean(dst, rest[:n])
		rest = bytes.TrimPrefix(rest[n:], []byte(" "))
	} else {
		dst = appendNow(dst, now)
	}
	dst = append(dst, ' ')
	if word, _, _ := bytes.Cut(rest, []byte(" ")); bytes.HasSuffix(word, []byte(":")) {
		dst = append(append(dst, host...), ' ')
	}
	return dst, rest
}

// appendHeader5424 appends the version, the time and the host. Either is "-" where the sender does not know it.
func appendHeader5424(dst, rest []byte, host string, now time.Time) (_, after []byte) {
	const version = "1 "
	dst = append(dst, version...)
	rest = rest[len(version):]
	if after, none := bytes.CutPrefix(rest, []byte("- ")); none {
		dst, rest = appendNow(dst, now), after
	} else {
		at, after, _ := bytes.Cut(rest, []byte(" "))
		dst, rest = appendClean(dst, at), after
	}
	dst = append(dst, ' ')
	if after, none := bytes.CutPrefix(rest, []byte("- ")); none {
		dst = append(append(dst, host...), ' ')
		rest = after
	}
	return dst, rest
}

func appendNow(dst []byte, now time.Time) []byte {
	dst = now.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000000")
	return append(dst, "+00:00"...)
}

// syslogPriority returns the length of "<22>", or 0.
func syslogPriority(b []byte) int {
	end := bytes.IndexByte(b[:min(len(b), 5)], '>')
	if end < 2 || b[0] != '<' || len(bytes.Trim(b[1:end], "0123456789")) > 0 {
		return 0
	}
	return end + 1
}

// syslogTime returns the length of the time at the beginning of b, or 0: "Nov 22 04:10:00", or one that begins with a year.
func syslogTime(b []byte) int {
	const traditional = "Nov 22 04:10:00"
	end := len(traditional)
	if matches(b, "Aaa ?9 99:99:99") {
		for end < len(b) && b[end] != ' ' { // a fraction, maybe
			end++
		}
		return end
	}
	if !matches(b, "9999-99-99T99:99:99") {
		return 0
	}
	for end < len(b) && b[end] != ' ' {
		end++
	}
	return end
}

// matches reports whether b begins as the pattern does, in which 9 is a digit, A and a a letter and ? anything.
func matches(b []byte, pattern string) bool {
	if len(b) < len(pattern) {
		return false
	}
	for i := range len(pattern) {
		var ok bool
		switch c, p := b[i], pattern[i]; p {
		case '9':
			ok = c >= '0' && c <= '9'
		case 'A', 'a':
			ok = c|0x20 >= 'a' && c|0x20 <= 'z'
		case '?':
			ok = true
		default:
			ok = c == p
		}
		if !ok {
			return false
		}
	}
	return true
}
