package exporter

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/exporter-toolkit/web"
	"go.uber.org/goleak"
)

func config(t *testing.T, ready bool) Config {
	t.Helper()
	data := sampleData(t)
	return Config{
		TelemetryPath: "/metrics", Version: "1.2.3", Ready: func() bool { return ready }, Logger: slog.New(slog.DiscardHandler),
		Collector: NewCollector(func() Data { return data }, profile(t), Build{Version: "1.2.3"}), Data: func() Data { return data },
	}
}

func TestHandler(t *testing.T) {
	for _, c := range []struct {
		method, path string
		ready        bool
		status       int
		holds        string
	}{
		{"GET", "/metrics", true, 200, "\npostfix_tls_open_sessions 1\n"},
		{"GET", "/metrics", true, 200, "\ngo_goroutines "},
		{"GET", "/metrics", false, 200, "\npostfix_tls_open_sessions 1\n"},
		{"GET", "/healthz", false, 200, "ok\n"},
		{"GET", "/readyz", true, 200, "ok\n"},
		{"GET", "/readyz", false, 503, "up to its end"},
		{"GET", "/", true, 200, `href="/metrics"`},
		{"GET", "/", true, 200, "/var/log/mail.log</td><td>2026-11-22 04:00:06 &#43;00:00</td><td class=\"n\">1000</td><td class=\"n\">5</td><td class=\"n\">2</td><td class=\"n\">3</td>"},
		{"GET", "/", false, 200, "still being read"},
		{"GET", "/nothing", true, 404, ""},
		{"POST", "/metrics", true, 405, ""},
	} {
		handler, err := Handler(config(t, c.ready))
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.holds) {
			t.Errorf("%s %s, ready %v: status %d, want %d; body should hold %q:\n%.300s", c.method, c.path, c.ready, w.Code, c.status, c.holds, w.Body)
		}
	}
}

// A log's name cannot break out of its cell.
func TestHostileLogName(t *testing.T) {
	cfg := config(t, true)
	data := sampleData(t)
	data.Logs[0].Name = "<script>alert(1)</script>"
	cfg.Data = func() Data { return data }
	handler, err := Handler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if body := w.Body.String(); strings.Contains(body, "<script>") || !strings.Contains(body, "&lt;script&gt;") {
		t.Errorf("the page holds the name as it is:\n%s", body)
	}
}

// A peer's name cannot break out of its label.
func TestHostileLabel(t *testing.T) {
	data := sampleData(t)
	data.Snapshot.Peers[0].Peer = "a\"} 1\nforged_total 7 #<script>\xff"
	cfg := config(t, true)
	cfg.Collector = NewCollector(func() Data { return data }, profile(t), Build{})
	handler, err := Handler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if strings.Contains(w.Body.String(), "\nforged_total") {
		t.Error("a peer's name made a metric of its own")
	}
}

func TestServeEndsWithContext(t *testing.T) {
	defer goleak.VerifyNone(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := config(t, true)
	socket, file := false, ""
	cfg.Web = &web.FlagConfig{WebListenAddresses: &[]string{address}, WebSystemdSocket: &socket, WebConfigFile: &file}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, cfg) }()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		response, err := client.Get("http://" + address + "/healthz")
		if err == nil {
			if _, err := io.Copy(io.Discard, response.Body); err != nil {
				t.Fatal(err)
			}
			if err := response.Body.Close(); err != nil {
				t.Fatal(err)
			}
			break
		}
		select {
		case err := <-done:
			t.Fatal(err)
		default:
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve: %v, want nil after its context ended", err)
	}
}

func TestServeTellsThatAddressIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cfg := config(t, true)
	socket, file := false, ""
	cfg.Web = &web.FlagConfig{WebListenAddresses: &[]string{l.Addr().String()}, WebSystemdSocket: &socket, WebConfigFile: &file}
	if err := Serve(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("Serve: %v, want address already in use", err)
	}
}
