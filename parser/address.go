package parser

import "bytes"

// delivery reads a delivery record. Recipients and replies are chosen by strangers and may hold what looks like the rest of a record, so it is read
// from left to right: addresses by their quotes (3.5), then Postfix's own fields, then the reply, of which nothing is taken for a field.
// Before 3.5 addresses have no quotes. Then a recipient can hold a whole record; such a line is marked as ambiguous.
func (e *event) delivery(b *batch, q1, q2 int, buf []byte, cursor int) {
	var f deliveryFields
	var ok bool
	if f.to, cursor, ok = cutAddress(buf, cursor); !ok {
		return
	}
	const origTo = ", orig_to=<"
	if bytes.HasPrefix(buf[cursor:], []byte(origTo)) {
		if f.origTo, cursor, ok = cutAddress(buf, cursor+len(origTo)); !ok {
			return
		}
	}
	complete, ok := lexDelivery(&f, buf, cursor)
	if !ok {
		return
	}
	f.ambiguous = holdsRecord(buf, cursor+len(relayField), complete)
	if !e.setQueueID(q1, q2) {
		return
	}
	e.kind, e.aux = eventDelivery, uint32(len(b.deliveries))
	b.deliveries = append(b.deliveries, f)
}

const relayField = ", relay="

// cutAddress returns the address that begins at from and the position behind its ">". A quoted local part is passed as a whole. The address ends at the
// first ">" that Postfix's next field follows.
func cutAddress(buf []byte, from int) (address span, next int, ok bool) {
	i := skipQuoted(buf, from)
	for ; buf[i] != '\r' && buf[i] != '\n'; i++ {
		if buf[i] == '>' && (bytes.HasPrefix(buf[i+1:], []byte(relayField)) || bytes.HasPrefix(buf[i+1:], []byte(", orig_to=<"))) {
			return spanOf(from, i), i + 1, true
		}
	}
	return span{}, 0, false
}

// skipQuoted returns the position behind a quoted local part, or from if there is none, or if its end is missing.
func skipQuoted(buf []byte, from int) int {
	if buf[from] != '"' {
		return from
	}
	for i := from + 1; buf[i] != '\r' && buf[i] != '\n'; i++ {
		switch buf[i] {
		case '"':
			return i + 1
		case '\\':
			if i++; buf[i] == '\r' || buf[i] == '\n' {
				return from
			}
		}
	}
	return from
}

// holdsRecord tells whether another complete record can be read further to the right in the line. complete tells whether the first one is: if not,
// any other makes the line ambiguous.
func holdsRecord(buf []byte, from int, complete bool) bool {
	line := buf[from:]
	line = line[:bytes.IndexByte(line, '\n')+1]
	for at := from; ; {
		i := bytes.Index(line, []byte(">"+relayField))
		if i < 0 {
			return false
		}
		var other deliveryFields
		if full, ok := lexDelivery(&other, buf, at+i+1); ok && (full || !complete) {
			return true
		}
		at += i + 1
		line = line[i+1:]
	}
}

// uses reads conn_use=; a connection without it is used for the first time.
func uses(buf []byte, from, to int) uint32 {
	if from < 0 {
		return 1
	}
	return uint32(min(number(buf, from, to), 1<<32-1))
}

// skipSender returns the position behind sasl_sender=, which any client may write (MAIL FROM's AUTH parameter, logged since 3.0): blanks can stand within
// its quotes and brackets, and the first one outside of them ends it.
func skipSender(buf []byte, from int) int {
	const field = ", sasl_sender="
	if !bytes.HasPrefix(buf[from:], []byte(field)) {
		return from
	}
	quoted, bracketed := false, false
	i := from + len(field)
	for ; buf[i] != '\r' && buf[i] != '\n'; i++ {
		switch c := buf[i]; {
		case c == '\\' && buf[i+1] != '\r' && buf[i+1] != '\n':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			bracketed = true
		case c == '>':
			bracketed = false
		case c == ' ' && !bracketed:
			return i - 1 // where Postfix's comma stands
		}
	}
	return i
}
