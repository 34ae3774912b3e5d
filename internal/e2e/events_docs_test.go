package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// duckDB is where .ci/install-test-tools puts DuckDB's library, with its binding for Node.
const duckDB = root + "/.bin/duckdb/node_modules/@duckdb/node-api"

// TestEventsQuestions does what docs/events.md says, and gets the answers that it shows: the commands one after the other in one folder, each
// query from DuckDB and from ClickHouse.
func TestEventsQuestions(t *testing.T) {
	need(t, "bash", "jq", "node", "clickhouse-server", "clickhouse-client")
	if _, err := os.Stat(duckDB); err != nil {
		missing(t, "DuckDB, in .bin")
	}
	blocks := pageBlocks(eventsPage(t))
	desk := newDesk(t)
	for i, b := range blocks {
		if b.kind != "sh" && b.kind != "sql" {
			continue
		}
		var answer pageBlock
		if i+1 < len(blocks) {
			answer = blocks[i+1]
		}
		passed := t.Run("line "+strconv.Itoa(b.line), func(t *testing.T) {
			if b.kind == "sql" {
				desk.query(t, b.text, answer)
				return
			}
			out := desk.run(t, "bash", "-euo", "pipefail", "-c", b.text)
			if diff := cmp.Diff(answer.text, out); diff != "" && answer.kind == "text" {
				t.Errorf("(-page +output):\n%s", diff)
			}
		})
		if !passed && answer.kind != "text" && b.kind == "sh" {
			t.Fatal("later commands need what this one makes")
		}
	}
}

// quoted is what the page has in backticks, fieldName a name in it.
var quoted, fieldName = regexp.MustCompile("`[^`\n]+`"), regexp.MustCompile("[a-z_]+")

// TestEventsFields looks for each field that is in a record of the logs at hand in the page's lists of fields.
func TestEventsFields(t *testing.T) {
	_, section, found := strings.Cut(eventsPage(t), "\n## The fields\n")
	logs, err := filepath.Glob(filepath.Join(root, "testdata", "corpus", "*", "mail.log*"))
	if err != nil || len(logs) == 0 || !found {
		t.Fatalf("%d logs, list of fields %t, error %v", len(logs), found, err)
	}
	printed := map[string]bool{}
	for _, log := range logs {
		for line := range bytes.Lines(program(t, "events", log)) {
			var record map[string]any
			if err := json.Unmarshal(line, &record); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			delete(record, "commands") // has smtpd's own names
			addFields(printed, record)
		}
	}
	for _, words := range quoted.FindAllString(section, -1) {
		for _, name := range fieldName.FindAllString(words, -1) {
			delete(printed, name)
		}
	}
	if len(printed) > 0 {
		t.Errorf("not on the page: %v", slices.Sorted(maps.Keys(printed)))
	}
}

// addFields adds the names of a JSON value's fields, and of those within.
func addFields(names map[string]bool, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			names[name] = true
			addFields(names, value)
		}
	case []any:
		for _, e := range v {
			addFields(names, e)
		}
	}
}

func eventsPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "docs", "events.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// A pageBlock is a fenced block of a page, whose kind is the word behind the fence, or a table. The line is where it begins.
type pageBlock struct {
	line       int
	kind, text string
}

const table = "table"

func pageBlocks(markdown string) []pageBlock {
	var blocks []pageBlock
	number, open := 0, "" // the kind of block that the line before was in
	for line := range strings.Lines(markdown) {
		number++
		fence, fenced := strings.CutPrefix(strings.TrimSpace(line), "```")
		row := strings.HasPrefix(line, "|")
		switch {
		case fenced && (open == "" || open == table):
			open = fence
			blocks = append(blocks, pageBlock{line: number, kind: fence})
		case fenced:
			open = ""
		case open == "" && row:
			open = table
			blocks = append(blocks, pageBlock{number, table, line})
		case open == table && !row:
			open = ""
		case open != "":
			blocks[len(blocks)-1].text += line
		}
	}
	return blocks
}

// A desk is a folder with the sample log, and with all programs in PATH that the page speaks of.
type desk struct{ dir, path string }

// newDesk starts a ClickHouse of its own, which ends with the test.
func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{dir: t.TempDir()}
	bin := filepath.Join(d.dir, "bin")
	d.path = bin + string(os.PathListSeparator) + os.Getenv("PATH")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	link(t, filepath.Join(root, "testdata"), filepath.Join(d.dir, "testdata"))
	link(t, os.Getenv(envBinary), filepath.Join(bin, "postfix-tls-exporter"))
	host, port, _ := strings.Cut(startClickHouse(t), ":")
	client, err := exec.LookPath("clickhouse-client")
	if err != nil {
		t.Fatal(err)
	}
	for name, command := range map[string]string{
		"clickhouse-client": fmt.Sprintf("%q --host %s --port %s", client, host, port),
		"duckdb":            fmt.Sprintf("node %q %q", absolute(t, "testdata/duckdb.cjs"), absolute(t, duckDB)),
	} {
		writeFile(t, filepath.Join(bin, name), "#!/bin/sh\nexec "+command+` "$@"`+"\n", 0o755)
	}
	d.await(t)
	return d
}

// await returns when ClickHouse answers.
func (d *desk) await(t *testing.T) {
	t.Helper()
	eventually(t, "ClickHouse", func() error {
		return d.command(t, "clickhouse-client", "--query", "SELECT 1").Run()
	})
}

func (d *desk) command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "env", append([]string{"PATH=" + d.path, "HOME=" + d.dir, "TZ=UTC", "LC_ALL=C", name}, args...)...)
	cmd.Dir = d.dir
	return cmd
}

// run returns the standard output.
func (d *desk) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := d.command(t, name, args...)
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// query asks both databases and compares their answers with the table below the query.
func (d *desk) query(t *testing.T, sql string, answer pageBlock) {
	t.Helper()
	if answer.kind != table {
		t.Fatal("no table below the query")
	}
	for name, out := range map[string]string{
		"DuckDB":     d.run(t, "duckdb", "mail.duckdb", "-c", sql),
		"ClickHouse": d.run(t, "clickhouse-client", "--format", "TabSeparatedWithNames", "--query", sql),
	} {
		if diff := cmp.Diff(answer.text, asTable(out)); diff != "" {
			t.Errorf("%s (-page +answer):\n%s", name, diff)
		}
	}
}

// asTable writes rows with tabs between the columns, the first of them the columns' names, as a table of the page.
func asTable(rows string) string {
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimSuffix(rows, "\n"), "\n") {
		cells := strings.Split(line, "\t")
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
		if i == 0 {
			b.WriteString("|" + strings.Repeat("---|", len(cells)) + "\n")
		}
	}
	return b.String()
}

// startClickHouse returns the address at which it will listen.
func startClickHouse(t *testing.T) string {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	host, port, _ := strings.Cut(address, ":")
	users := writeFile(t, filepath.Join(dir, "users.xml"), `<yandex>
<profiles><default/></profiles>
<quotas><default/></quotas>
<users><default>
  <password/><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
</default></users>
</yandex>
`, 0o600)
	config := writeFile(t, filepath.Join(dir, "config.xml"), fmt.Sprintf(`<yandex>
<logger><level>warning</level><console>true</console></logger>
<listen_host>%s</listen_host><tcp_port>%s</tcp_port>
<path>%s/data/</path><tmp_path>%s/tmp/</tmp_path><users_config>%s</users_config>
<default_profile>default</default_profile><default_database>default</default_database><mark_cache_size>5368709</mark_cache_size>
</yandex>
`, host, port, dir, dir, users), 0o600)
	cmd := exec.CommandContext(t.Context(), "clickhouse-server", "--config-file="+config)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // it was killed, which is no news
	return address
}

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(absolute(t, to), name); err != nil {
		t.Fatal(err)
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
