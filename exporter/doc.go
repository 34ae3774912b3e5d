// Package exporter shows a tally to Prometheus and to people: it collects the metrics at scrape time from the same snapshot that
// reports are made of, and serves them by HTTP.
//
// Label values come from the log. Those that strangers choose, the peers, are bounded by the tally; all others come from closed
// sets, from OpenSSL, or from master.cf.
package exporter
