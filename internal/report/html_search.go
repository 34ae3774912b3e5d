package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// A PeersQuery says which peers are wanted, and in which order. The zero value wants all.
type PeersQuery struct {
	Direction string // empty for both
	Class     string // empty for all
	Text      string // a part of the name, in any case
	Sort      string // one of peerOrders; empty: messages
	Page      int    // from 1
}

// peersPerPage is how many peers a page has, and maxQueryText the longest text that is looked for, in bytes.
const (
	peersPerPage = 100
	maxQueryText = 255
)

// peerOrders are the ways to sort peers, the greatest first.
var peerOrders = []struct {
	name, title string
	count       func(*tally.PeerRow) uint64
}{
	{"messages", "most messages", allMessages},
	{"sessions", "most sessions", func(r *tally.PeerRow) uint64 { return r.Sessions }},
	{"plaintext", "most messages in plaintext", plaintextMessages},
	{"old", "most sessions below TLS 1.2", oldSessions},
	{"failures", "most failed handshakes", failedHandshakes},
	{"last", "seen last", func(r *tally.PeerRow) uint64 { return uint64(max(r.Last.Unix(), 0)) }},
	{"name", "name", func(*tally.PeerRow) uint64 { return 0 }},
}

// peerClasses are those that a peer can have; "other" has none.
var peerClasses = []string{"public", "private", "loopback", "unix", "unknown"}

// ErrQuery is wrapped by errors about a query that nobody can have got from a link or form of ours.
var ErrQuery = errors.New("this is not a query")

// ParsePeersQuery reads the parameters direction, class, q, sort and page. An unknown parameter is no error, an unknown value is: it wraps ErrQuery.
func ParsePeersQuery(values url.Values) (PeersQuery, error) {
	q := PeersQuery{
		Direction: values.Get("direction"), Class: values.Get("class"), Text: strings.TrimSpace(values.Get("q")), Sort: values.Get("sort"), Page: 1,
	}
	switch {
	case q.Direction != "" && q.Direction != tally.Inbound && q.Direction != tally.Outbound:
		return q, fmt.Errorf("%w: direction is inbound or outbound", ErrQuery)
	case q.Class != "" && !slices.Contains(peerClasses, q.Class):
		return q, fmt.Errorf("%w: class is one of %s", ErrQuery, strings.Join(peerClasses, ", "))
	case q.Sort != "" && q.order() < 0:
		return q, fmt.Errorf("%w: peers cannot be sorted by this", ErrQuery)
	case len(q.Text) > maxQueryText:
		return q, fmt.Errorf("%w: no name is as long as this", ErrQuery)
	}
	if page := values.Get("page"); page != "" {
		n, err := strconv.Atoi(page)
		if err != nil || n < 1 || n > 1e6 {
			return q, fmt.Errorf("%w: page is a number from 1 on", ErrQuery)
		}
		q.Page = n
	}
	return q, nil
}

func (q *PeersQuery) order() int {
	for i := range peerOrders {
		if peerOrders[i].name == cmp.Or(q.Sort, "messages") {
			return i
		}
	}
	return -1
}

// path leads to a page of the same query.
func (q *PeersQuery) path(page int) string {
	values := url.Values{}
	for name, value := range map[string]string{"direction": q.Direction, "class": q.Class, "q": q.Text, "sort": q.Sort} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if page > 1 {
		values.Set("page", strconv.Itoa(page))
	}
	if len(values) == 0 {
		return PeersPath
	}
	return PeersPath + "?" + values.Encode()
}

// find returns the peers that are wanted, in order.
func (q *PeersQuery) find(s *tally.Snapshot) []*tally.PeerRow {
	count := peerOrders[max(q.order(), 0)].count
	text := strings.ToLower(q.Text)
	var out []*tally.PeerRow
	for i := range s.Peers {
		r := &s.Peers[i]
		if (q.Direction == "" || r.Direction == q.Direction) && (q.Class == "" || r.Class == q.Class) && strings.Contains(strings.ToLower(r.Peer), text) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *tally.PeerRow) int {
		return cmp.Or(-cmp.Compare(count(a), count(b)), cmp.Compare(a.Peer, b.Peer), cmp.Compare(a.Direction, b.Direction))
	})
	return out
}

// A search is the form of the page of all peers, and the way to its neighbours.
type search struct {
	Query              PeersQuery
	Directions         []choice
	Classes            []choice
	Orders             []choice
	Found              string
	Previous, Next     string
	MaxText, PageCount int
}

type choice struct {
	Value, Title string
	Selected     bool
}

// PeersHTML writes the page of all peers that are asked for, 100 at a time. Past the last page comes the last page.
func PeersHTML(w io.Writer, s *tally.Snapshot, q PeersQuery, o HTMLOptions) error {
	d, err := newDocument("Peers", o)
	if err != nil {
		return err
	}
	d.snapshot, d.top = s, peersPerPage
	d.State = d.liveState(false)
	found := q.find(s)
	pages := max((len(found)+peersPerPage-1)/peersPerPage, 1)
	q.Page = min(max(q.Page, 1), pages)
	shown := found[(q.Page-1)*peersPerPage : min(q.Page*peersPerPage, len(found))]
	d.Search = q.search(len(found), pages)
	caption := "Peers, page " + strconv.Itoa(q.Page) + " of " + strconv.Itoa(pages)
	if t := d.allPeers(caption, shown); t != nil {
		d.Parts = append(d.Parts, &section{ID: "found", Title: "Found", Tables: []*webTable{t}})
	}
	return d.write(w, "peers")
}

func (q *PeersQuery) search(found, pages int) *search {
	v := &search{Query: *q, Found: thousands(uint64(found)) + " peers", MaxText: maxQueryText, PageCount: pages}
	v.Query.Text = Clean(q.Text)
	for _, direction := range []string{"", tally.Inbound, tally.Outbound} {
		v.Directions = append(v.Directions, choice{direction, cmp.Or(direction, "both"), direction == q.Direction})
	}
	for _, class := range append([]string{""}, peerClasses...) {
		v.Classes = append(v.Classes, choice{class, cmp.Or(class, "all"), class == q.Class})
	}
	for i, order := range peerOrders {
		v.Orders = append(v.Orders, choice{order.name, order.title, i == max(q.order(), 0)})
	}
	if q.Page > 1 {
		v.Previous = q.path(q.Page - 1)
	}
	if q.Page < pages {
		v.Next = q.path(q.Page + 1)
	}
	return v
}

func (d *document) allPeers(caption string, rows []*tally.PeerRow) *webTable {
	t := newTable(d, caption, columns("#Peer", "Direction", "Class", ">messages", ">plaintext", ">sessions", ">failed handshakes", "+sessions by version", "@last seen"), rows,
		func(r *tally.PeerRow) []string {
			return []string{
				r.Peer, r.Direction, r.Class, thousands(r.Messages), thousands(plaintextMessages(r)), thousands(r.Sessions), thousands(failedHandshakes(r)),
				counts(stateSums(r.TLS, r.Protocols)), minute(&r.Last),
			}
		})
	d.linkPeers(t, func(row int) (string, string) { return rows[row].Direction, rows[row].Peer })
	return t
}
