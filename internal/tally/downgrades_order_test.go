package tally

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An event is a message that was received at a minute.
type event struct {
	minute int
	word   string
}

// overlapping tells messages of one peer, and returns what is said of downgrades.
func overlapping(story []event) string {
	tally, p := New(Options{PeerLimit: 10}), client("a.example.net", "192.0.2.1")
	for _, m := range story {
		tally.Queued(message(told(p, time.Duration(m.minute)*time.Minute, m.word)))
	}
	var rows []string
	for _, r := range snapshot(tally).Downgrades {
		rows = append(rows, downgradeText(r))
	}
	return strings.Join(rows, "; ")
}

// TestOverlappingSessions tells messages as they are told: plaintext ones when their session ends, which may be long after others of the same peer.
// The numbers are minutes of reception; the text of a row is that of TestDowngrades.
func TestOverlappingSessions(t *testing.T) {
	for _, test := range []struct {
		name  string
		story []event
		want  string
	}{
		{
			"a peer that begins to use TLS, while its last plaintext session is still open",
			[]event{{0, "plain"}, {3, "1.3"}, {4, "1.3"}, {5, "1.3"}, {2, "plain"}},
			"",
		},
		{
			"and goes on to use it: there is no end of the better messages in between",
			[]event{{1, "1.3"}, {2, "1.3"}, {0, "plain"}, {3, "1.3"}, {4, "plain"}},
			"plaintext TLSv1.3>plaintext 3 1 3 4 4 x1",
		},
		{
			"plaintext from before is not of the downgrade",
			[]event{{1, "1.3"}, {2, "1.3"}, {3, "1.3"}, {5, "plain"}, {0, "plain"}, {6, "plain"}, {4, "plain"}},
			"plaintext TLSv1.3>plaintext 3 2 3 5 6 x1",
		},
		{
			"plaintext that is told in another order",
			[]event{{1, "1.3"}, {2, "1.3"}, {3, "1.3"}, {4, "plain"}, {6, "plain"}, {5, "plain"}},
			"plaintext TLSv1.3>plaintext 3 3 3 4 6 x1",
		},
		{
			"a better message from before does not end it",
			[]event{{1, "1.3"}, {2, "1.3"}, {3, "1.3"}, {5, "plain"}, {4, "1.3"}},
			"plaintext TLSv1.3>plaintext 3 1 3 5 5 x1",
		},
		{
			"better messages that are told in another order",
			[]event{{1, "1.3"}, {3, "1.3"}, {2, "1.3"}, {4, "plain"}},
			"plaintext TLSv1.3>plaintext 3 1 3 4 4 x1",
		},
		{
			"the clock was set back",
			[]event{{101, "1.3"}, {102, "1.3"}, {103, "1.3"}, {5, "plain"}, {6, "plain"}},
			"plaintext TLSv1.3>plaintext 3 2 103 5 6 x1",
		},
		{
			"versions",
			[]event{{1, "1.3"}, {2, "1.3"}, {3, "1.3"}, {0, "1.2"}, {4, "1.2"}, {1, "1.2"}},
			"version TLSv1.3>TLSv1.2 3 1 3 4 4 x1",
		},
	} {
		got := overlapping(test.story)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
