package e2e

import (
	"crypto/tls"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Servers are found by the names of the recipient domains themselves, as on the Internet, but in the hosts file: the next-hop destination that Postfix looks a
// policy up by is the domain. That one domain has a policy of its own already must make no difference to it.
const policyMainCf = `
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = may
smtp_tls_loglevel = 1
smtp_tls_protocols = >=TLSv1
smtp_tls_mandatory_protocols = >=TLSv1
smtp_tls_CAfile = DIR/etc/cert.pem
tls_medium_cipherlist = ALL:!aNULL:!eNULL:@SECLEVEL=0
smtp_tls_policy_maps = inline:{ {by-hand.example.net=secure match=mx.test} }
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
maximal_queue_lifetime = 5s
bounce_queue_lifetime = 5s
`

// A policyScene is a Postfix, and the servers that it delivers to, by the first label of their domains.
type policyScene struct {
	t       *testing.T
	postfix mailServer
	sender  *sender
	sinks   map[string]*sink
	sent    int
}

func newPolicyScene(t *testing.T, dir string) *policyScene {
	t.Helper()
	p := &policyScene{t: t, sender: &sender{t: t}, sinks: map[string]*sink{}}
	hosts, transport := hostsFile(), "{[198.51.100.1]=smtp:}"
	for i, s := range []*sink{
		{name: "tls13"}, {name: "tls12"}, {name: "tls10"}, {name: "rare"}, {name: "by-hand"}, {name: "plain"}, {name: "broken", fault: breaksHandshake},
	} {
		s.service, s.address, s.port = "smtp", fmt.Sprintf("198.51.100.%d", i+1), 25
		hosts += fmt.Sprintf("%s %s.example.net\n", s.address, s.name)
		transport += fmt.Sprintf(" {%s.example.net=smtp:}", s.name)
		p.sinks[s.name] = s
	}
	setUpNamespace(t, dir, hosts)
	command(t, "ip", "route", "add", "local", "198.51.100.0/24", "dev", "lo") // to the program these are addresses elsewhere
	p.postfix = startMailServer(t, dir, configuration{
		main:   policyMainCf + "transport_maps = inline:{ " + transport + " }\n",
		master: "smtp      unix - - n - - smtp\n",
	})
	p.offer("tls13", tls.VersionTLS13)
	p.offer("tls12", tls.VersionTLS12)
	p.offer("tls10", tls.VersionTLS10)
	p.offer("rare", tls.VersionTLS13)
	p.offer("by-hand", tls.VersionTLS13)
	for _, s := range p.sinks {
		s.listen(t)
	}
	return p
}

// offer makes a server offer one version of TLS from now on, with the certificate that Postfix has and trusts; 0 is none.
func (p *policyScene) offer(name string, version uint16) {
	p.t.Helper()
	if version == 0 {
		p.sinks[name].offer(nil)
		return
	}
	cert, err := tls.LoadX509KeyPair(filepath.Join(p.postfix.etc, "cert.pem"), filepath.Join(p.postfix.etc, "key.pem"))
	if err != nil {
		p.t.Fatal(err)
	}
	config := tlsOnly(version)
	config.Certificates = []tls.Certificate{cert}
	p.sinks[name].offer(config)
}

// send sends messages for a domain, one recipient each, and waits until Postfix is done with them.
func (p *policyScene) send(domain string, messages int) {
	p.t.Helper()
	var recipients []string
	for range messages {
		p.sent++
		recipients = append(recipients, fmt.Sprintf("r%d@%s.example.net", p.sent, domain))
	}
	p.deliver(recipients...)
}

func (p *policyScene) deliver(recipients ...string) {
	p.t.Helper()
	session := p.sender.plaintext("smtpd", "127.0.1.1")
	for _, r := range recipients {
		p.sender.send(session, r)
	}
	p.sender.quit(session)
	p.postfix.waitRemoved(p.t, session.messages...)
}

// wantTaken sends each server a message, and compares how it got there; "" is not at all.
func (p *policyScene) wantTaken(t *testing.T, want map[string]string) {
	t.Helper()
	before := map[string]int{}
	var recipients []string
	for name := range want {
		before[name] = len(p.taken(name))
		recipients = append(recipients, "new@"+name+".example.net")
	}
	p.deliver(recipients...)
	got := map[string]string{}
	for name := range want {
		got[name] = strings.Join(p.taken(name)[before[name]:], " ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func (p *policyScene) log(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(p.postfix.log)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// taken returns how the server got each message, and each that was begun.
func (p *policyScene) taken(name string) (all []string) {
	for _, c := range p.sinks[name].saw() {
		for _, tr := range c.transactions {
			if tr.TLS == "established" {
				all = append(all, tr.Protocol)
			} else {
				all = append(all, tr.TLS)
			}
		}
	}
	return all
}

// command runs a command to its end and returns its standard output.
func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	return string(out)
}
