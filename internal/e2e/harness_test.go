package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// The environment is the only way to tell a test binary something that also reaches the copy of it that runs in a
// namespace, see namespace_test.go.
const (
	envRequired = "POSTFIX_TLS_E2E"
	envBinary   = "POSTFIX_TLS_E2E_BINARY"
)

// patience is how long the tests wait for something that should come at once. It is for machines under load, and no
// measure of speed.
const patience = 2 * time.Minute

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	listing := flag.Lookup("test.list").Value.String() != ""
	if listing || os.Getenv(envBinary) != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "postfix-tls-exporter-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := buildInto(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// buildInto builds the program as the Makefile does and leaves its path in the environment.
func buildInto(dir string) error {
	binary := filepath.Join(dir, "postfix-tls-exporter")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, "../../cmd/postfix-tls-exporter")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build the program: %w", err)
	}
	return os.Setenv(envBinary, binary)
}

// need ends the test where one of the commands is not installed.
func need(t *testing.T, commands ...string) {
	t.Helper()
	for _, name := range commands {
		if _, err := exec.LookPath(name); err != nil {
			missing(t, name)
		}
	}
}

// missing ends the test for want of a component: a failure where the tests are required, else a skip.
func missing(t *testing.T, component string) {
	t.Helper()
	if os.Getenv("CI") == "true" || os.Getenv(envRequired) == "required" {
		t.Fatalf("missing: %s", component)
	}
	t.Skipf("missing: %s", component)
}

// program runs the program to its end and returns its standard output; any other exit status than 0 fails the test.
func program(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Getenv(envBinary), args...)
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return out
}

// A server is a running `serve`.
type server struct {
	address string // host and port of its web server
	cmd     *exec.Cmd
	ended   chan struct{} // closed when it has ended
	err     error         // what Wait returned, then
}

// serve starts `serve` on a free port of its own. It may not be ready when serve returns. It is killed at the end of the
// test if it is still running then.
func serve(t *testing.T, args ...string) *server {
	t.Helper()
	s := &server{address: freeAddress(t), ended: make(chan struct{})}
	args = append([]string{"serve", "--web.listen-address", s.address}, args...)
	s.cmd = exec.Command(os.Getenv(envBinary), args...)
	s.cmd.Stdout, s.cmd.Stderr = t.Output(), t.Output()
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // fails only where it has ended
		<-s.ended
	})
	go func() {
		s.err = s.cmd.Wait()
		close(s.ended)
	}()
	return s
}

// metrics returns a scrape. A server that has ended fails the test at once.
func (s *server) metrics(t *testing.T) ([]byte, error) {
	t.Helper()
	select {
	case <-s.ended:
		t.Fatalf("serve has ended: %v", s.err)
	default:
	}
	return get(t.Context(), http.DefaultClient, "http://"+s.address+"/metrics")
}

// await waits until the sum of a metric's samples is as it should be.
func (s *server) await(t *testing.T, name string, so func(float64) bool) {
	t.Helper()
	eventually(t, name, func() error {
		body, err := s.metrics(t)
		if err != nil {
			return err
		}
		metrics, err := parseMetrics(body, nil)
		if err != nil {
			return err
		}
		sum := 0.0
		for _, v := range metrics[name] {
			sum += v
		}
		if !so(sum) {
			return fmt.Errorf("%s is %v", name, sum)
		}
		return nil
	})
}

// terminate asks the server to end, as systemd does, and requires that it does so with status 0.
func (s *server) terminate(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.ended:
		if s.err != nil {
			t.Fatalf("serve after SIGTERM: %v", s.err)
		}
	case <-time.After(patience):
		t.Fatalf("serve has not ended %v after SIGTERM", patience)
	}
}

// freeAddress returns a loopback address with a port that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// eventually calls f until it returns nil.
func eventually(t *testing.T, what string, f func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v: %v", what, patience, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// get returns the body of a page that must answer with status 200.
func get(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		err = errors.Join(err, fmt.Errorf("%s: %s", url, resp.Status))
	}
	return body, err
}

func writeFile(t *testing.T, path, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}
