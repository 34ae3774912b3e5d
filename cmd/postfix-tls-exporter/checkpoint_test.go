package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/checkpoint"
)

// A stateScene is a log, and a directory for checkpoints of it.
type stateScene struct {
	t          *testing.T
	log, state string
}

func newStateScene(t *testing.T) *stateScene {
	t.Helper()
	dir := t.TempDir()
	return &stateScene{t, filepath.Join(dir, "mail.log"), filepath.Join(dir, "state")}
}

// args are those of serve. The first checkpoint comes at once, the next ones when they are asked for.
func (s *stateScene) args(more ...string) []string {
	return append([]string{"--log", s.log, "--state-directory", s.state, "--checkpoint-interval=1h"}, more...)
}

// serve starts serve and waits until it has read the log up to its end.
func (s *stateScene) serve(more ...string) *server {
	s.t.Helper()
	started := serve(s.t, s.args(more...)...)
	started.awaitReady(s.t)
	return started
}

func (s *stateScene) checkpoint() string { return filepath.Join(s.state, "checkpoint") }

// awaitCheckpoint waits for the first checkpoint.
func awaitCheckpoint(t *testing.T, state string) {
	t.Helper()
	eventually(t, "the first checkpoint", func() bool {
		_, err := os.Stat(filepath.Join(state, "checkpoint"))
		return err == nil
	})
}

// stopWell fails the test unless the program ends well.
func (s *server) stopWell(t *testing.T) {
	t.Helper()
	if status := s.stop(t); status != 0 {
		t.Errorf("exit status %d after SIGTERM", status)
	}
}

// tells waits until the program has said so.
func (s *server) tells(t *testing.T, text string) {
	t.Helper()
	eventually(t, text, func() bool { return strings.Contains(s.stderr.String(), text) })
}

// halves are two parts of a log in which all sessions have ended. Some of them run from the first part into the second one.
func halves(t *testing.T) (all, first, second string) {
	t.Helper()
	source, _ := sniLogs()
	all = string(readLog(t, source))
	half := strings.Index(all[len(all)/2:], "\n") + len(all)/2 + 1
	return all, all[:half], all[half:]
}

// TestStateInUse starts a second serve beside another one.
func TestStateInUse(t *testing.T) {
	t.Parallel()
	s := newStateScene(t)
	first := s.serve()
	r := invoke(t, append([]string{"serve", "--web.listen-address=127.0.0.1:0"}, s.args()...)...)
	want := "postfix-tls-exporter: state directory " + s.state + ": another process uses it\n" +
		"  each serve needs a state directory of its own, which its user may write to\n"
	if r.status != exitUnreadable || !strings.HasSuffix(r.stderr, want) {
		t.Errorf("status %d, standard error:\n%swant at its end:\n%s", r.status, r.stderr, want)
	}
	first.kill(t)
	s.serve().stopWell(t) // what is killed holds no lock
}

// TestStateNotWritable cannot make the directory, and then cannot write to it.
func TestStateNotWritable(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "file"), "")
	must(t, os.Mkdir(filepath.Join(dir, "readonly"), 0o555))
	binary := program
	if os.Getuid() == 0 {
		binary = installForAll(t, dir)
	}
	for state, message := range map[string]string{
		filepath.Join(dir, "file", "state"): "mkdir " + filepath.Join(dir, "file") + ": not a directory",
		filepath.Join(dir, "readonly"):      "open " + filepath.Join(dir, "readonly", "lock") + ": permission denied",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, binary, "serve", "--web.listen-address=127.0.0.1:0", "--log", filepath.Join(dir, "mail.log"), "--state-directory", state)
		if os.Getuid() == 0 { // to whom nothing is denied
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
			cmd.Dir = dir
		}
		output, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitUnreadable {
			t.Errorf("%s: %v, want exit status %d", state, err, exitUnreadable)
		}
		want := "postfix-tls-exporter: state directory: " + message + "\n" +
			"  each serve needs a state directory of its own, which its user may write to\n"
		if !strings.Contains(string(output), want) {
			t.Errorf("output:\n%swant in it:\n%s", output, want)
		}
	}
}

// TestCheckpointDamaged sets aside what cannot be read, and counts anew.
func TestCheckpointDamaged(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func([]byte) []byte{
		"bit":    func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"half":   func(b []byte) []byte { return b[:len(b)/2] },
		"empty":  func([]byte) []byte { return nil },
		"format": func(b []byte) []byte { return []byte(strings.Replace(string(b), "checkpoint 1 ", "checkpoint 2 ", 1)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStateScene(t)
			text, _, _ := halves(t)
			writeFile(t, s.log, text)
			s.serve().stopWell(t)
			content, err := os.ReadFile(s.checkpoint())
			must(t, err)
			damaged := string(damage(content))
			writeFile(t, s.checkpoint(), damaged)

			again := s.serve()
			again.tells(t, `msg="counts begin anew" error="the checkpoint cannot be read, and was set aside as `+s.checkpoint()+".damaged: ")
			got := again.awaitLines(t, strings.Count(text, "\n"))
			equal(t, "totals, counted anew", asScrape(readReport(t, s.log)), got.named(totalsOf...))
			kept, err := os.ReadFile(s.checkpoint() + ".damaged")
			must(t, err)
			if string(kept) != damaged {
				t.Errorf("%d bytes were set aside, want %d", len(kept), len(damaged))
			}
			again.stopWell(t)
			got = s.serve().awaitLines(t, strings.Count(text, "\n"))
			equal(t, "totals, from the next checkpoint", asScrape(readReport(t, s.log)), got.named(totalsOf...))
		})
	}
}

// TestCheckpointMisfit sets a checkpoint aside that is whole, and holds a parser that cannot be restored. Nothing of it goes on, not even a log that is not followed.
func TestCheckpointMisfit(t *testing.T) {
	t.Parallel()
	s := newStateScene(t)
	text, _, _ := halves(t)
	writeFile(t, s.log, text)
	s.serve().stopWell(t)
	saved := s.change(func(c *checkpoint.Checkpoint) {
		gone := c.Logs[0]
		gone.Name = s.log + ".gone"
		c.Logs[0].Parser = []byte("another version's")
		c.Logs = append([]checkpoint.Log{gone}, c.Logs...)
	})
	if len(saved.Logs) != 2 {
		t.Fatalf("%d logs were saved, want 2", len(saved.Logs))
	}
	again := s.serve()
	again.tells(t, `msg="counts begin anew" error="the checkpoint cannot be read, and was set aside as `+s.checkpoint()+".damaged: "+s.log+": ")
	got := again.awaitLines(t, strings.Count(text, "\n"))
	equal(t, "totals, counted anew", asScrape(readReport(t, s.log)), got.named(totalsOf...))
	again.stopWell(t)
	if logs := s.change(func(*checkpoint.Checkpoint) {}).Logs; len(logs) != 1 || logs[0].Name != s.log {
		t.Errorf("the next checkpoint holds %d logs, want only %s", len(logs), s.log)
	}
}

// change rewrites the checkpoint, and returns it.
func (s *stateScene) change(how func(*checkpoint.Checkpoint)) *checkpoint.Checkpoint {
	s.t.Helper()
	store, err := checkpoint.Open(s.state)
	must(s.t, err)
	defer store.Close()
	c, err := store.Load()
	must(s.t, err)
	how(c)
	must(s.t, store.Save(c))
	return c
}

// TestCheckpointPeerLabel names peers in another way than before. What is not by peer goes on.
func TestCheckpointPeerLabel(t *testing.T) {
	t.Parallel()
	s := newStateScene(t)
	text, first, second := halves(t)
	writeFile(t, s.log, first)
	host := s.serve()
	before := host.awaitLines(t, strings.Count(first, "\n"))
	host.stopWell(t)
	appendTo(t, s.log, second)
	domain := s.serve("--peer-label=domain")
	domain.tells(t, "peers of the last checkpoint found no place")
	got := domain.awaitLines(t, strings.Count(text, "\n"))
	equal(t, "totals", asScrape(readReport(t, s.log)), got.named(totalsOf...))
	for _, name := range []string{"sessions_total", "messages_total"} {
		if all, old, byPeer := got.sum(name), before.sum(name), got.sum("peer_"+name); byPeer != all-old || byPeer == 0 || old == 0 {
			t.Errorf("%s by peer: %v, want all but those before: %v - %v", name, byPeer, all, old)
		}
	}
}

// TestCheckpointAtEnd stops serve in an orderly way. While it is down the log is rotated, after the last lines of its old file.
func TestCheckpointAtEnd(t *testing.T) {
	t.Parallel()
	s := newStateScene(t)
	text, first, second := halves(t)
	writeFile(t, s.log, first[:len(first)-1000]) // in the middle of a line
	old := s.serve()
	appendTo(t, s.log, first[len(first)-1000:])
	old.stopWell(t) // with all that is there

	// The old file is gone: what was in it cannot be read twice, and is not needed.
	away := s.log + ".away"
	must(t, os.Rename(s.log, away))
	none := s.serve()
	before := none.awaitLines(t, strings.Count(first, "\n"))
	none.stopWell(t)
	must(t, os.Rename(away, s.log+".1"))
	appendTo(t, s.log+".1", second[:1000])
	appendTo(t, s.log, second[1000:])

	again := s.serve()
	got := again.awaitLines(t, strings.Count(text, "\n"))
	equal(t, "totals", asScrape(readReport(t, s.log+".1", s.log)), got.named(totalsOf...))
	wantLog := scrape{series("log_bytes_total", "log", s.log): float64(len(text)), series("log_rotations_total", "log", s.log): 1}
	equal(t, "log", wantLog, got.named("log_bytes_total", "log_rotations_total", "log_lost_bytes_total", "log_gaps_total"))
	for key, v := range before.counters() {
		if got[key] < v {
			t.Errorf("%s went from %v to %v", key, v, got[key])
		}
	}
	again.stopWell(t)
}

// TestHangUp takes SIGHUP for the wish that all be written down: what was counted until then needs no log any more.
func TestHangUp(t *testing.T) {
	t.Parallel()
	s := newStateScene(t)
	text, first, second := halves(t)
	writeFile(t, s.log, first)
	hungUp := s.serve()
	saved := func() float64 { return scrapeFrom(t, hungUp.base)["checkpoint_timestamp_seconds{}"] }
	eventually(t, "the first checkpoint", func() bool { return saved() > 0 })
	before := saved()
	appendTo(t, s.log, second)
	hungUp.awaitLines(t, strings.Count(text, "\n"))
	must(t, hungUp.cmd.Process.Signal(syscall.SIGHUP))
	eventually(t, "another checkpoint", func() bool { return saved() > before })
	hungUp.kill(t)
	report := readReport(t, s.log)
	must(t, os.Remove(s.log))
	got := s.serve().awaitLines(t, strings.Count(text, "\n"))
	equal(t, "totals", asScrape(report), got.named(totalsOf...))
}

// TestStateLost takes the state directory away for a while. Counting goes on, and so do checkpoints when it is back.
func TestStateLost(t *testing.T) {
	t.Parallel()
	s := newStateScene(t)
	text, first, second := halves(t)
	writeFile(t, s.log, first)
	lost := s.serve("--checkpoint-interval=50ms")
	awaitCheckpoint(t, s.state)
	must(t, os.Rename(s.state, s.state+".away"))
	writeFile(t, s.state, "not a directory")
	errorsOf := func() float64 { return scrapeFrom(t, lost.base)["checkpoint_errors_total{}"] }
	appendTo(t, s.log, second[:1000])
	eventually(t, "an error", func() bool { return errorsOf() > 0 })
	before := errorsOf()
	appendTo(t, s.log, second[1000:2000])
	eventually(t, "another error", func() bool { return errorsOf() > before })
	lost.tells(t, "no checkpoint can be written")
	if n := strings.Count(lost.stderr.String(), "no checkpoint can be written"); n != 1 {
		t.Errorf("it complains %d times", n)
	}
	must(t, os.Remove(s.state))
	must(t, os.Rename(s.state+".away", s.state))
	appendTo(t, s.log, second[2000:])
	lost.tells(t, "checkpoints can be written again")
	got := lost.awaitLines(t, strings.Count(text, "\n"))
	equal(t, "totals", asScrape(readReport(t, s.log)), got.named(totalsOf...))
	lost.kill(t)
	got = s.serve().awaitLines(t, strings.Count(text, "\n"))
	equal(t, "totals, after a restart", asScrape(readReport(t, s.log)), got.named(totalsOf...))
}

// TestNotReady asks serve while it waits for what may still be written to a rotated log.
func TestNotReady(t *testing.T) {
	t.Parallel()
	s := newStateScene(t)
	_, first, second := halves(t)
	writeFile(t, s.log, first)
	killed := s.serve()
	awaitCheckpoint(t, s.state)
	killed.kill(t)
	must(t, os.Rename(s.log, s.log+".1"))
	writeFile(t, s.log, second)
	again := serve(t, s.args()...)
	for path, want := range map[string]int{"/metrics": http.StatusServiceUnavailable, "/readyz": http.StatusServiceUnavailable, "/healthz": http.StatusOK} {
		if status, body := get(t, again.base+path); status != want {
			t.Errorf("%s: %d %q", path, status, body)
		}
	}
	again.awaitReady(t)
	equal(t, "totals", asScrape(readReport(t, s.log+".1", s.log)), scrapeFrom(t, again.base).named(totalsOf...))
}

// TestCheckpointPlaces goes on where the last run was: before the first line, at the end of a log of which nothing is wanted, in a log that is not there yet.
func TestCheckpointPlaces(t *testing.T) {
	t.Parallel()
	_, first, second := halves(t)
	t.Run("end", func(t *testing.T) {
		t.Parallel()
		s := newStateScene(t)
		writeFile(t, s.log, first)
		s.serve("--from=end").stopWell(t)
		appendTo(t, s.log, second)
		s.serve("--from=end").awaitLines(t, strings.Count(second, "\n"))
	})
	t.Run("empty, and rotated while nobody looked", func(t *testing.T) {
		t.Parallel()
		s := newStateScene(t)
		writeFile(t, s.log, "")
		s.serve().stopWell(t)
		appendTo(t, s.log, first)
		must(t, os.Rename(s.log, s.log+".1"))
		appendTo(t, s.log, second)
		s.serve().awaitLines(t, strings.Count(first, "\n")+strings.Count(second, "\n"))
	})
	t.Run("rotated twice, and there is no log", func(t *testing.T) {
		t.Parallel()
		s := newStateScene(t)
		writeFile(t, s.log, first)
		s.serve().stopWell(t)
		must(t, os.Rename(s.log, s.log+".2"))
		writeFile(t, s.log+".1", second)
		s.serve().awaitLines(t, strings.Count(first, "\n")+strings.Count(second, "\n"))
	})
	t.Run("a log that was away for a while", func(t *testing.T) {
		t.Parallel()
		s := newStateScene(t)
		writeFile(t, s.log, first)
		other := s.log + ".other"
		writeFile(t, other, second)
		both := s.serve("--log=" + other)
		before := both.awaitLines(t, strings.Count(first, "\n")+strings.Count(second, "\n"))
		both.stopWell(t)
		s.serve().stopWell(t)
		again := s.serve("--log=" + other)
		after := again.awaitLines(t, strings.Count(first, "\n")+strings.Count(second, "\n"))
		equal(t, "sessions", before.named("sessions_total"), after.named("sessions_total"))
	})
}
