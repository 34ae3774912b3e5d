package tally

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCounts(t *testing.T) {
	var c Counts
	for _, label := range []string{"TLSv1.3", "TLSv1", "TLSv1.2", "TLSv1.3", "", `a"b`} {
		c.add(label, 2)
	}
	c.add("TLSv1.1", 0)
	want := Counts{{`TLSv1`, 2}, {"TLSv1.2", 2}, {"TLSv1.3", 4}, {`a"b`, 2}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if c.Of("TLSv1.3") != 4 || c.Of("TLSv1.1") != 0 {
		t.Errorf("TLSv1.3 counts %d, TLSv1.1 %d, want 4 and 0", c.Of("TLSv1.3"), c.Of("TLSv1.1"))
	}
	text, err := json.Marshal(c)
	if want := `{"TLSv1":2,"TLSv1.2":2,"TLSv1.3":4,"a\"b":2}`; err != nil || string(text) != want {
		t.Errorf("as JSON %s (%v), want %s", text, err, want)
	}
	var again Counts
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, again); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
	if text, _ := json.Marshal(Counts(nil)); string(text) != "{}" {
		t.Errorf("no counts are %s, want {}", text)
	}
}
