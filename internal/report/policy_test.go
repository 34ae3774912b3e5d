package report

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// mail is a row of a domain: 20 recipients over 9 days, all served by TLS 1.3, but for what change does.
func mail(domain string, change ...func(*tally.DomainRow)) tally.DomainRow {
	r := tally.DomainRow{
		Domain: domain, Class: "public", Recipients: 20, TLS: tally.Counts{{Label: "established", N: 20}}, Protocols: tally.Counts{{Label: "TLSv1.3", N: 20}},
		Trust: tally.Counts{{Label: "Untrusted", N: 20}}, Relays: []string{"mx." + domain}, First: at(1, 4, 0), Last: at(10, 4, 0), LastTLS: new(at(10, 4, 0)),
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func policyOf(t *testing.T, o PolicyOptions, rows ...tally.DomainRow) string {
	t.Helper()
	return policyTableOf(t, &tally.Snapshot{Domains: rows}, o)
}

func policyTableOf(t *testing.T, s *tally.Snapshot, o PolicyOptions) string {
	t.Helper()
	var out bytes.Buffer
	if err := Policy(&out, s, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// entriesOf returns the lines that Postfix reads.
func entriesOf(table string) (all []string) {
	for line := range strings.Lines(table) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}

// reasonsOf returns what is said of the domains that are left out.
func reasonsOf(table string) (all []string) {
	_, rest, _ := strings.Cut(table, "\n# left out")
	for _, line := range strings.Split(rest, "\n# ")[1:] {
		all = append(all, strings.TrimSuffix(line, "\n"))
	}
	return all
}

func is(tls, protocols, trust, policies tally.Counts) func(*tally.DomainRow) {
	return func(r *tally.DomainRow) { r.TLS, r.Protocols, r.Trust, r.Policies = tls, protocols, trust, policies }
}

// of makes Counts of pairs, in the order of labels.
func of(pairs ...any) (c tally.Counts) {
	for i := 0; i < len(pairs); i += 2 {
		c = append(c, tally.Count{Label: pairs[i].(string), N: uint64(pairs[i+1].(int))})
	}
	return c
}

// usual are the options of a user who gives none.
func usual() PolicyOptions { return PolicyOptions{MinRecipients: 10, MinDays: 7, Top: 50} }

// TestPolicyLevels tells what level the deliveries to a domain prove.
func TestPolicyLevels(t *testing.T) {
	all, tls13 := of("established", 20), of("TLSv1.3", 20)
	for name, c := range map[string]struct {
		row  func(*tally.DomainRow)
		want string // the entry, or why there is none
	}{
		"modern":                {is(all, of("TLSv1.2", 5, "TLSv1.3", 15), of("Untrusted", 20), nil), "encrypt protocols=>=TLSv1.2"},
		"old":                   {is(all, of("TLSv1", 1, "TLSv1.3", 19), of("Untrusted", 20), nil), "encrypt"},
		"unheard of":            {is(all, of("TLSv1.3", 19, "TLSv1.4", 1), of("Untrusted", 20), nil), "encrypt"},
		"not logged":            {is(of("unlogged", 20), nil, nil, of("encrypt", 20)), "encrypt"},
		"partly logged":         {is(of("established", 19, "unlogged", 1), of("TLSv1.3", 19), of("Untrusted", 19), nil), "encrypt"},
		"anonymous":             {is(all, tls13, of("Anonymous", 20), nil), "encrypt protocols=>=TLSv1.2"},
		"trusted":               {is(all, tls13, of("Trusted", 20), of("may", 15, "may?", 5)), "encrypt protocols=>=TLSv1.2"},
		"verified, by whom":     {is(all, tls13, of("Untrusted", 19, "Verified", 1), nil), "1 certificates were verified, and the log does not say by which policy"},
		"verify":                {is(all, tls13, of("Verified", 20), of("verify", 16, "verify?", 4)), "verify protocols=>=TLSv1.2"},
		"secure":                {is(all, of("TLSv1.1", 20), of("Verified", 20), of("secure", 20)), "secure"},
		"secure, once not":      {is(all, tls13, of("Untrusted", 1, "Verified", 19), of("secure", 20)), "more than encrypt is in force, at least at times (tls= secure 20)"},
		"secure, once not said": {is(all, tls13, of("Verified", 20), of("secure", 19)), "more than encrypt is in force, at least at times (tls= secure 19)"},
		"secure of late":        {is(all, tls13, of("Trusted", 8, "Verified", 12), of("may", 8, "secure", 12)), "more than encrypt is in force, at least at times (tls= secure 12, may 8)"},
		"secure and verify":     {is(all, tls13, of("Verified", 20), of("secure", 8, "verify", 12)), "more than encrypt is in force"},
		"secure, not logged":    {is(of("unlogged", 20), nil, nil, of("secure", 20)), "more than encrypt is in force"},
		"fingerprint":           {is(all, tls13, of("Verified", 20), of("fingerprint", 20)), "more than encrypt is in force"},
		"unknown level":         {is(all, tls13, of("Untrusted", 20), of("may", 19, "unknown?", 1)), "more than encrypt is in force"},
		"DANE":                  {is(all, tls13, of("Verified", 20), of("dane", 20)), "DANE is in force (tls= dane 20), and an entry would turn it off"},
		"DANE, unusable":        {is(all, tls13, of("Untrusted", 20), of("dane:encrypt", 20)), "DANE is in force (tls= dane:encrypt 20)"},
		"half DANE":             {is(all, tls13, of("Trusted", 20), of("dane:halfdane", 20)), "DANE is in force"},
		"only DANE":             {is(all, tls13, of("Verified", 20), of("dane-only", 20)), "DANE is in force"},
		"DANE, once reused":     {is(all, tls13, of("Untrusted", 20), of("dane?", 1, "may", 19)), "DANE is in force"},
		"one in plaintext":      {is(of("established", 19, "plaintext", 1), of("TLSv1.3", 19), of("Untrusted", 19), nil), "1 of 20 recipients in plaintext, the last on"},
		"one unknown":           {is(of("established", 19, "unknown", 1), of("TLSv1.3", 19), of("Untrusted", 19), nil), "1 of 20 recipients cannot be told from plaintext"},
		"one failed":            {is(of("established", 19, "failed", 1), of("TLSv1.3", 19), of("Untrusted", 19), nil), "1 of 20 recipients cannot be told from plaintext"},
		"attempts failed":       {func(r *tally.DomainRow) { r.Failures = of("not_offered", 2) }, "TLS could not be used (not_offered 2)"},
		"few":                   {func(r *tally.DomainRow) { r.Recipients, r.TLS = 9, of("established", 9) }, "9 recipients under TLS, fewer than 10"},
		"short":                 {func(r *tally.DomainRow) { r.First = r.Last.Add(-7*24*time.Hour + time.Second) }, "6 days between the first and the last delivery, fewer than 7"},
		"not too short":         {func(r *tally.DomainRow) { r.First = r.Last.Add(-7 * 24 * time.Hour) }, "encrypt protocols=>=TLSv1.2"},
	} {
		table := policyOf(t, usual(), mail("example.org", c.row))
		entries, reasons := entriesOf(table), reasonsOf(table)
		switch {
		case len(entries) == 1 && len(reasons) == 0 && entries[0] == "example.org "+c.want:
		case len(entries) == 0 && len(reasons) == 1 && strings.HasPrefix(reasons[0], "example.org: "+c.want):
		default:
			t.Errorf("%s: entries %q, reasons %q, want %q", name, entries, reasons, c.want)
		}
	}
}

// TestPolicyRows adds up the rows of a domain, of whatever class: one of them can speak against it, and all together make a habit.
func TestPolicyRows(t *testing.T) {
	private := func(change ...func(*tally.DomainRow)) tally.DomainRow {
		return mail("example.org", append(change, func(r *tally.DomainRow) { r.Class = "private" })...)
	}
	few := func(r *tally.DomainRow) {
		r.Recipients, r.TLS, r.Protocols, r.Trust = 5, of("established", 5), of("TLSv1.2", 5), of("Trusted", 5)
	}
	early := func(r *tally.DomainRow) { r.Last = at(1, 5, 0) }
	late := func(r *tally.DomainRow) { r.First = at(10, 3, 0) }
	const modern = "example.org encrypt protocols=>=TLSv1.2"
	for name, c := range map[string]struct {
		rows []tally.DomainRow
		want []string
	}{
		"alike":               {[]tally.DomainRow{mail("example.org"), private()}, []string{modern}},
		"few each":            {[]tally.DomainRow{mail("example.org", few), private(few)}, []string{modern}},
		"one after the other": {[]tally.DomainRow{mail("example.org", few, late), private(few, early)}, []string{modern}},
		"one in plaintext":    {[]tally.DomainRow{mail("example.org"), private(is(of("established", 19, "plaintext", 1), nil, nil, nil))}, nil},
		"nothing taken":       {[]tally.DomainRow{mail("example.org"), {Domain: "example.org", Class: "unknown", Failures: of("tlsa_lookup", 1), First: at(2, 0, 0), Last: at(2, 0, 0)}}, nil},
		"old in one":          {[]tally.DomainRow{mail("example.org"), private(is(of("established", 20), of("TLSv1.1", 20), nil, nil))}, []string{"example.org encrypt"}},
		"two domains":         {[]tally.DomainRow{mail("example.org"), mail("example.com")}, []string{"example.com encrypt protocols=>=TLSv1.2", modern}},
		"none":                {nil, nil},
		"only attempts":       {[]tally.DomainRow{{Domain: "example.org", Class: "unknown"}}, nil},
	} {
		if diff := cmp.Diff(c.want, entriesOf(policyOf(t, usual(), c.rows...))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestPolicyKeys tells which names can be keys.
func TestPolicyKeys(t *testing.T) {
	long := strings.Repeat("a", 63)
	for domain, want := range map[string]string{
		"example.org":                           "",
		"a-b.xn--bcher-kva.example":             "",
		"3com.example":                          "",
		"localdomain":                           "",
		long + ".example":                       "",
		"a" + long + ".example":                 "not a host name",
		strings.Repeat("a.", 124) + "abcd":      "", // 252 characters
		strings.Repeat("a.", 125) + "abcd":      "not a host name",
		"[192.0.2.1]":                           "an address, not a domain",
		"[ipv6:2001:db8::1]":                    "an address, not a domain",
		"192.0.2.1":                             "not a host name",
		"b\u00fccher.example":                   "the key would be the ASCII form of the name (xn--...)",
		"example\u3002org":                      "the key would be the ASCII form of the name (xn--...)",
		".example.org":                          "not a host name",
		"example.org.":                          "not a host name",
		"example..org":                          "not a host name",
		"Example.org":                           "not a host name",
		"my_host.example":                       "not a host name",
		"-a.example":                            "not a host name",
		"a-.example":                            "not a host name",
		"example.org encrypt":                   "not a host name",
		"#example.org":                          "not a host name",
		"example.org\n.com none":                "not a host name",
		" example.org":                          "not a host name",
		"":                                      "not a host name",
		"\"example.org\"":                       "not a host name",
		"example.org\x00":                       "not a host name",
		"example.org\x7f":                       "not a host name",
		"exam\u202eple.org":                     "the key would be the ASCII form of the name (xn--...)",
		strings.Repeat("a", 255):                "not a host name",
		"a.0":                                   "not a host name",
		"unix:/run/dovecot/lmtp":                "not a host name",
		"[mx.example.org]:587":                  "an address, not a domain",
		"mx.example.org:587":                    "not a host name",
		"example.org none\nexample.com encrypt": "not a host name",
	} {
		table := policyOf(t, usual(), mail(domain))
		var entries, reasons []string
		if want == "" {
			entries = []string{domain + " encrypt protocols=>=TLSv1.2"}
		} else {
			reasons = []string{strings.TrimSuffix(Clean(domain), " ") + ": " + want}
		}
		if diff := cmp.Diff(entries, entriesOf(table)); diff != "" {
			t.Errorf("%q: entries (-want +got):\n%s", domain, diff)
		}
		if diff := cmp.Diff(reasons, reasonsOf(table)); diff != "" {
			t.Errorf("%q: reasons (-want +got):\n%s", domain, diff)
		}
	}
}

// TestPolicySays holds what comments say.
func TestPolicySays(t *testing.T) {
	relay := func(names ...string) func(*tally.DomainRow) {
		return func(r *tally.DomainRow) { r.Relays = names }
	}
	trusted := is(of("established", 20), of("TLSv1.3", 20), of("Trusted", 20), nil)
	old := is(of("established", 20), of("TLSv1", 4, "TLSv1.3", 16), of("Trusted", 1, "Untrusted", 19), of("encrypt", 20))
	secure := is(of("established", 20), of("TLSv1.3", 20), of("Verified", 20), of("secure", 20))
	plain := is(of("plaintext", 20), nil, nil, nil)
	hint := tally.Hint{Code: "smtp_tls_loglevel", Text: "set smtp_tls_loglevel = 1\nexample.net none"}
	other := tally.DomainRow{Domain: tally.Other, Recipients: 1234, TLS: of("established", 1234)}
	shared := []tally.DomainRow{mail("example.com", relay("mx.example.net")), mail("example.org", relay("mx.example.net"))}
	for _, c := range []struct {
		name     string
		snapshot tally.Snapshot
		options  PolicyOptions
		says     string
		want     bool
	}{
		{"all of an entry", tally.Snapshot{Domains: []tally.DomainRow{mail("example.org")}}, usual(), "\n\n# 20 recipients, 2026-11-01..2026-11-10, TLSv1.3 20, via mx.example.org\nexample.org encrypt", true},
		{"more relays", tally.Snapshot{Domains: []tally.DomainRow{mail("example.org", relay("a", "b", "c", "d"))}}, usual(), "via a, b, c, d, ...\n", true},
		{"relays of a stranger", tally.Snapshot{Domains: []tally.DomainRow{mail("example.org", relay("a\nb"))}}, usual(), "via a?b\n", true},
		{"unlogged", tally.Snapshot{Domains: []tally.DomainRow{mail("example.org", is(of("established", 1, "unlogged", 19), of("TLSv1.3", 1), nil, nil))}}, usual(), "TLSv1.3 1, version not logged 19, via", true},
		{"trusted", tally.Snapshot{Domains: []tally.DomainRow{mail("example.org", trusted)}}, usual(), "\n# certificates trusted: secure may work, see above\nexample.org encrypt", true},
		{"trusted, how", tally.Snapshot{Domains: []tally.DomainRow{mail("example.org", trusted)}}, usual(), "\n#   posttls-finger -c -l secure ", true},
		{"once trusted", tally.Snapshot{Domains: []tally.DomainRow{mail("example.org", old)}}, usual(), "posttls-finger", false},
		{"old", tally.Snapshot{Domains: []tally.DomainRow{mail("example.org", old)}}, usual(), "\n# in force already: tls= encrypt 20\n# below TLS 1.2: smtp_tls_mandatory_protocols must allow it\nexample.org encrypt\n", true},
		{"old needs no 3.6", tally.Snapshot{Domains: []tally.DomainRow{mail("example.org", old)}}, usual(), "Postfix 3.6", false},
		{"modern needs 3.6", tally.Snapshot{Domains: []tally.DomainRow{mail("example.org")}}, usual(), "needs Postfix 3.6", true},
		{"secure", tally.Snapshot{Domains: []tally.DomainRow{mail("example.org", secure)}}, usual(), "NOTE: verify and secure are the levels in force now.", true},
		{"no match", tally.Snapshot{Domains: []tally.DomainRow{mail("example.org")}}, usual(), "NOTE: verify and secure are the levels in force now.", false},
		{"one relay", tally.Snapshot{Domains: shared}, usual(), "CAUTION: one server took the mail for all domains, mx.example.net.", true},
		{"one domain", tally.Snapshot{Domains: shared[:1]}, usual(), "CAUTION", false},
		{"two relays", tally.Snapshot{Domains: append([]tally.DomainRow{mail("example.edu")}, shared...)}, usual(), "CAUTION", false},
		{"incomplete", tally.Snapshot{Domains: shared[:1]}, PolicyOptions{Incomplete: true}, "CAUTION: a part of the log could not be read.", true},
		{"hint", tally.Snapshot{Hints: []tally.Hint{hint}}, usual(), "\n# NOTE: set smtp_tls_loglevel = 1?example.net none\n", true},
		{"hint about mail that comes in", tally.Snapshot{Hints: []tally.Hint{{Code: "smtpd_tls_loglevel", Text: "smtpd"}}}, usual(), "NOTE", false},
		{"nothing", tally.Snapshot{}, usual(), "# The log has no delivery to another host.\n", true},
		{"something", tally.Snapshot{Domains: []tally.DomainRow{other}}, usual(), "no delivery", false},
		{"other domains", tally.Snapshot{Domains: []tally.DomainRow{other}}, usual(), "\n# 1,234 recipients of domains that were too many to tell apart\n", true},
		{"short log", tally.Snapshot{Domains: shared}, PolicyOptions{MinDays: 10}, "# None can have one: only 9 days lie between", true},
		{"long log", tally.Snapshot{Domains: []tally.DomainRow{mail("example.org", plain)}}, usual(), "None can have one", false},
	} {
		if table := policyTableOf(t, &c.snapshot, c.options); strings.Contains(table, c.says) != c.want {
			t.Errorf("%s: want %q: %t in\n%s", c.name, c.says, c.want, table)
		}
	}
}

// TestPolicyLeftOut names those with the most recipients first, in the order of names where they are alike, and counts the rest.
func TestPolicyLeftOut(t *testing.T) {
	plain := func(n int) func(*tally.DomainRow) {
		return func(r *tally.DomainRow) {
			r.Recipients, r.TLS, r.LastPlain = uint64(n), of("plaintext", n), new(at(9, 17, 30))
		}
	}
	rows := []tally.DomainRow{mail("c.example", plain(3)), mail("a.example", plain(1)), mail("b.example", plain(1)), mail("d.example", plain(2000))}
	says := func(name, n string) string {
		return fmt.Sprintf("%s.example: %s of %s recipients in plaintext, the last on 2026-11-09 17:30", name, n, n)
	}
	want := []string{says("d", "2,000"), says("c", "3"), says("a", "1"), says("b", "1")}
	for top, want := range map[int][]string{
		0: want, 4: want, 5: want,
		3: {want[0], want[1], want[2], "... and 1 more domains (--top 0 names them all)"},
		1: {want[0], "... and 3 more domains (--top 0 names them all)"},
	} {
		if diff := cmp.Diff(want, reasonsOf(policyOf(t, PolicyOptions{Top: top}, rows...))); diff != "" {
			t.Errorf("--top %d (-want +got):\n%s", top, diff)
		}
	}
}

func TestPolicyWriteError(t *testing.T) {
	if err := Policy(full{}, sample(), usual()); !errors.Is(err, errFull) {
		t.Errorf("%v, want %v", err, errFull)
	}
}
