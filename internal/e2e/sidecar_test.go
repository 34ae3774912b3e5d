package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// envManifest holds the pod that the copy of the test in a namespace is to run: there is no network in there, to fetch what builds it.
const envManifest = "POSTFIX_TLS_E2E_MANIFEST"

// TestKitSidecar runs the pod of the overlay sidecar: a real Postfix, with the rights and the command of its container, writes its
// log into a volume that the exporter reads, a container of its own. The log is rotated every few seconds.
func TestKitSidecar(t *testing.T) {
	pod := newSidecarPod(t, "sidecar")
	if pod == nil {
		return
	}
	pod.startExporter(t, "--volume=postfix-log:/var/log/postfix:ro")
	pod.share(t, "postfix-log", "/var/log/postfix")
	const each = "sleep 1d"
	script := pod.containers["postfix"].Args[0]
	if !strings.Contains(script, each) {
		t.Fatalf("no %q in %s", each, script)
	}
	pod.startPostfix(t, strings.Replace(script, each, "sleep 3", 1))

	sender := &sender{t: t}
	sender.sendAll(func() { awaitRotation(t) })
	wantMetrics(t, pod.exporter, "inbound", expectedMetrics(sender.sessions))
	if status, _ := pod.podman.run(t, "healthcheck", "run", "exporter"); status != 0 {
		t.Errorf("the health check of the image: exit status %d", status)
	}
}

// TestKitSyslogSidecar runs the pod of the overlay syslog: the exporter is the syslog server of Postfix.
func TestKitSyslogSidecar(t *testing.T) {
	pod := newSidecarPod(t, "syslog")
	if pod == nil {
		return
	}
	pod.startExporter(t, "--volume=socket:/run/postfix-tls-exporter")
	pod.share(t, "socket", "/run/postfix-tls-exporter")
	pod.startPostfix(t, pod.containers["postfix"].Args[0])

	sender := &sender{t: t}
	sender.sendAll(func() {})
	wantMetrics(t, pod.exporter, "inbound", expectedMetrics(sender.sessions))
}

// A sidecarPod is a Postfix and an exporter that share what their pod says.
type sidecarPod struct {
	dir        string
	containers map[string]container
	podman     podman
	exporter   *server
}

// newSidecarPod returns nil in the outer run of the test.
func newSidecarPod(t *testing.T, overlay string) *sidecarPod {
	t.Helper()
	need(t, "postfix", "ip", "setpriv", "podman", "runc")
	if os.Getenv(envNamespace) == "" {
		text, err := json.Marshal(buildCheck(t).pod(t, overlay))
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv(envManifest, writeFile(t, filepath.Join(t.TempDir(), "pod.json"), string(text), 0o600))
		inNamespace(t)
		return nil
	}
	pod := &sidecarPod{dir: inNamespace(t)}
	text, err := os.ReadFile(os.Getenv(envManifest))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &pod.containers); err != nil {
		t.Fatal(err)
	}
	setUpNamespace(t, pod.dir, hostsFile())
	pod.podman = newPodman(t)
	pod.podman.build(t)
	for _, hidden := range []string{"/var/log", "/run"} {
		mount(t, "tmpfs", hidden, "tmpfs", 0)
	}
	privateDevices(t, pod.dir)
	return pod
}

// privateDevices gives the namespace a /dev of its own, where a log socket is nobody else's.
func privateDevices(t *testing.T, dir string) {
	t.Helper()
	dev := filepath.Join(dir, "dev")
	if err := os.Mkdir(dev, 0o755); err != nil {
		t.Fatal(err)
	}
	mount(t, "tmpfs", dev, "tmpfs", 0)
	for _, name := range []string{"null", "zero", "random", "urandom", "fuse"} {
		var info syscall.Stat_t
		if err := syscall.Stat("/dev/"+name, &info); err != nil {
			continue // needed by nobody here, if it is not there
		}
		path := filepath.Join(dev, name)
		if err := syscall.Mknod(path, info.Mode, int(info.Rdev)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	mount(t, dev, "/dev", "", syscall.MS_MOVE)
}

// startExporter starts the exporter's container of the pod and waits for what its startup probe does.
func (pod *sidecarPod) startExporter(t *testing.T, volume string) {
	t.Helper()
	c := pod.containers["postfix-tls-exporter"]
	user := fmt.Sprintf("--user=%d:%d", c.SecurityContext.RunAsUser, c.SecurityContext.RunAsGroup)
	pod.podman.start(t, "exporter", []string{user, volume, "--volume=state:/var/lib/postfix-tls-exporter"}, c.Args)
	pod.exporter = &server{address: "127.0.0.1:10154"}
	pod.podman.awaitReady(t, "exporter", pod.exporter.address)
}

// share gives Postfix a volume of the exporter's.
func (pod *sidecarPod) share(t *testing.T, volume, at string) {
	t.Helper()
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	mount(t, pod.podman.must(t, "volume", "inspect", "--format={{.Mountpoint}}", volume), at, "", syscall.MS_BIND)
}

// startPostfix runs the script as the first process of a container, with the capabilities that the pod leaves to Postfix.
func (pod *sidecarPod) startPostfix(t *testing.T, script string) {
	t.Helper()
	m := newMailServer(t, pod.dir, configuration{main: "maillog_file_prefixes = /var\n"})
	bounding := "-all"
	for _, name := range pod.containers["postfix"].SecurityContext.Capabilities.Add {
		bounding += ",+" + strings.ToLower(name)
	}
	args := append([]string{"--no-new-privs", "--bounding-set=" + bounding}, pod.containers["postfix"].Command...)
	cmd := exec.Command("setpriv", append(args, script)...)
	cmd.Env = append(os.Environ(), "MAIL_CONFIG="+m.etc)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("stop Postfix: %v", err)
		}
		_ = cmd.Wait() // its status tells of the signal
	})
	awaitPorts(t)
}

// awaitPorts waits until Postfix listens on all its ports. A connection would tell as well, but be a session too.
func awaitPorts(t *testing.T) {
	t.Helper()
	const listening = "0A"
	eventually(t, "Postfix", func() error {
		sockets, err := os.ReadFile("/proc/net/tcp")
		if err != nil {
			return err
		}
		for service, port := range services {
			number, err := strconv.Atoi(port)
			if err != nil {
				return err
			}
			if !strings.Contains(string(sockets), fmt.Sprintf(" 0100007F:%04X 00000000:0000 %s ", number, listening)) {
				return fmt.Errorf("%s does not listen", service)
			}
		}
		return nil
	})
}

// awaitRotation waits until the log is rotated once more.
func awaitRotation(t *testing.T) {
	t.Helper()
	rotated := func() []string {
		names, err := filepath.Glob("/var/log/postfix/mail.log.*")
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	before := rotated()
	eventually(t, "rotation", func() error {
		if after := rotated(); slices.Equal(before, after) {
			return fmt.Errorf("still %q", after)
		}
		return nil
	})
}
