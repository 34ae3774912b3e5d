package follow

import (
	"fmt"
	"math/rand/v2"
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
