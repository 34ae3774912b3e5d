package main

import (
	"cmp"
	"strings"
	"testing"
	"time"
)

// A downgradeRecord is a row of the report.
type downgradeRecord struct {
	Host, Direction, Peer, Address, Kind, Class, From, To string

	Count             int
	TLSMessages       int       `json:"tls_messages"`
	LastTLS           time.Time `json:"last_tls"`
	PlaintextMessages int       `json:"plaintext_messages"`
	FirstPlaintext    time.Time `json:"first_plaintext"`
	LowerMessages     int       `json:"lower_messages"`
	FirstLower        time.Time `json:"first_lower"`
	Last              time.Time
	Recovered         time.Time
}

type downgradeTotalCount struct {
	Direction, Kind string
	Count           int
}

// A downgradeKey is what a row is about.
type downgradeKey struct{ host, direction, peer, address, kind string }

// A downgradeAnswer is what a row says, without times.
type downgradeAnswer struct {
	class, from, to    string
	count, better, low int
	recovered          bool
}

// An expectedDowngrade is the last one of a peer, by the facts that its times are from.
type expectedDowngrade struct {
	downgradeAnswer

	lastTLS, first, last fact
	recovery             *fact
}

// checkDowngrades holds each row against the facts, gone through in their order.
func (c *corpus) checkDowngrades(t *testing.T, facts []fact, got answers) {
	facts = c.inOrder(t, facts)
	host := c.logHost(t)
	sequences := map[downgradeKey][]fact{}
	for _, f := range facts {
		if f.tls != "unknown" {
			key := downgradeKey{host, f.direction, f.peer, f.address, "plaintext"}
			sequences[key] = append(sequences[key], f)
			if key.kind = "version"; f.protocol != "" {
				sequences[key] = append(sequences[key], f)
			}
		}
	}
	want, answered := map[downgradeKey]downgradeAnswer{}, map[downgradeKey]downgradeAnswer{}
	wantTotals, gotTotals := map[downgradeTotalCount]int{}, map[downgradeTotalCount]int{}
	expected := map[downgradeKey]*expectedDowngrade{}
	for key, sequence := range sequences {
		if d := downgradeOf(sequence, key.kind); d != nil {
			want[key], expected[key] = d.downgradeAnswer, d
			if d.count > 0 {
				wantTotals[downgradeTotalCount{Direction: key.direction, Kind: key.kind}] += d.count
			}
		}
	}
	for _, r := range got.Downgrades {
		key := downgradeKey{r.Host, r.Direction, r.Peer, r.Address, r.Kind}
		answered[key] = downgradeAnswer{r.Class, r.From, r.To, r.Count, r.TLSMessages, r.PlaintextMessages + r.LowerMessages, !r.Recovered.IsZero()}
		if d := expected[key]; d != nil && want[key] == answered[key] {
			d.checkTimes(t, r)
		}
	}
	for _, r := range got.DowngradeTotals {
		gotTotals[downgradeTotalCount{Direction: r.Direction, Kind: r.Kind}] += r.Count
	}
	equal(t, "downgrades", want, answered)
	equal(t, "all downgrades", wantTotals, gotTotals)
}

// logHost is the name by which the host calls itself in the log.
func (c *corpus) logHost(t *testing.T) string {
	header := strings.Fields(string(readLog(t, c.log)[:100]))
	if strings.HasPrefix(header[0], "2026-") {
		return header[1]
	}
	return header[3]
}

// quality is how good a fact's TLS is, the more the better.
func (f *fact) quality(kind string) int {
	switch {
	case kind == "version":
		return versionNumbers[f.protocol]
	case f.tls == "plaintext":
		return 0
	}
	return 1
}

// degree is the name of a quality.
func (f *fact) degree() string {
	if f.tls == "plaintext" {
		return "plaintext"
	}
	return cmp.Or(f.protocol, "TLS")
}

// lateness is how long a message may have waited to be told, rather than the clock having been set.
const lateness = 15 * time.Minute

// before tells a message that was received before another, and told after it.
func (f *fact) before(o *fact) bool {
	return f.at.Before(o.at) && !f.at.Add(lateness).Before(o.at)
}

// downgradeOf goes through the messages of a peer as they were told. It returns nil if there is nothing to say.
func downgradeOf(sequence []fact, kind string) *expectedDowngrade {
	var d *expectedDowngrade
	count, enough, run := 0, 3, 0
	latest := sequence[0] // of those as good as the last one
	for i, f := range sequence {
		before, now := latest.quality(kind), f.quality(kind)
		if now != before && f.before(&latest) {
			continue
		}
		switch {
		case now == before:
			run++
		case now > before:
			run, enough = 1, enough*2
		default:
			if run >= enough {
				count++
			}
			if run = 1; d == nil || d.recovered {
				d = &expectedDowngrade{lastTLS: latest, first: f, last: f}
				d.class, d.from, d.better = f.class, latest.degree(), 0
				for _, o := range sequence[:i] {
					if o.quality(kind) >= before {
						d.better++
					}
				}
			}
		}
		if d != nil && !d.recovered {
			d.see(f, kind)
		}
		if now != before || !f.before(&latest) {
			latest = f
		}
	}
	if d == nil {
		return nil
	}
	d.count = count
	if count == 0 && (kind == "version" || d.recovered) {
		return nil
	}
	return d
}

// see takes a message that came while the peer was down.
func (d *expectedDowngrade) see(f fact, kind string) {
	if f.quality(kind) >= d.lastTLS.quality(kind) {
		d.recovery, d.recovered = &f, true
		return
	}
	if f.before(&d.first) {
		return
	}
	d.low++
	d.to = f.degree()
	if !f.before(&d.last) {
		d.last = f
	}
}

// checkTimes compares times. Those of facts are times that clients and servers agree with.
func (d *expectedDowngrade) checkTimes(t *testing.T, r downgradeRecord) {
	t.Helper()
	first := r.FirstPlaintext
	if r.Kind == "version" {
		first = r.FirstLower
	}
	want, got := []time.Time{d.lastTLS.at, d.first.at, d.last.at}, []time.Time{r.LastTLS, first, r.Last}
	if d.recovery != nil {
		want, got = append(want, d.recovery.at), append(got, r.Recovered)
	}
	for i := range want {
		if !want[i].Equal(got[i]) {
			t.Errorf("%+v: times are %v, want %v", r, got, want)
			break
		}
	}
}

// checkHopDowngrade is about two Postfix, of which the second stops to offer STARTTLS half way: each of them sees one downgrade to plaintext of the other,
// after all messages of the first half and before those of the second. The first one sees no other: all of its mail goes to the second.
func (c *corpus) checkHopDowngrade(t *testing.T, facts []fact, rows []downgradeRecord) {
	const address = "127.0.0.1" // of either, to the other
	for _, direction := range []string{"inbound", "outbound"} {
		var lastTLS, firstPlaintext fact
		want := downgradeAnswer{class: "loopback", from: "TLSv1.3", to: "plaintext", count: 1}
		for _, f := range facts {
			switch {
			case f.direction != direction || f.address != address:
			case f.tls == "established":
				want.better++
				if f.to.After(lastTLS.to) {
					lastTLS = f
				}
			case f.tls == "plaintext":
				want.low++
				if firstPlaintext.to.IsZero() || f.from.Before(firstPlaintext.from) {
					firstPlaintext = f
				}
			}
		}
		var got []downgradeAnswer
		for _, r := range rows {
			if r.Direction != direction || r.Kind != "plaintext" || r.Address != address && direction == "inbound" {
				continue
			}
			got = append(got, downgradeAnswer{r.Class, r.From, r.To, r.Count, r.TLSMessages, r.PlaintextMessages, !r.Recovered.IsZero()})
			if !within(r.LastTLS, lastTLS.from, lastTLS.to) || !within(r.FirstPlaintext, firstPlaintext.from, firstPlaintext.to) {
				t.Errorf("%+v: want the last under TLS up to %v, and the first in plaintext from %v", r, lastTLS.to, firstPlaintext.from)
			}
		}
		equal(t, direction+" downgrades", []downgradeAnswer{want}, got)
	}
}
