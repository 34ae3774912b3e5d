package main

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"
)

//go:embed completion
var completionScripts embed.FS

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints the script. It holds all that there is to complete: the program is not run while somebody types.
func (c *completionCmd) Run(app *kong.Kong, std stdio) error {
	return written(writeCompletion(std.out, c.Shell, app.Model))
}

func writeCompletion(w io.Writer, shell string, app *kong.Application) error {
	name := shell + ".tmpl"
	script, err := template.New(name).Funcs(template.FuncMap{"quote": quote, "words": words, "spec": zshSpec, "valued": valued, "offering": offering, "silent": silent}).
		ParseFS(completionScripts, "completion/"+name)
	if err != nil {
		return err
	}
	return script.Execute(w, newCompletion(app))
}

// completion is what the scripts are made of.
type completion struct {
	Name     string
	Flags    []completionFlag // of all commands
	Commands []completionCommand
}

type completionCommand struct {
	Name, Help string
	Flags      []completionFlag
	Values     []string // of the argument
	Files      bool     // arguments are files
	Many       bool     // arguments
}

type completionFlag struct {
	Name, Short, Help string
	Values            []string
	Files, Folders    bool
	Valued            bool // takes a value
	Many              bool // can be given more than once
}

func newCompletion(app *kong.Application) *completion {
	c := &completion{Name: app.Name, Flags: completionFlags(app.Flags)}
	for _, command := range app.Children {
		out := completionCommand{Name: command.Name, Help: oneSentence(command.Help), Flags: completionFlags(command.Flags)}
		for _, arg := range command.Positional {
			out.Many = arg.IsCumulative()
			if arg.Enum != "" {
				out.Values = arg.EnumSlice()
			} else {
				out.Files = arg.Name != "url"
			}
		}
		c.Commands = append(c.Commands, out)
	}
	return c
}

func completionFlags(flags []*kong.Flag) []completionFlag {
	var out []completionFlag
	for _, f := range flags {
		if f.Hidden {
			continue
		}
		c := completionFlag{Name: f.Name, Help: oneSentence(f.Help), Valued: !f.IsBool(), Many: f.IsSlice()}
		if f.Short != 0 {
			c.Short = string(f.Short)
		}
		if f.Enum != "" {
			c.Values = f.EnumSlice()
			c.Help, _, _ = strings.Cut(c.Help, ": ") // the values follow
		}
		switch f.PlaceHolder {
		case "FILE", "PATH":
			c.Files = true
		case "DIR":
			c.Folders = true
		}
		out = append(out, c)
	}
	return out
}

// oneSentence is what a shell has room for.
func oneSentence(help string) string {
	first, _, _ := strings.Cut(help, ". ")
	return strings.TrimSuffix(first, ".")
}

// quote makes one word of a text, the same for all three shells: they differ in what a backslash or quote is between single quotes.
func quote(text string) string {
	return "'" + strings.NewReplacer(`\`, ``, `'`, `’`).Replace(text) + "'"
}

func words(list []string) string { return strings.Join(list, " ") }

// valued are the flags among these that take a value.
func valued(flags []completionFlag) []completionFlag {
	return chosen(flags, func(f completionFlag) bool { return f.Valued })
}

// offering are the flags among these whose values can be completed.
func offering(flags []completionFlag) []completionFlag {
	return chosen(flags, completionFlag.offers)
}

// silent are the flags among these with values of which a shell knows nothing.
func silent(flags []completionFlag) []completionFlag {
	return chosen(flags, func(f completionFlag) bool { return f.Valued && !f.offers() })
}

func (f completionFlag) offers() bool { return f.Files || f.Folders || len(f.Values) > 0 }

func chosen(flags []completionFlag, choose func(completionFlag) bool) []completionFlag {
	return slices.DeleteFunc(slices.Clone(flags), func(f completionFlag) bool { return !choose(f) })
}

// zshSpec is a flag as _arguments of zsh takes it, quoted.
func zshSpec(f completionFlag) string {
	option, once := "--"+f.Name, ""
	if f.Many {
		once = "*"
	} else if f.Short != "" {
		once = fmt.Sprintf("(-%s --%s)", f.Short, f.Name)
	}
	if f.Valued {
		option += "="
	}
	tail := "[" + strings.NewReplacer("[", "(", "]", ")").Replace(f.Help) + "]"
	switch {
	case f.Files:
		tail += ":file:_files"
	case f.Folders:
		tail += ":directory:_files -/"
	case len(f.Values) > 0:
		tail += ":value:(" + words(f.Values) + ")"
	case f.Valued:
		tail += ":value: "
	}
	specs := quote(once + option + tail)
	if f.Short != "" {
		short := "-" + f.Short
		if f.Valued {
			short += "+"
		}
		specs += " " + quote(once+short+tail)
	}
	return specs
}
