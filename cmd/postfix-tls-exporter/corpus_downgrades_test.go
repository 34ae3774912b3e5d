package main

import (
	"cmp"
	"slices"
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
			wantTotals[downgradeTotalCount{Direction: key.direction, Kind: key.kind}] += d.count
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

// downgradeOf looks for the last place in a sequence of messages where enough better ones, in a row, are followed by a worse one. Enough is 1, and
// twice as many after each rise. It returns nil if there is none.
func downgradeOf(sequence []fact, kind string) *expectedDowngrade {
	count, enough, begin, place := 0, 1, 0, 0
	better := 0
	for i := 1; i < len(sequence); i++ {
		before, now := sequence[i-1].quality(kind), sequence[i].quality(kind)
		if before == now {
			continue
		}
		if now > before {
			enough *= 2
		} else if i-begin >= enough {
			count, place, better = count+1, i, i-begin
		}
		begin = i
	}
	if count == 0 {
		return nil
	}
	d := &expectedDowngrade{lastTLS: sequence[place-1], first: sequence[place]}
	d.class, d.from, d.count, d.better = sequence[0].class, d.lastTLS.degree(), count, better
	for i := place; i < len(sequence); i++ {
		f := sequence[i]
		if f.quality(kind) >= d.lastTLS.quality(kind) {
			d.recovery, d.recovered = &f, true
			break
		}
		d.low++
		d.last, d.to = f, f.degree()
	}
	return d
}

func (d *expectedDowngrade) checkTimes(t *testing.T, r downgradeRecord) {
	t.Helper()
	first := r.FirstPlaintext
	if r.Kind == "version" {
		first = r.FirstLower
	}
	for _, x := range []struct {
		what string
		at   time.Time
		of   *fact
	}{{"last TLS", r.LastTLS, &d.lastTLS}, {"first", first, &d.first}, {"last", r.Last, &d.last}, {"recovered", r.Recovered, d.recovery}} {
		if x.of != nil && !within(x.at, x.of.from, x.of.to) {
			t.Errorf("%+v: %s is not from %v to %v", r, x.what, x.of.from, x.of.to)
		}
	}
}

// inOrder sorts facts. Sessions run side by side, and their clients' clocks do not tell which of two messages Postfix took first if both came within a
// moment: so that order alone, and nothing of TLS, is from the log. It must not be another one than clients and servers tell, but for such moments.
func (c *corpus) inOrder(t *testing.T, facts []fact) []fact {
	places := c.places(t)
	facts = slices.Clone(facts)
	for i := range facts {
		f := &facts[i]
		if f.place = places[f.logPlace()]; f.place == 0 {
			t.Errorf("not in the log: %+v", *f)
		}
	}
	slices.SortFunc(facts, func(a, b fact) int { return cmp.Compare(a.place, b.place) })
	var latest time.Time
	for _, f := range facts {
		if f.to.Add(slack).Before(latest) {
			t.Errorf("it was before %v, not after what began at %v: %+v", f.to, latest, f)
		}
		if f.from.Add(-slack).After(latest) {
			latest = f.from.Add(-slack)
		}
	}
	return facts
}
