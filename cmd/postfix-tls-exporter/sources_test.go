package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const sourceLine = "Nov 22 04:00:00 mx1 postfix/smtpd[410]: connect from a.example.net[192.0.2.10]\n"

func TestSourceNames(t *testing.T) {
	for _, test := range []struct {
		flags sourceFlags
		want  []string
	}{
		{sourceFlags{}, []string{"/var/log/mail.log"}},
		{sourceFlags{Log: []string{"-"}}, []string{"-"}},
		{sourceFlags{Journal: true}, []string{"journal"}},
		{sourceFlags{JournalDirectory: "/j", Log: []string{"/a", "/b"}}, []string{"journal", "/a", "/b"}},
		{sourceFlags{SyslogUDP: ":514", SyslogUnix: "/s"}, []string{"syslog"}},
	} {
		if diff := cmp.Diff(test.want, test.flags.names()); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.flags, diff)
		}
	}
}

// Each source that cannot be read again hands its lines to the counters.
func TestServeSources(t *testing.T) {
	dir := t.TempDir()
	fifo, socket := filepath.Join(dir, "fifo"), filepath.Join(dir, "log.sock")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	tcp := freeAddress(t)
	s := serve(t, "--log="+fifo, "--syslog.unix="+socket, "--syslog.tcp="+tcp)
	send := func(open func() (io.WriteCloser, error), text string) {
		t.Helper()
		var w io.WriteCloser
		eventually(t, "the source to be open", func() (ok bool) {
			var err error
			w, err = open()
			return err == nil
		})
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	send(func() (io.WriteCloser, error) { return os.OpenFile(fifo, os.O_WRONLY, 0) }, sourceLine)
	send(func() (io.WriteCloser, error) { return net.Dial("unixgram", socket) }, "<22>"+sourceLine)
	send(func() (io.WriteCloser, error) { return net.DialTimeout("tcp", tcp, time.Second) }, fmt.Sprintf("%d <22>%s", len("<22>"+sourceLine), sourceLine))
	s.awaitLines(t, 3)
	if status := s.stop(t); status != 0 {
		t.Errorf("exit status %d, want 0", status)
	}
}

// freeAddress is one that nobody listens on, at the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
