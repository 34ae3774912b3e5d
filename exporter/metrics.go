package exporter

import "github.com/prometheus/client_golang/prometheus"

// namespace begins every name.
const namespace = "postfix_tls_"

// A metric is a row of the table of metrics.
type metric int

const (
	sessionsTotal metric = iota
	messagesTotal
	peerSessionsTotal
	peerMessagesTotal
	failuresTotal
	peerFailuresTotal
	keyExchangesTotal
	plaintextAuthTotal

	openSessions
	openMessages
	trackedPeers
	evictedTotal

	linesTotal
	logBytes
	logRotations
	logLostBytes
	logCutLines
	logLag
	logLastLine

	buildInfo

	numMetrics
)

// metrics is the one place that names them. Labels are in the order in which values are sent.
var metrics = [numMetrics]struct {
	name   string
	kind   prometheus.ValueType
	help   string
	labels []string
}{
	sessionsTotal: {
		"sessions_total", prometheus.CounterValue,
		"SMTP sessions that ended, by what the log tells of their TLS.",
		[]string{"direction", "mta", "service", "class", "tls", "protocol", "cipher"},
	},
	messagesTotal: {
		"messages_total", prometheus.CounterValue,
		"Messages that reached the queue, by the TLS of the moment each was sent.",
		[]string{"direction", "mta", "service", "class", "tls", "protocol"},
	},
	peerSessionsTotal: {
		"peer_sessions_total", prometheus.CounterValue,
		"SMTP sessions that ended, by peer. Peers past the limit count as \"other\".",
		[]string{"direction", "peer", "tls", "protocol", "cipher"},
	},
	peerMessagesTotal: {
		"peer_messages_total", prometheus.CounterValue,
		"Messages that reached the queue, by peer. Peers past the limit count as \"other\".",
		[]string{"direction", "peer", "tls", "protocol"},
	},
	failuresTotal: {
		"handshake_failures_total", prometheus.CounterValue,
		"Sessions whose TLS handshake failed or whose client certificate was refused, by RFC 8460 result type and by reason.",
		[]string{"direction", "service", "result", "reason"},
	},
	peerFailuresTotal: {
		"peer_handshake_failures_total", prometheus.CounterValue,
		"Sessions whose TLS handshake failed or whose client certificate was refused, by peer.",
		[]string{"direction", "peer", "reason"},
	},
	keyExchangesTotal: {
		"key_exchanges_total", prometheus.CounterValue,
		"TLS 1.3 sessions by key exchange group.",
		[]string{"direction", "group"},
	},
	plaintextAuthTotal: {
		"plaintext_auth_total", prometheus.CounterValue,
		"Sessions that authenticated without TLS.",
		[]string{"service"},
	},
	openSessions: {
		"open_sessions", prometheus.GaugeValue,
		"SMTP sessions whose end is not yet in the log.",
		nil,
	},
	openMessages: {
		"open_messages", prometheus.GaugeValue,
		"Queue IDs whose end is not yet in the log.",
		nil,
	},
	trackedPeers: {
		"tracked_peers", prometheus.GaugeValue,
		"Peers that are counted by name.",
		nil,
	},
	evictedTotal: {
		"evicted_total", prometheus.CounterValue,
		"What was given up before its time because a limit was reached.",
		[]string{"what"},
	},
	linesTotal: {
		"log_lines_total", prometheus.CounterValue,
		"Log lines read, by what became of them.",
		[]string{"result"},
	},
	logBytes: {
		"log_bytes_total", prometheus.CounterValue,
		"Bytes of the log that were read.",
		[]string{"log"},
	},
	logRotations: {
		"log_rotations_total", prometheus.CounterValue,
		"Rotations of the log that were followed.",
		[]string{"log"},
	},
	logLostBytes: {
		"log_lost_bytes_total", prometheus.CounterValue,
		"Bytes of the log that were gone before they could be read.",
		[]string{"log"},
	},
	logCutLines: {
		"log_cut_lines_total", prometheus.CounterValue,
		"Lines that were too long to be read.",
		[]string{"log"},
	},
	logLag: {
		"log_lag_bytes", prometheus.GaugeValue,
		"Bytes of the log that are written and not yet read.",
		[]string{"log"},
	},
	logLastLine: {
		"log_last_line_timestamp_seconds", prometheus.GaugeValue,
		"Time of the latest Postfix line, as the line says.",
		[]string{"log"},
	},
	buildInfo: {
		"exporter_build_info", prometheus.GaugeValue,
		"A metric with a constant 1, labeled by the version of the exporter.",
		[]string{"version", "revision", "goversion"},
	},
}

// describe makes the descriptions, once for a collector.
func describe() (descs [numMetrics]*prometheus.Desc) {
	for i, m := range metrics {
		descs[i] = prometheus.NewDesc(namespace+m.name, m.help, m.labels, nil)
	}
	return descs
}
