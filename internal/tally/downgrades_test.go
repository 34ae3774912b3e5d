package tally

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// watched counts messages of one client, a minute apart, and returns what it says of downgrades. Words are versions ("1.3", "1.2", "1.0"), plain,
// unlogged, unknown and failed; "1.3*4" is that four times.
func watched(t *testing.T, story string) (s *Snapshot, called []DowngradeRow) {
	t.Helper()
	tally := New(Options{PeerLimit: 10, Downgraded: func(r DowngradeRow) { called = append(called, r) }})
	p, minute := client("a.example.net", "192.0.2.1"), 0
	for word := range strings.FieldsSeq(story) {
		name, n, many := strings.Cut(word, "*")
		times := 1
		if many {
			if _, err := fmt.Sscan(n, &times); err != nil {
				t.Fatal(err)
			}
		}
		for range times {
			tally.Queued(message(told(p, time.Duration(minute)*time.Minute, name)))
			minute++
		}
	}
	return snapshot(tally), called
}

// told is a session of a state or version.
func told(p *parser.Peer, at time.Duration, word string) *parser.Session {
	s := plain(p, at)
	switch word {
	case "plain":
	case "unlogged":
		s.State = parser.TLSUnlogged
	case "unknown":
		s.State = parser.TLSUnknown
	case "failed":
		s.State = parser.TLSFailed
	default:
		s = encrypted(p, at, word)
	}
	return s
}

// TestDowngrades goes through the rules at tracks. The text of a row is: kind, what it was and what it came to, messages before and since, minutes of the last one
// before, the first and the last one since, and of recovery; then how often a steady peer went down.
func TestDowngrades(t *testing.T) {
	for _, test := range []struct {
		name, story string
		want        string
	}{
		{"nothing", "", ""},
		{"always TLS", "1.3*5", ""},
		{"never TLS", "plain*5", ""},
		{"STARTTLS is stripped", "1.3*4 plain*3", "plaintext TLSv1.3>plaintext 4 3 3 4 6 x1"},
		{"three messages are steady", "1.2*3 plain", "plaintext TLSv1.2>plaintext 3 1 2 3 3 x1"},
		{"two are not", "1.2*2 plain", "plaintext TLSv1.2>plaintext 2 1 1 2 2 x0"},
		{"the version before is that of the last one", "1.2*2 1.3 plain", "plaintext TLSv1.3>plaintext 3 1 2 3 3 x1"},
		{"TLS of a version not logged", "unlogged*3 plain", "plaintext TLS>plaintext 3 1 2 3 3 x1"},
		{"it recovers", "1.3*4 plain*3 1.3*2", "plaintext TLSv1.3>plaintext 4 3 3 4 6 7 x1"},
		{"it recovers, and was not steady", "1.3*2 plain*3 1.3*2", ""},
		{"what cannot be told is passed over", "1.3*2 unknown failed 1.3 plain unknown", "plaintext TLSv1.3>plaintext 3 1 4 5 5 x1"},
		{"a peer that begins to use TLS, once", "plain*5 1.3*3", ""},
		{"and gives it up after five messages", "plain 1.3*5 plain", "plaintext TLSv1.3>plaintext 5 1 5 6 6 x0"},
		{"and gives it up after six", "plain 1.3*6 plain", "plaintext TLSv1.3>plaintext 6 1 6 7 7 x1"},
		{"to and fro", "1.3 plain 1.3 plain 1.3 plain 1.3 plain*2", "plaintext TLSv1.3>plaintext 4 2 6 7 8 x0"},
		{"to and fro, and better at last", "1.3 plain 1.3 plain 1.3 plain 1.3", ""},
		{"twice, after twice as many", "1.3*3 plain 1.3*6 plain*2", "plaintext TLSv1.3>plaintext 9 2 9 10 11 x2"},
		{"a lower version", "1.3*3 1.2*2", "version TLSv1.3>TLSv1.2 3 2 2 3 4 x1"},
		{"a lower version after two", "1.3*2 1.2*2", ""},
		{"lower and lower", "1.3*3 1.2*3 1.0", "version TLSv1.3>TLSv1 3 4 2 3 6 x2"},
		{"a higher version", "1.2*3 1.3*3", ""},
		{"two TLS libraries in turn", "1.3 1.2 1.3 1.2 1.3 1.2", ""},
		{"half way back is not back", "1.3*4 1.0 1.2", "version TLSv1.3>TLSv1.2 4 2 3 4 5 x1"},
		{"plaintext is no version", "1.3*4 plain 1.3", "plaintext TLSv1.3>plaintext 4 1 3 4 4 5 x1"},
		{"plaintext between two versions", "1.3*4 plain 1.2", "plaintext TLSv1.3>plaintext 4 1 3 4 4 5 x1; version TLSv1.3>TLSv1.2 4 1 3 5 5 x1"},
		{"an unlogged version is none", "1.3*4 unlogged 1.3", ""},
	} {
		s, _ := watched(t, test.story)
		var got []string
		for _, r := range s.Downgrades {
			got = append(got, downgradeText(r))
		}
		if diff := cmp.Diff(test.want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func downgradeText(r DowngradeRow) string {
	since, first := r.PlaintextMessages, r.FirstPlaintext
	if r.Kind == KindVersion {
		since, first = r.LowerMessages, r.FirstLower
	}
	minute := func(at time.Time) int { return int(at.Sub(start).Minutes()) }
	text := fmt.Sprintf("%s %s>%s %d %d %d %d %d", r.Kind, r.From, r.To, r.TLSMessages, since, minute(r.LastTLS), minute(*first), minute(r.Last))
	if r.Recovered != nil {
		text += fmt.Sprintf(" %d", minute(*r.Recovered))
	}
	return text + fmt.Sprintf(" x%d", r.Count)
}

// TestDowngradeIsTold calls once for each downgrade, with what is known at that moment, and counts them.
func TestDowngradeIsTold(t *testing.T) {
	s, called := watched(t, "1.3*3 plain*2 1.3*6 plain 1.2")
	var got []string
	for _, r := range called {
		got = append(got, downgradeText(r))
	}
	want := []string{
		"plaintext TLSv1.3>plaintext 3 1 2 3 3 x1", "plaintext TLSv1.3>plaintext 9 1 10 11 11 x2", "version TLSv1.3>TLSv1.2 9 1 10 12 12 x1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]DowngradeTotalRow{{"inbound", KindPlaintext, 2}, {"inbound", KindVersion, 1}}, s.DowngradeTotals); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
}

// TestHostsBehindOneName are told apart by their addresses, and so are the views of several hosts and both directions.
func TestHostsBehindOneName(t *testing.T) {
	tally := New(Options{PeerLimit: 10})
	modern, old := client("pool.example.net", "192.0.2.1"), client("pool.example.net", "192.0.2.2")
	for i := range 10 {
		at := time.Duration(i) * time.Minute
		tally.Queued(message(encrypted(modern, at, "1.3")))
		tally.Queued(message(plain(old, at)))
		tally.Delivered(delivered(outbound(plain(modern, at)), "example.net"))
		elsewhere := plain(modern, at)
		elsewhere.Service = services["out"] // of host mx2
		tally.Queued(message(elsewhere))
	}
	if s := snapshot(tally); len(s.Downgrades) > 0 || len(s.DowngradeTotals) > 0 {
		t.Errorf("false alarms: %+v", s.Downgrades)
	}
}

// TestTracksAreBounded forgets the peer that was silent for longest, and no count of a downgrade.
func TestTracksAreBounded(t *testing.T) {
	tally := New(Options{PeerLimit: 1})
	for i := range maxTracks + 10 {
		p := client(fmt.Sprintf("peer%d.example.net", i), "192.0.2.1")
		for range steadyMessages {
			tally.Queued(message(encrypted(p, 0, "1.3")))
		}
		tally.Queued(message(plain(p, time.Duration(i)*time.Second)))
	}
	s := snapshot(tally)
	if len(tally.tracks.all) != maxTracks || s.Evicted.Tracks != 10 || len(s.Downgrades) != maxTracks || s.DowngradeTotals[0].Count != maxTracks+10 {
		t.Errorf("%d peers, %d forgotten, %d downgrades, %v in all", len(tally.tracks.all), s.Evicted.Tracks, len(s.Downgrades), s.DowngradeTotals)
	}
	for _, r := range s.Downgrades {
		if r.Peer == "peer0.example.net" {
			t.Errorf("%s is still known", r.Peer)
		}
	}
	if cut := shortened(strings.Repeat("é", maxLabel)); len(cut) > maxLabel+len("\uFFFD") {
		t.Errorf("a label of %d bytes", len(cut))
	}
}
