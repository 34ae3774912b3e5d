package follow

import (
	"fmt"
	"math/rand/v2"
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

// TestTruncateWithoutCopy takes away half a line that the follower knows of, and nothing else.
func TestTruncateWithoutCopy(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.follow()
	s.lines(10)
	const half = "a line that never ends"
	_, err := s.log.WriteString(half)
	must(t, err)
	eventually(t, "the half line", func() bool { return s.follower.Stats().Lag == int64(len(half)) })
	must(t, os.Truncate(s.path, 0))
	eventually(t, "the truncation", func() bool { return s.follower.Stats().Rotations == 1 })
	s.lines(10)
	s.settle()
	must(t, s.stop())
	if got := s.follower.Stats().LostBytes; got != int64(len(half)) {
		t.Errorf("%d bytes lost, want %d", got, len(half))
	}
}

// TestTruncateAndRegrow lets the new content be longer than the old before anyone looks.
func TestTruncateAndRegrow(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.follow()
	goOn := s.standStill()
	must(t, os.Truncate(s.path, 0))
	s.lines(500)
	goOn()
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
	if got := s.follower.Stats(); got.Rotations != 1 {
		t.Errorf("stats are %+v, want 1 rotation", got)
	}
}

// TestHole follows a writer that does not append and so leaves zero bytes in a truncated file.
func TestHole(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	must(t, s.log.Close())
	var err error
	s.log, err = os.OpenFile(s.path, os.O_WRONLY, 0o600)
	must(t, err)
	s.follow()
	for range 3 {
		s.lines(3000) // more than a block of zero bytes in the end
		s.settle()
		must(t, os.Truncate(s.path, 0))
	}
	s.lines(10)
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
}

// TestShorten cuts off the end of a log, as someone may do by hand. What stays must not be read again.
func TestShorten(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.follow()
	s.lines(100)
	const half = "half a line"
	_, err := s.log.WriteString(half)
	must(t, err)
	eventually(t, "half a line", func() bool { return s.follower.Stats().Lag == int64(len(half)) })
	at := strings.Index(string(s.written)[2000:], "\n") + 2000 + 1
	must(t, os.Truncate(s.path, int64(at)))
	eventually(t, "a look", func() bool { return s.follower.Stats().LostBytes == int64(len(half)) })
	s.lines(5)
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
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

// TestRandom does at random what the other tests do in order.
func TestRandom(t *testing.T) {
	kinds := map[string][]int{
		"rename":       {writeMany, pause, renameCreate, renameOnly, renameCompress, writeHalves, writeSome},
		"copytruncate": {writeMany, pause, copyTruncate, writeHalves, writeSome},
		"both":         {writeMany, pause, renameCreate, renameOnly, renameCompress, copyTruncate, writeHalves, writeSome},
	}
	for kind, actions := range kinds {
		seed := rand.Uint64()
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			t.Logf("seed %d", seed)
			s := newScene(t, Config{})
			s.follow()
			random := rand.New(rand.NewPCG(seed, 0))
			for range 60 {
				s.do(actions[random.IntN(len(actions))], random)
			}
			s.lines(1)
			s.settle()
			must(t, s.stop())
			s.compare(string(s.written))
		})
	}
}

const (
	writeMany = iota
	writeSome
	writeHalves
	pause
	renameCreate
	renameOnly
	renameCompress
	copyTruncate
)

func (s *scene) do(action int, random *rand.Rand) {
	s.t.Helper()
	s.t.Logf("%s %d at byte %d", time.Now().Format(time.StampMicro), action, len(s.written))
	switch action {
	case writeMany:
		s.lines(random.IntN(3000))
	case pause:
		time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
	case renameCreate:
		s.shift()
		s.create()
		s.bursts(random.IntN(20)) // to the old file
		s.open()
	case renameOnly:
		s.shift()
		s.bursts(random.IntN(20))
		s.open()
	case copyTruncate:
		s.lines(1)
		s.copyTruncate()
	case renameCompress:
		s.shift()
		s.open()
		s.bursts(random.IntN(3))
		s.compress(s.numbered(1))
	case writeHalves:
		s.write(fmt.Sprintf("half a line at byte %d", len(s.written)))
		time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
		s.write(", and the other half\n")
	case writeSome:
		s.bursts(random.IntN(20))
	}
}
