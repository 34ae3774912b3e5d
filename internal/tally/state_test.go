package tally

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// encodings write a state and read it again.
var encodings = map[string]func(*testing.T, *State) *State{"gob": throughGob, "JSON": throughJSON}

func throughGob(t *testing.T, s *State) *State {
	t.Helper()
	var file bytes.Buffer
	out := new(State)
	if err := errors.Join(gob.NewEncoder(&file).Encode(s), gob.NewDecoder(&file).Decode(out)); err != nil {
		t.Fatal(err)
	}
	return out
}

func throughJSON(t *testing.T, s *State) *State {
	t.Helper()
	text, err := json.Marshal(s)
	out := new(State)
	if err := errors.Join(err, json.Unmarshal(text, out)); err != nil {
		t.Fatal(err)
	}
	return out
}

func restored(t *testing.T, s *State, opts Options) (*Tally, Dropped) {
	t.Helper()
	tally, dropped, err := Restore(s, opts)
	if err != nil {
		t.Fatal(err)
	}
	return tally, dropped
}

// traveler makes records at random, of more peers and domains than there are places, at times that mostly go on.
type traveler struct {
	*rand.Rand
	peers []*parser.Peer
	at    time.Duration
}

func newTraveler(seed uint64) *traveler {
	r := &traveler{Rand: rand.New(rand.NewPCG(seed, 0))}
	for i := range 30 {
		p := client(fmt.Sprintf("peer%d.example.net", i), fmt.Sprintf("192.0.2.%d", i))
		p.Class = parser.Class(i % 3)
		r.peers = append(r.peers, p)
	}
	r.peers = append(r.peers,
		client(Other, "192.0.2.40"), client(strings.Repeat("a", maxLabel+1), "192.0.2.41"), client("unknown", "2001:db8::1"),
		&parser.Peer{Name: "mail.example.com", Path: "private/\xff", Class: parser.ClassUnix})
	return r
}

// next returns what counts a record; it can be done to several tallies.
func (r *traveler) next() func(*Tally) {
	r.at += time.Duration(r.IntN(10_000)) * time.Millisecond
	s := r.session(r.peers[r.IntN(len(r.peers))], r.at-time.Duration(r.IntN(30))*time.Second)
	domain := fmt.Sprintf("domain%d.example.org", r.IntN(20))
	switch r.IntN(7) {
	case 0, 1:
		return func(t *Tally) { t.Session(s) }
	case 2:
		return func(t *Tally) { t.Queued(message(s)) }
	case 3:
		return func(t *Tally) { t.Session(outbound(s)) }
	case 4:
		d := delivered(outbound(s), domain)
		d.First, d.Status = r.IntN(2) == 0, []string{"sent", "sent", "deferred"}[r.IntN(3)]
		if d.Status != "sent" {
			d.Failure = s.Failure
		}
		return func(t *Tally) { t.Delivered(d) }
	case 5:
		d := refused(domain, r.at, parser.ResultDANERequired, []string{parser.ReasonTLSAMissing, parser.ReasonNotDNSSEC}[r.IntN(2)])
		return func(t *Tally) { t.Delivered(d) }
	default:
		result := &parser.TLSRPT{Service: services["smtp"], Domain: domain, Result: []string{"success", parser.ResultSTARTTLSNotSupported}[r.IntN(2)]}
		return func(t *Tally) { t.TLSRPT(result) }
	}
}

func (r *traveler) session(p *parser.Peer, at time.Duration) *parser.Session {
	s := plain(p, at)
	switch r.IntN(4) {
	case 0:
		s = failed(p, at, []string{parser.ReasonTimeout, parser.ReasonNoSharedCipher, parser.ReasonOther}[r.IntN(3)])
	case 1, 2:
		s = encrypted(p, at, []string{"1.3", "1.2", "1.0"}[r.IntN(3)])
	}
	s.Service, s.Messages = services[[]string{"smtpd", "submission", "out"}[r.IntN(3)]], r.IntN(2)
	if r.IntN(5) == 0 {
		s.Auth.Method, s.Auth.Username = "PLAIN", fmt.Sprintf("user%d@example.com", r.IntN(20))
	}
	return s
}

// TestRestore stops at random moments, and goes on from what was saved. It ends where the tally ends that never stopped.
func TestRestore(t *testing.T) {
	for name, opts := range map[string]Options{
		"idle peers replaced": {PeerLimit: 7, PeerIdle: time.Minute}, "few places": {PeerLimit: 7}, "no places": {},
		"places for all": {PeerLimit: 1000, PeerIdle: time.Minute}, "domains": {PeerLimit: 7, PeerIdle: time.Minute, Label: DomainLabel, LabelName: "domain"},
		"no labels": {PeerLimit: 7, Label: NoLabel, LabelName: "none"},
	} {
		for encoding, through := range encodings {
			for seed := range uint64(3) {
				whole, parts, r := New(opts), New(opts), newTraveler(seed)
				for range 1500 {
					count := r.next()
					count(whole)
					count(parts)
					if r.IntN(100) == 0 {
						var dropped Dropped
						if parts, dropped = restored(t, through(t, parts.State()), opts); dropped != (Dropped{}) {
							t.Errorf("%s, %s, seed %d: %+v", name, encoding, seed, dropped)
						}
					}
				}
				same(t, fmt.Sprintf("%s, %s, seed %d", name, encoding, seed), whole, parts)
				if opts.PeerLimit == 7 && opts.PeerIdle > 0 && opts.LabelName == "" {
					if s := snapshot(whole); s.Evicted.Peers == 0 || s.Evicted.Domains == 0 || peerSessions(s)[Other] == 0 {
						t.Errorf("seed %d tests nothing: evicted %+v, %d sessions of other", seed, s.Evicted, peerSessions(s)[Other])
					}
				}
			}
		}
	}
}

// same compares what two tallies tell, and how they will go on.
func same(t *testing.T, what string, want, got *Tally) {
	t.Helper()
	a, b := snapshot(want), snapshot(got)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("%s (-uninterrupted +restored):\n%s", what, diff)
	}
	wantText, err := json.Marshal(a) // tells time zones apart
	gotText, err2 := json.Marshal(b)
	if err := errors.Join(err, err2); err != nil || !bytes.Equal(wantText, gotText) {
		t.Errorf("%s: %v, as JSON it is\n%s, want\n%s", what, err, gotText, wantText)
	}
	if diff := cmp.Diff(want.State(), got.State(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: states (-uninterrupted +restored):\n%s", what, diff)
	}
}

// TestStateIsIndependent counts on, and the state stays as it was; so does one that a tally was restored from.
func TestStateIsIndependent(t *testing.T) {
	tally := New(Options{PeerLimit: 10})
	fill(tally)
	fillOutbound(tally)
	s, want := tally.State(), tally.State()
	again, _ := restored(t, s, Options{PeerLimit: 10})
	for _, tally := range []*Tally{tally, again} {
		fill(tally)
		fillOutbound(tally)
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// savedState is the saved form, which older and newer programs read. Who changes it changes stateVersion, or makes sure that they can.
const savedState = `{"version":2,"label_name":"host","hosts":["mx1"],"counters":[` +
	`{"direction":"inbound","instance":"postfix","service":"smtpd","class":"public","tls":"failed","sessions":3,"with_mail":1,"messages":2},` +
	`{"direction":"outbound","instance":"postfix","service":"smtp","class":"private","tls":"established","protocol":"TLSv1.3",` +
	`"cipher":"TLS_AES_256_GCM_SHA384","sessions":0,"with_mail":0,"messages":5}],` +
	`"deliveries":[{"instance":"postfix","service":"smtp","program":"smtp","class":"private","tls":"established","protocol":"TLSv1.3",` +
	`"trust":"Trusted","policy":"may","requiretls":"requiretls","status":"sent","count":4,"recipients":5}],` +
	`"failures":[{"direction":"inbound","service":"smtpd","class":"public","result":"validation-failure","reason":"timeout","count":3}],` +
	`"key_exchanges":[{"direction":"inbound","group":"x25519","count":6}],"tlsrpt":[{"domain":"example.net","result":"success","count":7}],` +
	`"plaintext_auth":[{"service":"submission","count":8}],` +
	`"inbound":{"places":[{"label":"b.example.net","class":"public","counts":[{"counter":0,"sessions":1,"messages":2,` +
	`"first":"2026-11-22T04:00:00Z","last":"2026-11-22T04:00:02Z","last_message":"2026-11-22T04:00:01Z"}],` +
	`"failures":[{"result":"validation-failure","reason":"timeout","count":1,"last":"2026-11-22T04:00:00Z","example":"Connection timed out"}],` +
	`"trust":{},"policies":{},"relays":null,"first":"2026-11-22T04:00:00Z","last":"2026-11-22T04:00:02Z","last_tls":"0001-01-01T00:00:00Z","last_plaintext":"2026-11-22T04:00:01Z"}],` +
	`"other":{"label":"other","class":"public","counts":[{"counter":0,"sessions":1,"messages":0,` +
	`"first":"2026-11-22T04:00:00Z","last":"2026-11-22T04:00:00Z","last_message":"0001-01-01T00:00:00Z"}],` +
	`"failures":[{"result":"validation-failure","reason":"timeout","count":1,"last":"2026-11-22T04:00:00Z"}],"trust":{},"policies":{},"relays":null,` +
	`"first":"2026-11-22T04:00:00Z","last":"2026-11-22T04:00:00Z","last_tls":"0001-01-01T00:00:00Z","last_plaintext":"0001-01-01T00:00:00Z"},` +
	`"evicted":9},` +
	`"outbound":{"places":[],"other":{"label":"other","class":"unknown","counts":[],"failures":null,"trust":{},"policies":{},"relays":null,"first":"0001-01-01T00:00:00Z",` +
	`"last":"0001-01-01T00:00:00Z","last_tls":"0001-01-01T00:00:00Z","last_plaintext":"0001-01-01T00:00:00Z"},"evicted":0},` +
	`"domains":{"places":[{"label":"example.net","class":"private","counts":[{"counter":1,"sessions":0,"messages":5,` +
	`"first":"2026-11-22T04:00:03Z","last":"2026-11-22T04:00:03Z","last_message":"2026-11-22T04:00:03Z"}],"failures":null,` +
	`"trust":{"Trusted":5},"policies":{"may":5},"relays":["mx.example.net"],"first":"2026-11-22T04:00:03Z","last":"2026-11-22T04:00:03Z","last_tls":"2026-11-22T04:00:03Z","last_plaintext":"0001-01-01T00:00:00Z"}],` +
	`"other":{"label":"other","class":"unknown","counts":[],"failures":null,"trust":{},"policies":{},"relays":null,"first":"0001-01-01T00:00:00Z",` +
	`"last":"0001-01-01T00:00:00Z","last_tls":"0001-01-01T00:00:00Z","last_plaintext":"0001-01-01T00:00:00Z"},"evicted":1},` +
	`"users":{"places":[{"label":"u@example.com","class":"public","counts":[{"counter":0,"sessions":0,"messages":1,` +
	`"first":"2026-11-22T04:00:01Z","last":"2026-11-22T04:00:01Z","last_message":"2026-11-22T04:00:01Z"}],"failures":null,"trust":{},"policies":{},"relays":null,` +
	`"first":"2026-11-22T04:00:01Z","last":"2026-11-22T04:00:01Z","last_tls":"0001-01-01T00:00:00Z","last_plaintext":"0001-01-01T00:00:00Z"}],` +
	`"other":{"label":"other","class":"unknown","counts":[],"failures":null,"trust":{},"policies":{},"relays":null,"first":"0001-01-01T00:00:00Z",` +
	`"last":"0001-01-01T00:00:00Z","last_tls":"0001-01-01T00:00:00Z","last_plaintext":"0001-01-01T00:00:00Z"},"evicted":2},` +
	`"times":{"rows":[{"start":"2026-11-22T04:00:00Z","step":"hour","direction":"inbound","class":"public","tls":"failed","sessions":3,"messages":2}],` +
	`"latest":498700,"evicted":3},` +
	`"tracks":{"tracks":[{"host":"mx1","direction":"outbound","name":"mx.example.net","address":"10.0.0.25","class":"private",` +
	`"tls":{"rank":1,"name":"plaintext","run":1,"last":"2026-11-22T04:00:05Z","need":3,"counts":[0,1,5,0,0,0,0],` +
	`"down":{"count":1,"from_rank":2,"from":"TLSv1.3",` +
	`"to_rank":1,"to":"plaintext","before":5,"since":1,"last_tls":"2026-11-22T04:00:03Z","first":"2026-11-22T04:00:05Z",` +
	`"last":"2026-11-22T04:00:05Z","recovered":"0001-01-01T00:00:00Z"}},` +
	`"version":{"rank":6,"name":"TLSv1.3","run":5,"last":"2026-11-22T04:00:03Z","need":3,"counts":[0,0,0,0,0,0,5],"down":null}}],` +
	`"totals":[{"direction":"outbound","kind":"plaintext","count":4}],"evicted":5}}`

// savedSnapshot is what savedState tells.
func savedSnapshot() *Snapshot {
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	bad := SessionKey{"inbound", "postfix", "smtpd", "public", "failed", "", ""}
	combination := CountKey{"postfix", "smtpd", "public", "failed", "", ""}
	return &Snapshot{
		Schema: 1, By: "host", Hosts: []string{"mx1"}, Sessions: []SessionRow{{bad, 3, 1}},
		Messages: []MessageRow{{bad, 2}, {SessionKey{"outbound", "postfix", "smtp", "private", "established", "TLSv1.3", "TLS_AES_256_GCM_SHA384"}, 5}},
		Deliveries: []DeliveryRow{
			{DeliveryKey{"postfix", "smtp", "smtp", "private", "established", "TLSv1.3", "Trusted", "may", "requiretls", "sent"}, 4, 5},
		},
		Peers: []PeerRow{
			{
				Direction: "inbound", Peer: "b.example.net", Class: "public", Sessions: 1, Messages: 2, TLS: Counts{{"failed", 1}},
				MessagesTLS: Counts{{"failed", 2}}, Failures: Counts{{"timeout", 1}}, First: at(0), Last: at(2), LastPlain: new(at(1)),
				Combinations:   []PeerCount{{combination, 1, 2, at(0), at(2), new(at(1))}},
				FailureDetails: []PeerFailure{{"validation-failure", "timeout", 1, at(0), "Connection timed out"}},
			},
			{
				Direction: "inbound", Peer: "other", Sessions: 1, TLS: Counts{{"failed", 1}}, Failures: Counts{{"timeout", 1}},
				First: at(0), Last: at(0), Combinations: []PeerCount{{combination, 1, 0, at(0), at(0), nil}},
				FailureDetails: []PeerFailure{{"validation-failure", "timeout", 1, at(0), ""}},
			},
		},
		Domains: []DomainRow{{
			Domain: "example.net", Class: "private", Recipients: 5, TLS: Counts{{"established", 5}}, Protocols: Counts{{"TLSv1.3", 5}},
			Trust: Counts{{"Trusted", 5}}, Policies: Counts{{"may", 5}}, Relays: []string{"mx.example.net"},
			First: at(3), Last: at(3), LastTLS: new(at(3)), FailureDetails: []PeerFailure{},
		}},
		Users: []UserRow{{
			User: "u@example.com", Messages: 1, TLS: Counts{{"failed", 1}}, First: at(1), Last: at(1),
			Combinations: []PeerCount{{combination, 0, 1, at(1), at(1), new(at(1))}},
		}},
		TimeSeries: []TimeRow{{TimeKey{start, StepHour, "inbound", "public", "failed", ""}, 3, 2}},
		Downgrades: []DowngradeRow{{
			DowngradeKey: DowngradeKey{"mx1", "outbound", "mx.example.net", "10.0.0.25", KindPlaintext}, Class: "private", From: "TLSv1.3", To: "plaintext",
			Count: 1, TLSMessages: 5, LastTLS: at(3), PlaintextMessages: 1, FirstPlaintext: new(at(5)), Last: at(5),
		}},
		DowngradeTotals: []DowngradeTotalRow{{"outbound", KindPlaintext, 4}},
		Failures:        []FailureRow{{FailureKey{"inbound", "smtpd", "public", "validation-failure", "timeout"}, 3}},
		KeyExchanges:    []KeyExchangeRow{{KeyExchangeKey{"inbound", "x25519"}, 6}}, TLSRPT: []TLSRPTRow{{TLSRPTKey{"example.net", "success"}, 7}},
		Auth: []AuthRow{{"submission", 8}}, Evicted: Evicted{Peers: 9, Domains: 1, Users: 2, TimeRows: 3, Tracks: 5}, Unrecognized: []UnrecognizedRow{},
		Hints: []Hint{{"plaintext_auth", "submission: 8 sessions sent a password without TLS; set smtpd_tls_auth_only = yes"}},
	}
}

// TestStateForm reads and writes the saved form.
func TestStateForm(t *testing.T) {
	var s State
	if err := json.Unmarshal([]byte(savedState), &s); err != nil {
		t.Fatal(err)
	}
	tally, _ := restored(t, &s, Options{PeerLimit: 10, LabelName: "host"})
	if diff := cmp.Diff(savedSnapshot(), snapshot(tally)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text, err := json.Marshal(tally.State()); err != nil || string(text) != savedState {
		t.Errorf("%v, the form is\n%s, want\n%s", err, text, savedState)
	}
}

// TestRestoreFullTally saves one that has reached the bound of each kind of row. Bounds are the same on both sides.
func TestRestoreFullTally(t *testing.T) {
	opts := Options{PeerLimit: 2}
	whole := New(opts)
	p := client("a.example.net", "192.0.2.1")
	count := func(tally *Tally, from, to int) {
		for i := from; i < to; i++ {
			word := fmt.Sprint("made up ", i)
			svc := &parser.Service{Host: word, Instance: "postfix", Name: word, Program: "smtp"}
			for class := range parser.NumClasses {
				p := *p
				p.Class = parser.Class(class)
				s := outbound(encrypted(&p, time.Minute, "1.3"))
				s.Service, s.TLS = svc, &parser.TLS{Protocol: "TLSv1.3", Cipher: word, KeyExchange: word}
				tally.Session(s)
				s.Direction, s.State, s.TLS = parser.Inbound, parser.TLSFailed, nil
				for _, reason := range parser.FailureReasons() {
					s.Failure = &parser.Failure{Result: parser.ResultValidationFailure, Reason: reason}
					tally.Session(s)
				}
				d := delivered(s, word)
				d.Status, d.State = word, parser.TLSState(i%parser.NumTLSStates)
				tally.Delivered(d)
			}
			inClear := plain(p, time.Minute)
			inClear.Service, inClear.Auth.Method = svc, "PLAIN"
			tally.Session(inClear)
			tally.TLSRPT(&parser.TLSRPT{Service: svc, Domain: word, Result: word})
		}
	}
	count(whole, 0, maxRows+maxResults+10)
	parts, _ := restored(t, whole.State(), opts)
	count(whole, maxRows, maxRows+1000)
	count(parts, maxRows, maxRows+1000)
	s := whole.State()
	want, err := json.Marshal(s)
	got, err2 := json.Marshal(parts.State())
	if err := errors.Join(err, err2); err != nil || !bytes.Equal(want, got) {
		t.Errorf("%v, or the restored tally went on in another way", err)
	}
	for kind, n := range map[string]int{
		"hosts": len(s.Hosts), "counters": len(s.Counters), "deliveries": len(s.Deliveries), "failures": len(s.Failures),
		"key exchanges": len(s.KeyExchanges), "TLSRPT": len(s.TLSRPT),
	} {
		if n < maxRows || n > maxRows+maxOthers {
			t.Errorf("%d %s, want %d and a few", n, kind, maxRows)
		}
	}
}

// sharedPast counts a, b, c and a again, a minute apart.
func sharedPast(opts Options) *Tally {
	tally := New(opts)
	for i, name := range []string{"a.example.net", "b.example.net", "c.example.net", "a.example.net"} {
		s := encrypted(client(name, "192.0.2.1"), time.Duration(i)*time.Minute, "1.3")
		tally.Session(s)
		tally.Queued(message(s))
		tally.Delivered(delivered(outbound(s), name))
	}
	return tally
}

type optionsTest struct {
	name           string
	before, after  Options
	dropped        Dropped
	peers, domains map[string]uint64 // sessions inbound, recipients
	then           map[string]uint64 // sessions inbound, with that of a newcomer when a was silent for an hour, and b for longer
}

// TestRestoreWithOtherOptions keeps totals, and gives no peer more than it had.
func TestRestoreWithOtherOptions(t *testing.T) {
	type counts = map[string]uint64
	const a, b, newcomer = "a.example.net", "b.example.net", "new.example.com"
	all, most, rest := counts{a: 2, b: 1, Other: 1}, counts{a: 2, Other: 1}, counts{Other: 1}
	allMore, mostMore, restMore := counts{a: 2, b: 1, Other: 2}, counts{a: 2, Other: 2}, counts{Other: 2}
	one, none := Dropped{Peers: 2, Domains: 1}, Dropped{Peers: 4, Domains: 2}
	two, idle := Options{PeerLimit: 2, LabelName: "host"}, Options{PeerLimit: 2, LabelName: "host", PeerIdle: time.Hour}
	with := func(opts Options, limit int) Options {
		opts.PeerLimit = limit
		return opts
	}
	byDomain, byNothing := Options{PeerLimit: 2, Label: DomainLabel, LabelName: "domain"}, Options{PeerLimit: 2, Label: NoLabel, LabelName: "none"}
	for _, test := range []optionsTest{
		{"the same", two, two, Dropped{}, all, all, allMore},
		{"more places", two, with(two, 3), Dropped{}, all, all, counts{a: 2, b: 1, newcomer: 1, Other: 1}},
		{"one place", idle, with(idle, 1), one, most, most, counts{newcomer: 1, Other: 1}},
		{"one place, without an order of silence", two, with(two, 1), one, most, most, mostMore},
		{"no places", idle, with(idle, 0), none, rest, rest, restMore},
		{"fewer than none", idle, with(idle, -1), none, rest, rest, restMore},
		{"idle peers are now replaced", two, idle, Dropped{}, all, all, counts{a: 2, newcomer: 1, Other: 1}},
		{"and no longer", idle, two, Dropped{}, all, all, allMore},
		{"another label", two, byDomain, Dropped{Relabeled: true, Peers: 4}, rest, all, counts{"example.com": 1, Other: 1}},
		{"no labels", two, byNothing, Dropped{Relabeled: true, Peers: 4, Domains: 2}, counts{}, counts{}, counts{}},
		{"no labels, by the same name", two, Options{PeerLimit: 2, Label: NoLabel, LabelName: "host"}, none, counts{}, counts{}, counts{}},
	} {
		test.check(t)
	}
}

func (test *optionsTest) check(t *testing.T) {
	t.Helper()
	before := sharedPast(test.before)
	before.peers[parser.Inbound].evicted, before.domains.evicted = 3, 4
	tally, dropped := restored(t, before.State(), test.after)
	if dropped != test.dropped {
		t.Errorf("%s: dropped %+v, want %+v", test.name, dropped, test.dropped)
	}
	got := snapshot(tally)
	if diff := cmp.Diff(snapshot(before), got, cmpopts.IgnoreFields(Snapshot{}, "By", "Peers", "Domains", "Evicted")); diff != "" {
		t.Errorf("%s: totals (-before +after):\n%s", test.name, diff)
	}
	if diff := cmp.Diff(test.peers, inboundSessions(got)); diff != "" {
		t.Errorf("%s: peers (-want +got):\n%s", test.name, diff)
	}
	domains := map[string]uint64{}
	for _, r := range got.Domains {
		domains[r.Domain] = r.Recipients
	}
	if diff := cmp.Diff(test.domains, domains); diff != "" {
		t.Errorf("%s: domains (-want +got):\n%s", test.name, diff)
	}
	want := Evicted{Peers: 3, Domains: 4}
	if test.after.Label == nil { // a bound was reached
		want.Peers, want.Domains = want.Peers+uint64(dropped.Peers), want.Domains+uint64(dropped.Domains)
	}
	if got.Evicted != want {
		t.Errorf("%s: evicted %+v, want %+v", test.name, got.Evicted, want)
	}
	tally.Session(plain(client("new.example.com", "192.0.2.9"), 63*time.Minute))
	if diff := cmp.Diff(test.then, inboundSessions(snapshot(tally))); diff != "" {
		t.Errorf("%s: peers later (-want +got):\n%s", test.name, diff)
	}
}

func inboundSessions(s *Snapshot) map[string]uint64 {
	s.Peers = slices.DeleteFunc(s.Peers, func(r PeerRow) bool { return r.Direction != Inbound })
	return peerSessions(s)
}

// damages make a state of fill and fillOutbound one that no tally can have been.
var damages = map[string]func(s *State){
	"no version":                      func(s *State) { s.Version = 0 },
	"a future version":                func(s *State) { s.Version++ },
	"a counter twice":                 func(s *State) { s.Counters = append(s.Counters, s.Counters[0]) },
	"a counter of no way":             func(s *State) { s.Counters[0].Direction = "sideways" },
	"more with mail than all":         func(s *State) { s.Counters[0].WithMail = s.Counters[0].Sessions + 1 },
	"more messages than there can be": func(s *State) { s.Counters[0].Messages = 1 << 63 },
	"more sessions than there can be": func(s *State) { s.Counters[0].Sessions = 1 << 63 },
	"a service of no text":            func(s *State) { s.Counters[0].Service = "\xff" },
	"counters past the bound": func(s *State) {
		for i := range maxRows + maxOthers {
			s.Counters = append(s.Counters, CounterState{SessionKey: SessionKey{Direction: Inbound, Service: fmt.Sprint(i)}})
		}
	},
	"a delivery twice":               func(s *State) { s.Deliveries = append(s.Deliveries, s.Deliveries[0]) },
	"more transactions than records": func(s *State) { s.Deliveries[0].Count = s.Deliveries[0].Recipients + 1 },
	"a failure twice":                func(s *State) { s.Failures = append(s.Failures, s.Failures[0]) },
	"a group twice":                  func(s *State) { s.KeyExchanges = append(s.KeyExchanges, s.KeyExchanges[0]) },
	"a group of no text":             func(s *State) { s.KeyExchanges[0].Group = "\xff" },
	"a result twice":                 func(s *State) { s.TLSRPT = append(s.TLSRPT, s.TLSRPT[0]) },
	"results past the bound": func(s *State) {
		s.TLSRPT = nil
		for i := range maxRows + maxOthers + 1 {
			s.TLSRPT = append(s.TLSRPT, TLSRPTRow{TLSRPTKey{fmt.Sprint(i), "success"}, 1})
		}
	},
	"a service twice": func(s *State) { s.Auth = append(s.Auth, s.Auth[0]) },
	"a host twice":    func(s *State) { s.Hosts = append(s.Hosts, s.Hosts[0]) },
	"hosts past the bound": func(s *State) {
		for i := range maxHosts {
			s.Hosts = append(s.Hosts, fmt.Sprint(i))
		}
	},
	"a peer twice": func(s *State) {
		s.Inbound.Places = append(s.Inbound.Places, PeerState{Label: "a.example.net", Class: "public"})
	},
	"a peer without label":              func(s *State) { s.Inbound.Places[0].Label = "" },
	"a peer in the place of other":      func(s *State) { s.Outbound.Places[0].Label = Other },
	"a label past the bound":            func(s *State) { s.Inbound.Places[0].Label = strings.Repeat("a", maxLabel+1) },
	"a label of no text":                func(s *State) { s.Inbound.Places[0].Label = "\xff" },
	"a peer without class":              func(s *State) { s.Inbound.Places[0].Class = "" },
	"a domain of a class of the future": func(s *State) { s.Domains.Places[0].Class = "interplanetary" },
	"no such counter":                   func(s *State) { s.Inbound.Places[0].Counts[0].Counter = len(s.Counters) },
	"a counter before the first":        func(s *State) { s.Inbound.Places[0].Counts[0].Counter = -1 },
	"more sessions than all":            func(s *State) { s.Inbound.Places[0].Counts[0].Sessions = 1 << 63 },
	"more messages than all":            func(s *State) { s.Inbound.Places[0].Counts[0].Messages++ },
	"other has more than all":           func(s *State) { s.Inbound.Other.Counts = []PeerCountState{{Sessions: 1 << 63}} },
	"domains have more than all":        func(s *State) { s.Domains.Places = append(s.Domains.Places, renamed(s.Domains.Places[1], "more")) },
	"sessions of the other direction":   func(s *State) { s.Outbound = s.Inbound },
	"a part of a counter twice": func(s *State) {
		p := &s.Inbound.Places[0]
		p.Counts = append(p.Counts, PeerCountState{Counter: p.Counts[0].Counter})
	},
	"a reason twice": func(s *State) {
		s.Inbound.Places[0].Failures = []PeerFailure{{Reason: "timeout"}, {Reason: "timeout", Count: 1}}
	},
	"a reason of no text":    func(s *State) { s.Inbound.Places[0].Failures = []PeerFailure{{Reason: "\xff"}} },
	"reasons past the bound": func(s *State) { s.Inbound.Places[0].Failures = make([]PeerFailure, maxOthers+1) },
	"an example past the bound": func(s *State) {
		s.Inbound.Places[0].Failures = []PeerFailure{{Reason: "timeout", Example: strings.Repeat("a", maxExample+1)}}
	},
	"relays past the bound": func(s *State) { s.Domains.Places[1].Relays = []string{"a", "b", "c", "d", "e"} },
	"relays out of order":   func(s *State) { s.Domains.Places[1].Relays = []string{"b", "a"} },
	"a trust word twice":    func(s *State) { s.Domains.Places[1].Trust = Counts{{"Trusted", 1}, {"Trusted", 1}} },
	"a policy of no text":   func(s *State) { s.Domains.Places[1].Policies = Counts{{"\xff", 1}} },
	"users have more than all": func(s *State) {
		s.Users.Places = []PeerState{{Label: "u", Class: "public", Counts: []PeerCountState{{Messages: 1 << 61}}}}
	},
	"an hour twice":            func(s *State) { s.Times.Rows = append(s.Times.Rows, s.Times.Rows[0]) },
	"half an hour":             func(s *State) { s.Times.Rows[0].Start = start.Add(30 * time.Minute) },
	"an hour after the latest": func(s *State) { s.Times.Latest-- },
	"an hour that is long ago": func(s *State) { s.Times.Rows[0].Start = start.Add(-2 * hourRowsFor) },
	"a step of no name":        func(s *State) { s.Times.Rows[0].Step = "fortnight" },
	"a time of no text":        func(s *State) { s.Times.Rows[0].Protocol = "\xff" },
	"a watched peer twice":     func(s *State) { s.Tracks.Tracks = append(s.Tracks.Tracks, s.Tracks.Tracks[0]) },
	"a watched peer of no way": func(s *State) { s.Tracks.Tracks[0].Direction = "sideways" },
	"a version of the future":  func(s *State) { s.Tracks.Tracks[0].Version.Rank = 99 },
	"a total twice":            func(s *State) { s.Tracks.Totals = slices.Repeat([]DowngradeTotalRow{{Inbound, KindVersion, 1}}, 2) },
	"a total of no kind":       func(s *State) { s.Tracks.Totals = []DowngradeTotalRow{{Inbound, "sideways", 1}} },
}

func TestDamagedState(t *testing.T) {
	opts := Options{PeerLimit: 10}
	for name, damage := range damages {
		tally := New(opts)
		fill(tally)
		fillOutbound(tally)
		s := throughGob(t, tally.State())
		restored(t, s, opts)
		damage(s)
		if _, _, err := Restore(s, opts); !errors.Is(err, ErrState) {
			t.Errorf("%s: error %v, want ErrState", name, err)
		} else if len(err.Error()) > 2000 {
			t.Errorf("%s: the error has %d bytes", name, len(err.Error()))
		}
	}
}

// renamed is a peer of another label with the same counts.
func renamed(p PeerState, label string) PeerState {
	p.Label = label
	return p
}

// FuzzRestore reads what a file might hold. What is taken for a state is bounded, can be counted on with, and saved again.
func FuzzRestore(f *testing.F) {
	opts := Options{PeerLimit: 3, PeerIdle: time.Minute}
	tally, r := New(opts), newTraveler(1)
	for range 40 {
		r.next()(tally)
	}
	for _, s := range []*State{New(opts).State(), tally.State()} {
		var file bytes.Buffer
		if err := gob.NewEncoder(&file).Encode(s); err != nil {
			f.Fatal(err)
		}
		f.Add(file.Bytes())
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var s State
		if gob.NewDecoder(bytes.NewReader(file)).Decode(&s) != nil {
			t.Skip("not gob")
		}
		tally, _, err := Restore(&s, opts)
		if err != nil {
			if !errors.Is(err, ErrState) {
				t.Fatal(err)
			}
			return
		}
		r := newTraveler(2)
		for range 50 {
			r.next()(tally)
		}
		if n := tally.Peers(); n > 2*opts.PeerLimit {
			t.Errorf("%d peers, the limit is %d", n, 2*opts.PeerLimit)
		}
		again, _ := restored(t, tally.State(), opts)
		if diff := cmp.Diff(snapshot(tally), snapshot(again)); diff != "" {
			t.Errorf("(-before +after):\n%s", diff)
		}
	})
}
