package exporter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// ask returns the answer to a GET request.
func ask(t testing.TB, cfg Config, target string) *httptest.ResponseRecorder {
	t.Helper()
	handler, err := Handler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	return w
}

// withSnapshot serves data whose peers were changed.
func withSnapshot(t *testing.T, change func(*Data)) Config {
	t.Helper()
	cfg := config(t, true)
	data := sampleData(t)
	change(&data)
	cfg.Data = func() Data { return data }
	return cfg
}

// Names from the outside cannot break out of their places.
func TestHostileNames(t *testing.T) {
	for _, name := range []string{"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "javascript:alert(1)", "a\u202eb\x00&", "{{.}}"} {
		cfg := withSnapshot(t, func(d *Data) {
			d.Logs[0].Name = name
			for i := range d.Snapshot.Peers {
				d.Snapshot.Peers[i].Peer = name
			}
		})
		for _, target := range []string{"/", "/peers", "/peers?" + url.Values{"q": {name}}.Encode(), report.PeerLink("inbound", name)} {
			w := ask(t, cfg, target)
			body := w.Body.String()
			if w.Code != http.StatusOK || strings.Count(body, "<script") != 1 || strings.Contains(body, "<img") || strings.ContainsAny(body, "\u202e\x00") ||
				strings.Contains(body, `href="javascript`) {
				t.Errorf("%q at %s: status %d", name, target, w.Code)
			}
		}
	}
}

// TestHeaders are on all pages.
func TestHeaders(t *testing.T) {
	policy, err := report.ContentSecurityPolicy()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "form-action 'self'") {
		t.Errorf("policy: %s", policy)
	}
	for _, target := range []string{"/", "/peers", "/peer?direction=inbound&name=client.example.net", "/api/v1/report"} {
		w := ask(t, config(t, true), target)
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", target, name, got, want)
			}
		}
	}
}

// Before counts may be seen there are none on the page, and elsewhere there is no page.
func TestPagesHold(t *testing.T) {
	cfg := config(t, false)
	cfg.Hold = true
	for _, target := range []string{"/peers", "/peer?direction=inbound&name=client.example.net", "/api/v1/report", "/metrics"} {
		if w := ask(t, cfg, target); w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d, want 503", target, w.Code)
		}
	}
	w := ask(t, cfg, "/")
	if body := w.Body.String(); w.Code != http.StatusOK || strings.Contains(body, "client.example.net") || strings.Contains(body, "Of 1 messages") ||
		!strings.Contains(body, "/var/log/mail.log") || !strings.Contains(body, "still being read") {
		t.Errorf("/: status %d\n%s", w.Code, body)
	}
}

// TestReportForPrograms is that of the parse command.
func TestReportForPrograms(t *testing.T) {
	cfg := config(t, true)
	var want bytes.Buffer
	if err := report.JSON(&want, cfg.Data().Snapshot, report.JSONOptions{Profile: profile(t)}); err != nil {
		t.Fatal(err)
	}
	w := ask(t, cfg, "/api/v1/report")
	if !bytes.Equal(w.Body.Bytes(), want.Bytes()) || !json.Valid(w.Body.Bytes()) {
		t.Error("the report is another one than that of the snapshot")
	}
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
}

// TestPeerPages leads through all peers, each once.
func TestPeerPages(t *testing.T) {
	cfg := withSnapshot(t, func(d *Data) { d.Snapshot.Peers = crowd(250) })
	peer := regexp.MustCompile(`href="(/peer\?[^"]*)"`)
	next := regexp.MustCompile(`href="(/peers\?[^"]*)" rel="next"`)
	seen := map[string]int{}
	target := "/peers?direction=inbound"
	for pages := 1; target != ""; pages++ {
		body := ask(t, cfg, target).Body.String()
		for _, link := range peer.FindAllStringSubmatch(body, -1) {
			seen[link[1]]++
		}
		target = ""
		if link := next.FindStringSubmatch(body); link != nil {
			target = html.UnescapeString(link[1])
		}
		if last := pages == 3; last != (target == "") {
			t.Fatalf("page %d of 3 leads to %q", pages, target)
		}
	}
	if len(seen) != 250 {
		t.Errorf("%d peers, want 250", len(seen))
	}
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%s is on %d pages", name, n)
		}
	}
}

// TestPagesTakeTurns asks for more pages at once than are made at once, while one reader is gone.
func TestPagesTakeTurns(t *testing.T) {
	cfg := config(t, true)
	data := cfg.Data()
	var now, most atomic.Int32
	cfg.Data = func() Data {
		n := now.Add(1)
		defer now.Add(-1)
		for high := most.Load(); n > high && !most.CompareAndSwap(high, n); high = most.Load() {
		}
		time.Sleep(time.Millisecond)
		return data
	}
	handler, err := Handler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			if i%4 == 0 {
				r = r.WithContext(gone)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if i%4 != 0 && (w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "</html>")) {
				t.Errorf("status %d", w.Code)
			}
		})
	}
	group.Wait()
	if n := most.Load(); n > maxPages {
		t.Errorf("%d pages at once, want %d at most", n, maxPages)
	}
}

// Metrics cannot take the place of a page, nor be at what is no path.
func TestTelemetryPathIsFree(t *testing.T) {
	for _, path := range []string{"/", "/healthz", "/readyz", "/peers", "/peer", "/api/v1/report", "metrics", "", "/{", "/a b", "//", "//metrics", "/a/../metrics", "/metrics/."} {
		cfg := config(t, true)
		cfg.TelemetryPath = path
		if _, err := Handler(cfg); err == nil {
			t.Errorf("metrics at %q: no error", path)
		}
	}
}

// crowd makes n inbound peers.
func crowd(n int) (out []tally.PeerRow) {
	seen := time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)
	for i := range n {
		m := uint64(i%1000 + 1)
		out = append(out, tally.PeerRow{
			Direction: tally.Inbound, Peer: fmt.Sprintf("mail-%06d.example.net", i), Class: "public", Sessions: m, Messages: m, First: seen, Last: seen, LastPlain: &seen,
			TLS: tally.Counts{{Label: "plaintext", N: m}}, MessagesTLS: tally.Counts{{Label: "plaintext", N: m}},
			Combinations: []tally.PeerCount{{
				CountKey: tally.CountKey{Instance: "postfix", Service: "smtpd", Class: "public", TLS: "plaintext"}, Sessions: m, Messages: m, First: seen, Last: seen, LastMessage: &seen,
			}},
		})
	}
	return out
}

func BenchmarkPages(b *testing.B) {
	data := Data{Snapshot: &tally.Snapshot{Peers: crowd(100_000)}}
	cfg := config(b, true)
	cfg.Data = func() Data { return data }
	for _, target := range []string{"/", "/peers?q=99&sort=plaintext", "/peer?direction=inbound&name=mail-099999.example.net"} {
		b.Run(target, func(b *testing.B) {
			for b.Loop() {
				if w := ask(b, cfg, target); w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
