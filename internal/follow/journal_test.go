package follow

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// cursorOf returns the cursor of entry n of the journal that the tests make up.
func cursorOf(n int) string {
	return fmt.Sprintf("s=5eed;i=%x;b=b007;m=%x;t=%x;x=%x", n, 100+n, 1000+n, 7*n)
}

// entryOf returns entry n in the export format, with more fields if there are any.
func entryOf(n int, fields ...string) string {
	all := append([]string{
		"__CURSOR=" + cursorOf(n),
		"__REALTIME_TIMESTAMP=" + strconv.Itoa(1795320000000000+n),
		"_BOOT_ID=b007",
		"_HOSTNAME=mx",
		"SYSLOG_IDENTIFIER=postfix/smtpd",
		"_PID=411",
	}, fields...)
	if len(fields) == 0 {
		all = append(all, "MESSAGE=message "+strconv.Itoa(n))
	}
	return strings.Join(all, "\n") + "\n\n"
}

// entriesOf returns the entries from one number to another.
func entriesOf(from, to int) string {
	var b strings.Builder
	for n := from; n <= to; n++ {
		b.WriteString(entryOf(n))
	}
	return b.String()
}

// linesOf returns what the entries from one number to another are as lines. 1795320000 is 2026-11-22T04:00:00Z.
func linesOf(from, to int) string {
	var b strings.Builder
	for n := from; n <= to; n++ {
		fmt.Fprintf(&b, "2026-11-22T04:00:00.%06d+00:00 mx postfix/smtpd[411]: message %d\n", n, n)
	}
	return b.String()
}

// A journalScene is a Journal that reads what a fake journalctl writes.
type journalScene struct {
	t       *testing.T
	dir     string
	journal *Journal
	cancel  context.CancelFunc
	ended   chan struct{}
	err     error

	mu     sync.Mutex
	got    []byte
	chunks []string // cursors
	log    bytes.Buffer
	reject error
}

func newJournalScene(t *testing.T, cfg JournalConfig) *journalScene {
	t.Helper()
	s := &journalScene{t: t, dir: t.TempDir(), ended: make(chan struct{})}
	command, err := filepath.Abs("testdata/journalctl")
	must(t, err)
	if cfg.Command == "" {
		cfg.Command = command
	}
	cfg.Directory = s.dir
	if cfg.Restart == 0 {
		cfg.Restart = time.Millisecond
	}
	cfg.Logger = slog.New(slog.NewTextHandler(&s.log, nil))
	s.journal = NewJournal(cfg)
	return s
}

// call says what the fake does when it is called for the nth time.
func (s *journalScene) call(n int, suffix, text string) {
	s.t.Helper()
	must(s.t, os.WriteFile(filepath.Join(s.dir, strconv.Itoa(n)+"."+suffix), []byte(text), 0o600))
}

func (s *journalScene) run() {
	ctx, cancel := context.WithCancel(s.t.Context())
	s.cancel = cancel
	go func() {
		defer close(s.ended)
		s.err = s.journal.Run(ctx, func(c Chunk) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.got = append(s.got, c.Lines...)
			s.chunks = append(s.chunks, c.After.Cursor)
			return s.reject
		})
	}()
	s.t.Cleanup(func() { s.stop() })
}

func (s *journalScene) stop() {
	s.t.Helper()
	s.cancel()
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.t.Fatal("Run does not end")
	}
}

func (s *journalScene) caughtUp() {
	s.t.Helper()
	select {
	case <-s.journal.CaughtUp():
	case <-s.ended:
		s.t.Fatalf("Run returned %v", s.err)
	case <-time.After(patience):
		s.t.Fatal("waited in vain for the end of the journal")
	}
}

// want waits for the lines, and says what came in their place.
func (s *journalScene) want(lines string) {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		s.mu.Lock()
		got := string(s.got)
		s.mu.Unlock()
		if got == lines {
			return
		}
		if len(got) > len(lines) || time.Now().After(deadline) {
			s.t.Fatalf("got\n%.2000s\nwant\n%.2000s", got, lines)
		}
		time.Sleep(time.Millisecond)
	}
}

// calls returns the arguments of each call, without those that are always the same.
func (s *journalScene) calls() []string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "calls"))
	var calls []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		_, line, _ = strings.Cut(line, "--directory="+s.dir+" ")
		calls = append(calls, strings.TrimSuffix(line, " SYSLOG_FACILITY=2"))
	}
	return calls
}

func (s *journalScene) wantCalls(want ...string) {
	s.t.Helper()
	eventually(s.t, "the calls of journalctl", func() bool { return len(s.calls()) >= len(want) })
	if got := s.calls()[:len(want)]; !slices.Equal(got, want) {
		s.t.Errorf("journalctl was called with\n%q, want\n%q", got, want)
	}
}

func (s *journalScene) wantStats(gaps, restarts int64) {
	s.t.Helper()
	eventually(s.t, fmt.Sprintf("%d gaps and %d restarts", gaps, restarts), func() bool {
		got := s.journal.Stats()
		return got.Gaps == gaps && got.Restarts == restarts
	})
}

// TestJournal reads what is there, and what comes.
func TestJournal(t *testing.T) {
	t.Parallel()
	s := newJournalScene(t, JournalConfig{})
	s.call(1, "out", "-- Logs begin at Sun 2026-11-22 04:00:00 UTC. --\n"+entriesOf(1, 1000))
	s.call(2, "out", entriesOf(1000, 1010))
	s.run()
	s.caughtUp()
	s.want(linesOf(1, 1010))
	s.wantCalls("--no-tail", "--follow --no-tail --cursor="+cursorOf(1000))
	got := s.journal.Stats()
	size := int64(len(entriesOf(1, 1010)))
	if got.Lines != 1010 || got.Bytes != size || got.Gaps != 0 || got.Restarts != 0 || !got.Exists {
		t.Errorf("stats are %+v, want 1010 lines of %d bytes and no trouble", got, size)
	}
	if last := s.chunks[len(s.chunks)-1]; last != cursorOf(1010) {
		t.Errorf("the last chunk ends at %s, want %s", last, cursorOf(1010))
	}
	s.stop()
	if s.err != nil || s.journal.Stats().Exists {
		t.Errorf("Run returned %v, and left %+v", s.err, s.journal.Stats())
	}
}

// TestJournalChunks never hands over a cursor of an entry whose line is in a later chunk, and hands over in time.
func TestJournalChunks(t *testing.T) {
	t.Parallel()
	s := newJournalScene(t, JournalConfig{})
	s.call(2, "out", entriesOf(1, 3)+"__CURSOR="+cursorOf(4)+"\nMESSAGE=half an en")
	s.run()
	s.want(linesOf(1, 3))
	if last := s.chunks[len(s.chunks)-1]; last != cursorOf(3) {
		t.Errorf("the last chunk ends at %s, want %s", last, cursorOf(3))
	}
}

// TestJournalResume goes on after an entry that is still there.
func TestJournalResume(t *testing.T) {
	t.Parallel()
	s := newJournalScene(t, JournalConfig{From: End, Resume: &Position{Cursor: cursorOf(5)}})
	s.call(1, "out", entriesOf(5, 8))
	s.call(2, "out", entriesOf(8, 9))
	s.run()
	s.want(linesOf(6, 9))
	s.wantCalls("--no-tail --cursor="+cursorOf(5), "--follow --no-tail --cursor="+cursorOf(8))
	s.wantStats(0, 0)
}

// TestJournalMoved goes on after an entry that journald has copied to another file meanwhile.
func TestJournalMoved(t *testing.T) {
	t.Parallel()
	old := strings.Replace(cursorOf(5), "s=5eed;i=5", "s=01d;i=99", 1)
	s := newJournalScene(t, JournalConfig{Resume: &Position{Cursor: old}})
	s.call(1, "out", entriesOf(5, 8))
	s.run()
	s.want(linesOf(6, 8))
	s.wantStats(0, 0)
}

// TestJournalVacuumed counts a gap where the entry is gone, and goes on with the first that is left.
func TestJournalVacuumed(t *testing.T) {
	t.Parallel()
	s := newJournalScene(t, JournalConfig{Resume: &Position{Cursor: cursorOf(5)}})
	s.call(1, "out", entriesOf(7, 8))
	s.call(2, "out", entriesOf(8, 9))
	s.run()
	s.want(linesOf(7, 9))
	s.wantStats(1, 0)
}

// TestJournalEarlier leaves out what comes although it is from before the cursor.
func TestJournalEarlier(t *testing.T) {
	t.Parallel()
	s := newJournalScene(t, JournalConfig{Resume: &Position{Cursor: cursorOf(5)}})
	s.call(1, "out", entriesOf(3, 8))
	s.run()
	s.want(linesOf(6, 8))
	s.wantStats(0, 0)
}

// TestJournalAhead has a cursor that is later than all there is: journalctl would be silent until then.
func TestJournalAhead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cursor string
		then   string // what the third call is for
		out    string
		want   string
	}{
		"same journal":    {cursorOf(99), "--no-tail --cursor=" + cursorOf(8), entriesOf(8, 9), linesOf(9, 9)},
		"another journal": {strings.Replace(cursorOf(99), "5eed", "0ther", 1), "--no-tail", entriesOf(1, 9), linesOf(1, 9)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newJournalScene(t, JournalConfig{Resume: &Position{Cursor: test.cursor}})
			s.call(2, "out", entryOf(8))
			s.call(3, "out", test.out)
			s.run()
			s.want(test.want)
			s.wantStats(1, 0)
			s.wantCalls("--no-tail --cursor="+test.cursor, "--lines=1", test.then,
				"--follow --no-tail --cursor="+cursorOf(9))
		})
	}
}

// TestJournalEmptied has a cursor, and a journal without entries.
func TestJournalEmptied(t *testing.T) {
	t.Parallel()
	s := newJournalScene(t, JournalConfig{Resume: &Position{Cursor: cursorOf(5)}})
	s.call(1, "status", "1") // as some versions have it
	s.call(4, "out", entriesOf(1, 2))
	s.run()
	s.want(linesOf(1, 2))
	s.wantStats(1, 0)
	s.wantCalls("--no-tail --cursor="+cursorOf(5), "--lines=1", "--no-tail", "--follow --no-tail")
}

// TestJournalRejected has a cursor that is none: From says where to go on.
func TestJournalRejected(t *testing.T) {
	t.Parallel()
	for from, want := range map[Start]string{Beginning: linesOf(1, 3), End: linesOf(3, 3)} {
		s := newJournalScene(t, JournalConfig{From: from, Resume: &Position{Cursor: "nonsense"}})
		s.call(1, "err", "Failed to seek to cursor: Invalid argument\n")
		s.call(1, "status", "1")
		if from == End {
			s.call(2, "out", entryOf(2))
			s.call(3, "out", entriesOf(2, 3))
		} else {
			s.call(2, "out", entriesOf(1, 3))
		}
		s.run()
		s.want(want)
		s.wantStats(1, 0)
	}
}

// TestJournalEnd begins after what is there.
func TestJournalEnd(t *testing.T) {
	t.Parallel()
	s := newJournalScene(t, JournalConfig{From: End})
	s.call(1, "out", entryOf(7))
	s.call(2, "out", entriesOf(7, 8))
	s.call(3, "out", entriesOf(8, 9))
	s.run()
	s.caughtUp()
	s.want(linesOf(8, 9))
	s.wantCalls("--lines=1", "--no-tail --cursor="+cursorOf(7), "--follow --no-tail --cursor="+cursorOf(8))
}

// TestJournalRestart starts journalctl again where it ended, in the middle of an entry too, and waits longer and longer.
func TestJournalRestart(t *testing.T) {
	t.Parallel()
	s := newJournalScene(t, JournalConfig{})
	s.call(1, "out", entriesOf(1, 3))
	s.call(2, "out", entriesOf(3, 5)+"__CURSOR="+cursorOf(6)+"\n_HOSTNAME=mx\nMESSAGE\n\x20\x00\x00\x00\x00\x00\x00\x00mes")
	s.call(2, "end", "")
	s.call(3, "out", entriesOf(5, 6))
	s.call(3, "status", "3")
	s.call(4, "err", "No space left on device\n")
	s.call(4, "status", "1")
	s.call(5, "out", entriesOf(6, 7))
	s.call(6, "out", entriesOf(7, 8))
	s.run()
	s.want(linesOf(1, 8))
	s.wantStats(0, 3)
	s.wantCalls(
		"--no-tail",
		"--follow --no-tail --cursor="+cursorOf(3),
		"--no-tail --cursor="+cursorOf(5),
		"--no-tail --cursor="+cursorOf(6),
		"--no-tail --cursor="+cursorOf(6),
		"--follow --no-tail --cursor="+cursorOf(7))
	s.stop()
	if log := s.log.String(); !strings.Contains(log, "No space left on device") {
		t.Errorf("the log does not say what journalctl said:\n%s", log)
	}
	for _, wait := range []string{"wait=1ms", "wait=2ms"} {
		if log := s.log.String(); !strings.Contains(log, wait) {
			t.Errorf("there is no %s in the log:\n%s", wait, log)
		}
	}
}

// TestJournalQuiet asks again when nothing comes, and calls that no restart.
func TestJournalQuiet(t *testing.T) {
	t.Parallel()
	s := newJournalScene(t, JournalConfig{})
	s.journal.quiet = 10 * time.Millisecond
	s.call(1, "out", entriesOf(1, 3))
	s.call(3, "out", entriesOf(3, 4)) // of another boot
	s.run()
	s.want(linesOf(1, 4))
	s.wantCalls("--no-tail", "--follow --no-tail --cursor="+cursorOf(3), "--no-tail --cursor="+cursorOf(3))
	s.wantStats(0, 0)
}

// TestJournalGarbage starts again after what is not in the export format.
func TestJournalGarbage(t *testing.T) {
	t.Parallel()
	for _, garbage := range []string{
		"MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xff",              // a size that cannot be
		"MESSAGE\n\x03\x00\x00\x00\x00\x00\x00\x00abcd\n",        // no end where it should be
		"_HOSTNAME=mx\nMESSAGE=no cursor\n\n",                    // whose place is not known
		"?" + strings.Repeat("no field ", exportBuffer) + "\n\n", // no name, without an end
	} {
		s := newJournalScene(t, JournalConfig{})
		s.call(1, "out", entriesOf(1, 2)+garbage+entriesOf(1, 3))
		s.call(2, "out", entriesOf(2, 3))
		s.run()
		s.want(linesOf(1, 3))
		s.wantStats(0, 1)
	}
}

// TestJournalStandardError logs some of it, and in bounds.
func TestJournalStandardError(t *testing.T) {
	t.Parallel()
	s := newJournalScene(t, JournalConfig{})
	s.call(1, "err", strings.Repeat("a\x1b[31mline\n", 10_000)+strings.Repeat("long ", 100_000))
	s.call(1, "out", entriesOf(1, 3))
	s.run()
	s.want(linesOf(1, 3))
	s.stop()
	log := s.log.String()
	if n := strings.Count(log, "a?[31mline"); n != childLogLines || len(log) > 10_000 {
		t.Errorf("%d lines in %d bytes were logged", n, len(log))
	}
}

// TestJournalNoCommand ends at once: waiting will not bring journalctl.
func TestJournalNoCommand(t *testing.T) {
	t.Parallel()
	s := newJournalScene(t, JournalConfig{Command: filepath.Join(t.TempDir(), "journalctl")})
	s.run()
	<-s.ended
	if !errors.Is(s.err, fs.ErrNotExist) {
		t.Errorf("Run returned %v", s.err)
	}
}

// TestJournalNoPermission ends at once too, and says why.
func TestJournalNoPermission(t *testing.T) {
	t.Parallel()
	const said = "No journal files were opened due to insufficient permissions."
	s := newJournalScene(t, JournalConfig{})
	s.call(1, "err", said+"\n")
	s.call(1, "status", "1")
	s.run()
	<-s.ended
	if !errors.Is(s.err, fs.ErrPermission) || !strings.Contains(s.err.Error(), said) {
		t.Errorf("Run returned %v", s.err)
	}
}

// TestJournalMissing waits for a journal that is not there.
func TestJournalMissing(t *testing.T) {
	t.Parallel()
	s := newJournalScene(t, JournalConfig{})
	s.call(1, "err", "Failed to open /var/log/journal: No such file or directory\n")
	s.call(1, "status", "1")
	s.call(2, "out", entriesOf(1, 2))
	s.run()
	s.caughtUp()
	s.want(linesOf(1, 2))
	s.wantStats(0, 1)
}

// TestJournalStop leaves no process behind, nor one that journalctl has started.
func TestJournalStop(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 2; n++ {
		s := newJournalScene(t, JournalConfig{})
		s.call(n, "stay", "")
		s.call(n, "out", entriesOf(1, 2))
		s.run()
		s.want("")
		if n == 2 {
			s.want(linesOf(1, 2))
		}
		pidFile := filepath.Join(s.dir, strconv.Itoa(n)+".pid")
		var group int
		eventually(t, "the process", func() bool {
			text, _ := os.ReadFile(pidFile)
			group, _ = strconv.Atoi(strings.TrimSpace(string(text)))
			return group > 0
		})
		if n == 1 {
			select {
			case <-s.journal.CaughtUp():
				t.Error("caught up while journalctl is still reading")
			default:
			}
		}
		s.stop()
		if s.err != nil {
			t.Errorf("Run returned %v", s.err)
		}
		eventually(t, "the end of the processes", func() bool { return errors.Is(syscall.Kill(-group, 0), syscall.ESRCH) })
	}
}

// TestJournalSinkError ends Run with that error, and does not call sink again.
func TestJournalSinkError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for n := 1; n <= 2; n++ {
		s := newJournalScene(t, JournalConfig{})
		s.reject = broken
		s.call(n, "out", entriesOf(1, 5000))
		s.run()
		<-s.ended
		if s.err != broken { //nolint:errorlint // as it is
			t.Errorf("Run = %v, want %v", s.err, broken)
		}
		if len(s.chunks) != 1 || s.journal.Stats().Lines != 0 {
			t.Errorf("sink was called %d times, and what it refused counts: %+v", len(s.chunks), s.journal.Stats())
		}
	}
}

// binaryField returns a field as the export format has it that is not text.
func binaryField(name, value string) string {
	return name + "\n" + string(binary.LittleEndian.AppendUint64(nil, uint64(len(value)))) + value
}

// TestJournalLines makes one line of each entry, whatever is in it.
func TestJournalLines(t *testing.T) {
	t.Parallel()
	const at = "2026-11-22T04:00:00.000007+00:00 "
	long := strings.Repeat("x", 200_000)
	for name, test := range map[string]struct {
		fields []string
		want   string // without its time
		cut    int64
	}{
		"text":           {[]string{"MESSAGE=connect from a=b"}, "mx postfix/smtpd[411]: connect from a=b", 0},
		"syslog's pid":   {[]string{"SYSLOG_PID=12", "MESSAGE=x"}, "mx postfix/smtpd[12]: x", 0},
		"no pid":         {[]string{"SYSLOG_PID=1[2", "MESSAGE=x"}, "mx postfix/smtpd: x", 0},
		"binary":         {[]string{binaryField("MESSAGE", "a\nb\x00\r\x7f\xff\u0085\t€=")}, "mx postfix/smtpd[411]: a?b??????€=", 0},
		"forged line":    {[]string{binaryField("MESSAGE", "a\n\n"+at+"mx postfix/smtpd[1]: b")}, "mx postfix/smtpd[411]: a??" + at + "mx postfix/smtpd[1]: b", 0},
		"other fields":   {[]string{"MESSAGE_ID=x", binaryField("OTHER", "\n\n__CURSOR=x\n\n"), "MESSAGE=y"}, "mx postfix/smtpd[411]: y", 0},
		"the first":      {[]string{"MESSAGE=one", "MESSAGE=two"}, "mx postfix/smtpd[411]: one", 0},
		"long":           {[]string{"MESSAGE=" + long}, "mx postfix/smtpd[411]: " + long, 1},
		"long binary":    {[]string{binaryField("MESSAGE", long)}, "mx postfix/smtpd[411]: " + long, 1},
		"long other":     {[]string{"OTHER=" + long, binaryField("ANOTHER", long), "MESSAGE=x"}, "mx postfix/smtpd[411]: x", 0},
		"long, not sent": {[]string{"_COMM=" + long, "MESSAGE=x"}, "mx postfix/smtpd[411]: x", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const maxLine = 1000
			s := newJournalScene(t, JournalConfig{MaxLine: maxLine})
			s.call(1, "out", entryOf(7, test.fields...)+entryOf(8))
			s.run()
			want := at + test.want
			want = want[:min(maxLine, len(want))] + "\n"
			s.want(want + linesOf(8, 8))
			if got := s.journal.Stats(); got.CutLines != test.cut || got.Restarts != 0 {
				t.Errorf("stats are %+v, want %d lines cut", got, test.cut)
			}
		})
	}
}

// TestJournalHeader has what is not in entryOf.
func TestJournalHeader(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ entry, want string }{
		{
			"__REALTIME_TIMESTAMP=1795320000000001\n_SOURCE_REALTIME_TIMESTAMP=1795319999999999\n_COMM=postlogd\nMESSAGE=x\n",
			"2026-11-22T03:59:59.999999+00:00 localhost postlogd: x\n",
		},
		{
			"__REALTIME_TIMESTAMP=1\n_SOURCE_REALTIME_TIMESTAMP=99999999999999999999\n_HOSTNAME=m x\nSYSLOG_IDENTIFIER=a[1]: b\nMESSAGE=x\n",
			"1970-01-01T00:00:00.000001+00:00 m?x a?1???b: x\n",
		},
		{"__REALTIME_TIMESTAMP=1\nMESSAGE=\n", ""},
		{"__REALTIME_TIMESTAMP=1\n", ""},
		{"MESSAGE=never\n", ""},
	} {
		s := newJournalScene(t, JournalConfig{})
		s.call(1, "out", "__CURSOR="+cursorOf(1)+"\n"+test.entry+"\n"+entryOf(2, "OTHER=no message"))
		s.run()
		s.caughtUp()
		s.want(test.want)
		s.wantCalls("--no-tail", "--follow --no-tail --cursor="+cursorOf(2)) // moved, although there was no line
	}
}
