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

func config(t testing.TB, ready bool) Config {
	t.Helper()
	data := sampleData(t)
	return Config{
		TelemetryPath: "/metrics", Version: "1.2.3", Ready: func() bool { return ready }, Logger: slog.New(slog.DiscardHandler), Profile: profile(t),
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
		{"GET", "/", true, 200, `/var/log/mail.log</th><td class="d">2026-11-22 04:00:06 &#43;00:00</td><td class="n">1,000</td><td class="n">5</td><td class="n">2</td><td class="n">3</td>`},
		{"GET", "/", false, 200, "still being read"},
		{"GET", "/", false, 200, "Of 1 messages, 0 (0.0 %) moved in plaintext"},
		{"GET", "/", true, 200, `href="/peer?direction=inbound&amp;name=client.example.net"`},
		{"GET", "/?refresh=10", true, 200, `<meta http-equiv="refresh" content="10">`},
		{"GET", "/?refresh=60", true, 200, `<meta http-equiv="refresh" content="60">`},
		{"GET", "/?refresh=1", true, 400, "refresh is"},
		{"GET", "/?refresh=10%3Burl%3D%2F%2Fevil.example", true, 400, "refresh is"},
		{"GET", "/peers", true, 200, "<p>4 peers.</p>"},
		{"GET", "/peers?q=CLIENT&direction=inbound&class=public&sort=name&page=9", true, 200, "<p>1 peers.</p>"},
		{"GET", "/peers?q=%3Cscript%3E", true, 200, `value="&lt;script&gt;"`},
		{"GET", "/peers?direction=up", true, 400, "direction is"},
		{"GET", "/peers?class=other", true, 400, "class is"},
		{"GET", "/peers?sort=size", true, 400, "cannot be sorted"},
		{"GET", "/peers?page=0", true, 400, "page is"},
		{"GET", "/peers?page=99999999999999999999", true, 400, "page is"},
		{"GET", "/peers?q=" + strings.Repeat("x", 256), true, 400, "no name is as long"},
		{"GET", "/peers?q=a&q=b", true, 400, "comes twice"},
		{"GET", "/peers?q=%zz", true, 400, "cannot be read"},
		{"GET", "/peer?direction=inbound&name=client.example.net", true, 200, "<h1>client.example.net</h1>"},
		{"GET", "/peer?direction=inbound&name=client.example.net", true, 200, "TLS_AES_256_GCM_SHA384</td><td class=\"t\">good</td>"},
		{"GET", "/peer?direction=inbound&name=192.0.2.66", true, 200, "unsupported protocol"},
		{"GET", "/peer?direction=outbound&name=client.example.net", true, 404, "no such peer"},
		{"GET", "/peer?direction=inbound&name=%3Cscript%3E%FF%00", true, 404, "no such peer"},
		{"GET", "/peer?name=client.example.net", true, 400, "direction is"},
		{"GET", "/peer", true, 400, "direction is"},
		{"GET", "/api/v1/report", true, 200, `"schema":1`},
		{"GET", "/api/v1/report", true, 200, `"profile":"rfc9325"`},
		{"POST", "/peers", true, 405, ""},
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
