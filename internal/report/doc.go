// Package report shows what was found: a tally.Snapshot as a page of text or as JSON, and the parser's records as JSON Lines.
//
// What comes from a log was chosen by strangers. No control character of it reaches the output: see Clean for text and
// EscapeJSON for JSON.
package report
