package parser

import (
	"bytes"
	"slices"
)

// A batch is a block of whole lines and what the grammar found in them. Batches are filled independently of one another,
// so several can be read at once; the state machine takes them in order.
type batch struct {
	buf        []byte // whole lines, each ended by '\n'
	events     []event
	commands   []Commands
	tls        []tlsFields
	deliveries []deliveryFields
	tlsrpt     []tlsrptFields
	forwarded  []forwardedFields
	sources    []source
	recent     [programs]uint32 // 1 + index of the source of each program's latest line, 0 before its first
	services   []*service       // of each source; the state machine fills it in
	lines      Lines
	first      stamp // of the first and last Postfix line
	last       stamp
	earliest   stamp // of the Postfix lines, but for those on either side of New Year
	latest     stamp
	lx         lexer
}

// A source is who wrote a line.
type source struct {
	prog      program
	host, tag span
}

// A lexer remembers what neighbouring lines share.
type lexer struct {
	hour      [2]uint64 // "2026-11-22T04", see cutISO
	hourStart int64     // Unix time of that hour in UTC
	host      []byte    // and the blank behind it
}

// maxRepeat bounds "message repeated N times": syslogd itself stops to wait long before, and a forged number must not
// keep us busy.
const maxRepeat = 10_000

func (b *batch) bytes(s span) []byte { return b.buf[s.off : s.off+s.len] }

// reset makes the batch ready for other lines; its memory is kept.
func (b *batch) reset() {
	b.events, b.commands, b.tls = b.events[:0], b.commands[:0], b.tls[:0]
	b.deliveries, b.tlsrpt, b.forwarded = b.deliveries[:0], b.tlsrpt[:0], b.forwarded[:0]
	b.sources, b.services, b.recent = b.sources[:0], b.services[:0], [programs]uint32{}
	b.lines, b.first, b.last, b.earliest, b.latest = Lines{}, stamp{}, stamp{}, stamp{}, stamp{}
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
	b.tick(h.at)
	b.text(&h, to)
}

// tick notes the times that decide about year and zone of others: each line's that is not of the same minute as the line
// before. The first line of a batch is left to the state machine, which knows the line before it.
func (b *batch) tick(at stamp) {
	if b.first.form == stampNone {
		b.first = at
	} else if at.form != stampZoned && at.minute() != b.last.minute() {
		e := b.newEvent()
		e.kind, e.at = eventTick, at
	}
	b.last = at
	if at.before(b.earliest) || b.earliest.form == stampNone {
		b.earliest = at
	}
	if b.latest.before(at) || b.latest.form == stampNone {
		b.latest = at
	}
}

// text lets the program's rules read the text.
func (b *batch) text(h *header, to int) {
	if h.prog == progOther {
		b.lines.Ignored++
		return
	}
	repeat, text := b.cutRepeated(h.text, to)
	e := b.newEvent()
	e.prog, e.repeat, e.pid, e.at, e.source = h.prog, repeat, h.pid, h.at, b.sourceOf(h)
	b.lexText(e, text)
	if int(e.peer.len) > maxPeer {
		e.kind = eventUnrecognized
	}
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
		lexCleanup(b, e, b.buf, text)
	case progQmgr:
		lexQmgr(b, e, b.buf, text)
	case progPickup:
		lexPickup(e, b.buf, text)
	case progBounce:
		lexBounce(e, b.buf, text)
	case progMaster:
		lexMaster(e, b.buf, text)
	case progPostsuper:
		lexPostsuper(e, b.buf, text)
	case progSMTP, progLMTP:
		lexSMTP(b, e, b.buf, text)
	case progLocal, progVirtual, progPipe, progError, progDiscard:
		lexAgent(b, e, b.buf, text)
	case progPostscreen:
		lexPostscreen(e, b.buf, text)
	case progTlsproxy:
		lexTlsproxy(b, e, b.buf, text)
	default: // text knows the others
	}
}

// maxAlike is how many sources are searched for one that was seen before; it may stand in the list twice.
const maxAlike = 16

// sourceOf finds or adds the line's source. Most often it is that of the program's latest line.
func (b *batch) sourceOf(h *header) uint32 {
	is := func(s *source) bool {
		return s.prog == h.prog && string(b.bytes(s.tag)) == string(b.bytes(h.tag)) && string(b.bytes(s.host)) == string(b.bytes(h.host))
	}
	if i := b.recent[h.prog]; i > 0 && is(&b.sources[i-1]) {
		return i - 1
	}
	i := len(b.sources) - 1
	for first := max(0, len(b.sources)-maxAlike); i >= first && !is(&b.sources[i]); {
		i--
	}
	if i < max(0, len(b.sources)-maxAlike) {
		i = len(b.sources)
		b.sources = append(b.sources, source{h.prog, h.host, h.tag})
	}
	b.recent[h.prog] = uint32(i) + 1
	return uint32(i)
}

// newEvent returns a zero event at the end of b.events; append would make it elsewhere and copy it.
func (b *batch) newEvent() *event {
	n := len(b.events)
	if n == cap(b.events) {
		b.events = slices.Grow(b.events, 1)
	}
	b.events = b.events[:n+1]
	b.events[n] = event{}
	return &b.events[n]
}

// maxPeer is the longest NAME[ADDRESS]: a host name of 255 bytes (RFC 1035) and an IPv6 address with an IPv4 one in it.
const maxPeer = 255 + 45 + len("[]")

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
