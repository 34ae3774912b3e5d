package follow

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// beforehand has s read 100 lines in blocks that end within the log, and dies in the middle of them.
func (s *scene) beforehand() {
	s.t.Helper()
	s.blockSize, s.left = 500, 7
	s.newFollower(Config{MaxLine: 200})
	s.lines(100)
	s.start()
	<-s.ended
	s.kill()
	if s.place == nil || s.place.Offset == 0 || s.place.Offset >= int64(len(s.written)) {
		s.t.Fatalf("the place %+v is not within the log of %d bytes", s.place, len(s.written))
	}
	if want := string(s.written[:s.place.Offset]); string(s.got) != want {
		s.t.Fatalf("%d bytes before offset %d", len(s.got), s.place.Offset)
	}
	s.blockSize = 0
}

// afterwards has another follower read the rest, and checks that it all is there.
func (s *scene) afterwards(want Stats) {
	s.t.Helper()
	had := len(s.got)
	s.reborn(Config{From: End})
	s.start()
	s.lines(10)
	s.settle()
	must(s.t, s.stop())
	s.compare(string(s.written))
	want.Bytes = int64(len(s.written) - had)
	want.Lines = int64(strings.Count(string(s.written[had:]), "\n"))
	want.Exists = true
	if got := s.follower.Stats(); got != want {
		s.t.Errorf("stats are %+v, want %+v", got, want)
	}
}

// TestResumeUnseen has the follower dead during all that may happen between two looks.
func TestResumeUnseen(t *testing.T) {
	for _, test := range unseenTests {
		if strings.Contains(test.name, "deleted") {
			continue // with what was not yet read
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, Config{})
			past := time.Now().Add(-time.Hour)
			must(t, os.WriteFile(s.numbered(1), []byte("an old line\n"), 0o600))
			must(t, os.Chtimes(s.numbered(1), past, past))
			if strings.Contains(test.name, "dates") || strings.Contains(test.name, "postfix") {
				must(t, os.Remove(s.numbered(1)))
			}
			s.beforehand()
			test.act(s)
			s.afterwards(Stats{Rotations: test.rotations})
		})
	}
}

var resumeTests = []rotationTest{
	{"nothing", 0, func(*scene) {}},
	{"more lines", 0, func(s *scene) { s.lines(200) }},
	{"no log yet", 1, func(s *scene) {
		s.shift()
		s.lines(10)
		s.open()
	}},
	{"copied, to be truncated", 0, func(s *scene) {
		content, err := os.ReadFile(s.path)
		must(s.t, err)
		must(s.t, os.WriteFile(s.numbered(1), content, 0o600))
		s.lines(10)
	}},
	{"a copy took its place", 0, func(s *scene) {
		content, err := os.ReadFile(s.path)
		must(s.t, err)
		must(s.t, os.WriteFile(s.path+".new", content, 0o600))
		must(s.t, os.Rename(s.path+".new", s.path))
		s.open()
	}},
	{"every compression", 4, func(s *scene) {
		s.rotate(4)
		s.compressAs(s.numbered(4), ".xz")
		s.compressAs(s.numbered(3), ".zst")
		s.compressAs(s.numbered(2), ".gz")
	}},
	{"zstd", 1, func(s *scene) {
		s.rotate(1)
		s.compressAs(s.numbered(1), ".zst")
	}},
	{"copied and truncated, then renamed", 2, func(s *scene) {
		s.lines(10)
		s.copyTruncate()
		s.rotate(1)
		s.compress(s.numbered(2))
	}},
	{"nobody writes any more", 0, func(s *scene) {
		old := time.Now().Add(-24 * time.Hour)
		must(s.t, os.Chtimes(s.path, old, old))
	}},
	{"copied, deleted and its inode used again", 1, func(s *scene) {
		s.lines(10)
		s.copyTruncate() // the same inode, and other content that is longer
		s.lines(500)
	}},
}

func TestResume(t *testing.T) {
	for _, test := range resumeTests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, Config{})
			s.beforehand()
			test.act(s)
			s.afterwards(Stats{Rotations: test.rotations})
		})
	}
}

// TestResumeBzip2, of which there is no compressor in Go.
func TestResumeBzip2(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.write(string(repeatedLine()))
	s.blockSize, s.left = 500, 7
	s.reborn(Config{MaxLine: 200})
	s.left = 7
	s.start()
	<-s.ended
	s.shift()
	s.open()
	must(t, os.WriteFile(s.numbered(1)+".bz2", bzip2ed(t), 0o600))
	must(t, os.Remove(s.numbered(1)))
	s.afterwards(Stats{Rotations: 1})
}

// TestResumeYoung: the head was shorter when the place was stored than it is now.
func TestResumeYoung(t *testing.T) {
	for name, rotate := range map[string]func(*scene){
		"grown":         func(*scene) {},
		"renamed":       func(s *scene) { s.rotate(2) },
		"compressed":    func(s *scene) { s.rotate(2); s.compress(s.numbered(2)) },
		"copytruncated": func(s *scene) { s.copyTruncate(); s.lines(1); s.copyTruncate() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, Config{})
			s.lines(1)
			s.follow()
			s.settle()
			s.kill()
			if n := len(s.place.Head); n != len(s.written) {
				t.Fatalf("the head has %d bytes, want %d", n, len(s.written))
			}
			s.lines(100)
			rotate(s)
			want := Stats{Rotations: 2}
			if name == "grown" {
				want = Stats{}
			}
			s.afterwards(want)
		})
	}
}

// TestResumeGone: what was not read of the file is lost, and what is in the others is not.
func TestResumeGone(t *testing.T) {
	tests := []rotationTest{
		{"deleted", 0, func(s *scene) {
			must(s.t, os.Remove(s.path))
			s.forget()
			s.open()
		}},
		{"rotated out of existence", 3, func(s *scene) {
			s.shift()
			s.forget()
			s.open()
			s.rotate(3)
			must(s.t, os.Remove(s.numbered(4)))
			s.compress(s.numbered(3))
		}},
		{"truncated, and no copy", 0, func(s *scene) {
			must(s.t, os.Truncate(s.path, 0))
			s.forget()
			s.lines(500) // longer than it was
		}},
		{"truncated, and later copies", 2, func(s *scene) {
			must(s.t, os.Truncate(s.path, 0))
			s.forget()
			s.lines(5)
			s.copyTruncate()
			s.lines(5)
			s.copyTruncate()
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, Config{})
			s.beforehand()
			// Written to before the log, and perhaps at the same time as its last line.
			must(t, os.WriteFile(s.numbered(1), []byte("an old line\n"), 0o600))
			must(t, os.Chtimes(s.numbered(1), time.Time{}, s.place.Modified))
			time.Sleep(50 * time.Millisecond) // for times that differ
			test.act(s)
			if strings.Contains(test.name, "existence") {
				must(t, os.Remove(s.numbered(5))) // the old one
			}
			s.afterwards(Stats{Rotations: test.rotations, Gaps: 1})
		})
	}
}

// TestResumeCopyTruncateLoses: what is written between the copy and the truncation is not in either. It may have been
// handed over before it was lost, and then the copy ends before the place.
func TestResumeCopyTruncateLoses(t *testing.T) {
	for name, test := range map[string]struct {
		seen, compressed bool
		gaps             int64
	}{
		"not seen":                 {},
		"handed over":              {seen: true, gaps: 1},
		"handed over, compressed":  {seen: true, compressed: true},
		"not seen, but compressed": {compressed: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, Config{})
			s.lines(100)
			s.follow()
			s.settle()
			content, err := os.ReadFile(s.path)
			must(t, err)
			must(t, os.WriteFile(s.numbered(1), content, 0o600))
			if test.seen {
				s.lines(5)
				s.settle()
			}
			s.kill()
			if !test.seen {
				_, err := io.WriteString(s.log, "a line that the disk loses\n")
				must(t, err)
			}
			must(t, os.Truncate(s.path, 0))
			s.lines(30)
			if test.compressed {
				s.compress(s.numbered(1))
			}
			s.afterwards(Stats{Rotations: 1, Gaps: test.gaps})
		})
	}
}

// TestResumeComesBack finds the file that was gone at the path again, later.
func TestResumeComesBack(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.beforehand()
	away := filepath.Join(t.TempDir(), "away")
	must(t, os.Rename(s.path, away))
	rest := string(s.written[s.place.Offset:])
	s.forget()
	s.open()
	s.reborn(Config{})
	s.start()
	s.lines(10)
	s.settle()
	must(t, os.Rename(away, s.path))
	s.open()
	s.written = append(s.written, rest...)
	s.lines(10)
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
}

// forget takes what was not yet handed over for lost.
func (s *scene) forget() { s.written = append([]byte(nil), s.got...) }

// TestResumeAltered cuts off the end of the log, of which some was read. What stays must not be read again.
func TestResumeAltered(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.lines(100)
	s.follow()
	s.settle()
	s.kill()
	at := strings.Index(string(s.written)[2000:], "\n") + 2000 + 1
	must(t, os.Truncate(s.path, int64(at)))
	s.reborn(Config{})
	s.follow() // to the end of what stays: nobody can tell from where on a line is new
	s.lines(10)
	s.settle()
	must(t, s.stop())
	if got := s.follower.Stats(); got.Gaps != 1 || got.Lines != 10 {
		t.Errorf("stats are %+v, want 10 lines and 1 gap", got)
	}
}

// TestResumeNotMounted starts before the log is there at all.
func TestResumeNotMounted(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "log")
	must(t, os.Mkdir(dir, 0o700))
	s := newScene(t, Config{Path: filepath.Join(dir, "mail.log")})
	s.open()
	s.beforehand()
	s.rotate(1)
	must(t, os.Rename(dir, dir+".away"))
	s.reborn(Config{})
	s.follow() // and finds nothing
	time.Sleep(30 * time.Millisecond)
	must(t, os.Rename(dir+".away", dir))
	s.lines(10)
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
	if got := s.follower.Stats(); got.Gaps != 0 || got.Rotations != 1 {
		t.Errorf("stats are %+v, want 1 rotation and no gap", got)
	}
}

// TestResumeNoLogYet finds the place in a rotated file, and no log at the path.
func TestResumeNoLogYet(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.beforehand()
	s.shift()
	s.lines(10)
	s.reborn(Config{})
	s.follow()
	s.settle()
	s.kill()
	s.compress(s.numbered(1))
	s.reborn(Config{})
	s.follow()
	time.Sleep(30 * time.Millisecond)
	s.open()
	s.lines(10)
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
}

// TestResumeNothingRead: there was a log, but no line of it had been read.
func TestResumeNothingRead(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	past := time.Now().Add(-time.Hour)
	must(t, os.WriteFile(s.numbered(1), []byte("an old line\n"), 0o600))
	must(t, os.Chtimes(s.numbered(1), past, past))
	s.place = &Position{Modified: past}
	s.rotate(2)
	s.compress(s.numbered(2))
	s.afterwards(Stats{Rotations: 2})
}

// TestResumeNowhere: the zero Position, or that of another source, says nothing about a file.
func TestResumeNowhere(t *testing.T) {
	t.Parallel()
	for _, p := range []Position{{}, {Cursor: "s=1;i=2", Modified: time.Now()}} {
		s := newScene(t, Config{})
		_, err := io.WriteString(s.log, "an old line\n")
		must(t, err)
		s.newFollower(Config{From: End, Resume: &p})
		s.follow()
		s.lines(10)
		s.settle()
		must(t, s.stop())
	}
}

// TestResumeDamaged reads what is readable, says that something is missing, and goes on.
func TestResumeDamaged(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	s.write(string(sampleLog(2000)))
	s.blockSize = 500
	s.newFollower(Config{MaxLine: 200})
	s.left = 7
	s.start()
	<-s.ended
	place := int(s.place.Offset)
	before := len(s.written)
	s.shift()
	must(t, os.WriteFile(s.numbered(1)+".gz", half(gzipped(t, s.written)), 0o600))
	must(t, os.Remove(s.numbered(1)))
	s.reborn(Config{})
	s.follow()
	time.Sleep(30 * time.Millisecond) // some more looks at the damage
	s.open()
	s.lines(5)
	after := string(s.written[before:])
	eventually(t, "the new log", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return strings.HasSuffix(string(s.got), after)
	})
	must(t, s.stop())
	readable := strings.TrimSuffix(string(s.got), after)
	whole := readable[:strings.LastIndexByte(strings.TrimSuffix(readable, "\n"), '\n')+1]
	if len(whole) <= place || !strings.HasPrefix(string(s.written), whole) {
		t.Errorf("%d bytes of the damaged log, %d before", len(readable), place)
	}
	if got := s.follower.Stats(); got.Gaps != 1 {
		t.Errorf("stats are %+v, want 1 gap", got)
	}
}

// TestResumeEndlessLine goes on behind the end of a log that had no newline, which was added to what was handed over.
func TestResumeEndlessLine(t *testing.T) {
	for name, compress := range map[string]bool{"plain": false, "compressed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, Config{Grace: time.Millisecond})
			s.follow()
			s.lines(3)
			s.write("the last words")
			s.settleBut(len("the last words"))
			s.shift()
			late, err := os.OpenFile(s.numbered(1), os.O_WRONLY|os.O_APPEND, 0o600)
			must(t, err)
			defer late.Close()
			s.left = 1
			s.open()
			s.written = append(s.written, '\n')
			_, err = s.log.WriteString("not to be handed over\n")
			must(t, err)
			<-s.ended
			s.compare(string(s.written))
			if !s.place.Inside {
				t.Errorf("the place %+v is not inside a line", s.place)
			}
			_, err = late.WriteString(" of all\n" + "not quite\n")
			must(t, err)
			s.written = append(s.written, "not quite\nnot to be handed over\n"...)
			if compress {
				s.compress(s.numbered(1))
			}
			s.reborn(Config{})
			s.start()
			s.settle()
			must(t, s.stop())
		})
	}
}

// settleBut waits until all but the last n bytes were handed over.
func (s *scene) settleBut(n int) {
	s.t.Helper()
	eventually(s.t, "all whole lines", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.got) == len(s.written)-n
	})
}

// TestResumeCut goes on behind a line that was cut, whoever read it.
func TestResumeCut(t *testing.T) {
	t.Parallel()
	for _, backlog := range []bool{true, false} {
		s := newScene(t, Config{})
		s.blockSize = 30
		s.newFollower(Config{MaxLine: 10})
		long := strings.Repeat("0123456789", 20) + "\n"
		if !backlog {
			s.follow()
		}
		_, err := io.WriteString(s.log, "first\n"+long+"last\n")
		must(t, err)
		s.left = 2
		if backlog {
			s.start()
		}
		s.written = []byte("first\n0123456789\nlast\n")
		eventually(t, "two lines", func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.got) >= len("first\n0123456789\n")
		})
		s.kill()
		if len(s.got) < len(s.written) {
			if want := int64(len("first\n") + len(long)); s.place.Offset != want || s.place.Inside {
				t.Errorf("the place is %+v, want offset %d", s.place, want)
			}
		}
		s.reborn(Config{MaxLine: 10})
		s.start()
		s.lines(0)
		s.settle()
		must(t, s.stop())
	}
}

// TestResumeHole has a writer that does not append truncated while nobody follows.
func TestResumeHole(t *testing.T) {
	t.Parallel()
	s := newScene(t, Config{})
	must(t, s.log.Close())
	var err error
	s.log, err = os.OpenFile(s.path, os.O_WRONLY, 0o600)
	must(t, err)
	s.beforehand()
	s.copyTruncate()
	s.lines(10)
	s.reborn(Config{})
	s.start()
	s.lines(10)
	s.settle()
	must(t, s.stop())
	s.compare(string(s.written))
}

// TestSkipTruncated: it is for the next look to find out.
func TestSkipTruncated(t *testing.T) {
	g, err := openGeneration(writeFile(t, "mail.log", []byte("one\ntwo\n")), 100)
	must(t, err)
	defer g.close()
	must(t, os.Truncate(g.path, 0))
	must(t, g.skipTo(4))
	if intact, err := g.look(); intact || err != nil || g.off != 4 {
		t.Errorf("intact %v, %v, offset %d; want a truncated file that was read up to 4", intact, err, g.off)
	}
}

// TestSkipDecompressed leaves out the rest of a line if it is to begin within one.
func TestSkipDecompressed(t *testing.T) {
	path := writeFile(t, "mail.log.1.gz", gzipped(t, []byte("one\ntwo\nthree\n")))
	for off, want := range map[int64]string{0: "one\ntwo\nthree\n", 3: "two\nthree\n", 4: "two\nthree\n", 5: "three\n", 14: ""} {
		g, err := openSibling(path, 100)
		must(t, err)
		must(t, g.skipTo(off))
		var got string
		for err == nil {
			var b block
			b, err = g.next()
			got += string(b.lines)
		}
		if !errors.Is(err, io.EOF) || got != want {
			t.Errorf("from %d: %q, %v; want %q", off, got, err, want)
		}
		g.close()
	}
}

func TestLikeness(t *testing.T) {
	const first, second = "a line\n", "another line\n"
	path := filepath.Join(t.TempDir(), "mail.log")
	must(t, os.WriteFile(path, []byte(first+second), 0o600))
	info, err := os.Stat(path)
	must(t, err)
	device, inode := numbersOf(info)
	at := int64(len(first))
	tests := []struct {
		name string
		p    Position
		want likeness
	}{
		{"itself", Position{device, inode, []byte(first), at, false, time.Time{}, ""}, itself},
		{"all of it", Position{device, inode, []byte(first + second), at, false, time.Time{}, ""}, itself},
		{"other inode", Position{device, inode + 1, []byte(first), at, false, time.Time{}, ""}, copied},
		{"other device", Position{device + 1, inode, []byte(first), at, false, time.Time{}, ""}, copied},
		{"same inode, other content", Position{device, inode, []byte(second), at, false, time.Time{}, ""}, unlike},
		{"too short", Position{device, inode, []byte(first), 100, false, time.Time{}, ""}, altered},
		{"no line ends there", Position{device, inode, []byte(first), at - 2, false, time.Time{}, ""}, altered},
		{"no line has to", Position{device, inode, []byte(first), at - 2, true, time.Time{}, ""}, itself},
		{"half a line", Position{device, inode, []byte(first[:2]), at, false, time.Time{}, ""}, itself},
		{"half a line, other inode", Position{device, inode + 1, []byte(first[:2]), at, false, time.Time{}, ""}, unlike},
		{"longer then", Position{device, inode, []byte(first + second + first), at, false, time.Time{}, ""}, altered},
		{"nothing", Position{device, inode, nil, 0, false, time.Time{}, ""}, unlike},
	}
	for _, test := range tests {
		g, err := openGeneration(path, 100)
		must(t, err)
		if got := test.p.likenessOf(g); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
		g.close()
	}
}

// TestPositionStored loses nothing on its way through a file.
func TestPositionStored(t *testing.T) {
	for _, want := range []Position{{}, {
		Device: 1, Inode: 1<<64 - 1, Head: []byte("\x00\xff\n"), Offset: 1 << 40, Inside: true,
		Modified: time.Date(2026, 11, 22, 5, 31, 1, 123456789, time.UTC), Cursor: "s=1",
	}} {
		if diff := cmp.Diff(want, *stored(t, &want)); diff != "" {
			t.Errorf("gob: -want +got\n%s", diff)
		}
		data, err := json.Marshal(want)
		must(t, err)
		var got Position
		must(t, json.Unmarshal(data, &got))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("JSON: -want +got\n%s", diff)
		}
	}
}

// TestHandOverAllocations: a place with each chunk costs nothing.
func TestHandOverAllocations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	must(t, os.WriteFile(path, []byte("a line\n"), 0o600))
	f, g := openQueue(t, path, path)
	var last int64
	f.sink = func(c Chunk) error {
		last = c.After.Offset
		return nil
	}
	b := block{lines: []byte("a line\n"), size: 7}
	allocs := testing.AllocsPerRun(100, func() {
		if err := f.handOver(g, b); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 || last != g.off {
		t.Errorf("%v allocations, want none; the last place is %d, want %d", allocs, last, g.off)
	}
}
