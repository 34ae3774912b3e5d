package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// maxExposure is what the unit may score at most, by systemd's own reckoning from 0 to 10.
const maxExposure = 1.5

var exposure = regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`)

// TestKitSystemd lets systemd check the units, alone and with each drop-in, and say how exposed the service is.
func TestKitSystemd(t *testing.T) {
	need(t, "systemd-analyze")
	for _, dropIns := range [][]string{nil, {"journal.conf"}, {"socket.conf"}, {"journal.conf", "socket.conf"}} {
		t.Run(strings.Join(append([]string{"unit"}, dropIns...), "+"), func(t *testing.T) {
			service := unitsFor(t, dropIns)
			socket := strings.TrimSuffix(service, "service") + "socket"
			out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", service, socket).CombinedOutput()
			if err != nil || strings.Contains(string(out), "postfix-tls-exporter") { // the units of the machine may give cause for complaint as well
				t.Errorf("systemd-analyze verify: %v\n%s", err, out)
			}
			score := exposure.FindStringSubmatch(command(t, "systemd-analyze", "security", "--offline=true", "--no-pager", service))
			if score == nil {
				t.Fatal("systemd-analyze names no exposure level")
			}
			if n, err := strconv.ParseFloat(score[1], 64); err != nil || n > maxExposure {
				t.Errorf("exposure %s, want at most %v", score[1], maxExposure)
			}
			t.Log(score[0])
		})
	}
}

// unitsFor copies the units and the drop-ins to a folder, for the program that was built, and returns the path of the service.
func unitsFor(t *testing.T, dropIns []string) string {
	t.Helper()
	dir := t.TempDir()
	const name = "postfix-tls-exporter.service"
	text, err := os.ReadFile(filepath.Join(root, "contrib/systemd", name))
	if err != nil {
		t.Fatal(err)
	}
	service := writeFile(t, filepath.Join(dir, name), strings.ReplaceAll(string(text), "/usr/bin/postfix-tls-exporter", os.Getenv(envBinary)), 0o644)
	copyAll(t, filepath.Join(root, "contrib/systemd"), dir, "postfix-tls-exporter.socket")
	copyAll(t, filepath.Join(root, "contrib/systemd"), service+".d", dropIns...)
	return service
}

// copyAll copies files from one folder to another.
func copyAll(t *testing.T, from, to string, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := copyFile(filepath.Join(from, name), filepath.Join(to, filepath.Base(name))); err != nil {
			t.Fatal(err)
		}
	}
}
