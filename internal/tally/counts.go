package tally

import (
	"bytes"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Counts are numbers by label, sorted by label. There are few of them in a row and many rows: a map for each would take most of a report's memory.
type Counts []Count

// A Count is the number of one label.
type Count struct {
	Label string
	N     uint64
}

func (c Counts) find(label string) (int, bool) {
	return slices.BinarySearchFunc(c, label, func(o Count, label string) int { return strings.Compare(o.Label, label) })
}

// Of returns the number of a label, 0 if it is not there.
func (c Counts) Of(label string) uint64 {
	if i, ok := c.find(label); ok {
		return c[i].N
	}
	return 0
}

// Total adds up the numbers of all labels.
func (c Counts) Total() (n uint64) {
	for i := range c {
		n += c[i].N
	}
	return n
}

// All goes through the labels and their numbers.
func (c Counts) All() iter.Seq2[string, uint64] {
	return func(yield func(string, uint64) bool) {
		for _, o := range c {
			if !yield(o.Label, o.N) {
				return
			}
		}
	}
}

// MarshalJSON writes an object.
func (c Counts) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	var label bytes.Buffer
	enc := json.NewEncoder(&label)
	enc.SetEscapeHTML(false)
	for i, o := range c {
		label.Reset()
		if err := enc.Encode(o.Label); err != nil {
			return nil, err
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(out, bytes.TrimSuffix(label.Bytes(), []byte("\n"))...), ':')
		out = strconv.AppendUint(out, o.N, 10)
	}
	return append(out, '}'), nil
}

func (c *Counts) add(label string, n uint64) {
	if label == "" || n == 0 {
		return
	}
	i, ok := c.find(label)
	if !ok {
		*c = slices.Insert(*c, i, Count{Label: label})
	}
	(*c)[i].N += n
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Counts) UnmarshalJSON(text []byte) error {
	var m map[string]uint64
	if err := json.Unmarshal(text, &m); err != nil {
		return err
	}
	*c = nil
	for _, label := range slices.Sorted(maps.Keys(m)) {
		*c = append(*c, Count{Label: label, N: m[label]})
	}
	return nil
}
