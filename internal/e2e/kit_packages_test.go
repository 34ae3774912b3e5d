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

	"github.com/google/go-cmp/cmp"
)

// unit is the service of the package.
const unit = "postfix-tls-exporter.service"

// Places on a machine where the package is installed.
const (
	mailLog       = "/var/log/mail.log"
	stateFolder   = "/var/lib/postfix-tls-exporter"
	settingsFile  = "/etc/default/postfix-tls-exporter"
	configFile    = "/etc/postfix-tls-exporter.yaml"
	dropInFolder  = "/etc/systemd/system/" + unit + ".d"
	packagedPages = "/usr/share/doc/postfix-tls-exporter"
)

// TestKitPackages installs the Debian package on a machine with a running systemd: the service follows the log of a real Postfix,
// confined as its unit says, and survives an upgrade. Then its variants, the removal, and a machine without systemd.
func TestKitPackages(t *testing.T) {
	if dir := onMachine(t); dir != "" {
		newPackageScene(t, dir).test()
		return
	}
	needReleaseTools(t)
	need(t, "prometheus", "promtool", "apt", "dpkg", "adduser", "setpriv", "unshare", "deb-systemd-helper", "rpm", "systemd-sysusers")
	m := newMachine(t)
	repository := newCopy(t)
	first := makeRelease(t, repository, firstVersion, "")
	copyAll(t, first.dist(""), m.dir, filepath.Base(first.deb()), filepath.Base(first.rpm()), filepath.Base(first.archive()))
	second := makeRelease(t, repository, secondVersion, "echo '# New in this version.' >>contrib/config/postfix-tls-exporter.yaml")
	copyAll(t, second.dist(""), m.dir, filepath.Base(second.deb()))
	copyAll(t, filepath.Join(root, "testdata/corpus/v37-sni"), m.dir, "mail.log", "truth.jsonl")
	copyAll(t, filepath.Join(root, "docs"), m.dir, "install.md")
	copyAll(t, filepath.Join(root, "testdata"), m.dir, "sample.log")
	m.run()
}

// A packageScene is what happens on the machine.
type packageScene struct {
	t     *testing.T
	dir   string            // where the packages are
	page  map[string]string // the commands of docs/install.md, by heading
	log   []string          // what Postfix logged, in three parts
	truth samples           // sessions, as the clients of that Postfix knew them
}

func newPackageScene(t *testing.T, dir string) *packageScene {
	t.Helper()
	s := &packageScene{t: t, dir: dir, page: commandsOf(t, filepath.Join(dir, "install.md")), truth: clientsTruth(t, filepath.Join(dir, "truth.jsonl"))}
	text, err := os.ReadFile(filepath.Join(dir, "mail.log"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	third := len(lines) / 3
	for _, part := range [][]string{lines[:third], lines[third : 2*third], lines[2*third:]} {
		s.log = append(s.log, strings.Join(part, ""))
	}
	// What this machine has, and another one need not have: a ban on starting services, and a mail log.
	for _, path := range []string{"/usr/sbin/policy-rc.d", mailLog, mailLog + ".1", stateFolder, settingsFile, configFile} {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	// Nobody is there to answer questions.
	writeFile(t, "/etc/apt/apt.conf.d/99e2e", `Dpkg::Options { "--force-confold"; }; APT::Get::Assume-Yes "true";`, 0o644)
	return s
}

// commandsOf returns the blocks marked sh of a page, by the headings that they stand under.
func commandsOf(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	commands := map[string]string{}
	for section := range strings.SplitSeq(string(text), "\n## ") {
		heading, _, _ := strings.Cut(section, "\n")
		for _, block := range shellBlocks(section) {
			commands[heading] += block.text
		}
	}
	return commands
}

// follow runs the commands under a heading of docs/install.md, as root, in the folder where the packages are.
func (s *packageScene) follow(t *testing.T, heading string) {
	t.Helper()
	if s.page[heading] == "" {
		t.Fatalf("docs/install.md has no commands under %q", heading)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", s.page[heading])
	cmd.Dir = s.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, s.page[heading], out)
	}
}

// clientsTruth counts the sessions that clients recorded. They saw no more of TLS than whether there was one.
func clientsTruth(t *testing.T, path string) samples {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{"ok": "established", "none": "plaintext", "failed": "failed"}
	truth := samples{}
	for line := range strings.Lines(string(text)) {
		var session struct{ TLS string }
		if err := json.Unmarshal([]byte(line), &session); err != nil || names[session.TLS] == "" {
			t.Fatalf("%v: %s", err, line)
		}
		truth.add(map[string]string{"direction": "inbound", "tls": names[session.TLS]}, 1)
	}
	return truth
}

func (s *packageScene) test() {
	s.t.Run("without systemd", s.testWithoutSystemd)
	s.t.Run("install", s.testInstall)
	s.t.Run("rotation", s.testRotation)
	s.t.Run("upgrade", s.testUpgrade)
	s.t.Run("socket", s.testSocket)
	s.t.Run("journal", s.testJournal)
	s.t.Run("remove", s.testRemove)
	s.t.Run("purge", s.testPurge)
	s.t.Run("alert", s.testAlert)
	s.t.Run("rpm", s.testRPM)
	s.t.Run("archive", s.testArchive)
	if s.t.Failed() {
		out, _ := exec.Command("journalctl", "--no-pager", "--lines=60").CombinedOutput() // of use even if it fails
		s.t.Logf("the journal:\n%s", out)
	}
}

// wantSessions waits until a scrape counts as many sessions as there were.
func wantSessions(t *testing.T, address string, want samples) {
	t.Helper()
	awaitMetrics(t, address, func(metrics map[string]samples) error {
		if diff := cmp.Diff(want, metrics["postfix_tls_sessions_total"].of("inbound")); diff != "" {
			return errors.New("sessions (-want +got):\n" + diff)
		}
		return nil
	})
}

// wantLines waits until as many lines of the log were counted, and none is lost or counted twice.
func wantLines(t *testing.T, address string, want int) {
	t.Helper()
	awaitMetrics(t, address, func(metrics map[string]samples) error {
		got := 0.0
		for _, n := range metrics["postfix_tls_log_lines_total"] {
			got += n
		}
		if got != float64(want) {
			return fmt.Errorf("%v lines, want %d", got, want)
		}
		return nil
	})
}

func awaitMetrics(t *testing.T, address string, check func(map[string]samples) error) {
	t.Helper()
	s := server{address: address, ended: make(chan struct{})}
	eventually(t, "metrics of "+address, func() error {
		body, err := s.metrics(t)
		if err != nil {
			return err
		}
		metrics, err := parseMetrics(body, map[string][]string{"postfix_tls_sessions_total": {"direction", "tls"}})
		if err != nil {
			return err
		}
		return check(metrics)
	})
}

func wantGone(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there (%v)", path, err)
		}
	}
}
