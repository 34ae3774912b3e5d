package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPermissionDenied reads a log that the user may not read. Nothing is denied to root, so as root the program runs as somebody else.
func TestPermissionDenied(t *testing.T) {
	dir := t.TempDir()
	log := writeFile(t, filepath.Join(dir, "mail.log"), "")
	if err := os.Chmod(log, 0); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "parse", log)
	if os.Getuid() == 0 {
		cmd = exec.Command(installForAll(t, dir), "parse", log)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		cmd.Dir = dir
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != exitUnreadable {
		t.Errorf("%v, want exit status %d", err, exitUnreadable)
	}
	want := "postfix-tls-exporter: open " + log + ": permission denied\n" +
		"  the mail log is readable for group adm on Debian and Ubuntu; or use sudo\n"
	if !strings.HasPrefix(stderr.String(), want) { // a program that measures its coverage complains of its own, behind it
		t.Errorf("standard error:\n%swant:\n%s", stderr.String(), want)
	}
}

// nobody is a user, and a group, that owns no file.
const nobody = 65534

// installForAll copies the program to where every user can run it.
func installForAll(t *testing.T, dir string) string {
	t.Helper()
	for d := dir; len(d) > len(os.TempDir()); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, program)
	if err := os.WriteFile(path, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPermissionLost follows a log through a rotation after which it may not be read for a while: nothing is lost, and it is said so.
func TestPermissionLost(t *testing.T) {
	dir := t.TempDir()
	log := writeFile(t, filepath.Join(dir, "mail.log"), sourceLine)
	must(t, os.Chmod(log, 0o644))
	cmd := serveCommand(program, "--log="+log)
	if os.Getuid() == 0 {
		cmd = serveCommand(installForAll(t, dir), "--log="+log)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		cmd.Dir = dir
	}
	s := launched(t, cmd)
	s.awaitAddress(t)
	s.awaitLines(t, 1)
	must(t, os.Rename(log, log+".1"))
	writeFile(t, log, strings.Replace(sourceLine, "410", "411", 1))
	must(t, os.Chmod(log, 0))
	eventually(t, "the program to complain", func() bool { return strings.Contains(s.stderr.String(), "permission denied") })
	must(t, os.Chmod(log, 0o644))
	s.awaitLines(t, 2)
}
