package main

import (
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// peerLabel returns the function that a flag names.
func peerLabel(name string) func(parser.Peer) string {
	switch name {
	case "domain":
		return tally.DomainLabel
	case "address":
		return tally.AddressLabel
	case "none":
		return tally.NoLabel
	default:
		return tally.HostLabel
	}
}
