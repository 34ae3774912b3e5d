package tally

import "strings"

// groups maps what Postfix logs as key exchange to the IANA name of the TLS supported group. Up to 3.9, and with OpenSSL before 3.0, it is an
// algorithm with a curve, "ECDHE (P-256)", "ECDHE (prime256v1)"; later the group as OpenSSL spells it.
var groups = map[string]string{
	"x25519": "x25519", "x448": "x448",
	"secp256r1": "secp256r1", "ecdhe (p-256)": "secp256r1", "ecdhe (prime256v1)": "secp256r1",
	"secp384r1": "secp384r1", "ecdhe (p-384)": "secp384r1", "ecdhe (secp384r1)": "secp384r1",
	"secp521r1": "secp521r1", "ecdhe (p-521)": "secp521r1", "ecdhe (secp521r1)": "secp521r1",
	"x25519mlkem768": "X25519MLKEM768", "secp256r1mlkem768": "SecP256r1MLKEM768", "secp384r1mlkem1024": "SecP384r1MLKEM1024",
}

// Group returns the IANA name of the TLS supported group that a summary line's key exchange stands for; what is not known is
// returned as it is.
func Group(keyExchange string) string {
	if name := groups[strings.ToLower(keyExchange)]; name != "" {
		return name
	}
	return keyExchange
}
