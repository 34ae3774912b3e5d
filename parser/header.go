package parser

import "bytes"

// A span is a part of the batch's buffer.
type span struct{ off, len uint32 }

func spanOf(from, to int) span { return span{uint32(from), uint32(to - from)} }

// A header is what stands before the text of a log line.
type header struct {
	at   stamp
	host span
	tag  span // "postfix/submission/smtpd"
	pid  uint32
	prog program
	text int // where the text begins
}

// cutHeader reads the header of the line buf[from:to]. It reports false when there is none that we know, which
// makes the line foreign. By hand, because it is needed for every line and regular expressions gain nothing here.
func (lx *lexer) cutHeader(buf []byte, from, to int) (h header, ok bool) {
	at, i, rfc5424, ok := lx.cutTime(buf, from, to)
	if !ok || i >= to || buf[i] != ' ' {
		return h, false
	}
	h.at = at
	i++
	j := lx.cutHost(buf, i, to)
	if j == to || j == i || j-i > maxName {
		return h, false
	}
	h.host = spanOf(i, j)
	if rfc5424 {
		ok = h.cutTag5424(buf, j+1, to)
	} else {
		ok = h.cutTag(buf, j+1, to)
	}
	return h, ok
}

// cutHost returns the end of the host. Neighbouring lines share it.
func (lx *lexer) cutHost(buf []byte, from, to int) int {
	if n := len(lx.host); n > 0 && bytes.HasPrefix(buf[from:to], lx.host) {
		return from + n - 1
	}
	end := indexBlank(buf, from, to)
	if end < to {
		lx.host = append(lx.host[:0], buf[from:end+1]...)
	}
	return end
}

// cutTime finds the time, behind a container's prefix ("postfix-1  | ") and a priority ("<22>") if there are any,
// and tells whether the rest has the fields of RFC 5424.
func (lx *lexer) cutTime(buf []byte, from, to int) (at stamp, next int, rfc5424, ok bool) {
	line := buf[from:to]
	if at, n := lx.cutStamp(line); n > 0 {
		return at, from + n, false, true
	}
	n := cutContainer(line)
	n += cutPriority(line[n:])
	if len(line) > n+2 && line[n] == '1' && line[n+1] == ' ' {
		rfc5424 = true
		n += 2
	}
	at, m := lx.cutStamp(line[n:])
	return at, from + n + m, rfc5424, m > 0
}

// cutContainer returns the length of the prefix that docker compose puts before each line, or 0.
func cutContainer(line []byte) int {
	const longest = 128 // a prefix is a container's name and padding
	bar := bytes.IndexByte(line[:min(len(line), longest)], '|')
	if bar < 2 || bar+1 >= len(line) || line[bar-1] != ' ' || line[bar+1] != ' ' {
		return 0
	}
	name := bytes.TrimRight(line[:bar], " ")
	if len(name) == 0 || bytes.IndexByte(name, ' ') >= 0 {
		return 0
	}
	return bar + 2
}

// cutPriority returns the length of "<22>", or 0.
func cutPriority(line []byte) int {
	end := bytes.IndexByte(line[:min(len(line), 5)], '>')
	if end < 2 || line[0] != '<' {
		return 0
	}
	for _, c := range line[1:end] {
		if !isDigit(c) {
			return 0
		}
	}
	return end + 1
}

// maxName bounds a host or tag; a host name has no more (RFC 1035).
const maxName = 255

func indexBlank(buf []byte, from, to int) int {
	for ; from < to; from++ {
		if buf[from] == ' ' {
			return from
		}
	}
	return to
}

// postfixTag begins nearly all tags.
const postfixTag = "postfix/"

// cutTag reads "postfix/smtpd[411]: " and Solaris' "[ID 197553 mail.info] " behind it.
func (h *header) cutTag(buf []byte, from, to int) bool {
	i, slash := from, from
	if to-from > len(postfixTag) && string(buf[from:from+len(postfixTag)]) == postfixTag {
		i, slash = from+len(postfixTag), from+len(postfixTag)
	}
	for ; i < to; i++ {
		switch buf[i] {
		case '/':
			slash = i + 1
			continue
		case ' ':
			return false
		case '[', ':':
		default:
			continue
		}
		break
	}
	if i == to || !h.setTag(buf, from, slash, i) {
		return false
	}
	if buf[i] == '[' {
		for i++; i < to && isDigit(buf[i]); i++ {
			h.pid = h.pid*10 + uint32(buf[i]-'0')
		}
		if i == to || buf[i] != ']' {
			return false
		}
		i++
	}
	if i+1 >= to || buf[i] != ':' || buf[i+1] != ' ' {
		return false
	}
	h.text = i + 2
	if text := buf[h.text:to]; len(text) > 4 && string(text[:4]) == "[ID " {
		if end := bytes.Index(text, []byte("] ")); end > 0 {
			h.text += end + 2
		}
	}
	return true
}

// setTag keeps the tag and finds the program: the part after the last slash. A tag without slash is Postfix's only
// if it is that of the postfix(1) command.
func (h *header) setTag(buf []byte, from, slash, to int) bool {
	if to-from > maxName {
		return false
	}
	h.tag = spanOf(from, to)
	if slash > from {
		h.prog = lookupProgram(buf[slash:to])
	}
	if h.prog == progForeign && bytes.HasPrefix(buf[from:to], []byte("postfix")) && (slash > from || to-from == len("postfix")) {
		h.prog = progOther
	}
	return h.prog != progForeign
}

// cutTag5424 reads APP-NAME PROCID MSGID STRUCTURED-DATA and an optional byte order mark (RFC 5424 section 6).
func (h *header) cutTag5424(buf []byte, from, to int) bool {
	app := indexBlank(buf, from, to)
	slash := from + bytes.LastIndexByte(buf[from:app], '/') + 1
	if !h.setTag(buf, from, slash, app) || app == to {
		return false
	}
	proc := indexBlank(buf, app+1, to)
	for _, c := range buf[app+1 : proc] {
		if !isDigit(c) {
			break
		}
		h.pid = h.pid*10 + uint32(c-'0')
	}
	msgid := indexBlank(buf, min(proc+1, to), to)
	i := skipStructuredData(buf, min(msgid+1, to), to)
	if i >= to || buf[i] != ' ' {
		return false
	}
	h.text = i + 1
	if bytes.HasPrefix(buf[h.text:to], []byte("\xef\xbb\xbf")) {
		h.text += 3
	}
	return true
}

// skipStructuredData passes "-" or "[id name=\"value\"]...", in whose values ] and " are escaped.
func skipStructuredData(buf []byte, i, to int) int {
	if i < to && buf[i] == '-' {
		return i + 1
	}
	for i < to && buf[i] == '[' {
		quoted := false
		for i++; i < to && (quoted || buf[i] != ']'); i++ {
			switch buf[i] {
			case '"':
				quoted = !quoted
			case '\\':
				i++
			}
		}
		i++
	}
	return i
}
