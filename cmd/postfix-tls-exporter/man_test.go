package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

// manPage is the source of the manual page, in mdoc(7).
const manPage = "../../contrib/man/postfix-tls-exporter.1"

// What the page is made of.
var (
	manSection    = regexp.MustCompile(`(?m)^\.Sh (.*)\n`)
	manSubsection = regexp.MustCompile(`(?m)^\.Ss Options of (.*)\n`)
	manItem       = regexp.MustCompile(`(?m)^\.It (.*)\n`)
	manFlag       = regexp.MustCompile(`Fl -([a-z][a-z.-]*[a-z])`)
	manShort      = regexp.MustCompile(`Fl ([a-z])\b`)
	manDefault    = regexp.MustCompile(`Default:\n\.Cm (\S+) \.\n`)
	manWord       = regexp.MustCompile(`(?m)^\.Cm (\S+)`)
	manVariable   = regexp.MustCompile(`Ev (POSTFIX_TLS_[A-Z_]*[A-Z])`)
	manList       = regexp.MustCompile(`, | and `)
)

// parts cuts a text before each match, and returns what is matched and what follows it.
func parts(text string, at *regexp.Regexp) [][2]string {
	var out [][2]string
	places := at.FindAllStringSubmatchIndex(text, -1)
	for i, p := range places {
		end := len(text)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		out = append(out, [2]string{text[p[2]:p[3]], text[p[1]:end]})
	}
	return out
}

func readManPage(t *testing.T) (text string, sections map[string]string) {
	t.Helper()
	page, err := os.ReadFile(manPage)
	if err != nil {
		t.Fatal(err)
	}
	sections = map[string]string{}
	for _, s := range parts(string(page), manSection) {
		sections[s[0]] = s[1]
	}
	return string(page), sections
}

// documented is what the page says of a flag.
type documented struct{ short, defaultValue, text string }

// documentedFlags are the flags by command; those of all commands are under an empty name.
func documentedFlags(t *testing.T, options string, commands []string) map[string]map[string]documented {
	t.Helper()
	all := map[string]map[string]documented{}
	for _, sub := range parts(options, manSubsection) {
		names := manList.Split(sub[0], -1)
		if sub[0] == "all commands" {
			names = []string{""}
		}
		for _, item := range parts(sub[1], manItem) {
			for _, command := range names {
				if command != "" && !slices.Contains(commands, command) {
					t.Errorf("options of %s: there is no such command", command)
				}
				var d documented
				if m := manShort.FindStringSubmatch(item[0]); m != nil {
					d.short = m[1]
				}
				if m := manDefault.FindStringSubmatch(item[1]); m != nil {
					d.defaultValue = m[1]
				}
				d.text = item[1]
				name := manFlag.FindStringSubmatch(item[0])
				if name == nil {
					t.Fatalf("no flag in %q", item[0])
				}
				if all[command] == nil {
					all[command] = map[string]documented{}
				}
				if _, ok := all[command][name[1]]; ok {
					t.Errorf("--%s of %s is there twice", name[1], command)
				}
				all[command][name[1]] = d
			}
		}
	}
	return all
}

// TestManPage holds the manual page against the command line: each command and flag is there, with its short form, default and values, and nothing else is.
func TestManPage(t *testing.T) {
	model := commandLine(t).Model
	_, sections := readManPage(t)
	var commands []string
	for _, command := range model.Children {
		commands = append(commands, command.Name)
	}
	page := documentedFlags(t, sections["OPTIONS"], commands)
	compareFlags(t, "all commands", model.Flags, page[""])
	for _, command := range model.Children {
		compareFlags(t, command.Name, command.Flags, page[command.Name])
	}
	slices.Sort(commands)
	var listed []string
	for _, item := range parts(sections["COMMANDS"], manItem) {
		listed = append(listed, strings.TrimPrefix(item[0], "Cm "))
	}
	slices.Sort(listed)
	if diff := cmp.Diff(commands, listed); diff != "" {
		t.Errorf("commands (-program +page):\n%s", diff)
	}
	for _, command := range commands {
		if !strings.Contains(sections["SYNOPSIS"], "\n.Cm "+command+"\n") {
			t.Errorf("the synopsis has no %s", command)
		}
	}
}

func compareFlags(t *testing.T, command string, flags []*kong.Flag, page map[string]documented) {
	t.Helper()
	var names []string
	for _, flag := range flags {
		names = append(names, flag.Name)
		d := page[flag.Name]
		var short string
		if flag.Short != 0 {
			short = string(flag.Short)
		}
		if d.short != short || d.defaultValue != flag.Default {
			t.Errorf("%s: the page has -%s and default %q for --%s, want -%s and %q", command, d.short, d.defaultValue, flag.Name, short, flag.Default)
		}
		if flag.Enum == "" {
			continue
		}
		var words []string
		for _, m := range manWord.FindAllStringSubmatch(strings.Replace(d.text, ".Cm "+flag.Default+" .", "", 1), -1) {
			words = append(words, m[1])
		}
		if diff := cmp.Diff(flag.EnumSlice(), words); diff != "" {
			t.Errorf("%s: values of --%s (-program +page):\n%s", command, flag.Name, diff)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, slices.Sorted(maps.Keys(page))); diff != "" {
		t.Errorf("flags of %s (-program +page):\n%s", command, diff)
	}
}

// TestManPageSpeaksOfWhatThereIs looks at the flags and variables that the page mentions anywhere.
func TestManPageSpeaksOfWhatThereIs(t *testing.T) {
	app := commandLine(t)
	text, _ := readManPage(t)
	known := map[string]bool{}
	for _, node := range append([]*kong.Node{app.Model.Node}, app.Model.Children...) {
		for _, flag := range node.Flags {
			known["--"+flag.Name] = true
			for _, env := range flag.Envs {
				known[env] = true
			}
		}
		for _, arg := range node.Positional {
			for _, env := range arg.Tag.Envs {
				known[env] = true
			}
		}
	}
	for _, m := range manFlag.FindAllStringSubmatch(text, -1) {
		if !known["--"+m[1]] {
			t.Errorf("there is no --%s", m[1])
		}
	}
	for _, m := range manVariable.FindAllStringSubmatch(text, -1) {
		if !known[m[1]] {
			t.Errorf("there is no variable %s", m[1])
		}
	}
}

// TestManPageExamples parses the commands that the page shows, and reads its configuration file.
func TestManPageExamples(t *testing.T) {
	app := commandLine(t)
	_, sections := readManPage(t)
	examples := 0
	for line := range strings.Lines(sections["EXAMPLES"]) {
		_, command, found := strings.Cut(line, program+" ")
		if !found || strings.HasPrefix(line, ".") {
			continue
		}
		examples++
		command, _, _ = strings.Cut(command, " || ")
		command, _, _ = strings.Cut(command, " > ")
		if strings.Contains(command, "--config ") { // of a file that is not here
			command = strings.Replace(command, "/etc/postfix-tls-exporter.yaml", sampleConfig, 1)
		}
		if _, err := app.Parse(strings.Fields(command)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if examples == 0 {
		t.Error("no examples")
	}
	_, file, _ := strings.Cut(sections["FILES"], ".Bd -literal -offset indent\n")
	file, _, _ = strings.Cut(file, ".Ed")
	name := writeFile(t, t.TempDir()+"/example.yaml", file)
	if _, err := readSettings(name, app.Model.Node); err != nil || !strings.Contains(file, "\nparse:\n") {
		t.Errorf("the example of a file: %v\n%s", err, file)
	}
}
