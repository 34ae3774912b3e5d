package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// personal are the fields that --redact replaces, with nothing of the numbers of a list.
var personal = map[string]bool{
	"auth.username": true, "from": true, "message_id": true, "source.auth.username": true, "deliveries.to": true, "deliveries.orig_to": true,
}

// local is what stands before an @, as far back as it may reach.
var local = regexp.MustCompile(`([^\s"<>]+)@`)

// TestRedact redacts each log twice. Nothing but hashes stands before an @, a name has one hash in a run and no other name has it, the next run has
// other ones, and whatever is not personal stays as it is.
func TestRedact(t *testing.T) {
	cases := map[string][]string{"sample": {filepath.Join(testdata, "sample.log")}}
	for _, c := range corpora(t) {
		cases[c.name()] = c.args()
	}
	for name, args := range cases {
		t.Run(name, func(t *testing.T) {
			redact := append([]string{"events", "--redact"}, args...)
			plain, first, second := mustInvoke(t, append([]string{"events"}, args...)...), mustInvoke(t, redact...), mustInvoke(t, redact...)
			for _, found := range local.FindAllStringSubmatch(first, -1) {
				if !hashed.MatchString(found[1]) {
					t.Errorf("%q is left", found[0])
				}
			}
			names, again := replaced(t, plain, first), replaced(t, plain, second)
			if len(names) == 0 {
				t.Error("nothing is redacted")
			}
			owner := map[string]string{}
			for name, hash := range names {
				if other, ok := owner[hash]; ok {
					t.Errorf("%q and %q are both %s", name, other, hash)
				}
				owner[hash] = name
				if again[name] == hash {
					t.Errorf("%q is %s in two runs", name, hash)
				}
			}
		})
	}
}

var hashed = regexp.MustCompile(`^[0-9a-f]{16}$`)

// replaced holds the redacted output against the plain one, and returns what each personal value became.
func replaced(t *testing.T, plain, redacted string) map[string]string {
	t.Helper()
	names := map[string]string{}
	was, is := strings.Split(plain, "\n"), strings.Split(redacted, "\n")
	if len(was) != len(is) {
		t.Fatalf("%d lines, redacted %d", len(was), len(is))
	}
	for i := range was[:len(was)-1] {
		before, after := leaves(t, was[i]), leaves(t, is[i])
		if len(before) != len(after) {
			t.Fatalf("%s\nbecomes\n%s", was[i], is[i])
		}
		for j, b := range before {
			a := after[j]
			switch {
			case a.path != b.path || !personal[b.path] && a.value != b.value:
				t.Fatalf("%v becomes %v", b, a)
			case personal[b.path] && b.value != "" && b.value != "<>":
				domain := at.FindString(b.value)
				if names[b.value] = a.value; at.FindString(a.value) != domain || a.value == b.value {
					t.Errorf("%v becomes %v", b, a)
				}
			}
		}
	}
	return names
}

// at is an address's domain with its @, and what closes the brackets of a Message-ID.
var at = regexp.MustCompile(`@[^@]*$`)

// A leaf is a value in a record that is not an object or a list.
type leaf struct{ path, value string }

// leaves lists those of a line, in order.
func leaves(t *testing.T, line string) []leaf {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(line), &v); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	var all []leaf
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				walk(strings.TrimPrefix(path+"."+name, "."), v[name])
			}
		case []any:
			for _, e := range v {
				walk(path, e)
			}
		default:
			all = append(all, leaf{path, fmt.Sprint(v)})
		}
	}
	walk("", v)
	return all
}
