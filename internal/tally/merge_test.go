package tally

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// TestAddLaws adds in any order and in any groups.
func TestAddLaws(t *testing.T) {
	for seed := range uint64(40) {
		s := randomSnapshots(seed, 4)
		var before []string
		for _, s := range s {
			before = append(before, asJSON(t, s))
		}
		sum := added(t, s...)
		equalJSON(t, "a+b+c+d and d+c+b+a", sum, added(t, s[3], s[2], s[1], s[0]))
		equalJSON(t, "a+b+c+d and (a+b)+(c+d)", sum, added(t, added(t, s[0], s[1]), added(t, s[2], s[3])))
		equalJSON(t, "a+b+c+d and a+(c+(d+b))", sum, added(t, s[0], added(t, s[2], added(t, s[3], s[1]))))
		equalJSON(t, "a and 0+a", s[0], added(t, s[0]))
		equalJSON(t, "a and a+0", s[0], added(t, s[0], new(Snapshot), snapshot(New(Options{}))))
		if err := sum.Add(s[0]); err != nil {
			t.Fatal(err)
		}
		for i, s := range s {
			if asJSON(t, s) != before[i] {
				t.Errorf("seed %d: snapshot %d has changed", seed, i)
			}
			checkRows(t, s)
		}
		checkRows(t, sum)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestAddParts counts the records of a log in several tallies, a part in each. Downgrades are not found in parts.
func TestAddParts(t *testing.T) {
	opts := Options{PeerLimit: 1000, LabelName: "host"}
	next := map[string]func(*traveler) func(*Tally){"clash": (*traveler).clash, "travel": (*traveler).next}
	for name, next := range next {
		for seed := range uint64(30) {
			r := newTraveler(seed)
			whole, counts := New(opts), new(parser.Counts)
			parts := []*Tally{New(opts), New(opts), New(opts)}
			cut := 0
			for i := range 1000 {
				count := next(r)
				count(whole)
				switch { // by time in one test, and by chance in the other
				case seed%2 == 0:
					cut = r.IntN(len(parts))
				case i > 300:
					cut = 1
				}
				count(parts[cut])
			}
			sum := new(Snapshot)
			for _, part := range parts {
				lines := r.lines()
				counts.Add(*lines)
				if err := sum.Add(part.Snapshot(lines)); err != nil {
					t.Fatal(err)
				}
			}
			want := whole.Snapshot(counts)
			if diff := cmp.Diff(want, sum, cmpopts.IgnoreFields(Snapshot{}, "Downgrades", "DowngradeTotals")); diff != "" {
				t.Fatalf("%s, seed %d (-whole +sum):\n%s", name, seed, diff)
			}
			if len(want.TimeSeries) < 5 || len(want.Peers) < 4 || len(want.Users) == 0 || len(want.Domains) < 4 {
				t.Errorf("%s, seed %d tests nothing", name, seed)
			}
		}
	}
}

// TestAddTimes adds series of times that are up to 200 years apart: what one series has added up must not stay apart in the sum.
func TestAddTimes(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		whole, parts := newTimeSeries(), [3]timeSeries{newTimeSeries(), newTimeSeries(), newTimeSeries()}
		for range 50 {
			years := []float64{0.01, 1, 10, 200}[r.IntN(4)]
			at := start.Add(time.Duration((r.Float64() - 0.5) * years * 365 * 24 * float64(time.Hour)))
			key := TimeKey{Start: at, Direction: Inbound, Class: "public", TLS: "plaintext"}
			whole.at(key).messages++
			parts[r.IntN(3)].at(key).messages++
		}
		a, b, c := parts[0].rows(), parts[1].rows(), parts[2].rows()
		for how, sum := range map[string][]TimeRow{
			"(a+b)+c": addTimes(addTimes(a, b), c), "a+(b+c)": addTimes(a, addTimes(b, c)), "(c+a)+b": addTimes(addTimes(c, a), b),
		} {
			if diff := cmp.Diff(whole.rows(), sum); diff != "" {
				t.Fatalf("seed %d, %s (-whole +sum):\n%s", seed, how, diff)
			}
		}
	}
}

// TestAddOthers leaves a snapshot as it is, if the other one does not go with it.
func TestAddOthers(t *testing.T) {
	tally := New(Options{PeerLimit: 10, LabelName: "host"})
	fill(tally)
	s := snapshot(tally)
	before := asJSON(t, s)
	domains, future := added(t, s), added(t, s)
	domains.By, future.Schema = "domain", Schema+1
	empty := snapshot(New(Options{LabelName: "domain"}))
	for name, c := range map[string]struct {
		other *Snapshot
		want  error
		text  string
	}{
		"by domain":            {domains, ErrBy, `peers are told apart in another way: by "domain", and not by "host"`},
		"by domain, and empty": {empty, ErrBy, `peers are told apart in another way: by "domain", and not by "host"`},
		"of the future":        {future, ErrSchema, "another version of the report: 2, and not 1"},
	} {
		if err := s.Add(c.other); !errors.Is(err, c.want) || err.Error() != c.text {
			t.Errorf("%s: %v", name, err)
		}
		if asJSON(t, s) != before {
			t.Errorf("%s: the snapshot has changed", name)
		}
	}
}

// TestAddDowngrades tells of the later fall, and counts both.
func TestAddDowngrades(t *testing.T) {
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	key := DowngradeKey{"mx1", Inbound, "a.example.net", "192.0.2.1", KindPlaintext}
	row := func(count uint64, fell, last int) DowngradeRow {
		return DowngradeRow{
			DowngradeKey: key, Class: "public", From: "TLSv1.3", To: "plaintext", Count: count, TLSMessages: count * 10, LastTLS: at(fell - 1),
			PlaintextMessages: count, FirstPlaintext: new(at(fell)), Last: at(last),
		}
	}
	first, second := row(2, 10, 90), row(3, 50, 60) // the first one lasted longer
	second.Recovered = new(at(70))
	third := row(1, 70, 70)
	third.Kind, third.FirstPlaintext, third.FirstLower = KindVersion, nil, third.FirstPlaintext
	totals := []DowngradeTotalRow{{Inbound, KindPlaintext, 4}}
	a := &Snapshot{Schema: Schema, Downgrades: []DowngradeRow{first}, DowngradeTotals: totals}
	b := &Snapshot{Schema: Schema, Downgrades: []DowngradeRow{second, third}, DowngradeTotals: totals}
	want := second
	want.Count = 5
	for _, sum := range []*Snapshot{added(t, a, b), added(t, b, a)} {
		if diff := cmp.Diff([]DowngradeRow{want, third}, sum.Downgrades); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]DowngradeTotalRow{{Inbound, KindPlaintext, 8}}, sum.DowngradeTotals); diff != "" {
			t.Errorf("totals (-want +got):\n%s", diff)
		}
	}
}

// TestAddHugeCounts does not overflow, whatever a file says.
func TestAddHugeCounts(t *testing.T) {
	huge := &Snapshot{
		Schema: Schema, Lines: Lines{Total: math.MaxUint64}, Auth: []AuthRow{{"smtpd", math.MaxUint64}},
		Peers: []PeerRow{{Direction: Inbound, Peer: "a", TLS: Counts{{"failed", math.MaxUint64 - 1}}}},
		TimeSeries: []TimeRow{
			{TimeKey{Start: start.AddDate(-100, 0, 0), Step: StepHour}, maxCount, 1},
			{TimeKey{Start: start.AddDate(-100, 0, 1), Step: StepHour}, maxCount, 2},
			{TimeKey{Start: start, Step: StepHour}, 1, 1},
		},
	}
	sum := added(t, huge, huge, huge)
	year := sum.TimeSeries[0]
	if sum.Lines.Total != maxCount || sum.Auth[0].Count != maxCount || sum.Peers[0].TLS.Of("failed") != maxCount || year.Sessions != maxCount || year.Messages != 9 {
		t.Errorf("%+v", sum)
	}
}

// TestAddAllCounts adds what a Tally has no easy way to come to.
func TestAddAllCounts(t *testing.T) {
	var s, want Snapshot
	for i, fields := range []struct{ one, two reflect.Value }{
		{reflect.ValueOf(&s.Lines).Elem(), reflect.ValueOf(&want.Lines).Elem()},
		{reflect.ValueOf(&s.Evicted).Elem(), reflect.ValueOf(&want.Evicted).Elem()},
	} {
		for j := range fields.one.NumField() {
			n := uint64(i*100 + j + 1)
			fields.one.Field(j).SetUint(n)
			fields.two.Field(j).SetUint(2 * n)
		}
	}
	sum := added(t, &s, &s)
	if sum.Lines != want.Lines || sum.Evicted != want.Evicted {
		t.Errorf("%+v and %+v, want %+v and %+v", sum.Lines, sum.Evicted, want.Lines, want.Evicted)
	}
}

// TestAddKeepsAllFields adds a snapshot in which nothing is zero to nothing.
func TestAddKeepsAllFields(t *testing.T) {
	want := new(Snapshot)
	fillAll(reflect.ValueOf(want).Elem())
	want.TimeSeries[0].Start, want.TimeSeries[0].Step = start, StepHour
	sum := added(t, want)
	if diff := cmp.Diff(want, sum, cmpopts.IgnoreFields(Snapshot{}, "Hints")); diff != "" {
		t.Errorf("(-added +sum):\n%s", diff)
	}
}

// fillAll sets all fields, and makes one row of each kind.
func fillAll(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(start))
			return
		}
		for _, field := range v.Fields() {
			fillAll(field)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillAll(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillAll(v.Index(0))
	case reflect.String:
		v.SetString("x")
	case reflect.Uint64:
		v.SetUint(1)
	case reflect.Int:
		v.SetInt(1)
	default:
		panic(v.Kind().String())
	}
}

// TestAddMany adds a thousand reports whose peers are partly the same.
func TestAddMany(t *testing.T) {
	sum, want := new(Snapshot), uint64(0)
	for i := range 1000 {
		tally := New(Options{PeerLimit: 1000, LabelName: "host"})
		for j := range 20 {
			tally.Session(plain(client(fmt.Sprintf("peer%d.example.net", (i*7+j*13)%5000), "192.0.2.1"), time.Duration(i)*time.Hour))
			want++
		}
		if err := sum.Add(snapshot(tally)); err != nil {
			t.Fatal(err)
		}
	}
	sessions, _ := totals(sum)
	var peers uint64
	for _, n := range peerSessions(sum) {
		peers += n
	}
	if sessions != want || peers != want || !ascending(sum.Peers, PeerRow.order) {
		t.Errorf("%d sessions, %d of peers, want %d", sessions, peers, want)
	}
}
