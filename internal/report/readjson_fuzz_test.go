package report

import (
	"encoding/json"
	"errors"
	"io"
	"iter"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// FuzzReadJSON reads what a file might hold. What is taken for a report can be shown, added, written, and read again.
func FuzzReadJSON(f *testing.F) {
	for _, log := range []string{"", hostileLog} {
		text := jsonOf(f, snapshotOf(log))
		f.Add([]byte(text))
		for _, d := range damages {
			f.Add([]byte(strings.Replace(text, d.old, d.replacement, 1)))
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) { useReport(t, string(file)) })
}

// useReport does all that can be done with what a file holds, if it is a report. It returns whether it is.
func useReport(t *testing.T, file string) bool {
	t.Helper()
	s, err := ReadJSON(strings.NewReader(file))
	if err != nil {
		if !errors.Is(err, ErrJSON) && !errors.Is(err, tally.ErrSchema) {
			t.Fatal(err)
		}
		return false
	}
	text := jsonOf(t, s)
	again, err := ReadJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if jsonOf(t, again) != text {
		t.Errorf("read again it is\n%s, and was\n%s", jsonOf(t, again), text)
	}
	sum := new(tally.Snapshot)
	if err := errors.Join(sum.Add(s), sum.Add(again)); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadJSON(strings.NewReader(jsonOf(t, sum))); err != nil {
		t.Errorf("the sum cannot be read: %v", err)
	}
	rfc := profile(t, "rfc9325")
	err = errors.Join(Text(io.Discard, sum, TextOptions{Profile: rfc}), CSV(io.Discard, sum), HTML(io.Discard, sum, HTMLOptions{Profile: rfc}))
	if err != nil {
		t.Fatal(err)
	}
	return true
}

// TestReadChangedJSON puts other values into a report, one at a time. It is refused then, or can be used.
func TestReadChangedJSON(t *testing.T) {
	t.Parallel()
	values := []any{
		nil, 0, uint64(math.MaxUint64), "", "x",
		[]any{},
		[]any{nil},
		map[string]any{},
		map[string]any{"": 7},
		"0000-01-01T00:00:00Z", "2026-11-22T04:00:00+05:30", "9999-12-31T23:59:59-23:59",
	}
	article := testdataLogs(t)[filepath.Join("..", "..", "testdata", "ses-article.log")]
	for _, log := range []string{hostileLog, article} {
		var root map[string]any
		if err := json.Unmarshal([]byte(jsonOf(t, snapshotOf(log))), &root); err != nil {
			t.Fatal(err)
		}
		used, refused := 0, 0
		for set := range places(root) {
			for _, value := range values {
				put := set(value)
				text, err := json.Marshal(root)
				set(put)
				if err != nil {
					t.Fatal(err)
				}
				if useReport(t, string(text)) {
					used++
				} else {
					refused++
				}
				if t.Failed() {
					t.Fatalf("%s", text)
				}
			}
		}
		if used < 100 || refused < 100 {
			t.Errorf("%d changed reports were used, %d refused", used, refused)
		}
	}
}

// places goes through all values, those within others too. It yields what puts another value there and returns the old one.
func places(v any) iter.Seq[func(any) any] {
	return func(yield func(func(any) any) bool) { eachPlace(v, yield) }
}

func eachPlace(v any, yield func(func(any) any) bool) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			set := func(value any) any {
				old := v[key]
				v[key] = value
				return old
			}
			if !yield(set) || !eachPlace(v[key], yield) {
				return false
			}
		}
	case []any:
		for i := range v {
			set := func(value any) any {
				old := v[i]
				v[i] = value
				return old
			}
			if !yield(set) || !eachPlace(v[i], yield) {
				return false
			}
		}
	}
	return true
}
