package parser

import "bytes"

// A batch is a block of whole lines and what the grammar found in them. Batches are filled independently of one another,
// so several can be read at once; the state machine takes them in order.
type batch struct {
	buf      []byte // whole lines, each ended by '\n'
	events   []event
	commands []Commands
	tls      []tlsFields
	lines    Lines
	first    stamp // of the first and last Postfix line
	last     stamp
	lx       lexer
}

// A lexer remembers what neighbouring lines share.
type lexer struct {
	hour      [13]byte // "2026-11-22T04"
	hourStart int64    // Unix time of that hour in UTC
}

// maxRepeat bounds "message repeated N times": syslogd itself stops to wait long before, and a forged number must not
// keep us busy.
const maxRepeat = 10_000

func (b *batch) bytes(s span) []byte { return b.buf[s.off : s.off+s.len] }

// reset makes the batch ready for other lines; its memory is kept.
func (b *batch) reset() {
	b.events, b.commands, b.tls = b.events[:0], b.commands[:0], b.tls[:0]
	b.lines, b.first, b.last = Lines{}, stamp{}, stamp{}
}

// lex finds the events in b.buf.
func (b *batch) lex() {
	b.reset()
	for from := 0; from < len(b.buf); {
		to := from + bytes.IndexByte(b.buf[from:], '\n')
		b.line(from, to)
		from = to + 1
	}
}

// line reads the line b.buf[from:to].
func (b *batch) line(from, to int) {
	b.lines.Total++
	if to-from > MaxLine {
		b.lines.Foreign++
		b.lines.Cut++
		return
	}
	if to > from && b.buf[to-1] == '\r' {
		to--
	}
	h, ok := b.lx.cutHeader(b.buf, from, to)
	if !ok {
		b.lines.Foreign++
		return
	}
	b.lines.Postfix++
	if b.first.form == stampNone {
		b.first = h.at
	}
	b.last = h.at
	b.text(&h, to)
}

// text lets the program's rules read the text.
func (b *batch) text(h *header, to int) {
	if h.prog == progOther {
		b.lines.Ignored++
		return
	}
	repeat, text := b.cutRepeated(h.text, to)
	b.events = append(b.events, event{prog: h.prog, repeat: repeat, pid: h.pid, at: h.at, host: h.host, tag: h.tag})
	e := &b.events[len(b.events)-1]
	b.lexText(e, text)
	switch e.kind {
	case eventNone:
		b.events = b.events[:len(b.events)-1]
		b.lines.Ignored++
	case eventUnrecognized:
		b.lines.Unrecognized++
		e.value = spanOf(text, to)
	default:
		b.lines.Used++
	}
}

func (b *batch) lexText(e *event, text int) {
	switch e.prog {
	case progSMTPD:
		lexSmtpd(b, e, b.buf, text)
	case progCleanup:
		lexCleanup(e, b.buf, text)
	case progQmgr:
		lexQmgr(e, b.buf, text)
	case progPickup:
		lexPickup(e, b.buf, text)
	case progBounce:
		lexBounce(e, b.buf, text)
	case progMaster:
		lexMaster(e, b.buf, text)
	case progPostsuper:
		lexPostsuper(e, b.buf, text)
	default: // nothing is needed yet of what the other programs say
	}
}

// cutRepeated unpacks rsyslog's "message repeated N times: [ TEXT]": the bracket at the end becomes the end of the line.
func (b *batch) cutRepeated(text, to int) (repeat uint16, inner int) {
	const intro, middle = "message repeated ", " times: [ "
	line := b.buf[text:to]
	if len(line) < len(intro) || string(line[:len(intro)]) != intro || line[len(line)-1] != ']' {
		return 1, text
	}
	digits := len(intro)
	for digits < len(line) && isDigit(line[digits]) {
		digits++
	}
	n := number(line, len(intro), digits)
	if n == 0 || n > maxRepeat || !bytes.HasPrefix(line[digits:], []byte(middle)) {
		return 1, text
	}
	b.buf[to-1] = '\n'
	return uint16(n), text + digits + len(middle)
}
