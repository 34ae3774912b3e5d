package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKitConfigurationPage does what docs/configuration.md says with the file that it shows, and gets what it shows.
func TestKitConfigurationPage(t *testing.T) {
	need(t, "bash", "man")
	page, err := os.ReadFile(filepath.Join(root, "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{dir: t.TempDir()}
	bin := filepath.Join(d.dir, "bin")
	d.path = bin + string(os.PathListSeparator) + os.Getenv("PATH")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	link(t, os.Getenv(envBinary), filepath.Join(bin, "postfix-tls-exporter"))
	for _, folder := range []string{"testdata", "contrib"} {
		link(t, filepath.Join(root, folder), filepath.Join(d.dir, folder))
	}
	commands := 0
	blocks := pageBlocks(string(page))
	for i, b := range blocks {
		switch b.kind {
		case "yaml":
			writeFile(t, filepath.Join(d.dir, "postfix-tls-exporter.yaml"), b.text, 0o600)
		case "sh":
			commands++
			t.Run("line "+strconv.Itoa(b.line), func(t *testing.T) {
				out := d.run(t, "bash", "-euo", "pipefail", "-c", b.text)
				if i+1 < len(blocks) && blocks[i+1].kind == "text" {
					if diff := cmp.Diff(blocks[i+1].text, out); diff != "" {
						t.Errorf("(-page +output):\n%s", diff)
					}
				}
			})
		}
	}
	if commands == 0 {
		t.Error("no commands on the page")
	}
}

// TestKitConfigurationServes lets serve take its log from a file, of which flags override the rest.
func TestKitConfigurationServes(t *testing.T) {
	sample := absolute(t, filepath.Join(root, "testdata", "sample.log"))
	file := writeFile(t, filepath.Join(t.TempDir(), "serve.yaml"), fmt.Sprintf(`
log: [%q]
web:
  telemetry-path: /from-the-file
  listen-address: ["127.0.0.1:1"]
peer-label: none
`, sample), 0o600)
	s := serve(t, "--config", file, "--web.telemetry-path", "/metrics")
	eventually(t, "all lines of the log", func() error {
		page, err := s.metrics(t)
		if err != nil {
			return err
		}
		if want := fmt.Appendf(nil, "postfix_tls_log_bytes_total{log=%q} %d\n", sample, size(t, sample)); !bytes.Contains(page, want) {
			return fmt.Errorf("no %s in\n%s", want, page)
		}
		return nil
	})
	s.terminate(t)
}

func size(t *testing.T, name string) int64 {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
