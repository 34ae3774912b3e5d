package follow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"
)

// TestSyslogLine fills in what the sender left to us, and lets nothing through that is more than a line.
func TestSyslogLine(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 5, 10, 0, 123456789, time.FixedZone("", 3600))
	const at = "2026-11-22T04:10:00.123456+00:00"
	for _, test := range []struct{ message, want string }{
		// As they should be.
		{"<22>Nov 22 04:10:00 mx postfix/smtpd[411]: text", ""},
		{"<22>Nov  2 04:10:00.123 mx postfix/smtpd[411]: text", ""},
		{"Nov 22 04:10:00 mx postfix/smtpd[411]: text", ""},
		{"<22>2026-11-22T04:10:00.5+01:00 mx postfix/smtpd[411]: text", ""},
		{"<22>1 2026-11-22T04:10:00Z mx postfix/smtpd 411 - - text: with colon", ""},
		{"<22>1 2026-11-22T04:10:00Z mx postfix/smtpd 411 - [a b=\"c\"] \xef\xbb\xbftext", ""},
		{"<22>Nov 22 04:10:00 2001:db8::1 postfix/smtpd[411]: text", ""},
		{"<22>Nov 22 04:10:00 mx not a tag", ""},

		// Without a host, as from /dev/log.
		{"<22>Nov 22 04:10:00 postfix/smtpd[411]: text", "<22>Nov 22 04:10:00 HOST postfix/smtpd[411]: text"},
		{"<22>Nov 22 04:10:00 postfix/postfix-script: text", "<22>Nov 22 04:10:00 HOST postfix/postfix-script: text"},
		{"<22>2026-11-22T04:10:00+00:00 postfix[1]: text", "<22>2026-11-22T04:10:00+00:00 HOST postfix[1]: text"},
		{"<22>1 2026-11-22T04:10:00Z - postfix/smtpd 411 - - text", "<22>1 2026-11-22T04:10:00Z HOST postfix/smtpd 411 - - text"},

		// Without a time.
		{"<22>postfix/smtpd[411]: text", "<22>" + at + " HOST postfix/smtpd[411]: text"},
		{"<22>mx postfix/smtpd[411]: text", "<22>" + at + " mx postfix/smtpd[411]: text"},
		{"<22>1 - - postfix/smtpd 411 - - text", "<22>1 " + at + " HOST postfix/smtpd 411 - - text"},
		{"<22>1 - mx postfix/smtpd 411 - - text", "<22>1 " + at + " mx postfix/smtpd 411 - - text"},

		// No more than a line.
		{"<22>Nov 22 04:10:00 mx a: text\r\n\x00", "<22>Nov 22 04:10:00 mx a: text"},
		{"<22>Nov 22 04:10:00 mx a: b\nNov 22 04:10:00 mx c: d\x00\xff\u0085\t€", "<22>Nov 22 04:10:00 mx a: b?Nov 22 04:10:00 mx c: d????€"},
		{"\n", "nothing"},
		{"", "nothing"},

		// Nonsense, which must only be harmless.
		{"<22>", "<22>" + at + " "},
		{"<22>Nov 22 04:10:00", "<22>Nov 22 04:10:00 "},
		{"<2222>x", at + " <2222>x"},
		{"<22>1 ", "<22>1  "},
		{"<22>1 - ", "<22>1 " + at + " "},
	} {
		want := strings.ReplaceAll(test.want, "HOST", "localhost")
		switch want {
		case "":
			want = test.message + "\n"
		case "nothing":
			want = ""
		default:
			want += "\n"
		}
		got, cut := appendSyslogLine(nil, []byte(test.message), "localhost", now, 1000)
		if string(got) != want || cut {
			t.Errorf("%q became\n%q, want\n%q", test.message, got, want)
		}
	}
}

// TestSyslogLineCut cuts at any length.
func TestSyslogLineCut(t *testing.T) {
	t.Parallel()
	const message = "<22>1 2026-11-22T04:10:00Z - postfix/smtpd 411 - - text"
	const whole = "<22>1 2026-11-22T04:10:00Z mx postfix/smtpd 411 - - text"
	for n := 1; n <= len(whole)+1; n++ {
		got, cut := appendSyslogLine([]byte("before\n"), []byte(message), "mx", time.Time{}, n)
		if want := "before\n" + whole[:min(n, len(whole))] + "\n"; string(got) != want || cut != (n < len(whole)) {
			t.Errorf("cut at %d: %q, %v; want %q", n, got, cut, want)
		}
	}
}

// frames splits bytes into messages, each with "+" in front if it was cut.
func frames(r io.Reader, maxMessage int) (messages []string, size int64, err error) {
	f := newSyslogFramer(r, maxMessage)
	for {
		message, n, cut, err := f.next()
		size += n
		if err != nil {
			return messages, size, err
		}
		if cut {
			message = append([]byte("+"), message...)
		}
		messages = append(messages, string(message))
	}
}

func TestSyslogFrames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 40_000)
	for name, test := range map[string]struct {
		in   string
		want []string
		err  error
	}{
		"lines":            {"<22>one\n<22>two\n", []string{"<22>one", "<22>two"}, io.EOF},
		"no end":           {"<22>one\n<22>two", []string{"<22>one", "<22>two"}, io.EOF},
		"counted":          {"7 <22>one8 <22>two\n", []string{"<22>one", "<22>two\n"}, io.EOF},
		"both":             {"7 <22>one<22>two\n7 <22>thr\nfour\n", []string{"<22>one", "<22>two", "<22>thr", "", "four"}, io.EOF},
		"line feed inside": {"3 a\nb3 c\nd", []string{"a\nb", "c\nd"}, io.EOF},
		"times":            {"2026-11-22T04:10:00Z a\n1795320000.5 b\n", []string{"2026-11-22T04:10:00Z a", "1795320000.5 b"}, io.EOF},
		"zero":             {"0 a\n012 b\n", []string{"0 a", "012 b"}, io.EOF},
		"many digits":      {"1234567890 a\n123456789012 b\n", []string{"1234567890 a", "123456789012 b"}, io.EOF},
		"digits at end":    {"123", []string{"123"}, io.EOF},
		"short":            {"9 <22>one", nil, io.ErrUnexpectedEOF},
		"nothing comes":    {"999999999 ", nil, io.ErrUnexpectedEOF},
		"long line":        {long + "\na\n", []string{"+" + long[:100], "a"}, io.EOF},
		"long, no end":     {long, []string{"+" + long[:100]}, io.EOF},
		"long, counted":    {"40000 " + long + "a\n", []string{"+" + long[:100], "a"}, io.EOF},
		"just fits":        {"100 " + long[:100] + long[:100] + "\n", []string{long[:100], long[:100]}, io.EOF},
		"long and short":   {"40001 " + long, nil, io.ErrUnexpectedEOF},
		"nothing":          {"", nil, io.EOF},
	} {
		for _, r := range []io.Reader{strings.NewReader(test.in), iotest.OneByteReader(strings.NewReader(test.in))} {
			got, size, err := frames(r, 100)
			if !slices.Equal(got, test.want) || !errors.Is(err, test.err) {
				t.Errorf("%s: got %q, %v; want %q, %v", name, got, err, test.want, test.err)
			}
			if errors.Is(test.err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && size != int64(len(test.in)) {
				t.Errorf("%s: %d bytes, want %d", name, size, len(test.in))
			}
		}
	}
}

// FuzzSyslogFrames has any bytes, and the same in pieces; then messages in either frame, of which none may get lost.
func FuzzSyslogFrames(f *testing.F) {
	f.Add([]byte("7 <22>one<22>two\n9 <22>"))
	f.Add([]byte("2026 \n\n3 \n\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		const longest = 50
		got, size, err := frames(bytes.NewReader(in), longest)
		again, _, _ := frames(iotest.HalfReader(bytes.NewReader(in)), longest)
		if !slices.Equal(got, again) {
			t.Fatalf("in one piece %q, in more %q", got, again)
		}
		if size != int64(len(in)) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d bytes of %d", size, len(in))
		}
		for _, message := range got {
			if len(message) > longest+1 || len(message) == longest+1 && message[0] != '+' {
				t.Fatalf("%q is too long", message)
			}
			line, _ := appendSyslogLine(nil, []byte(message), "mx", time.Time{}, 2*longest)
			if n := bytes.Count(line, []byte("\n")); len(line) > 2*longest+1 || n > 1 || len(line) > 0 && line[len(line)-1] != '\n' {
				t.Fatalf("%q became %q", message, line)
			}
		}
		var framed []byte
		var want []string
		for i, message := range bytes.Split(in, []byte("\n")) {
			message = append([]byte("<22>"), message[:min(len(message), longest-4)]...)
			want = append(want, string(message))
			if i%2 == 0 {
				framed = fmt.Appendf(framed, "%d %s", len(message), message)
			} else {
				framed = append(append(framed, message...), '\n')
			}
		}
		if got, _, err := frames(bytes.NewReader(framed), longest); !slices.Equal(got, want) || !errors.Is(err, io.EOF) {
			t.Fatalf("got %q, %v; want %q", got, err, want)
		}
	})
}

// listen starts a Syslog with all sockets, and returns connections to it.
func listen(t *testing.T, cfg SyslogConfig) (s *Syslog, r *running, unix, udp, tcp net.Conn) {
	t.Helper()
	cfg.Unix = filepath.Join(t.TempDir(), "log")
	cfg.UDP, cfg.TCP = "127.0.0.1:0", "127.0.0.1:0"
	cfg.Hostname = "mx"
	s = NewSyslog(cfg)
	r = run(t, s)
	r.caughtUp()
	var conns []net.Conn
	for _, a := range s.Addresses() {
		conns = append(conns, dial(t, a))
	}
	return s, r, conns[0], conns[1], conns[2]
}

func dial(t *testing.T, a net.Addr) net.Conn {
	t.Helper()
	c, err := net.Dial(a.Network(), a.String())
	must(t, err)
	t.Cleanup(func() { _ = c.Close() }) // again, in some tests
	return c
}

// TestSyslog takes messages over all sockets.
func TestSyslog(t *testing.T) {
	t.Parallel()
	s, r, unix, udp, tcp := listen(t, SyslogConfig{MaxLine: 100})
	const local, remote = "<22>Nov 22 04:10:00 a: ", "<22>Nov 22 04:10:00 mx a: "
	want := ""
	for i, c := range []net.Conn{unix, udp, tcp} {
		end := ""
		if c == tcp {
			end = "\n"
		}
		for _, text := range []string{"one", strings.Repeat("long", 1000)} {
			write(t, c, local+strconv.Itoa(i)+text+end)
			line := remote + strconv.Itoa(i) + text
			want += line[:min(len(line), 100)] + "\n"
			r.want(want)
		}
	}
	if got := s.Stats(); got.Lines != 6 || got.CutLines != 3 || got.Dropped != 0 || !got.Exists {
		t.Errorf("stats are %+v", got)
	}
	mode, err := os.Stat(s.cfg.Unix)
	must(t, err)
	if got := mode.Mode().Perm(); got != 0o622 {
		t.Errorf("the mode of the socket is %o", got)
	}
	r.stop()
	if _, err := os.Stat(s.cfg.Unix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
}

// TestSyslogOrder keeps the order of each sender, and loses nothing over TCP while the queue is full.
func TestSyslogOrder(t *testing.T) {
	t.Parallel()
	const senders, messages = 4, 2000
	s, r, _, _, tcp := listen(t, SyslogConfig{Queue: 1000})
	var wg sync.WaitGroup
	for sender := range senders {
		c := dial(t, tcp.RemoteAddr())
		wg.Go(func() {
			var b []byte
			for i := range messages {
				m := fmt.Sprintf("<22>Nov 22 04:10:00 h%d a: %d", sender, i)
				if i%3 == 0 {
					b = fmt.Appendf(b, "%d %s", len(m), m)
				} else {
					b = append(append(b, m...), '\n')
				}
			}
			_, err := c.Write(b)
			if err != nil {
				t.Error(err)
			}
			_ = c.Close()
		})
	}
	wg.Wait()
	eventually(t, "all messages", func() bool { return s.Stats().Lines == senders*messages })
	next := map[string]int{}
	for line := range strings.Lines(r.lines()) {
		_, line, _ = strings.Cut(line, "04:10:00 ")
		host, text, _ := strings.Cut(strings.TrimSpace(line), " a: ")
		if text != strconv.Itoa(next[host]) {
			t.Fatalf("%s: %s came after %d", host, text, next[host]-1)
		}
		next[host]++
	}
	if d := s.Stats().Dropped; d != 0 {
		t.Errorf("%d were dropped", d)
	}
}

// TestSyslogOverflow drops datagrams that there is no room for, counts them, and keeps the order of the other ones.
func TestSyslogOverflow(t *testing.T) {
	t.Parallel()
	const message = "<22>Nov 22 04:10:00 mx a: 1234\n"
	s, r, unix, _, _ := listen(t, SyslogConfig{Queue: 10 * len(message)})
	r.gate.Lock()
	const sent = 100
	for i := range sent {
		write(t, unix, fmt.Sprintf("<22>Nov 22 04:10:00 mx a: %d", 1000+i))
	}
	// The sink has some at most, the queue has ten, and the kernel none.
	eventually(t, "all messages", func() bool { return s.Stats().Dropped >= sent-20 })
	r.gate.Unlock()
	eventually(t, "the other ones", func() bool {
		got := s.Stats()
		return got.Lines+got.Dropped == sent && got.Lines >= 10
	})
	if lines := strings.Split(strings.TrimSpace(r.lines()), "\n"); !slices.IsSorted(lines) {
		t.Errorf("they came in the order\n%s", r.lines())
	}
	r.stop()
}

// TestSyslogUnfinished counts what a sender announced and did not send, and takes a line without an end.
func TestSyslogUnfinished(t *testing.T) {
	t.Parallel()
	s, r, _, _, tcp := listen(t, SyslogConfig{})
	write(t, tcp, "30 <22>Nov 22 04:10:00 a: text")
	must(t, tcp.Close())
	eventually(t, "the loss", func() bool { return s.Stats().Dropped == 1 })
	again := dial(t, tcp.RemoteAddr())
	write(t, again, "<22>Nov 22 04:10:00 mx a: text")
	must(t, again.Close())
	r.want("<22>Nov 22 04:10:00 mx a: text\n")
}

// TestSyslogConnections lets the next one wait until there is room, which idle ones make.
func TestSyslogConnections(t *testing.T) {
	t.Parallel()
	_, r, _, _, tcp := listen(t, SyslogConfig{MaxConnections: 1, IdleTimeout: 50 * time.Millisecond})
	write(t, tcp, "Nov 22 04:10:00 mx a: one\n")
	r.want("Nov 22 04:10:00 mx a: one\n")
	next := dial(t, tcp.RemoteAddr())
	write(t, next, "Nov 22 04:10:00 mx a: two\n")
	r.want("Nov 22 04:10:00 mx a: one\nNov 22 04:10:00 mx a: two\n")
}

// TestSyslogStop hands over what has arrived.
func TestSyslogStop(t *testing.T) {
	t.Parallel()
	_, r, unix, _, tcp := listen(t, SyslogConfig{})
	write(t, tcp, "Nov 22 04:10:00 mx a: zero\n")
	r.want("Nov 22 04:10:00 mx a: zero\n") // connected
	r.gate.Lock()
	for range 1000 {
		write(t, tcp, "Nov 22 04:10:00 mx a: tcp\n")
	}
	write(t, unix, "Nov 22 04:10:00 mx a: unix")
	r.cancel()
	r.gate.Unlock()
	r.wait()
	if n := strings.Count(r.lines(), "\n"); n != 1002 {
		t.Errorf("%d lines, want 1002", n)
	}
}

// TestSyslogSinkError ends Run with that error.
func TestSyslogSinkError(t *testing.T) {
	t.Parallel()
	_, r, _, _, tcp := listen(t, SyslogConfig{Queue: 100})
	broken := errors.New("broken")
	r.mu.Lock()
	r.refuse = broken
	r.mu.Unlock()
	_, _ = tcp.Write(bytes.Repeat([]byte("Nov 22 04:10:00 mx a: text\n"), 10_000)) // may be reset
	<-r.ended
	if r.err != broken || r.calls != 1 { //nolint:errorlint // as it is
		t.Errorf("Run returned %v after %d calls", r.err, r.calls)
	}
}

// TestSyslogListen replaces what is left over, and nothing else.
func TestSyslogListen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stale := filepath.Join(dir, "stale")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: stale, Net: "unixgram"})
	must(t, err)
	must(t, c.Close())
	if _, err := os.Stat(stale); err != nil {
		t.Fatal(err)
	}
	r := run(t, NewSyslog(SyslogConfig{Unix: stale, Mode: 0o600}))
	r.caughtUp()

	other := run(t, NewSyslog(SyslogConfig{Unix: stale}))
	<-other.ended
	if !errors.Is(other.err, syscall.EADDRINUSE) {
		t.Errorf("a socket that is in use: %v", other.err)
	}
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for _, cfg := range []SyslogConfig{{}, {Unix: file}, {UDP: "127.0.0.1:nonsense"}, {UDP: "127.0.0.1:0", TCP: "nonsense"}} {
		r := run(t, NewSyslog(cfg))
		<-r.ended
		if r.err == nil {
			t.Errorf("%+v: no error", cfg)
		}
	}
	if _, err := os.Stat(stale); err != nil {
		t.Errorf("the socket that is in use: %v", err)
	}
	r.stop()
}
