package e2e

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// How logs are rotated, and the program that follows them is killed and started again.
const (
	rotations      = 6
	killedAfter    = 3 // rotations
	restartedAfter = 5
)

// TestPostfixLogrotate sends mail to a real Postfix while `postfix logrotate` runs again and again. The plain form of a
// rotated log lasts for a second there.
func TestPostfixLogrotate(t *testing.T) {
	need(t, "postfix", "ip")
	dir := inNamespace(t)
	if dir == "" {
		return
	}
	setUpNamespace(t, dir, hostsFile())
	postfix := startMailServer(t, dir, configuration{})
	following := following(postfix.log, filepath.Join(dir, "state"))
	exporter := serve(t, following...)

	sender, rotated := &sender{t: t}, postfix.rotate(t)
	for n := 0; n < rotations; {
		sender.load()
		select {
		case n = <-rotated:
		default:
			continue
		}
		switch n {
		case killedAfter:
			exporter.kill()
		case restartedAfter:
			exporter = serve(t, following...)
		default:
		}
	}
	sender.load()
	t.Logf("%d sessions", len(sender.sessions))

	wantMetrics(t, exporter, "inbound", expectedMetrics(sender.sessions))
	wantReported(t, exporter, postfix.logs(t))
	testParse(t, postfix.logs(t), sender.sessions)
	exporter.terminate(t)
}

// following returns the flags to follow a log from checkpoint to checkpoint.
func following(log, state string) []string {
	return []string{"--log", log, "--state-directory", state, "--checkpoint-interval", "500ms", "--peer-limit", "100000"}
}

// rotate rotates the log again and again, and sends each time how often that has been.
func (m mailServer) rotate(t *testing.T) <-chan int {
	t.Helper()
	rotated := make(chan int, rotations)
	go func() {
		defer close(rotated)
		for i := range rotations {
			m.postfix(t, "logrotate")
			rotated <- i + 1
		}
	}()
	t.Cleanup(func() {
		for range rotated { // until it is closed
		}
	})
	return rotated
}

// load holds a handful of sessions of several kinds, one of them open for as long as the others last. That one is with
// another service: Postfix, when it has just been reloaded, may let a connection wait until an open one has ended.
func (s *sender) load() {
	tls12 := tlsOnly(tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)
	tls13 := tlsOnly(tls.VersionTLS13)

	open := s.plaintext("submission", "127.0.1.2")
	s.sendWith(nil, 10, "smtpd", "127.0.1.1")
	s.sendWith(tls12, 20, "smtpd", "127.0.2.1")
	s.sendWith(tls13, 0, "smtpd", "127.0.1.2")
	s.sendWith(tls13, 1, "smtpd", "127.0.1.3")
	s.startTLS(open, tls13)
	s.send(open, recipient)
	s.quit(open)
}

// kill ends the server as nothing else does: it has no time to write anything down.
func (s *server) kill() {
	_ = s.cmd.Process.Kill() // fails only where it has ended
	<-s.ended
}

// wantReported waits until the metrics say what `parse` says of all the files. No line was lost.
func wantReported(t *testing.T, exporter *server, logs []string) {
	t.Helper()
	eventually(t, "metrics as in the report", func() error {
		want, err := reportedMetrics(t, logs)
		if err != nil {
			return err
		}
		body, err := exporter.metrics(t)
		if err != nil {
			return err
		}
		metrics, err := parseMetrics(body, nil)
		if err != nil {
			return err
		}
		got := map[string]samples{}
		for name := range want {
			got[name] = metrics[name]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return errors.New("(-want +got):\n" + diff)
		}
		return nil
	})
}

// reportedMetrics returns what `parse` says of the logs, as metrics do, and what they say if no line was lost.
func reportedMetrics(t *testing.T, logs []string) (map[string]samples, error) {
	t.Helper()
	var report struct {
		Lines              map[string]float64
		Sessions, Messages []row
	}
	if err := json.Unmarshal(program(t, slices.Concat([]string{"parse", "--format", "json"}, logs)...), &report); err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	for _, m := range report.Messages {
		delete(m, "cipher") // the metric has none
	}
	lines := samples{}
	for _, result := range []string{"used", "ignored", "unrecognized", "foreign"} {
		lines.add(map[string]string{"result": result}, report.Lines[result])
	}
	return map[string]samples{
		"postfix_tls_sessions_total":          rowSamples(report.Sessions),
		"postfix_tls_messages_total":          rowSamples(report.Messages),
		"postfix_tls_log_lines_total":         lines,
		"postfix_tls_log_lost_bytes_total":    {},
		"postfix_tls_log_gaps_total":          {},
		"postfix_tls_log_cut_lines_total":     {},
		"postfix_tls_log_dropped_lines_total": {},
	}, nil
}
