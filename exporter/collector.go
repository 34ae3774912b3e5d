package exporter

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// Data is what one scrape shows.
type Data struct {
	Snapshot     *tally.Snapshot
	Services     []*parser.Service // that serve SMTP clients: their known combinations of labels start at 0
	OpenSessions int
	OpenMessages int
	TrackedPeers int
	Logs         []Log
}

// A Log is what is known of one followed log.
type Log struct {
	Name      string    // its path
	Bytes     int64     // read
	Rotations int64     // successors that were taken up
	LostBytes int64     // written, and gone before they could be read
	CutLines  int64     // longer than a log line can be
	Lag       int64     // bytes that are written and not yet read
	LastLine  time.Time // of the latest Postfix line, by its own stamp; zero before the first
}

// Build is what postfix_tls_exporter_build_info tells.
type Build struct{ Version, Revision, GoVersion string }

type collector struct {
	read  func() Data
	build Build
	descs [numMetrics]*prometheus.Desc
}

// NewCollector returns a collector that calls read once for each scrape, maybe from several goroutines at once.
func NewCollector(read func() Data, build Build) prometheus.Collector {
	return &collector{read, build, describe()}
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
	s.totals(&d)
	s.peers(d.Snapshot.Peers)
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

func (s *scrape) totals(d *Data) {
	sessions, messages, failures, groups, auth := sum{}, sum{}, sum{}, sum{}, sum{}
	known(d, sessions, messages, failures, groups, auth)
	for _, r := range d.Snapshot.Sessions {
		sessions.add(r.Count, r.Direction, r.Instance, r.Service, r.Class, r.TLS, r.Protocol, r.Cipher)
	}
	for _, r := range d.Snapshot.Messages {
		messages.add(r.Count, r.Direction, r.Instance, r.Service, r.Class, r.TLS, r.Protocol)
	}
	for _, r := range d.Snapshot.Failures {
		failures.add(r.Count, r.Direction, r.Service, r.Result, r.Reason)
	}
	for _, r := range d.Snapshot.KeyExchanges {
		groups.add(r.Count, r.Direction, r.Group)
	}
	for _, r := range d.Snapshot.Auth {
		auth.add(r.Count, r.Service)
	}
	s.flush(sessionsTotal, sessions)
	s.flush(messagesTotal, messages)
	s.flush(failuresTotal, failures)
	s.flush(keyExchangesTotal, groups)
	s.flush(plaintextAuthTotal, auth)
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
		for reason, n := range r.Failures {
			s.send(peerFailuresTotal, float64(n), r.Direction, r.Peer, reason)
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
	s.send(evictedTotal, float64(evicted.Peers), "peer")
	s.send(evictedTotal, float64(evicted.Services), "service_line")
	for _, l := range d.Logs {
		s.send(logBytes, float64(l.Bytes), l.Name)
		s.send(logRotations, float64(l.Rotations), l.Name)
		s.send(logLostBytes, float64(l.LostBytes), l.Name)
		s.send(logCutLines, float64(l.CutLines), l.Name)
		s.send(logLag, float64(l.Lag), l.Name)
		if !l.LastLine.IsZero() {
			s.send(logLastLine, float64(l.LastLine.UnixMilli())/1000, l.Name)
		}
	}
}
