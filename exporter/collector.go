package exporter

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/grade"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// Data is what one scrape shows.
type Data struct {
	Snapshot     *tally.Snapshot
	Services     []*parser.Service // that serve SMTP clients, or are one: their known combinations of labels start at 0
	OpenSessions int
	OpenMessages int
	TrackedPeers int
	EmptyTables  uint64 // tables of strings that were full and begun anew: nothing is lost but time
	Logs         []Log
	Checkpoint   Checkpoint
}

// Checkpoint is what is known of checkpoints.
type Checkpoint struct {
	Kept   bool      // there is a state directory
	Saved  time.Time // the last one, zero before the first
	Errors int64     // that could not be written
}

// A Log is what is known of one followed log.
type Log struct {
	Name      string    // its path
	Bytes     int64     // read
	Rotations int64     // successors that were taken up
	LostBytes int64     // written, and gone before they could be read
	CutLines  int64     // longer than a log line can be
	Lag       int64     // bytes that are written and not yet read
	Gaps      int64     // places where lines are missing, nobody knows how many
	Dropped   int64     // lines for which a queue had no room
	Restarts  int64     // of the program that the log is read through
	LastLine  time.Time // of the latest Postfix line, by its own stamp; zero before the first
}

// Build is what postfix_tls_exporter_build_info tells.
type Build struct{ Version, Revision, GoVersion string }

type collector struct {
	read    func() Data
	profile *grade.Profile
	build   Build
	descs   [numMetrics]*prometheus.Desc
}

// NewCollector returns a collector that calls read once for each scrape, maybe from several goroutines at once. Ciphers are graded by profile.
func NewCollector(read func() Data, profile *grade.Profile, build Build) prometheus.Collector {
	return &collector{read, profile, build, describe()}
}

// Describe sends all metrics that there can be.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range c.descs {
		out <- desc
	}
}

// Collect makes the metrics of one moment.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	d := c.read()
	s := &scrape{out, &c.descs}
	s.mail(&d, c.profile)
	s.logs(&d)
	s.send(buildInfo, 1, c.build.Version, c.build.Revision, c.build.GoVersion)
}

// scrape sends metrics.
type scrape struct {
	out   chan<- prometheus.Metric
	descs *[numMetrics]*prometheus.Desc
}

func (s *scrape) send(m metric, value float64, labels ...string) {
	s.out <- prometheus.MustNewConstMetric(s.descs[m], metrics[m].kind, value, labels...)
}

// A series is a metric's label values, at most seven, as a map key.
type series [7]string

// sum adds up rows that a metric does not tell apart, and starts the known ones at 0.
type sum map[series]uint64

func (v sum) add(n uint64, labels ...string) {
	var key series
	copy(key[:], labels)
	v[key] += n
}

func (s *scrape) flush(m metric, v sum) {
	for key, value := range v {
		s.send(m, float64(value), key[:len(metrics[m].labels)]...)
	}
}

// mail makes the metrics that are about mail, and not about the program and its logs.
func (s *scrape) mail(d *Data, profile *grade.Profile) {
	s.totals(d)
	s.grades(d.Snapshot, profile)
	s.peers(d.Snapshot.Peers)
	s.domains(d.Snapshot.Domains)
}

// totals are the metrics that add up to all that was counted.
type totals struct{ sessions, messages, deliveries, failures, groups, tlsrpt, auth, downgrades sum }

func (s *scrape) totals(d *Data) {
	t := totals{sum{}, sum{}, sum{}, sum{}, sum{}, sum{}, sum{}, sum{}}
	t.known(d.Services)
	t.add(d.Snapshot)
	s.flush(sessionsTotal, t.sessions)
	s.flush(messagesTotal, t.messages)
	s.flush(deliveriesTotal, t.deliveries)
	s.flush(failuresTotal, t.failures)
	s.flush(keyExchangesTotal, t.groups)
	s.flush(tlsrptTotal, t.tlsrpt)
	s.flush(plaintextAuthTotal, t.auth)
	s.flush(downgradesTotal, t.downgrades)
	s.send(contradictionsTotal, float64(d.Snapshot.Contradictions))
	s.send(ambiguousTotal, float64(d.Snapshot.Ambiguous))
}

func (t *totals) add(s *tally.Snapshot) {
	for _, r := range s.Sessions {
		t.sessions.add(r.Count, r.Direction, r.Instance, r.Service, r.Class, r.TLS, r.Protocol, r.Cipher)
	}
	for _, r := range s.Messages {
		t.messages.add(r.Count, r.Direction, r.Instance, r.Service, r.Class, r.TLS, r.Protocol)
	}
	for _, r := range s.Deliveries {
		t.deliveries.add(r.Recipients, r.Instance, r.Service, r.Class, r.TLS, r.Policy, r.Status)
	}
	for _, r := range s.Failures {
		t.failures.add(r.Count, r.Direction, r.Service, r.Result, r.Reason)
	}
	for _, r := range s.KeyExchanges {
		t.groups.add(r.Count, r.Direction, r.Group)
	}
	for _, r := range s.TLSRPT {
		t.tlsrpt.add(r.Count, r.Result)
	}
	for _, r := range s.Auth {
		t.auth.add(r.Count, r.Service)
	}
	for _, r := range s.DowngradeTotals {
		t.downgrades.add(r.Count, r.Direction, r.Kind)
	}
}

// grades are added up anew from counters that only grow. A protocol and a cipher always have the same grade by one profile, so these only grow too.
func (s *scrape) grades(snapshot *tally.Snapshot, profile *grade.Profile) {
	sessions, messages := sum{}, sum{}
	knownGrades(profile.Name(), sessions, messages)
	for _, r := range report.Grades(snapshot, profile) {
		sessions.add(r.Sessions, r.Direction, r.Class, r.Profile, r.Grade)
		messages.add(r.Messages, r.Direction, r.Class, r.Profile, r.Grade)
	}
	s.flush(gradedSessionsTotal, sessions)
	s.flush(gradedMessagesTotal, messages)
}

func (s *scrape) peers(rows []tally.PeerRow) {
	for _, r := range rows {
		sessions, messages := sum{}, sum{}
		for _, c := range r.Combinations {
			sessions.add(c.Sessions, r.Direction, r.Peer, c.TLS, c.Protocol, c.Cipher)
			messages.add(c.Messages, r.Direction, r.Peer, c.TLS, c.Protocol)
		}
		s.flush(peerSessionsTotal, sessions)
		s.flush(peerMessagesTotal, messages)
		for reason, n := range r.Failures.All() {
			s.send(peerFailuresTotal, float64(n), r.Direction, r.Peer, reason)
		}
	}
}

func (s *scrape) domains(rows []tally.DomainRow) {
	for _, r := range rows {
		for state, n := range r.TLS.All() {
			if state != parser.TLSEstablished.String() { // of which each has a protocol
				s.send(domainMessagesTotal, float64(n), r.Domain, r.Class, state, "")
			}
		}
		for protocol, n := range r.Protocols.All() {
			s.send(domainMessagesTotal, float64(n), r.Domain, r.Class, parser.TLSEstablished.String(), protocol)
		}
	}
}

func (s *scrape) logs(d *Data) {
	s.send(openSessions, float64(d.OpenSessions))
	s.send(openMessages, float64(d.OpenMessages))
	s.send(trackedPeers, float64(d.TrackedPeers))
	lines, evicted := d.Snapshot.Lines, d.Snapshot.Evicted
	s.send(linesTotal, float64(lines.Used), "used")
	s.send(linesTotal, float64(lines.Ignored), "ignored")
	s.send(linesTotal, float64(lines.Unrecognized), "unrecognized")
	s.send(linesTotal, float64(lines.Foreign), "foreign")
	s.send(evictedTotal, float64(evicted.Sessions), "session")
	s.send(evictedTotal, float64(evicted.Messages), "message")
	s.send(evictedTotal, float64(evicted.Deliveries), "delivery")
	s.send(evictedTotal, float64(evicted.Processes), "process")
	s.send(evictedTotal, float64(evicted.Peers), "peer")
	s.send(evictedTotal, float64(evicted.Domains), "domain")
	s.send(evictedTotal, float64(evicted.Users), "user")
	s.send(evictedTotal, float64(evicted.Tracks), "downgrade_track")
	s.send(evictedTotal, float64(evicted.TimeRows), "time_row")
	s.send(evictedTotal, float64(evicted.Services), "service_line")
	s.send(evictedTotal, float64(d.EmptyTables), "string_table")
	if c := d.Checkpoint; c.Kept {
		s.send(checkpointErrors, float64(c.Errors))
		if !c.Saved.IsZero() {
			s.send(checkpointSaved, float64(c.Saved.UnixMilli())/1000)
		}
	}
	for _, l := range d.Logs {
		s.send(logBytes, float64(l.Bytes), l.Name)
		s.send(logRotations, float64(l.Rotations), l.Name)
		s.send(logLostBytes, float64(l.LostBytes), l.Name)
		s.send(logCutLines, float64(l.CutLines), l.Name)
		s.send(logLag, float64(l.Lag), l.Name)
		s.send(logGaps, float64(l.Gaps), l.Name)
		s.send(logDropped, float64(l.Dropped), l.Name)
		s.send(logRestarts, float64(l.Restarts), l.Name)
		if !l.LastLine.IsZero() {
			s.send(logLastLine, float64(l.LastLine.UnixMilli())/1000, l.Name)
		}
	}
}
