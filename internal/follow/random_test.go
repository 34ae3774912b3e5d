package follow

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// TestRandom does at random what the other tests do in order.
func TestRandom(t *testing.T) {
	kinds := map[string][]int{
		"rename":       {writeMany, pause, renameCreate, renameOnly, renameCompress, writeHalves, writeSome},
		"copytruncate": {writeMany, pause, copyTruncate, writeHalves, writeSome},
		"both":         {writeMany, pause, renameCreate, renameOnly, renameCompress, copyTruncate, writeHalves, writeSome},
	}
	for n, end := 0, soakEnd(t); n < 1 || time.Now().Before(end); n++ {
		t.Run("kinds", func(t *testing.T) {
			for kind, actions := range kinds {
				seed := rand.Uint64()
				t.Run(fmt.Sprintf("%s, seed %d", kind, seed), func(t *testing.T) {
					t.Parallel()
					newScene(t, Config{}).random(rand.New(rand.NewPCG(seed, 0)), actions)
				})
			}
		})
	}
}

// random does some of the actions while the log is followed.
func (s *scene) random(random *rand.Rand, actions []int) {
	s.t.Helper()
	s.follow()
	for range 60 {
		s.do(actions[random.IntN(len(actions))], random)
	}
	s.lines(1)
	s.settle()
	must(s.t, s.stop())
	s.compare(string(s.written))
}

// envSoak says for how long each of the random tests goes on, as in 10m. Without it, that is some seconds.
const envSoak = "POSTFIX_TLS_SOAK"

func soakEnd(t *testing.T) time.Time {
	t.Helper()
	text := os.Getenv(envSoak)
	if text == "" {
		return time.Time{}
	}
	soak, err := time.ParseDuration(text)
	must(t, err)
	return time.Now().Add(soak)
}

const (
	writeMany = iota
	writeSome
	writeHalves
	pause
	renameCreate
	renameOnly
	renameCompress
	renameEndless
	copyTruncate
	compressOld
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
		s.compress(s.youngest())
	case renameEndless:
		s.write(fmt.Sprintf("a line without an end at byte %d", len(s.written)))
		s.shift()
		s.open()
		s.written = append(s.written, '\n') // by the follower
	case compressOld:
		s.compressAny(random)
	case writeHalves:
		s.write(fmt.Sprintf("half a line at byte %d", len(s.written)))
		time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
		s.write(", and the other half\n")
	case writeSome:
		s.bursts(random.IntN(20))
	}
}

// compressAny compresses one of the rotated logs, if there is one that is plain.
func (s *scene) compressAny(random *rand.Rand) {
	s.t.Helper()
	list, err := listSiblings(s.path)
	must(s.t, err)
	var plain []string
	for _, sibling := range list {
		if !sibling.compressed {
			plain = append(plain, sibling.path)
		}
	}
	if len(plain) == 0 {
		return
	}
	ext := []string{".gz", ".xz", ".zst"}[random.IntN(3)]
	s.compressAs(plain[random.IntN(len(plain))], ext)
}

// TestRandomResume follows a log through many lives. Each ends at any place, and whatever happens to the log before the
// next one begins: what they hand over together is what was written, each line once.
func TestRandomResume(t *testing.T) {
	for n, end := 0, soakEnd(t); n < 4 || time.Now().Before(end); n++ {
		seed := rand.Uint64()
		if !t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			s := newScene(t, Config{})
			s.dated = n%2 == 1
			s.lives(rand.New(rand.NewPCG(seed, 0)))
		}) {
			return
		}
	}
}

var (
	rotations = []int{renameCreate, renameOnly, renameCompress, renameEndless, copyTruncate}
	doings    = []int{writeMany, writeSome, writeSome, writeHalves, pause, compressOld}
)

// lives follows the log in several lives, in all of which no more files come together than are looked at.
func (s *scene) lives(random *rand.Rand) {
	s.t.Helper()
	s.lines(1)
	s.follow() // what is rotated before anyone came is none of its business
	s.settle()
	for life := range 8 {
		s.act(random, 2)
		if random.IntN(4) > 0 {
			s.die() // or be stopped in an orderly way
		}
		s.end()
		s.t.Logf("the end of life %d at byte %d of %d, %+v", life, len(s.got), len(s.written), s.follower.Stats())
		s.act(random, 5)
		s.blockSize = []int{1, 100, 1000, blockSize}[random.IntN(4)]
		s.reborn(Config{MaxLine: 300})
		s.left = random.IntN(40)
		s.start()
	}
	s.kill()
	s.reborn(Config{MaxLine: 300})
	s.start()
	s.lines(1)
	s.settle()
	must(s.t, s.stop())
	s.compare(string(s.written))
}

// act has things done to the log, at most so many rotations among them.
func (s *scene) act(random *rand.Rand, maxRotations int) {
	s.t.Helper()
	for range random.IntN(2) * random.IntN(maxRotations+1) {
		for range random.IntN(4) {
			s.do(doings[random.IntN(len(doings))], random)
		}
		s.do(rotations[random.IntN(len(rotations))], random)
	}
	s.do(doings[random.IntN(len(doings))], random)
}
