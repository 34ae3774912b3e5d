package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// A policyPage is a policy table in the making.
type policyPage struct {
	snapshot *tally.Snapshot
	options  PolicyOptions
	domains  []*policyDomain
	others   uint64 // recipients of domains that have no rows of their own
	entries  []*policyDomain
	b        strings.Builder
}

// policyColumns is how wide comments are that are more than one domain's.
const policyColumns = 78

// comment writes one line, whatever the text is.
func (p *policyPage) comment(format string, args ...any) {
	p.b.WriteString(strings.TrimRight("# "+Clean(fmt.Sprintf(format, args...)), " ") + "\n")
}

// paragraph writes a comment of several lines, and an empty one before it.
func (p *policyPage) paragraph(format string, args ...any) {
	p.comment("")
	for line := range strings.Lines(text.WrapSoft(Clean(fmt.Sprintf(format, args...)), policyColumns-2)) {
		p.comment("%s", strings.TrimSpace(line))
	}
}

// head tells what the table is, what must be known first, and how to install it.
func (p *policyPage) head() {
	s, o := p.snapshot, p.options
	p.comment("TLS policy for mail to other servers, for Postfix' smtp_tls_policy_maps")
	if s.Period.First != nil && s.Period.Last != nil {
		p.paragraph("Drawn from the log of %s from %s to %s.", list(s.Hosts, 5), clock(*s.Period.First), clock(*s.Period.Last))
	}
	p.paragraph("A domain has an entry if all its mail went under TLS, to %s recipients or more (--min-messages) and with %s days or more between the first "+
		"and the last (--min-days), and if no attempt failed because of TLS.", thousands(o.MinRecipients), thousands(o.MinDays))
	p.cautions()
	p.tooShort()
	p.paragraph("What an entry does: a server of the domain that offers no TLS gets no mail. The mail waits in the queue, and is returned if that lasts. Without an entry it would " +
		"go in plaintext, and anybody on the way can see to that by taking STARTTLS out of the server's reply (RFC 3207 section 6). The level encrypt does not ask " +
		"who the server is; secure does, and so do DANE and, on behalf of the domain, MTA-STS (RFC 8461).")
	p.paragraph("An entry takes the place of smtp_tls_security_level, and so of DANE if that is dane. It makes smtp_tls_mandatory_protocols and smtp_tls_mandatory_ciphers " +
		"apply. Its key is the next-hop destination: the recipient's domain, unless relayhost or a transport table names another.")
	p.paragraph("To install it, write it to /etc/postfix/%s. Do not renew it unseen: a domain that stops to offer TLS loses its entry, and its mail goes in plaintext.", policyTable)
	p.comment("  postmap /etc/postfix/%s", policyTable)
	p.paragraph("And once, so that Postfix looks there after the tables that it has, of which the first that knows a domain decides:")
	p.comment(`  postconf -e "smtp_tls_policy_maps = $(postconf -h smtp_tls_policy_maps) \${default_database_type}:/etc/postfix/%s"`, policyTable)
	p.comment("  postfix reload")
}

// policyTable is a name that no table has yet which somebody wrote by hand.
const policyTable = "tls_policy_observed"

// cautions are about this log.
func (p *policyPage) cautions() {
	if p.options.Incomplete {
		p.paragraph("CAUTION: a part of the log could not be read. What speaks against a domain may be there.")
	}
	if relay := p.onlyRelay(); relay != "" {
		p.paragraph("CAUTION: one server took the mail for all domains, %s. If relayhost or a transport table sends it there, the entries below are never looked up: "+
			"the key must be what stands there, such as [%s]:587.", relay, relay)
	}
	if p.any(func(d *policyDomain) bool { return d.level != "encrypt" }) {
		p.paragraph("NOTE: verify and secure are the levels in force now. The log does not show match=: if the policy in force has it, be it that of a parent domain, copy it.")
	}
	if p.any((*policyDomain).modern) {
		p.paragraph("NOTE: protocols=>=TLSv1.2 needs Postfix 3.6; before, write protocols=!SSLv2:!SSLv3:!TLSv1:!TLSv1.1.")
	}
	if p.any((*policyDomain).trusted) {
		p.paragraph("NOTE: where certificates were trusted, but not compared with a name, secure may work too. This command tells:")
		p.comment(`  posttls-finger -c -l secure -F "$(postconf -xh smtp_tls_CAfile)" -P "$(postconf -xh smtp_tls_CApath)" example.org`)
	}
	for _, h := range p.snapshot.Hints {
		if h.Code != "smtpd_tls_loglevel" && h.Code != "plaintext_auth" { // inbound
			p.paragraph("NOTE: %s", h.Text)
		}
	}
}

// any tells whether an entry is such a one.
func (p *policyPage) any(such func(*policyDomain) bool) bool {
	return slices.ContainsFunc(p.entries, such)
}

// tooShort tells if the thresholds are more than the log can show, or there is nothing to show.
func (p *policyPage) tooShort() {
	if len(p.entries) > 0 {
		return
	}
	p.paragraph("No domain has an entry.")
	if len(p.domains) == 0 {
		if p.others == 0 {
			p.paragraph("The log has no delivery to another host.")
		}
		return
	}
	first, last := p.domains[0].first, p.domains[0].last
	for _, d := range p.domains {
		if d.first.Before(first) {
			first = d.first
		}
		if d.last.After(last) {
			last = d.last
		}
	}
	if n := wholeDays(first, last); n < p.options.MinDays {
		p.paragraph("None can have one: only %s days lie between the first delivery (%s) and the last (%s), and --min-days asks for %s. Read older logs too, or ask for less.",
			thousands(n), minute(&first), minute(&last), thousands(p.options.MinDays))
	}
}

// onlyRelay returns the server that took the mail for all domains, if there is one and they are several.
func (p *policyPage) onlyRelay() string {
	relays, domains := map[string]bool{}, 0
	for _, d := range p.domains {
		maps.Copy(relays, d.relays)
		if len(d.relays) > 0 {
			domains++
		}
	}
	if len(relays) != 1 || domains < 2 {
		return ""
	}
	return slices.Collect(maps.Keys(relays))[0]
}

// entry writes an entry, and above it what it is drawn from.
func (p *policyPage) entry(d *policyDomain) {
	versions := maps.Clone(d.protocols)
	if n := d.tls["unlogged"]; n > 0 {
		versions["version not logged"] = n
	}
	p.b.WriteString("\n")
	p.comment("%s recipients, %s..%s, %s%s", thousands(d.recipients), date(d.first), date(d.last), counts(versions), d.via())
	for _, note := range d.notes() {
		p.comment("%s", note)
	}
	protocols := ""
	if d.modern() {
		protocols = " protocols=>=TLSv1.2"
	}
	p.b.WriteString(d.name + " " + d.level + protocols + "\n")
}

// notes are what else is worth knowing of a domain that has an entry.
func (d *policyDomain) notes() (all []string) {
	for policy := range d.policies {
		if askedFor(policy) != "may" {
			all = append(all, "in force already: tls= "+mostly(d.policies))
			break
		}
	}
	for version := range d.protocols {
		if old(version) {
			all = append(all, "below TLS 1.2: smtp_tls_mandatory_protocols must allow it")
			break
		}
	}
	if d.trusted() {
		all = append(all, "certificates trusted: secure may work, see above")
	}
	return all
}

// trusted tells that all certificates came from issuers that Postfix trusts, and that it was not asked to compare the name.
func (d *policyDomain) trusted() bool {
	return d.level == "encrypt" && d.trust["Trusted"] == d.recipients
}

func (d *policyDomain) via() string {
	if len(d.relays) == 0 {
		return ""
	}
	names := slices.Sorted(maps.Keys(d.relays))
	if d.more {
		names = append(names, "...")
	}
	return ", via " + strings.Join(names, ", ")
}

func date(t time.Time) string { return t.Format(time.DateOnly) }

// leftOut names domains without an entry, each with the reason.
func (p *policyPage) leftOut(rest []*policyDomain) {
	if len(rest) == 0 && p.others == 0 {
		return
	}
	p.b.WriteString("\n")
	p.comment("left out, those with the most recipients first:")
	p.comment("")
	shown := rest
	if top := p.options.Top; top > 0 && len(rest) > top {
		shown = rest[:top]
	}
	for _, d := range shown {
		p.comment("%s: %s", d.name, d.reason)
	}
	if more := len(rest) - len(shown); more > 0 {
		p.comment("... and %d more domains (--top 0 names them all)", more)
	}
	if p.others > 0 {
		p.comment("%s recipients of domains that were too many to tell apart", thousands(p.others))
	}
}
