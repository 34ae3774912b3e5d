package loggen

import (
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

const (
	// DefaultLines makes about 168 MB with RFC 3339 headers, and about one day of mail.
	DefaultLines = 1_000_000

	// DefaultPeers is the number of hosts that the log knows: clients, senders, scanners and mail exchangers together.
	DefaultPeers = 8000

	// minPeers leaves at least one peer for each role.
	minPeers = 20

	defaultHost = "mx1"
)

// Options say what log to write. The zero value is a fit default for each of them.
type Options struct {
	Lines       int       `json:"lines"`       // exact number of lines; DefaultLines if zero
	Seed        uint64    `json:"seed"`        // two seeds make two different logs of the same kind
	Peers       int       `json:"peers"`       // number of remote hosts; DefaultPeers if zero
	Start       time.Time `json:"start"`       // time of the first events, and zone of the headers; 2026-03-02 00:00 UTC if zero
	Host        string    `json:"host"`        // host name in the headers; mx1 if empty
	Traditional bool      `json:"traditional"` // "Mar  2 00:00:00" headers in place of RFC 3339 ones
}

// WithDefaults returns the options that Generate will use for o.
func (o Options) WithDefaults() Options {
	if o.Lines == 0 {
		o.Lines = DefaultLines
	}
	if o.Peers == 0 {
		o.Peers = DefaultPeers
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)
	}
	if o.Host == "" {
		o.Host = defaultHost
	}
	return o
}

func (o Options) validate() error {
	if o.Lines < 0 {
		return fmt.Errorf("loggen: %d lines", o.Lines)
	}
	if o.Peers < minPeers {
		return fmt.Errorf("loggen: %d peers, at least %d are needed", o.Peers, minPeers)
	}
	return nil
}

// Generate writes the log that o describes to w, and returns what is true about it. Sessions and messages that are under way
// when the last line is written stay unfinished. It returns an error if the options make no sense or w returns one;
// the summary then means nothing.
func Generate(w io.Writer, o Options) (Summary, error) {
	o = o.WithDefaults()
	if err := o.validate(); err != nil {
		return Summary{}, err
	}
	g := newGenerator(w, o)
	g.begin()
	for g.out.lines < int64(o.Lines) && g.out.err == nil {
		g.step()
	}
	if err := g.out.flush(); err != nil {
		return Summary{}, fmt.Errorf("loggen: %w", err)
	}
	return g.summary(), nil
}

// A generator is the simulated host.
type generator struct {
	rng       *rand.Rand
	now       time.Duration // since the start of the log
	agenda    agenda
	out       *lineWriter
	sum       Summary
	peers     population
	processes processTable
	inodes    inodeTable
	ports     uint32   // client ports handed out so far
	scratch   [][]byte // texts of lines that were written, to be used again
}

func newGenerator(w io.Writer, o Options) *generator {
	rng := rand.New(rand.NewPCG(o.Seed, 0))
	return &generator{
		rng:       rng,
		out:       newLineWriter(w, o),
		peers:     newPopulation(rng, o.Peers),
		processes: newProcessTable(),
		inodes:    inodeTable{next: 0x1A0C31},
	}
}

// step takes the next event from the agenda: writes its line, if it has one, and lets it have its effect.
func (g *generator) step() {
	e := g.agenda.pop()
	g.now = e.at
	if e.process != nil {
		g.out.write(e.at, e.process.tag, e.text)
		g.scratch = append(g.scratch, e.text[:0])
		if e.process.foreign {
			g.sum.Foreign++
		}
	}
	if e.effect != nil {
		e.effect()
	}
}

// at has effect take place at time t.
func (g *generator) at(t time.Duration, effect func()) {
	g.agenda.push(event{at: t, effect: effect})
}

// log has process p write a line at time t; effect, which may be nil, takes place when and if it is written.
func (g *generator) log(t time.Duration, p *process, effect func(), format string, args ...any) {
	var text []byte
	if n := len(g.scratch); n > 0 {
		text, g.scratch = g.scratch[n-1], g.scratch[:n-1]
	}
	g.agenda.push(event{at: t, process: p, text: fmt.Appendf(text, format, args...), effect: effect})
}
