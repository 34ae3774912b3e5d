package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the golden output in testdata/script")

// testdata is where the logs are that all packages share.
const testdata = "../../testdata"

// TestMain lets scripts, and tests that need a process of their own, run the program: it stands in PATH.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){program: main})
}

const program = "postfix-tls-exporter"

func TestScripts(t *testing.T) {
	sample, err := filepath.Abs(filepath.Join(testdata, "sample.log"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                scriptCommands(),
		Setup: func(env *testscript.Env) error {
			env.Setenv("SAMPLE", sample)
			env.Setenv("TZ", "UTC")
			env.Setenv("GORACE", os.Getenv("GORACE"))
			return nil
		},
	})
}

// A result is what a run of the program left.
type result struct {
	stdout, stderr string
	status         int
}

// invoke runs the program in this process, with nothing on its standard input.
func invoke(t *testing.T, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(args, stdio{in: strings.NewReader(""), out: &stdout, err: &stderr})
	return result{stdout.String(), stderr.String(), status}
}

// mustInvoke fails the test unless the program ends well and silently.
func mustInvoke(t *testing.T, args ...string) string {
	t.Helper()
	r := invoke(t, args...)
	if r.status != 0 || r.stderr != "" {
		t.Fatalf("%s %s: status %d, standard error:\n%s", program, strings.Join(args, " "), r.status, r.stderr)
	}
	return r.stdout
}

// writeFile writes a file of the test and returns its path.
func writeFile(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
