package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEventIDs: no two events of the logs of real servers have one ID, and it is what the page about events says it is. However a log is cut into files, its
// events are the same.
func TestEventIDs(t *testing.T) {
	for _, c := range corpora(t) {
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			args := c.args()
			whole := mustInvoke(t, append([]string{"events"}, args...)...)
			ids, count, last := map[string]bool{}, map[string]int{}, time.Time{}
			for line := range strings.Lines(whole) {
				var e eventRecord
				must(t, json.Unmarshal([]byte(line), &e))
				if words := wordsOf(&e); words != "" {
					for e.ID != halfOfSum(words, count[words]) && count[words] < 100 { // connections that are used again count, and have no event
						count[words]++
					}
					equal(t, line, halfOfSum(words, count[words]), e.ID)
					count[words]++
				}
				ids[e.ID] = true
				if e.End.After(last) {
					last = e.End
				}
			}
			if n := strings.Count(whole, "\n"); len(ids) != n || n == 0 {
				t.Errorf("%d IDs of %d events", len(ids), n)
			}
			seed := rand.Uint64()
			if c.name() == "v37-dst-berlin" { // the stamps of an hour that comes twice do not tell which of two files is the older one
				return
			}
			if last.Year() > c.facts.Year { // then --year is not that of each file's first line: it is derived
				args = args[2:]
			}
			files := cutUp(t, readLog(t, c.log), last.Add(time.Hour), rand.New(rand.NewPCG(seed, 0)))
			if diff := cmp.Diff(whole, mustInvoke(t, append(append([]string{"events"}, args[:len(args)-1]...), files...)...)); diff != "" {
				t.Errorf("seed %d, in %d files (-whole +cut up):\n%s", seed, len(files), diff)
			}
		})
	}
}

// wordsOf returns the lines that an ID is made of but for the last, as far as the event tells them.
func wordsOf(e *eventRecord) string {
	instant := func(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.999999999Z") }
	switch {
	case e.Kind == "message":
		return strings.Join([]string{"message", e.Host, e.Instance, e.QueueID, instant(e.Received)}, "\n")
	case e.Start.IsZero():
		return ""
	default:
		return strings.Join([]string{
			"session", e.Direction, e.Host, e.Instance, e.Service, e.Program, strconv.Itoa(e.PID), e.Peer.Address + e.Peer.Path, strconv.Itoa(e.Peer.Port), instant(e.Start),
		}, "\n")
	}
}

func halfOfSum(words string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d", words, n))
	return hex.EncodeToString(sum[:])[:32]
}

// cutUp cuts a log between lines.
func cutUp(t *testing.T, log []byte, written time.Time, random *rand.Rand) (files []string) {
	t.Helper()
	dir := t.TempDir()
	for len(log) > 0 {
		n := min(len(log), 1+random.IntN(1+len(log)*2/3))
		if end := bytes.IndexByte(log[n-1:], '\n'); end >= 0 {
			n += end
		} else {
			n = len(log)
		}
		if len(files) == 20 {
			n = len(log)
		}
		name := writeFile(t, filepath.Join(dir, fmt.Sprintf("mail.log.%02d", len(files))), string(log[:n]))
		must(t, os.Chtimes(name, written, written))
		files = append(files, name)
		log = log[n:]
	}
	return files
}

// TestEventsLater asks for events of a log whose checkpoint was kept by a serve that handed none over. Counts go on, and so they do without events again.
func TestEventsLater(t *testing.T) {
	t.Parallel()
	s := newStateScene(t)
	text, first, second := halves(t)
	dir := filepath.Join(t.TempDir(), "events")
	writeFile(t, s.log, first)
	s.serve().stopWell(t)
	appendTo(t, s.log, second)
	with := s.serve("--events", dir)
	got := with.awaitLines(t, strings.Count(text, "\n"))
	equal(t, "totals", asScrape(readReport(t, s.log)), got.named(totalsOf...))
	with.stopWell(t)
	equal(t, "totals, without events again", asScrape(readReport(t, s.log)),
		s.serve().awaitLines(t, strings.Count(text, "\n")).named(totalsOf...))

	printed := map[string]eventRecord{}
	for _, e := range readEvents(t, s.log) {
		printed[e.ID] = e
	}
	written := 0
	for _, text := range eventFiles(t, dir, 64<<20) {
		for _, e := range decodeEvents(t, text) {
			if _, ok := printed[e.ID]; !ok && e.Kind == "message" {
				t.Errorf("not in the log: %+v", e)
			}
			written++
		}
	}
	if written == 0 || written >= len(printed) {
		t.Errorf("%d of %d events were written, want those of the second half", written, len(printed))
	}
}
