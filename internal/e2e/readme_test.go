package e2e

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// root is the repository, seen from this package.
const root = "../.."

// makeTest matches the commands of the README that end in this very test. In their place make only says what it would do, which
// fails where it has no such target.
var makeTest = regexp.MustCompile(`(?m)^(\s*)make (test|check)\b`)

// TestReadme runs the commands of the README and of the page about the report: the blocks marked sh, in order, in one fresh copy of the repository.
// Blocks that are for the reader's eye or for another machine are marked text or console.
func TestReadme(t *testing.T) {
	need(t, "bash", "git", "make")
	for _, page := range []string{"README.md", "docs/report.md"} {
		t.Run(page, func(t *testing.T) { runPage(t, page) })
	}
}

func runPage(t *testing.T, page string) {
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	blocks := shellBlocks(string(text))
	if len(blocks) == 0 {
		t.Fatalf("no sh blocks in %s", page)
	}
	dir := t.TempDir()
	copyRepository(t, dir)
	for _, b := range blocks {
		passed := t.Run("line "+strconv.Itoa(b.line), func(t *testing.T) { b.run(t, dir) })
		if !passed {
			t.Fatal("later commands may need the failed ones")
		}
	}
}

// TestReadmeInstall holds the commands for a fresh machine against those of docs/install.md, which the test of the packages runs.
func TestReadmeInstall(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## Install\n")
	_, block, _ := strings.Cut(section, "```console\n")
	block, _, _ = strings.Cut(block, "```")
	want := commandsOf(t, filepath.Join(root, "docs/install.md"))["From the package to an alert"]
	if got := strings.ReplaceAll("\n"+block, "\n# ", "\n"); want == "" || got != "\n"+want {
		t.Errorf("the README has\n%s\nand docs/install.md\n%s", got, want)
	}
}

// A shellBlock is a fenced block of commands and the line of the README where it begins.
type shellBlock struct {
	line int
	text string
}

func shellBlocks(markdown string) []shellBlock {
	var blocks []shellBlock
	inside, number := false, 0
	for line := range strings.Lines(markdown) {
		number++
		switch fence := strings.TrimSpace(line); {
		case !inside && fence == "```sh":
			inside = true
			blocks = append(blocks, shellBlock{line: number})
		case inside && fence == "```":
			inside = false
		case inside:
			blocks[len(blocks)-1].text += line
		}
	}
	return blocks
}

// run runs the block in dir, and ends what it has left running in the background.
func (b shellBlock) run(t *testing.T, dir string) {
	script := makeTest.ReplaceAllString(b.text, "${1}make -n $2")
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = dir
	// A file and no pipe: Run would wait until a process in the background has closed it.
	out, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = cmd.Run()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // fails where nothing is left, as it should be
	}
	if err != nil {
		text, _ := os.ReadFile(out.Name())
		t.Errorf("%v\n%s\n%s", err, script, text)
	}
}

// copyRepository copies the files that are tracked, or would be, to dir.
func copyRepository(t *testing.T, dir string) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "-c", "safe.directory=*",
		"ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	names, err := list.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		if err := copyFile(filepath.Join(root, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// copyFile copies a file with its mode. A file that is tracked but not there is no error.
func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, text, info.Mode().Perm())
}
