package outbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func line(n int) Event {
	return Event{ID: fmt.Sprint(n), Line: fmt.Appendf(nil, "{\"n\":%06d}\n", n)} // 13 bytes
}

func lines(from, to int) (out []Event) {
	for n := from; n < to; n++ {
		out = append(out, line(n))
	}
	return out
}

func textOf(events []Event) string {
	var b bytes.Buffer
	for _, e := range events {
		b.Write(e.Line)
	}
	return b.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func config(t *testing.T) FileConfig {
	t.Helper()
	return FileConfig{Dir: filepath.Join(t.TempDir(), "a", "events"), MaxSize: 1 << 20, MaxAge: time.Hour}
}

func openFiles(t *testing.T, cfg FileConfig) *Files {
	t.Helper()
	f, err := OpenFiles(cfg)
	must(t, err)
	t.Cleanup(func() { _ = f.lock.Close() }) // closed before, mostly
	return f
}

// listed returns the names in the directory, in their order.
func listed(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// closed returns what the closed files hold, in the order of their names.
func closed(t *testing.T, dir string) (texts []string) {
	t.Helper()
	for _, name := range listed(t, dir) {
		if strings.HasSuffix(name, ".jsonl") {
			text, err := os.ReadFile(filepath.Join(dir, name))
			must(t, err)
			texts = append(texts, string(text))
		}
	}
	return texts
}

// A file is on disk when Write returns, and has its final name when it is complete.
func TestFiles(t *testing.T) {
	cfg := config(t)
	f := openFiles(t, cfg)
	must(t, f.Write(t.Context(), lines(0, 3)))
	names := listed(t, cfg.Dir)
	if len(names) != 1 || !strings.HasSuffix(names[0], ".jsonl.open") {
		t.Fatalf("%q", names)
	}
	path := filepath.Join(cfg.Dir, names[0])
	text, err := os.ReadFile(path)
	must(t, err)
	if string(text) != textOf(lines(0, 3)) {
		t.Errorf("%q", text)
	}
	must(t, f.Write(t.Context(), lines(3, 5)))
	must(t, f.Close())
	if diff := cmp.Diff([]string{textOf(lines(0, 5))}, closed(t, cfg.Dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	final := strings.TrimSuffix(path, ".open")
	info, err := os.Stat(final)
	must(t, err)
	if info.Mode().Perm() != 0o640 {
		t.Errorf("%v", info.Mode())
	}
	if _, err := time.Parse("events-20060102T150405.000000Z.jsonl", filepath.Base(final)); err != nil {
		t.Error(err)
	}
}

// No file is greater than it may be, unless a single event is.
func TestFilesMaxSize(t *testing.T) {
	cfg := config(t)
	cfg.MaxSize = 40 // three events
	f := openFiles(t, cfg)
	for n := range 10 {
		must(t, f.Write(t.Context(), lines(n, n+1)))
	}
	long := Event{ID: "long", Line: []byte(`"` + strings.Repeat("x", 100) + `"` + "\n")}
	must(t, f.Write(t.Context(), append(append(lines(10, 15), long), lines(15, 17)...)))
	must(t, f.Close())
	want := []string{
		textOf(lines(0, 3)), textOf(lines(3, 6)), textOf(lines(6, 9)), textOf(lines(9, 12)), textOf(lines(12, 15)), string(long.Line), textOf(lines(15, 17)),
	}
	if diff := cmp.Diff(want, closed(t, cfg.Dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A file that is old is closed when there is nothing to write.
func TestFilesMaxAge(t *testing.T) {
	cfg := config(t)
	cfg.MaxAge = time.Millisecond
	f := openFiles(t, cfg)
	must(t, f.Write(t.Context(), lines(0, 1)))
	time.Sleep(2 * time.Millisecond)
	must(t, f.Rest())
	if got := closed(t, cfg.Dir); len(got) != 1 || len(listed(t, cfg.Dir)) != 1 {
		t.Errorf("%q", listed(t, cfg.Dir))
	}
	must(t, f.Rest()) // makes no empty file
	must(t, f.Close())
	if got := listed(t, cfg.Dir); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

// The oldest files go, and only files of events.
func TestFilesMaxFiles(t *testing.T) {
	cfg := config(t)
	cfg.MaxSize, cfg.MaxFiles = 13, 2
	must(t, os.MkdirAll(cfg.Dir, 0o700))
	must(t, os.WriteFile(filepath.Join(cfg.Dir, "a-note.jsonl"), []byte("note\n"), 0o600))
	f := openFiles(t, cfg)
	must(t, f.Write(t.Context(), lines(0, 5)))
	must(t, f.Close())
	if diff := cmp.Diff([]string{"note\n", textOf(lines(3, 4)), textOf(lines(4, 5))}, closed(t, cfg.Dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	cfg.MaxFiles = 1
	must(t, openFiles(t, cfg).Close())
	if diff := cmp.Diff([]string{"note\n", textOf(lines(4, 5))}, closed(t, cfg.Dir)); diff != "" {
		t.Errorf("after a start (-want +got):\n%s", diff)
	}
}

// What a killed process left is completed: up to the last line end.
func TestFilesRecover(t *testing.T) {
	for rest, want := range map[string][]string{
		"":                               nil,
		"{\"n\":":                        nil,
		textOf(lines(0, 2)):              {textOf(lines(0, 2))},
		textOf(lines(0, 2)) + "{\"n\":":  {textOf(lines(0, 2))},
		textOf(lines(0, 1)) + longLine(): {textOf(lines(0, 1))},
	} {
		cfg := config(t)
		must(t, os.MkdirAll(cfg.Dir, 0o700))
		name := "events-20990101T000000.000000Z.jsonl" // by a clock that was wrong
		must(t, os.WriteFile(filepath.Join(cfg.Dir, name+".open"), []byte(rest), 0o640))
		f := openFiles(t, cfg)
		if diff := cmp.Diff(want, closed(t, cfg.Dir)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		must(t, f.Write(t.Context(), lines(5, 6)))
		must(t, f.Close())
		names := listed(t, cfg.Dir)
		if len(names) != len(want)+1 || !slices.IsSorted(names) || want != nil && names[1] <= name {
			t.Errorf("%q", names)
		}
		if diff := cmp.Diff(append(want, textOf(lines(5, 6))), closed(t, cfg.Dir)); diff != "" {
			t.Errorf("then (-want +got):\n%s", diff)
		}
	}
}

// longLine is longer than what is looked at at once.
func longLine() string { return strings.Repeat("x", 200<<10) }

// When a file cannot be written, all that Write was given comes into another one.
func TestFilesTrouble(t *testing.T) {
	cfg := config(t)
	f := openFiles(t, cfg)
	must(t, f.Write(t.Context(), lines(0, 2)))
	must(t, f.file.Close()) // by somebody else
	if err := f.Write(t.Context(), lines(2, 4)); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("%v", err)
	}
	must(t, f.Write(t.Context(), lines(2, 4)))
	must(t, f.Close())
	must(t, openFiles(t, cfg).Close())
	if diff := cmp.Diff([]string{textOf(lines(0, 2)), textOf(lines(2, 4))}, closed(t, cfg.Dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A full disk is one that /dev/full stands for: nothing can be written, and what was is kept.
func TestFilesNoRoom(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full")
	}
	cfg := config(t)
	f := openFiles(t, cfg)
	must(t, f.Write(t.Context(), lines(0, 2)))
	good := f.file
	f.file = full
	if err := f.Write(t.Context(), lines(2, 4)); err == nil {
		t.Fatal("no error")
	}
	must(t, good.Close())
	must(t, f.Write(t.Context(), lines(2, 4)))
	must(t, f.Close())
	must(t, openFiles(t, cfg).Close())
	if diff := cmp.Diff([]string{textOf(lines(0, 2)), textOf(lines(2, 4))}, closed(t, cfg.Dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFilesInUse(t *testing.T) {
	cfg := config(t)
	f := openFiles(t, cfg)
	if _, err := OpenFiles(cfg); !errors.Is(err, ErrInUse) {
		t.Errorf("%v, want %v", err, ErrInUse)
	}
	must(t, f.Close())
	must(t, openFiles(t, cfg).Close())
}
