// Package tally counts what the parser tells. It is the one place that counts: metrics and reports are views of the
// same Snapshot, so they cannot disagree.
//
// Totals never lose a count. Peers and domains are many and chosen by strangers, so their number is bounded; what does not find a
// place is counted under Other.
//
// A tally can be saved and restored: see State and Restore. One that was goes on as if it had never stopped.
package tally
