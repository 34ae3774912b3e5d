package follow

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// A SyslogConfig says where a [Syslog] listens, and how. At least one of Unix, UDP and TCP has to be set.
//
// Nothing tells who sends: whoever reaches one of these can write what Postfix could.
type SyslogConfig struct {
	// Unix is the path of a datagram socket, as /dev/log is one. One that is left over is replaced.
	Unix string

	// Mode is the mode of that socket, of which writing is what counts; 0 is 0622.
	Mode fs.FileMode

	// UDP and TCP are addresses as those of [net.Listen]. UDP loses messages without a word.
	UDP, TCP string

	// MaxLine is the length in bytes at which a message is cut; the rest of it is left out. 0 is 65536.
	MaxLine int

	// Queue is for how many bytes of lines there is room while the sink is busy; 0 is 8 MiB. When it is full, datagrams
	// are dropped, and senders over TCP have to wait.
	Queue int

	// MaxConnections bounds the connections at a time; 0 is 100. The next ones wait.
	MaxConnections int

	// IdleTimeout is after how long without a byte a connection is closed; 0 is an hour. A sender may notice only with
	// the message after the next.
	IdleTimeout time.Duration

	// Hostname is put into messages that have none: those of this machine. "" is the host name of the machine. Messages
	// from elsewhere get the address of the sender.
	Hostname string

	// Logger is told of trouble; nil is nobody.
	Logger *slog.Logger
}

func (c SyslogConfig) withDefaults() SyslogConfig {
	if c.Mode == 0 {
		c.Mode = 0o622
	}
	if c.MaxLine <= 0 {
		c.MaxLine = streamMaxLine
	}
	if c.Queue <= 0 {
		c.Queue = 8 << 20
	}
	if c.MaxConnections <= 0 {
		c.MaxConnections = 100
	}
	if c.IdleTimeout <= 0 {
		c.IdleTimeout = time.Hour
	}
	if c.Hostname == "" {
		c.Hostname, _ = os.Hostname()
	}
	if c.Hostname == "" {
		c.Hostname = "localhost"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// A Syslog hands over the messages that syslog clients and relays send to it, one as one line, in the order of each sender.
// What is in a message is left to the reader of the lines, be it RFC 3164 or RFC 5424, but for a time and a host where there
// is none, and for control characters, which become question marks.
//
// What was sent while nobody listened is gone: there is no place to go on from, and the Positions of its chunks are zero.
type Syslog struct {
	cfg      SyslogConfig
	log      *slog.Logger
	counters counters
	caughtUp chan struct{}
	queue    *lineQueue

	mu        sync.Mutex
	addresses []net.Addr
}

var _ Source = (*Syslog)(nil)

// NewSyslog returns a Syslog that does not listen yet.
func NewSyslog(cfg SyslogConfig) *Syslog {
	cfg = cfg.withDefaults()
	cfg.Hostname = string(appendWord(nil, []byte(cfg.Hostname)))
	return &Syslog{
		cfg:      cfg,
		log:      cfg.Logger.With("log", "syslog"),
		caughtUp: make(chan struct{}),
		queue:    newLineQueue(cfg.Queue),
	}
}

// CaughtUp returns a channel that is closed when all sockets are open: there is nothing to catch up with.
func (s *Syslog) CaughtUp() <-chan struct{} { return s.caughtUp }

// Stats returns the counts so far. Any goroutine may call it. Dropped counts datagrams, and messages over TCP of which the
// sender did not send all. What the kernel drops is not known. Exists says whether the sockets are open.
func (s *Syslog) Stats() Stats { return s.counters.stats() }

// Addresses returns where the Syslog listens: the Unix socket, UDP and TCP, as far as they are configured. Before CaughtUp
// there is nothing.
func (s *Syslog) Addresses() []net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addresses
}

// Run listens, and hands lines to sink from the goroutine that called Run. It may be called once.
//
// It returns nil when the context ends, after it has handed over what has arrived. It returns the error of sink as it is.
// Any other error says that it cannot listen.
func (s *Syslog) Run(ctx context.Context, sink func(Chunk) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sockets, err := s.listen()
	defer sockets.close()
	if err != nil {
		return err
	}
	s.counters.exists.Store(true)
	defer s.counters.exists.Store(false)
	close(s.caughtUp)

	receivers := s.receive(ctx, sockets)
	done := make(chan struct{})
	go func() {
		defer close(done)
		receivers.Wait()
	}()
	err = s.handOver(sink, done)
	cancel()
	s.queue.close()
	<-done
	return err
}

// handOver hands over what arrives, until done is closed.
func (s *Syslog) handOver(sink func(Chunk) error, done <-chan struct{}) error {
	for last := false; !last; {
		select {
		case <-s.queue.ready:
		case <-done:
			last = true
		}
		b := s.queue.take()
		if len(b.lines) == 0 {
			continue
		}
		if err := sink(Chunk{Lines: b.lines, Modified: time.Now(), Counted: s.counters.stats().with(b)}); err != nil {
			return err
		}
		s.counters.add(b)
	}
	return nil
}

// receive starts what receives. It ends soon after the context has ended.
func (s *Syslog) receive(ctx context.Context, sockets *syslogSockets) *sync.WaitGroup {
	var wg sync.WaitGroup
	for _, c := range sockets.packets {
		wg.Go(func() { s.receivePackets(ctx, c) })
	}
	if l := sockets.listener; l != nil {
		wg.Go(func() { s.accept(ctx, l) })
	}
	return &wg
}

// receivePackets takes datagrams, each a message.
func (s *Syslog) receivePackets(ctx context.Context, c net.PacketConn) {
	defer context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(time.Now().Add(drainTime)) })()
	buf := make([]byte, s.cfg.MaxLine+1)
	var line block
	for {
		n, from, err := c.ReadFrom(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			s.log.Warn("a message cannot be received", "error", err)
			if !sleepFor(ctx, time.Second) {
				return
			}
			continue
		}
		s.message(&line, buf[:n], s.hostOf(from))
		line.size = int64(n)
		if len(line.lines) > 0 && !s.queue.put(line, false) {
			s.counters.dropped.Add(1)
		}
	}
}

// message makes a line of a message.
func (s *Syslog) message(line *block, message []byte, host string) {
	var cut bool
	line.cut = 0
	line.lines, cut = appendSyslogLine(line.lines[:0], message, host, time.Now(), s.cfg.MaxLine)
	if cut {
		line.cut = 1
	}
}

// hostOf returns the host of a message that does not name one.
func (s *Syslog) hostOf(from net.Addr) string {
	var ip net.IP
	switch a := from.(type) {
	case *net.UDPAddr:
		ip = a.IP
	case *net.TCPAddr:
		ip = a.IP
	}
	if ip == nil || ip.IsLoopback() {
		return s.cfg.Hostname
	}
	return ip.String()
}

// accept takes connections, and returns when all of them have ended.
func (s *Syslog) accept(ctx context.Context, l net.Listener) {
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	var connections sync.WaitGroup
	defer connections.Wait()
	slots := make(chan struct{}, s.cfg.MaxConnections)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		c, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			s.log.Warn("a connection cannot be accepted", "error", err) // too many files are open, mostly
			<-slots
			if !sleepFor(ctx, time.Second) {
				return
			}
			continue
		}
		connections.Go(func() {
			defer func() { <-slots }()
			defer c.Close()
			s.receiveStream(ctx, c)
		})
	}
}

// receiveStream takes the messages of a connection. The sender waits while there is no room for them.
func (s *Syslog) receiveStream(ctx context.Context, c net.Conn) {
	defer context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(time.Now().Add(drainTime)) })()
	frames := newSyslogFramer(&idleReader{ctx: ctx, conn: c, idle: s.cfg.IdleTimeout}, s.cfg.MaxLine)
	host := s.hostOf(c.RemoteAddr())
	var line block
	for {
		message, size, cut, err := frames.next()
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				s.counters.dropped.Add(1)
			}
			s.log.Debug("a connection has ended", "from", c.RemoteAddr(), "error", err)
			return
		}
		s.message(&line, message, host)
		line.size = size
		if cut {
			line.cut = 1
		}
		if len(line.lines) > 0 && !s.queue.put(line, true) {
			return
		}
	}
}

// An idleReader reads from a connection until nothing comes for some time.
type idleReader struct {
	ctx  context.Context //nolint:containedctx // of the connection
	conn net.Conn
	idle time.Duration
}

func (r *idleReader) Read(p []byte) (int, error) {
	if r.ctx.Err() == nil {
		_ = r.conn.SetReadDeadline(time.Now().Add(r.idle))
		if r.ctx.Err() != nil { // meanwhile; the deadline must not be later than the one that was set for that
			_ = r.conn.SetReadDeadline(time.Now().Add(drainTime))
		}
	}
	return r.conn.Read(p)
}
