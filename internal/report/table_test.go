package report

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestThousands(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 12_345: "12,345", 123_456: "123,456", 1_000_000: "1,000,000",
		math.MaxUint64: "18,446,744,073,709,551,615",
	} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	tests := []struct {
		part, whole uint64
		want        string
	}{
		{0, 0, ""}, // of nothing there is no share
		{0, 1, "0.0"},
		{1, 1, "100.0"},
		{1, 2, "50.0"},
		{1, 3, "33.3"},
		{2, 3, "66.7"},
		{1, 8, "12.5"},
		{1, 400, "0.3"},      // 0.25 is rounded up
		{1, 2000, "0.1"},     // 0.05 too
		{1, 2001, "<0.1"},    // less than that is not nothing
		{1, 1 << 40, "<0.1"}, // however little
		{1999, 2000, ">99.9"},
		{1998, 2000, "99.9"},
		{999, 1000, "99.9"},
		{9_999_999_999, 10_000_000_000, ">99.9"},
		{10_000_000_000, 10_000_000_000, "100.0"},
	}
	for _, test := range tests {
		if got := percent(test.part, test.whole); got != test.want {
			t.Errorf("percent(%d, %d) = %q, want %q", test.part, test.whole, got, test.want)
		}
	}
}

// TestStateOrder puts what is wrong first, and versions from the oldest to the newest.
func TestStateOrder(t *testing.T) {
	want := []string{
		"plaintext", "failed handshake", "cannot be told", "TLS, version not logged", "SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", "TLSv1.4",
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, stateOrder)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, a := range want {
		for j, b := range want {
			if got := stateOrder(a, b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("stateOrder(%q, %q) = %d", a, b, got)
			}
		}
	}
}

func TestOld(t *testing.T) {
	for protocol, want := range map[string]bool{
		"SSLv2": true, "SSLv3": true, "TLSv1": true, "TLSv1.1": true, "TLSv1.2": false, "TLSv1.3": false, "TLSv1.10": false, "TLSv2": false, "": false,
	} {
		if old(protocol) != want {
			t.Errorf("old(%q) = %v", protocol, !want)
		}
	}
}

func TestMostly(t *testing.T) {
	tests := []struct {
		counts map[string]uint64
		want   string
	}{
		{nil, ""},
		{map[string]uint64{"timeout": 1000}, "timeout 1,000"},
		{map[string]uint64{"b": 1, "a": 1}, "a 1, b 1"}, // equal ones by name
		{map[string]uint64{"a": 1, "b": 5, "c": 3, "d": 1}, "b 5, c 3, others 2"},
		{map[string]uint64{"\x1b": 2, "a": 1, "b": 0}, "? 2, a 1"},
	}
	for _, test := range tests {
		if got := mostly(test.counts); got != test.want {
			t.Errorf("mostly(%v) = %q, want %q", test.counts, got, test.want)
		}
	}
}

func TestRenderTable(t *testing.T) {
	got := renderTable([]string{"", ">count", "note"}, [][]string{{"a", "1", "x"}, {"longer", "1,000", ""}, {"例え", "10", "y z"}})
	const want = "" +
		"          count  note\n" +
		"  a           1  x\n" +
		"  longer  1,000\n" +
		"  例え       10  y z\n" // each of its two characters is two columns wide
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := renderTable([]string{">", ""}, [][]string{{"1", "x"}}); got != "  1  x\n" {
		t.Errorf("a table without titles is %q", got)
	}
}
