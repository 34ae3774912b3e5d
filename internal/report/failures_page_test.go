package report

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// TestFailuresPage holds docs/failures.md to what the program says of each reason.
func TestFailuresPage(t *testing.T) {
	const name = "../../docs/failures.md"
	page := failuresPage()
	if *update {
		if err := os.WriteFile(name, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(page, string(text)); diff != "" {
		t.Errorf("make golden writes it anew (-want +got):\n%s", diff)
	}
}

func failuresPage() string {
	var out strings.Builder
	out.WriteString("# Why handshakes fail\n\n<!-- Made from the program by: make golden -->\n\n" +
		"The report, the web page and the metrics name these reasons. `result` is the failure type of RFC 8460 section 4.3.\n")
	inbound := func(each func(result, reason string)) {
		for _, reason := range parser.FailureReasons() {
			each(parser.ResultValidationFailure, reason)
		}
		each(parser.ResultCertificateNotTrusted, parser.ReasonClientCertificate)
	}
	for _, direction := range []struct {
		title, name string
		all         func(func(result, reason string))
	}{{"On the way in", tally.Inbound, inbound}, {"On the way out", tally.Outbound, parser.OutboundFailures}} {
		w := &directionWords[parser.Inbound]
		if direction.name == tally.Outbound {
			w = &directionWords[parser.Outbound]
		}
		fmt.Fprintf(&out, "\n## %s\n", direction.title)
		direction.all(func(result, reason string) {
			fmt.Fprintf(&out, "\n### %s\n\n", reason)
			if w.reasons[reason] != "" {
				fmt.Fprintf(&out, "%s. ", capital(w.reasons[reason]))
			}
			fmt.Fprintf(&out, "Result: `%s`.\n\n%s\n", result, w.advice[reason])
		})
	}
	return out.String()
}
