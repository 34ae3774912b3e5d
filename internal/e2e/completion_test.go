package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// completionTests are lines as somebody types them, and what they are when the shell has completed them.
var completionTests = []struct{ typed, want string }{
	{"ser", "serve"},
	{"--ver", "--version"},
	{"parse --form", "parse --format"},
	{"parse --format h", "parse --format html"},
	{"parse --format=j", "parse --format=json"},
	{"serve --peer-label=dom", "serve --peer-label=domain"},
	{"serve --web.conf", "serve --web.config.file"},
	{"serve --web.config.file web", "serve --web.config.file web.yaml"},
	{"serve --state-directory sta", "serve --state-directory state/"},
	{"serve --state-directory=sta", "serve --state-directory=state/"},
	{"serve --from=beginning --config.c", "serve --from=beginning --config.check"},
	{"--config web", "--config web.yaml"},
	{"--config web.yaml expl", "--config web.yaml explain"},
	{"--config=web.yaml expl", "--config=web.yaml explain"},
	{"explain --only f", "explain --only foreign"},
	{"explain --only foreign mai", `explain --only foreign mail\ of\ today.log`},
	{"parse -o rep", "parse -o report.html"},
	{"completion f", "completion fish"},
	// There is nothing to say: a zone is no file, serve has no arguments, and explain has no such flag.
	{"parse --timezone mai", "parse --timezone mai"},
	{"serve mai", "serve mai"},
	{"explain --since", "explain --since"},
}

// TestKitCompletion types into interactive shells that have read the completion script.
func TestKitCompletion(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"mail of today.log", "report.html", "web.yaml"} {
		writeFile(t, filepath.Join(dir, name), "", 0o600)
	}
	if err := os.Mkdir(filepath.Join(dir, "state"), 0o700); err != nil {
		t.Fatal(err)
	}
	for shell, complete := range map[string]func(*testing.T, string, string) []string{"bash": typeInto("bash"), "zsh": typeInto("zsh"), "fish": askFish} {
		t.Run(shell, func(t *testing.T) {
			need(t, shell)
			script := writeFile(t, filepath.Join(t.TempDir(), "script"), string(program(t, "completion", shell)), 0o600)
			got := complete(t, dir, script)
			if len(got) != len(completionTests) {
				t.Fatalf("%d lines typed, these came back: %q", len(completionTests), got)
			}
			for i, test := range completionTests {
				if got[i] != test.want {
					t.Errorf("%q becomes %q, want %q", test.typed, got[i], test.want)
				}
			}
		})
	}
}

// typeInto returns a function that types the lines into the shell, on a terminal that zsh gives it. What may be typed next, a space or a sign, is cut off.
func typeInto(shell string) func(t *testing.T, dir, script string) []string {
	return func(t *testing.T, dir, script string) []string {
		t.Helper()
		need(t, "zsh")
		typist, err := filepath.Abs(filepath.Join("testdata", "type.zsh"))
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "zsh", "-f", typist, shell, script)
		for _, test := range completionTests {
			cmd.Args = append(cmd.Args, "postfix-tls-exporter "+test.typed)
		}
		cmd.Dir, cmd.Stderr = dir, t.Output()
		cmd.Env = append(os.Environ(), "TERM=dumb", "LC_ALL=C.UTF-8", "HOME="+dir, "ZDOTDIR="+dir)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		var lines []string
		for line := range strings.Lines(string(out)) {
			lines = append(lines, strings.TrimRight(strings.TrimPrefix(line, "postfix-tls-exporter "), " =\n"))
		}
		return lines
	}
}

// askFish asks fish what the last word of each line could become. Without an only answer it stays as it is.
func askFish(t *testing.T, dir, script string) []string {
	t.Helper()
	const ask = `source $argv[1]; for line in $argv[2..]; echo "> $line"; complete -C"postfix-tls-exporter $line"; end`
	cmd := exec.CommandContext(t.Context(), "fish", "--no-config", "-c", ask, script)
	for _, test := range completionTests {
		cmd.Args = append(cmd.Args, test.typed)
	}
	cmd.Dir, cmd.Stderr = dir, t.Output()
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var lines []string
	for answer := range strings.SplitSeq(strings.TrimPrefix(string(out), "> "), "\n> ") {
		line, candidates, _ := strings.Cut(strings.TrimSuffix(answer, "\n"), "\n")
		if word, _, _ := strings.Cut(candidates, "\t"); word != "" && !strings.Contains(candidates, "\n") {
			line = line[:strings.LastIndex(line, " ")+1] + strings.ReplaceAll(word, " ", `\ `)
		}
		lines = append(lines, line)
	}
	return lines
}

// TestKitCompletionScripts sees that each shell takes its script without a word, and that bash knows the program then.
func TestKitCompletionScripts(t *testing.T) {
	for shell, check := range map[string][]string{
		"bash": {"-uc", `source "$1"; complete -p postfix-tls-exporter`, "bash"}, "zsh": {"-n"}, "fish": {"--no-execute"},
	} {
		t.Run(shell, func(t *testing.T) {
			need(t, shell)
			script := writeFile(t, filepath.Join(t.TempDir(), "script"), string(program(t, "completion", shell)), 0o600)
			out, err := exec.CommandContext(t.Context(), shell, append(slices.Clone(check), script)...).CombinedOutput()
			want := ""
			if shell == "bash" {
				want = "complete -F _postfix_tls_exporter postfix-tls-exporter\n"
			}
			if diff := cmp.Diff(want, string(out)); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}
