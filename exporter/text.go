package exporter

import (
	"io"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/grade"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// WriteText writes the metrics about mail in Prometheus's text format, as the textfile collector of the node exporter reads it. They are those of a
// scrape, by the same names and with the same numbers; without those about the program and its logs. Services may be nil, see Data. Ciphers are
// graded by profile.
func WriteText(w io.Writer, s *tally.Snapshot, services []*parser.Service, profile *grade.Profile) error {
	read := func() Data { return Data{Snapshot: s, Services: services} }
	registry := prometheus.NewRegistry()
	if err := registry.Register(mailCollector{&collector{read: read, profile: profile, descs: describe()}}); err != nil {
		return err
	}
	families, err := registry.Gather()
	if err != nil {
		return err
	}
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(w, family); err != nil {
			return err
		}
	}
	return nil
}

// mailCollector collects no more than the metrics about mail.
type mailCollector struct{ *collector }

// Collect makes the metrics of one moment.
func (c mailCollector) Collect(out chan<- prometheus.Metric) {
	d := c.read()
	s := &scrape{out, &c.descs}
	s.mail(&d, c.profile)
}
