package follow

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseSibling(t *testing.T) {
	type rotated struct {
		numbered, compressed bool
		key                  string
	}
	tests := map[string]rotated{
		"mail.log.1":                    {true, false, "1"},
		"mail.log.0":                    {true, false, "0"},
		"mail.log.12.gz":                {true, true, "12"},
		"mail.log.2.xz":                 {true, true, "2"},
		"mail.log.3.bz2":                {true, true, "3"},
		"mail.log.3.zst":                {true, true, "3"},
		"mail.log-20261122":             {false, false, "20261122"},
		"mail.log-20261122.gz":          {false, true, "20261122"},
		"mail.log-2026112206":           {false, false, "2026112206"},
		"mail.log-1795328701":           {false, false, "1795328701"},
		"mail.log-2026-11-22":           {false, false, "20261122"},
		"mail.log.20261122-101500":      {false, false, "20261122101500"},
		"mail.log.20261122-101500.gz":   {false, true, "20261122101500"},
		"mail.1.log":                    {true, false, "1"},
		"mail.1.log.gz":                 {true, true, "1"},
		"mail-20261122.log":             {false, false, "20261122"},
		"mail.log":                      {},
		"mail.log.gz":                   {},
		"mail.log.bak":                  {},
		"mail.log.1.bak.gz":             {},
		"mail.log.1~":                   {},
		"mail.log1":                     {},
		"mail.log-1":                    {},
		"mail.err.1":                    {},
		"mail.logs.1":                   {},
		"mail":                          {},
		"mail.1":                        {},
		"amail.log.1":                   {},
		"mail.log.1.tar.gz":             {},
		"mail.log.99999999999999999999": {false, false, "99999999999999999999"},
	}
	for name, want := range tests {
		s, ok := parseSibling("mail.log", name)
		got := rotated{s.numbered, s.compressed, s.key}
		if ok != (want.key != "") || ok && got != want {
			t.Errorf("%s: %+v, %v; want %+v", name, got, ok, want)
		}
	}
	if _, ok := parseSibling("maillog", "maillog-20261122"); !ok {
		t.Error("a log without an extension has no siblings")
	}
}

// TestListSiblings lists files, given from oldest to newest as they were last written.
func TestListSiblings(t *testing.T) {
	tests := []struct {
		name        string
		files, want []string
	}{
		{"numbers", []string{".10.gz", ".9.gz", ".2.gz", ".1", ""}, []string{".10.gz", ".9.gz", ".2.gz", ".1"}},
		{"numbers count, not times", []string{".1", ".3", ".2"}, []string{".3", ".2", ".1"}},
		{"dates", []string{"-20261108.gz", "-20261115.gz", "-20261122"}, []string{"-20261108.gz", "-20261115.gz", "-20261122"}},
		{"dates count, not times", []string{"-20261122", "-20261108"}, []string{"-20261108", "-20261122"}},
		{"both kinds", []string{".2", "-20261101", ".1", "-20261108"}, []string{".2", "-20261101", ".1", "-20261108"}},
		{"being compressed", []string{".2.gz", ".1", ".1.gz"}, []string{".2.gz", ".1"}},
		{"others", []string{".1.bak", "", ".swp", ".1"}, []string{".1"}},
	}
	for _, test := range tests {
		dir := t.TempDir()
		path := filepath.Join(dir, "mail.log")
		when := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
		for i, name := range test.files {
			must(t, os.WriteFile(path+name, nil, 0o600))
			must(t, os.Chtimes(path+name, time.Time{}, when.Add(time.Duration(i)*time.Second)))
		}
		must(t, os.Mkdir(path+".7", 0o700))
		list, err := listSiblings(path)
		must(t, err)
		var got, want []string
		for _, s := range list {
			got = append(got, s.path)
		}
		for _, name := range test.want {
			want = append(want, path+name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", test.name, diff)
		}
	}
}

func TestListSiblingsOfTarget(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "data", "postfix.log")
	must(t, os.Mkdir(filepath.Dir(target), 0o700))
	for _, name := range []string{"", ".1", ".2"} {
		must(t, os.WriteFile(target+name, nil, 0o600))
	}
	link := filepath.Join(dir, "mail.log")
	must(t, os.Symlink(target, link))
	list, err := listSiblings(link)
	if err != nil || len(list) != 2 || filepath.Base(list[1].path) != "postfix.log.1" {
		t.Errorf("%+v, %v; want the two beside the target", list, err)
	}
}

func TestSameHead(t *testing.T) {
	long := string(sampleLog(100)[:headSize])
	tests := []struct {
		name, a, b string
		want       bool
	}{
		{"both empty", "", "", false},
		{"one empty", "a\n", "", false},
		{"equal", "a line\n", "a line\n", true},
		{"grown", "a line\n", "a line\nanother\n", true},
		{"other", "a line\n", "b line\n", false},
		{"half a line says nothing", "Nov 22", "Nov 22 05:31:01\n", false},
		{"full", long, long, true},
		{"full and short", long, long[:200], true},
		{"a hole says nothing", "\x00\x00\n", "\x00\x00\n", false},
	}
	for _, test := range tests {
		if got := sameHead([]byte(test.a), []byte(test.b)); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
		if got := sameHead([]byte(test.b), []byte(test.a)); got != test.want {
			t.Errorf("%s, the other way round: %v", test.name, got)
		}
	}
}

func TestHistory(t *testing.T) {
	var h history
	head := func(i int) []byte { return []byte{'a' + byte(i/26), 'a' + byte(i%26), '\n'} }
	h.add([]byte("no"), 1) // of no use
	for i := range historySize + 10 {
		h.add(head(i), int64(i))
	}
	h.add(head(20), 99)
	if n := len(h.read); n != historySize {
		t.Errorf("remembers %d, want %d", n, historySize)
	}
	for i, want := range map[int]int64{9: 0, 10: 10, 20: 99, historySize + 9: historySize + 9} {
		off, known := h.offset(head(i))
		if off != want || known != (i >= 10) {
			t.Errorf("number %d: %d, %v; want %d", i, off, known, want)
		}
	}
}
