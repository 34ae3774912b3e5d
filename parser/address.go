package parser

import "bytes"

// delivery reads a delivery record. Recipients and replies are chosen by strangers and may hold what looks like the rest of a record, so it is read
// from left to right: addresses by their quotes (3.5), then Postfix's own fields, then the reply, of which nothing is taken for a field.
// Before 3.5 addresses have no quotes. Then a recipient can hold a whole record; such a line is marked as ambiguous.
func (e *event) delivery(b *batch, q1, q2 int, buf []byte, cursor int) {
	var f deliveryFields
	var ok bool
	begin := cursor
	if f.to, cursor, ok = cutAddress(buf, cursor); !ok {
		return
	}
	if bytes.HasPrefix(buf[cursor:], []byte(origToField)) {
		if f.origTo, cursor, ok = cutAddress(buf, cursor+len(origToField)); !ok {
			return
		}
	}
	complete, ok := lexDelivery(&f, buf, cursor)
	if !ok || int(f.relay.len) > maxPeer || f.waited.len > maxWord || f.policy.len > maxWord {
		return
	}
	f.ambiguous = holdsRecord(buf, begin, cursor, complete)
	if !e.setQueueID(q1, q2) {
		return
	}
	e.kind, e.aux = eventDelivery, uint32(len(b.deliveries))
	b.deliveries = append(b.deliveries, f)
}

// What Postfix writes behind the ">" of an address.
const (
	relayField  = ", relay="
	origToField = ", orig_to=<"
)

// cutAddress returns the address that begins at from and the position behind its ">". A quoted local part is passed as a whole. The address ends at the
// first ">" that Postfix's next field follows.
func cutAddress(buf []byte, from int) (address span, next int, ok bool) {
	for i := skipQuoted(buf, from); !isEnd(buf[i]); i++ {
		if buf[i] == '>' && (bytes.HasPrefix(buf[i+1:], []byte(relayField)) || bytes.HasPrefix(buf[i+1:], []byte(origToField))) {
			return spanOf(from, i), i + 1, true
		}
	}
	return span{}, 0, false
}

func isEnd(c byte) bool { return c == '\r' || c == '\n' }

// skipQuoted returns the position behind a quoted local part: from if there is none, the end of the line if its end is missing.
func skipQuoted(buf []byte, from int) int {
	if buf[from] != '"' {
		return from
	}
	i := from + 1
	for ; !isEnd(buf[i]); i++ {
		switch {
		case buf[i] == '"':
			return i + 1
		case buf[i] == '\\' && !isEnd(buf[i+1]):
			i++
		}
	}
	return i
}

// holdsRecord tells whether the line, from the addresses on, holds another complete record than the one at the position at. complete tells whether that one is: if
// not, any other makes the line ambiguous.
func holdsRecord(buf []byte, from, at int, complete bool) bool {
	line := buf[from : from+bytes.IndexByte(buf[from:], '\n')+1]
	for i := 0; ; i++ {
		n := bytes.Index(line[i:], []byte(">"+relayField))
		if n < 0 {
			return false
		}
		i += n
		if from+i+1 == at {
			continue
		}
		var other deliveryFields
		if full, ok := lexDelivery(&other, buf, from+i+1); ok && (full || !complete) {
			return true
		}
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
	for ; !isEnd(buf[i]); i++ {
		switch c := buf[i]; {
		case c == '\\' && !isEnd(buf[i+1]):
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
