package parser

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
)

// ErrState says that a saved state cannot be used: it is damaged, or a later version of the program saved it, or it was saved with other options.
var ErrState = errors.New("the saved state of the parser cannot be used")

// Restore makes a parser from what State.MarshalBinary returned. Options may be others than those of the saved parser; Year is of no use. If that one had
// Options.CountsOnly and this one has not, what was in the queue then lacks what had been logged of it: who sent it, its deliveries, its Message-ID. The error wraps
// ErrState.
func Restore(state []byte, sink Sink, opts Options) (*Parser, error) {
	n := len(state) - 8
	if n < 0 || binary.BigEndian.Uint64(state[n:]) != checksum(state[:n]) {
		return nil, fmt.Errorf("%w: it is damaged", ErrState)
	}
	var in parserState
	if err := gob.NewDecoder(bytes.NewReader(state[:n])).Decode(&in); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	if in.Version != stateVersion {
		return nil, fmt.Errorf("%w: it is of version %d, and this program reads %d", ErrState, in.Version, stateVersion)
	}
	p := New(sink, opts)
	r := restorer{in: &in, m: &p.machine}
	p.lines, p.first, p.last, p.minute = in.Lines, in.First, in.Last, in.Minute
	r.machine()
	if r.bad {
		return nil, fmt.Errorf("%w: its parts do not belong together", ErrState)
	}
	return p, nil
}

// A restorer makes objects of what stands for them. After the first index that leads nowhere it goes on with any, and is bad.
type restorer struct {
	in  *parserState
	m   *machine
	bad bool

	scopes      []*scope
	services    []*service
	peers       []*Peer
	tls         []*TLS
	sessions    []*session
	messages    []*message
	connections []*connection
}

// pick returns the object of an index, nil for -1.
func pick[T any](r *restorer, from []*T, i int) *T {
	if i == -1 {
		return nil
	}
	if i < 0 || i >= len(from) {
		r.bad = true
		return nil
	}
	return from[i]
}

// must is pick for an index that cannot be -1. It never returns nil.
func must[T any](r *restorer, from []*T, i int) *T {
	v := pick(r, from, i)
	if v == nil {
		r.bad = true
		v = new(T)
	}
	return v
}

func (r *restorer) machine() {
	m, in := r.m, r.in
	m.clock.year, m.clock.reference, m.clock.given, m.clock.last = in.Clock.Year, in.Clock.Reference, in.Clock.Given, in.Clock.Last
	m.counts, m.second, m.intern.emptied = in.Counts, in.Second, in.Counts.EmptiedTables
	for _, u := range in.Shapes {
		m.shapes[Unrecognized{Program: u.Program, Shape: u.Shape}] = u.Count
	}
	m.age.now = in.Age
	for _, h := range in.Clocks {
		m.age.hosts = append(m.age.hosts, hostClock{h.Latest, h.Age, h.Behind})
	}
	r.began()
	r.places()
	for _, text := range in.Peers {
		r.peers = append(r.peers, m.intern.relay([]byte(text)))
	}
	for i := range in.TLS {
		r.tls = append(r.tls, &in.TLS[i])
	}
	if r.bad {
		return
	}
	r.queue()
	r.outbound()
	r.screening()
	for _, s := range in.Servers {
		m.servers[server{s.Host, s.Address, s.Port, s.Certificate}] = serverFailure{s.Failure, s.At}
	}
}

func (r *restorer) began() {
	b := &r.m.beginnings
	b.turned, b.recent, b.former = r.in.Turned, make(map[beginning]uint32), make(map[beginning]uint32)
	for _, s := range r.in.Began {
		if s.Former {
			b.former[beginning(s.Of)] = s.Nth
		} else {
			b.recent[beginning(s.Of)] = s.Nth
		}
	}
}

func (r *restorer) places() {
	q := &r.m.services
	for id, name := range r.in.Hosts {
		q.hosts[name] = uint32(id)
	}
	for _, id := range r.in.Proxied {
		q.proxied[id] = true
	}
	for _, s := range r.in.Scopes {
		if int(s.Host) >= len(r.in.Hosts) {
			r.bad = true
			return
		}
		sc := q.scope(r.in.Hosts[s.Host], s.Instance)
		sc.queue, sc.quotes = s.Queue, s.Quotes
		r.scopes = append(r.scopes, sc)
	}
	q.borrow = nil
	for _, i := range r.in.Borrow {
		q.borrow = append(q.borrow, must(r, r.scopes, i))
	}
	for _, s := range r.in.Services {
		svc := &service{
			Service: s.Service, scope: must(r, r.scopes, s.Scope), queue: s.Queue, tlsSeen: s.TLSSeen, silent: s.Silent, starttls: s.STARTTLS,
		}
		q.byTag[s.Key] = svc
		r.services = append(r.services, svc)
	}
}

func (r *restorer) source(s *sourceState) Source {
	v := Source{
		Kind: s.Kind, Peer: pick(r, r.peers, s.Peer), Port: s.Port, State: s.State, TLS: pick(r, r.tls, s.TLS), SNI: s.SNI, Auth: s.Auth, UID: s.UID,
	}
	if svc := pick(r, r.services, s.Service); svc != nil {
		v.Service = &svc.Service
	}
	if s.Kind == SourceSMTP && (v.Service == nil || v.Peer == nil) {
		r.bad = true
	}
	return v
}

func (r *restorer) queue() {
	m, in := r.m, r.in
	for i := range in.Sessions {
		r.session(&in.Sessions[i])
	}
	for i := range in.Incoming {
		r.message(&in.Incoming[i], &m.messages.incoming)
	}
	for i := range in.Active {
		r.message(&in.Active[i], &m.messages.active)
	}
	for i := range in.Sessions {
		for _, n := range in.Sessions[i].Messages {
			r.enlist(&r.sessions[i].messages, n)
		}
	}
	for _, n := range in.Held {
		r.enlist(&m.messages.proxied, n)
	}
	for _, n := range in.Orphans {
		r.enlist(&m.messages.orphans, n)
	}
}

// enlist puts a message on a list through its second link, which can be on one only.
func (r *restorer) enlist(l *list[message], n int) {
	v := must(r, r.messages, n)
	if v.peers != (link[message]{}) || l.front == v {
		r.bad = true
		return
	}
	l.push(v)
}

func (r *restorer) session(s *sessionState) {
	m := r.m
	v := m.newSession()
	v.key, v.svc, v.pid, v.start, v.last = sessionKey(s.Key), must(r, r.services, s.Service), s.PID, s.Start, s.Last
	v.peer, v.port, v.tls, v.sni = must(r, r.peers, s.Peer), s.Port, pick(r, r.tls, s.TLS), s.SNI
	v.failure, v.explain, v.refused, v.dropped, v.hold = s.Failure, s.Explain, s.Refused, s.Dropped, s.Hold
	v.reason, v.inSTARTTLS, v.auth, v.transactions = s.Reason, s.InSTARTTLS, s.Auth, s.Transactions
	v.front = front{r.source(&s.Front), s.FrontTLS}
	v.ids, v.idCount = s.IDs, s.IDCount
	v.first, v.nth = s.First, s.Nth
	if v.first.IsZero() { // an older state
		v.first = v.start
	}
	m.sessions[v.key] = v
	m.order.push(v)
	r.sessions = append(r.sessions, v)
}

func (r *restorer) message(s *messageState, l *list[message]) {
	q := &r.m.messages
	v := q.unused()
	v.scope, v.session = must(r, r.scopes, s.Scope), pick(r, r.sessions, s.Session)
	if len(s.ID) > maxQueueID {
		r.bad = true
		s.ID = nil
	}
	v.idLen, v.key = len(s.ID), makeKey(v.scope, s.ID)
	v.received, v.touched, v.removed, v.state = s.Received, s.Touched, s.Removed, s.State
	v.listed, v.decided, v.gone, v.header, v.active, v.queued = s.Listed, s.Decided, s.Gone, s.Header, s.Active, s.Queued
	v.accepted, v.told, v.held, v.orphan, v.refused, v.proxied = s.Accepted, s.Told, s.Held, s.Orphan, s.Refused, s.Proxied
	v.source, v.size, v.recipients, v.nth = r.source(&s.Source), s.Size, s.Recipients, s.Nth
	v.queued = v.queued && r.in.CountsOnly == r.m.countsOnly
	if v.details != nil {
		v.messageID, v.from, v.parent, v.omitted = s.MessageID, s.From, s.Parent, s.Omitted
		for i := range s.Deliveries {
			v.deliveries = append(v.deliveries, r.delivery(&s.Deliveries[i]))
		}
		q.kept += len(v.deliveries)
	}
	if v.listed {
		q.byID[v.key] = v
	}
	l.push(v)
	q.count++
	r.messages = append(r.messages, v)
}

func (r *restorer) delivery(s *deliveryState) Delivery {
	v := s.Delivery
	v.Service = &must(r, r.services, s.Service).Service
	v.Relay, v.TLS, v.Failure = pick(r, r.peers, s.Relay), pick(r, r.tls, s.TLS), s.Failure
	return v
}

func (r *restorer) outbound() {
	m, in := r.m, r.in
	for i := range in.Connections {
		r.connections = append(r.connections, r.connection(&in.Connections[i]))
	}
	for i := range in.Busy {
		r.deliverer(&in.Busy[i], &m.deliverers.busy, false)
	}
	for i := range in.Quiet {
		r.deliverer(&in.Quiet[i], &m.deliverers.quiet, true)
	}
	for i := range in.Waiting {
		r.waiting(&in.Waiting[i])
	}
}

func (r *restorer) connection(s *connectionState) *connection {
	v := &connection{
		svc: must(r, r.services, s.Service), pid: s.PID, peer: must(r, r.peers, s.Peer), port: s.Port, start: s.Start, last: s.Last,
		tls: pick(r, r.tls, s.TLS), state: s.State, decided: s.Decided, failure: s.Failure, proof: s.Proof, owned: s.Owned, recorded: s.Recorded,
		reused: s.Reused, sent: s.Sent, over: s.Over, told: s.Told, id: s.ID, nth: s.Nth,
	}
	v.count = copy(v.statuses[:], s.Statuses)
	return v
}

func (r *restorer) deliverer(s *delivererState, l *list[deliverer], quiet bool) {
	v := &deliverer{
		key: sessionKey(s.Key), svc: must(r, r.services, s.Service), pid: s.PID, touched: s.Touched, quiet: quiet, waited: s.Waited,
		conn: pick(r, r.connections, s.Conn), explain: s.Explain, unverified: s.Unverified, verified: pick(r, r.peers, s.Verified),
		unnamed: s.Unnamed, noted: s.Noted, fallback: pick(r, r.peers, s.Fallback),
	}
	v.idLen = copy(v.id[:], s.ID)
	v.none.count = copy(v.none.statuses[:], s.None)
	r.m.deliverers.byKey[v.key] = v
	l.push(v)
}

func (r *restorer) waiting(s *waitingState) {
	m := r.m
	w := &waiting{
		delivery: r.delivery(&s.Delivery), svc: must(r, r.services, s.Service), conn: must(r, r.connections, s.Conn), msg: must(r, r.messages, s.Message),
		index: s.Index, since: s.Since,
	}
	if r.m.countsOnly {
		w.index = -1
	}
	if w.index >= 0 && w.index >= len(w.msg.deliveries) {
		r.bad = true
	}
	if w.delivery.Failure != nil {
		w.failure = *w.delivery.Failure
		w.delivery.Failure = &w.failure
	}
	w.svc.waiting++
	w.conn.waiting++
	w.msg.waiting++
	m.waiting.push(w)
	m.waiting.count++
}

func (r *restorer) screening() {
	q, in := &r.m.screening, r.in
	if in.Passed > len(in.Screened) {
		r.bad = true
		return
	}
	for _, s := range in.Served {
		q.from[s.Address] = &screenedAddress{served: s.Served}
	}
	for i := range in.Screened {
		r.screened(&in.Screened[i], i >= len(in.Screened)-in.Passed)
	}
	for _, w := range in.Words {
		q.words[sessionKey(w.Process)] = w.Words
	}
}

func (r *restorer) screened(s *screenedState, passed bool) {
	q := &r.m.screening
	v := &screened{
		key: s.Key, svc: pick(r, r.services, s.Service), pid: s.PID, peer: must(r, r.peers, s.Peer), port: s.Port, start: s.Start, last: s.Last,
		touched: s.Touched, tls: pick(r, r.tls, s.TLS), sni: s.SNI, failure: s.Failure, proxied: s.Proxied, closed: s.Closed, tested: s.Tested, ended: s.Ended,
		reason: s.Reason, passed: passed, served: s.Served,
		first: s.First, nth: s.Nth,
	}
	v.from = q.from[v.peer.Address]
	if v.from == nil {
		r.bad = true
		v.from = new(screenedAddress)
	}
	v.from.sessions++
	q.byKey[v.key] = v
	if passed {
		q.passed.push(v)
		q.count++
	} else {
		q.open.push(v)
	}
}
