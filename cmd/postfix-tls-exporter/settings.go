package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/alecthomas/kong"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/config"
)

// configFlags are the flags of all commands.
type configFlags struct {
	Config string `placeholder:"FILE" help:"Take settings from this YAML file, where neither flags nor the environment give them."`
}

// BeforeResolve reads the configuration file; kong calls it when it knows flags and environment.
func (c *cli) BeforeResolve(ctx *kong.Context) error {
	s := &settings{}
	for _, flag := range ctx.Model.Flags {
		if flag.Name != configFlag {
			continue
		}
		if name, _ := ctx.FlagValue(flag).(string); name != "" {
			var err error
			if s, err = readSettings(name, ctx.Model.Node); err != nil {
				return err
			}
		}
	}
	ctx.AddResolver(s)
	ctx.Bind(s)
	return nil
}

const configFlag = "config"

// A settings is a configuration file as kong takes it. A setting at the top is for serve, and for each other command that has a flag of that name; in a
// map that is named after a command it is for that command, and counts for more.
type settings struct {
	file   string
	values map[*kong.Flag]any // what kong takes as a flag's value
	lines  map[*kong.Flag]int
}

// mainCommand is the command whose settings need no section.
const mainCommand = "serve"

func readSettings(name string, app *kong.Node) (*settings, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", configFlag, err)
	}
	defer f.Close()
	all, err := config.Read(name, f)
	if err != nil {
		return nil, err
	}
	return newSettings(name, all, app)
}

// newSettings finds the flags of the settings, and the settings that are wrong.
func newSettings(file string, all []config.Setting, app *kong.Node) (*settings, error) {
	s := &settings{file: file, values: map[*kong.Flag]any{}, lines: map[*kong.Flag]int{}}
	names := newFlagNames(app)
	var errs []error
	var common []config.Setting
	for _, set := range all {
		if names.isEmptySection(&set) {
			continue
		}
		flag, section := names.find(set.Name)
		switch {
		case flag == nil:
			err := fmt.Errorf("%s:%d: %s", file, set.Line, names.whyNot(set.Name))
			errs = append(errs, withHint(err, names.hint(set.Name)))
		case section:
			errs = append(errs, s.add(flag, &set))
		default:
			common = append(common, set)
			_, err := s.value(flag, &set)
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for _, set := range common {
		for _, command := range names.having(set.Name) {
			flag := names.of[command][set.Name]
			if _, ok := s.lines[flag]; !ok {
				errs = append(errs, s.add(flag, &set))
			}
		}
	}
	return s, errors.Join(errs...)
}

func (s *settings) add(flag *kong.Flag, set *config.Setting) (err error) {
	s.values[flag], err = s.value(flag, set)
	s.lines[flag] = set.Line
	return err
}

func (s *settings) value(flag *kong.Flag, set *config.Setting) (any, error) {
	value, err := settingValue(flag, set)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %s: %w", s.file, set.Line, set.Name, err)
	}
	return value, nil
}

// Validate does nothing: newSettings has done it.
func (s *settings) Validate(*kong.Application) error { return nil }

// Resolve returns what the file says of a flag, nil if nothing. Kong asks for flags that are not on the command line; the environment counts for
// more than the file, too.
func (s *settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if environment(flag) != "" {
		return nil, nil //nolint:nilnil // what kong wants if there is no value
	}
	return s.values[flag], nil
}

// environment returns the name of the variable that sets the flag; empty if none does.
func environment(flag *kong.Flag) string {
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return name
		}
	}
	return ""
}

// flagNames are the flags that can be set in a file, by command.
type flagNames struct {
	commands []string
	of       map[string]map[string]*kong.Flag
}

func newFlagNames(app *kong.Node) *flagNames {
	n := &flagNames{of: map[string]map[string]*kong.Flag{}}
	for _, command := range app.Children {
		n.commands = append(n.commands, command.Name)
		n.of[command.Name] = map[string]*kong.Flag{}
		for _, flag := range command.Flags {
			if flag.Name != checkFlag {
				n.of[command.Name][flag.Name] = flag
			}
		}
	}
	return n
}

// isEmptySection tells whether the setting is a command's name with nothing behind it, as it is left when all of a section is commented out.
func (n *flagNames) isEmptySection(set *config.Setting) bool {
	empty := !set.List && set.Values[0].Kind == config.Nothing
	return empty && n.of[set.Name] != nil && n.of[mainCommand][set.Name] == nil
}

// find returns the flag of that name, and whether the name says of which command. Where it can be read both ways it does.
func (n *flagNames) find(name string) (flag *kong.Flag, section bool) {
	if command, rest, ok := strings.Cut(name, "."); ok {
		if flag := n.of[command][rest]; flag != nil {
			return flag, true
		}
	}
	return n.of[mainCommand][name], false
}

// split takes the command off a name.
func (n *flagNames) split(name string) (command, rest string) {
	if command, rest, ok := strings.Cut(name, "."); ok && n.of[command] != nil {
		return command, rest
	}
	return mainCommand, name
}

// having are the commands that have a flag of that name.
func (n *flagNames) having(name string) []string {
	var out []string
	for _, command := range n.commands {
		if n.of[command][name] != nil {
			out = append(out, command)
		}
	}
	return out
}

func (n *flagNames) whyNot(name string) string {
	command, rest := n.split(name)
	if others := n.having(rest); len(others) > 0 {
		return fmt.Sprintf("%s is no setting of %s, but of %s", rest, command, strings.Join(others, ", "))
	}
	return "unknown setting " + name
}

func (n *flagNames) hint(name string) string {
	_, rest := n.split(name)
	if others := n.having(rest); slices.Contains(others, mainCommand) {
		return fmt.Sprintf("write %s at the top of the file", rest)
	} else if len(others) > 0 {
		return fmt.Sprintf("write it into the section of the command, as in %s: {%s: ...}", others[0], rest)
	}
	if near := n.nearest(name); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return "settings have the names of flags; postfix-tls-exporter serve --help shows them"
}

// nearest returns the known name that is most like this one; empty if none is.
func (n *flagNames) nearest(name string) string {
	best, least := "", 1+max(2, len(name)/3)
	try := func(known string) {
		distance := levenshtein.ComputeDistance(name, known)
		if _, last, ok := strings.Cut(known, "."); ok { // what was in front may be missing
			distance = min(distance, 1+levenshtein.ComputeDistance(name, last))
		}
		if distance < least {
			best, least = known, distance
		}
	}
	for _, command := range n.commands {
		for _, flag := range slices.Sorted(maps.Keys(n.of[command])) {
			if command == mainCommand {
				try(flag)
			}
			try(command + "." + flag)
		}
	}
	return best
}
