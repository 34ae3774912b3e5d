package hive

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// maxHeld is about how many bytes of rows are held, of all folders together; what is held of one folder makes one file.
const maxHeld = 24 << 20

// Tables are the files of one run. It is a parser.Sink; after the first error it does nothing more, and Commit returns it.
type Tables struct {
	dir      string
	run      string // part of the files' names: no two runs write to the same file
	parts    int
	written  []part
	held     int
	sessions table[session]
	messages table[message]
	err      error
}

// A part is a file that is complete but for its name.
type part struct{ temporary, final string }

// New returns tables in a directory, which is made with the first file.
func New(dir string) *Tables {
	return &Tables{
		dir: dir, run: time.Now().UTC().Format("20060102T150405") + "-" + strings.ToLower(rand.Text()[:8]),
		sessions: table[session]{"sessions", map[partition]*held[session]{}}, messages: table[message]{"messages", map[partition]*held[message]{}},
	}
}

// A partition is a folder of a table.
type partition struct{ date, host string }

func (p partition) path(table string) string {
	return filepath.Join(table, "date="+p.date, "host="+escape(p.host))
}

func newPartition(at time.Time, host string) partition {
	return partition{at.UTC().Format(time.DateOnly), host}
}

type table[R any] struct {
	name string
	of   map[partition]*held[R]
}

// held are the rows of a partition that are not yet written.
type held[R any] struct {
	rows []R
	size int // about how many bytes
}

// Session takes a session; its date is that of its end.
func (t *Tables) Session(s *parser.Session) {
	r := newSession(s)
	add(t, &t.sessions, newPartition(s.End, s.Service.Host), r, 700+len(r.QueueIDs)*32+len(r.Commands)*48)
}

// Message takes a message; its date is that of its first line.
func (t *Tables) Message(m *parser.Message) {
	r := newMessage(m)
	add(t, &t.messages, newPartition(m.Received, m.Host), r, 700+len(m.MessageID)+len(r.Deliveries)*700)
}

// Queued does nothing: the message's record comes when it is complete.
func (t *Tables) Queued(*parser.Message) {}

// Delivered does nothing: the delivery is part of the message's record.
func (t *Tables) Delivered(*parser.Delivery) {}

// TLSRPT does nothing: it tells of a handshake, and the session's record does that.
func (t *Tables) TLSRPT(*parser.TLSRPT) {}

// add holds a row. When there are too many, those of the partition that has most are written.
func add[R any](t *Tables, to *table[R], p partition, row R, size int) {
	if t.err != nil {
		return
	}
	h := to.of[p]
	if h == nil {
		h = &held[R]{}
		to.of[p] = h
	}
	h.rows = append(h.rows, row)
	h.size += size
	t.held += size
	if t.held >= maxHeld {
		t.err = t.writeLargest()
	}
}

func (t *Tables) writeLargest() error {
	session, n := largest(&t.sessions)
	message, m := largest(&t.messages)
	if n > m {
		return write(t, &t.sessions, session)
	}
	return write(t, &t.messages, message)
}

func largest[R any](of *table[R]) (p partition, size int) {
	for q, h := range of.of {
		if h.size > size {
			p, size = q, h.size
		}
	}
	return p, size
}

// write makes a file of what is held of a partition.
func write[R any](t *Tables, from *table[R], p partition) (err error) {
	h := from.of[p]
	delete(from.of, p)
	t.held -= h.size
	dir := filepath.Join(t.dir, p.path(from.name))
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	t.parts++
	name := fmt.Sprintf("part-%s-%05d.parquet", t.run, t.parts)
	temporary := filepath.Join(dir, "."+name+".tmp")
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	t.written = append(t.written, part{temporary, filepath.Join(dir, name)})
	w := parquet.NewGenericWriter[R](file, parquet.Compression(&zstd.Codec{}), parquet.CreatedBy("postfix-tls-exporter", "", ""))
	_, err = w.Write(h.rows)
	return errors.Join(err, w.Close(), file.Sync(), file.Close())
}

// Commit writes what is held, and gives all files their names. If that fails, or anything has before, it removes what has no name yet.
func (t *Tables) Commit() error {
	err := t.err
	for p := range t.sessions.of {
		if err == nil {
			err = write(t, &t.sessions, p)
		}
	}
	for p := range t.messages.of {
		if err == nil {
			err = write(t, &t.messages, p)
		}
	}
	for len(t.written) > 0 && err == nil {
		if err = os.Rename(t.written[0].temporary, t.written[0].final); err == nil {
			t.written = t.written[1:]
		}
	}
	if err != nil {
		t.Discard()
		return fmt.Errorf("write Parquet: %w", err)
	}
	return nil
}

// Discard removes what has no name yet.
func (t *Tables) Discard() {
	for _, p := range t.written {
		_ = os.Remove(p.temporary) // nobody reads it
	}
	t.written = nil
}
