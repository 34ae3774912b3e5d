package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// NATSConfig says which JetStream stream events go to.
type NATSConfig struct {
	URL         string // "nats://host:4222", or several with commas between them
	Subject     string // one of those that the stream takes
	Credentials string // file with a user's JWT and key; empty without
	CA          string // file of certificates that the server's is to be issued by; empty for the system's
	Logger      *slog.Logger
}

const (
	// maxPending bounds the messages on their way. A batch has fewer: no event is as short as 100 bytes.
	maxPending = maxBatch / 100
	// ackTimeout is how long a message may be without an answer.
	ackTimeout = 10 * time.Second
	// minWindow is the shortest time, for which a stream remembers the IDs of messages, that nobody is warned of: the exporter may be down for so long.
	minWindow = time.Hour
)

// NATS publishes events to a JetStream stream, which stores each ID once within its duplicate window.
type NATS struct {
	cfg    NATSConfig
	conn   *nats.Conn
	stream jetstream.JetStream
	looked bool // at the stream's configuration
}

// OpenNATS begins to connect. A server that is not there is waited for.
func OpenNATS(cfg NATSConfig) (*NATS, error) {
	log := cfg.Logger
	opts := []nats.Option{
		nats.Name("postfix-tls-exporter"), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
		nats.ReconnectBufSize(-1), // what is not acknowledged is in the box
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { log.Warn("NATS: disconnected", "error", err) }),
		nats.ReconnectHandler(func(c *nats.Conn) { log.Info("NATS: connected", "server", c.ConnectedUrlRedacted()) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Warn("NATS", "error", err) }),
	}
	if cfg.Credentials != "" {
		opts = append(opts, nats.UserCredentials(cfg.Credentials))
	}
	if cfg.CA != "" {
		opts = append(opts, nats.RootCAs(cfg.CA))
	}
	conn, err := nats.Connect(cfg.URL, opts...)
	if err != nil {
		return nil, fmt.Errorf("NATS: %w", err)
	}
	stream, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(maxPending), jetstream.WithPublishAsyncTimeout(ackTimeout))
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("NATS: %w", err)
	}
	return &NATS{cfg: cfg, conn: conn, stream: stream}, nil
}

// Write publishes the events, and returns when the stream has acknowledged them all.
func (n *NATS) Write(ctx context.Context, events []Event) error {
	if !n.conn.IsConnected() {
		return fmt.Errorf("NATS: %w", errors.Join(nats.ErrDisconnected, n.conn.LastError()))
	}
	futures := make([]jetstream.PubAckFuture, 0, len(events))
	for i := range events {
		e := &events[i]
		line, err := n.fit(e)
		if err != nil {
			return err
		}
		future, err := n.stream.PublishMsgAsync(&nats.Msg{Subject: n.cfg.Subject, Data: line}, jetstream.WithMsgID(e.ID))
		if err != nil {
			return fmt.Errorf("NATS: %w", err)
		}
		futures = append(futures, future)
	}
	for _, future := range futures {
		select {
		case ack := <-future.Ok():
			n.look(ctx, ack.Stream)
		case err := <-future.Err():
			return fmt.Errorf("NATS: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// room is what the headers of a message may take.
const room = 512

// fit makes an event short enough for the server. A message may have thousands of deliveries.
func (n *NATS) fit(e *Event) ([]byte, error) {
	line := e.Line[:len(e.Line)-1]
	limit := int(n.conn.MaxPayload()) - room
	if len(line) <= limit {
		return line, nil
	}
	return shorten(line, limit)
}

// look warns of a stream that forgets IDs early. Who may not look at its configuration does without.
func (n *NATS) look(ctx context.Context, name string) {
	if n.looked {
		return
	}
	n.looked = true
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	stream, err := n.stream.Stream(ctx, name)
	if err != nil {
		return
	}
	if window := stream.CachedInfo().Config.Duplicates; window < minWindow {
		n.cfg.Logger.Warn("NATS: after a crash, events are stored twice if the exporter starts again later than the stream's duplicate window", "stream", name, "window", window)
	}
}

// Rest does nothing.
func (n *NATS) Rest() error { return nil }

// Close ends the connection.
func (n *NATS) Close() error {
	n.conn.Close()
	return nil
}
