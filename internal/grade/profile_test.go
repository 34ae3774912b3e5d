package grade

import (
	"slices"
	"strings"
	"testing"
)

// judged is a case with the words of the guideline that decide it.
type judged struct {
	clause, protocol, cipher string
	want                     Grade
	reason                   string // a part of it
}

func testJudge(t *testing.T, profile string, cases []judged) {
	t.Helper()
	p, err := ByName(profile)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		got, reason := p.Judge(c.protocol, c.cipher)
		if got != c.want || !strings.Contains(reason, c.reason) {
			t.Errorf("%s %s: %v, %q; want %v, %q: %s", c.protocol, c.cipher, got, reason, c.want, c.reason, c.clause)
		}
	}
}

// beyondGuidelines are the same in each: what a guideline cannot be asked about, and what no cipher can save.
var beyondGuidelines = []judged{
	{"old version, good cipher", "TLSv1.1", "ECDHE-RSA-AES256-GCM-SHA384", Insufficient, "older than TLS 1.2"},
	{"old version, cipher not known", "TLSv1", "NEW-CIPHER", Insufficient, "older than TLS 1.2"},
	{"old version, no cipher", "SSLv3", "", Insufficient, "older than TLS 1.2"},
	{"old version, without names of IANA", "SSLv2", "DES-CBC3-MD5", Insufficient, "older than TLS 1.2"},
	{"cipher not known", "TLSv1.2", "GOST2012-GOST8912-GOST8912", Unknown, "cipher not known"},
	{"cipher not known", "TLSv1.3", "TLS_AEGIS_256_SHA512", Unknown, "cipher not known"},
	{"no cipher", "TLSv1.3", "", Unknown, "cipher not known"},
	{"IANA's name is not what is logged before TLS 1.3", "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Unknown, "cipher"},
	{"version to come", "TLSv1.4", "TLS_AES_256_GCM_SHA384", Unknown, "version not known"},
	{"no version", "", "TLS_AES_256_GCM_SHA384", Unknown, "version not known"},
	{"what OpenSSL says of a version it does not know", "unknown", "AES128-SHA", Unknown, "version not known"},
}

func TestBeyondGuidelines(t *testing.T) {
	for _, name := range Profiles() {
		testJudge(t, name, beyondGuidelines)
	}
}

func TestRFC9325(t *testing.T) {
	testJudge(t, "rfc9325", []judged{
		{"3.1.1: MUST NOT negotiate SSL version 3", "SSLv3", "RC4-SHA", Insufficient, "3.1.1"},
		{"3.1.1: MUST NOT negotiate TLS version 1.0", "TLSv1", "ECDHE-RSA-AES256-SHA", Insufficient, "3.1.1"},
		{"3.1.1: MUST NOT negotiate TLS version 1.1", "TLSv1.1", "AES256-SHA", Insufficient, "3.1.1"},
		{"4.1: MUST NOT, NULL encryption", "TLSv1.2", "ECDHE-RSA-NULL-SHA", Insufficient, "no encryption"},
		{"4.1: MUST NOT, NULL encryption (RFC 9150)", "TLSv1.3", "TLS_SHA256_SHA256", Insufficient, "no encryption"},
		{"4.1: MUST NOT, RC4", "TLSv1.2", "ECDHE-RSA-RC4-SHA", Insufficient, "RC4"},
		{"4.1: MUST NOT, RC4", "TLSv1.2", "ADH-RC4-MD5", Insufficient, "RC4"},
		{"4.1: MUST NOT, less than 112 bits", "TLSv1.2", "DES-CBC-SHA", Insufficient, "112"},
		{"4.1: MUST NOT, less than 112 bits, export", "TLSv1.2", "EXP-RC4-MD5", Insufficient, "112"},
		{"4.1: MUST NOT, less than 112 bits, export", "TLSv1.2", "EXP-ADH-DES-CBC-SHA", Insufficient, "112"},
		{"4.1: SHOULD NOT, less than 128 bits, 3DES", "TLSv1.2", "ECDHE-RSA-DES-CBC3-SHA", PhaseOut, "128"},
		{"4.1: SHOULD NOT, static RSA", "TLSv1.2", "AES256-GCM-SHA384", PhaseOut, "forward secrecy"},
		{"4.1: SHOULD NOT, static RSA", "TLSv1.2", "AES128-SHA", PhaseOut, "forward secrecy"},
		{"4.1: SHOULD NOT, static finite-field DH", "TLSv1.2", "DH-RSA-AES128-GCM-SHA256", PhaseOut, "forward secrecy"},
		{"4.1: SHOULD NOT, non-ephemeral ECDH", "TLSv1.2", "ECDH-ECDSA-AES128-GCM-SHA256", PhaseOut, "forward secrecy"},
		{"4.1: SHOULD NOT, TLS_DHE_*", "TLSv1.2", "DHE-RSA-AES256-GCM-SHA384", PhaseOut, "finite-field"},
		{"4.1: SHOULD NOT, ephemeral finite-field DH; 5.2", "TLSv1.2", "ADH-AES256-GCM-SHA384", PhaseOut, "opportunistic"},
		{"4.2: CBC SHOULD NOT without encrypt-then-MAC; 5.2", "TLSv1.2", "AECDH-AES256-SHA", PhaseOut, "opportunistic"},
		{"4.2: CBC SHOULD NOT without encrypt-then-MAC", "TLSv1.2", "ECDHE-RSA-AES128-SHA256", PhaseOut, "CBC"},
		{"4.2: CBC SHOULD NOT without encrypt-then-MAC", "TLSv1.2", "ECDHE-ECDSA-CAMELLIA256-SHA384", PhaseOut, "CBC"},
		{"4.2: RECOMMENDED", "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", Good, "4.2"},
		{"4.2: RECOMMENDED", "TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384", Good, "4.2"},
		{"4.2: RECOMMENDED", "TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256", Good, "4.2"},
		{"4.2: RECOMMENDED", "TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384", Good, "4.2"},
		{"4.2: CCM for devices without GCM, not recommended", "TLSv1.2", "ECDHE-ECDSA-AES128-CCM", Sufficient, "4.2"},
		{"4.2: not named", "TLSv1.2", "ECDHE-RSA-CHACHA20-POLY1305", Sufficient, "4.2"},
		{"4.2: not named", "TLSv1.2", "ECDHE-ARIA256-GCM-SHA384", Sufficient, "4.2"},
		{"4.3, RFC 8446 9.1: MUST implement", "TLSv1.3", "TLS_AES_128_GCM_SHA256", Good, "9.1"},
		{"4.3, RFC 8446 9.1: SHOULD implement", "TLSv1.3", "TLS_AES_256_GCM_SHA384", Good, "9.1"},
		{"4.3, RFC 8446 9.1: SHOULD implement", "TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256", Good, "9.1"},
		{"4.3, RFC 8446 9.1: not named", "TLSv1.3", "TLS_AES_128_CCM_SHA256", Sufficient, "9.1"},
		{"4.3, RFC 8446 9.1: not named", "TLSv1.3", "TLS_AES_128_CCM_8_SHA256", Sufficient, "9.1"},
	})
}

// The reasons of the guidelines that are lists; their grades are all in TestLists.
func TestReasons(t *testing.T) {
	testJudge(t, "ncsc-nl-2025", []judged{
		{"3.3.1", "TLSv1.1", "AES256-SHA", Insufficient, "3.3.1"},
		{"appendix B", "TLSv1.2", "AES256-GCM-SHA384", Insufficient, "forward secrecy"},
		{"appendix B", "TLSv1.2", "ECDHE-RSA-AES256-SHA", Insufficient, "SHA-1"},
		{"appendix B", "TLSv1.2", "ECDHE-RSA-AES256-SHA384", PhaseOut, "CBC"},
		{"appendix B", "TLSv1.2", "DHE-RSA-AES256-GCM-SHA384", PhaseOut, "finite-field"},
		{"appendix B", "TLSv1.2", "DHE-DSS-AES256-GCM-SHA384", Insufficient, "DSA"},
		{"appendix B", "TLSv1.2", "ADH-AES256-GCM-SHA384", Insufficient, "opportunistic"},
		{"appendix B", "TLSv1.2", "ECDHE-RSA-DES-CBC3-SHA", Insufficient, "3DES"},
		{"appendix B", "TLSv1.3", "TLS_AES_128_GCM_SHA256", Sufficient, "128"},
		{"appendix B", "TLSv1.3", "TLS_AES_128_CCM_8_SHA256", Insufficient, "CCM_8"},
	})
	testJudge(t, "bsi-tr-02102-2", []judged{
		{"3.2", "TLSv1", "AES256-SHA", Insufficient, "3.2"},
		{"3.2: TLS 1.2 until 2031", "TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384", Sufficient, "2031"},
		{"3.3: DHE until 2029", "TLSv1.2", "DHE-RSA-AES128-SHA256", PhaseOut, "2029"},
		{"3.3: encrypt-then-MAC", "TLSv1.2", "ECDHE-RSA-AES128-SHA256", PhaseOut, "encrypt-then-MAC"},
		{"3.3", "TLSv1.2", "ECDHE-RSA-CHACHA20-POLY1305", Insufficient, "not a suite of this guideline"},
		{"3.4", "TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256", Insufficient, "not a suite of this guideline"},
		{"3.3", "TLSv1.2", "AECDH-AES128-SHA", Insufficient, "opportunistic"},
	})
	testJudge(t, "mozilla-intermediate", []judged{
		{"from TLS 1.2 on", "TLSv1.1", "AES256-SHA", Insufficient, "configuration"},
		{"5.8", "TLSv1.2", "DHE-RSA-AES256-GCM-SHA384", Insufficient, "5.8"},
		{"old configuration only", "TLSv1.2", "ECDHE-RSA-AES128-SHA256", Insufficient, "CBC"},
		{"old configuration only", "TLSv1.2", "AES128-SHA", Insufficient, "forward secrecy"},
		{"not in the list", "TLSv1.3", "TLS_AES_128_CCM_SHA256", Insufficient, "not a suite of this guideline"},
	})
}

func TestByName(t *testing.T) {
	want := []string{"rfc9325", "ncsc-nl-2025", "bsi-tr-02102-2", "mozilla-intermediate"}
	if got := Profiles(); !slices.Equal(got, want) {
		t.Errorf("Profiles() = %q, want %q", got, want)
	}
	for _, name := range want {
		p, err := ByName(name)
		if err != nil || p.Name() != name || p.Source() == "" {
			t.Errorf("ByName(%q) = %+v, %v", name, p, err)
		}
	}
	for _, name := range []string{"", "RFC9325", "bsi"} {
		p, err := ByName(name)
		if p != nil || err == nil {
			t.Fatalf("ByName(%q) = %+v, %v", name, p, err)
		}
		for _, known := range want {
			if !strings.Contains(err.Error(), known) {
				t.Errorf("ByName(%q): %v: %s is not named", name, err, known)
			}
		}
	}
}

func TestGradeNames(t *testing.T) {
	for grade, want := range map[Grade][2]string{
		Unknown:      {"unknown", "unknown"},
		Good:         {"good", "good"},
		Sufficient:   {"sufficient", "sufficient"},
		PhaseOut:     {"phase_out", "phase out"},
		Insufficient: {"insufficient", "insufficient"},
		200:          {"unknown", "unknown"},
	} {
		if got := [2]string{grade.String(), grade.Title()}; got != want {
			t.Errorf("%d: %q, want %q", grade, got, want)
		}
	}
}
