package tally

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var hintCode = regexp.MustCompile(`Hint\{"(\w+)"`)

// TestHintsPage explains each hint in docs/hints.md, and no other.
func TestHintsPage(t *testing.T) {
	source, err := os.ReadFile("hints.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/hints.md")
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]bool{"smtp_tls_loglevel": true, "lmtp_tls_loglevel": true} // made of the program's name
	for _, match := range hintCode.FindAllStringSubmatch(string(source), -1) {
		codes[match[1]] = true
	}
	explained := strings.Count(string(page), "\n| `")
	for code := range codes {
		if !strings.Contains(string(page), "\n| `"+code+"` |") {
			t.Errorf("%s is not explained", code)
		}
	}
	if len(codes) < 5 || explained != len(codes) {
		t.Errorf("%d hints are explained, and there are %d", explained, len(codes))
	}
}
