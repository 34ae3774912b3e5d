package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The report in the README is what its first command prints, but for what [...] stands for.
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
	rest = out.String()
	for i, part := range strings.Split(want, "\n[...]\n") {
		at := strings.Index(rest, part)
		if at < 0 || i == 0 && at > 0 {
			t.Fatalf("the program does not print this part of the README, or not in this order:\n%s(-README +program):\n%s", part, cmp.Diff(part, rest))
		}
		rest = rest[at+len(part):]
	}
	if rest != "" {
		t.Errorf("the program goes on behind the README's end:\n%s", rest)
	}
}
