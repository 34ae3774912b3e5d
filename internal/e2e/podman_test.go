package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	containerImage  = "localhost/postfix-tls-exporter"
	containerBinary = "/usr/bin/postfix-tls-exporter"
)

// A podman runs containers of the image, and keeps all that is theirs in a folder of the test.
type podman struct {
	storage []string // flags of each command
	config  string   // file
}

// newPodman returns a podman without an image.
func newPodman(t *testing.T) podman {
	t.Helper()
	need(t, "podman", "runc")
	if os.Geteuid() != 0 {
		missing(t, "root, for containers without a user namespace")
	}
	dir := openDir(t)
	return podman{
		storage: []string{
			"--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run"), "--tmpdir", filepath.Join(dir, "tmp"),
			"--storage-driver=vfs", "--cgroup-manager=cgroupfs", "--events-backend=file", "--runtime=runc",
		},
		config: writeFile(t, filepath.Join(dir, "containers.conf"), containersConf, 0o644),
	}
}

// containersConf keeps locks out of memory that the whole machine shares, and limits to what the test itself may have.
const containersConf = `
[engine]
lock_type = "file"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
`

// build builds the image as the Containerfile says, from a copy of the repository.
func (p podman) build(t *testing.T, buildArgs ...string) {
	t.Helper()
	need(t, "git")
	source := t.TempDir()
	copyRepository(t, source)
	if err := copyFile(os.Getenv(envBinary), filepath.Join(source, "postfix-tls-exporter")); err != nil {
		t.Fatal(err)
	}
	// The Docker format, for that of OCI has no health checks.
	args := []string{"build", "--quiet", "--format=docker", "--file=" + filepath.Join(source, "contrib/container/Containerfile"), "--tag=" + containerImage}
	for _, a := range buildArgs {
		args = append(args, "--build-arg="+a)
	}
	p.must(t, append(args, source)...)
}

func (p podman) command(args ...string) *exec.Cmd {
	cmd := exec.Command("podman", slices.Concat(p.storage, args)...)
	cmd.Env = append(os.Environ(), "CONTAINERS_CONF="+p.config)
	return cmd
}

// podmanFailed is the lowest of the exit statuses that are podman's own; those below are those of what it runs.
const podmanFailed = 125

// run returns the exit status of a command of podman, and its standard output.
func (p podman) run(t *testing.T, args ...string) (int, string) {
	t.Helper()
	cmd := p.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	exit, ended := errors.AsType[*exec.ExitError](err)
	if err != nil && (!ended || exit.ExitCode() >= podmanFailed) {
		t.Fatalf("podman %s: %v: %s", strings.Join(args, " "), err, &stderr)
	}
	return cmd.ProcessState.ExitCode(), strings.TrimSpace(stdout.String())
}

func (p podman) must(t *testing.T, args ...string) string {
	t.Helper()
	status, out := p.run(t, args...)
	if status != 0 {
		t.Fatalf("podman %s: exit status %d", args[0], status)
	}
	return out
}

// start starts a container as careful people do: it may write to its volumes only, has no capability and gets none. It shares the
// network of the test. No timer asks for its health; the test does.
func (p podman) start(t *testing.T, name string, options, args []string) {
	t.Helper()
	fixed := []string{
		"run", "--detach", "--name=" + name, "--network=host", "--read-only", "--cap-drop=all", "--security-opt=no-new-privileges",
		"--health-interval=disable",
	}
	p.must(t, slices.Concat(fixed, options, []string{containerImage}, args)...)
	t.Cleanup(func() {
		if t.Failed() {
			log, err := p.command("logs", name).CombinedOutput()
			t.Logf("container %s (%v): %s", name, err, log)
		}
		p.must(t, "rm", "--force", "--volumes", name)
	})
}

// healthcheck runs the program's health check in a container, and returns its exit status.
func (p podman) healthcheck(t *testing.T, name string, args ...string) int {
	t.Helper()
	status, _ := p.run(t, slices.Concat([]string{"exec", name, containerBinary, "healthcheck"}, args)...)
	return status
}

// awaitReady waits until the server in a container has read the log up to its end.
func (p podman) awaitReady(t *testing.T, name, address string) {
	t.Helper()
	eventually(t, "the container to be ready", func() error {
		if p.healthcheck(t, name, "http://"+address+"/readyz") != 0 {
			return errors.New("not ready")
		}
		return nil
	})
}
