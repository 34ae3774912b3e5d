package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// testWithoutSystemd installs the package where no systemd runs, as in a container, and starts the program as its user with group
// adm alone.
func (s *packageScene) testWithoutSystemd(t *testing.T) {
	writeLog(t, strings.Join(s.log, ""))
	const script = `mount -t tmpfs none /run; dpkg --install "$1"; test ! -e /run/systemd`
	command(t, "unshare", "--mount", "sh", "-euc", script, "sh", filepath.Join(s.dir, filepath.Base(release{version: firstVersion}.deb())))
	address := freeAddress(t)
	cmd := exec.Command("setpriv", "--reuid=postfix-tls-exporter", "--regid=postfix-tls-exporter", "--groups=adm", "--no-new-privs",
		"--bounding-set=-all", "--inh-caps=-all", "/usr/bin/postfix-tls-exporter", "serve", "--web.listen-address", address, "--state-directory", stateFolder)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	wantSessions(t, address, s.truth)
	_ = cmd.Process.Kill() // it has no more to do
	_ = cmd.Wait()         // killed
	command(t, "unshare", "--mount", "sh", "-euc", `mount -t tmpfs none /run; dpkg --purge postfix-tls-exporter`)
	wantGone(t, stateFolder, settingsFile, configFile, "/usr/bin/postfix-tls-exporter")
}

// testInstall finds the service started by the installation, and confined.
func (s *packageScene) testInstall(t *testing.T) {
	writeLog(t, s.log[0])
	s.follow(t, "Debian and Ubuntu")
	wantState(t, "enabled", "active")
	wantLines(t, defaultAddress, strings.Count(s.log[0], "\n"))
	eventually(t, "status", func() error {
		if text := property(t, "StatusText"); text != "Following the log" {
			return fmt.Errorf("it says %q", text)
		}
		return nil
	})
	if got := property(t, "WatchdogUSec"); got != "1min" {
		t.Errorf("watchdog: %s", got)
	}
	wantConfined(t, "adm", "systemd-journal")
	wantOwner(t, stateFolder, 0o700)
	// Wrong usage is not tried again.
	writeFile(t, configFile, "no-such-flag: 1\n", 0o644)
	_ = exec.Command("systemctl", "restart", unit).Run() // fails, as it should
	eventually(t, "the end of a service with wrong settings", func() error {
		if got := property(t, "ActiveState") + " " + property(t, "NRestarts"); got != "failed 0" {
			return errors.New(got)
		}
		return nil
	})
	writeFile(t, configFile, "# Changed by the administrator.\nweb.listen-address: ["+otherAddress+"]\n", 0o644)
	command(t, "systemctl", "restart", unit)
	wantLines(t, otherAddress, strings.Count(s.log[0], "\n"))
}

// Addresses of the service: its own, and the one that an administrator gave it.
const (
	defaultAddress = "127.0.0.1:10154"
	otherAddress   = "127.0.0.1:10155"
)

// testRotation rotates the log as logrotate does on Debian: the new file belongs to group adm again.
func (s *packageScene) testRotation(t *testing.T) {
	if err := os.Rename(mailLog, mailLog+".1"); err != nil {
		t.Fatal(err)
	}
	writeLog(t, s.log[1])
	wantLines(t, otherAddress, strings.Count(s.log[0]+s.log[1], "\n"))
}

// testUpgrade installs the next version. It has other default settings, but the administrator's stay, and so do the counts.
func (s *packageScene) testUpgrade(t *testing.T) {
	before := property(t, "MainPID")
	s.follow(t, "Upgrade")
	wantState(t, "enabled", "active")
	if property(t, "MainPID") == before {
		t.Error("the old version still runs")
	}
	appendLog(t, s.log[2])
	wantSessions(t, otherAddress, s.truth)
	wantLines(t, otherAddress, strings.Count(strings.Join(s.log, ""), "\n"))
	if version := command(t, "postfix-tls-exporter", "--version"); !strings.Contains(version, " "+secondVersion+" ") {
		t.Errorf("--version says %q", version)
	}
	if text, err := os.ReadFile(configFile); err != nil || !strings.Contains(string(text), "# Changed by the administrator.") {
		t.Errorf("settings: %v\n%s", err, text)
	}
	command(t, "systemctl", "disable", "--now", unit)
	command(t, "apt", "install", "--reinstall", filepath.Join(s.dir, filepath.Base(release{version: secondVersion}.deb())))
	wantState(t, "disabled", "inactive")
}

// testSocket lets systemd listen, and the first scrape start the service, which has no network.
func (s *packageScene) testSocket(t *testing.T) {
	writeFile(t, configFile, "", 0o644)
	s.follow(t, "A socket of systemd")
	wantState(t, "disabled", "inactive")
	wantSessions(t, defaultAddress, s.truth)
	wantState(t, "disabled", "active")
	own, err := os.Readlink("/proc/" + property(t, "MainPID") + "/ns/net")
	if machine, _ := os.Readlink("/proc/self/ns/net"); err != nil || own == machine {
		t.Errorf("it has the machine's network: %v", err)
	}
	command(t, "systemctl", "disable", "--now", "postfix-tls-exporter.socket", unit)
	if err := os.RemoveAll(dropInFolder); err != nil {
		t.Fatal(err)
	}
}

// testJournal sends to the journal what Postfix logged, and takes the right to read files away.
func (s *packageScene) testJournal(t *testing.T) {
	if err := os.RemoveAll(stateFolder); err != nil {
		t.Fatal(err)
	}
	command(t, "systemctl", "enable", unit)
	s.follow(t, "The journal")
	sendToJournal(t, strings.Join(s.log, ""))
	wantSessions(t, defaultAddress, s.truth)
	wantConfined(t, "systemd-journal")
	wantOwner(t, stateFolder, 0o700)
}

// testRemove keeps what an administrator may want back.
func (s *packageScene) testRemove(t *testing.T) {
	command(t, "apt", "remove", "postfix-tls-exporter")
	if got := property(t, "ActiveState"); got != "inactive" {
		t.Errorf("it is %s", got)
	}
	wantGone(t, "/usr/bin/postfix-tls-exporter", "/lib/systemd/system/"+unit)
	for _, path := range []string{settingsFile, configFile, stateFolder} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func (s *packageScene) testPurge(t *testing.T) {
	s.follow(t, "Removal")
	wantGone(t, settingsFile, configFile, stateFolder, packagedPages, "/etc/systemd/system/multi-user.target.wants/"+unit)
	if left, _ := filepath.Glob("/var/lib/systemd/deb-systemd-helper-enabled/*/postfix-tls-exporter*"); len(left) > 0 { // the pattern is good
		t.Errorf("left: %v", left)
	}
	if out, err := exec.Command("dpkg-query", "--status", "postfix-tls-exporter").CombinedOutput(); err == nil {
		t.Errorf("dpkg still knows it:\n%s", out)
	}
}

// testAlert goes from the package to a firing alert. Of the sample log's mail from the Internet 11 of 35 messages are in plaintext.
func (s *packageScene) testAlert(t *testing.T) {
	if err := os.RemoveAll(dropInFolder); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(s.dir, "sample.log"))
	if err != nil {
		t.Fatal(err)
	}
	writeLog(t, string(text))
	s.follow(t, "From the package to an alert")
	command(t, "systemctl", "stop", "prometheus")
	command(t, "apt", "purge", "postfix-tls-exporter")
}

// testRPM installs the other package, which follows the journal. Debian has a program rpm, but no packages that it knows of.
func (s *packageScene) testRPM(t *testing.T) {
	if err := os.RemoveAll(dropInFolder); err != nil {
		t.Fatal(err)
	}
	command(t, "userdel", "postfix-tls-exporter")
	command(t, "rpm", "--install", "--nodeps", "--force-debian", filepath.Join(s.dir, filepath.Base(release{version: firstVersion}.rpm())))
	wantOwner(t, stateFolder, 0o700)
	if got := property(t, "ActiveState"); got != "inactive" {
		t.Errorf("the installation has left it %s", got)
	}
	command(t, "systemctl", "enable", "--now", unit)
	wantSessions(t, defaultAddress, s.truth) // what was sent to the journal before
	command(t, "rpm", "--erase", "--nodeps", "--force-debian", "postfix-tls-exporter")
	wantGone(t, "/usr/bin/postfix-tls-exporter", "/lib/systemd/system/"+unit, "/etc/systemd/system/multi-user.target.wants/"+unit)
	if got := property(t, "ActiveState"); got != "inactive" {
		t.Errorf("the removal has left it %s", got)
	}
	command(t, "userdel", "postfix-tls-exporter")
	if err := os.RemoveAll(stateFolder); err != nil {
		t.Fatal(err)
	}
}

// testArchive installs by hand.
func (s *packageScene) testArchive(t *testing.T) {
	writeLog(t, strings.Join(s.log, ""))
	s.follow(t, "Any other Linux, from the archive")
	wantState(t, "enabled", "active")
	wantSessions(t, defaultAddress, s.truth)
	wantConfined(t, "adm", "systemd-journal")
}
