package grade

import (
	"regexp"
	"strings"
	"testing"
)

// protocolOf is the newest version that has the suite.
func protocolOf(iana string) string {
	if strings.Contains(iana, "_WITH_") {
		return "TLSv1.2"
	}
	return "TLSv1.3"
}

// eachPair calls check for every profile and every cipher.
func eachPair(t *testing.T, check func(p *Profile, cipher string)) {
	t.Helper()
	for _, name := range Profiles() {
		p, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for cipher := range ianaNames {
			check(p, cipher)
		}
	}
}

func TestAllCiphersAreJudged(t *testing.T) {
	for cipher, iana := range ianaNames {
		if _, ok := parse(iana); !ok {
			t.Errorf("%s: %s has a part that is not known", cipher, iana)
		}
	}
	eachPair(t, func(p *Profile, cipher string) {
		for _, protocol := range []string{"SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"} {
			if grade, reason := p.Judge(protocol, cipher); grade == Unknown || reason == "" {
				t.Errorf("%s: %s %s: %v, %q", p.Name(), protocol, cipher, grade, reason)
			}
		}
	})
}

func TestOlderIsNeverBetter(t *testing.T) {
	eachPair(t, func(p *Profile, cipher string) {
		last := Unknown
		for _, protocol := range []string{"TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1", "SSLv3", "SSLv2"} {
			grade, _ := p.Judge(protocol, cipher)
			if grade < last {
				t.Errorf("%s: %s: %v with %s, but %v with the next version", p.Name(), cipher, grade, protocol, last)
			}
			last = grade
		}
	})
}

func TestBrokenCiphersAreInsufficient(t *testing.T) {
	broken := regexp.MustCompile(`(^|-)(NULL|RC4|EXP|RC2|DES-CBC)(-|$)|^TLS_SHA`)
	found := 0
	eachPair(t, func(p *Profile, cipher string) {
		if !broken.MatchString(cipher) {
			return
		}
		found++
		for _, protocol := range []string{"SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"} {
			if grade, reason := p.Judge(protocol, cipher); grade != Insufficient {
				t.Errorf("%s: %s %s: %v, %q", p.Name(), protocol, cipher, grade, reason)
			}
		}
	})
	if found == 0 {
		t.Error("no cipher was tested")
	}
}

// No guideline recommends what does not authenticate, and each says so in a way that an operator of port 25 can place.
func TestAnonymousCiphers(t *testing.T) {
	eachPair(t, func(p *Profile, cipher string) {
		s, _ := parse(IANA(cipher))
		anonymous := strings.HasPrefix(cipher, "ADH-") || strings.HasPrefix(cipher, "AECDH-") || strings.HasPrefix(cipher, "EXP-ADH-")
		if got := s.auth == authAnon; got != anonymous {
			t.Errorf("%s: anonymous is %t", cipher, got)
		}
		grade, reason := p.Judge("TLSv1.2", cipher)
		if anonymous && grade < PhaseOut {
			t.Errorf("%s: %s: %v, %q", p.Name(), cipher, grade, reason)
		}
		if !anonymous && strings.Contains(reason, "anonymous") {
			t.Errorf("%s: %s: %q", p.Name(), cipher, reason)
		}
	})
}

func TestJudgeAllocatesNothing(t *testing.T) {
	eachPair(t, func(p *Profile, cipher string) {
		if n := testing.AllocsPerRun(1, func() { p.Judge("TLSv1.2", cipher) }); n != 0 {
			t.Errorf("%s: %s: %v allocations", p.Name(), cipher, n)
		}
	})
}

func FuzzJudge(f *testing.F) {
	f.Add("TLSv1.3", "TLS_AES_256_GCM_SHA384")
	f.Add("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384")
	f.Add("TLSv1", "ADH-AES256-SHA")
	f.Add("TLSv1.2", "_WITH_")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, protocol, cipher string) {
		iana := IANA(cipher)
		if cipher == "" && iana != "" {
			t.Errorf("IANA of nothing is %q", iana)
		}
		if _, ok := parse(iana); ok != (iana != "") {
			t.Errorf("parse(%q): %t", iana, ok)
		}
		parse(cipher)
		for _, name := range Profiles() {
			p, err := ByName(name)
			if err != nil {
				t.Fatal(err)
			}
			grade, reason := p.Judge(protocol, cipher)
			if grade > Insufficient || reason == "" {
				t.Errorf("%s: %q %q: %d, %q", name, protocol, cipher, grade, reason)
			}
			if iana == "" && grade != Unknown && grade != Insufficient {
				t.Errorf("%s: %q %q: %v for a cipher that is not known", name, protocol, cipher, grade)
			}
		}
	})
}
