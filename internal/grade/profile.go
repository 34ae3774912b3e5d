package grade

import (
	"fmt"
	"strings"
)

// Profile is one guideline. Its methods may be called from several goroutines.
type Profile struct {
	name   string
	source string
	old    string // why versions before TLS 1.2 are insufficient
	rules  []rule // the first that matches decides; then those of unlisted
}

var profiles = [...]Profile{
	{
		name:   "rfc9325",
		source: "RFC 9325 (BCP 195), Recommendations for Secure Use of TLS and DTLS, November 2022",
		old:    "older than TLS 1.2: must not be used (3.1.1, RFC 8996)",
		rules:  rfc9325,
	},
	{
		name:   "ncsc-nl-2025",
		source: "NCSC-NL, ICT Security Guidelines for Transport Layer Security (TLS), version 2025-05",
		old:    "older than TLS 1.2 (3.3.1)",
		rules:  ncscNL,
	},
	{
		name:   "bsi-tr-02102-2",
		source: "BSI TR-02102-2, Cryptographic Mechanisms: Recommendations and Key Lengths, part 2: Use of TLS, version 2026-01",
		old:    "older than TLS 1.2: not recommended (3.2)",
		rules:  bsi,
	},
	{
		name:   "mozilla-intermediate",
		source: "Mozilla, Server Side TLS, version 5.8, intermediate configuration",
		old:    "older than TLS 1.2: not in this configuration",
		rules:  mozilla,
	},
}

// Profiles are the names that ByName knows, always in the same order.
func Profiles() []string {
	names := make([]string, len(profiles))
	for i := range profiles {
		names[i] = profiles[i].name
	}
	return names
}

// ByName finds a profile. The error names those that there are.
func ByName(name string) (*Profile, error) {
	for i := range profiles {
		if profiles[i].name == name {
			return &profiles[i], nil
		}
	}
	return nil, fmt.Errorf("no guideline profile has the name %q; known are %s", name, strings.Join(Profiles(), ", "))
}

// Name is the name that ByName knows, such as "rfc9325".
func (p *Profile) Name() string { return p.name }

// Source is the title, the number and the edition of the guideline.
func (p *Profile) Source() string { return p.source }

// Judge grades a protocol and a cipher with OpenSSL's names, as Postfix logs them, where TLS 1.0 is "TLSv1". The reason is a short
// text for people, never empty, with the clause of the guideline in parentheses. It has nothing of the arguments in it.
//
// A version before TLS 1.2 is Insufficient whatever the cipher. Else the cipher decides: Unknown is the grade of one that is not
// known here, and of versions yet to come. Judge allocates nothing.
func (p *Profile) Judge(protocol, cipher string) (Grade, string) {
	switch protocol {
	case "SSLv2", "SSLv3", "TLSv1", "TLSv1.1":
		return Insufficient, p.old
	case "TLSv1.2", "TLSv1.3":
	default:
		return Unknown, "TLS version not known"
	}
	s, known := parse(IANA(cipher))
	if !known {
		return Unknown, "cipher not known"
	}
	for _, rules := range [...][]rule{p.rules, unlisted} {
		for i := range rules {
			if rules[i].matches(s) {
				return rules[i].grade, rules[i].reason
			}
		}
	}
	return Insufficient, "not a suite of this guideline"
}
