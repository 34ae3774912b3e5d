package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestKitContainer builds the image, and runs it as its documentation says.
func TestKitContainer(t *testing.T) {
	p := newPodman(t)
	p.build(t, "VERSION=1.2.3", "REVISION=abcdef")
	t.Run("configuration", p.testConfiguration)
	t.Run("files", p.testFiles)
	t.Run("zone", p.testZone)
	t.Run("restart", p.testRestart)
	t.Run("HTTPS", p.testHTTPS)
}

// TestKitContainerPage runs the commands of the page about containers.
func TestKitContainerPage(t *testing.T) {
	need(t, "bash", "git", "make", "curl", "ip")
	if os.Getenv(envNamespace) == "" {
		buildCheck(t) // in the namespace there is no network to fetch what it needs
	}
	dir := inNamespace(t)
	if dir == "" {
		return
	}
	setUpNamespace(t, dir, hostsFile())
	p := newPodman(t)
	wrapper := fmt.Sprintf("#!/bin/sh\nCONTAINERS_CONF=%s exec %s \"$@\"\n", p.config, strings.Join(p.command().Args, " "))
	found, err := exec.LookPath("podman")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	writeFile(t, filepath.Join(bin, "podman"), strings.Replace(wrapper, "exec podman", "exec "+found, 1), 0o755)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	runPage(t, "docs/containers.md")
}

func (p podman) testConfiguration(t *testing.T) {
	var got struct {
		User        string
		Entrypoint  []string
		Cmd         []string
		Labels      map[string]string
		Healthcheck struct{ Test []string }
	}
	text := p.must(t, "image", "inspect", "--format={{json .Config}}", containerImage)
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	text = p.must(t, "image", "inspect", "--format={{json .HealthCheck}}", containerImage)
	if err := json.Unmarshal([]byte(text), &got.Healthcheck); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	want := got
	want.User = "65532:65532"
	want.Entrypoint = []string{containerBinary}
	want.Cmd = []string{"serve"}
	want.Healthcheck.Test = []string{"CMD", containerBinary, "healthcheck"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for label, want := range map[string]string{"title": "postfix-tls-exporter", "licenses": "Apache-2.0", "version": "1.2.3", "revision": "abcdef"} {
		if got := got.Labels["org.opencontainers.image."+label]; got != want {
			t.Errorf("label %s is %q, want %q", label, got, want)
		}
	}
}

// testFiles looks at all that is in the image. Nothing of the repository may get in by mistake.
func (p podman) testFiles(t *testing.T) {
	dir := p.must(t, "image", "mount", containerImage)
	defer p.must(t, "image", "unmount", containerImage)
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			got[strings.TrimPrefix(path, dir)] = info.Mode().String()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		containerBinary: "-rwxr-xr-x",
		"/usr/share/doc/postfix-tls-exporter/LICENSE": "-rw-r--r--",
		"/var/lib/postfix-tls-exporter/.keep":         "-rw-r--r--",
		"/run/postfix-tls-exporter/.keep":             "-rw-r--r--",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The session of a process, in a log that tells neither year nor zone.
const (
	containerBegin = "Nov 20 12:00:00 mx1 postfix/smtpd[%d]: connect from client.example.net[192.0.2.10]\n"
	containerEnd   = "Nov 20 12:00:01 mx1 postfix/smtpd[%d]: disconnect from client.example.net[192.0.2.10] ehlo=1 quit=1 commands=2\n"
)

// testZone reads times without a zone: the image holds no zone files, but the program does.
func (p podman) testZone(t *testing.T) {
	dir := openDir(t)
	writeFile(t, filepath.Join(dir, "mail.log"), fmt.Sprintf(containerBegin+containerEnd, 1, 1), 0o644)
	for zone, want := range map[string]string{"": "12:00:00Z", "Europe/Berlin": "11:00:00Z", "Asia/Tokyo": "03:00:00Z"} {
		name := "zone" + strings.ReplaceAll(zone, "/", "-")
		p.start(t, name, []string{"--env=TZ=" + zone, "--volume=" + dir + ":/logs:ro"}, []string{"events", "/logs/mail.log"})
		p.must(t, "wait", name)
		var event struct{ Start time.Time }
		text := p.must(t, "logs", name)
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if got := event.Start.UTC().Format("15:04:05Z07:00"); got != want {
			t.Errorf("TZ=%s: 12:00:00 is %s, want %s", zone, got, want)
		}
	}
}

// testRestart follows a log, with checkpoints on a volume, and goes on where a container was stopped.
func (p podman) testRestart(t *testing.T) {
	dir, address := openDir(t), freeAddress(t)
	log := writeFile(t, filepath.Join(dir, "mail.log"), "", 0o644)
	add := func(n int) {
		t.Helper()
		f, err := os.OpenFile(log, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(f, containerBegin+containerEnd, n, n)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	options := []string{
		"--volume=" + dir + ":/var/log/postfix:ro", "--volume=state:/var/lib/postfix-tls-exporter",
		"--env=POSTFIX_TLS_HEALTHCHECK_URL=http://" + address + "/healthz",
	}
	args := []string{"serve", "--log=/var/log/postfix/mail.log", "--state-directory=/var/lib/postfix-tls-exporter", "--web.listen-address=" + address}
	add(1)
	p.start(t, "first", options, args)
	p.awaitReady(t, "first", address)
	add(2)
	wantPlaintext(t, address, 2)
	if status, _ := p.run(t, "healthcheck", "run", "first"); status != 0 {
		t.Errorf("the health check of the image: exit status %d", status)
	}
	if got := p.healthcheck(t, "first", "http://localhost:1/healthz"); got != 1 {
		t.Errorf("where nobody listens: exit status %d, want 1", got)
	}
	if got := p.must(t, "top", "first", "huser"); !strings.Contains(got, "65532") {
		t.Errorf("runs as %s", got)
	}
	p.must(t, "stop", "first")
	if got := p.must(t, "inspect", "--format={{.State.ExitCode}}", "first"); got != "0" {
		t.Errorf("stopped: exit status %s", got)
	}
	add(3)
	p.start(t, "second", options, args)
	wantPlaintext(t, address, 3)
}

// wantPlaintext waits until a server has counted so many sessions in plaintext, and no others.
func wantPlaintext(t *testing.T, address string, want float64) {
	t.Helper()
	sum := samples{}
	sum.add(map[string]string{"direction": "inbound", "tls": "plaintext"}, want)
	wantSessions(t, address, sum)
}

// testHTTPS checks the health of a server that wants a password, by a certificate that has another name.
func (p podman) testHTTPS(t *testing.T) {
	dir, address := openDir(t), freeAddress(t)
	certFile, keyFile := writeCertificate(t, dir)
	if err := errors.Join(os.Chmod(certFile, 0o644), os.Chmod(keyFile, 0o644)); err != nil { // for the user of the container
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "web.yml"), fmt.Sprintf(
		"tls_server_config: {cert_file: cert.pem, key_file: key.pem}\nbasic_auth_users: {%s: %q}\n", webUser, webHash), 0o644)
	p.start(t, "https", []string{"--volume=" + dir + ":/web:ro"},
		[]string{"serve", "--log=/web/mail.log", "--web.config.file=/web/web.yml", "--web.listen-address=" + address})
	page := "https://" + address + "/healthz"
	eventually(t, "health over HTTPS", func() error {
		if p.healthcheck(t, "https", page) != 0 {
			return errors.New("not well")
		}
		return nil
	})
	for page, want := range map[string]int{
		strings.Replace(page, "https://", "http://", 1):                              1,
		strings.Replace(page, "https://", "https://"+webUser+":wrong@", 1):           1,
		strings.Replace(page, "https://", "https://"+webUser+":correct%20horse@", 1): 0,
	} {
		if got := p.healthcheck(t, "https", page); got != want {
			t.Errorf("%s: exit status %d, want %d", page, got, want)
		}
	}
}
