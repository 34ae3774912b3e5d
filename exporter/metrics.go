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
	downgradesTotal
	deliveriesTotal
	domainMessagesTotal
	tlsrptTotal
	gradedSessionsTotal
	gradedMessagesTotal
	contradictionsTotal
	ambiguousTotal

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
	logGaps
	logDropped
	logRestarts
	checkpointSaved
	checkpointErrors

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
		"SMTP sessions, by what the log tells of their TLS. Inbound ones count when they end.",
		[]string{"direction", "mta", "service", "class", "tls", "protocol", "cipher"},
	},
	messagesTotal: {
		"messages_total", prometheus.CounterValue,
		"Inbound messages that reached the queue, and outbound recipients for whom a server took the message, by the TLS of the moment.",
		[]string{"direction", "mta", "service", "class", "tls", "protocol"},
	},
	peerSessionsTotal: {
		"peer_sessions_total", prometheus.CounterValue,
		"SMTP sessions, by client or relay. Peers past the limit count as \"other\".",
		[]string{"direction", "peer", "tls", "protocol", "cipher"},
	},
	peerMessagesTotal: {
		"peer_messages_total", prometheus.CounterValue,
		"Inbound messages and outbound recipients, by client or relay. Peers past the limit count as \"other\".",
		[]string{"direction", "peer", "tls", "protocol"},
	},
	failuresTotal: {
		"handshake_failures_total", prometheus.CounterValue,
		"Sessions whose TLS handshake failed or whose certificate was refused, and transactions without one for want of TLS, by RFC 8460 result type and by reason.",
		[]string{"direction", "service", "result", "reason"},
	},
	peerFailuresTotal: {
		"peer_handshake_failures_total", prometheus.CounterValue,
		"Sessions whose TLS handshake failed or whose certificate was refused, by client or relay.",
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
	downgradesTotal: {
		"downgrades_total", prometheus.CounterValue,
		"Times that a peer's mail moved in plaintext, or under a lower TLS version, after it had moved under TLS, or a better version of it.",
		[]string{"direction", "kind"},
	},
	deliveriesTotal: {
		"deliveries_total", prometheus.CounterValue,
		"Recipients whom smtp and lmtp tried to reach, each attempt, by TLS, security level as logged in tls=, and outcome.",
		[]string{"mta", "service", "class", "tls", "policy", "status"},
	},
	domainMessagesTotal: {
		"domain_messages_total", prometheus.CounterValue,
		"Recipients for whom a server beyond this host took the message, by their domain. Domains past the limit of peers count as \"other\".",
		[]string{"domain", "class", "tls", "protocol"},
	},
	tlsrptTotal: {
		"tlsrpt_results_total", prometheus.CounterValue,
		"Handshakes that Postfix reported to the TLSRPT library, by RFC 8460 result type or \"success\".",
		[]string{"result"},
	},
	gradedSessionsTotal: {
		"graded_sessions_total", prometheus.CounterValue,
		"SMTP sessions, by how far their TLS meets the guideline named in profile. Failed handshakes are left out.",
		[]string{"direction", "class", "profile", "grade"},
	},
	gradedMessagesTotal: {
		"graded_messages_total", prometheus.CounterValue,
		"Inbound messages and outbound recipients, by how far their TLS meets the guideline named in profile.",
		[]string{"direction", "class", "profile", "grade"},
	},
	contradictionsTotal: {
		"contradictions_total", prometheus.CounterValue,
		"Deliveries of which a TLS line says TLS and tls= says plaintext. They count as plaintext.",
		nil,
	},
	ambiguousTotal: {
		"ambiguous_deliveries_total", prometheus.CounterValue,
		"Delivery records that can be read in more than one way. They are not counted.",
		nil,
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
	logGaps: {
		"log_gaps_total", prometheus.CounterValue,
		"Places in the log where lines are missing that nobody can count: a rotated file was removed before it was read.",
		[]string{"log"},
	},
	logDropped: {
		"log_dropped_lines_total", prometheus.CounterValue,
		"Lines that came faster than they could be read, from a sender that does not wait.",
		[]string{"log"},
	},
	logRestarts: {
		"log_source_restarts_total", prometheus.CounterValue,
		"Restarts of the program that the log is read through, such as journalctl.",
		[]string{"log"},
	},
	checkpointSaved: {
		"checkpoint_timestamp_seconds", prometheus.GaugeValue,
		"Time of the last checkpoint, from which counts go on after a restart.",
		nil,
	},
	checkpointErrors: {
		"checkpoint_errors_total", prometheus.CounterValue,
		"Checkpoints that could not be written.",
		nil,
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
