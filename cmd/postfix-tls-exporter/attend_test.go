package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A manager is what systemd is to a service.
type manager struct {
	socket   *net.UnixConn
	mu       sync.Mutex
	messages []string
}

func newManager(t *testing.T) *manager {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	must(t, err)
	m := &manager{socket: socket}
	var reader sync.WaitGroup
	reader.Go(func() {
		for buf := make([]byte, 4096); ; {
			n, err := socket.Read(buf)
			if err != nil {
				return
			}
			m.mu.Lock()
			m.messages = append(m.messages, strings.Split(string(buf[:n]), "\n")...)
			m.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		_ = socket.Close()
		reader.Wait()
	})
	return m
}

// env is what it tells the service. The service may be killed if it says nothing for so long.
func (m *manager) env(watchdog time.Duration, more ...string) []string {
	return append(more, "NOTIFY_SOCKET="+m.socket.LocalAddr().String(), fmt.Sprintf("WATCHDOG_USEC=%d", watchdog.Microseconds()))
}

func (m *manager) count(message string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, got := range m.messages {
		if got == message {
			n++
		}
	}
	return n
}

// TestNotify tells the service manager of each step, and keeps its watchdog quiet.
func TestNotify(t *testing.T) {
	t.Parallel()
	s, m := newStateScene(t), newManager(t)
	_, first, second := halves(t)
	writeFile(t, s.log, first)
	s.serve().stopWell(t)
	must(t, os.Rename(s.log, s.log+".1"))
	writeFile(t, s.log, second)
	told := launch(t, m.env(20*time.Millisecond), s.args()...)
	eventually(t, "READY=1", func() bool { return m.count("READY=1") == 1 })
	told.awaitAddress(t)
	eventually(t, "signs of life before the log is read", func() bool { return m.count("WATCHDOG=1") > 1 })
	told.awaitReady(t)
	eventually(t, "the status", func() bool { return m.count("STATUS=Following the log") == 1 })
	n := m.count("WATCHDOG=1")
	eventually(t, "signs of life", func() bool { return m.count("WATCHDOG=1") > n+3 })
	told.stopWell(t)
	eventually(t, "STOPPING=1", func() bool { return m.count("STOPPING=1") == 1 })
	m.mu.Lock()
	defer m.mu.Unlock()
	want := []string{"READY=1", "STATUS=Reading the log up to its end", "STATUS=Following the log", "STOPPING=1"}
	equal(t, "messages", want, slices.DeleteFunc(m.messages, func(message string) bool { return message == "WATCHDOG=1" }))
}

// TestNotifyOfAnother leaves a watchdog alone that waits for another process.
func TestNotifyOfAnother(t *testing.T) {
	t.Parallel()
	s, m := newStateScene(t), newManager(t)
	told := launch(t, m.env(time.Millisecond, "WATCHDOG_PID=1"), s.args()...)
	told.awaitAddress(t)
	told.awaitReady(t)
	told.stopWell(t)
	eventually(t, "STOPPING=1", func() bool { return m.count("STOPPING=1") == 1 })
	if n := m.count("WATCHDOG=1"); n > 0 {
		t.Errorf("%d signs of life", n)
	}
}
