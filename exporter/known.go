package exporter

import (
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// known starts at 0 what can be foreseen: a series that appears with its first increment hides that increment from rate(). Ciphers and security
// levels cannot be foreseen. Port 25 and smtp are there before their first lines.
func (t *totals) known(services []*parser.Service) {
	t.knownService(&parser.Service{Instance: "postfix", Name: "smtpd", Program: "smtpd"})
	t.knownService(&parser.Service{Instance: "postfix", Name: "smtp", Program: "smtp"})
	for _, svc := range services {
		t.knownService(svc)
	}
	for _, direction := range []string{tally.Inbound, tally.Outbound} {
		for _, group := range []string{"x25519", "secp256r1", "X25519MLKEM768"} {
			t.groups.add(0, direction, group)
		}
		t.downgrades.add(0, direction, tally.KindPlaintext)
		t.downgrades.add(0, direction, tally.KindVersion)
	}
	for _, result := range tlsrptResults {
		t.tlsrpt.add(0, result)
	}
}

// knownService tells by its program what a service can do. postscreen takes no mail.
func (t *totals) knownService(svc *parser.Service) {
	inbound := []parser.Class{parser.ClassUnknown, parser.ClassLoopback, parser.ClassPrivate, parser.ClassPublic}
	switch svc.Program {
	case "smtpd":
		t.auth.add(0, svc.Name)
		t.knownSessions(tally.Inbound, svc, inbound)
		t.knownMessages(tally.Inbound, svc, inbound)
		t.knownInboundFailures(svc.Name)
	case "postscreen":
		t.knownSessions(tally.Inbound, svc, inbound)
		t.knownInboundFailures(svc.Name)
	case "smtp", "lmtp": // sockets are for those who use them; there is no TLS to watch
		outbound := []parser.Class{parser.ClassLoopback, parser.ClassPrivate, parser.ClassPublic}
		t.knownSessions(tally.Outbound, svc, outbound)
		t.knownMessages(tally.Outbound, svc, outbound)
		parser.OutboundFailures(func(result, reason string) { t.failures.add(0, tally.Outbound, svc.Name, result, reason) })
	}
}

func (t *totals) knownSessions(direction string, svc *parser.Service, classes []parser.Class) {
	for _, class := range classes {
		for state := range parser.NumTLSStates {
			if tls := parser.TLSState(state); tls != parser.TLSEstablished {
				t.sessions.add(0, direction, svc.Instance, svc.Name, class.String(), tls.String())
			}
		}
	}
}

func (t *totals) knownMessages(direction string, svc *parser.Service, classes []parser.Class) {
	for _, class := range classes {
		for _, tls := range []parser.TLSState{parser.TLSUnknown, parser.TLSPlaintext, parser.TLSUnlogged} {
			t.messages.add(0, direction, svc.Instance, svc.Name, class.String(), tls.String())
		}
		for _, protocol := range []string{"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"} {
			t.messages.add(0, direction, svc.Instance, svc.Name, class.String(), parser.TLSEstablished.String(), protocol)
		}
	}
}

func (t *totals) knownInboundFailures(service string) {
	for _, reason := range parser.FailureReasons() {
		t.failures.add(0, tally.Inbound, service, parser.ResultValidationFailure, reason)
	}
	t.failures.add(0, tally.Inbound, service, parser.ResultCertificateNotTrusted, parser.ReasonClientCertificate)
}

// knownGrades are those of peers beyond this host.
func knownGrades(profile string, sessions, messages sum) {
	for _, direction := range []string{tally.Inbound, tally.Outbound} {
		for _, class := range []parser.Class{parser.ClassPrivate, parser.ClassPublic} {
			for _, name := range report.GradeNames() {
				sessions.add(0, direction, class.String(), profile, name)
				messages.add(0, direction, class.String(), profile, name)
			}
		}
	}
}

// tlsrptResults are those that Postfix 3.10 can report.
var tlsrptResults = []string{
	"success", parser.ResultSTARTTLSNotSupported, parser.ResultCertificateHostMismatch, parser.ResultCertificateNotTrusted,
	parser.ResultCertificateExpired, parser.ResultValidationFailure, parser.ResultSTSPolicyFetchError, parser.ResultSTSPolicyInvalid,
	parser.ResultSTSWebPKIInvalid, parser.ResultTLSAInvalid, parser.ResultDNSSECInvalid, parser.ResultDANERequired,
}
