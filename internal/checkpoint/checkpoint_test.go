package checkpoint

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/follow"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func sample() *Checkpoint {
	at := time.Date(2026, time.November, 22, 4, 10, 0, 0, time.UTC)
	return &Checkpoint{
		Saved: at, Tally: tally.New(tally.Options{PeerLimit: 1}).State(),
		Logs: []Log{{
			Name: "/var/log/mail.log", Parser: []byte("the parser's"),
			Position: follow.Position{Device: 1, Inode: 2, Head: []byte("Nov 22"), Offset: 123, Inside: true, Modified: at}, Stats: follow.Stats{Bytes: 9, Lines: 2},
		}},
	}
}

func TestSaveAndLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	if c, err := s.Load(); c != nil || err != nil {
		t.Fatalf("an empty directory holds %v, %v", c, err)
	}
	want := sample()
	for range 2 { // the second one replaces the first
		if err := s.Save(want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-saved +loaded):\n%s", diff)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 2 {
		t.Errorf("the directory holds %q, want the checkpoint and the lock", names)
	}
}

// A file that is cut or changed anywhere is set aside, and told from one that is whole.
func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := s.Save(sample()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	try := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, fileName), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := s.Load(); c != nil || !errors.Is(err, ErrDamaged) {
			t.Fatalf("%d bytes of %d: loaded %v, %v", len(text), len(whole), c, err)
		}
		if aside, err := os.ReadFile(filepath.Join(dir, damagedName)); err != nil || !bytes.Equal(aside, text) {
			t.Fatalf("what was set aside is not what was there: %v", err)
		}
	}
	for n := range whole {
		try(whole[:n])
		changed := bytes.Clone(whole)
		changed[n] ^= 4
		try(changed)
	}
	try(append(bytes.Clone(whole), 0))
	try([]byte("postfix-tls-exporter checkpoint 2 sha256 00 bytes 0\n"))
	if c, err := s.Load(); c != nil || err != nil {
		t.Errorf("after it was set aside: %v, %v", c, err)
	}
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := Open(dir); !errors.Is(err, ErrInUse) {
		t.Errorf("a second one: %v, want %v", err, ErrInUse)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

// What a killed process left half written does no harm and does not stay.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, "checkpoint.123.tmp")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there (%v)", left, err)
	}
}

// A save that fails leaves the last checkpoint.
func TestSaveFails(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	want := sample()
	if err := s.Save(want); err != nil {
		t.Fatal(err)
	}
	broken := &Store{dir: filepath.Join(dir, "gone"), lock: s.lock}
	if err := broken.Save(want); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("saved to a directory that is not there: %v", err)
	}
	if got, err := s.Load(); err != nil || !cmp.Equal(want, got, cmpopts.EquateEmpty()) {
		t.Errorf("the last checkpoint is %v, %v", got, err)
	}
}

func TestOpenFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(file, "state")); err == nil {
		t.Error("a directory within a file was opened")
	}
}

// A full disk leaves the last checkpoint, and nothing half written beside it; when there is room again, all is well.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := sample()
	if err := s.Save(want); err != nil {
		t.Fatal(err)
	}
	big := sample()
	big.Logs[0].Parser = bytes.Repeat([]byte("no room "), 32<<10)
	if err := s.Save(big); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("saved on a full disk: %v, want %v", err, syscall.ENOSPC)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(left) > 0 {
		t.Errorf("%q is left", left)
	}
	if got, err := s.Load(); err != nil || !cmp.Equal(want, got, cmpopts.EquateEmpty()) {
		t.Errorf("the last checkpoint is %v, %v", got, err)
	}
	if err := s.Save(want); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
