package parser

import (
	"bytes"
	"strings"
)

// Why a TLS handshake fails, in words that do not change with OpenSSL's version. The first ones are those of inbound handshakes, for which RFC
// 8460 has no finer result than validation-failure.
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

	// Outbound alone, beside ReasonProtocolVersion, ReasonNoSharedCipher, ReasonNoSharedGroup, ReasonLostConnection, ReasonTimeout, ReasonOther.
	ReasonServerAlert          = "server_alert"          // the server ended the handshake, and its alert says nothing of the above
	ReasonServerNotTLS         = "server_not_tls"        // the server answered the handshake with something that is not TLS
	ReasonNotOffered           = "not_offered"           // TLS is required, and the server does not offer STARTTLS
	ReasonSTARTTLSRefused      = "starttls_refused"      // TLS is required, and the server refused the STARTTLS command
	ReasonUnavailable          = "tls_unavailable"       // TLS is required, and Postfix itself cannot do it: its configuration, or tlsmgr
	ReasonCertificateExpired   = "certificate_expired"   // the server's certificate is no longer or not yet valid
	ReasonCertificateUntrusted = "certificate_untrusted" // nobody whom Postfix trusts issued the server's certificate
	ReasonCertificateName      = "certificate_name"      // the server's certificate is for other names
	ReasonCertificateMismatch  = "certificate_mismatch"  // the server's certificate is not the one of the fingerprint or TLSA record
	ReasonNotDNSSEC            = "not_dnssec"            // DANE is required, and the destination is not in DNSSEC
	ReasonTLSALookup           = "tlsa_lookup"           // DNS error of a TLSA lookup
	ReasonTLSAMissing          = "tlsa_missing"          // DANE is required, and there are no TLSA records
	ReasonTLSAUnusable         = "tlsa_unusable"         // DANE is required, and no TLSA record is usable
	ReasonSTSPolicy            = "sts_policy"            // the MTA-STS policy cannot be had, is invalid, or is not met
	ReasonRequireTLS           = "requiretls"            // the sender asked for REQUIRETLS, and the server cannot keep it
)

// FailureReasons are all values of Failure.Reason of inbound sessions.
func FailureReasons() []string {
	return []string{
		ReasonProtocolVersion, ReasonNoSharedCipher, ReasonNoSharedGroup, ReasonAlertUnknownCA, ReasonAlertBadCert,
		ReasonAlertOther, ReasonPlaintextOnTLSPort, ReasonLostConnection, ReasonTimeout, ReasonClientCertificate, ReasonOther,
	}
}

// RFC 8460 section 4.3 result types. Of inbound failures the log tells the first two alone.
const (
	ResultSuccess               = "success" // of TLSRPT; not one of RFC 8460's
	ResultValidationFailure     = "validation-failure"
	ResultCertificateNotTrusted = "certificate-not-trusted"

	ResultSTARTTLSNotSupported    = "starttls-not-supported"
	ResultCertificateHostMismatch = "certificate-host-mismatch"
	ResultCertificateExpired      = "certificate-expired"
	ResultTLSAInvalid             = "tlsa-invalid"
	ResultDNSSECInvalid           = "dnssec-invalid"
	ResultDANERequired            = "dane-required"
	ResultSTSPolicyFetchError     = "sts-policy-fetch-error"
	ResultSTSPolicyInvalid        = "sts-policy-invalid"
	ResultSTSWebPKIInvalid        = "sts-webpki-invalid"
)

// outboundResults are the reasons of outbound failures, each with its RFC 8460 result type. An MTA-STS failure names its own.
var outboundResults = []struct{ reason, result string }{
	{ReasonProtocolVersion, ResultValidationFailure},
	{ReasonNoSharedCipher, ResultValidationFailure},
	{ReasonNoSharedGroup, ResultValidationFailure},
	{ReasonServerAlert, ResultValidationFailure},
	{ReasonServerNotTLS, ResultValidationFailure},
	{ReasonLostConnection, ResultValidationFailure},
	{ReasonTimeout, ResultValidationFailure},
	{ReasonNotOffered, ResultSTARTTLSNotSupported},
	{ReasonSTARTTLSRefused, ResultSTARTTLSNotSupported},
	{ReasonUnavailable, ResultValidationFailure},
	{ReasonCertificateExpired, ResultCertificateExpired},
	{ReasonCertificateUntrusted, ResultCertificateNotTrusted},
	{ReasonCertificateName, ResultCertificateHostMismatch},
	{ReasonCertificateMismatch, ResultValidationFailure},
	{ReasonNotDNSSEC, ResultDANERequired},
	{ReasonTLSALookup, ResultDNSSECInvalid},
	{ReasonTLSAMissing, ResultDANERequired},
	{ReasonTLSAUnusable, ResultTLSAInvalid},
	{ReasonSTSPolicy, ResultValidationFailure},
	{ReasonRequireTLS, ResultValidationFailure},
	{ReasonOther, ResultValidationFailure},
}

// OutboundFailures calls fn with each reason of outbound failures and the RFC 8460 result type that it counts under.
func OutboundFailures(fn func(result, reason string)) {
	for _, r := range outboundResults {
		fn(r.result, r.reason)
	}
}

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

// handshakeText is what smtp says of any failed handshake.
const handshakeText = "Cannot start TLS: handshake failure"

// recordTexts are what smtp writes into a delivery record's parentheses when it could not use TLS as it had to: src/smtp/smtp_proto.c, smtp_connect.c.
// A server's own words stand behind "host HOST said: ", so they are never taken for these.
var recordTexts = []struct{ text, reason string }{
	{handshakeText, ReasonOther},
	{"TLS is required, but was not offered by host ", ReasonNotOffered},
	{"TLS is required, but host ", ReasonSTARTTLSRefused},
	{"TLS is required, but ", ReasonUnavailable}, // "our TLS engine is unavailable", "unavailable"
	{"client TLS configuration problem", ReasonUnavailable},
	{"Server certificate not ", ReasonCertificateUntrusted}, // "verified"; "trusted" up to 3.5
	{"TLSA lookup error for ", ReasonTLSALookup},
	{"non DNSSEC destination", ReasonNotDNSSEC},
	{"no TLSA records found", ReasonTLSAMissing},
	{"TLSA records unusable", ReasonTLSAUnusable},
	{"Sender requested REQUIRETLS, but ", ReasonRequireTLS},
}

// recordFailure reads the text of a delivery record. Reason is empty if TLS is not what the delivery failed for.
func recordFailure(text []byte, status string) Failure {
	if status == statusSent {
		return Failure{}
	}
	for _, r := range recordTexts {
		if bytes.HasPrefix(text, []byte(r.text)) {
			return outboundFailure(r.reason, toText(bytes.TrimSuffix(text, []byte(")"))))
		}
	}
	return Failure{}
}

// outboundFailure completes a reason by its result type.
func outboundFailure(reason, detail string) Failure {
	f := Failure{Result: ResultValidationFailure, Reason: reason, Detail: detail}
	for _, r := range outboundResults {
		if r.reason == reason {
			f.Result = r.result
		}
	}
	return f
}

// certificate tells failures that come after a handshake.
func (f *Failure) certificate() bool {
	switch f.Reason {
	case ReasonCertificateExpired, ReasonCertificateUntrusted, ReasonCertificateName, ReasonCertificateMismatch, ReasonSTSPolicy:
		return true
	}
	return false
}

// connectReason reads a "TLS library problem" of a handshake with a server.
func connectReason(text string) string {
	if strings.Contains(text, "wrong version number") { // what came is no TLS record
		return ReasonServerNotTLS
	}
	switch reason := libraryReason(text, false); reason {
	case ReasonAlertUnknownCA, ReasonAlertBadCert, ReasonAlertOther:
		return ReasonServerAlert
	case ReasonPlaintextOnTLSPort:
		return ReasonServerNotTLS
	case ReasonClientCertificate: // "certificate verify failed": the library speaks of its peer
		return ReasonCertificateUntrusted
	default:
		return reason
	}
}

// certificateTexts are what the TLS library says of a certificate, src/tls/tls_verify.c and OpenSSL's crypto/x509/x509_txt.c; the first that occurs counts.
var certificateTexts = []struct{ text, reason string }{
	{"external policy failure", ReasonSTSPolicy},
	{"mismatch", ReasonCertificateName}, // hostname mismatch, IP address mismatch
	{"has expired", ReasonCertificateExpired},
	{"not yet valid", ReasonCertificateExpired},
	{"TLSA", ReasonCertificateMismatch}, // "no matching DANE TLSA records": of fingerprints too
}

// certificateFailure reads what stands behind "certificate verification failed for PEER: ".
func certificateFailure(text string) Failure {
	f := outboundFailure(ReasonCertificateUntrusted, text)
	for _, c := range certificateTexts {
		if strings.Contains(text, c.text) {
			f = outboundFailure(c.reason, text)
			break
		}
	}
	for _, result := range [...]string{ResultSTSPolicyFetchError, ResultSTSPolicyInvalid, ResultSTSWebPKIInvalid} {
		if f.Reason == ReasonSTSPolicy && strings.Contains(text, result) {
			f.Result = result
		}
	}
	return f
}

// proofOf is why a certificate was refused if no line says so: what the policy asked for, or that a trusted certificate can only have the wrong name.
func proofOf(p Policy, tls *TLS) Failure {
	switch {
	case p.Level == "fingerprint", strings.HasPrefix(p.Level, "dane"):
		return outboundFailure(ReasonCertificateMismatch, "")
	case tls != nil && tls.Trust == "Trusted":
		return outboundFailure(ReasonCertificateName, "")
	default:
		return Failure{}
	}
}
