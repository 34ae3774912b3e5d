package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// foundError tells what was found of that on which the command is to fail. It is no failure of the program.
type foundError struct{ what []string }

func (e foundError) Error() string { return "found " + strings.Join(e.what, ", ") }

// found returns a foundError, or nil if nothing was found.
func (f *reportFlags) found(s *tally.Snapshot) error {
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
	plaintext, weak := badMessages(s)
	add("plaintext", plaintext, "message in plaintext", "messages in plaintext")
	add("weak", weak, "message under weak TLS", "messages under weak TLS")
	add("failed", failedHandshakes(s), "failed handshake", "failed handshakes")
	if len(what) == 0 {
		return nil
	}
	return foundError{what}
}

// badMessages counts messages that moved in plaintext, or under weak TLS, to or from another host.
func badMessages(s *tally.Snapshot) (plaintext, underWeak uint64) {
	for _, r := range s.Messages {
		switch {
		case !beyondHost(r.Class):
		case r.TLS == "plaintext":
			plaintext += r.Count
		case r.TLS == "established" && weak(r.Protocol, r.Cipher):
			underWeak += r.Count
		}
	}
	return plaintext, underWeak
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

// weak tells whether nobody should use this any more: versions of TLS that RFC 8996 and those before it deprecate.
func weak(protocol, _ string) bool {
	return strings.HasPrefix(protocol, "SSL") || protocol == "TLSv1" || protocol == "TLSv1.1"
}
