package follow

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var unseenTests = []rotationTest{
	{"renamed twice", 2, func(s *scene) {
		s.rotate(2)
	}},
	{"renamed five times", 5, func(s *scene) {
		s.rotate(5)
	}},
	{"compressed", 3, func(s *scene) {
		s.rotate(3)
		s.compress(s.path + ".3")
		s.compress(s.path + ".2")
		s.compress(s.path + ".1")
	}},
	{"the last one seen is deleted", 3, func(s *scene) {
		s.rotate(3)
		must(s.t, os.Remove(s.path+".3"))
	}},
	{"the last one seen is deleted, others compressed", 3, func(s *scene) {
		s.rotate(3)
		must(s.t, os.Remove(s.path+".3"))
		s.compress(s.path + ".2")
		s.compress(s.path + ".1")
	}},
	{"dates", 3, func(s *scene) {
		for _, date := range []string{"-20261122", "-20261123", "-20261124"} {
			s.lines(30)
			must(s.t, os.Rename(s.path, s.path+date))
			s.open()
		}
		s.compress(s.path + "-20261122")
		s.compress(s.path + "-20261123")
	}},
	{"postfix logrotate", 2, func(s *scene) {
		for _, date := range []string{".20261122-235959", ".20261123-000007"} {
			s.lines(30)
			must(s.t, os.Rename(s.path, s.path+date))
			s.open()
			s.compress(s.path + date)
		}
	}},
	{"one of them is empty", 2, func(s *scene) {
		s.rotate(1)
		s.shift()
		s.open()
		s.shift()
		s.open()
		s.rotate(1)
	}},
	{"copytruncate once", 1, func(s *scene) {
		s.lines(30)
		s.copyTruncate()
		s.lines(30)
	}},
	{"copytruncate three times", 3, func(s *scene) {
		for range 3 {
			s.lines(30)
			s.copyTruncate()
		}
		s.lines(30)
	}},
	{"copytruncate and compress", 2, func(s *scene) {
		for range 2 {
			s.lines(30)
			s.copyTruncate()
		}
		s.compress(s.path + ".1")
		s.compress(s.path + ".2")
	}},
	{"a copy of the new log", 1, func(s *scene) {
		s.rotate(1)
		s.lines(30)
		s.shiftRotated()
		content, err := os.ReadFile(s.path)
		must(s.t, err)
		must(s.t, os.WriteFile(s.numbered(1), content, 0o600))
	}},
	{"more than are held open", maxGenerations + 20, func(s *scene) {
		for range maxGenerations + 20 {
			s.lines(2)
			s.shift()
			s.open()
		}
	}},
}

// TestUnseenGenerations rotates more than once between two looks.
func TestUnseenGenerations(t *testing.T) {
	for _, test := range unseenTests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, Config{})
			// Old files, which were rotated before anyone followed the log.
			past := time.Now().Add(-time.Hour)
			for _, name := range []string{".1", ".2", "-20261101", ".20261101-000001"} {
				must(t, os.WriteFile(s.path+name, []byte("old "+name+"\n"), 0o600))
				must(t, os.Chtimes(s.path+name, past, past))
			}
			if !strings.Contains(test.name, "dates") && !strings.Contains(test.name, "postfix") {
				must(t, os.Remove(s.path+"-20261101"))
				must(t, os.Remove(s.path+".20261101-000001"))
			}
			s.follow()
			goOn := s.standStill()
			test.act(s)
			goOn()
			s.lines(10)
			s.settle()
			must(t, s.stop())
			s.compare(string(s.written))
			if got := s.follower.Stats(); got.Rotations != test.rotations || got.LostBytes != 0 {
				t.Errorf("stats are %+v, want %d rotations and nothing lost", got, test.rotations)
			}
		})
	}
}

// rotate writes to the log and renames it, n times.
func (s *scene) rotate(n int) {
	s.t.Helper()
	for range n {
		s.lines(30)
		s.shift()
		s.open()
	}
}

// TestUnseenEmpty has a generation that was never seen under the path, and gets its content when it is rotated already.
func TestUnseenEmpty(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.follow()
	goOn := s.standStill()
	s.shift()
	s.open()
	s.shift()
	s.create()
	goOn()
	eventually(t, "the new log", func() bool { return s.follower.Stats().Rotations == 1 })
	s.lines(30) // to the old one
	s.shift()
	s.open() // and never to the one that was seen
	s.lines(30)
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
	if got := s.follower.Stats().Rotations; got != 3 {
		t.Errorf("%d rotations, want 3", got)
	}
}

// TestOldArchives were there before, and stay out even if one of them is written anew.
func TestOldArchives(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	old := []byte("an old line\n")
	must(t, os.WriteFile(s.numbered(1), old, 0o600))
	s.follow()
	must(t, os.WriteFile(s.numbered(1)+".gz", gzipped(t, old), 0o600))
	must(t, os.Remove(s.numbered(1)))
	s.lines(10)
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
}

// openQueue returns a follower of a log at path, with the file at current in its queue.
func openQueue(t *testing.T, path, current string) (*Follower, *generation) {
	t.Helper()
	f := New(Config{Path: path})
	t.Cleanup(f.close)
	g, err := openGeneration(current, f.cfg.MaxLine)
	must(t, err)
	f.queue = append(f.queue, g)
	return f, g
}

// TestUnseenAfter: the file that was opened as the live one has been rotated since, and has a successor.
func TestUnseenAfter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	for suffix, line := range map[string]string{
		".5": "older\n", ".4": "last seen\n", ".3": "in between\n", ".2": "live\n", ".1": "younger\n", "": "youngest\n",
	} {
		must(t, os.WriteFile(path+suffix, []byte(line), 0o600))
	}
	f, prev := openQueue(t, path, path+".4")
	live, err := openGeneration(path+".2", 100)
	must(t, err)
	defer live.close()
	unseen := f.unseenAfter(prev, live)
	f.queue = append(f.queue, unseen...)
	if len(unseen) != 1 || string(unseen[0].head) != "in between\n" {
		t.Errorf("%d are unseen: %+v", len(unseen), unseen)
	}
}

// TestSurvey looks again when names have moved, and closes what it opened before.
func TestSurvey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	must(t, os.WriteFile(path, []byte("a line\n"), 0o600))
	must(t, os.WriteFile(path+".1", []byte("an old line\n"), 0o600))
	f, live := openQueue(t, path, path)
	var opened []*generation
	got := f.survey(live, func(list []sibling) []*generation {
		g := f.openSibling(list[0])
		opened = append(opened, g)
		switch len(opened) {
		case 1:
			must(t, os.Rename(path+".1", path+".2"))
		case 2:
			must(t, os.WriteFile(path, []byte("another line\n"), 0o600))
		}
		return []*generation{g}
	})
	if len(opened) != 3 || len(got) != 1 || got[0] != opened[2] {
		t.Fatalf("looked %d times, want 3", len(opened))
	}
	for i, g := range opened {
		if _, err := g.file.Stat(); (err == nil) != (i == 2) {
			t.Errorf("number %d: %v; only the last is to be open", i, err)
		}
		g.close()
	}
}
