package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The report in the README is what its first command prints.
func TestReadmeShowsTheReport(t *testing.T) {
	t.Chdir("../..")
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "```text\n")
	want, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatal("no text block in README.md")
	}
	const command = "parse --top 3 testdata/sample.log"
	if !strings.Contains(string(readme), command) {
		t.Fatalf("the README does not have the command %q", command)
	}
	var out, stderr bytes.Buffer
	if status := run(strings.Fields(command), stdio{strings.NewReader(""), &out, &stderr}); status != 0 {
		t.Fatalf("status %d: %s", status, &stderr)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-README +program):\n%s", diff)
	}
}
