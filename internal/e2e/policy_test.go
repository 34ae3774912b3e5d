package e2e

import (
	"crypto/tls"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPolicy lets a real Postfix deliver without a policy, makes a table of its log and installs it, as docs/policy.md says; then Postfix delivers by it.
func TestPolicy(t *testing.T) {
	need(t, "postfix", "postmap", "postconf", "posttls-finger", "ip", "bash")
	dir := inNamespace(t)
	if dir == "" {
		return
	}
	p := newPolicyScene(t, dir)
	p.send("by-hand", 2)
	p.send("tls13", 3)
	p.send("tls12", 2)
	p.send("tls10", 2)
	p.send("plain", 2)
	p.send("broken", 2)
	p.send("rare", 1)
	p.deliver("one@[198.51.100.1]", "two@[198.51.100.1]")

	want := p.bornOut()
	if len(want) != 3 {
		t.Fatalf("want %v: three domains should always have had TLS", want)
	}
	p.followPage()
	if diff := cmp.Diff(want, p.installed()); diff != "" {
		t.Errorf("what postmap made of the table (-want +got):\n%s", diff)
	}
	t.Run("lookup", func(t *testing.T) {
		for domain, policy := range want {
			if got := command(t, "postmap", "-q", domain, p.table()); got != policy+"\n" {
				t.Errorf("%s: %q, want %q", domain, got, policy)
			}
		}
	})
	t.Run("comments", p.testComments)
	t.Run("delivery", p.testDelivery)
}

// bornOut are the entries that follow from what the servers saw: of two messages or more, all under TLS, and no handshake that failed. The name in the
// certificate of by-hand was compared, and the log does not say why.
func (p *policyScene) bornOut() map[string]string {
	entries := map[string]string{}
	for name, s := range p.sinks {
		messages, all, modern := 0, name != "by-hand", true
		for _, c := range s.saw() {
			all = all && c.TLS != "failed"
			for _, tr := range c.transactions {
				for _, o := range tr.outcomes {
					if o.status == "sent" && strings.HasSuffix(o.recipient, "@"+name+".example.net") {
						messages++
						all = all && tr.TLS == "established"
						modern = modern && (tr.Protocol == "TLSv1.2" || tr.Protocol == "TLSv1.3")
					}
				}
			}
		}
		switch {
		case !all || messages < 2:
		case modern:
			entries[name+".example.net"] = "encrypt protocols=>=TLSv1.2"
		default:
			entries[name+".example.net"] = "encrypt"
		}
	}
	return entries
}

const policyFile = "/etc/postfix/tls_policy_observed"

// followPage runs the commands of docs/policy.md, one block after the other, with this Postfix as that of the host. They are for logs of weeks, so the
// thresholds are others.
func (p *policyScene) followPage() {
	p.t.Helper()
	etc := p.postfix.etc
	command(p.t, "sh", "-euc", `cd /etc/postfix; for f in *; do [ -e "$0/$f" ] || cp -a "$f" "$0"; done`, etc)
	mount(p.t, etc, "/etc/postfix", "", syscall.MS_BIND)
	mount(p.t, filepath.Dir(p.postfix.log), "/var/log", "", syscall.MS_BIND)
	bin := p.t.TempDir()
	link(p.t, os.Getenv(envBinary), filepath.Join(bin, "postfix-tls-exporter"))
	page, err := os.ReadFile(filepath.Join(root, "docs", "policy.md"))
	if err != nil {
		p.t.Fatal(err)
	}
	blocks := pageBlocks(string(page))
	for i, b := range blocks {
		if b.kind != "sh" {
			continue
		}
		cmd := exec.CommandContext(p.t.Context(), "bash", "-euo", "pipefail", "-c", b.text)
		cmd.Dir, cmd.Stderr = root, p.t.Output()
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "TZ=UTC", "POSTFIX_TLS_MIN_MESSAGES=2", "POSTFIX_TLS_MIN_DAYS=0")
		out, err := cmd.Output()
		if err != nil {
			p.t.Fatalf("line %d: %v", b.line, err)
		}
		if i+1 < len(blocks) && blocks[i+1].kind == "text" {
			if diff := cmp.Diff(blocks[i+1].text, string(out)); diff != "" {
				p.t.Errorf("line %d (-page +output):\n%s", b.line, diff)
			}
		}
	}
	p.sameCommands(string(page))
}

// sameCommands finds the commands of the table's comments on the page.
func (p *policyScene) sameCommands(page string) {
	p.t.Helper()
	found := 0
	for line := range strings.Lines(p.text()) {
		if c, ok := strings.CutPrefix(line, "#   "); ok && strings.HasPrefix(c, "post") && !strings.HasPrefix(c, "posttls-finger") {
			found++
			if !strings.Contains(page, "\n"+c) {
				p.t.Errorf("not on the page: %s", c)
			}
		}
	}
	if found != 3 {
		p.t.Errorf("%d commands in the table's comments, want 3", found)
	}
}

func (p *policyScene) text() string {
	p.t.Helper()
	text, err := os.ReadFile(policyFile)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// table is the one that Postfix is configured to look in after its own.
func (p *policyScene) table() string {
	p.t.Helper()
	maps := strings.TrimSpace(command(p.t, "postconf", "-hx", "smtp_tls_policy_maps"))
	i := strings.LastIndexByte(maps, ' ')
	if !strings.HasPrefix(maps, "inline:{") || !strings.HasSuffix(maps, ":"+policyFile) {
		p.t.Fatalf("smtp_tls_policy_maps is %q", maps)
	}
	return maps[i+1:]
}

// installed is all that is in the table, for Postfix.
func (p *policyScene) installed() map[string]string {
	p.t.Helper()
	entries := map[string]string{}
	for line := range strings.Lines(command(p.t, "postmap", "-s", p.table())) {
		domain, policy, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		entries[domain] = policy
	}
	return entries
}

// testComments looks for the reasons, and runs the command that tells whether secure may work.
func (p *policyScene) testComments(t *testing.T) {
	text := p.text()
	for _, want := range []string{
		"\n# plain.example.net: 2 of 2 recipients in plaintext, ",
		"\n# broken.example.net: 2 of 2 recipients in plaintext, ",
		"\n# by-hand.example.net: 2 certificates were verified, ",
		"\n# rare.example.net: 1 recipients under TLS, fewer than 2\n",
		"\n# [198.51.100.1]: an address, not a domain\n",
		", TLSv1.3 3, via tls13.example.net\n# certificates trusted: secure may work, see above\ntls13.example.net ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	_, finger, found := strings.Cut(text, "\n#   posttls-finger ")
	finger, _, ended := strings.Cut(finger, " example.org\n")
	if !found || !ended {
		t.Fatalf("no posttls-finger in\n%s", text)
	}
	for match, want := range map[string]string{"mx.test": "Verified", "": "Untrusted"} { // without a match it is the domain's own name
		out := command(t, "bash", "-c", "posttls-finger -h native "+finger+" '[tls13.example.net]' "+match+" 2>&1")
		if !strings.Contains(out, ": "+want+" TLS connection established to tls13.example.net[") {
			t.Errorf("match %q: not %s:\n%s", match, want, out)
		}
	}
}

// testDelivery sends mail by the new policy: as before while servers do as before, and not at all where a domain with an entry falls behind it.
func (p *policyScene) testDelivery(t *testing.T) {
	p.wantTaken(t, map[string]string{"tls13": "TLSv1.3", "tls12": "TLSv1.2", "tls10": "TLSv1.0", "by-hand": "TLSv1.3", "plain": "plaintext"})
	if n := strings.Count(p.log(t), "Verified TLS connection established to by-hand."); n != 3 {
		t.Errorf("by-hand was verified %d times of 3", n)
	}

	p.offer("tls13", tls.VersionTLS10) // below what its entry asks for
	p.offer("tls12", 0)
	p.offer("tls10", 0)
	p.offer("rare", 0) // has no entry
	p.wantTaken(t, map[string]string{"tls13": "", "tls12": "", "tls10": "", "rare": "plaintext"})
	log := p.log(t)
	for _, want := range []string{
		"SSL_connect error to tls13.example.net[198.51.100.1]:25", "status=deferred (Cannot start TLS: handshake failure)",
		"status=deferred (TLS is required, but was not offered by host tls12.example.net[198.51.100.2])",
		"status=deferred (TLS is required, but was not offered by host tls10.example.net[198.51.100.3])",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("not in the log: %q", want)
		}
	}
}
