package follow

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// receiveBuffer is what the kernel is asked to hold of a datagram socket; it may give less.
const receiveBuffer = 1 << 20

// syslogSockets are those that are open.
type syslogSockets struct {
	packets  []net.PacketConn
	listener net.Listener // nil if there is none
	path     string       // of the Unix socket, to be removed
	file     fs.FileInfo
}

func (s *Syslog) listen() (*syslogSockets, error) {
	sockets := &syslogSockets{}
	if s.cfg.Unix == "" && s.cfg.UDP == "" && s.cfg.TCP == "" {
		return sockets, errors.New("syslog: there is nothing to listen on")
	}
	if s.cfg.Unix != "" {
		if err := sockets.listenUnix(s.cfg.Unix, s.cfg.Mode); err != nil {
			return sockets, err
		}
	}
	if s.cfg.UDP != "" {
		c, err := net.ListenPacket("udp", s.cfg.UDP)
		if err != nil {
			return sockets, err
		}
		sockets.packets = append(sockets.packets, c)
		_ = c.(*net.UDPConn).SetReadBuffer(receiveBuffer) // which is a wish
	}
	if s.cfg.TCP != "" {
		l, err := net.Listen("tcp", s.cfg.TCP)
		if err != nil {
			return sockets, err
		}
		sockets.listener = l
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addresses = sockets.addresses()
	return sockets, nil
}

func (s *syslogSockets) listenUnix(path string, mode fs.FileMode) error {
	if err := removeStale(path); err != nil {
		return err
	}
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return err
	}
	s.packets = append(s.packets, c)
	_ = c.SetReadBuffer(receiveBuffer) // which is a wish
	if err := os.Chmod(path, mode); err != nil {
		return err
	}
	s.path = path
	s.file, err = os.Lstat(path)
	return err
}

// removeStale removes a socket that nobody listens on.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s exists and is no socket", path)
	}
	c, err := net.Dial("unixgram", path)
	if err == nil {
		_ = c.Close() // only opened
		return fmt.Errorf("%s: %w", path, syscall.EADDRINUSE)
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return os.Remove(path)
	}
	return err
}

func (s *syslogSockets) addresses() []net.Addr {
	var all []net.Addr
	for _, c := range s.packets {
		all = append(all, c.LocalAddr())
	}
	if s.listener != nil {
		all = append(all, s.listener.Addr())
	}
	return all
}

// close leaves the Unix socket of somebody else who took over the path.
func (s *syslogSockets) close() {
	if s.file != nil {
		if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.file) {
			_ = os.Remove(s.path) // a stale one is replaced, if need be
		}
	}
	for _, c := range s.packets {
		_ = c.Close() // nothing to lose
	}
	if s.listener != nil {
		_ = s.listener.Close() // again, when the context has ended
	}
}
