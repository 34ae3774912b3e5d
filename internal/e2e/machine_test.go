package e2e

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// systemd is what runs as process 1 of a machine.
const systemd = "/lib/systemd/systemd"

// envMachine holds, in the copy of the test binary that runs on a machine, or is about to become process 1 of one, the folder
// that was made for it.
const envMachine = "POSTFIX_TLS_E2E_MACHINE"

// Files in that folder.
const (
	machineTest   = "test"   // a copy of the test binary
	machineOutput = "output" // what the test says
	machineStatus = "status" // how it ended
)

// A machine is made of namespaces: with a real systemd as process 1, and the files of this one, to which all changes are made
// in memory. So packages can be installed and units be started, and nothing of it is left, however the test ends.
type machine struct {
	t      *testing.T
	dir    string // at the same place inside and outside
	cgroup string // a folder for systemd to make its own in
}

// onMachine returns the folder of the machine where the test already runs on one, else "". In the copy that is to become
// process 1 it does not return.
func onMachine(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(envMachine)
	if dir != "" && os.Getpid() == 1 {
		t.Fatalf("become systemd: %v", (&machine{t: t, dir: dir}).boot())
	}
	return dir
}

// newMachine makes the folder of a machine, which run will start.
func newMachine(t *testing.T) *machine {
	t.Helper()
	need(t, systemd, "systemctl", "journalctl")
	if os.Geteuid() != 0 {
		missing(t, "root, for a machine made of namespaces")
	}
	m := &machine{t: t, dir: openDir(t), cgroup: newCgroup(t)}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := copyFile(self, filepath.Join(m.dir, machineTest)); err != nil {
		t.Fatal(err)
	}
	return m
}

// run runs the calling test again, alone, on the machine.
func (m *machine) run() {
	m.t.Helper()
	group, err := os.Open(m.cgroup)
	if err != nil {
		m.t.Fatal(err)
	}
	defer group.Close()
	cmd := exec.Command(filepath.Join(m.dir, machineTest), "-test.run=^"+m.t.Name()+"$")
	cmd.Env = append(os.Environ(), envMachine+"="+m.dir)
	cmd.Stdout, cmd.Stderr = m.t.Output(), m.t.Output()
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		Pdeathsig:  syscall.SIGKILL, UseCgroupFD: true, CgroupFD: int(group.Fd()),
	}
	// The kernel sends Pdeathsig when the thread ends that started the process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); errors.Is(err, os.ErrPermission) {
		missing(m.t, "permission to make namespaces")
	} else if err != nil {
		m.t.Fatal(err)
	}
	status := m.await()
	_ = cmd.Process.Kill() // and with it all that runs on the machine
	_ = cmd.Wait()         // killed
	output, _ := os.ReadFile(filepath.Join(m.dir, machineOutput))
	m.t.Logf("on the machine:\n%s", output)
	if status != "0" {
		m.t.Errorf("the test on the machine ended with status %q", status)
	}
}

// await waits until the test on the machine has ended.
func (m *machine) await() string {
	for end := time.Now().Add(2 * patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if status, err := os.ReadFile(filepath.Join(m.dir, machineStatus)); err == nil && len(status) > 0 {
			return strings.TrimSpace(string(status))
		}
	}
	return ""
}

// newCgroup makes a group in which systemd is alone, as on a machine of its own.
func newCgroup(t *testing.T) string {
	t.Helper()
	mounts, err := os.Open("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	defer mounts.Close()
	var root string
	for lines := bufio.NewScanner(mounts); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) > 2 && f[2] == "cgroup2" {
			root = f[1]
		}
	}
	dir, err := os.MkdirTemp(root, "postfix-tls-exporter-e2e-") //nolint:usetesting // a cgroup is no ordinary folder
	if root == "" || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		missing(t, "a control group for systemd")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removeCgroup(t, dir) })
	return dir
}

// removeCgroup removes the group and those in it. The kernel may need a moment to see that their processes have ended.
func removeCgroup(t *testing.T, dir string) {
	t.Helper()
	eventually(t, "removal of the control groups", func() error {
		var groups []string
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				groups = append(groups, path)
			}
			return err
		})
		for _, group := range slices.Backward(groups) { // those inside first
			err = errors.Join(err, syscall.Rmdir(group))
		}
		return err
	})
}

// A mounted file system of the machine; target is relative to its root.
type mounted struct {
	source, target, kind, options string
	flags                         uintptr
}

// boot makes the calling process systemd. It returns an error only.
func (m *machine) boot() error {
	runtime.LockOSThread() // the next line is about this thread alone
	if err := unix.Unshare(unix.CLONE_NEWCGROUP); err != nil {
		return fmt.Errorf("cgroup namespace: %w", err)
	}
	root, err := m.mountRoot()
	if err != nil {
		return err
	}
	if err := m.configure(root); err != nil {
		return err
	}
	if err := os.Chdir(root); err != nil {
		return err
	}
	// The old root comes to lie over the new one, and is taken away.
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("change root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leave the old root: %w", err)
	}
	argv := []string{systemd, "--unit=" + testUnit, "--show-status=no"}
	return syscall.Exec(systemd, argv, []string{"container=e2e", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"})
}

// mountRoot mounts the files of this machine, for changes in memory, and what a system needs beside files.
func (m *machine) mountRoot() (string, error) {
	base := filepath.Join(m.dir, "machine")
	root := filepath.Join(base, "root")
	if err := errors.Join(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""), os.Mkdir(base, 0o755),
		unix.Mount("tmpfs", base, "tmpfs", 0, "mode=755")); err != nil {
		return "", fmt.Errorf("memory for changes: %w", err)
	}
	for _, d := range []string{"root", "upper", "work"} {
		if err := os.Mkdir(filepath.Join(base, d), 0o755); err != nil {
			return "", err
		}
	}
	all := []mounted{
		{"overlay", "", "overlay", "lowerdir=/,upperdir=" + base + "/upper,workdir=" + base + "/work", 0},
		{"proc", "proc", "proc", "", 0},
		{root + "/proc/sys", "proc/sys", "", "", unix.MS_BIND},
		{"", "proc/sys", "", "", unix.MS_BIND | unix.MS_REMOUNT | unix.MS_RDONLY},
		{"sysfs", "sys", "sysfs", "", unix.MS_RDONLY},
		{"cgroup2", "sys/fs/cgroup", "cgroup2", "", 0},
		{"tmpfs", "run", "tmpfs", "mode=755", 0},
		{"tmpfs", "dev", "tmpfs", "mode=755", 0},
		{m.dir, m.dir, "", "", unix.MS_BIND},
	}
	for _, mnt := range all {
		if err := unix.Mount(mnt.source, filepath.Join(root, mnt.target), mnt.kind, mnt.flags, mnt.options); err != nil {
			return "", fmt.Errorf("mount %s on /%s: %w", mnt.source, mnt.target, err)
		}
	}
	return root, makeDevices(filepath.Join(root, "dev"))
}

func makeDevices(dev string) error {
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty", "console"} {
		path := filepath.Join(dev, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			return err
		}
		if name == "console" { // a file, as nobody looks at it
			continue
		}
		if err := unix.Mount("/dev/"+name, path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("device %s: %w", name, err)
		}
	}
	pts := filepath.Join(dev, "pts")
	err := errors.Join(os.Mkdir(filepath.Join(dev, "shm"), 0o777), os.Mkdir(pts, 0o755))
	return errors.Join(err, unix.Mount("devpts", pts, "devpts", 0, "newinstance,ptmxmode=0666"),
		os.Symlink("pts/ptmx", filepath.Join(dev, "ptmx")), os.Symlink("/proc/self/fd", filepath.Join(dev, "fd")))
}

// testUnit runs the test when the system is up. Nothing else that this machine has enabled is started but what belongs to every system.
const testUnit = "postfix-tls-exporter-e2e.service"

func (m *machine) configure(root string) error {
	pattern := strings.ReplaceAll(flag.Lookup("test.run").Value.String(), "$", "$$")
	unit := fmt.Sprintf(`[Unit]
Description=The test
[Service]
Type=oneshot
TimeoutStartSec=infinity
WorkingDirectory=%[1]s
Environment=HOME=/root DEBIAN_FRONTEND=noninteractive %[2]s=%[1]s %[3]s=/usr/bin/postfix-tls-exporter CI=%[4]s %[5]s=%[6]s
ExecStart=%[1]s/%[7]s -test.run=%[8]s -test.v -test.timeout=5m
ExecStopPost=/bin/sh -c 'echo "$EXIT_STATUS" >%[1]s/%[9]s'
StandardOutput=append:%[1]s/%[10]s
StandardError=inherit
`, m.dir, envMachine, envBinary, os.Getenv("CI"), envRequired, os.Getenv(envRequired), machineTest, pattern, machineStatus, machineOutput)
	files := map[string]string{
		"etc/systemd/system/" + testUnit:       unit,
		"etc/systemd/journald.conf.d/e2e.conf": "[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nRateLimitIntervalSec=0\n",
		"etc/fstab":                            "",
		// For the journal's owner. As it is, the service empties /tmp, too.
		"etc/systemd/system/systemd-tmpfiles-setup.service.d/e2e.conf": "[Service]\nExecStart=\n" +
			"ExecStart=systemd-tmpfiles --create --boot --prefix=/run\n",
	}
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			return err
		}
	}
	mask := filepath.Join(root, "etc/systemd/system/timers.target") // for machines that live longer
	return errors.Join(os.RemoveAll(mask), os.Symlink("/dev/null", mask))
}
