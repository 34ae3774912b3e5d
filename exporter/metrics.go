package exporter

import "github.com/prometheus/client_golang/prometheus"

// A metric is a name with its type.
type metric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

// namespace begins every name.
const namespace = "postfix_tls_"

func counter(name, help string, labels ...string) metric {
	return metric{prometheus.NewDesc(namespace+name, help, labels, nil), prometheus.CounterValue}
}

func gauge(name, help string, labels ...string) metric {
	return metric{prometheus.NewDesc(namespace+name, help, labels, nil), prometheus.GaugeValue}
}

// All metrics, and nothing else names one.
var (
	sessionsTotal = counter("sessions_total", "SMTP sessions that ended, by what the log tells of their TLS.",
		"direction", "mta", "service", "class", "tls", "protocol", "cipher")
	messagesTotal = counter("messages_total", "Messages that reached the queue, by the TLS of the moment each was sent.",
		"direction", "mta", "service", "class", "tls", "protocol")
	peerSessionsTotal = counter("peer_sessions_total", "SMTP sessions that ended, by peer. Peers past the limit count as \"other\".",
		"direction", "peer", "tls", "protocol", "cipher")
	peerMessagesTotal = counter("peer_messages_total", "Messages that reached the queue, by peer. Peers past the limit count as \"other\".",
		"direction", "peer", "tls", "protocol")
	failuresTotal = counter("handshake_failures_total",
		"Sessions whose TLS handshake failed or whose client certificate was refused, by RFC 8460 result type and by reason.",
		"direction", "service", "result", "reason")
	peerFailuresTotal = counter("peer_handshake_failures_total",
		"Sessions whose TLS handshake failed or whose client certificate was refused, by peer.", "direction", "peer", "reason")
	keyExchangesTotal  = counter("key_exchanges_total", "TLS 1.3 sessions by key exchange group.", "direction", "group")
	plaintextAuthTotal = counter("plaintext_auth_total", "Sessions that authenticated without TLS.", "service")

	openSessions = gauge("open_sessions", "SMTP sessions whose end is not yet in the log.")
	openMessages = gauge("open_messages", "Queue IDs whose end is not yet in the log.")
	trackedPeers = gauge("tracked_peers", "Peers that are counted by name.")
	evictedTotal = counter("evicted_total", "What was given up before its time because a limit was reached.", "what")

	linesTotal   = counter("log_lines_total", "Log lines read, by what became of them.", "result")
	logBytes     = counter("log_bytes_total", "Bytes of the log that were read.", "log")
	logRotations = counter("log_rotations_total", "Rotations of the log that were followed.", "log")
	logLostBytes = counter("log_lost_bytes_total", "Bytes of the log that were gone before they could be read.", "log")
	logCutLines  = counter("log_cut_lines_total", "Lines that were too long to be read.", "log")
	logLag       = gauge("log_lag_bytes", "Bytes of the log that are written and not yet read.", "log")
	logLastLine  = gauge("log_last_line_timestamp_seconds", "Time of the latest Postfix line, as the line says.", "log")

	buildInfo = gauge("exporter_build_info", "A metric with a constant 1, labeled by the version of the exporter.",
		"version", "revision", "goversion")
)

// metrics lists them for Describe.
var metrics = []metric{
	sessionsTotal, messagesTotal, peerSessionsTotal, peerMessagesTotal, failuresTotal, peerFailuresTotal, keyExchangesTotal,
	plaintextAuthTotal, openSessions, openMessages, trackedPeers, evictedTotal, linesTotal, logBytes, logRotations, logLostBytes,
	logCutLines, logLag, logLastLine, buildInfo,
}
