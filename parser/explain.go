package parser

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Result is what became of a line, in the words of Lines.
type Result string

// What can become of a line.
const (
	ResultUsed         Result = "used"
	ResultIgnored      Result = "ignored"
	ResultUnrecognized Result = "unrecognized"
	ResultForeign      Result = "foreign"
)

// An Explanation tells which rule took a line, or why none did.
type Explanation struct {
	Result Result
	Rule   string // "smtpd/connect", as in grammar.re; empty unless a rule took the line
	Reason string // why no rule did
}

// Explain reads r to its end and tells of each line what the grammar makes of it. line is without its end and valid until fn
// returns; fn's error ends the reading and is returned.
func Explain(r io.Reader, fn func(line []byte, e Explanation) error) error {
	blocks := blockReader{r: r}
	var b batch
	var line []byte
	for {
		buf, readErr := blocks.next(b.buf)
		b.buf = buf
		for from := 0; from < len(b.buf); {
			to := from + bytes.IndexByte(b.buf[from:], '\n')
			line = append(line[:0], bytes.TrimSuffix(b.buf[from:to], []byte("\r"))...) // unpacking a repeated message changes the buffer
			if err := fn(line, b.explain(from, to)); err != nil {
				return err
			}
			from = to + 1
		}
		if errors.Is(readErr, io.EOF) {
			return nil
		}
		if readErr != nil {
			return readErr
		}
	}
}

func (b *batch) explain(from, to int) Explanation {
	b.reset()
	b.line(from, to)
	switch {
	case b.lines.Cut > 0:
		return Explanation{Result: ResultForeign, Reason: fmt.Sprintf("longer than %d bytes", MaxLine)}
	case b.lines.Foreign > 0:
		return Explanation{Result: ResultForeign, Reason: b.whyForeign(from, to)}
	case b.lines.Used > 0:
		return Explanation{Result: ResultUsed, Rule: b.events[0].prog.String() + "/" + b.events[0].kind.String()}
	case b.lines.Unrecognized > 0:
		e := &b.events[0]
		return Explanation{Result: ResultUnrecognized, Reason: e.prog.String() + " wrote a form that is not known: " + shape(b.bytes(e.value))}
	default:
		return Explanation{Result: ResultIgnored, Reason: "nothing in it is needed"}
	}
}

// whyForeign tells a line without header from that of another program.
func (b *batch) whyForeign(from, to int) string {
	if _, _, _, ok := b.lx.cutTime(b.buf, from, to); !ok {
		return "does not begin with a time"
	}
	return "not written by a Postfix program"
}
