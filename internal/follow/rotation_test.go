package follow

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A rotationTest writes to a log and rotates it.
type rotationTest struct {
	name      string
	rotations int64 // that the follower has to count
	act       func(*scene)
}

const cycles = 6

var rotationTests = []rotationTest{
	{"append", 0, func(s *scene) { s.bursts(200) }},
	{"rename, writer keeps the old file", cycles, func(s *scene) {
		for range cycles {
			s.bursts(20)
			s.shift()
			s.create()
			s.bursts(40) // to the old file
			s.open()
			s.bursts(10)
		}
	}},
	{"rename and create at once", cycles, func(s *scene) {
		for range cycles {
			s.bursts(20)
			s.shift()
			s.open()
			s.bursts(10)
		}
	}},
	{"no file at the path for long", cycles, func(s *scene) {
		for range cycles {
			s.bursts(20)
			s.shift()
			s.bursts(40)
			time.Sleep(50 * time.Millisecond)
			s.bursts(10)
			s.open()
			s.bursts(10)
		}
	}},
	{"idle, rename, idle", cycles, func(s *scene) {
		for range cycles {
			s.lines(10)
			time.Sleep(30 * time.Millisecond)
			s.shift()
			s.open()
			time.Sleep(30 * time.Millisecond)
		}
		s.lines(10)
	}},
	{"rename of an empty log", 2, func(s *scene) {
		s.lines(10)
		s.settle()
		s.shift()
		s.open()
		eventually(s.t, "the empty log", func() bool { return s.follower.Stats().Rotations == 1 })
		s.shift()
		s.open()
		s.bursts(20)
	}},
	{"unlink and create", cycles, func(s *scene) {
		for i := range int64(cycles) {
			s.bursts(20)
			must(s.t, os.Remove(s.path))
			s.bursts(10) // to the file without a name
			s.open()
			s.bursts(10)
			// One that is gone between two looks is gone for everyone.
			eventually(s.t, "a look", func() bool { return s.follower.Stats().Rotations == i+1 })
		}
	}},
	{"dates", cycles, func(s *scene) {
		for i := range cycles {
			s.bursts(20)
			must(s.t, os.Rename(s.path, s.path+"-2026112"+string(rune('0'+i))))
			s.open()
			s.bursts(10)
		}
	}},
	{"postfix logrotate", cycles, func(s *scene) {
		for i := range cycles {
			s.bursts(20)
			old := s.path + ".20261122-10150" + string(rune('0'+i))
			must(s.t, os.Rename(s.path, old))
			s.bursts(20)
			s.open()
			s.bursts(5)
			s.compress(old)
			s.bursts(5)
		}
	}},
	{"copytruncate, busy", cycles, func(s *scene) {
		for range cycles {
			s.bursts(20)
			s.copyTruncate()
			s.bursts(10)
		}
	}},
	{"copytruncate, idle", cycles, func(s *scene) {
		for range cycles {
			s.lines(20)
			s.settle()
			s.copyTruncate()
			time.Sleep(20 * time.Millisecond)
		}
		s.lines(20)
	}},
}

// TestRotation writes a log while it is followed and rotates it. No line may be lost, doubled or out of order.
func TestRotation(t *testing.T) {
	for _, test := range rotationTests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, Config{})
			s.follow()
			test.act(s)
			s.settle()
			must(t, s.stop())
			s.compare(string(s.written))
			want := Stats{
				Bytes:     int64(len(s.written)),
				Lines:     int64(strings.Count(string(s.written), "\n")),
				Rotations: test.rotations,
				Exists:    true,
			}
			if got := s.follower.Stats(); got != want {
				t.Errorf("stats are %+v, want %+v", got, want)
			}
		})
	}
}

func TestSymlinkSwap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link := filepath.Join(dir, "mail.log")
	s := newScene(t, Config{Path: link})
	swap := func(target string) {
		must(t, os.Symlink(target, link+".new"))
		must(t, os.Rename(link+".new", link))
	}
	swap("a")
	s.open()
	s.follow()
	for _, target := range []string{"b", "c", "a", "b", "d"} {
		s.bursts(20)
		swap(target)
		s.bursts(20) // to the old target
		s.open()
		s.bursts(5)
		s.settle() // two swaps between two looks would leave a target that nobody finds
	}
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
}

// TestComeBack moves a log away and back, replaces it by its copy, and has it read once.
func TestComeBack(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.follow()
	s.lines(50)
	s.settle()
	first := s.path + ".1"
	s.shift()
	s.open()
	s.lines(5)
	s.settle()
	must(t, os.Rename(first, s.path))
	s.open()
	s.lines(5)
	s.settle()
	content, err := os.ReadFile(s.path)
	must(t, err)
	must(t, os.WriteFile(s.path+".new", content, 0o600))
	must(t, os.Rename(s.path+".new", s.path))
	s.open()
	s.lines(5)
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
}

// TestLastLineWithoutEnd rotates a log of which the last line has no newline.
func TestLastLineWithoutEnd(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.follow()
	for range 3 {
		s.bursts(10)
		s.write("the last words")
		s.shift()
		s.open()
		s.written = append(s.written, '\n') // by the follower
		s.bursts(10)
	}
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
}

// TestGrace writes to the old file when the new one has content already.
func TestGrace(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{Grace: time.Hour})
	s.follow()
	s.lines(10)
	s.settle()
	old, err := os.OpenFile(s.path, os.O_WRONLY|os.O_APPEND, 0o600)
	must(t, err)
	defer old.Close()
	s.shift()
	s.open()
	const early = "an early line of the new file\n"
	_, err = s.log.WriteString(early)
	must(t, err)
	eventually(t, "the new file", func() bool { return s.follower.Stats().Lag == int64(len(early)) })
	_, err = old.WriteString("a late line of the old file\n")
	must(t, err)
	s.written = append(s.written, "a late line of the old file\n"...)
	s.settle()
	must(t, s.stop()) // ends the grace time
	s.compare(string(s.written) + early)
}
