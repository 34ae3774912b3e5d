package parser

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"hash/crc64"
	"slices"
)

// A State is a parser as it was at one moment. It shares nothing with the parser.
type State struct{ state parserState }

// State returns what Restore, after MarshalBinary, makes a parser from that goes on with the next line as this one would. What the sink was told is not part
// of it.
func (p *Parser) State() *State {
	m := &p.machine
	s := saver{
		services: make(map[*service]int), names: make(map[*Service]int), peers: make(map[*Peer]int, len(m.intern.peers)), tls: make(map[*TLS]int),
		sessions: make(map[*session]int, len(m.sessions)), messages: make(map[*message]int, m.messages.count), connections: make(map[*connection]int),
	}
	s.parser(p)
	return &State{s.out}
}

// MarshalBinary writes the state, with a checksum.
func (s *State) MarshalBinary() ([]byte, error) {
	var out bytes.Buffer
	if err := gob.NewEncoder(&out).Encode(&s.state); err != nil {
		return nil, fmt.Errorf("write the state of the parser: %w", err)
	}
	return binary.BigEndian.AppendUint64(out.Bytes(), checksum(out.Bytes())), nil
}

// checksum tells a damaged state, of which nothing can be believed: its parts refer to one another.
func checksum(state []byte) uint64 { return crc64.Checksum(state, crc64.MakeTable(crc64.ECMA)) }

// A saver collects what is saved, and numbers what pointers point to.
type saver struct {
	out         parserState
	services    map[*service]int
	names       map[*Service]int
	peers       map[*Peer]int
	tls         map[*TLS]int
	sessions    map[*session]int
	messages    map[*message]int
	connections map[*connection]int
}

func (s *saver) parser(p *Parser) {
	m := &p.machine
	o := &s.out
	o.Version, o.CountsOnly = stateVersion, m.countsOnly
	o.Clock = clockState{m.clock.year, m.clock.reference, m.clock.given, m.clock.last}
	o.Counts, o.Lines, o.First, o.Last, o.Minute, o.Second = m.counts, p.lines, p.first, p.last, p.minute, m.second
	o.Counts.EmptiedTables = m.intern.emptied
	for u, n := range m.shapes {
		u.Count = n
		o.Shapes = append(o.Shapes, u)
	}
	o.Age = m.age.now
	for _, h := range m.age.hosts {
		o.Clocks = append(o.Clocks, hostClockState{h.latest, h.age, h.behind})
	}
	s.began(&m.beginnings)
	s.places(&m.services)
	s.queue(m)
	s.outbound(m)
	s.screening(m)
	for key, f := range m.servers {
		o.Servers = append(o.Servers, serverState{
			Host: key.hostID, Address: key.address, Port: key.port, Certificate: key.certificate, Failure: f.Failure, At: f.at,
		})
	}
}

func (s *saver) began(r *beginnings) {
	s.out.Turned = r.turned
	for of, nth := range r.recent {
		s.out.Began = append(s.out.Began, beganState{uint64(of), nth, false})
	}
	for of, nth := range r.former {
		s.out.Began = append(s.out.Began, beganState{uint64(of), nth, true})
	}
}

// places saves hosts, scopes and services.
func (s *saver) places(q *services) {
	o := &s.out
	o.Hosts = make([]string, len(q.hosts))
	for name, id := range q.hosts {
		o.Hosts[id] = name
	}
	for id := range q.proxied {
		o.Proxied = append(o.Proxied, id)
	}
	o.Scopes = make([]scopeState, len(q.scopes))
	for _, sc := range q.scopes {
		o.Scopes[sc.id] = scopeState{sc.hostID, sc.instance, sc.queue, sc.quotes}
	}
	for _, sc := range q.borrow {
		o.Borrow = append(o.Borrow, int(sc.id))
	}
	for key, svc := range q.byTag {
		s.services[svc], s.names[&svc.Service] = len(o.Services), len(o.Services)
		o.Services = append(o.Services, serviceState{key, svc.Service, int(svc.scope.id), svc.queue, svc.tlsSeen, svc.silent, svc.starttls})
	}
}

// index returns a pointer's number, -1 for nil and for what is not known.
func index[T any](numbers map[*T]int, v *T) int {
	if i, ok := numbers[v]; ok && v != nil {
		return i
	}
	return -1
}

func (s *saver) peer(p *Peer) int {
	if p == nil {
		return -1
	}
	i, ok := s.peers[p]
	if !ok {
		i = len(s.out.Peers)
		s.peers[p] = i
		s.out.Peers = append(s.out.Peers, p.text())
	}
	return i
}

// text is the peer as it stands in the log.
func (p *Peer) text() string {
	switch {
	case p.Path != "":
		return p.Name + "[" + p.Path + "]"
	case p.Address == "":
		return p.Name + "[unknown]"
	default:
		return p.Name + "[" + p.Address + "]"
	}
}

func (s *saver) tlsOf(t *TLS) int {
	if t == nil {
		return -1
	}
	i, ok := s.tls[t]
	if !ok {
		i = len(s.out.TLS)
		s.tls[t] = i
		s.out.TLS = append(s.out.TLS, *t)
	}
	return i
}

func (s *saver) source(v *Source) sourceState {
	return sourceState{
		Kind: v.Kind, Service: index(s.names, v.Service), Peer: s.peer(v.Peer), Port: v.Port, State: v.State, TLS: s.tlsOf(v.TLS), SNI: v.SNI,
		Auth: v.Auth, UID: v.UID,
	}
}

// queue saves sessions and messages.
func (s *saver) queue(m *machine) {
	for v := m.order.front; v != nil; v = v.next {
		s.sessions[v] = len(s.sessions)
	}
	q := &m.messages
	s.out.Sessions = make([]sessionState, 0, len(m.sessions))
	for _, l := range [...]*list[message]{&q.incoming, &q.active} {
		for v := l.front; v != nil; v = v.next {
			s.messages[v] = len(s.messages)
		}
	}
	for v := m.order.front; v != nil; v = v.next {
		s.out.Sessions = append(s.out.Sessions, s.session(v))
	}
	for v := q.incoming.front; v != nil; v = v.next {
		s.out.Incoming = append(s.out.Incoming, s.message(v))
	}
	for v := q.active.front; v != nil; v = v.next {
		s.out.Active = append(s.out.Active, s.message(v))
	}
	s.out.Held, s.out.Orphans = s.listed(&q.proxied), s.listed(&q.orphans)
}

// listed returns the numbers of the messages on a list through their second link.
func (s *saver) listed(l *list[message]) (out []int) {
	for v := l.front; v != nil; v = v.peers.next {
		out = append(out, s.messages[v])
	}
	return out
}

func (s *saver) session(v *session) sessionState {
	return sessionState{
		Key: uint64(v.key), Service: s.services[v.svc], PID: v.pid, Start: v.start, Last: v.last, Peer: s.peer(v.peer), Port: v.port,
		TLS: s.tlsOf(v.tls), SNI: v.sni, Failure: v.failure, Explain: v.explain, Refused: v.refused, Dropped: v.dropped, Hold: v.hold,
		Reason: v.reason, InSTARTTLS: v.inSTARTTLS, Auth: v.auth, Transactions: v.transactions, Front: s.source(&v.front.source),
		FrontTLS: v.front.tls, IDs: slices.Clone(v.ids), IDCount: v.idCount, Messages: s.listed(&v.messages),
		First: v.first, Nth: v.nth,
	}
}

func (s *saver) message(v *message) messageState {
	o := messageState{
		Scope: int(v.scope.id), ID: slices.Clone(v.key.id[:v.idLen]), Session: index(s.sessions, v.session),
		Received: v.received, Touched: v.touched, Removed: v.removed, State: v.state, Listed: v.listed, Decided: v.decided, Gone: v.gone,
		Header: v.header, Active: v.active, Queued: v.queued, Accepted: v.accepted, Told: v.told, Held: v.held,
		Orphan: v.orphan, Refused: v.refused, Proxied: v.proxied, Source: s.source(&v.source), Size: v.size, Recipients: v.recipients,
		Nth: v.nth,
	}
	if v.details != nil {
		o.MessageID, o.From, o.Parent = slices.Clone(v.messageID), slices.Clone(v.from), slices.Clone(v.parent)
		o.Omitted = v.omitted
		for i := range v.deliveries {
			o.Deliveries = append(o.Deliveries, s.delivery(&v.deliveries[i]))
		}
	}
	return o
}

func (s *saver) delivery(v *Delivery) deliveryState {
	o := deliveryState{Delivery: *v, Service: index(s.names, v.Service), Relay: s.peer(v.Relay), TLS: s.tlsOf(v.TLS)}
	if v.Failure != nil {
		failure := *v.Failure
		o.Failure = &failure
	}
	o.Delivery.Service, o.Delivery.Relay, o.Delivery.TLS, o.Delivery.Failure = nil, nil, nil, nil
	return o
}

// outbound saves what is known of deliveries.
func (s *saver) outbound(m *machine) {
	for v := m.deliverers.busy.front; v != nil; v = v.next {
		s.out.Busy = append(s.out.Busy, s.deliverer(v))
	}
	for v := m.deliverers.quiet.front; v != nil; v = v.next {
		s.out.Quiet = append(s.out.Quiet, s.deliverer(v))
	}
	for v := m.waiting.front; v != nil; v = v.next {
		s.out.Waiting = append(s.out.Waiting, waitingState{
			s.delivery(&v.delivery), s.services[v.svc], s.connection(v.conn), s.messages[v.msg], v.index, v.since,
		})
	}
}

func (s *saver) deliverer(v *deliverer) delivererState {
	return delivererState{
		Key: uint64(v.key), Service: s.services[v.svc], PID: v.pid, Touched: v.touched, ID: slices.Clone(v.id[:v.idLen]), Waited: slices.Clone(v.waited),
		Conn: s.connection(v.conn), None: v.none.seen(), Explain: v.explain, Unverified: v.unverified, Verified: s.peer(v.verified),
		Unnamed: v.unnamed, Noted: v.noted, Fallback: s.peer(v.fallback),
	}
}

func (c *connection) seen() []string { return slices.Clone(c.statuses[:c.count]) }

func (s *saver) connection(v *connection) int {
	if v == nil {
		return -1
	}
	i, ok := s.connections[v]
	if !ok {
		i = len(s.out.Connections)
		s.connections[v] = i
		s.out.Connections = append(s.out.Connections, connectionState{
			Service: s.services[v.svc], PID: v.pid, Peer: s.peer(v.peer), Port: v.port, Start: v.start, Last: v.last, TLS: s.tlsOf(v.tls),
			State: v.state, Decided: v.decided, Failure: v.failure, Proof: v.proof, Owned: v.owned, Recorded: v.recorded, Reused: v.reused,
			Sent: v.sent, Over: v.over, Told: v.told, ID: v.id, Statuses: v.seen(), Nth: v.nth,
		})
	}
	return i
}

// screening saves the clients of postscreen.
func (s *saver) screening(m *machine) {
	q, o := &m.screening, &s.out
	for v := q.open.front; v != nil; v = v.next {
		o.Screened = append(o.Screened, s.screened(v))
	}
	for v := q.passed.front; v != nil; v = v.next {
		o.Screened = append(o.Screened, s.screened(v))
		o.Passed++
	}
	for address, from := range q.from {
		o.Served = append(o.Served, servedState{address, from.served})
	}
	for process, words := range q.words {
		o.Words = append(o.Words, wordsState{uint64(process), words})
	}
}

func (s *saver) screened(v *screened) screenedState {
	return screenedState{
		Key: v.key, Service: index(s.services, v.svc), PID: v.pid, Peer: s.peer(v.peer), Port: v.port, Start: v.start, Last: v.last, Touched: v.touched, TLS: s.tlsOf(v.tls),
		SNI: v.sni, Failure: v.failure, Proxied: v.proxied, Closed: v.closed, Tested: v.tested, Ended: v.ended, Reason: v.reason, Served: v.served,
		First: v.first, Nth: v.nth,
	}
}
