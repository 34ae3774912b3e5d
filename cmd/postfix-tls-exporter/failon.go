package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/grade"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// foundError tells what was found of that on which the command is to fail. It is no failure of the program.
type foundError struct{ what []string }

func (e foundError) Error() string { return "found " + strings.Join(e.what, ", ") }

// found returns a foundError, or nil if nothing was found.
func (f *reportFlags) found(s *tally.Snapshot, profile *grade.Profile) error {
	var what []string
	add := func(name string, n uint64, one, many string) {
		switch {
		case n == 0 || !slices.Contains(f.FailOn, name):
		case n == 1:
			what = append(what, "1 "+one)
		default:
			what = append(what, fmt.Sprintf("%d %s", n, many))
		}
	}
	add("plaintext", plaintextMessages(s), "message in plaintext", "messages in plaintext")
	add("weak", weakMessages(s, profile), "message under weak TLS", "messages under weak TLS")
	add("failed", failedHandshakes(s), "failed handshake", "failed handshakes")
	if len(what) == 0 {
		return nil
	}
	return foundError{what}
}

// plaintextMessages counts messages that moved in plaintext to or from another host.
func plaintextMessages(s *tally.Snapshot) (n uint64) {
	for _, r := range s.Messages {
		if r.TLS == "plaintext" && beyondHost(r.Class) {
			n += r.Count
		}
	}
	return n
}

// weakMessages counts messages that moved to or from another host under TLS that nobody should use any more.
func weakMessages(s *tally.Snapshot, profile *grade.Profile) (n uint64) {
	for _, r := range report.Grades(s, profile) {
		if (r.Grade == grade.PhaseOut.String() || r.Grade == grade.Insufficient.String()) && beyondHost(r.Class) {
			n += r.Messages
		}
	}
	return n
}

// failedHandshakes counts the handshakes with other hosts that failed, and those in which a certificate was refused.
func failedHandshakes(s *tally.Snapshot) (n uint64) {
	for _, r := range s.Failures {
		if beyondHost(r.Class) {
			n += r.Count
		}
	}
	return n
}

// beyondHost tells whether a peer is, or may be, on another host.
func beyondHost(class string) bool { return class != "loopback" && class != "unix" }
