package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ownWorkload is a Postfix that somebody runs already, as a Deployment, with all components that go together.
const ownWorkload = `
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [deployment.yaml]
components: [../../components/native-sidecar, ../../components/network-policy, ../../components/pod-monitor, ../../components/service-monitor]
`

const ownDeployment = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: relay
  labels: {app.kubernetes.io/name: postfix}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: postfix}}
  template:
    metadata: {labels: {app.kubernetes.io/name: postfix}}
    spec:
      containers: [{name: postfix, image: relay, command: [postfix, start-fg]}]
`

// testOwnWorkload adds the components to a workload that is not the example's.
func (c checker) testOwnWorkload(t *testing.T) {
	dir := copyContrib(t)
	overlay := filepath.Join(dir, "kubernetes/overlays/own")
	if err := os.Mkdir(overlay, 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(overlay, "kustomization.yaml"), ownWorkload, 0o644)
	writeFile(t, filepath.Join(overlay, "deployment.yaml"), ownDeployment, 0o644)
	var objects []struct {
		Kind     string
		Metadata struct{ Name string }
		Spec     struct {
			Template struct {
				Spec struct {
					InitContainers []struct{ Name, RestartPolicy string }
					Containers     []container
				}
			}
		}
	}
	c.check(t, "kubernetes", overlay, &objects)
	kinds := map[string]bool{}
	for _, o := range objects {
		kinds[o.Kind] = true
		if o.Kind != "Deployment" {
			continue
		}
		spec := o.Spec.Template.Spec
		if o.Metadata.Name != "relay" || len(spec.InitContainers) != 1 || spec.InitContainers[0].RestartPolicy != "Always" ||
			len(spec.Containers) != 1 || !strings.Contains(strings.Join(spec.Containers[0].Args, ""), "maillog_file=") {
			t.Errorf("the components did not get into the workload: %+v", o)
		}
	}
	for _, kind := range []string{"Deployment", "NetworkPolicy", "PodMonitor", "ServiceMonitor", "Service"} {
		if !kinds[kind] {
			t.Errorf("no %s", kind)
		}
	}
}

// testMistakes puts mistakes into the files, one at a time, each of which must be found.
func (c checker) testMistakes(t *testing.T) {
	const sidecar, policy, compose = "kubernetes/components/sidecar/patch.yaml", "kubernetes/components/network-policy/policy.yaml", "compose/compose.yaml"
	for _, m := range []struct{ file, right, wrong, complaint string }{
		{sidecar, "periodSeconds: 30", "periodsSeconds: 30", `unknown field "periodsSeconds"`},
		{sidecar, "containerPort: 10154", "containerPort: metrics", "cannot unmarshal string"},
		{sidecar, "drop: [ALL]", "drop: [NET_RAW]", "unrestricted capabilities"},
		{sidecar, "runAsNonRoot: true", "runAsNonRoot: false", "runAsNonRoot != true"},
		{sidecar, "allowPrivilegeEscalation: false", "privileged: true", "not baseline"},
		{sidecar, "- name: postfix-log\n          emptyDir:", "- name: mail-log\n          emptyDir:", "mounts postfix-log, which is no volume"},
		{sidecar, "port: tls-metrics\n", "port: metrics\n", "is probed on port metrics"},
		{policy, "port: tls-metrics", "port: metrics", "means port metrics, which no container has"},
		{policy, "policyTypes: [Ingress]", "policyType: [Ingress]", `unknown field "policyType"`},
		{compose, "read_only: true", "readonly: true", "readonly"},
		{compose, "- queue:/var", "- kueue:/var", "undefined volume kueue"},
		{compose, "mem_limit: 256m", "mem_limit: much", "much"},
	} {
		t.Run(m.wrong, func(t *testing.T) {
			dir := copyContrib(t)
			file := filepath.Join(dir, m.file)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			wrong := strings.Replace(string(text), m.right, m.wrong, 1)
			if wrong == string(text) {
				t.Fatalf("%s has no %q", m.file, m.right)
			}
			writeFile(t, file, wrong, 0o644)
			args := []string{"kubernetes", filepath.Join(dir, "kubernetes/overlays/sidecar")}
			if m.file == compose {
				args = []string{"compose", file}
			}
			out, err := exec.Command(c.binary, args...).CombinedOutput()
			if err == nil || !strings.Contains(string(out), m.complaint) {
				t.Errorf("%v, want %q in: %s", err, m.complaint, out)
			}
		})
	}
}

// copyContrib copies what is checked to where it may be changed.
func copyContrib(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"kubernetes", "compose"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(root, "contrib", name))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
