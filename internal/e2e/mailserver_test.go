package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A mailServer is a Postfix with a configuration, a queue and a log of its own.
type mailServer struct {
	etc string // what `postfix -c` takes
	log string
}

// services are the inbound services of mailServer, by the name that the log gives them, and the ports they listen on.
var services = map[string]string{"smtpd": "2525", "submission": "2587", "smtps": "2465"}

// Mail that is accepted is thrown away by the discard transport, with all the log lines of a delivery. The port of a service
// never matters to anyone outside of the namespace.
const (
	mainCf = `
compatibility_level = 3.6
queue_directory = DIR/spool
data_directory = DIR/data
maillog_file = DIR/log/mail.log
maillog_file_prefixes = DIR/log
myhostname = mx.test
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
default_transport = discard:
relay_domains =
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = yes
smtpd_tls_chain_files = DIR/etc/key.pem DIR/etc/cert.pem
smtpd_tls_security_level = may
smtpd_tls_protocols = >=TLSv1.2
smtpd_tls_mandatory_protocols = >=TLSv1.2
smtpd_tls_loglevel = 1
`
	masterCf = `
127.0.0.1:2525 inet n - n - - smtpd
127.0.0.1:2587 inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=encrypt
127.0.0.1:2465 inet n - n - - smtpd
  -o syslog_name=postfix/smtps
  -o smtpd_tls_wrappermode=yes
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
discard   unix - - n - - discard
error     unix - - n - - error
retry     unix - - n - - error
showq     unix n - n - - showq
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
`
)

// A configuration is what main.cf and master.cf have besides the texts above.
type configuration struct{ main, master string }

// startMailServer starts Postfix under dir, which every user must be able to enter. Its ports are open when it returns.
func startMailServer(t *testing.T, dir string, more configuration) mailServer {
	t.Helper()
	m := newMailServer(t, dir, more)
	m.postfix(t, "start")
	t.Cleanup(func() { m.postfix(t, "stop") })
	return m
}

// newMailServer makes the folders of a Postfix that does not run yet.
func newMailServer(t *testing.T, dir string, more configuration) mailServer {
	t.Helper()
	m := mailServer{etc: filepath.Join(dir, "etc"), log: filepath.Join(dir, "log", "mail.log")}
	for _, name := range []string{"etc", "spool", "data", "log"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	giveToPostfix(t, filepath.Join(dir, "data"))
	writeCertificate(t, m.etc)
	writeFile(t, filepath.Join(m.etc, "main.cf"), strings.ReplaceAll(mainCf+more.main, "DIR", dir), 0o644)
	writeFile(t, filepath.Join(m.etc, "master.cf"), masterCf+more.master, 0o644)
	t.Cleanup(func() { m.showLog(t) })
	return m
}

// postfix runs the command of that name, which reports its errors in the log.
func (m mailServer) postfix(t *testing.T, command string) {
	t.Helper()
	if out, err := exec.Command("postfix", "-c", m.etc, command).CombinedOutput(); err != nil {
		t.Errorf("postfix %s: %v: %s", command, err, out)
	}
}

// waitRemoved waits until the messages have left the queue.
func (m mailServer) waitRemoved(t *testing.T, messages ...message) {
	t.Helper()
	eventually(t, "end of the messages", func() error {
		log, err := os.ReadFile(m.log)
		if err != nil {
			return err
		}
		for _, message := range messages {
			if !bytes.Contains(log, []byte(": "+message.id+": removed\n")) {
				return fmt.Errorf("%s is still there", message.id)
			}
		}
		return nil
	})
}

// logs returns the log and what `postfix logrotate` has made of it, compressed.
func (m mailServer) logs(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(m.log + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no logs: %v", err)
	}
	return files
}

// showLog prints the log of a failed test.
func (m mailServer) showLog(t *testing.T) {
	if !t.Failed() {
		return
	}
	text, err := os.ReadFile(m.log)
	t.Logf("%s (%v):\n%s", m.log, err, text)
}

func giveToPostfix(t *testing.T, dir string) {
	t.Helper()
	u, err := user.Lookup("postfix")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, uid, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}
