package report

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// entryLine is what the table may hold beside comments: a key in lower-case ASCII, a level, and no more than one attribute.
var entryLine = regexp.MustCompile(`^([a-z0-9-]+(?:\.[a-z0-9-]+)*) (?:encrypt|verify|secure)(?: protocols=>=TLSv1\.2)?$`)

// checkPolicy finds nothing in a table but comments and entries that the snapshot bears out, each once.
func checkPolicy(t *testing.T, s *tally.Snapshot, o PolicyOptions) {
	t.Helper()
	table := policyTableOf(t, s, o)
	if text := strings.ReplaceAll(table, "\n", ""); text != Clean(text) {
		t.Errorf("not for a terminal: %q", table)
	}
	seen := map[string]bool{}
	for line := range strings.SplitSeq(strings.TrimSuffix(table, "\n"), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := entryLine.FindStringSubmatch(line)
		if parts == nil || seen[parts[1]] {
			t.Fatalf("line %q of\n%s", line, table)
		}
		seen[parts[1]] = true
		if !bornOut(s, o, parts[1], line) {
			t.Errorf("%q of\n%+v", line, s.Domains)
		}
	}
	if again := policyTableOf(t, s, o); again != table {
		t.Errorf("not the same twice (-first +second):\n%s", cmp.Diff(table, again))
	}
}

// bornOut goes by the rows, one after the other.
func bornOut(s *tally.Snapshot, o PolicyOptions, domain, entry string) bool {
	var recipients, modern, verified, asked uint64
	var first, last time.Time
	_, level, _ := strings.Cut(entry, " ")
	level, protocols, _ := strings.Cut(level, " ")
	for _, r := range s.Domains {
		if r.Domain != domain {
			continue
		}
		for _, c := range r.Failures {
			if c.N > 0 {
				return false
			}
		}
		for _, c := range r.TLS {
			if c.N > 0 && c.Label != "established" && c.Label != "unlogged" {
				return false
			}
		}
		for _, c := range r.Policies {
			switch strings.Trim(c.Label, "!?") {
			case level:
				asked += c.N
			case "may", "encrypt", "may:none":
			default:
				if c.N > 0 {
					return false
				}
			}
		}
		if r.TLS.Of("established")+r.TLS.Of("unlogged") != r.Recipients {
			return false
		}
		recipients += r.Recipients
		modern += r.Protocols.Of("TLSv1.2") + r.Protocols.Of("TLSv1.3")
		verified += r.Trust.Of("Verified")
		if first.IsZero() || r.First.Before(first) {
			first = r.First
		}
		if r.Last.After(last) {
			last = r.Last
		}
	}
	proven := level == "encrypt" && verified == 0 || verified == recipients && asked == recipients
	return recipients > 0 && recipients >= o.MinRecipients && last.Sub(first) >= time.Duration(o.MinDays)*24*time.Hour && proven && (protocols != "") == (modern == recipients)
}

// strangeNames are names that would do harm in a table, or look as if they might.
var strangeNames = []string{
	"other", "", " ", "#", "\n", "\nexample.net none", " example.net none", "example.org\tnone", "\r", "\u2028", "\u202e", "\x00",
	"[192.0.2.1]:25", ".example.org", "example.org:25", "*", "\"example.org\"", "b\u00fccher.example", "\xff", "\u0085", "a\\\n b", "$(id)", "%s%n", strings.Repeat("long ", 60),
}

// TestPolicyOfAnything makes tables of rows in which everything is possible.
func TestPolicyOfAnything(t *testing.T) {
	entries := 0
	for seed := range uint64(5000) {
		s, o := anySnapshot(rand.New(rand.NewPCG(seed, 1)))
		checkPolicy(t, s, o)
		entries += len(entriesOf(policyTableOf(t, s, o)))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if entries < 500 {
		t.Errorf("only %d entries: the rows are too bad to say much", entries)
	}
}

// anySnapshot draws one. Half of the rows are as one wishes, in the other half each part may be anything.
func anySnapshot(r *rand.Rand) (*tally.Snapshot, PolicyOptions) {
	name := func() string {
		if r.IntN(2) == 0 {
			return []string{"example.org", "mx.example.com"}[r.IntN(2)]
		}
		return strangeNames[r.IntN(len(strangeNames))]
	}
	counts := func(words ...string) tally.Counts {
		var c tally.Counts
		slices.Sort(words)
		for _, w := range words {
			if r.IntN(3) == 0 {
				c = append(c, tally.Count{Label: w, N: uint64(r.IntN(4) * 10)})
			}
		}
		return c
	}
	time := func() time.Time { return at(r.IntN(12), 0, 0) }
	s := &tally.Snapshot{Hosts: []string{name()}, Hints: []tally.Hint{{Code: name(), Text: name()}}, Period: tally.Period{First: new(time()), Last: new(time())}}
	for range r.IntN(4) {
		row := mail(name())
		if r.IntN(2) == 0 {
			row = tally.DomainRow{
				Domain: name(), Class: name(), Recipients: uint64(r.IntN(4) * 10), TLS: counts("established", "plaintext", "unlogged", name()),
				Protocols: counts("TLSv1", "TLSv1.2", "TLSv1.3", name()), Trust: counts("Trusted", "Untrusted", "Verified", name()),
				Policies: counts("may", "secure", "verify", "verify?", "dane", "encrypt", name()), Relays: []string{name(), name()}, First: time(), Last: time(),
			}
			if r.IntN(4) == 0 {
				row.Failures, row.LastPlain = counts("timeout", name()), new(time())
			}
		}
		s.Domains = append(s.Domains, row)
	}
	return s, PolicyOptions{MinRecipients: uint64(r.IntN(30)), MinDays: uint64(r.IntN(9)), Top: r.IntN(4), Incomplete: r.IntN(2) == 0}
}

// FuzzPolicy writes tables about texts that the fuzzer makes up, each in every place.
func FuzzPolicy(f *testing.F) {
	for _, name := range strangeNames {
		f.Add(name, uint16(20), uint16(20))
	}
	f.Fuzz(func(t *testing.T, text string, recipients, certain uint16) {
		n := uint64(recipients)
		row := tally.DomainRow{
			Domain: text, Class: text, Recipients: n, TLS: tally.Counts{{Label: "established", N: uint64(certain)}}, Protocols: tally.Counts{{Label: text, N: n}},
			Trust: tally.Counts{{Label: text, N: n}}, Relays: []string{text}, First: at(1, 0, 0), Last: at(9, 0, 0),
		}
		asked, failing := row, row
		asked.Domain, asked.Policies = "example.org", tally.Counts{{Label: text, N: n}}
		failing.Domain, failing.Failures = "example.com", tally.Counts{{Label: text, N: n}}
		checkPolicy(t, &tally.Snapshot{
			Hosts: []string{text}, Period: tally.Period{First: &row.First, Last: &row.Last}, Hints: []tally.Hint{{Code: text, Text: text}},
			Domains: []tally.DomainRow{row, asked, failing},
		}, usual())
	})
}
