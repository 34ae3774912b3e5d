package follow

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A sibling is a rotated file beside a log.
type sibling struct {
	path       string
	info       fs.FileInfo
	numbered   bool   // mail.log.1; else it has a date
	key        string // the digits of the number or date
	compressed bool   // says its name
}

// rotatedSuffix is what rotation adds to the name of a log: ".1", "-20261122", ".20261122-101500", each maybe with
// ".gz" or the like.
var rotatedSuffix = regexp.MustCompile(`^([-._])(\d+(?:[-_.T]\d+)*)(\.[A-Za-z][A-Za-z0-9]{0,4})?$`)

// separators are what may be between the digits of a date.
const separators = "-_.T"

// parseSibling says what the file called name is to the log called base.
func parseSibling(base, name string) (sibling, bool) {
	suffix, ok := strings.CutPrefix(name, base)
	if ext := filepath.Ext(base); !ok && ext != "" {
		// The number may also come before the extension: mail.1.log.
		suffix, ok = strings.CutPrefix(name, strings.TrimSuffix(base, ext))
		i := strings.LastIndex(suffix, ext)
		if !ok || i < 0 {
			return sibling{}, false
		}
		suffix = suffix[:i] + suffix[i+len(ext):]
	}
	m := rotatedSuffix.FindStringSubmatch(suffix)
	if m == nil {
		return sibling{}, false
	}
	s := sibling{compressed: m[3] != ""}
	s.key = strings.Map(func(r rune) rune {
		if strings.ContainsRune(separators, r) {
			return -1
		}
		return r
	}, m[2])
	s.numbered = m[1] == "." && len(m[2]) < 6 && s.key == m[2]
	return s, s.numbered || len(s.key) >= 6
}

// listSiblings returns the rotated files of the log at path, oldest first.
func listSiblings(path string) ([]sibling, error) {
	list, err := listSiblingsOf(path)
	if err != nil {
		return nil, err
	}
	// The rotated files of a log behind a symbolic link lie beside either.
	if target, err := filepath.EvalSymlinks(path); err == nil && target != filepath.Clean(path) {
		more, err := listSiblingsOf(target)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	sortSiblings(list)
	return dropHalfCompressed(list), nil
}

func listSiblingsOf(path string) ([]sibling, error) {
	dir, base := filepath.Split(path)
	entries, err := os.ReadDir(filepath.Clean(dir))
	if err != nil {
		return nil, err
	}
	var list []sibling
	for _, e := range entries {
		s, ok := parseSibling(base, e.Name())
		if !ok {
			continue
		}
		s.path = filepath.Join(dir, e.Name())
		if s.info, err = os.Stat(s.path); err == nil && s.info.Mode().IsRegular() {
			list = append(list, s)
		}
	}
	return list, nil
}

// sortSiblings puts the oldest first: by their names if they are all of one kind, else by when they were last written.
// Dates in names are sortable as text, as logrotate demands.
func sortSiblings(list []sibling) {
	byTime := func(a, b sibling) int { return a.info.ModTime().Compare(b.info.ModTime()) }
	byName := func(a, b sibling) int {
		if a.numbered {
			return cmp.Or(cmp.Compare(len(b.key), len(a.key)), cmp.Compare(b.key, a.key))
		}
		return cmp.Compare(a.key, b.key)
	}
	order := byName
	for _, s := range list {
		if s.numbered != list[0].numbered || !s.numbered && len(s.key) != len(list[0].key) {
			order = byTime
		}
	}
	slices.SortStableFunc(list, order)
}

// dropHalfCompressed leaves out the compressed form of a file that is there in its plain form too: the plain one is
// removed when the compressed one is complete.
func dropHalfCompressed(list []sibling) []sibling {
	type key struct {
		numbered bool
		key      string
	}
	plain := make(map[key]bool)
	for _, s := range list {
		if !s.compressed {
			plain[key{s.numbered, s.key}] = true
		}
	}
	return slices.DeleteFunc(list, func(s sibling) bool { return s.compressed && plain[key{s.numbered, s.key}] })
}
