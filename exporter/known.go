package exporter

import (
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// known starts at 0 what can be foreseen: a series that appears with its first increment hides that increment from rate(). Ciphers cannot
// be foreseen. Port 25 is there before its first line.
func known(d *Data, sessions, messages, failures, groups, auth sum) {
	services := append([]*parser.Service{{Instance: "postfix", Name: "smtpd"}}, d.Services...)
	for _, svc := range services {
		auth.add(0, svc.Name)
		knownFailures(failures, svc.Name)
		for class := range parser.NumClasses {
			knownStates(sessions, messages, svc, parser.Class(class).String())
		}
	}
	for _, group := range []string{"x25519", "secp256r1", "X25519MLKEM768"} {
		groups.add(0, tally.Inbound, group)
	}
}

func knownStates(sessions, messages sum, svc *parser.Service, class string) {
	for state := range parser.NumTLSStates {
		tls := parser.TLSState(state)
		if tls != parser.TLSEstablished {
			sessions.add(0, tally.Inbound, svc.Instance, svc.Name, class, tls.String())
		}
		if tls != parser.TLSEstablished && tls != parser.TLSFailed {
			messages.add(0, tally.Inbound, svc.Instance, svc.Name, class, tls.String())
		}
	}
	for _, protocol := range []string{"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"} {
		messages.add(0, tally.Inbound, svc.Instance, svc.Name, class, parser.TLSEstablished.String(), protocol)
	}
}

func knownFailures(failures sum, service string) {
	for _, reason := range parser.FailureReasons() {
		failures.add(0, tally.Inbound, service, parser.ResultValidationFailure, reason)
	}
	failures.add(0, tally.Inbound, service, parser.ResultCertificateNotTrusted, parser.ReasonClientCertificate)
}
