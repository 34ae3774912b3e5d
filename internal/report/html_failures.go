package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// exampleLimit is the longest example on a page, in letters.
const exampleLimit = 240

// failures are handshakes that came to nothing: why, what to do about it, and with whom.
func (d *document) failures() *section {
	sec := &section{ID: "failures", Title: "Failed handshakes"}
	for i, direction := range [...]string{tally.Inbound, tally.Outbound} {
		w := &directionWords[i]
		sec.add(d.failureReasons(direction, w))
		sec.add(d.peerFailures(direction, w.title+": "+w.failingPeers))
	}
	sec.add(d.domainFailures())
	if len(sec.Tables) == 0 {
		sec.Words = []string{"None in this log."}
		return sec
	}
	sec.Advice = adviceOf(d.snapshot)
	return sec
}

func adviceOf(s *tally.Snapshot) (out []advised) {
	for _, a := range Advice(s) {
		out = append(out, advised{Clean(a.Direction + ": " + a.Reason), thousands(a.Count), a.Meaning, pieces(a.Advice)})
	}
	return out
}

func (d *document) failureReasons(direction string, w *words) *webTable {
	type key struct{ service, result, reason string }
	type row struct {
		key
		all, public uint64
	}
	rows := map[key]*row{}
	for _, r := range d.snapshot.Failures {
		if r.Direction != direction {
			continue
		}
		k := key{r.Service, r.Result, r.Reason}
		if rows[k] == nil {
			rows[k] = &row{key: k}
		}
		rows[k].all += r.Count
		if r.Class == "public" {
			rows[k].public += r.Count
		}
	}
	order := slices.SortedFunc(maps.Values(rows), func(a, b *row) int {
		return cmp.Or(-cmp.Compare(a.all, b.all), cmp.Compare(a.service, b.service), cmp.Compare(a.result, b.result), cmp.Compare(a.reason, b.reason))
	})
	return newTable(d, w.title+": "+w.failures, columns("Reason", "Service", "Result (RFC 8460)", ">count", ">with public peers", "+Meaning"), order, func(r *row) []string {
		return []string{r.reason, r.service, r.result, thousands(r.all), thousands(r.public), w.reasons[r.reason]}
	})
}

// A namedFailure is a failure of a peer or domain.
type namedFailure struct {
	name, class string
	*tally.PeerFailure
}

func (f namedFailure) compare(o namedFailure) int {
	return cmp.Or(-cmp.Compare(public(f.class), public(o.class)), -cmp.Compare(f.Count, o.Count), cmp.Compare(f.name, o.name),
		cmp.Compare(f.class, o.class), cmp.Compare(f.Result, o.Result), cmp.Compare(f.Reason, o.Reason))
}

func (f namedFailure) cells() []string {
	return []string{f.name, f.class, f.Result, f.Reason, thousands(f.Count), minute(&f.Last), shorten(f.Example, exampleLimit)}
}

func failureColumns(name string) []webColumn {
	return columns("#"+name, "Class", "Result", "Reason", ">count", "@last", "`newest example")
}

func (d *document) peerFailures(direction, caption string) *webTable {
	var rows []namedFailure
	for i := range d.snapshot.Peers {
		if r := &d.snapshot.Peers[i]; r.Direction == direction {
			for j := range r.FailureDetails {
				rows = append(rows, namedFailure{r.Peer, r.Class, &r.FailureDetails[j]})
			}
		}
	}
	slices.SortFunc(rows, namedFailure.compare)
	t := newTable(d, caption, failureColumns("Peer"), rows, namedFailure.cells)
	d.linkPeers(t, func(row int) (string, string) { return direction, rows[row].name })
	return t
}

func (d *document) domainFailures() *webTable {
	var rows []namedFailure
	for i := range d.snapshot.Domains {
		r := &d.snapshot.Domains[i]
		for j := range r.FailureDetails {
			rows = append(rows, namedFailure{r.Domain, r.Class, &r.FailureDetails[j]})
		}
	}
	slices.SortFunc(rows, namedFailure.compare)
	return newTable(d, "Destination domains whose mail was held up by TLS", failureColumns("Domain"), rows, namedFailure.cells)
}

// downgrades are peers that did better before, those on the Internet that have not come back first.
func (d *document) downgrades() *section {
	sec := &section{ID: "downgrades", Title: "Downgrades"}
	rows := make([]*tally.DowngradeRow, 0, len(d.snapshot.Downgrades))
	for i := range d.snapshot.Downgrades {
		rows = append(rows, &d.snapshot.Downgrades[i])
	}
	if len(rows) == 0 {
		sec.Words = []string{"No peer fell back to plaintext, or to a lower TLS version than it had used before."}
		return sec
	}
	slices.SortStableFunc(rows, func(a, b *tally.DowngradeRow) int {
		return cmp.Or(cmp.Compare(recovered(a), recovered(b)), -cmp.Compare(public(a.Class), public(b.Class)),
			cmp.Compare(a.Kind, b.Kind), b.Last.Compare(a.Last))
	})
	sec.Words = []string{
		"Peers that used TLS, or a better version of it, and then did not. Ask their postmaster what has changed: an expired certificate, a new relay, or " +
			"somebody in between who strips STARTTLS.",
	}
	sec.add(d.downgradeTable("Peers that fell back, those that have not come back first", rows))
	return sec
}

func (d *document) downgradeTable(caption string, rows []*tally.DowngradeRow) *webTable {
	return newTable(d, caption,
		columns("#Peer", "Address", "Direction", "Class", "From", "To", ">better messages before", "@last of those", ">messages since", "@first since", "@last since", "@better again", "Log of"), rows,
		func(r *tally.DowngradeRow) []string {
			since, first := r.Since()
			return []string{
				r.Peer, r.Address, r.Direction, r.Class, r.From, r.To, thousands(r.TLSMessages), minute(&r.LastTLS), thousands(since), minute(first), minute(&r.Last),
				notYet(r.Recovered), r.Host,
			}
		})
}

func notYet(t *time.Time) string { return cmp.Or(minute(t), "not yet") }

func recovered(r *tally.DowngradeRow) int {
	if r.Recovered != nil {
		return 1
	}
	return 0
}
