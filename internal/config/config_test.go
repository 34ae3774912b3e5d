package config

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	got, err := Read("f.yaml", strings.NewReader(`# a comment
log: [/a, "/b"]
web:
  listen-address:
    - :1
    - :2
  config.file: x
journal: true
parse: {top: 20, since: 2026-11-22}
checkpoint-interval: 5s
year:
ratio: 1.5
own: !mine x
none: []
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Setting{
		{Name: "log", Line: 2, List: true, Values: []Value{{Text, "/a", 2}, {Text, "/b", 2}}},
		{Name: "web.listen-address", Line: 4, List: true, Values: []Value{{Text, ":1", 5}, {Text, ":2", 6}}},
		{Name: "web.config.file", Line: 7, Values: []Value{{Text, "x", 7}}},
		{Name: "journal", Line: 8, Values: []Value{{Boolean, "true", 8}}},
		{Name: "parse.top", Line: 9, Values: []Value{{Integer, "20", 9}}},
		{Name: "parse.since", Line: 9, Values: []Value{{Text, "2026-11-22", 9}}},
		{Name: "checkpoint-interval", Line: 10, Values: []Value{{Text, "5s", 10}}},
		{Name: "year", Line: 11, Values: []Value{{Nothing, "", 11}}},
		{Name: "ratio", Line: 12, Values: []Value{{Fraction, "1.5", 12}}},
		{Name: "own", Line: 13, Values: []Value{{Other, "x", 13}}},
		{Name: "none", Line: 14, List: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadNothing(t *testing.T) {
	for _, text := range []string{"", "\n\n", "# only a comment\n", "---\n", "~\n"} {
		if got, err := Read("f.yaml", strings.NewReader(text)); err != nil || len(got) != 0 {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestReadErrors(t *testing.T) {
	for text, want := range map[string]string{
		"- log\n":                 "f.yaml:1: settings are written as name: value",
		"just text\n":             "f.yaml:1: settings are written as name: value",
		"a: 1\nb: 2\na: 3\n":      "f.yaml:3: a is set twice, first in line 1",
		"web: {x: 1}\nweb.x: 2\n": "f.yaml:2: web.x is set twice, first in line 1",
		"a: 1\nb: [x, [y]]\n":     "f.yaml:2: b: a list holds single values",
		"a: 1\nb: [{c: d}]\n":     "f.yaml:2: b: a list holds single values",
		"a: &a [*a]\n":            "f.yaml:1: a: aliases are not followed, write the value itself",
		"a: &a x\nb: *a\n":        "f.yaml:2: b: aliases are not followed, write the value itself",
		"a: 1\n[b]: 2\n":          "f.yaml:2: a name is missing before the colon",
		"a: 1\n\"\": 2\n":         "f.yaml:2: a name is missing before the colon",
		"a: 1\nb:\n\t- x\n":       "f.yaml:3: not YAML: found character that cannot start any token",
		"a: \x01\n":               "f.yaml: not YAML: control characters are not allowed",
		"a: {b: {c: {d: {e: {f: {g: {h: {i: 1}}}}}}}}":      "f.yaml:1: a.b.c.d.e.f.g.h: too many maps within maps",
		"a: " + strings.Repeat("x", maxSize):                "f.yaml: longer than 1048576 bytes",
		"a: 1\n---\nb: 2\n":                                 "f.yaml:2: a second document begins",
		"a: 1\n---\n\t":                                     "f.yaml:3: not YAML: found character that cannot start any token",
		"a: 1\n" + strings.Repeat("x", maxName+1) + ": 1\n": "f.yaml:2: a name of 201 bytes",
		"a: 1\na: 2\na: 3\n":                                "f.yaml:2: a is set twice, first in line 1\nf.yaml:3: a is set twice, first in line 1",
	} {
		_, err := Read("f.yaml", strings.NewReader(text))
		if err == nil || err.Error() != want {
			t.Errorf("%.60q: error %v, want %s", text, err, want)
		}
	}
}

func TestReadFails(t *testing.T) {
	fault := errors.New("the disk is gone")
	if _, err := Read("f.yaml", iotest.ErrReader(fault)); !errors.Is(err, fault) {
		t.Errorf("error %v, want %v", err, fault)
	}
}
