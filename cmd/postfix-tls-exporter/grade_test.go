package main

import (
	"strings"
	"testing"
)

// TestServeProfile shows the same grades as the report, by the guideline that was asked for.
func TestServeProfile(t *testing.T) {
	t.Parallel()
	const guideline = "bsi-tr-02102-2"
	log, _ := sniLogs()
	s := serve(t, "--log", log, "--profile", guideline)
	graded := []string{"graded_sessions_total", "graded_messages_total"}
	got := s.awaitLines(t, strings.Count(string(readLog(t, log)), "\n")).named(graded...)
	equal(t, "grades, as in the report", asScrape(readReport(t, "--profile", guideline, log)).named(graded...), got)
	if other := asScrape(readReport(t, log)).named(graded...); len(got) == 0 || len(other) == 0 {
		t.Errorf("there should be grades by each guideline: %v, %v", got, other)
	}
}
