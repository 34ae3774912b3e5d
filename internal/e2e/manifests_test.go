package e2e

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKitManifests holds the Kubernetes and Compose files against the schemas, and shows that mistakes in them are found.
func TestKitManifests(t *testing.T) {
	check := buildCheck(t)
	for _, dir := range []string{"sidecar", "native-sidecar", "syslog"} {
		t.Run(dir, func(t *testing.T) { check.pod(t, dir) })
	}
	for _, file := range []string{"compose.yaml", "compose.syslog.yaml"} {
		t.Run(file, func(t *testing.T) { check.services(t, file) })
	}
	t.Run("alike", func(t *testing.T) {
		want := check.pod(t, "sidecar")
		if diff := cmp.Diff(want, check.pod(t, "native-sidecar")); diff != "" {
			t.Errorf("native-sidecar (-sidecar +native):\n%s", diff)
		}
		wantAlike(t, want, check.services(t, "compose.yaml"))
		wantAlike(t, check.pod(t, "syslog"), check.services(t, "compose.syslog.yaml"))
	})
	t.Run("own workload", check.testOwnWorkload)
	t.Run("mistakes", check.testMistakes)
}

// wantAlike compares what Kubernetes runs with what Compose does, but for users and rights.
func wantAlike(t *testing.T, pod, services map[string]container) {
	t.Helper()
	for name, inPod := range pod {
		service := services[name]
		service.SecurityContext = inPod.SecurityContext
		if diff := cmp.Diff(inPod, service); diff != "" {
			t.Errorf("%s (-Kubernetes +Compose):\n%s", name, diff)
		}
	}
}

// A checker is contrib/check.
type checker struct{ binary string }

func buildCheck(t *testing.T) checker {
	t.Helper()
	c := checker{filepath.Join(t.TempDir(), "check")}
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", c.binary, ".")
	build.Dir = filepath.Join(root, "contrib", "check")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build contrib/check: %v: %s", err, out)
	}
	return c
}

// A container is what a pod or a Compose file says of one.
type container struct {
	Image           string
	Command, Args   []string
	SecurityContext struct {
		RunAsUser    int
		RunAsGroup   int
		Capabilities struct{ Add []string }
	}
}

// check returns the objects that are in a file or folder under contrib, or in another one.
func (c checker) check(t *testing.T, kind, path string, found any) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.binary, kind, path)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", path, err, &stderr)
	}
	if err := json.Unmarshal(out, found); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// pod returns the containers of the one pod that an overlay makes.
func (c checker) pod(t *testing.T, overlay string) map[string]container {
	t.Helper()
	type named struct {
		Name string
		container
	}
	var objects []struct {
		Spec struct {
			Template struct {
				Spec struct{ InitContainers, Containers []named }
			}
		}
	}
	c.check(t, "kubernetes", filepath.Join(root, "contrib/kubernetes/overlays", overlay), &objects)
	containers := map[string]container{}
	for _, o := range objects {
		for _, found := range append(o.Spec.Template.Spec.InitContainers, o.Spec.Template.Spec.Containers...) {
			containers[found.Name] = found.container
		}
	}
	if len(containers) != 2 || len(containers["postfix"].Args) == 0 || len(containers["postfix-tls-exporter"].Args) == 0 {
		t.Fatalf("%s: containers %+v", overlay, containers)
	}
	return containers
}

// services returns the containers of a Compose file, with the words that Kubernetes has for their commands.
func (c checker) services(t *testing.T, file string) map[string]container {
	t.Helper()
	var project struct {
		Services map[string]struct {
			Image               string
			Entrypoint, Command []string
		}
	}
	c.check(t, "compose", filepath.Join(root, "contrib/compose", file), &project)
	containers := map[string]container{}
	for name, s := range project.Services {
		containers[name] = container{Image: "registry.example.org/" + strings.TrimPrefix(s.Image, "registry.example.org/"), Command: s.Entrypoint, Args: s.Command}
		if name == "postfix-tls-exporter" {
			found := containers[name]
			found.Image += ":0.1.0" // Compose builds it
			containers[name] = found
		}
	}
	return containers
}
