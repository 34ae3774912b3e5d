package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// levelsAsked are the policies that the Postfix of the corpora was told to follow, where they ask for more than encrypt: its servers cannot tell.
var levelsAsked = map[string]string{
	"dane.example": "dane", "finger.example": "fingerprint", "verify.example": "verify", "secure.example": "secure",
}

// TestCorpusPolicy holds the entries against what the servers recorded: which domains always had TLS, and which versions.
func TestCorpusPolicy(t *testing.T) {
	for _, c := range corpora(t) {
		if c.relays == nil {
			continue
		}
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			args := c.args()
			args[len(args)-1] = c.moved(t)
			table := mustInvoke(t, append([]string{"policy", "--min-messages=1", "--min-days=0", "--top=0"}, args...)...)
			want := c.truthEntries()
			if len(want) == 0 && c.facts.OutLogLevel != "0" {
				t.Error("no domain always had TLS: that proves nothing")
			}
			equal(t, "entries", want, entries(table))
			if hint := strings.Contains(table, "set smtp_tls_loglevel = 1"); hint != (c.facts.OutLogLevel == "0") {
				t.Errorf("log level %s, hint %t", c.facts.OutLogLevel, hint)
			}
			if caution := strings.Contains(table, "one server took the mail for all domains"); caution {
				t.Error("there were several servers or one domain")
			}
			if none := mustInvoke(t, append([]string{"policy", "--min-messages=1"}, args...)...); len(entries(none)) > 0 || !strings.Contains(none, "# None can have one: only 0 days") {
				t.Errorf("entries out of minutes:\n%s", none)
			}
		})
	}
}

// moved writes the log anew as if the servers had not been on the host itself, and returns the copy's name: what stays there has no policy.
func (c *corpus) moved(t *testing.T) string {
	t.Helper()
	log := readLog(t, c.log)
	for _, network := range []string{"127.0.10.", "127.0.11."} {
		log = bytes.ReplaceAll(log, []byte(network), []byte("198.51.100."))
	}
	return writeFile(t, filepath.Join(t.TempDir(), "mail.log"), string(log))
}

// truthEntries are the entries that the servers' records bear out, by domain. A log that hides TLS bears out none.
func (c *corpus) truthEntries() map[string]string {
	all := map[string]string{}
	if c.facts.OutLogLevel == "0" {
		return all
	}
	failed := map[string]bool{} // servers
	for i := range c.relays {
		if c.relays[i].handshake().TLS == "failed" {
			failed[c.relays[i].Name] = true
		}
	}
	type mail struct{ without, old bool }
	domains := map[string]mail{}
	for key, a := range c.accepted() {
		if a.Path != "" {
			continue
		}
		domain := key.to[strings.LastIndex(key.to, "@")+1:]
		m := domains[domain]
		m.without = m.without || a.TLS != "established" || failed[a.Name]
		m.old = m.old || a.Protocol != "TLSv1.2" && a.Protocol != "TLSv1.3"
		domains[domain] = m
	}
	for domain, m := range domains {
		if level := c.level(domain); !m.without && level != "" {
			all[domain] = level
			if !m.old {
				all[domain] += " protocols=>=TLSv1.2"
			}
		}
	}
	return all
}

// level is the one that the log bears out for a domain that always had TLS: tls=, since 3.11, says what was asked for.
func (c *corpus) level(domain string) string {
	asked, more := levelsAsked[domain]
	switch {
	case !more:
		return "encrypt"
	case strings.HasPrefix(c.facts.Postfix, "3.12") && (asked == "verify" || asked == "secure"):
		return asked
	}
	return ""
}

// entries returns what a policy table says of each domain.
func entries(table string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(table) {
		if domain, policy, found := strings.Cut(strings.TrimSuffix(line, "\n"), " "); found && domain != "#" {
			all[domain] = policy
		}
	}
	return all
}
