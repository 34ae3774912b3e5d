package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/ulikunitz/xz"
)

// scriptCommands are what scripts can do beside the commands of testscript.
func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"status":   checkStatus,
		"compress": compressFile,
		"unescape": unescapeFile,
		"base64":   decodeFile,
		"truncate": truncateFile,
		"longline": writeLongLine,
		"touch":    touchFile,
		"files":    listFiles,
		"json":     checkJSON,
		"harmless": checkHarmless,
	}
}

func usage(ts *testscript.TestScript, neg, ok bool, text string) {
	if neg || !ok {
		ts.Fatalf("usage: %s", text)
	}
}

func readScriptFile(ts *testscript.TestScript, name string) []byte { return []byte(ts.ReadFile(name)) }

func writeScriptFile(ts *testscript.TestScript, name string, content []byte) {
	ts.Check(os.WriteFile(ts.MkAbs(name), content, 0o600))
}

// checkStatus runs a command and compares its exit status.
func checkStatus(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) >= 2, "status N COMMAND [ARGUMENT...]")
	status := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		status = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(status) != args[0] {
		ts.Fatalf("exit status %d, want %s", status, args[0])
	}
}

func compressFile(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 3, "compress gzip|xz|zstd FILE COMPRESSED")
	var out bytes.Buffer
	var w io.WriteCloser
	var err error
	switch args[0] {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "xz":
		w, err = xz.NewWriter(&out)
	case "zstd":
		w, err = zstd.NewWriter(&out)
	default:
		ts.Fatalf("no such format: %s", args[0])
	}
	ts.Check(err)
	_, err = w.Write(readScriptFile(ts, args[1]))
	ts.Check(err)
	ts.Check(w.Close())
	writeScriptFile(ts, args[2], out.Bytes())
}

// unescapeFile replaces the escapes of Go strings, for bytes that a script cannot hold.
func unescapeFile(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 1, "unescape FILE")
	var out strings.Builder
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		text, err := strconv.Unquote("\"" + strings.TrimSuffix(line, "\n") + "\"")
		ts.Check(err)
		out.WriteString(text + "\n")
	}
	writeScriptFile(ts, args[0], []byte(out.String()))
}

func decodeFile(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2, "base64 FILE DECODED")
	data, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(ts.ReadFile(args[0]), "\n", ""))
	ts.Check(err)
	writeScriptFile(ts, args[1], data)
}

func truncateFile(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2, "truncate FILE BYTES (a negative number cuts off that many)")
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	data := readScriptFile(ts, args[0])
	if n < 0 {
		n += len(data)
	}
	writeScriptFile(ts, args[0], data[:n])
}

func writeLongLine(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 3, "longline PREFIX BYTES FILE")
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	line := args[0] + strings.Repeat("x", n-len(args[0]))
	f, err := os.OpenFile(ts.MkAbs(args[2]), os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	ts.Check(err)
	_, err = f.WriteString(line + "\n")
	ts.Check(err)
	ts.Check(f.Close())
}

func touchFile(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2, "touch RFC3339-TIME FILE")
	at, err := time.Parse(time.RFC3339, args[0])
	ts.Check(err)
	ts.Check(os.Chtimes(ts.MkAbs(args[1]), at, at))
}

// listFiles fails unless the directory holds these files and no others.
func listFiles(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) >= 1, "files DIRECTORY [NAME...]")
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(args[1:])
	if !slices.Equal(names, args[1:]) {
		ts.Fatalf("%s holds %q, want %q", args[0], names, args[1:])
	}
}

// checkJSON compares what is at a path in a JSON file, "lines.total" or "peers.0.peer", with a value. A file of several values is a list. "!" before
// it: there is nothing at that path.
func checkJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 && (!neg || len(args) != 2) {
		ts.Fatalf("usage: json FILE PATH VALUE, or ! json FILE PATH")
	}
	var all []any
	for dec := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0]))); ; {
		var v any
		if err := dec.Decode(&v); err == io.EOF {
			break
		} else if err != nil {
			ts.Fatalf("%s: %v", args[0], err)
		}
		all = append(all, v)
	}
	var v any = all
	if len(all) == 1 {
		v = all[0]
	}
	for part := range strings.SplitSeq(args[1], ".") {
		v = element(v, part)
	}
	switch {
	case neg && v != nil:
		ts.Fatalf("%s is %v, want nothing", args[1], v)
	case !neg && fmt.Sprint(v) != args[2]:
		ts.Fatalf("%s is %v, want %s", args[1], v, args[2])
	}
}

func element(v any, part string) any {
	switch v := v.(type) {
	case map[string]any:
		return v[part]
	case []any:
		if part == "length" {
			return len(v)
		}
		if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(v) {
			return v[i]
		}
	}
	return nil
}

// checkHarmless fails if a file holds anything that a terminal would take as more than text.
func checkHarmless(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) > 0, "harmless FILE...")
	for _, name := range args {
		if at := harmfulAt(ts.ReadFile(name)); at != "" {
			ts.Fatalf("%s holds %s", name, at)
		}
	}
}

// harmfulAt returns the first character that is not for showing, with what stands before it; empty if there is none.
func harmfulAt(text string) string {
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		invalid := r == utf8.RuneError && size == 1
		moves := unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
		if invalid || moves && r != '\n' {
			return fmt.Sprintf("%U at byte %d, after %q", r, i, text[max(0, i-40):i])
		}
	}
	return ""
}
