package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// envNamespace holds, in the copy of the test binary that runs in a namespace, the folder made for it.
const envNamespace = "POSTFIX_TLS_E2E_NAMESPACE"

// inNamespace runs the calling test again, alone, in a copy of this test binary with network, mount and process namespaces
// of its own. There it returns a folder that every user may enter; outside it returns "" when the copy has ended.
//
// Postfix binds its ports with SO_REUSEPORT and would share them with another one in silence: the network namespace keeps
// the two apart. The copy is process 1 of its namespace and is killed with this process, so that the kernel ends all that
// runs in there however the test ends, and nothing is left for a later run to clean up.
func inNamespace(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv(envNamespace); dir != "" {
		return dir
	}
	if os.Geteuid() != 0 {
		missing(t, "root, for a network namespace and for Postfix")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=15m")
	cmd.Env = append(os.Environ(), envNamespace+"="+openDir(t))
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
		Pdeathsig:  syscall.SIGKILL,
	}
	// The kernel sends Pdeathsig when the thread ends that started the process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Run()
	if errors.Is(err, os.ErrPermission) {
		missing(t, "permission to make namespaces")
	}
	if err != nil {
		t.Fatalf("in the namespace: %v", err)
	}
	return ""
}

// openDir makes a folder that every user may enter, as the daemons of Postfix must; T.TempDir is for its owner only.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "postfix-tls-exporter-e2e-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// setUpNamespace gives the namespace a loopback interface, a /proc of its own, and host names that come from hosts alone.
func setUpNamespace(t *testing.T, dir, hosts string) {
	t.Helper()
	mount(t, "none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE)
	mount(t, "proc", "/proc", "proc", 0)
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Fatalf("loopback interface: %v: %s", err, out)
	}
	for name, text := range map[string]string{
		"hosts":         hosts,
		"nsswitch.conf": "passwd: files\ngroup: files\nservices: files\nhosts: files\n",
	} {
		mount(t, writeFile(t, filepath.Join(dir, name), text, 0o644), "/etc/"+name, "", syscall.MS_BIND)
	}
}

func mount(t *testing.T, source, target, kind string, flags uintptr) {
	t.Helper()
	if err := syscall.Mount(source, target, kind, flags, ""); err != nil {
		t.Fatalf("mount %s on %s: %v", source, target, err)
	}
}
