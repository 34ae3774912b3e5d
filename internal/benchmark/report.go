package main

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/loggen"
)

// printReport prints the table, what the medians say in words, and the notes.
func printReport(w io.Writer, s loggen.Summary, results []result, notes []string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d lines, %.1f MB, in the page cache; %s/%s, %d CPUs\n\n",
		s.Lines, float64(s.Bytes)/1e6, runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	fmt.Fprintf(&b, "%-20s %6s %9s %9s %9s %12s %9s %11s\n",
		"", "rounds", "min s", "median s", "CPU s", "lines/s", "MB/s", "peak MB")
	bound := ownPeak()
	for _, r := range results {
		printRow(&b, s, r, bound)
	}
	b.WriteByte('\n')
	for _, line := range append(compare(results), notes...) {
		fmt.Fprintln(&b, line)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// printRow prints one command. Lines and bytes a second go by the median of the wall time; a peak that may be that of this process
// is marked as a bound.
func printRow(b *bytes.Buffer, s loggen.Summary, r result, bound int64) {
	wall := max(time.Duration(r.median(wallOf)).Seconds(), 1e-9)
	peaks := r.sorted(peakOf)
	peak := peaks[len(peaks)-1]
	sign := ""
	if peak <= bound {
		sign = "<="
	}
	fmt.Fprintf(b, "%-20s %6d %9.3f %9.3f %9.3f %12.0f %9.1f %11s\n",
		r.name, len(r.samples),
		time.Duration(r.sorted(wallOf)[0]).Seconds(), wall, time.Duration(r.median(cpuOf)).Seconds(),
		float64(s.Lines)/wall, float64(s.Bytes)/1e6/wall,
		fmt.Sprintf("%s%.1f", sign, float64(peak)/1e6))
}

// compare says in words what the medians say.
func compare(results []result) []string {
	medians := make(map[string]float64)
	for _, r := range results {
		medians[r.name] = max(float64(r.median(wallOf)), 1)
	}
	var lines []string
	if slow, ok := medians[namePflogsumm]; ok {
		lines = append(lines, fmt.Sprintf("parse is %.1f times as fast as pflogsumm.", slow/medians[nameParse]))
	}
	return append(lines,
		fmt.Sprintf("parse takes %.1f times as long as wc -l.", medians[nameParse]/medians[nameWC]),
		fmt.Sprintf("events takes %.1f times as long as parse.", medians[nameEvents]/medians[nameParse]))
}
