package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// compareEvents compares what serve wrote in all its lives with what events prints of all the files: each event is there, under its one ID, and whenever it
// was written it was the same.
func (s *killScene) compareEvents() {
	s.t.Helper()
	got, again := map[string]string{}, 0
	for _, text := range eventFiles(s.t, s.events, 50<<10) {
		for line := range strings.Lines(text) {
			id := idOf(s.t, line)
			if before, ok := got[id]; ok {
				if again++; before != line {
					s.t.Errorf("one ID, and two events:\n%s%s", before, line)
				}
			}
			got[id] = line
		}
	}
	want := s.told()
	lost, made := 0, 0
	for id, line := range want {
		if got[id] != line {
			if lost++; lost < 5 {
				s.t.Errorf("lost, or another one: %q, want %s", got[id], line)
			}
		}
	}
	for id, line := range got {
		if want[id] == "" {
			if made++; made < 5 {
				s.t.Errorf("not in the log: %s", line)
			}
		}
	}
	if lost+made > 0 || len(want) == 0 {
		s.t.Errorf("%d of %d events are lost, %d are made up", lost, len(want), made)
	}
	s.t.Logf("%d events, %d of them written again", len(got), again)
}

// eventFiles returns the files of events, all of which are complete and not greater than they may be.
func eventFiles(t *testing.T, dir string, maxSize int) (texts []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
		if !strings.HasSuffix(e.Name(), ".jsonl") || !strings.HasSuffix(string(text), "\n") {
			t.Errorf("%s is not complete", e.Name())
		}
		if len(text) > maxSize {
			t.Errorf("%s is of %d bytes", e.Name(), len(text))
		}
		texts = append(texts, string(text))
	}
	return texts
}

func idOf(t *testing.T, line string) string {
	t.Helper()
	var e eventRecord
	if err := json.Unmarshal([]byte(line), &e); err != nil || e.ID == "" {
		t.Fatalf("%v in %s", err, line)
	}
	return e.ID
}

// told returns what has come to its end in the log, by ID, if nobody is killed.
func (s *killScene) told() map[string]string {
	s.t.Helper()
	printed := map[string]bool{}
	for line := range strings.Lines(mustInvoke(s.t, append([]string{"events"}, s.log.files()...)...)) {
		printed[line] = true
	}
	want := map[string]string{}
	p := parser.New(report.NewEventsFunc(func(id string, line []byte) error {
		if !printed[string(line)] {
			s.t.Errorf("events does not print %s", line)
		}
		want[id] = string(line)
		return nil
	}), parser.Options{})
	p.Feed(s.log.text) // it is not closed: serve goes on to wait for what is open
	return want
}
