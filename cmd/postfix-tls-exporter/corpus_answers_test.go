package main

import (
	"cmp"
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// answers are the parts of a report that follow from its counts.
type answers struct {
	Messages        []countRecord         `json:"messages"`
	Sessions        []countRecord         `json:"sessions"`
	WhatIf          []whatIfRecord        `json:"what_if"`
	Grades          []gradeRecord         `json:"grades"`
	GradedCiphers   []gradedCipherRecord  `json:"graded_ciphers"`
	TimeSeries      []timeRecord          `json:"time_series"`
	Downgrades      []downgradeRecord     `json:"downgrades"`
	DowngradeTotals []downgradeTotalCount `json:"downgrade_totals"`
}

type whatIfRecord struct {
	Direction, Class string
	Submission       bool
	Level, Minimum   string
	Messages         whatIfCounts
	Peers, Users     []affectedRecord
}

type whatIfCounts struct{ Fine, Plaintext, Refused, Unknown, Changed int }

// affectedRecord is a peer or a user.
type affectedRecord struct {
	Peer, User string
	Messages   int
	Outcome    string
	Last       time.Time
}

func readAnswers(t *testing.T, args ...string) answers {
	t.Helper()
	var a answers
	if err := json.Unmarshal([]byte(mustInvoke(t, append([]string{"parse", "--format", "json"}, args...)...)), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestCorpusAnswers works out a second time, from what clients and servers recorded, what the report says would break, how good it thinks the ciphers
// are, who was downgraded, and when it all happened.
func TestCorpusAnswers(t *testing.T) {
	for _, c := range corpora(t) {
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			facts, got := c.recorded(t), readAnswers(t, c.args()...)
			t.Run("WhatIf", func(t *testing.T) { checkWhatIf(t, facts, got.WhatIf) })
			t.Run("Grades", func(t *testing.T) { c.checkGrades(t, facts, got) })
			t.Run("TimeSeries", func(t *testing.T) { checkTimes(t, facts, got) })
			t.Run("Downgrades", func(t *testing.T) { c.checkDowngrades(t, facts, got) })
			if c.facts.NextInstance != "" {
				t.Run("HopDowngrade", func(t *testing.T) { c.checkHopDowngrade(t, facts, got.Downgrades) })
			}
		})
	}
}

// A whatIfKey is what a row is about.
type whatIfKey struct {
	direction, class string
	submission       bool
	level, minimum   string
}

// whatIfAnswer is what a row says, without times.
type whatIfAnswer struct {
	counts       whatIfCounts
	peers, users map[string]affectedCount
}

type affectedCount struct {
	messages int
	outcome  string
}

// versionNumbers are of the versions that clients and servers speak.
var versionNumbers = map[string]int{"TLSv1": 10, "TLSv1.1": 11, "TLSv1.2": 12, "TLSv1.3": 13}

// under tells what becomes of a message, and whether that is new.
func (f *fact) under(k whatIfKey) (outcome string, changed bool) {
	tls, weak := f.tls == "established" || f.tls == "unlogged", false
	if tls && k.minimum != "" {
		if f.protocol == "" {
			return "unknown", false
		}
		weak = versionNumbers[f.protocol] < versionNumbers[k.minimum]
	}
	refuses := k.level == "encrypt"
	switch {
	case tls && !weak:
		return "fine", false
	case f.tls == "unknown":
		return "unknown", false
	case refuses, weak && k.submission:
		return "refused", true
	default:
		return "plaintext", tls
	}
}

// checkWhatIf holds each row against the facts: all messages, whom it names, and when their last message was.
func checkWhatIf(t *testing.T, facts []fact, rows []whatIfRecord) {
	type name struct {
		of         whatIfKey
		peer, user string
	}
	want, got, last := map[whatIfKey]*whatIfAnswer{}, map[whatIfKey]*whatIfAnswer{}, map[name][]fact{}
	for _, f := range facts {
		for _, s := range [][2]string{{"may", "TLSv1.2"}, {"may", "TLSv1.3"}, {"encrypt", ""}, {"encrypt", "TLSv1.2"}, {"encrypt", "TLSv1.3"}} {
			submission := f.direction == "inbound" && (f.service == "submission" || f.service == "smtps")
			key := whatIfKey{f.direction, f.class, submission, s[0], s[1]}
			if want[key] == nil {
				want[key] = &whatIfAnswer{peers: map[string]affectedCount{}, users: map[string]affectedCount{}}
			}
			outcome, changed := f.under(key)
			want[key].add(f, outcome, changed)
			if changed {
				last[name{key, f.peer, ""}] = append(last[name{key, f.peer, ""}], f)
				last[name{key, "", f.user}] = append(last[name{key, "", f.user}], f)
			}
		}
	}
	for _, r := range rows {
		key := whatIfKey{r.Direction, r.Class, r.Submission, r.Level, r.Minimum}
		if got[key] != nil {
			t.Errorf("%+v has two rows", key)
		}
		got[key] = &whatIfAnswer{r.Messages, affectedOf(r.Peers), affectedOf(r.Users)}
		for _, p := range slices.Concat(r.Peers, r.Users) {
			checkLast(t, p, last[name{key, p.Peer, p.User}])
		}
		for _, list := range [][]affectedRecord{r.Peers, r.Users} {
			if !slices.IsSortedFunc(list, func(a, b affectedRecord) int {
				return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Peer, b.Peer), cmp.Compare(a.User, b.User))
			}) {
				t.Errorf("%+v: most messages do not come first: %+v", key, list)
			}
		}
	}
	equal(t, "what would become of messages", want, got)
}

func (a *whatIfAnswer) add(f fact, outcome string, changed bool) {
	*map[string]*int{"fine": &a.counts.Fine, "plaintext": &a.counts.Plaintext, "refused": &a.counts.Refused, "unknown": &a.counts.Unknown}[outcome]++
	if !changed {
		return
	}
	a.counts.Changed++
	a.peers[f.peer] = affectedCount{a.peers[f.peer].messages + 1, outcome}
	if f.user != "" {
		a.users[f.user] = affectedCount{a.users[f.user].messages + 1, outcome}
	}
}

func affectedOf(list []affectedRecord) map[string]affectedCount {
	all := map[string]affectedCount{}
	for _, p := range list {
		all[cmp.Or(p.Peer, p.User)] = affectedCount{p.Messages, p.Outcome}
	}
	return all
}

// checkLast holds the time of the last message against the times at which the latest ones can have been.
func checkLast(t *testing.T, p affectedRecord, facts []fact) {
	var from, to time.Time
	for _, f := range facts {
		if f.from.After(from) {
			from = f.from
		}
		if f.to.After(to) {
			to = f.to
		}
	}
	if !within(p.Last, from, to) {
		t.Errorf("%+v: the last message was from %v to %v", p, from, to)
	}
}
