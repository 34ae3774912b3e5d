package grade

import "testing"

// lists are the suites that a guideline names, by IANA's names and with their grades: the document, where the rules are our way to
// put it. Names that OpenSSL does not have are left out.
var lists = map[string]map[string]Grade{
	"ncsc-nl-2025": {
		"TLS_AES_256_GCM_SHA384":       Good,
		"TLS_CHACHA20_POLY1305_SHA256": Good,

		"TLS_AES_128_GCM_SHA256":                        Sufficient,
		"TLS_AES_128_CCM_SHA256":                        Sufficient,
		"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": Sufficient,
		"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384":       Sufficient,
		"TLS_ECDHE_ECDSA_WITH_AES_256_CCM":              Sufficient,
		"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256":       Sufficient,
		"TLS_ECDHE_ECDSA_WITH_AES_128_CCM":              Sufficient,
		"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256":   Sufficient,
		"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384":         Sufficient,
		"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256":         Sufficient,

		"TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_CBC_SHA384": PhaseOut,
		"TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256": PhaseOut,
		"TLS_ECDHE_ECDSA_WITH_ARIA_256_GCM_SHA384":     PhaseOut,
		"TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256":     PhaseOut,
		"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384":      PhaseOut,
		"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256":      PhaseOut,
		"TLS_ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384":   PhaseOut,
		"TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256":   PhaseOut,
		"TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384":       PhaseOut,
		"TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256":       PhaseOut,
		"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384":        PhaseOut,
		"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256":        PhaseOut,
		"TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256":    PhaseOut,
		"TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA256":     PhaseOut,
		"TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA256":     PhaseOut,
		"TLS_DHE_RSA_WITH_ARIA_256_GCM_SHA384":         PhaseOut,
		"TLS_DHE_RSA_WITH_ARIA_128_GCM_SHA256":         PhaseOut,
		"TLS_DHE_RSA_WITH_AES_256_GCM_SHA384":          PhaseOut,
		"TLS_DHE_RSA_WITH_AES_256_CCM":                 PhaseOut,
		"TLS_DHE_RSA_WITH_AES_256_CBC_SHA256":          PhaseOut,
		"TLS_DHE_RSA_WITH_AES_128_GCM_SHA256":          PhaseOut,
		"TLS_DHE_RSA_WITH_AES_128_CCM":                 PhaseOut,
		"TLS_DHE_RSA_WITH_AES_128_CBC_SHA256":          PhaseOut,
	},
	"bsi-tr-02102-2": {
		"TLS_AES_128_GCM_SHA256": Good,
		"TLS_AES_256_GCM_SHA384": Good,
		"TLS_AES_128_CCM_SHA256": Good,

		"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": Sufficient,
		"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": Sufficient,
		"TLS_ECDHE_ECDSA_WITH_AES_128_CCM":        Sufficient,
		"TLS_ECDHE_ECDSA_WITH_AES_256_CCM":        Sufficient,
		"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256":   Sufficient,
		"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384":   Sufficient,

		"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256": PhaseOut,
		"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384": PhaseOut,
		"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256":   PhaseOut,
		"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384":   PhaseOut,
		"TLS_DHE_DSS_WITH_AES_128_CBC_SHA256":     PhaseOut,
		"TLS_DHE_DSS_WITH_AES_256_CBC_SHA256":     PhaseOut,
		"TLS_DHE_DSS_WITH_AES_128_GCM_SHA256":     PhaseOut,
		"TLS_DHE_DSS_WITH_AES_256_GCM_SHA384":     PhaseOut,
		"TLS_DHE_RSA_WITH_AES_128_CBC_SHA256":     PhaseOut,
		"TLS_DHE_RSA_WITH_AES_256_CBC_SHA256":     PhaseOut,
		"TLS_DHE_RSA_WITH_AES_128_GCM_SHA256":     PhaseOut,
		"TLS_DHE_RSA_WITH_AES_256_GCM_SHA384":     PhaseOut,
		"TLS_DHE_RSA_WITH_AES_128_CCM":            PhaseOut,
		"TLS_DHE_RSA_WITH_AES_256_CCM":            PhaseOut,
	},
	"mozilla-intermediate": {
		"TLS_AES_128_GCM_SHA256":                        Good,
		"TLS_AES_256_GCM_SHA384":                        Good,
		"TLS_CHACHA20_POLY1305_SHA256":                  Good,
		"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256":       Good,
		"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256":         Good,
		"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384":       Good,
		"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384":         Good,
		"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": Good,
		"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256":   Good,
	},
}

// TestLists judges every cipher: those of a guideline's list get the grade of the list, all others are insufficient.
func TestLists(t *testing.T) {
	for name, list := range lists {
		p, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for cipher, iana := range ianaNames {
			want, listed := list[iana]
			if !listed {
				want = Insufficient
			}
			seen[iana] = listed
			if got, reason := p.Judge(protocolOf(iana), cipher); got != want {
				t.Errorf("%s: %s: %v, %q; want %v", name, cipher, got, reason, want)
			}
		}
		for iana := range list {
			if !seen[iana] {
				t.Errorf("%s: no cipher has the name %s", name, iana)
			}
		}
	}
}
