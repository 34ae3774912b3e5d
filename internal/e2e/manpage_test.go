package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestKitManPage lets both programs that show manual pages look for mistakes in ours.
func TestKitManPage(t *testing.T) {
	page := filepath.Join(root, "contrib", "man", "postfix-tls-exporter.1")
	t.Run("mandoc", func(t *testing.T) {
		need(t, "mandoc")
		out, err := exec.CommandContext(t.Context(), "mandoc", "-Tlint", "-Wstyle", page).CombinedOutput()
		for line := range strings.Lines(string(out)) {
			if !strings.Contains(line, "mandoc.db lacks") { // about the machine, which has not all that the page refers to
				t.Error(line)
			}
		}
		if err != nil && len(out) == 0 {
			t.Error(err)
		}
	})
	t.Run("man", func(t *testing.T) {
		need(t, "man")
		cmd := exec.CommandContext(t.Context(), "man", "--warnings", "-l", page)
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANWIDTH=80", "MANPAGER=cat")
		var complaints strings.Builder
		cmd.Stderr = &complaints
		out, err := cmd.Output()
		if err != nil || complaints.Len() > 0 {
			t.Errorf("%v\n%s", err, &complaints)
		}
		for _, want := range []string{"\nNAME\n", "\nEXIT STATUS\n", "\nSEE ALSO\n", "--web.listen-address address"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("what man shows does not have %q", want)
			}
		}
	})
}
