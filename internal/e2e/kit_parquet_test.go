package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// twoHosts is of two hosts, one of which has a name that no folder should have.
const twoHosts = `2026-11-21T23:59:59.900000+00:00 ../../a=b%2F postfix/smtpd[100]: connect from mail-a.example.org[192.0.2.1]
2026-11-22T00:00:00.000001+00:00 ../../a=b%2F postfix/smtpd[100]: disconnect from mail-a.example.org[192.0.2.1] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4
2026-11-22T00:30:00.000000+01:00 mx9 postfix/smtpd[100]: disconnect from unknown[198.51.100.7]
`

// TestKitParquet reads the Parquet files of real servers' logs with DuckDB, and finds in them what the JSON Lines say, to the last field.
func TestKitParquet(t *testing.T) {
	needDuckDB(t)
	dir := t.TempDir()
	logs := []string{writeFile(t, filepath.Join(dir, "hostile.log"), twoHosts, 0o644)}
	for _, name := range []string{"out-v312-reuse-longids", "v312-postscreen", "v37-loglevel2", "v37-proxyfilter"} {
		found, err := filepath.Glob(filepath.Join(root, "testdata", "corpus", name, "mail.log*"))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", name, err)
		}
		logs = append(logs, found...)
	}
	lake := filepath.Join(dir, "lake")
	flags := []string{"events", "--year", "2026", "--timezone", "UTC"}
	program(t, append(append(flags, "--format", "parquet", "--output", lake), logs...)...)
	want := map[string]map[string]any{"sessions": {}, "messages": {}}
	for line := range bytes.Lines(program(t, append(flags, logs...)...)) {
		record := decode(t, line)
		table, _ := record["kind"].(string)
		delete(record, "kind")
		want[table+"s"][record["id"].(string)] = plain(record)
	}
	for table, begin := range map[string]string{"sessions": "end", "messages": "received"} {
		got := map[string]any{}
		sql := fmt.Sprintf("SELECT to_json(r) FROM read_parquet('%s/%s/**/*.parquet', hive_partitioning = true) r", lake, table)
		for _, line := range strings.Split(duckdb(t, sql), "\n")[1:] {
			record := decode(t, []byte(line))
			row := plain(record).(map[string]any)
			if day, _ := row[begin].(string); row["date"] != day[:len(time.DateOnly)] {
				t.Errorf("in the folder of %v: %s", row["date"], line)
			}
			delete(row, "date")
			got[row["id"].(string)] = row
		}
		if diff := cmp.Diff(want[table], got); diff != "" || len(got) == 0 {
			t.Errorf("%d %s (-JSON +Parquet):\n%s", len(got), table, diff)
		}
	}
	t.Run("the same twice", func(t *testing.T) { // has the same rows twice, and the ID tells them
		program(t, append(append(flags, "--format", "parquet", "--output", lake), logs...)...)
		sql := fmt.Sprintf("SELECT count(*), count(DISTINCT id) FROM read_parquet('%s/sessions/**/*.parquet')", lake)
		n := len(want["sessions"])
		if got, want := strings.Split(duckdb(t, sql), "\n")[1], fmt.Sprintf("%d\t%d", 2*n, n); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

func needDuckDB(t *testing.T) {
	t.Helper()
	need(t, "node")
	if _, err := os.Stat(duckDB); err != nil {
		missing(t, "DuckDB, in .bin")
	}
}

// duckdb returns what DuckDB answers: a line with the names of the columns, then the rows.
func duckdb(t *testing.T, sql string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", absolute(t, "testdata/duckdb.cjs"), absolute(t, duckDB), ":memory:", "-c", sql)
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return strings.TrimSuffix(string(out), "\n")
}

func decode(t *testing.T, line []byte) map[string]any {
	t.Helper()
	var record map[string]any
	if err := json.Unmarshal(line, &record); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	return record
}

// plain makes values comparable: times are those of UTC, what is not there is not named, and commands are written as in JSON.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if commands, ok := v["commands"].([]any); ok {
			v["commands"] = smtpCommands(commands)
		}
		for name, value := range v {
			if v[name] = plain(value); v[name] == nil {
				delete(v, name)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	case string:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999-07"} {
			if at, err := time.Parse(layout, v); err == nil {
				return at.UTC().Format(time.RFC3339Nano)
			}
		}
	}
	return v
}

func smtpCommands(list []any) any {
	out := map[string]any{}
	for _, v := range list {
		c := v.(map[string]any)
		if out[c["name"].(string)] = c["ok"]; c["ok"] != c["total"] {
			out[c["name"].(string)] = map[string]any{"ok": c["ok"], "total": c["total"]}
		}
	}
	return out
}
