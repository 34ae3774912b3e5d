// Package checkpoint keeps what serve needs to go on after a restart, however it ended: one file, which is whole or not there.
package checkpoint

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/follow"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// A Checkpoint is one moment of serve: all of it after the same line of each log.
type Checkpoint struct {
	Saved time.Time
	Logs  []Log
	Tally *tally.State
}

// A Log is one of those that are followed.
type Log struct {
	Name     string
	Position follow.Position
	Stats    follow.Stats // of all runs together
	Parser   []byte       // parser.State, marshaled
}

// Names in the directory. The damaged file is kept for whoever wants to know what was lost.
const (
	fileName    = "checkpoint"
	damagedName = "checkpoint.damaged"
	lockName    = "lock"
)

// header begins the file, with the version of what follows, the checksum and length of it.
const (
	header        = "postfix-tls-exporter checkpoint %d sha256 %64x bytes %d\n"
	formatVersion = 1
)

// maxSize bounds what is read of a file: bounds on sessions, messages and peers keep checkpoints far below it.
const maxSize = 1 << 30

var (
	// ErrInUse says that another process uses the directory.
	ErrInUse = errors.New("another process uses it")
	// ErrDamaged says that there is a checkpoint that cannot be read. It was set aside.
	ErrDamaged = errors.New("the checkpoint cannot be read, and was set aside")
)

// A Store is a directory for checkpoints, locked against other processes.
type Store struct {
	dir  string
	lock *os.File
}

// Open makes the directory if it is missing, and locks it. The error wraps ErrInUse if it is locked already.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		s := &Store{dir, lock}
		s.clean()
		return s, nil
	}
	_ = lock.Close() // nothing was written to it
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrInUse
	}
	return nil, fmt.Errorf("state directory %s: %w", dir, err)
}

// clean removes what a process left that was killed while it wrote.
func (s *Store) clean() {
	left, _ := filepath.Glob(s.path(fileName + ".*.tmp")) // the pattern is good
	for _, name := range left {
		_ = os.Remove(name) // it does no harm
	}
}

// Close gives the directory free.
func (s *Store) Close() error { return s.lock.Close() }

func (s *Store) path(name string) string { return filepath.Join(s.dir, name) }

// Load returns the last checkpoint, nil if there is none. One that is damaged, or of a later format, is renamed; then the error wraps ErrDamaged.
func (s *Store) Load() (*Checkpoint, error) {
	f, err := os.Open(s.path(fileName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no checkpoint is no error
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	defer f.Close()
	c, err := read(f)
	if err != nil {
		return nil, s.SetAside(err)
	}
	return c, nil
}

// SetAside renames the checkpoint, because of the given error, and returns that with ErrDamaged.
func (s *Store) SetAside(why error) error {
	to := s.path(damagedName)
	if err := os.Rename(s.path(fileName), to); err != nil {
		return fmt.Errorf("checkpoint: %w; it cannot be set aside: %w", why, err)
	}
	return fmt.Errorf("%w as %s: %w", ErrDamaged, to, why)
}

func read(r io.Reader) (*Checkpoint, error) {
	in := bufio.NewReader(io.LimitReader(r, maxSize))
	first, err := in.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("its first line is not whole: %w", err)
	}
	var version, size int
	var sum []byte
	if _, err := fmt.Sscanf(first, header, &version, &sum, &size); err != nil {
		return nil, fmt.Errorf("its first line is %.100q", first)
	}
	if version != formatVersion {
		return nil, fmt.Errorf("it is of format %d, and this program reads %d", version, formatVersion)
	}
	body, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	if got := sha256.Sum256(body); len(body) != size || !bytes.Equal(sum, got[:]) {
		return nil, errors.New("its checksum is wrong")
	}
	var c Checkpoint
	if err := gob.NewDecoder(bytes.NewReader(body)).Decode(&c); err != nil {
		return nil, err
	}
	return &c, nil
}

// Save replaces the last checkpoint. What is on disk afterwards, whatever happens meanwhile, is this one or the last one, whole.
func (s *Store) Save(c *Checkpoint) error {
	var body bytes.Buffer
	if err := gob.NewEncoder(&body).Encode(c); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := s.write(body.Bytes()); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

func (s *Store) write(body []byte) (err error) {
	tmp, err := os.CreateTemp(s.dir, fileName+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
	}()
	if _, err = fmt.Fprintf(tmp, header, formatVersion, sha256.Sum256(body), len(body)); err != nil {
		return err
	}
	if _, err = tmp.Write(body); err != nil {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	if err = os.Rename(tmp.Name(), s.path(fileName)); err != nil {
		return err
	}
	return syncDir(s.dir)
}

// syncDir makes a new name last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
