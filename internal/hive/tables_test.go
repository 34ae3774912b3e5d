package hive

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

func at(day, hour int) time.Time {
	return time.Date(2026, time.November, day, hour, 10, 7, 1000, time.UTC)
}

func someSession(host string, end time.Time) *parser.Session {
	return &parser.Session{
		End: end, Service: &parser.Service{Host: host, Instance: "postfix", Name: "smtpd", Program: "smtpd"}, Peer: &parser.Peer{Address: "192.0.2.10"},
		Commands: &parser.Commands{}, First: end,
	}
}

// files returns the files below a directory, by their folders: how many rows are in each.
func files[R any](t *testing.T, dir string) map[string][]int {
	t.Helper()
	out := map[string][]int{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		folder, err := filepath.Rel(dir, filepath.Dir(path))
		if err != nil {
			return err
		}
		rows, err := parquet.ReadFile[R](path)
		if err != nil || !strings.HasPrefix(e.Name(), "part-") || !strings.HasSuffix(e.Name(), ".parquet") {
			t.Errorf("%s: %v", path, err)
		}
		out[folder] = append(out[folder], len(rows))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Each host and day has a folder. Days are those of UTC.
func TestFolders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	tables := New(dir)
	tables.Session(someSession("mx1", at(22, 4)))
	tables.Session(someSession("mx1", at(22, 5)))
	tables.Session(someSession("mx2", at(22, 4)))
	tables.Session(someSession("mx1", at(23, 0).In(time.FixedZone("", -3600))))
	tables.Session(someSession("../../etc", at(22, 4)))
	tables.Session(someSession("", at(22, 4)))
	tables.Message(&parser.Message{QueueID: "3F1A2C0B7D", Host: "mx1", Received: at(22, 4)})
	if err := tables.Commit(); err != nil {
		t.Fatal(err)
	}
	want := map[string][]int{
		"sessions/date=2026-11-22/host=mx1": {2}, "sessions/date=2026-11-22/host=mx2": {1}, "sessions/date=2026-11-23/host=mx1": {1},
		"sessions/date=2026-11-22/host=..%2F..%2Fetc": {1}, "sessions/date=2026-11-22/host=__HIVE_DEFAULT_PARTITION__": {1},
		"messages/date=2026-11-22/host=mx1": {1},
	}
	got := files[session](t, dir)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is held is bounded, whatever there is of it: then a file is written early. Nothing is lost.
func TestHeld(t *testing.T) {
	dir := t.TempDir()
	tables := New(dir)
	const all, deliveries = 20_000, 10
	m := &parser.Message{Host: "mx1", Received: at(22, 4), Deliveries: make([]parser.Delivery, deliveries)}
	for i := range m.Deliveries {
		m.Deliveries[i].Service = &parser.Service{}
	}
	for n := range all {
		m.QueueID = fmt.Sprintf("%08X", n)
		tables.Message(m)
		if tables.held >= maxHeld {
			t.Fatalf("%d bytes are held", tables.held)
		}
	}
	early := len(tables.written)
	if err := tables.Commit(); err != nil {
		t.Fatal(err)
	}
	got := files[message](t, dir)["messages/date=2026-11-22/host=mx1"]
	sum := 0
	for _, n := range got {
		sum += n
	}
	if sum != all || early < 3 || len(got) != early+1 {
		t.Errorf("%d rows in %d files, %d of them early", sum, len(got), early)
	}
}

// A run has all of its files or none; another run's stay.
func TestAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	first := New(dir)
	first.Session(someSession("mx1", at(22, 4)))
	if err := first.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "messages"), nil, 0o600); err != nil { // where a folder should be
		t.Fatal(err)
	}
	second := New(dir)
	second.Session(someSession("mx1", at(22, 4)))
	second.Message(&parser.Message{Host: "mx1", Received: at(22, 4)})
	if err := second.Commit(); err == nil {
		t.Error("no error")
	}
	if err := os.Remove(filepath.Join(dir, "messages")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]int{"sessions/date=2026-11-22/host=mx1": {1}}, files[session](t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEscape(t *testing.T) {
	for host, want := range map[string]string{
		"mx1.example.net": "mx1.example.net",
		"a/b=c d%":        "a%2Fb%3Dc%20d%25",
		"müller":          "m%C3%BCller",
		"":                "__HIVE_DEFAULT_PARTITION__",
	} {
		if got := escape(host); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
	var long []string
	for _, end := range []string{"a", "b"} {
		for n := range 4 {
			long = append(long, escape(strings.Repeat("x", 196+n)+strings.Repeat("/", 100)+end))
		}
	}
	slices.Sort(long)
	if len(slices.Compact(long)) != 8 {
		t.Errorf("%q", long)
	}
	for _, name := range long {
		before, _, _ := strings.Cut(name, "~")
		if len(name) > 220 || strings.HasSuffix(before, "%") || strings.HasSuffix(before, "%2") {
			t.Errorf("%q", name)
		}
	}
}
