package follow

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// The fields of a journal entry that are read.
const (
	fieldCursor = iota
	fieldRealtime
	fieldSourceRealtime
	fieldHost
	fieldIdentifier
	fieldCommand
	fieldSyslogPID
	fieldPID
	fieldMessage
	fieldCount
)

var exportFields = [fieldCount]string{
	fieldCursor:         "__CURSOR",
	fieldRealtime:       "__REALTIME_TIMESTAMP",
	fieldSourceRealtime: "_SOURCE_REALTIME_TIMESTAMP",
	fieldHost:           "_HOSTNAME",
	fieldIdentifier:     "SYSLOG_IDENTIFIER",
	fieldCommand:        "_COMM",
	fieldSyslogPID:      "SYSLOG_PID",
	fieldPID:            "_PID",
	fieldMessage:        "MESSAGE",
}

const (
	// maxExportName is the longest name of a field that journald takes.
	maxExportName = 64

	// maxExportValue is what is kept of a field other than the message. Cursors have some 150 bytes.
	maxExportValue = 512

	// maxExportSkip is the size of a field that cannot be: journald takes 768 MiB at most.
	maxExportSkip = 1 << 30

	exportBuffer = 64 << 10
)

// errExport says that the output is not, or no longer, in the export format.
var errExport = errors.New("not in the journal's export format")

// A journalEntry is what is kept of one entry of the journal.
type journalEntry struct {
	values [fieldCount][]byte
	has    [fieldCount]bool
	size   int64 // bytes in the export format
	cut    bool  // not all of the message was kept
}

func (e *journalEntry) reset() {
	for i := range e.values {
		e.values[i] = e.values[i][:0]
	}
	e.has, e.size, e.cut = [fieldCount]bool{}, 0, false
}

// An exportReader reads the export format of the journal: entries that end with an empty line, of fields that are text
// ("NAME=value\n") or binary ("NAME\n", the size in 64 bits, the value, "\n"). It keeps no more than a message and a buffer
// in memory, whatever the size of the fields.
type exportReader struct {
	r          *bufio.Reader
	maxMessage int
}

func newExportReader(r io.Reader, maxMessage int) *exportReader {
	return &exportReader{r: bufio.NewReaderSize(r, exportBuffer), maxMessage: maxMessage}
}

// next reads the next entry that is complete. At the end the error is [io.EOF], also within an entry.
func (x *exportReader) next(e *journalEntry) error {
	e.reset()
	for {
		line, err := x.r.ReadSlice('\n')
		e.size += int64(len(line))
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if len(line) == 1 { // all that is shorter than the buffer has its end
			if e.has == [fieldCount]bool{} {
				continue
			}
			return nil
		}
		if err := x.field(e, line, err == nil); err != nil {
			return err
		}
	}
}

// field reads the rest of the field of which line is the beginning, or all of it if it is whole.
func (x *exportReader) field(e *journalEntry, line []byte, whole bool) error {
	name, value, text := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte("="))
	switch {
	case text:
		i := x.keep(e, name)
		x.append(e, i, value)
		if whole {
			return nil
		}
		return x.longText(e, i)
	case isExportName(name):
		return x.binary(e, x.keep(e, name))
	case whole:
		// Old versions of journalctl write "-- Logs begin at ..." in front, in any format.
		e.size -= int64(len(line))
		return nil
	}
	return errExport
}

// keep returns which field is called name, or -1 if its value is of no interest. A name that comes again is not.
func (x *exportReader) keep(e *journalEntry, name []byte) int {
	for i, n := range exportFields {
		if string(name) == n && !e.has[i] {
			e.has[i] = true
			return i
		}
	}
	return -1
}

// append adds value to field i, as far as there is room.
func (x *exportReader) append(e *journalEntry, i int, value []byte) {
	if i < 0 {
		return
	}
	room := x.room(e, i)
	if room < len(value) {
		value = value[:room]
		e.cut = e.cut || i == fieldMessage
	}
	e.values[i] = append(e.values[i], value...)
}

func (x *exportReader) room(e *journalEntry, i int) int {
	if i == fieldMessage {
		return x.maxMessage - len(e.values[i])
	}
	return maxExportValue - len(e.values[i])
}

// longText reads what is left of a text that is longer than the buffer.
func (x *exportReader) longText(e *journalEntry, i int) error {
	for {
		part, err := x.r.ReadSlice('\n')
		e.size += int64(len(part))
		x.append(e, i, bytes.TrimSuffix(part, []byte("\n")))
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

func (x *exportReader) binary(e *journalEntry, i int) error {
	var head [8]byte
	if _, err := io.ReadFull(x.r, head[:]); err != nil {
		return endOf(err)
	}
	left := binary.LittleEndian.Uint64(head[:])
	if left > maxExportSkip {
		return errExport
	}
	e.size += int64(len(head)) + int64(left) + 1
	for left > 0 {
		part, err := x.r.Peek(int(min(left, exportBuffer)))
		if err != nil {
			return err
		}
		x.append(e, i, part)
		n, _ := x.r.Discard(len(part)) // which is in the buffer
		left -= uint64(n)
	}
	end, err := x.r.ReadByte()
	if err == nil && end != '\n' {
		return errExport
	}
	return err
}

// endOf makes no difference between an end and an unexpected one.
func endOf(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return err
}

// isExportName reports whether journald would take name for a field: "A to Z", "0 to 9" and "_".
func isExportName(name []byte) bool {
	for _, c := range name {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return len(name) > 0 && len(name) <= maxExportName
}
