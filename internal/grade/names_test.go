package grade

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// opensslLine is a line of `openssl ciphers -V -stdname`: number, IANA's name, OpenSSL's name, version and the parts.
var opensslLine = regexp.MustCompile(`^ *0x\S+ - (\S+) +- (\S+) +\S+ +Kx=(\S+) +Au=(\S+) +Enc=(\S+) +Mac=(\S+)`)

// What OpenSSL's words for the parts are here.
var (
	opensslKx = map[string]keyExchange{"any": kxTLS13, "RSA": kxRSA, "DH": kxDHE, "ECDH": kxECDHE}
	opensslAu = map[string]authentication{"any": authTLS13, "RSA": authRSA, "DSS": authDSS, "ECDSA": authECDSA, "None": authAnon}
	// A block cipher that names no mode is in CBC mode.
	opensslEnc = map[string]struct {
		enc  encryption
		mode mode
	}{
		"None":                   {encNull, modeNone},
		"AES(128)":               {encAES128, modeCBC},
		"AES(256)":               {encAES256, modeCBC},
		"AESGCM(128)":            {encAES128, modeGCM},
		"AESGCM(256)":            {encAES256, modeGCM},
		"AESCCM(128)":            {encAES128, modeCCM},
		"AESCCM(256)":            {encAES256, modeCCM},
		"AESCCM8(128)":           {encAES128, modeCCM8},
		"AESCCM8(256)":           {encAES256, modeCCM8},
		"CHACHA20/POLY1305(256)": {encChaCha20, modePoly1305},
		"ARIAGCM(128)":           {encARIA, modeGCM},
		"ARIAGCM(256)":           {encARIA, modeGCM},
		"Camellia(128)":          {encCamellia, modeCBC},
		"Camellia(256)":          {encCamellia, modeCBC},
		"SEED(128)":              {encSEED, modeCBC},
		"IDEA(128)":              {encIDEA, modeCBC},
		"3DES(168)":              {enc3DES, modeCBC},
		"RC4(128)":               {encRC4, modeStream},
	}
	opensslMac = map[string]mac{"AEAD": macAEAD, "MD5": macMD5, "SHA1": macSHA1, "SHA256": macSHA256, "SHA384": macSHA384}
)

// TestOpenSSL compares names and parts with those that the OpenSSL of this machine prints.
func TestOpenSSL(t *testing.T) {
	checked := 0
	for line := range strings.Lines(string(opensslCiphers(t))) {
		m := opensslLine.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("not a cipher: %q", line)
			continue
		}
		iana, cipher := m[1], m[2]
		if strings.Contains(m[3], "PSK") || m[3] == "SRP" || strings.HasPrefix(m[3], "GOST") { // left out: see ianaNames
			continue
		}
		checked++
		if got := IANA(cipher); got != iana {
			t.Errorf("IANA(%q) = %q, want %q", cipher, got, iana)
		}
		got, ok := parse(iana)
		enc := opensslEnc[m[5]]
		want := suite{handshake{opensslKx[m[3]], opensslAu[m[4]]}, protection{enc.enc, enc.mode, opensslMac[m[6]]}}
		if !ok || got != want {
			t.Errorf("%s: %+v, %t; OpenSSL says %q", iana, got, ok, m[3:])
		}
	}
	if checked == 0 {
		t.Error("openssl names no ciphers")
	}
}

func opensslCiphers(t *testing.T) []byte {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") == "true" || os.Getenv("POSTFIX_TLS_E2E") == "required" {
			t.Fatal("missing: openssl")
		}
		t.Skip("missing: openssl")
	}
	tls13 := "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256"
	cmd := exec.CommandContext(t.Context(), "openssl", "ciphers", "-V", "-stdname", "-ciphersuites", tls13, "ALL:COMPLEMENTOFALL:eNULL:@SECLEVEL=0")
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Names of IANA's registry for ciphers that OpenSSL has dropped since 1.0.2, and for those named in another way than the rest.
func TestIANA(t *testing.T) {
	for cipher, want := range map[string]string{
		"":                            "",
		"ECDHE":                       "",
		"ecdhe-rsa-aes256-gcm-sha384": "",
		"ECDHE-RSA-AES256-GCM-SHA384": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
		"TLS_AES_256_GCM_SHA384":      "TLS_AES_256_GCM_SHA384",
		"ECDHE-ARIA256-GCM-SHA384":    "TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384",
		"DES-CBC3-SHA":                "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
		"EDH-RSA-DES-CBC3-SHA":        "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA",
		"DHE-RSA-DES-CBC3-SHA":        "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA",
		"ADH-DES-CBC3-SHA":            "TLS_DH_anon_WITH_3DES_EDE_CBC_SHA",
		"AECDH-RC4-SHA":               "TLS_ECDH_anon_WITH_RC4_128_SHA",
		"DES-CBC-SHA":                 "TLS_RSA_WITH_DES_CBC_SHA",
		"RC4-MD5":                     "TLS_RSA_WITH_RC4_128_MD5",
		"EXP-RC4-MD5":                 "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
		"EXP-RC2-CBC-MD5":             "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5",
		"EXP-EDH-RSA-DES-CBC-SHA":     "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA",
		"EXP-ADH-DES-CBC-SHA":         "TLS_DH_anon_EXPORT_WITH_DES40_CBC_SHA",
		"IDEA-CBC-SHA":                "TLS_RSA_WITH_IDEA_CBC_SHA",
		"DHE-RSA-SEED-SHA":            "TLS_DHE_RSA_WITH_SEED_CBC_SHA",
		"DH-DSS-AES256-SHA256":        "TLS_DH_DSS_WITH_AES_256_CBC_SHA256",
		"ECDH-RSA-AES256-SHA384":      "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA384",
	} {
		if got := IANA(cipher); got != want {
			t.Errorf("IANA(%q) = %q, want %q", cipher, got, want)
		}
	}
}
