package e2e

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Versions that are built, those of docs/install.md; the second one is what the first is upgraded to.
const (
	firstVersion  = "1.2.3"
	secondVersion = "1.3.0"
)

// What `make release` must say of the commit in a copy of the repository, which is no git checkout. The time is 2026-07-01.
const (
	commitTime = "SOURCE_DATE_EPOCH=1782864000"
	commit     = "0123456789abcdef0123456789abcdef01234567"
)

// A release is what `make release` made in a copy of the repository, for this kind of machine alone.
type release struct {
	repository string
	version    string
}

func (r release) dist(name string) string { return filepath.Join(r.repository, "dist", name) }
func (r release) archive() string {
	return r.dist("postfix-tls-exporter-" + r.version + "-linux-amd64.tar.gz")
}

func (r release) sbom() string {
	return r.dist("postfix-tls-exporter-" + r.version + "-linux-amd64.cdx.json")
}

func (r release) deb() string {
	return r.dist("postfix-tls-exporter_" + r.version + "-1_amd64.deb")
}

func (r release) rpm() string { return r.dist("postfix-tls-exporter-" + r.version + "-1.x86_64.rpm") }

// TestKitRelease builds a release twice, in two folders, as two users would: each byte must be the same.
func TestKitRelease(t *testing.T) {
	needReleaseTools(t)
	need(t, "rpm", "rpm2cpio", "cpio", "lintian", "sha256sum")
	first := makeRelease(t, newCopy(t), firstVersion, "umask 077; export TZ=Asia/Tokyo LC_ALL=C.UTF-8 GOFLAGS=-buildvcs=false")
	second := makeRelease(t, newCopy(t), firstVersion, "umask 022; export TZ=UTC HOME="+t.TempDir()+" GOCACHE="+command(t, "go", "env", "GOCACHE"))
	if diff := cmp.Diff(first.sums(t), second.sums(t)); diff != "" {
		t.Errorf("two builds of one commit (-first +second):\n%s", diff)
	}
	t.Run("checksums", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), "sha256sum", "--check", "--strict", "SHA256SUMS")
		cmd.Dir = first.dist("")
		if out, err := cmd.CombinedOutput(); err != nil || bytes.Count(out, []byte(": OK\n")) != 4 {
			t.Errorf("%v, want four files:\n%s", err, out)
		}
	})
	t.Run("archive", first.testArchive)
	t.Run("components", first.testComponents)
	t.Run("deb", first.testDeb)
	t.Run("rpm", first.testRPM)
}

// needReleaseTools ends the test where `make release` would have to build its tools.
func needReleaseTools(t *testing.T) {
	t.Helper()
	need(t, "make", "git", "go", "tar", "gzip")
	for _, name := range []string{"nfpm", "cyclonedx-gomod"} {
		if _, err := os.Stat(filepath.Join(root, ".bin", name)); errors.Is(err, fs.ErrNotExist) {
			missing(t, name+", which `make release-tools` builds")
		}
	}
}

func newCopy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	copyRepository(t, dir)
	return dir
}

// makeRelease runs `make release` in a copy of the repository, after the commands in setup.
func makeRelease(t *testing.T, dir, version, setup string) release {
	t.Helper()
	tools, err := filepath.Abs(filepath.Join(root, ".bin"))
	if err != nil {
		t.Fatal(err)
	}
	script := setup + "\nmake release VERSION=" + version
	cmd := exec.CommandContext(t.Context(), "bash", "-euc", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "RELEASE_TOOLS="+tools, "PLATFORMS=linux/amd64", commitTime, "REVISION="+commit)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return release{repository: dir, version: version}
}

// sums returns the checksums of the release, one line each.
func (r release) sums(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(r.dist("SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(strings.Lines(string(text)))
}

// testArchive runs the program of the archive.
func (r release) testArchive(t *testing.T) {
	dir := t.TempDir()
	command(t, "tar", "-xzf", r.archive(), "-C", dir)
	top := filepath.Join(dir, "postfix-tls-exporter-"+firstVersion+"-linux-amd64")
	binary := filepath.Join(top, "postfix-tls-exporter")
	if got, want := command(t, binary, "--version"), "postfix-tls-exporter "+firstVersion+" (revision "+commit+", go"; !strings.HasPrefix(got, want) {
		t.Errorf("--version says %q, want %q...", got, want)
	}
	if kind := command(t, "go", "version", "-m", binary); !strings.Contains(kind, "\tbuild\tCGO_ENABLED=0\n") {
		t.Errorf("not static:\n%s", kind)
	}
	for _, name := range []string{"LICENSE", "README.md", "contrib/systemd/postfix-tls-exporter.service"} {
		want, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(top, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, or it is another one", name, err)
		}
	}
	for line := range strings.Lines(command(t, "tar", "--numeric-owner", "-tvzf", r.archive())) {
		if f := strings.Fields(line); f[1] != "0/0" || f[3] != "2026-07-01" || !slices.Contains([]string{"drwxr-xr-x", "-rwxr-xr-x", "-rw-r--r--"}, f[0]) {
			t.Errorf("in the archive: %s", line)
		}
	}
}

// testComponents compares the list of components with what the Go tool put into the program.
func (r release) testComponents(t *testing.T) {
	text, err := os.ReadFile(r.sbom())
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Format   string `json:"bomFormat"`
		Metadata struct {
			Component struct{ Name, Version string }
		}
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	command(t, "tar", "-xzf", r.archive(), "-C", dir, "--strip-components=1")
	info, err := buildinfo.ReadFile(filepath.Join(dir, "postfix-tls-exporter"))
	if err != nil {
		t.Fatal(err)
	}
	if c := list.Metadata.Component; list.Format != "CycloneDX" || c.Name != info.Main.Path || c.Version != "v"+firstVersion {
		t.Errorf("%s of %+v", list.Format, c)
	}
	want := map[string]string{"std": info.GoVersion}
	for _, dep := range info.Deps {
		want[dep.Path] = dep.Version
	}
	got := map[string]string{}
	for _, c := range list.Components {
		got[c.Name] = c.Version
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-program +list):\n%s", diff)
	}
}

// packaged are the files of both kinds of package, but for the documentation, and what is more in one of them.
func packaged(more ...string) []string {
	return append([]string{
		"etc/default/postfix-tls-exporter", "etc/postfix-tls-exporter.yaml", "usr/bin/postfix-tls-exporter", "usr/share/man/man1/postfix-tls-exporter.1.gz",
		"usr/share/bash-completion/completions/postfix-tls-exporter", "usr/share/zsh/vendor-completions/_postfix-tls-exporter",
		"usr/share/fish/vendor_completions.d/postfix-tls-exporter.fish",
	}, more...)
}

// testDeb lets Debian's own checker look at the package.
func (r release) testDeb(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "lintian", "--fail-on", "error", "--allow-root", r.deb()).CombinedOutput()
	t.Logf("lintian:\n%s", out)
	if err != nil {
		t.Errorf("lintian: %v", err)
	}
	dir := t.TempDir()
	command(t, "dpkg-deb", "--extract", r.deb(), dir)
	wantFiles(t, dir, packaged("lib/systemd/system/postfix-tls-exporter.service", "lib/systemd/system/postfix-tls-exporter.socket",
		"usr/share/doc/postfix-tls-exporter/copyright"))
	if got := command(t, "dpkg-deb", "--info", r.deb(), "conffiles"); got != "/etc/default/postfix-tls-exporter\n/etc/postfix-tls-exporter.yaml\n" {
		t.Errorf("conffiles: %q", got)
	}
}

// testRPM unpacks the package, and looks at what it says of itself.
func (r release) testRPM(t *testing.T) {
	dir := t.TempDir()
	// The names in it begin with a slash, and cpio would take them at their word.
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `rpm2cpio "$1" | cpio --extract --make-directories --no-absolute-filenames --quiet`, "sh", r.rpm())
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("rpm2cpio: %v\n%s", err, out)
	}
	wantFiles(t, dir, packaged("usr/lib/systemd/system/postfix-tls-exporter.service", "usr/lib/systemd/system/postfix-tls-exporter.socket",
		"usr/lib/sysusers.d/postfix-tls-exporter.conf", "var/lib/postfix-tls-exporter"))
	settings, err := os.ReadFile(filepath.Join(dir, "etc/default/postfix-tls-exporter"))
	if err != nil || !bytes.Contains(settings, []byte("\nPOSTFIX_TLS_JOURNAL=true\n")) {
		t.Errorf("settings: %v\n%s", err, settings)
	}
	files := command(t, "rpm", "-qp", "--queryformat", "[%{FILENAMES} %{FILEMODES:perms} %{FILEUSERNAME} %{FILEFLAGS:fflags}\n]", r.rpm())
	for _, want := range []string{
		"/etc/default/postfix-tls-exporter -rw-r--r-- root cn\n", "/usr/bin/postfix-tls-exporter -rwxr-xr-x root \n",
		"/var/lib/postfix-tls-exporter drwx------ postfix-tls-exporter \n",
	} {
		if !strings.Contains(files, want) {
			t.Errorf("no %q in\n%s", want, files)
		}
	}
}

// wantFiles requires files under dir. The unit must be the very one of the repository, and the program must run.
func wantFiles(t *testing.T, dir string, names []string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
		if strings.HasSuffix(name, ".service") || strings.HasSuffix(name, ".socket") {
			want, err := os.ReadFile(filepath.Join(root, "contrib/systemd", filepath.Base(name)))
			if got, readErr := os.ReadFile(path); errors.Join(err, readErr) != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is not that of the repository", name)
			}
		}
	}
	if got := command(t, filepath.Join(dir, "usr/bin/postfix-tls-exporter"), "--version"); !strings.Contains(got, " "+firstVersion+" ") {
		t.Errorf("--version says %q", got)
	}
}
