package tally

import "testing"

func TestGroup(t *testing.T) {
	for keyExchange, want := range map[string]string{
		"X25519":             "x25519", // up to 3.9
		"x25519":             "x25519", // since 3.10
		"X448":               "x448",
		"ECDHE (P-256)":      "secp256r1", // OpenSSL 1.1
		"ECDHE (prime256v1)": "secp256r1", // OpenSSL 3
		"secp256r1":          "secp256r1", // Postfix 3.10
		"ECDHE (P-384)":      "secp384r1",
		"ECDHE (secp384r1)":  "secp384r1",
		"secp384r1":          "secp384r1",
		"ECDHE (P-521)":      "secp521r1",
		"ECDHE (secp521r1)":  "secp521r1",
		"X25519MLKEM768":     "X25519MLKEM768",
		"x25519mlkem768":     "X25519MLKEM768",
		"SecP256r1MLKEM768":  "SecP256r1MLKEM768",
		"SecP384r1MLKEM1024": "SecP384r1MLKEM1024",
		"DHE (2048 bits)":    "DHE (2048 bits)", // tells no group
		"MLKEM9999":          "MLKEM9999",       // one to come
		"":                   "",
	} {
		if got := Group(keyExchange); got != want {
			t.Errorf("Group(%q) = %q, want %q", keyExchange, got, want)
		}
	}
}
