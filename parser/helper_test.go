package parser

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A recorder is a Sink that keeps copies of the records, and sees to it that their order is the promised one.
type recorder struct {
	t          testing.TB
	sessions   []Session
	queued     []Message
	messages   []Message
	deliveries []Delivery
	tlsrpt     []TLSRPT
	unpaired   map[string]int        // Queued without Message, by queue ID
	awaited    map[string][]Delivery // Delivered without Message, by queue ID
	omitted    map[string]bool       // queue IDs with deliveries past the bound
}

func (r *recorder) Session(s *Session) {
	c := *s
	c.QueueIDs = slices.Clone(s.QueueIDs)
	commands := *s.Commands
	c.Commands = &commands
	if s.Failure != nil {
		failure := *s.Failure
		c.Failure = &failure
	}
	r.sessions = append(r.sessions, c)
}

func (r *recorder) Queued(m *Message) {
	if r.unpaired == nil {
		r.unpaired = make(map[string]int)
	}
	r.unpaired[r.id(m)]++
	r.queued = append(r.queued, *m)
}

func (r *recorder) Delivered(d *Delivery) {
	c := keptDelivery(d)
	r.deliveries = append(r.deliveries, c)
	if d.QueueID == "" { // Options.CountsOnly
		return
	}
	if r.awaited == nil {
		r.awaited = make(map[string][]Delivery)
	}
	id := d.Service.Host + " " + d.QueueID
	r.awaited[id] = append(r.awaited[id], c)
}

// keptDelivery copies what may not be kept.
func keptDelivery(d *Delivery) Delivery {
	c := *d
	if d.Failure != nil {
		failure := *d.Failure
		c.Failure = &failure
	}
	return c
}

func (r *recorder) TLSRPT(v *TLSRPT) { r.tlsrpt = append(r.tlsrpt, *v) }

func (r *recorder) Message(m *Message) {
	if r.unpaired[r.id(m)] > 0 {
		r.unpaired[r.id(m)]--
	}
	c := *m
	c.Deliveries = nil
	for i := range m.Deliveries {
		c.Deliveries = append(c.Deliveries, keptDelivery(&m.Deliveries[i]))
	}
	r.messages = append(r.messages, c)
	r.pair(&c)
}

// pair finds each of a message's deliveries among those told before it, in whatever order they were decided. Two instances may use a queue
// ID at the same time, so what is left belongs to another message of the same queue ID.
func (r *recorder) pair(m *Message) {
	r.t.Helper()
	id := r.id(m)
	left := r.awaited[id]
	if m.Omitted > 0 {
		if r.omitted == nil {
			r.omitted = make(map[string]bool)
		}
		r.omitted[id] = true
	}
	for i := range m.Deliveries {
		d := &m.Deliveries[i]
		at := slices.IndexFunc(left, func(o Delivery) bool { return sameDelivery(o, *d) })
		if at < 0 {
			r.t.Errorf("message %s has a delivery that was not told before it: %s", m.QueueID, deliveryLine(d))
			return
		}
		left = slices.Delete(left, at, at+1)
	}
	if r.awaited != nil {
		r.awaited[id] = left
	}
}

// sameDelivery looks at what pointers point to only where it must: most often they are the same.
func sameDelivery(a, b Delivery) bool {
	same := a.Failure == nil && b.Failure == nil || a.Failure != nil && b.Failure != nil && *a.Failure == *b.Failure
	a.Failure, b.Failure = nil, nil
	return same && (a == b || cmp.Equal(a, b))
}

// id leaves out the instance, which may become known between the two.
func (*recorder) id(m *Message) string { return m.Host + " " + m.QueueID }

// lines are the records, one a line: sessions, messages as they were queued, deliveries, messages as they were told, TLSRPT results.
func (r *recorder) lines() []string {
	var out []string
	for i := range r.sessions {
		out = append(out, sessionLine(&r.sessions[i]))
	}
	for i := range r.queued {
		out = append(out, "queued "+r.queued[i].QueueID+sourceText(&r.queued[i].Source))
	}
	for i := range r.deliveries {
		out = append(out, deliveryLine(&r.deliveries[i]))
	}
	for i := range r.messages {
		m := &r.messages[i]
		line := "message " + m.QueueID + " " + m.State.String() + sourceText(&m.Source)
		if len(m.Deliveries) > 0 {
			line += fmt.Sprintf(" deliveries=%d", len(m.Deliveries))
		}
		out = append(out, line)
	}
	for i := range r.tlsrpt {
		out = append(out, tlsrptLine(&r.tlsrpt[i]))
	}
	return out
}

// sessionLine says: session SERVICE[PID] PEER STATE [PROTOCOL] messages=N [of QUEUEID,...] ENDED [failure=REASON] [no start]. It begins
// with "outbound" for those, which have neither a logged end nor a start before the log.
func sessionLine(s *Session) string {
	kind := "session"
	if s.Direction == Outbound {
		kind = "outbound"
	}
	b := fmt.Sprintf("%s %s[%d] %s %s", kind, serviceText(s.Service), s.PID, peerText(s.Peer, s.Port), stateText(s.State, s.TLS))
	b += fmt.Sprintf(" messages=%d", s.Messages)
	if len(s.QueueIDs) > 0 {
		b += " of " + strings.Join(s.QueueIDs, ",")
	}
	if s.Ended != EndedUnlogged {
		b += " " + s.Ended.String()
	}
	if s.Failure != nil {
		b += " failure=" + s.Failure.Reason
	}
	if s.Start.IsZero() {
		b += " no start"
	}
	return b
}

// deliveryLine says: delivery QUEUEID to=ADDRESS SERVICE RELAY [STATUS] [STATE [PROTOCOL]] [reused] [policy=LEVEL] [requiretls=...]
// [failure=RESULT/REASON] [queued-as=QUEUEID] [first]. Without a relay there is no state, and no connection to be the first on.
func deliveryLine(d *Delivery) string {
	words := []string{"delivery", d.QueueID, "to=" + d.To, serviceText(d.Service), relayText(d)}
	add := func(given bool, word string) {
		if given {
			words = append(words, word)
		}
	}
	add(d.Status != "", d.Status)
	add(d.Relay != nil, stateText(d.State, d.TLS))
	add(d.Reused, "reused")
	add(d.Policy.Level != "", "policy="+d.Policy.String())
	add(d.Policy.RequireTLS != "", "requiretls="+d.Policy.RequireTLS)
	if d.Failure != nil {
		words = append(words, "failure="+d.Failure.Result+"/"+d.Failure.Reason)
	}
	add(d.QueuedAs != "", "queued-as="+d.QueuedAs)
	add(d.First && d.Relay != nil, "first")
	return strings.Join(words, " ")
}

func relayText(d *Delivery) string {
	switch {
	case d.Relay != nil:
		return peerText(d.Relay, d.Port)
	case d.Agent != "":
		return "agent=" + d.Agent
	default:
		return "none"
	}
}

// tlsrptLine says: tlsrpt DOMAIN RESULT [MX] [REASON].
func tlsrptLine(v *TLSRPT) string {
	line := "tlsrpt " + v.Domain + " " + v.Result
	if v.MX != nil {
		line += " " + peerText(v.MX, 0)
	}
	if v.Reason != "" {
		line += " " + v.Reason
	}
	return line
}

// serviceText leaves out the usual instance.
func serviceText(s *Service) string {
	if s.Instance == "postfix" {
		return s.Name
	}
	return s.Instance + "/" + s.Name
}

// peerText says NAME[ADDRESS], NAME[ADDRESS]:PORT or NAME[PATH]; clients of postscreen have no name.
func peerText(p *Peer, port uint16) string {
	switch {
	case p.Path != "":
		return p.Name + "[" + p.Path + "]"
	case port == 0:
		return p.Name + "[" + p.Address + "]"
	}
	return fmt.Sprintf("%s[%s]:%d", p.Name, p.Address, port)
}

func stateText(state TLSState, tls *TLS) string {
	if tls == nil {
		return state.String()
	}
	return state.String() + " " + tls.Protocol
}

func sourceText(s *Source) string {
	switch s.Kind {
	case SourceSMTP:
		text := fmt.Sprintf(" %s %s %s", serviceText(s.Service), peerText(s.Peer, s.Port), stateText(s.State, s.TLS))
		if s.Parent != "" {
			text += " parent=" + s.Parent
		}
		return text
	case SourcePickup:
		return fmt.Sprintf(" pickup uid=%d", s.UID)
	case SourceBounce:
		return " bounce of " + s.Parent
	default:
		return " unknown"
	}
}

// testOptions make traditional headers those of 2026, in UTC.
func testOptions() Options { return Options{Location: time.UTC, Year: 2026} }

// play feeds a script line by line to a parser and closes it. See script.
func play(t testing.TB, text string) *recorder {
	t.Helper()
	return playWith(t, testOptions(), text)
}

func playWith(t testing.TB, opts Options, text string) *recorder {
	t.Helper()
	r := &recorder{t: t}
	p := New(r, opts)
	for _, line := range script(text) {
		p.Feed([]byte(line))
	}
	p.Close()
	r.checkClosed(p)
	return r
}

// checkClosed holds what is true after every log.
func (r *recorder) checkClosed(p *Parser) {
	r.t.Helper()
	c := p.Counts()
	if c.OpenSessions != 0 || c.OpenMessages != 0 {
		r.t.Errorf("after Close: %d sessions and %d messages are open", c.OpenSessions, c.OpenMessages)
	}
	for id, n := range r.unpaired {
		if n > 0 {
			r.t.Errorf("message %s was queued %d times more than told", id, n)
		}
	}
	for id, left := range r.awaited {
		if len(left) > 0 && !r.omitted[id] {
			r.t.Errorf("%d deliveries of message %s are in no message; the first: %s", len(left), id, deliveryLine(&left[0]))
		}
	}
	l := c.Lines
	if l.Total != l.Postfix+l.Foreign || l.Postfix != l.Used+l.Ignored+l.Unrecognized {
		r.t.Errorf("the line counts do not add up: %+v", l)
	}
}

// script makes log lines of a test's short form: "smtpd[410]: text" was written by instance postfix on mx1, a tag with a slash stands
// for itself, "@05:00:00" is the time from there on, and what begins with a month is a whole line.
func script(text string) []string {
	clock := "04:00:00"
	var out []string
	for _, line := range split(text) {
		tag, _, _ := strings.Cut(line, "[")
		switch {
		case line[0] == '@':
			clock = line[1:]
			continue
		case strings.HasPrefix(line, "Nov "):
		case strings.Contains(tag, "/"):
			line = "Nov 22 " + clock + " mx1 " + line
		default:
			line = "Nov 22 " + clock + " mx1 postfix/" + line
		}
		out = append(out, line+"\n")
	}
	return out
}

// split cuts a raw string into its lines, without the empty ones and the margins.
func split(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// A scenario is a log and the records that it holds.
type scenario struct{ name, log, want string }

func runScenarios(t *testing.T, scenarios []scenario) {
	t.Helper()
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			if diff := cmp.Diff(split(s.want), play(t, s.log).lines()); diff != "" {
				t.Errorf("records differ (-want +got):\n%s", diff)
			}
		})
	}
}

func prefixes(texts ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range texts {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}
