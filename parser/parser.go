package parser

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Options of a parser. The zero value is usable.
type Options struct {
	// Location is the zone of headers that have none; nil means time.Local.
	Location *time.Location
	// Year is that of the first header without one; 0 derives it from the time the log was written last (see
	// Parser.StartInput).
	Year int
	// TrustedNetworks are private peers, beside those that are private by RFC.
	TrustedNetworks []netip.Prefix
	// CountsOnly leaves out what only costs time for a sink that counts: the texts of messages (QueueID, MessageID, From, Source.Parent)
	// and deliveries (QueueID, To, OrigTo, QueuedAs), the deliveries of messages, and the queue IDs of sessions.
	CountsOnly bool
	// MaxSessions bounds the open sessions, 0 means 50,000; beyond, the oldest is told as aborted.
	MaxSessions int
	// MaxMessages bounds the queue IDs that are not yet told, 0 means 50,000; beyond, the oldest is told as active.
	MaxMessages int
}

// Lines counts the lines of a log. Total = Postfix + Foreign, Postfix = Used + Ignored + Unrecognized.
type Lines struct {
	Total        uint64
	Postfix      uint64 // written by a Postfix program
	Used         uint64 // taken by a rule
	Ignored      uint64 // carry nothing that is needed
	Unrecognized uint64 // would decide about TLS, but have a form that is not known
	Foreign      uint64 // of other programs, or not a log line
	Cut          uint64 // longer than MaxLine; their rest was skipped. They count above too
}

func (l *Lines) add(o Lines) {
	l.Total += o.Total
	l.Postfix += o.Postfix
	l.Used += o.Used
	l.Ignored += o.Ignored
	l.Unrecognized += o.Unrecognized
	l.Foreign += o.Foreign
	l.Cut += o.Cut
}

// Counts are the parser's own figures.
type Counts struct {
	Lines             Lines
	First, Last       time.Time // of the Postfix lines; zero without any
	OpenSessions      int
	OpenMessages      int
	EvictedSessions   uint64 // told early, because MaxSessions were open
	EvictedMessages   uint64 // told early, because MaxMessages were open
	EvictedDeliveries uint64 // delivery records that were told as unknown because too many waited for a TLS line of their service
	OmittedDeliveries uint64 // delivery records that are not in their message's, because it has too many, or all together have
	EvictedProcesses  uint64 // smtp and lmtp processes that were forgotten because too many were known
	Contradictions    uint64 // deliveries of which tls= says plaintext and a TLS line says TLS; tls= is believed
	Ambiguous         uint64 // delivery records that can be read in more than one way, of which nothing is believed
	EmptiedTables     uint64 // how often a table of strings was full and begun anew
	RefusedLines      uint64 // of hosts and services past the bound
	Unrecognized      []Unrecognized
	Services          []*Service // that serve SMTP clients, in no order
}

// Add adds the figures of another parser.
func (c *Counts) Add(o Counts) {
	c.Lines.add(o.Lines)
	if c.First.IsZero() || !o.First.IsZero() && o.First.Before(c.First) {
		c.First = o.First
	}
	if o.Last.After(c.Last) {
		c.Last = o.Last
	}
	c.OpenSessions += o.OpenSessions
	c.OpenMessages += o.OpenMessages
	c.EvictedSessions += o.EvictedSessions
	c.EvictedMessages += o.EvictedMessages
	c.EvictedDeliveries += o.EvictedDeliveries
	c.OmittedDeliveries += o.OmittedDeliveries
	c.EvictedProcesses += o.EvictedProcesses
	c.Contradictions += o.Contradictions
	c.Ambiguous += o.Ambiguous
	c.EmptiedTables += o.EmptiedTables
	c.RefusedLines += o.RefusedLines
	c.addUnrecognized(o.Unrecognized)
	c.Services = append(c.Services, o.Services...)
}

func (c *Counts) addUnrecognized(more []Unrecognized) {
	for _, u := range more {
		same := func(o Unrecognized) bool { return o.Program == u.Program && o.Shape == u.Shape }
		if i := slices.IndexFunc(c.Unrecognized, same); i >= 0 {
			c.Unrecognized[i].Count += u.Count
		} else {
			c.Unrecognized = append(c.Unrecognized, u)
		}
	}
	c.sortUnrecognized()
}

func (c *Counts) sortUnrecognized() {
	slices.SortFunc(c.Unrecognized, func(a, b Unrecognized) int {
		return cmp.Or(strings.Compare(a.Program, b.Program), strings.Compare(a.Shape, b.Shape))
	})
}

// A Parser turns log lines into records. It is not safe for use by several goroutines at once; Read uses several within.
type Parser struct {
	machine machine
	one     batch
	lines   Lines
	first   time.Time
	last    time.Time
	minute  int64 // of the latest line, see batch.tick
}

// New returns a parser that gives its records to sink.
func New(sink Sink, opts Options) *Parser {
	if opts.Location == nil {
		opts.Location = time.Local
	}
	if opts.MaxSessions <= 0 {
		opts.MaxSessions = 50_000
	}
	if opts.MaxMessages <= 0 {
		opts.MaxMessages = 50_000
	}
	return &Parser{machine: machine{
		sink: sink, clock: newClock(opts.Location, opts.Year), intern: newIntern(opts.TrustedNetworks),
		services: newServices(), messages: newMessages(opts.MaxMessages, opts.CountsOnly), shapes: make(map[Unrecognized]uint64),
		sessions: make(map[sessionKey]*session), maxSessions: opts.MaxSessions, countsOnly: opts.CountsOnly,
		order:      list[session]{at: func(v *session) *link[session] { return &v.link }},
		deliverers: newDeliverers(), waiting: newWaitingList(), screening: newScreening(), servers: make(serverFailures),
	}}
}

// StartInput tells that the following lines come from another file, last written at the given time (the present for a log that is
// being written). From it the year of headers without one is derived. Sessions go on from one input to the next.
func (p *Parser) StartInput(modified time.Time) {
	p.machine.clock.startInput(modified)
}

// Written tells that the log goes on, and was last written at the given time.
func (p *Parser) Written(modified time.Time) {
	p.machine.clock.reference = modified
}

// Feed takes whole lines, each ended by '\n', which the last may lack; it keeps none of the bytes.
func (p *Parser) Feed(lines []byte) {
	p.one.buf = ended(append(p.one.buf[:0], lines...))
	p.one.lex()
	p.apply(&p.one)
}

func (p *Parser) apply(b *batch) {
	p.lines.add(b.lines)
	if b.lines.Postfix == 0 {
		return
	}
	c := &p.machine.clock
	if b.first.minute() != p.minute {
		c.time(b.first)
	}
	p.seen(c.look(b.first), c.look(b.earliest))
	p.machine.apply(b)
	p.seen(c.look(b.last), c.look(b.latest))
	p.minute = b.last.minute()
}

// seen keeps the earliest and latest time.
func (p *Parser) seen(times ...time.Time) {
	for _, at := range times {
		if p.first.IsZero() || at.Before(p.first) {
			p.first = at
		}
		if at.After(p.last) {
			p.last = at
		}
	}
}

// Close tells the sessions and messages that are still open. The parser must not be used after it but for Counts.
func (p *Parser) Close() {
	p.machine.close()
}

// Counts returns the figures up to now.
func (p *Parser) Counts() Counts {
	m := &p.machine
	c := m.counts
	c.Lines, c.First, c.Last = p.lines, p.first, p.last
	c.OpenSessions, c.OpenMessages = m.openSessions(), m.messages.count
	c.EmptiedTables = m.intern.emptied
	for u, n := range m.shapes {
		u.Count = n
		c.Unrecognized = append(c.Unrecognized, u)
	}
	c.sortUnrecognized()
	for _, svc := range m.services.byTag {
		switch svc.Program {
		case progSMTPD.String(), progSMTP.String(), progLMTP.String(), progPostscreen.String():
			c.Services = append(c.Services, &svc.Service)
		}
	}
	return c
}

// FirstTime returns the time of the first Postfix line in head, the begin of a log that was last written at modified. It
// serves to put several files in order.
func FirstTime(head []byte, modified time.Time, opts Options) (time.Time, bool) {
	p := New(nil, opts)
	p.StartInput(modified)
	var b batch
	b.buf = ended(append(b.buf, head...))
	b.lex()
	return p.machine.clock.time(b.first), b.first.form != stampNone
}
