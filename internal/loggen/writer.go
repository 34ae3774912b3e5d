package loggen

import (
	"bufio"
	"io"
	"time"
)

// lineWriter puts the syslog header before each text.
type lineWriter struct {
	w           *bufio.Writer
	start       time.Time
	host        string
	traditional bool

	second  int64  // the Unix time that prefix and zone are good for
	prefix  []byte // header up to the whole second
	zone    []byte // "+00:00", RFC 3339 only
	scratch []byte

	lines, bytes int64
	first, last  time.Duration
	err          error
}

func newLineWriter(w io.Writer, o Options) *lineWriter {
	return &lineWriter{
		w:           bufio.NewWriterSize(w, 1<<16),
		start:       o.Start.Truncate(time.Microsecond),
		host:        o.Host,
		traditional: o.Traditional,
		second:      -1 << 63,
	}
}

// write writes one line; tag ends in ": ". After an error it does nothing.
func (o *lineWriter) write(at time.Duration, tag string, text []byte) {
	if o.err != nil {
		return
	}
	b := o.appendStamp(o.scratch[:0], at)
	b = append(b, ' ')
	b = append(b, o.host...)
	b = append(b, ' ')
	b = append(b, tag...)
	b = append(b, text...)
	b = append(b, '\n')
	o.scratch = b
	if _, err := o.w.Write(b); err != nil {
		o.err = err
		return
	}
	if o.lines == 0 {
		o.first = at
	}
	o.last = at
	o.lines++
	o.bytes += int64(len(b))
}

func (o *lineWriter) appendStamp(b []byte, at time.Duration) []byte {
	micros := o.start.UnixMicro() + at.Microseconds()
	if second := micros / 1e6; second != o.second {
		o.enter(second)
	}
	b = append(b, o.prefix...)
	if o.traditional {
		return b
	}
	b = append(b, '.')
	for unit, rest := int64(1e5), micros%1e6; unit > 0; unit /= 10 {
		b = append(b, byte('0'+rest/unit%10))
	}
	return append(b, o.zone...)
}

// enter formats what is the same for all lines of a second.
func (o *lineWriter) enter(second int64) {
	t := time.Unix(second, 0).In(o.start.Location())
	o.second = second
	if o.traditional {
		o.prefix = t.AppendFormat(o.prefix[:0], time.Stamp)
		return
	}
	o.prefix = t.AppendFormat(o.prefix[:0], "2006-01-02T15:04:05")
	o.zone = t.AppendFormat(o.zone[:0], "-07:00")
}

// stamp is the time that the header of a line shows.
func (o *lineWriter) stamp(at time.Duration) time.Time {
	t := o.start.Add(at)
	if o.traditional {
		return t.Truncate(time.Second)
	}
	return t.Truncate(time.Microsecond)
}

func (o *lineWriter) flush() error {
	if o.err != nil {
		return o.err
	}
	return o.w.Flush()
}
