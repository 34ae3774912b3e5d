// Benchmark measures the program as its users run it: whole processes, on a mail log of a million lines, beside wc -l, which
// only reads the file, and pflogsumm, which is what Debian has for summaries of Postfix logs.
//
// Usage:
//
//	go run ./internal/benchmark [-bin FILE] [-lines N] [-rounds N] [-dir DIR]
//	go run ./internal/benchmark -generate FILE [-lines N]
//
// The log is made by [github.com/postfix-tls-exporter/postfix-tls-exporter/internal/loggen] and is the same on every machine. It
// lies in a temporary folder, or in the one given by -dir, where the next run finds it again. It is read once before the
// clock starts, so that all commands find it in the page cache. The commands take turns, so that a machine that becomes
// slower or faster meanwhile does so for all of them. Nothing is asserted: the figures are for people to read.
//
// With -generate the log is written to FILE, what is true about it to FILE.summary.json, and nothing is measured.
package main
