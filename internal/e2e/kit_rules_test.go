package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What is in the files of rules, and of their tests, without a reader of YAML: promtool has checked them before.
var (
	ruleName   = regexp.MustCompile(`(?m)^\s+- (alert|record): (\S+)$`)
	runbookURL = regexp.MustCompile(`(?m)^\s+runbook_url: (\S+)$`)
	alertTest  = regexp.MustCompile(`(?m)^\s+- alertname: (\S+)\n\s+eval_time: \S+\n\s+exp_alerts:( \[\])?$`)
	valueTest  = regexp.MustCompile(`(?m)^\s+- expr: ([a-z0-9_:]+)`)
	heading    = regexp.MustCompile(`(?m)^## (\S+)$`)
)

// TestKitRules runs promtool on the rules and their tests, and requires a test for each: of alerts one in which it fires, and one in which it does not.
func TestKitRules(t *testing.T) {
	need(t, "promtool")
	dir := filepath.Join(root, "contrib", "prometheus")
	promtool(t, "check", "rules", filepath.Join(dir, "rules.yml"), filepath.Join(dir, "alerts.yml"))
	promtool(t, "check", "config", filepath.Join(dir, "prometheus.yml"))
	checkShownConfig(t, dir)
	tests, err := filepath.Glob(filepath.Join(dir, "tests", "*.yml"))
	if err != nil || len(tests) == 0 {
		t.Fatalf("tests of rules: %v, error %v", tests, err)
	}
	promtool(t, append([]string{"test", "rules"}, tests...)...)

	tested := map[string]bool{}
	for _, name := range tests {
		text := readText(t, name)
		for _, m := range alertTest.FindAllStringSubmatch(text, -1) {
			tested[fmt.Sprintf("%s, firing %t", m[1], m[2] == "")] = true
		}
		for _, m := range valueTest.FindAllStringSubmatch(text, -1) {
			tested[m[1]] = true
		}
	}
	for _, name := range rules(t, "record") {
		if !tested[name] {
			t.Errorf("no test of %s", name)
		}
	}
	for _, name := range rules(t, "alert") {
		for _, firing := range []bool{true, false} {
			if key := fmt.Sprintf("%s, firing %t", name, firing); !tested[key] {
				t.Errorf("no test of %s", key)
			}
		}
	}
}

// TestKitRunbook requires a section for each alert, to which the alert has a link, and no other; and a line for each recorded series in docs/prometheus.md.
func TestKitRunbook(t *testing.T) {
	const page = "https://github.com/postfix-tls-exporter/postfix-tls-exporter/blob/main/docs/runbook.md#"
	runbook, alerts := readText(t, filepath.Join(root, "docs", "runbook.md")), rules(t, "alert")
	var sections []string
	for _, m := range heading.FindAllStringSubmatch(runbook, -1) {
		sections = append(sections, m[1])
	}
	if got, want := strings.Join(sections, " "), strings.Join(alerts, " "); got != want {
		t.Errorf("sections of the runbook: %s\nalerts: %s", got, want)
	}
	links := runbookURL.FindAllStringSubmatch(readText(t, filepath.Join(root, "contrib", "prometheus", "alerts.yml")), -1)
	if len(links) != len(alerts) {
		t.Fatalf("%d alerts, %d links to the runbook", len(alerts), len(links))
	}
	for i, name := range alerts {
		if want := page + strings.ToLower(name); links[i][1] != want {
			t.Errorf("%s: link %s, want %s", name, links[i][1], want)
		}
	}
	recorded := readText(t, filepath.Join(root, "docs", "prometheus.md"))
	for _, name := range rules(t, "record") {
		at := strings.LastIndex(name, ":") // a line has `level:metric:operation`, and `...:operation` for more of the same
		shortened := strings.Contains(recorded, "`"+name[:at]+":") && strings.Contains(recorded, "`..."+name[at:]+"`")
		if !shortened && !strings.Contains(recorded, "`"+name+"`") {
			t.Errorf("docs/prometheus.md does not have %s", name)
		}
	}
}

// TestKitRunbookCommands runs the runbook's commands that need no Postfix of one's own, on the sample log.
func TestKitRunbookCommands(t *testing.T) {
	need(t, "bash", "jq")
	blocks := shellBlocks(readText(t, filepath.Join(root, "docs", "runbook.md")))
	if len(blocks) == 0 {
		t.Fatal("no commands in docs/runbook.md")
	}
	bin := t.TempDir()
	link(t, os.Getenv(envBinary), filepath.Join(bin, "postfix-tls-exporter"))
	for _, b := range blocks {
		script := strings.ReplaceAll(b.text, "/var/log/mail.log", absolute(t, filepath.Join(root, "testdata", "sample.log")))
		cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
		cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		if err != nil || len(out) == 0 && !strings.Contains(script, "unrecognized") { // the sample has none
			t.Errorf("line %d: %v, %d bytes of output\n%s\n%s", b.line, err, len(out), script, out)
		}
	}
}

// checkShownConfig checks the configuration that docs/prometheus.md shows, with the rules where they are here.
func checkShownConfig(t *testing.T, dir string) {
	t.Helper()
	for _, b := range pageBlocks(readText(t, filepath.Join(root, "docs", "prometheus.md"))) {
		if b.kind == "yaml" && strings.Contains(b.text, "scrape_configs") {
			text := strings.ReplaceAll(b.text, "/etc/prometheus/postfix-tls", absolute(t, dir))
			promtool(t, "check", "config", writeFile(t, filepath.Join(t.TempDir(), "prometheus.yml"), text, 0o644))
			return
		}
	}
	t.Error("docs/prometheus.md shows no configuration")
}

func promtool(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "promtool", args...).CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// rules returns the names of the rules of a kind, alert or record, in their order.
func rules(t *testing.T, kind string) []string {
	t.Helper()
	var names []string
	for _, file := range []string{"rules.yml", "alerts.yml"} {
		for _, m := range ruleName.FindAllStringSubmatch(readText(t, filepath.Join(root, "contrib", "prometheus", file)), -1) {
			if m[1] == kind {
				names = append(names, m[2])
			}
		}
	}
	if len(names) == 0 {
		t.Fatalf("no rules of kind %s", kind)
	}
	return names
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
