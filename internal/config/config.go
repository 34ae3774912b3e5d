// Package config reads configuration files: YAML, of which only names and plain values are taken. It knows no name; what each may hold is for the caller
// to say.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Bounds of a file. No sound one comes near them.
const (
	maxSize  = 1 << 20
	maxDepth = 8
	maxName  = 200
)

// A Kind tells how a value is written.
type Kind int

// Kinds of values. A date is text.
const (
	Text Kind = iota
	Integer
	Fraction
	Boolean
	Nothing // null, or nothing at all
	Other   // a tag of the user's, binary data
)

// A Value is one value as it stands in the file.
type Value struct {
	Kind Kind
	Text string
	Line int // from 1
}

// A Setting is a name with what is behind it.
type Setting struct {
	Name   string // of a map within a map: the names of both, joined by a dot
	Line   int    // of the name, from 1
	List   bool   // a list of values; else Values has exactly one
	Values []Value
}

// Read returns the settings in the order of the file. Each error, of several joined ones too, is one line that begins with name and line.
func Read(name string, r io.Reader) ([]Setting, error) {
	d := document{file: name, seen: map[string]int{}}
	text, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(text) > maxSize {
		return nil, fmt.Errorf("%s: longer than %d bytes", name, maxSize)
	}
	documents, err := parse(text)
	if err != nil {
		return nil, syntaxError(name, err)
	}
	for i, root := range documents {
		if i > 0 {
			d.fail(root, "a second document begins")
			break
		}
		for _, top := range root.Content {
			switch {
			case top.Kind == yaml.MappingNode:
				d.mapping("", top, 1)
			case top.Kind != yaml.ScalarNode || kindOf(top) != Nothing:
				d.fail(top, "settings are written as name: value")
			}
		}
	}
	return d.settings, errors.Join(d.errs...)
}

// parse returns the documents of a file: none if it is empty, and no more than two.
func parse(text []byte) ([]*yaml.Node, error) {
	var documents []*yaml.Node
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); len(documents) < 2; {
		var root yaml.Node
		err := decoder.Decode(&root)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		documents = append(documents, &root)
	}
	return documents, nil
}

// document is a file that is being read.
type document struct {
	file     string
	settings []Setting
	seen     map[string]int // the line of each name
	errs     []error
}

func (d *document) fail(at *yaml.Node, format string, args ...any) {
	d.errs = append(d.errs, fmt.Errorf("%s:%d: %s", d.file, at.Line, fmt.Sprintf(format, args...)))
}

func (d *document) mapping(prefix string, m *yaml.Node, depth int) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		key, value := m.Content[i], m.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Value == "" {
			d.fail(key, "a name is missing before the colon")
			continue
		}
		name := prefix + key.Value
		switch {
		case len(name) > maxName:
			d.fail(key, "a name of %d bytes", len(name))
		case value.Kind != yaml.MappingNode:
			d.setting(name, key, value)
		case depth == maxDepth:
			d.fail(value, "%s: too many maps within maps", name)
		default:
			d.mapping(name+".", value, depth+1)
		}
	}
}

func (d *document) setting(name string, key, value *yaml.Node) {
	if before, ok := d.seen[name]; ok {
		d.fail(key, "%s is set twice, first in line %d", name, before)
		return
	}
	d.seen[name] = key.Line
	s := Setting{Name: name, Line: key.Line}
	elements := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		s.List, elements = true, value.Content
	}
	for _, e := range elements {
		switch e.Kind {
		case yaml.ScalarNode:
			s.Values = append(s.Values, Value{kindOf(e), e.Value, e.Line})
		case yaml.AliasNode: // one could be within itself
			d.fail(e, "%s: aliases are not followed, write the value itself", name)
			return
		default:
			d.fail(e, "%s: a list holds single values", name)
			return
		}
	}
	d.settings = append(d.settings, s)
}

func kindOf(n *yaml.Node) Kind {
	switch n.ShortTag() {
	case "!!str", "!!timestamp":
		return Text
	case "!!int":
		return Integer
	case "!!float":
		return Fraction
	case "!!bool":
		return Boolean
	case "!!null":
		return Nothing
	default:
		return Other
	}
}

// syntaxLine matches what the YAML library writes before the fault; the line only where it knows it.
var syntaxLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntaxError puts name and line of the file where those of other errors are.
func syntaxError(name string, err error) error {
	text := err.Error()
	m := syntaxLine.FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf("%s: not YAML: %w", name, err)
	}
	if line, err := strconv.Atoi(m[1]); err == nil {
		name = fmt.Sprintf("%s:%d", name, line)
	}
	return fmt.Errorf("%s: not YAML: %s", name, text[len(m[0]):])
}
