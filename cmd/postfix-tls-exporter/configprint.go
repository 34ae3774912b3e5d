package main

import (
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// configCheck is the flag of --config.check, and what is known of where values come from.
type configCheck struct {
	Check bool `name:"config.check" env:"-" help:"Print the settings and where each is from, check them and the files that they name, and exit: with status 2 if something is wrong."`

	given *kong.Context
	file  *settings
}

const checkFlag = "config.check"

// AfterApply keeps what kong knows when all flags have their values.
func (c *configCheck) AfterApply(given *kong.Context, file *settings) error { //nolint:unparam // kong calls nothing that returns no error
	c.given, c.file = given, file
	return nil
}

// print prints a configuration file with all settings. The logs are those that are followed, named or not.
func (c *configCheck) print(w io.Writer, logs []string) error {
	var all yaml.Node
	all.Kind = yaml.MappingNode
	for _, flag := range c.given.Selected().Flags {
		if flag.Name == checkFlag {
			continue
		}
		value := flag.Target.Interface()
		if named, ok := value.([]string); ok && flag.Name == "log" && len(named) == 0 && len(logs) == 1 && logs[0] == defaultLog {
			value = logs
		}
		if text, ok := value.(string); ok {
			value = withoutPassword(text)
		}
		node, err := settingNode(value)
		if err != nil {
			return err
		}
		node.LineComment = c.origin(flag)
		all.Content = append(all.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: flag.Name}, node)
	}
	out := yaml.NewEncoder(w)
	if err := out.Encode(&all); err != nil {
		return err
	}
	return out.Close()
}

// withoutPassword hides the password in a URL, or in several with commas between them: what is printed ends up in logs.
func withoutPassword(text string) string {
	parts := strings.Split(text, ",")
	for i, part := range parts {
		if u, err := url.Parse(part); err == nil && u.User != nil {
			parts[i] = u.Redacted()
		}
	}
	return strings.Join(parts, ",")
}

// settingNode returns the value as it is written in a file, a list in one line.
func settingNode(value any) (*yaml.Node, error) {
	v := reflect.ValueOf(value)
	if s, ok := value.(fmt.Stringer); ok { // a duration
		value = s.String()
	} else if v.Kind() == reflect.Slice && v.Len() == 0 {
		value = []string{}
	}
	var node yaml.Node
	if err := node.Encode(value); err != nil {
		return nil, err
	}
	node.Style |= yaml.FlowStyle
	return &node, nil
}

// origin tells where a flag's value is from.
func (c *configCheck) origin(flag *kong.Flag) string {
	for _, p := range c.given.Path {
		switch {
		case p.Flag != flag:
		case p.Resolved:
			return fmt.Sprintf("%s:%d", c.file.file, c.file.lines[flag])
		default:
			return "command line"
		}
	}
	if name := environment(flag); name != "" {
		return name
	}
	return "default"
}
