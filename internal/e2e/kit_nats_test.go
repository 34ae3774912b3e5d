package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	reports "github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// natsServer returns a nats-server: the one that .ci/install-test-tools installs, or one in PATH.
func natsServer(t *testing.T) string {
	t.Helper()
	if path := absolute(t, root+"/.bin/nats-server"); exec.Command(path, "--version").Run() == nil {
		return path
	}
	path, err := exec.LookPath("nats-server")
	if err != nil {
		missing(t, "nats-server")
	}
	return path
}

// A natsScene is a NATS server that can be killed and started again.
type natsScene struct {
	t       *testing.T
	binary  string
	address string
	dir     string
	cmd     *exec.Cmd
}

func newNATSScene(t *testing.T) *natsScene {
	t.Helper()
	n := &natsScene{t: t, binary: natsServer(t), address: freeAddress(t), dir: t.TempDir()}
	t.Cleanup(n.kill)
	return n
}

func (n *natsScene) url() string { return "nats://" + n.address }

func (n *natsScene) start() {
	n.t.Helper()
	config := writeFile(n.t, filepath.Join(n.dir, "nats.conf"), fmt.Sprintf("listen: %q\njetstream {store_dir: %q, sync_interval: always}\n", n.address, n.dir), 0o600)
	n.cmd = exec.Command(n.binary, "-c", config)
	n.cmd.Stdout, n.cmd.Stderr = n.t.Output(), n.t.Output()
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
}

func (n *natsScene) kill() {
	if n.cmd != nil {
		_ = n.cmd.Process.Kill() // it may have ended
		_ = n.cmd.Wait()
		n.cmd = nil
	}
}

// stream connects, and makes or finds the stream that docs/fleet.md shows.
func (n *natsScene) stream() jetstream.Stream {
	n.t.Helper()
	var stream jetstream.Stream
	eventually(n.t, "JetStream", func() error {
		conn, err := nats.Connect(n.url())
		if err != nil {
			return err
		}
		n.t.Cleanup(conn.Close)
		js, err := jetstream.New(conn)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(n.t.Context(), 5*time.Second)
		defer cancel()
		stream, err = js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
			Name: "POSTFIX_TLS", Subjects: []string{"postfix-tls.>"}, Duplicates: 24 * time.Hour,
		})
		return err
	})
	return stream
}

// stored returns how many messages the stream has.
func (n *natsScene) stored(stream jetstream.Stream) (uint64, error) {
	info, err := stream.Info(n.t.Context())
	if err != nil {
		return 0, err
	}
	return info.State.Msgs, nil
}

// events returns what the stream has, by ID, and fails the test for an ID that it has twice.
func (n *natsScene) events(stream jetstream.Stream) map[string]string {
	n.t.Helper()
	all := map[string]string{}
	count, err := n.stored(stream)
	if err != nil {
		n.t.Fatal(err)
	}
	for seq := uint64(1); seq <= count; seq++ {
		m, err := stream.GetMsg(n.t.Context(), seq)
		if err != nil {
			n.t.Fatal(err)
		}
		id := m.Header.Get("Nats-Msg-Id")
		if _, ok := all[id]; ok || m.Subject != "postfix-tls.events" {
			n.t.Errorf("stored twice, or as %s: %s", m.Subject, m.Data)
		}
		all[id] = string(m.Data) + "\n"
	}
	return all
}

// ended returns the events of a log by ID, but for those whose end is not in the log: serve goes on to wait for it.
func ended(t *testing.T, log string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	p := parser.New(reports.NewEventsFunc(func(id string, line []byte) error {
		all[id] = string(line)
		return nil
	}), parser.Options{})
	p.StartInput(time.Now())
	p.Feed(text) // and no Close, which tells the rest
	return all
}

// TestKitNATS kills the exporter, and then the server. Each event is stored once.
func TestKitNATS(t *testing.T) {
	server := newNATSScene(t)
	text, err := os.ReadFile(filepath.Join(root, "testdata", "corpus", "v312-sni", "mail.log"))
	if err != nil {
		t.Fatal(err)
	}
	thirds := cutLines(text, 3)
	dir := t.TempDir()
	log := filepath.Join(dir, "mail.log")
	writeFile(t, log, string(thirds[0]), 0o644)
	args := []string{
		"--log", log, "--state-directory", filepath.Join(dir, "state"), "--checkpoint-interval", "1h", "--events.nats", server.url(),
	}
	exporter := serve(t, args...)

	// There is no server yet, and then no stream: events wait, and there is no checkpoint.
	exporter.await(t, "postfix_tls_events_waiting", func(n float64) bool { return n > 0 })
	server.start()
	time.Sleep(3 * time.Second)
	exporter.await(t, "postfix_tls_events_total", func(n float64) bool { return n == 0 })
	if _, err := os.Stat(filepath.Join(dir, "state", "checkpoint")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a checkpoint before the events of its past are stored: %v", err)
	}
	stream := server.stream()
	server.awaitAll(stream, ended(t, log))
	eventually(t, "checkpoint", func() error {
		_, err := os.Stat(filepath.Join(dir, "state", "checkpoint"))
		return err
	})

	// The exporter is killed, and publishes what came after its checkpoint once more.
	first := len(ended(t, log))
	appendFile(t, log, thirds[1])
	server.awaitAll(stream, ended(t, log))
	exporter.kill()
	exporter = serve(t, args...)
	second := len(ended(t, log))
	exporter.await(t, "postfix_tls_events_total", func(n float64) bool { return n >= float64(second-first) })

	// The server is killed, and comes back.
	server.kill()
	appendFile(t, log, thirds[2])
	exporter.await(t, "postfix_tls_events_waiting", func(n float64) bool { return n > 0 })
	server.start()
	stream = server.stream()
	server.awaitAll(stream, ended(t, log))
	exporter.await(t, "postfix_tls_events_waiting", func(n float64) bool { return n == 0 })
	exporter.terminate(t)
	if diff := cmp.Diff(ended(t, log), server.events(stream)); diff != "" || second == first {
		t.Errorf("(-log +stream):\n%s", diff)
	}
}

// awaitAll waits until the stream has as many events.
func (n *natsScene) awaitAll(stream jetstream.Stream, events map[string]string) {
	n.t.Helper()
	eventually(n.t, "events", func() error {
		got, err := n.stored(stream)
		if err == nil && got != uint64(len(events)) {
			err = fmt.Errorf("%d of %d", got, len(events))
		}
		return err
	})
}

// cutLines cuts a log into so many parts, between lines.
func cutLines(text []byte, n int) (parts [][]byte) {
	for ; n > 1; n-- {
		end := len(text)/n + bytes.IndexByte(text[len(text)/n:], '\n') + 1
		parts, text = append(parts, text[:end]), text[end:]
	}
	return append(parts, text)
}

func appendFile(t *testing.T, path string, text []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.Write(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}
