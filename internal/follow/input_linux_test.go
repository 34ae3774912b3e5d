package follow

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// asNobody runs do without the right to read everything. The file system identity of a thread is its own affair.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		do()
		return
	}
	const nobody = 65534
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0); errno != 0 {
		t.Fatal(errno)
	}
	do()
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, 0, 0, 0); errno != 0 {
		t.Fatal(errno)
	}
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Chmod(filepath.Dir(dir), 0o755)) //nolint:gosec // for nobody to get to the file
	path := filepath.Join(dir, "mail.log")
	must(t, os.WriteFile(path, nil, 0))
	asNobody(t, func() {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("not even its name can be seen: %v", err)
		}
		_, err := Open(path)
		if !errors.Is(err, fs.ErrPermission) || strings.Count(err.Error(), path) != 1 {
			t.Errorf("Open: %v, want %v", err, fs.ErrPermission)
		}
		f := New(Config{Path: path})
		err = f.Run(t.Context(), func(Chunk) error { return nil })
		if !errors.Is(err, fs.ErrPermission) || strings.Count(err.Error(), path) != 1 {
			t.Errorf("Run: %v, want %v", err, fs.ErrPermission)
		}
		if f.Stats().Exists {
			t.Error("Stats says that there is a log to be read")
		}
	})
}
