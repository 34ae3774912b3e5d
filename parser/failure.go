package parser

import "strings"

// Why an inbound handshake fails, in words that do not change with OpenSSL's version. RFC 8460 has no finer result for
// it than validation-failure.
const (
	ReasonProtocolVersion    = "protocol_version"             // no version in common
	ReasonNoSharedCipher     = "no_shared_cipher"             // no cipher in common
	ReasonNoSharedGroup      = "no_shared_group_or_sigalg"    // no key exchange group or signature algorithm in common
	ReasonAlertUnknownCA     = "client_alert_unknown_ca"      // the client does not know who issued our certificate
	ReasonAlertBadCert       = "client_alert_bad_certificate" // the client refuses our certificate for another reason
	ReasonAlertOther         = "client_alert_other"           // another alert of the client
	ReasonPlaintextOnTLSPort = "plaintext_on_tls_port"        // no TLS from the client where TLS comes first
	ReasonLostConnection     = "lost_connection"
	ReasonTimeout            = "timeout"
	ReasonClientCertificate  = "client_certificate" // smtpd demands a certificate, and the client's is missing or not trusted
	ReasonOther              = "other"
)

// FailureReasons are all values of Failure.Reason.
func FailureReasons() []string {
	return []string{
		ReasonProtocolVersion, ReasonNoSharedCipher, ReasonNoSharedGroup, ReasonAlertUnknownCA, ReasonAlertBadCert,
		ReasonAlertOther, ReasonPlaintextOnTLSPort, ReasonLostConnection, ReasonTimeout, ReasonClientCertificate, ReasonOther,
	}
}

// RFC 8460 section 4.3 result types that smtpd's lines can tell.
const (
	ResultValidationFailure     = "validation-failure"
	ResultCertificateNotTrusted = "certificate-not-trusted"
)

// opensslReasons maps OpenSSL's reason texts; the first that occurs counts. Codes are of no use, they differ between 1.0, 1.1.1 and 3.
// Texts: OpenSSL's ssl/ssl_err.c, of all versions.
var opensslReasons = []struct{ text, reason string }{
	{"http request", ReasonPlaintextOnTLSPort},
	{"https proxy request", ReasonPlaintextOnTLSPort},
	{"alert protocol version", ReasonProtocolVersion},
	{"unsupported protocol", ReasonProtocolVersion},
	{"version too low", ReasonProtocolVersion},
	{"wrong version number", ReasonProtocolVersion},
	{"wrong ssl version", ReasonProtocolVersion},
	{"unknown protocol", ReasonProtocolVersion},
	{"no protocols available", ReasonProtocolVersion},
	{"inappropriate fallback", ReasonProtocolVersion},
	{"no shared cipher", ReasonNoSharedCipher},
	{"no ciphers available", ReasonNoSharedCipher},
	{"no ciphers specified", ReasonNoSharedCipher},
	{"no suitable signature algorithm", ReasonNoSharedGroup},
	{"no shared signature algorithm", ReasonNoSharedGroup},
	{"no suitable key share", ReasonNoSharedGroup},
	{"no suitable groups", ReasonNoSharedGroup},
	{"no shared groups", ReasonNoSharedGroup},
	{"bad key share", ReasonNoSharedGroup},
	{"wrong curve", ReasonNoSharedGroup},
	{"unsupported elliptic curve", ReasonNoSharedGroup},
	{"alert unknown ca", ReasonAlertUnknownCA},
	{"alert bad certificate", ReasonAlertBadCert},
	{"alert certificate", ReasonAlertBadCert}, // expired, revoked, unknown, required
	{"alert unsupported certificate", ReasonAlertBadCert},
	{" alert ", ReasonAlertOther},
	{"did not return a certificate", ReasonClientCertificate},
	{"certificate verify failed", ReasonClientCertificate},
	{"unexpected eof", ReasonLostConnection},
}

// libraryReason reads a "TLS library problem". On a wrapper-mode port a "wrong version number" is a client that speaks SMTP at once.
func libraryReason(text string, wrapper bool) string {
	if wrapper && strings.Contains(text, "wrong version number") {
		return ReasonPlaintextOnTLSPort
	}
	for _, r := range opensslReasons {
		if strings.Contains(text, r.text) {
			return r.reason
		}
	}
	return ReasonOther
}

// acceptReason reads what stands behind "SSL_accept error from PEER: " : a number, when the library explains itself in
// a line of its own, or the system's error (2.9).
func acceptReason(text string) string {
	switch text {
	case "lost connection", "Connection reset by peer", "Broken pipe":
		return ReasonLostConnection
	case "Connection timed out", "Operation timed out":
		return ReasonTimeout
	default:
		return ReasonOther
	}
}

// isNumber tells OpenSSL's return value, as in "SSL_accept error from PEER: -1", from a text.
func isNumber(text string) bool {
	text = strings.TrimPrefix(text, "-")
	return text != "" && strings.Trim(text, "0123456789") == ""
}
