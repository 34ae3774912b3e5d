package e2e

import (
	"fmt"
	"net"
	"os"
	"os/user"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// property returns a property of the service.
func property(t *testing.T, name string) string {
	t.Helper()
	return strings.TrimSpace(command(t, "systemctl", "show", "--property="+name, "--value", unit))
}

// wantState requires that the service is enabled, or not, and active, or not.
func wantState(t *testing.T, enabled, active string) {
	t.Helper()
	if got := property(t, "UnitFileState") + " " + property(t, "ActiveState"); got != enabled+" "+active {
		t.Errorf("the service is %s, want %s %s", got, enabled, active)
	}
}

// wantConfined looks at the running service: its user and groups, and what the kernel denies it.
func wantConfined(t *testing.T, groups ...string) {
	t.Helper()
	text, err := os.ReadFile("/proc/" + property(t, "MainPID") + "/status")
	if err != nil {
		t.Fatal(err)
	}
	id := func(group string) string {
		g, err := user.LookupGroup(group)
		if err != nil {
			t.Fatal(err)
		}
		return g.Gid
	}
	owner, err := user.Lookup("postfix-tls-exporter")
	if err != nil {
		t.Fatal(err)
	}
	var gids []string
	for _, group := range groups {
		gids = append(gids, id(group))
	}
	want := map[string]string{
		"Uid": strings.Repeat(" "+owner.Uid, 4), "Gid": strings.Repeat(" "+owner.Gid, 4), "Groups": " " + strings.Join(sorted(gids), " "),
		"CapEff": " 0000000000000000", "CapPrm": " 0000000000000000", "CapBnd": " 0000000000000000", "NoNewPrivs": " 1", "Seccomp": " 2",
	}
	got := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); want[name] != "" {
			got[name] = " " + strings.Join(strings.Fields(value), " ")
		}
	}
	got["Groups"] = " " + strings.Join(sorted(slices.DeleteFunc(strings.Fields(got["Groups"]), func(g string) bool { return g == owner.Gid })), " ")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the process (-want +got):\n%s", diff)
	}
	testReach(t)
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}

// testReach looks at the files as the service sees them: its state is all that it may write to.
func testReach(t *testing.T) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/" + property(t, "MainPID") + "/mounts")
	if err != nil {
		t.Fatal(err)
	}
	writable := map[string]bool{}
	for line := range strings.Lines(string(mounts)) {
		f := strings.Fields(line)
		writable[f[1]] = slices.Contains(strings.Split(f[3], ","), "rw")
	}
	for path, want := range map[string]bool{"/": false, "/home": false, stateFolder: true} {
		if got, mounted := writable[path]; !mounted || got != want {
			t.Errorf("%s: mounted %v, writable %v, want %v", path, mounted, got, want)
		}
	}
}

// wantOwner requires that the folder is the service's own.
func wantOwner(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	owner, err := user.Lookup("postfix-tls-exporter")
	if err != nil {
		t.Fatal(err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if got := strconv.FormatUint(uint64(stat.Uid), 10); !ok || got != owner.Uid || info.Mode().Perm() != mode {
		t.Errorf("%s: owner %s, mode %v; want %s, %v", path, got, info.Mode().Perm(), owner.Uid, mode)
	}
}

// writeLog makes the mail log as rsyslog does on Debian.
func writeLog(t *testing.T, text string) {
	t.Helper()
	adm, err := user.LookupGroup("adm")
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.Atoi(adm.Gid)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, mailLog, "", 0o640)
	if err := os.Chown(mailLog, 0, gid); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(mailLog, 0o640); err != nil {
		t.Fatal(err)
	}
	appendLog(t, text)
}

func appendLog(t *testing.T, text string) {
	t.Helper()
	f, err := os.OpenFile(mailLog, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

var syslogLine = regexp.MustCompile(`^\S+ +\S+ \S+ \S+ (\S+\[\d+\]: .*)\n$`)

// sendToJournal logs the lines of a file as Postfix does, through journald, which gives them times of its own.
func sendToJournal(t *testing.T, text string) {
	t.Helper()
	log, err := net.Dial("unixgram", "/run/systemd/journal/dev-log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for line := range strings.Lines(text) {
		m := syslogLine.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("not a line of syslog: %q", line)
		}
		if _, err := fmt.Fprintf(log, "<22>%s %s", time.Now().Format(time.Stamp), m[1]); err != nil {
			t.Fatal(err)
		}
	}
}
