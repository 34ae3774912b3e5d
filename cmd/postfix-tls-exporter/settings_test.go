package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/config"
)

func commandLine(tb testing.TB) *kong.Kong {
	tb.Helper()
	app, err := newApp(tb.Context(), stdio{strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}})
	if err != nil {
		tb.Fatal(err)
	}
	return app
}

// One setting at the top of a file is good for every command that has a flag of that name, so these must take the same values.
func TestFlagsOfOneNameAreAlike(t *testing.T) {
	names := newFlagNames(commandLine(t).Model.Node)
	if len(names.of[mainCommand]) == 0 {
		t.Fatalf("no flags of %s", mainCommand)
	}
	for name, flag := range names.of[mainCommand] {
		for _, command := range names.having(name) {
			other := names.of[command][name]
			if flag.Target.Type() != other.Target.Type() || flag.Enum != other.Enum || flag.Help != other.Help || flag.Default != other.Default {
				t.Errorf("--%s is another flag of %s than of %s", name, command, mainCommand)
			}
		}
	}
}

// TestEverySetting sets every flag of every command by a file, in each notation, and sees that it arrives.
func TestEverySetting(t *testing.T) {
	for _, command := range commandLine(t).Model.Children {
		for _, flag := range command.Flags {
			if flag.Name == checkFlag {
				continue
			}
			text := anotherValue(flag)
			nested := strings.ReplaceAll(flag.Name, ".", ": {") + ": " + text + strings.Repeat("}", strings.Count(flag.Name, "."))
			for _, notation := range []string{
				command.Name + ": {" + flag.Name + ": " + text + "}",
				command.Name + "." + flag.Name + ": " + text,
				command.Name + ": {" + nested + "}",
			} {
				if got := configured(t, notation, command, flag.Name); got != text && got != "["+text+"]" {
					t.Errorf("%s: --%s is %s", notation, flag.Name, got)
				}
			}
		}
	}
}

// anotherValue returns a value that is not the default, as a flag shows it.
func anotherValue(flag *kong.Flag) string {
	switch {
	case flag.Enum != "":
		values := flag.EnumSlice()
		return values[slices.IndexFunc(values, func(v string) bool { return v != flag.Default })]
	case flag.IsBool():
		return "true"
	case flag.Target.Type() == reflect.TypeFor[time.Duration]():
		return "1h17m0s"
	case strings.Contains(flag.Target.Type().String(), "int"):
		return "77"
	default:
		return "/seventy/seven"
	}
}

// configured returns a flag's value, where a file says no more than this.
func configured(t *testing.T, text string, command *kong.Node, name string) string {
	t.Helper()
	args := []string{"--config", writeFile(t, filepath.Join(t.TempDir(), "f.yaml"), text), command.Name}
	for _, arg := range command.Positional {
		if arg.Required {
			args = append(args, arg.EnumSlice()[0])
		}
	}
	parsed, err := commandLine(t).Parse(args)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for _, flag := range parsed.Selected().Flags {
		if flag.Name == name {
			return fmt.Sprint(reflect.Indirect(flag.Target).Interface())
		}
	}
	t.Fatalf("no flag --%s", name)
	return ""
}

// sampleConfig is the file that comes with the program.
const sampleConfig = "../../contrib/config/postfix-tls-exporter.yaml"

// commentedOut matches a setting in the sample that is not in force. Prose has a space behind the sign.
var commentedOut = regexp.MustCompile(`(?m)^#([a-z])`)

// TestSampleConfig sees that the sample says nothing as it is, and that it says what is so anyway, setting by setting, once the signs are taken away.
func TestSampleConfig(t *testing.T) {
	text, err := os.ReadFile(sampleConfig)
	if err != nil {
		t.Fatal(err)
	}
	if set, err := config.Read("sample", bytes.NewReader(text)); err != nil || len(set) != 0 {
		t.Errorf("as it is: %v, %v", set, err)
	}
	file := writeFile(t, filepath.Join(t.TempDir(), "said.yaml"), commentedOut.ReplaceAllString(string(text), "$1"))
	want := settingsInForce(t, "serve", "--config.check")
	for name, value := range settingsInForce(t, "serve", "--config.check", "--config", file) {
		said, _, _ := strings.Cut(value, " # ")
		if diff := cmp.Diff(want[name], said+" # default"); diff != "" {
			t.Errorf("%s (-default +sample):\n%s", name, diff)
		}
	}
	for name := range want {
		if !strings.Contains(string(text), "\n#"+name+": ") {
			t.Errorf("%s is not in the sample", name)
		}
	}
}

// settingsInForce are the lines that --config.check prints, by name.
func settingsInForce(t *testing.T, args ...string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for line := range strings.Lines(mustInvoke(t, args...)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		all[name] = value
	}
	return all
}

// FuzzConfig reads a file as every command does. There may be many errors, but each is one line that names the file.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{
		"log: [/var/log/mail.log]\nweb: {listen-address: [\":1\"]}\nparse: {top: 20}\n", "lgo: x\nprase:\n  top: many\n", "a: &a [*a]\n", "- x\n", "a: 1\na: 2\n",
		"parse:\nserve: {log: {level: debug}}\n", "? [x]\n: y\n", "\"\\e[2J\": 1\njournal: \"\\u2028\"\n", "year: 1\n---\nyear: 2\n", "a:\n\t- b\n", "peer-idle: -5h\n!!binary x: y\n",
	} {
		f.Add([]byte(text))
	}
	app := commandLine(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := config.Read("fuzz.yaml", bytes.NewReader(text))
		if err == nil {
			_, err = newSettings("fuzz.yaml", all, app.Model.Node)
		}
		if err == nil {
			return
		}
		var printed bytes.Buffer
		warn(stdio{err: &printed}, err)
		if at := harmfulAt(printed.String()); at != "" {
			t.Errorf("it prints %s", at)
		}
		for line := range strings.Lines(printed.String()) {
			if !strings.HasPrefix(line, "postfix-tls-exporter: fuzz.yaml:") && !strings.HasPrefix(line, "  ") {
				t.Errorf("it prints a line of its own: %q", line)
			}
		}
	})
}
