package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// TestHealthcheck asks a running serve, and what is none.
func TestHealthcheck(t *testing.T) {
	s := serve(t, "--log="+writeFile(t, filepath.Join(t.TempDir(), "mail.log"), sourceLine))
	s.awaitReady(t)
	for _, page := range []string{"/healthz", "/readyz"} {
		if got := invoke(t, "healthcheck", s.base+page); got.status != 0 || got.stdout+got.stderr != "" {
			t.Errorf("%s: %+v, want silence and exit status 0", page, got)
		}
	}
	if got := invoke(t, "healthcheck", s.base+"/nowhere"); got.status != exitUnreadable || !strings.Contains(got.stderr, "404 Not Found") {
		t.Errorf("a page that is missing: %+v", got)
	}
	s.stop(t)
	if got := invoke(t, "healthcheck", s.base+"/healthz"); got.status != exitUnreadable || !strings.Contains(got.stderr, "connection refused") {
		t.Errorf("after its end: %+v", got)
	}
}

// TestHealthcheckAnswers takes what a server may answer for what it means.
func TestHealthcheckAnswers(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"not ready": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"elsewhere": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) },
		"password":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"silence":   func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"fine":      func(http.ResponseWriter, *http.Request) {},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			want := exitUnreadable
			if name == "fine" || name == "password" {
				want = 0
			}
			for _, start := range []func(http.Handler) *httptest.Server{httptest.NewServer, httptest.NewTLSServer} {
				s := start(answer)
				if got := invoke(t, "healthcheck", "--timeout=500ms", s.URL); got.status != want {
					t.Errorf("%s: %+v, want exit status %d", s.URL, got, want)
				}
				s.Close()
			}
		})
	}
}

// TestHealthcheckUsage is about addresses that are none.
func TestHealthcheckUsage(t *testing.T) {
	for _, page := range []string{"localhost:10154", "/healthz", "ftp://localhost/", "http://:10154/healthz", "http://[::1/"} {
		if got := invoke(t, "healthcheck", page); got.status != exitUsage || !strings.Contains(got.stderr, "write it like http://") {
			t.Errorf("%s: %+v, want exit status %d and a hint", page, got, exitUsage)
		}
	}
}
