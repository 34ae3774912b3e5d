package grade

// rule grades the suites that have, of each part, one of those named. A part that is not named does not matter.
type rule struct {
	kx   keyExchange
	auth authentication
	enc  encryption
	mode mode
	mac  mac

	grade  Grade
	reason string
}

func (r *rule) matches(s suite) bool {
	return in(r.kx, s.kx) && in(r.auth, s.auth) && in(r.enc, s.enc) && in(r.mode, s.mode) && in(r.mac, s.mac)
}

func in[T ~uint8 | ~uint16](set, part T) bool { return set == 0 || set&part != 0 }

// rfc9325 forbids by MUST NOT, which is Insufficient here, and by SHOULD NOT, which is PhaseOut. What it recommends is Good, and
// what it passes over Sufficient.
var rfc9325 = []rule{
	{enc: encNull, grade: Insufficient, reason: "no encryption: must not be used (4.1)"},
	{enc: encRC4, grade: Insufficient, reason: "RC4: must not be used (4.1)"},
	{enc: encExport | encDES, grade: Insufficient, reason: "less than 112 bits of security: must not be used (4.1)"},
	// 5.1 expects that a peer is authenticated, 5.2 leaves opportunistic TLS out. No MUST NOT forbids what is anonymous. All such
	// suites have finite-field Diffie-Hellman or CBC mode, so that one SHOULD NOT or another holds for each.
	{auth: authAnon, grade: PhaseOut, reason: "anonymous: fine for opportunistic TLS only (5.1, 5.2)"},
	{enc: enc3DES, grade: PhaseOut, reason: "less than 128 bits of security: should not be used (4.1)"},
	{kx: kxRSA | kxDH | kxECDH, grade: PhaseOut, reason: "no forward secrecy: should not be used (4.1)"},
	{kx: kxDHE, grade: PhaseOut, reason: "finite-field Diffie-Hellman: should not be used (4.1)"},
	// With encrypt-then-MAC a suite in CBC mode would be Sufficient. The log does not tell.
	{mode: modeCBC, grade: PhaseOut, reason: "CBC mode: should not be used without encrypt-then-MAC (4.2)"},
	{kx: kxECDHE, enc: encAES, mode: modeGCM, grade: Good, reason: "recommended (4.2)"},
	{kx: kxTLS13, enc: encAES, mode: modeGCM, grade: Good, reason: "recommended (4.3, RFC 8446 9.1)"},
	{kx: kxTLS13, enc: encChaCha20, grade: Good, reason: "recommended (4.3, RFC 8446 9.1)"},
	{kx: kxTLS13, grade: Sufficient, reason: "allowed, but not recommended (4.3, RFC 8446 9.1)"},
	{grade: Sufficient, reason: "allowed, but not recommended (4.2)"},
}

// ncscNL has the suites of appendix B, with the grades there. What the appendix does not name is Insufficient, as Internet.nl, the
// test of the Dutch government and others, reads it too.
var ncscNL = []rule{
	{kx: kxTLS13, enc: encAES256 | encChaCha20, mode: modeGCM | modePoly1305, grade: Good, reason: "good (appendix B)"},
	{kx: kxTLS13, enc: encAES128, mode: modeGCM | modeCCM, grade: Sufficient, reason: "128-bit key (appendix B)"},
	{
		kx: kxECDHE, auth: authRSA | authECDSA, enc: encAES | encChaCha20, mode: modeGCM | modeCCM | modePoly1305,
		grade: Sufficient, reason: "sufficient, as TLS 1.2 is (3.3.1, appendix B)",
	},
	{
		kx: kxECDHE, auth: authRSA | authECDSA, enc: encAES | encCamellia, mode: modeCBC, mac: macSHA2,
		grade: PhaseOut, reason: "CBC mode (appendix B)",
	},
	{kx: kxECDHE, auth: authRSA | authECDSA, enc: encARIA, mode: modeGCM, grade: PhaseOut, reason: "ARIA (appendix B)"},
	{
		kx: kxDHE, auth: authRSA, mode: modeGCM | modeCCM | modePoly1305,
		grade: PhaseOut, reason: "finite-field Diffie-Hellman (appendix B)",
	},
	{
		kx: kxDHE, auth: authRSA, enc: encAES | encCamellia, mode: modeCBC, mac: macSHA2,
		grade: PhaseOut, reason: "finite-field Diffie-Hellman (appendix B)",
	},
}

// bsi has the suites that the guideline recommends: those with forward secrecy for TLS 1.2 (3.3) and those for TLS 1.3 (3.4). That
// it ends TLS 1.2 with 2031, and DHE and DSA with 2029, was new in the edition of 2026.
//
// It knows no grades. The reading here: recommended without an end is Good, recommended as long as TLS 1.2 itself is Sufficient, to
// end earlier or recommended under a condition that the log does not show is PhaseOut. What it does not name is Insufficient, though
// part 1 says that a mechanism is not insecure for not being named; ChaCha20-Poly1305 is one. Static Diffie-Hellman, which editions
// before allowed until 2026 at the latest, is Insufficient.
var bsi = []rule{
	{kx: kxTLS13, enc: encAES, mode: modeGCM | modeCCM, grade: Good, reason: "recommended (3.4)"},
	{
		kx: kxECDHE, auth: authRSA | authECDSA, enc: encAES, mode: modeGCM | modeCCM,
		grade: Sufficient, reason: "recommended until the end of 2031, as TLS 1.2 is (3.2, 3.3)",
	},
	{
		kx: kxECDHE, auth: authRSA | authECDSA, enc: encAES, mode: modeCBC, mac: macSHA2,
		grade: PhaseOut, reason: "CBC mode: recommended with encrypt-then-MAC only (3.3)",
	},
	{
		kx: kxDHE, auth: authRSA | authDSS, enc: encAES, mode: modeGCM | modeCCM,
		grade: PhaseOut, reason: "finite-field Diffie-Hellman: recommended until the end of 2029 (3.3)",
	},
	{
		kx: kxDHE, auth: authRSA | authDSS, enc: encAES, mode: modeCBC, mac: macSHA2,
		grade: PhaseOut, reason: "finite-field Diffie-Hellman: recommended until the end of 2029 (3.3)",
	},
}

// mozilla has the suites of the intermediate configuration. It says which there are to be and no more, so a suite is in it or is not.
var mozilla = []rule{
	{kx: kxTLS13, enc: encAES | encChaCha20, mode: modeGCM | modePoly1305, grade: Good, reason: "in this configuration"},
	{
		kx: kxECDHE, auth: authRSA | authECDSA, enc: encAES | encChaCha20, mode: modeGCM | modePoly1305,
		grade: Good, reason: "in this configuration",
	},
	{
		kx: kxDHE, auth: authRSA, enc: encAES | encChaCha20, mode: modeGCM | modePoly1305,
		grade: Insufficient, reason: "finite-field Diffie-Hellman: not since version 5.8",
	},
}

// unlisted are the reasons why a guideline that names what it allows does not name a suite, the gravest first.
var unlisted = []rule{
	{enc: encNull, grade: Insufficient, reason: "no encryption"},
	{enc: encExport | encDES, grade: Insufficient, reason: "less than 112 bits of security"},
	{enc: encRC4, grade: Insufficient, reason: "RC4"},
	{auth: authAnon, grade: Insufficient, reason: "anonymous: fine for opportunistic TLS only"},
	{enc: enc3DES, grade: Insufficient, reason: "3DES"},
	{kx: kxRSA | kxDH | kxECDH, grade: Insufficient, reason: "no forward secrecy"},
	{auth: authDSS, grade: Insufficient, reason: "DSA certificate"},
	{mode: modeCCM8, grade: Insufficient, reason: "short authentication tag (CCM_8)"},
	{mode: modeCBC, mac: macMD5 | macSHA1, grade: Insufficient, reason: "CBC mode with SHA-1"},
	{mode: modeCBC, grade: Insufficient, reason: "CBC mode"},
}
