package parser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	policyTLS    = "smtp[520]: Trusted TLS connection established to mx1.example.net[198.51.100.25]:25: TLSv1.2 with cipher AES256-SHA (256/256 bits)\n"
	policyHead   = "smtp[520]: 3F1A2C0B7D: to=<a@example.net>, relay="
	policyRelay  = "mx1.example.net[198.51.100.25]:25"
	policyDelays = ", delay=1, delays=0/0/1/0, "
)

// What tls= (3.11) says, with a TLS line before it and without.
func TestPolicies(t *testing.T) {
	for _, test := range []struct{ field, result, with, without string }{
		{"none", "sent", "sent plaintext policy=none first", "sent plaintext policy=none first"},
		{"may", "sent", "sent established TLSv1.2 policy=may first", "sent unlogged policy=may first"},
		{"may:none", "sent", "sent plaintext policy=may:none first", "sent plaintext policy=may:none first"},
		{"encrypt", "sent", "sent established TLSv1.2 policy=encrypt first", "sent unlogged policy=encrypt first"},
		{"fingerprint", "sent", "sent established TLSv1.2 policy=fingerprint first", "sent unlogged policy=fingerprint first"},
		{"verify", "sent", "sent established TLSv1.2 policy=verify first", "sent unlogged policy=verify first"},
		{"secure", "sent", "sent established TLSv1.2 policy=secure first", "sent unlogged policy=secure first"},
		{"dane", "sent", "sent established TLSv1.2 policy=dane first", "sent unlogged policy=dane first"},
		{"dane-only", "sent", "sent established TLSv1.2 policy=dane-only first", "sent unlogged policy=dane-only first"},
		{"halfdane", "sent", "sent established TLSv1.2 policy=halfdane first", "sent unlogged policy=halfdane first"},
		{"dane:halfdane", "sent", "sent established TLSv1.2 policy=dane:halfdane first", "sent unlogged policy=dane:halfdane first"},
		{"dane:encrypt", "sent", "sent established TLSv1.2 policy=dane:encrypt first", "sent unlogged policy=dane:encrypt first"},
		{"dane:none", "sent", "sent plaintext policy=dane:none first", "sent plaintext policy=dane:none first"},
		{
			"encrypt/requiretls", "sent", "sent established TLSv1.2 policy=encrypt requiretls=requiretls first",
			"sent unlogged policy=encrypt requiretls=requiretls first",
		},
		{
			"may/requiretls:nostarttls", "sent", "sent established TLSv1.2 policy=may requiretls=requiretls:nostarttls first",
			"sent unlogged policy=may requiretls=requiretls:nostarttls first",
		},
		{
			"may:none/requiretls:noencryption", "sent", "sent plaintext policy=may:none requiretls=requiretls:noencryption first",
			"sent plaintext policy=may:none requiretls=requiretls:noencryption first",
		},
		{"may?", "deferred", "deferred established TLSv1.2 policy=may? first", "deferred unknown policy=may? first"}, // the session broke early, perhaps under TLS
		{
			"dane/requiretls?", "deferred", "deferred established TLSv1.2 policy=dane requiretls=requiretls? first",
			"deferred unlogged policy=dane requiretls=requiretls? first",
		},
	} {
		record := policyHead + policyRelay + policyDelays + "tls=" + test.field + ", dsn=2.0.0, status=" + test.result + " (x)\n"
		for log, want := range map[string]string{policyTLS + record: test.with, record: test.without} {
			p, r := feed(t, testOptions(), log)
			contradictions := p.Counts().Contradictions
			p.Close()
			r.checkClosed(p)
			got := strings.TrimPrefix(deliveryLine(&r.deliveries[0]), "delivery 3F1A2C0B7D to=a@example.net smtp "+policyRelay+" ")
			if got != want {
				t.Errorf("tls=%s: %s\nwant %s", test.field, got, want)
			}
			if contradicts := log != record && strings.Contains(want, "plaintext"); (contradictions == 1) != contradicts {
				t.Errorf("tls=%s: %d contradictions in %q", test.field, contradictions, log)
			}
		}
	}
}

// A policyFailure is a reason why TLS could not be used, in the words of smtp's last line, and of those before it.
type policyFailure struct {
	before string // lines before the record
	field  string // of tls=; empty before 3.11
	relay  string
	text   string
	want   string // the delivery's line behind the relay, then its session's
}

const (
	policyLost        = "smtp[520]: SSL_connect error to " + policyRelay + ": "
	policyHost        = "mx1.example.net[198.51.100.25]"
	policyHandshake   = "Cannot start TLS: handshake failure"
	policyNotVerified = "Server certificate not verified"
)

// unverified is a TLS session with a certificate that could not be verified.
func unverified(reason string) string {
	return "smtp[520]: server certificate verification failed for " + policyRelay + ": " + reason + "\n" + policyTLS
}

// library is a handshake that failed for what the TLS library says.
func library(reason string) string {
	return policyLost + "-1\nsmtp[520]: warning: TLS library problem: error:0A000000:SSL routines::" + reason + ":../ssl/x.c:1:\n"
}

// refused is what becomes of a delivery for which there was no TLS session, and distrusted of one whose TLS session was not used.
func refused(failure string) string {
	_, reason, _ := strings.Cut(failure, "/")
	return "deferred failed failure=" + failure + " first; failed messages=0 of 3F1A2C0B7D failure=" + reason
}

func distrusted(failure string) string {
	_, reason, _ := strings.Cut(failure, "/")
	return "deferred established TLSv1.2 failure=" + failure + " first; established TLSv1.2 messages=0 of 3F1A2C0B7D failure=" + reason
}

var policyFailures = []policyFailure{
	{text: "TLS is required, but was not offered by host " + policyHost, want: refused("starttls-not-supported/not_offered")},
	{
		text: "TLS is required, but host " + policyHost + " refused to start TLS: 454 4.7.0 TLS not available",
		want: refused("starttls-not-supported/starttls_refused"),
	},
	{text: "TLS is required, but our TLS engine is unavailable", want: refused("validation-failure/tls_unavailable")},
	{text: "TLS is required, but unavailable", want: refused("validation-failure/tls_unavailable")},
	{text: policyHandshake, before: policyLost + "lost connection\n", want: refused("validation-failure/lost_connection")},
	{text: policyHandshake, before: policyLost + "Connection reset by peer\n", want: refused("validation-failure/lost_connection")},
	{text: policyHandshake, before: policyLost + "Connection timed out\n", want: refused("validation-failure/timeout")},
	{text: policyHandshake, before: policyLost + "-1\n", want: refused("validation-failure/other")},
	{text: policyHandshake, before: library("unsupported protocol"), want: refused("validation-failure/protocol_version")},
	{text: policyHandshake, before: library("tlsv1 alert protocol version"), want: refused("validation-failure/protocol_version")},
	{text: policyHandshake, before: library("wrong version number"), want: refused("validation-failure/server_not_tls")},
	{text: policyHandshake, before: library("sslv3 alert handshake failure"), want: refused("validation-failure/server_alert")},
	{text: policyHandshake, before: library("tlsv1 alert internal error"), want: refused("validation-failure/server_alert")},
	{text: policyHandshake, before: library("no ciphers available"), want: refused("validation-failure/no_shared_cipher")},
	{text: policyHandshake, before: library("no suitable key share"), want: refused("validation-failure/no_shared_group_or_sigalg")},
	{text: policyHandshake, before: library("unexpected eof while reading"), want: refused("validation-failure/lost_connection")},
	{text: policyHandshake, before: library("dh key too small"), want: refused("validation-failure/other")},
	{text: "Server certificate not trusted", before: unverified("untrusted issuer /CN=x"), want: distrusted("certificate-not-trusted/certificate_untrusted")},
	{text: "Server certificate not trusted", before: strings.Replace(policyTLS, "Trusted", "Untrusted", 1), want: distrusted("certificate-not-trusted/certificate_untrusted")},
	{text: policyNotVerified, before: unverified("self-signed certificate"), want: distrusted("certificate-not-trusted/certificate_untrusted")},
	{text: policyNotVerified, before: unverified("unable to get local issuer certificate"), want: distrusted("certificate-not-trusted/certificate_untrusted")},
	{text: policyNotVerified, before: unverified("certificate has expired"), want: distrusted("certificate-expired/certificate_expired")},
	{text: policyNotVerified, before: unverified("certificate not yet valid"), want: distrusted("certificate-expired/certificate_expired")},
	{text: policyNotVerified, before: unverified("num=62:hostname mismatch"), want: distrusted("certificate-host-mismatch/certificate_name")},
	{text: policyNotVerified, before: unverified("num=65:no matching DANE TLSA records"), want: distrusted("validation-failure/certificate_mismatch")},
	{
		text: policyNotVerified, before: unverified("external policy failure (sts-policy-fetch-error)"),
		want: distrusted("sts-policy-fetch-error/sts_policy"),
	},
	{text: policyNotVerified, before: unverified("external policy failure (sts-policy-invalid)"), want: distrusted("sts-policy-invalid/sts_policy")},
	{text: policyNotVerified, before: unverified("external policy failure (sts-webpki-invalid)"), want: distrusted("sts-webpki-invalid/sts_policy")},
	{text: "TLSA lookup error for mx1.example.net:25", relay: "none", want: "deferred failure=dnssec-invalid/tlsa_lookup; "},
	{text: "non DNSSEC destination", relay: "none", want: "deferred failure=dane-required/not_dnssec; "},
	{text: "no TLSA records found", relay: "none", want: "deferred failure=dane-required/tlsa_missing; "},
	{text: "TLSA records unusable", relay: "none", want: "deferred failure=tlsa-invalid/tlsa_unusable; "},
	{text: "client TLS configuration problem", relay: "none", want: "deferred failure=validation-failure/tls_unavailable; "},
	{
		text: "Sender requested REQUIRETLS, but host " + policyHost + " does not support REQUIRETLS", before: policyTLS,
		want: distrusted("validation-failure/requiretls"),
	},
	{
		text: "TLS is required, but was not offered by host " + policyHost, field: "tls=!encrypt, ",
		want: strings.Replace(refused("starttls-not-supported/not_offered"), "failed ", "failed policy=!encrypt ", 1),
	},
	{
		text: policyNotVerified, field: "tls=!dane, ", before: unverified("num=65:no matching DANE TLSA records"),
		want: strings.Replace(distrusted("validation-failure/certificate_mismatch"), "TLSv1.2 ", "TLSv1.2 policy=!dane ", 1),
	},
	{ // log level 0, but for the line of the certificate
		text: policyNotVerified, field: "tls=!verify, ", before: strings.TrimSuffix(unverified("certificate has expired"), policyTLS),
		want: "deferred unlogged policy=!verify failure=certificate-expired/certificate_expired first; unlogged messages=0 of 3F1A2C0B7D failure=certificate_expired",
	},
}

// The failure texts of smtp(8), with RFC 8460's result. A session whose certificate was refused was a TLS session nonetheless.
func TestPolicyFailures(t *testing.T) {
	for _, test := range policyFailures {
		relay := policyRelay
		if test.relay != "" {
			relay = test.relay
		}
		r := play(t, test.before+policyHead+relay+policyDelays+test.field+"dsn=4.7.5, status=deferred ("+test.text+")\n")
		got := fmt.Sprint(strings.TrimPrefix(deliveryLine(&r.deliveries[0]), "delivery 3F1A2C0B7D to=a@example.net smtp "+relay+" "), "; ")
		for i := range r.sessions {
			got += strings.TrimPrefix(sessionLine(&r.sessions[i]), "outbound smtp[520] "+policyRelay+" ")
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s%s (-want +got):\n%s", test.before, test.text, diff)
		}
	}
}

// Each result of a failure that the log can tell is one of those that callers are told to expect.
func TestOutboundFailures(t *testing.T) {
	known := make(map[string]bool)
	OutboundFailures(func(result, reason string) {
		if known[result+"/"+reason] {
			t.Errorf("%s/%s twice", result, reason)
		}
		known[result+"/"+reason] = true
	})
	if !known[ResultValidationFailure+"/"+ReasonOther] || !known[ResultCertificateHostMismatch+"/"+ReasonCertificateName] {
		t.Errorf("%v", known)
	}
}

func TestTLSRPT(t *testing.T) { runScenarios(t, tlsrptScenarios) }

// What Postfix hands to the TLSRPT library (3.10), from smtp or tlsproxy; it names no queue ID and is no session.
var tlsrptScenarios = []scenario{
	{"results", `
		smtp[520]: TLSRPT: status=success, domain=Example.NET, receiving_mx=mx1.example.net[198.51.100.25]
		tlsproxy[300]: TLSRPT: status=failure, domain=example.net, receiving_mx=mx1.example.net[198.51.100.25], failure_type=validation_failure, failure_reason=wrong version number, x
		smtp[520]: TLSRPT: status=failure, domain=example.net, receiving_mx=2001:db8::25[2001:db8::25], failure_type=certificate_host_mismatch
		smtp[520]: TLSRPT: status=failure, domain=example.net, receiving_mx=(Null), failure_type=sts_policy_fetch_error, failure_reason=(Null)
		smtp[520]: TLSRPT: status=failure, domain=example.net, receiving_mx=mx1.example.net[198.51.100.25], failure_type=unfinished_policY
		smtp[520]: TLSRPT: status=failure, domain=example.net, receiving_mx=mx1.example.net[198.51.100.25], failure_type=starttls_not_supported`, `
		tlsrpt example.net success mx1.example.net[198.51.100.25]
		tlsrpt example.net validation-failure mx1.example.net[198.51.100.25] wrong version number, x
		tlsrpt example.net certificate-host-mismatch 2001:db8::25[2001:db8::25]
		tlsrpt example.net sts-policy-fetch-error
		tlsrpt example.net unfinished-policy mx1.example.net[198.51.100.25]
		tlsrpt example.net starttls-not-supported mx1.example.net[198.51.100.25]`},
}
