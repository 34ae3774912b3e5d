package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The user that may scrape. The hash is the password's, made with bcrypt; that the two belong together is what the test shows.
const (
	webUser     = "prometheus"
	webPassword = "correct horse"
	webHash     = "$2a$04$LGUek.T2hpJRkaArIq4pFOHUltVLOrbYj2P8oz5RwIWjFs4SUd8Fu"
)

// TestWebConfig scrapes over HTTPS with a password, as --web.config.file wants it.
func TestWebConfig(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := writeCertificate(t, dir)
	config := writeFile(t, filepath.Join(dir, "web.yml"), fmt.Sprintf(
		"tls_server_config: {cert_file: %q, key_file: %q}\nbasic_auth_users: {%s: %q}\n",
		certFile, keyFile, webUser, webHash), 0o600)
	log := writeFile(t, filepath.Join(dir, "mail.log"), sampleLog, 0o644)
	exporter := serve(t, "--log", log, "--web.config.file", config)
	client := httpsClient(t, certFile)

	page := url.URL{Scheme: "https", Host: exporter.address, Path: "/metrics", User: url.UserPassword(webUser, webPassword)}
	eventually(t, "scrape with the password", func() error {
		body, err := get(t.Context(), client, page.String())
		if err == nil && !strings.Contains(string(body), "postfix_tls_sessions_total{") {
			err = errors.New("no sessions yet")
		}
		return err
	})
	for name, user := range map[string]*url.Userinfo{
		"no password":    nil,
		"wrong password": url.UserPassword(webUser, "wrong"),
		"wrong user":     url.UserPassword("wrong", webPassword),
	} {
		t.Run(name, func(t *testing.T) {
			page.User = user
			wantStatus(t, client, page.String(), http.StatusUnauthorized)
		})
	}
	t.Run("no TLS", func(t *testing.T) {
		wantStatus(t, http.DefaultClient, "http://"+exporter.address+"/metrics", http.StatusBadRequest)
	})
}

// httpsClient trusts the certificate in the file, and none else.
func httpsClient(t *testing.T, certFile string) *http.Client {
	t.Helper()
	cert, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(cert) {
		t.Fatalf("no certificate in %s", certFile)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func wantStatus(t *testing.T, client *http.Client, page string, want int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != want {
		t.Errorf("status %d, want %d", resp.StatusCode, want)
	}
}
