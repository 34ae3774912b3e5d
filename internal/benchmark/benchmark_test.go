package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/loggen"
)

// A command that is run as `NAME ... FILE` and does as if it had read FILE.
const standIn = "#!/bin/sh\nfor last; do :; done\nexec cat \"$last\"\n"

func writeScript(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

// withPflogsumm puts a stand-in for pflogsumm first in PATH.
func withPflogsumm(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	writeScript(t, dir, "pflogsumm", standIn)
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func TestReport(t *testing.T) {
	withPflogsumm(t)
	bin := writeScript(t, t.TempDir(), "program", standIn)
	var b bytes.Buffer
	if err := run([]string{"-bin", bin, "-lines", "300", "-rounds", "3"}, &b); err != nil {
		t.Fatal(err)
	}
	figures := `( +<?=?\d+(\.\d+)?){6}\n`
	want := `^300 lines, 0\.\d MB, in the page cache; \S+, \d+ CPUs\n\n` +
		` +rounds +min s +median s +CPU s +lines/s +MB/s +peak MB\n` +
		`wc -l +3` + figures +
		`pflogsumm +1` + figures +
		`parse +3` + figures +
		`parse --format json +3` + figures +
		`events +3` + figures +
		`\nparse is \d+\.\d times as fast as pflogsumm\.\n` +
		`parse takes \d+\.\d times as long as wc -l\.\n` +
		`events takes \d+\.\d times as long as parse\.\n` +
		regexp.QuoteMeta(pflogsummOnce) + `\n$`
	if !regexp.MustCompile(want).Match(b.Bytes()) {
		t.Errorf("report:\n%s\ndoes not match\n%s", &b, want)
	}
}

func TestWithoutPflogsumm(t *testing.T) {
	bin := writeScript(t, t.TempDir(), "program", standIn)
	c := config{bin: bin, rounds: 1}
	t.Run("CI", func(t *testing.T) {
		t.Setenv("CI", "true")
		_, _, err := commandsFor(c, "mail.log", "")
		if err == nil || !strings.Contains(err.Error(), "not installed") {
			t.Errorf("error %v, want one that says what is missing", err)
		}
	})
	t.Run("elsewhere", func(t *testing.T) {
		t.Setenv("CI", "")
		commands, notes, err := commandsFor(c, "mail.log", "")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range commands {
			names = append(names, c.name)
		}
		if diff := cmp.Diff([]string{"wc -l", "parse", "parse --format json", "events"}, names); diff != "" {
			t.Errorf("commands (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{pflogsummHint + "."}, notes); diff != "" {
			t.Errorf("notes (-want +got):\n%s", diff)
		}
	})
}

func TestErrors(t *testing.T) {
	withPflogsumm(t)
	dir := t.TempDir()
	failing := writeScript(t, dir, "failing", "#!/bin/sh\necho cannot do that >&2\nexit 1\n")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no program":      {[]string{"-bin", filepath.Join(dir, "none")}, "make build"},
		"program fails":   {[]string{"-bin", failing, "-lines", "10"}, "parse: exit status 1: cannot do that"},
		"argument":        {[]string{"mail.log"}, `unexpected argument "mail.log"`},
		"no lines":        {[]string{"-lines", "0"}, "at least 1"},
		"no rounds":       {[]string{"-rounds", "0"}, "at least 1"},
		"nowhere to go":   {[]string{"-generate", filepath.Join(dir, "none", "mail.log"), "-lines", "10"}, "no such file"},
		"no folder there": {[]string{"-bin", failing, "-dir", filepath.Join(failing, "sub"), "-lines", "10"}, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(c.args, &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestGenerate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mail.log")
	if err := run([]string{"-generate", file, "-lines", "700"}, nil); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file + ".summary.json")
	if err != nil {
		t.Fatal(err)
	}
	var s loggen.Summary
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(log, []byte("\n")); n != 700 || s.Lines != 700 || s.Bytes != int64(len(log)) {
		t.Errorf("%d lines of %d bytes, summary says %d and %d", n, len(log), s.Lines, s.Bytes)
	}
}

func TestEnsureLogReusesWhatItWouldMake(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sub", "mail.log")
	o := loggen.Options{Lines: 500}
	want, err := ensureLog(file, o)
	if err != nil {
		t.Fatal(err)
	}
	old := time.Unix(1, 0)
	for _, c := range []struct {
		name   string
		change func(t *testing.T)
		o      loggen.Options
		reused bool
	}{
		{"nothing changed", func(*testing.T) {}, o, true},
		{"other options", func(*testing.T) {}, loggen.Options{Lines: 500, Seed: 1}, false},
		{"other text of the same size", func(t *testing.T) { overwrite(t, file, "x") }, o, false},
		{"no stamp", func(t *testing.T) { remove(t, stampFile(file)) }, o, false},
		{"cut", func(t *testing.T) { cut(t, file) }, o, false},
		{"no log", func(t *testing.T) { remove(t, file) }, o, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.change(t)
			_ = os.Chtimes(file, old, old)
			got, err := ensureLog(file, c.o)
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			if reused := info.ModTime().Equal(old); reused != c.reused {
				t.Errorf("log reused: %v, want %v", reused, c.reused)
			}
			if c.o == o {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("summary (-first +now):\n%s", diff)
				}
			}
			if _, err := ensureLog(file, o); err != nil { // for the next case
				t.Fatal(err)
			}
		})
	}
}

func overwrite(t *testing.T, file, text string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func cut(t *testing.T, file string) {
	t.Helper()
	if err := os.Truncate(file, 100); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		walls []time.Duration
		want  int64
	}{
		{[]time.Duration{7}, 7},
		{[]time.Duration{9, 1, 5}, 5},
		{[]time.Duration{8, 2, 100, 4}, 6},
	} {
		var r result
		for _, w := range c.walls {
			r.samples = append(r.samples, sample{wall: w})
		}
		if got := r.median(wallOf); got != c.want {
			t.Errorf("median of %v is %d, want %d", c.walls, got, c.want)
		}
	}
}

func TestCompare(t *testing.T) {
	of := func(name string, walls ...time.Duration) result {
		r := result{name: name}
		for _, w := range walls {
			r.samples = append(r.samples, sample{wall: w * time.Millisecond})
		}
		return r
	}
	results := []result{of("wc -l", 30, 10, 20), of("pflogsumm", 6000), of("parse", 90, 50, 40), of("events", 75)}
	want := []string{
		"parse is 120.0 times as fast as pflogsumm.", "parse takes 2.5 times as long as wc -l.", "events takes 1.5 times as long as parse.",
	}
	if diff := cmp.Diff(want, compare(results)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	without := append(results[:1:1], results[2:]...)
	if diff := cmp.Diff(want[1:], compare(without)); diff != "" {
		t.Errorf("without pflogsumm (-want +got):\n%s", diff)
	}
}

// One row with figures that can be worked out by hand: 1000 lines and 2 MB in a quarter of a second.
func TestPrintRow(t *testing.T) {
	s := loggen.Summary{Lines: 1000, Bytes: 2e6}
	r := result{name: "parse", samples: []sample{
		{wall: 250 * time.Millisecond, cpu: 300 * time.Millisecond, peak: 12e6},
		{wall: 200 * time.Millisecond, cpu: 200 * time.Millisecond, peak: 10e6},
		{wall: 900 * time.Millisecond, cpu: 400 * time.Millisecond, peak: 11e6},
	}}
	for bound, peak := range map[int64]string{0: "12.0", 11e6: "12.0", 12e6: "<=12.0"} {
		var b bytes.Buffer
		printRow(&b, s, r, bound)
		want := []string{"parse", "3", "0.200", "0.250", "0.300", "4000", "8.0", peak}
		if diff := cmp.Diff(want, strings.Fields(b.String())); diff != "" {
			t.Errorf("own peak %d (-want +got):\n%s", bound, diff)
		}
	}
}

// The peak of a process is there, and in bytes: a shell takes more than 100 kB, and less than 1 GB.
func TestMeasure(t *testing.T) {
	forgetPeak()
	s, err := measure(t.Context(), command{name: "sh", args: []string{"sh", "-c", ":"}})
	if err != nil {
		t.Fatal(err)
	}
	if s.wall <= 0 || s.cpu < 0 || s.peak < 1e5 || s.peak > 1e9 {
		t.Errorf("sample is %+v", s)
	}
}
