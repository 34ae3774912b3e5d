package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// FileConfig says which files events go to. All of it must be set.
type FileConfig struct {
	Dir      string        // of its own; made if it is missing
	MaxSize  int64         // bytes at which a file is closed; a single event may be longer
	MaxAge   time.Duration // after which it is closed
	MaxFiles int           // closed files that are kept, 0 for all: past it the oldest is removed
}

// Names of files: events-20261122T041007.123456Z.jsonl, and with another end while it is written to.
const (
	prefix   = "events-"
	suffix   = ".jsonl"
	open     = ".open"
	nameTime = "20060102T150405.000000Z"
	fileMode = 0o640
	dirMode  = 0o750
)

// ErrInUse says that another process writes to the directory.
var ErrInUse = errors.New("another process writes to it")

// Files are JSON Lines files in one directory. A file that has its final name is complete, and is never written to again. The names sort as the files were
// begun.
type Files struct {
	cfg  FileConfig
	lock *os.File // the directory
	last string   // name of the latest file

	file   *os.File // nil: none is open
	name   string   // its final one
	begun  time.Time
	buf    []byte // not yet written to it
	size   int64  // with what is in buf
	synced int64  // bytes that are on disk
}

// OpenFiles makes the directory if it is missing, locks it, and completes what a process left behind that was killed. The error wraps ErrInUse if it is
// locked already.
func OpenFiles(cfg FileConfig) (*Files, error) {
	if err := os.MkdirAll(cfg.Dir, dirMode); err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	lock, err := os.Open(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	f := &Files{cfg: cfg, lock: lock}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrInUse
	}
	if err == nil {
		err = f.recover()
	}
	if err != nil {
		_ = lock.Close() // nothing was written to it
		return nil, fmt.Errorf("events: %s: %w", cfg.Dir, err)
	}
	return f, nil
}

// recover completes files that were open when a process ended. What is behind the last line end was not handed over, and comes again.
func (f *Files) recover() error {
	left, err := f.names(suffix + open)
	if err != nil {
		return err
	}
	for _, name := range left {
		if err := f.completeLeft(name); err != nil {
			return err
		}
	}
	all, err := f.names(suffix)
	if len(all) > 0 {
		f.last = all[len(all)-1]
	}
	return errors.Join(err, f.prune())
}

func (f *Files) completeLeft(name string) error {
	file, err := os.OpenFile(f.path(name), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	end, err := lastLineEnd(file)
	if err != nil {
		_ = file.Close() // the error is told
		return err
	}
	f.file, f.name, f.size, f.synced = file, strings.TrimSuffix(name, open), end, end
	return f.give()
}

// lastLineEnd returns the offset behind the last line end.
func lastLineEnd(file *os.File) (int64, error) {
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	block := make([]byte, 64<<10)
	for end > 0 {
		from := max(0, end-int64(len(block)))
		part := block[:end-from]
		if _, err := file.ReadAt(part, from); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		end = from
	}
	return 0, nil
}

// names returns those with the end, in their order.
func (f *Files) names(end string) ([]string, error) {
	entries, err := os.ReadDir(f.cfg.Dir)
	var out []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && strings.HasSuffix(e.Name(), end) {
			out = append(out, e.Name())
		}
	}
	slices.Sort(out)
	return out, err
}

func (f *Files) path(name string) string { return filepath.Join(f.cfg.Dir, name) }

// Write appends the events, and returns when they are on disk.
func (f *Files) Write(_ context.Context, events []Event) error {
	for i := range events {
		if err := f.append(events[i].Line); err != nil {
			return errors.Join(err, f.give())
		}
	}
	if err := f.sync(); err != nil { // what is in the file is not known any more: another one is begun
		return errors.Join(err, f.give())
	}
	return f.Rest()
}

func (f *Files) append(line []byte) error {
	if f.file != nil && f.size > 0 && f.size+int64(len(line)) > f.cfg.MaxSize {
		if err := f.finish(); err != nil {
			return err
		}
	}
	if f.file == nil {
		if err := f.begin(); err != nil {
			return err
		}
	}
	f.buf = append(f.buf, line...)
	f.size += int64(len(line))
	return nil
}

// begin opens a file. Its name is greater than all before, whatever becomes of the clock.
func (f *Files) begin() error {
	now := time.Now().UTC()
	name := prefix + now.Format(nameTime) + suffix
	if name <= f.last {
		at, err := time.Parse(prefix+nameTime+suffix, f.last)
		if err != nil {
			return fmt.Errorf("a file has a name of another form: %w", err)
		}
		name = prefix + at.Add(time.Microsecond).Format(nameTime) + suffix
	}
	file, err := os.OpenFile(f.path(name+open), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, fileMode)
	if err != nil {
		return err
	}
	f.file, f.name, f.last, f.begun, f.buf, f.size, f.synced = file, name, name, time.Now(), f.buf[:0], 0, 0
	return errors.Join(file.Chmod(fileMode), f.lock.Sync())
}

func (f *Files) sync() error {
	if f.file == nil || f.size == f.synced {
		return nil
	}
	if _, err := f.file.Write(f.buf); err != nil {
		return err
	}
	f.buf = f.buf[:0]
	if err := f.file.Sync(); err != nil {
		return err
	}
	f.synced = f.size
	return nil
}

// Rest closes a file that is old, or full.
func (f *Files) Rest() error {
	if f.file != nil && (f.size >= f.cfg.MaxSize || time.Since(f.begun) >= f.cfg.MaxAge) {
		return f.finish()
	}
	return nil
}

// Close completes the open file and gives the directory free.
func (f *Files) Close() error { return errors.Join(f.finish(), f.lock.Close()) }

// finish completes the open file.
func (f *Files) finish() error {
	if err := f.sync(); err != nil {
		return errors.Join(err, f.give())
	}
	return f.give()
}

// give gives the open file its final name, with what is on disk of it for sure, or removes it if that is nothing. Then there is no open file, whatever
// happens: one that cannot be cut is completed at the next start.
func (f *Files) give() error {
	if f.file == nil {
		return nil
	}
	file := f.file
	f.file = nil
	err := file.Truncate(f.synced)
	if err == nil {
		err = file.Sync()
	}
	from := f.path(f.name + open)
	switch err = errors.Join(err, file.Close()); {
	case err != nil:
		return err
	case f.synced == 0:
		return os.Remove(from)
	default:
		return errors.Join(os.Rename(from, f.path(f.name)), f.lock.Sync(), f.prune())
	}
}

// prune removes the oldest files.
func (f *Files) prune() error {
	if f.cfg.MaxFiles <= 0 {
		return nil
	}
	all, err := f.names(suffix)
	for _, name := range all[:max(0, len(all)-f.cfg.MaxFiles)] {
		if gone := os.Remove(f.path(name)); !errors.Is(gone, fs.ErrNotExist) { // whoever reads them may remove them
			err = errors.Join(err, gone)
		}
	}
	return err
}
