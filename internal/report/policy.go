package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// PolicyOptions of a policy table.
type PolicyOptions struct {
	MinRecipients uint64 // that a domain must have, to get an entry
	MinDays       uint64 // whole days that must lie between its first and its last delivery
	Top           int    // domains without an entry that are named; 0 names all
	Incomplete    bool   // a part of the log could not be read
}

// Policy writes entries for smtp_tls_policy_maps, in the form that postmap(1) reads, for the recipient domains whose mail has always gone under TLS. An
// entry makes mail wait that would go in plaintext otherwise, and who installs it answers for mail that waits for ever. So the rules are:
//
//   - Each recipient counts to whom a server beyond this host gave its word, in rows of any class. All must have gone under TLS: a single one in
//     plaintext, or of which the log does not tell, speaks against the domain, and so does each attempt that failed because TLS could not be used.
//   - There must have been enough recipients, over enough days: a domain that took one message under TLS proves little.
//   - The level is encrypt, and the attribute protocols=>=TLSv1.2 is added where all recipients were served by TLS 1.2 or a later version.
//   - The level is verify or secure where tls= (Postfix 3.11) says that this level was in force for all recipients, and all certificates were "Verified".
//     To ask for more than the log proves could stop mail; to ask for less than is in force would weaken it. So a domain is left out if DANE protects it, if
//     tls= names any other level above encrypt, and if certificates were "Verified" but no tls= says what was asked for.
//   - The key is the recipient domain, which is the next-hop destination that Postfix looks up unless relayhost or a transport table names another. Only
//     host names in lower-case ASCII are keys. What else the log holds stands in comments alone, cleaned: strangers choose recipients, and a line
//     that begins with a blank, or a newline in a name, would change the entry before it or make one.
//
// The output depends on the snapshot and the options alone. Entries are sorted by domain; domains left out by recipients, the most first, then by domain.
func Policy(w io.Writer, s *tally.Snapshot, o PolicyOptions) error {
	p := &policyPage{snapshot: s, options: o}
	var rest []*policyDomain
	p.domains, p.others = policyDomains(s)
	for _, d := range p.domains {
		if d.level, d.reason = o.judge(d); d.reason == "" {
			p.entries = append(p.entries, d)
		} else {
			rest = append(rest, d)
		}
	}
	slices.SortStableFunc(rest, func(a, b *policyDomain) int { return -cmp.Compare(a.recipients, b.recipients) })
	p.head()
	for _, d := range p.entries {
		p.entry(d)
	}
	p.leftOut(rest)
	_, err := io.WriteString(w, p.b.String())
	return err
}

// A policyDomain is all that is known of the mail to one domain, whatever the class of the servers that took it.
type policyDomain struct {
	name                                      string
	recipients                                uint64
	tls, protocols, trust, policies, failures map[string]uint64
	relays                                    map[string]bool
	more                                      bool // relays, of which the snapshot does not know the names
	first, last                               time.Time
	lastPlain                                 time.Time

	level  string // of the entry
	reason string // why there is none; empty if there is
}

// policyDomains adds up the rows, and sorts the domains by name. others are the recipients of domains that the snapshot has no rows of their own for.
func policyDomains(s *tally.Snapshot) (all []*policyDomain, others uint64) {
	byName := map[string]*policyDomain{}
	for i := range s.Domains {
		row := &s.Domains[i]
		if row.Domain == tally.Other {
			others += row.Recipients
			continue
		}
		d := byName[row.Domain]
		if d == nil {
			d = &policyDomain{
				name: row.Domain, tls: map[string]uint64{}, protocols: map[string]uint64{}, trust: map[string]uint64{}, policies: map[string]uint64{},
				failures: map[string]uint64{}, relays: map[string]bool{}, first: row.First, last: row.Last,
			}
			byName[row.Domain] = d
			all = append(all, d)
		}
		d.add(row)
	}
	slices.SortFunc(all, func(a, b *policyDomain) int { return cmp.Compare(a.name, b.name) })
	return all, others
}

func (d *policyDomain) add(row *tally.DomainRow) {
	d.recipients += row.Recipients
	for _, c := range []struct {
		sum map[string]uint64
		of  tally.Counts
	}{{d.tls, row.TLS}, {d.protocols, row.Protocols}, {d.trust, row.Trust}, {d.policies, row.Policies}, {d.failures, row.Failures}} {
		for label, n := range c.of.All() {
			if n > 0 {
				c.sum[label] += n
			}
		}
	}
	for _, relay := range row.Relays {
		d.relays[relay] = true
	}
	d.more = d.more || len(row.Relays) >= tally.MaxRelays
	if row.First.Before(d.first) {
		d.first = row.First
	}
	if row.Last.After(d.last) {
		d.last = row.Last
	}
	if row.LastPlain != nil && row.LastPlain.After(d.lastPlain) {
		d.lastPlain = *row.LastPlain
	}
}

// judge returns the level of the domain's entry, or the reason why it gets none.
func (o PolicyOptions) judge(d *policyDomain) (level, reason string) {
	if reason = noKey(d.name); reason != "" {
		return "", reason
	}
	if reason = d.withoutTLS(); reason != "" {
		return "", reason
	}
	if level, reason = d.proven(); reason != "" {
		return "", reason
	}
	return level, o.tooLittle(d)
}

// noKey tells why a domain cannot be the key of an entry.
func noKey(domain string) string {
	switch {
	case strings.HasPrefix(domain, "["):
		return "an address, not a domain"
	case strings.IndexFunc(domain, func(r rune) bool { return r > unicode.MaxASCII }) >= 0:
		return "the key would be the ASCII form of the name (xn--...)"
	case !hostName(domain):
		return "not a host name"
	}
	return ""
}

// hostName tells whether a name has the form of RFC 1123 section 2.1, in lower case: labels of letters, digits and hyphens, the last one no number.
func hostName(name string) bool {
	if len(name) > 253 {
		return false
	}
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// withoutTLS tells what speaks against the domain: mail that went without TLS, or may have, and attempts that failed because of TLS.
func (d *policyDomain) withoutTLS() string {
	if d.recipients == 0 && len(d.failures) == 0 {
		return "no mail was taken"
	}
	var all []string
	plain, certain, untold := d.tls["plaintext"], d.tls["established"]+d.tls["unlogged"], uint64(0)
	for _, n := range d.tls {
		untold += n
	}
	untold = max(untold, d.recipients) - plain - certain
	if plain > 0 {
		all = append(all, fmt.Sprintf("%s of %s recipients in plaintext, the last on %s", thousands(plain), thousands(d.recipients), minute(&d.lastPlain)))
	}
	if untold > 0 {
		all = append(all, fmt.Sprintf("%s of %s recipients cannot be told from plaintext", thousands(untold), thousands(d.recipients)))
	}
	if len(d.failures) > 0 {
		all = append(all, fmt.Sprintf("TLS could not be used (%s)", mostly(d.failures)))
	}
	if len(all) == 0 && certain != d.recipients {
		return "its counts do not agree"
	}
	return strings.Join(all, "; ")
}

// proven returns the highest level that all deliveries prove, or why there should be no entry.
func (d *policyDomain) proven() (level, reason string) {
	asked := map[string]uint64{} // above encrypt
	for policy, n := range d.policies {
		if l := askedFor(policy); l != "may" && l != "encrypt" {
			asked[l] += n
		}
	}
	verified := d.trust["Verified"]
	for _, l := range []string{"verify", "secure"} {
		if asked[l] == d.recipients && verified == d.recipients {
			return l, ""
		}
	}
	switch {
	case asked["dane"]+asked["dane-only"]+asked["halfdane"] > 0:
		return "", fmt.Sprintf("DANE is in force (tls= %s), and an entry would turn it off", mostly(d.policies))
	case len(asked) > 0:
		return "", fmt.Sprintf("more than encrypt is in force, at least at times (tls= %s)", mostly(d.policies))
	case verified > 0:
		return "", fmt.Sprintf("%s certificates were verified, and the log does not say by which policy; encrypt could be less", thousands(verified))
	}
	return "encrypt", ""
}

// askedFor is the level that was asked for, out of tls= as logged: "dane" of "dane:halfdane", "verify" of "verify?".
func askedFor(policy string) string {
	level, _, _ := strings.Cut(strings.Trim(policy, "!?"), ":")
	return level
}

// tooLittle tells what is missing before the domain's deliveries can be called a habit.
func (o PolicyOptions) tooLittle(d *policyDomain) string {
	var all []string
	if d.recipients < o.MinRecipients {
		all = append(all, fmt.Sprintf("%s recipients under TLS, fewer than %s", thousands(d.recipients), thousands(o.MinRecipients)))
	}
	if n := wholeDays(d.first, d.last); n < o.MinDays {
		all = append(all, fmt.Sprintf("%s days between the first and the last delivery, fewer than %s", thousands(n), thousands(o.MinDays)))
	}
	return strings.Join(all, "; ")
}

func wholeDays(first, last time.Time) uint64 {
	return uint64(max(last.Sub(first), 0) / (24 * time.Hour))
}

// modern tells whether every TLS version is known, and is 1.2 or later.
func (d *policyDomain) modern() bool {
	return d.protocols["TLSv1.2"]+d.protocols["TLSv1.3"] == d.recipients
}
