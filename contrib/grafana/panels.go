package main

// What the variables choose. Metrics of peers and of the log have neither class nor, for the log, direction.
const (
	host  = `job=~"$job", instance=~"$instance"`
	way   = host + `, direction=~"$direction"`
	mail  = way + `, class=~"$class"`
	old   = `protocol=~"SSLv2|SSLv3|TLSv1|TLSv1[.]1"`
	tried = `tls=~"failed|established|unlogged"`
	quant = `group=~"(?i).*(mlkem|kyber).*"`
)

// sections are the dashboard, from top to bottom.
func sections() []section {
	return []section{
		glance(), versions(), plaintext(), weak(), failures(), outbound(), postQuantum(), health(),
	}
}

func glance() section {
	return section{"At a glance", 5, []*panel{
		stat("Mail in plaintext", 6, unitShare,
			"Share of messages that moved without TLS in the time shown. Inbound counts messages that reached the queue, outbound recipients for whom a server took the message.",
			limits(0.05, 0.2), query(`sum by (direction) (increase(postfix_tls_messages_total{`+mail+`, tls="plaintext"}[$__range]))
/ (sum by (direction) (increase(postfix_tls_messages_total{`+mail+`}[$__range])) > 0)`, "{{direction}}")),
		stat("Mail below TLS 1.2", 6, unitShare,
			"Share of messages under SSL, TLS 1.0 or TLS 1.1. If you refuse these versions on port 25, most of their senders fall back to plaintext.",
			limits(0.01, 0.05), query(`sum by (direction) (increase(postfix_tls_messages_total{`+mail+`, `+old+`}[$__range]))
/ (sum by (direction) (increase(postfix_tls_messages_total{`+mail+`}[$__range])) > 0)`, "{{direction}}")),
		stat("Failed handshakes", 4, unitShare,
			"Of the sessions that tried TLS. Scanners make up much of it on the way in: look at peers that also send mail.",
			limits(0.1, 0.3), query(`sum by (direction) (increase(postfix_tls_sessions_total{`+mail+`, tls="failed"}[$__range]))
/ (sum by (direction) (increase(postfix_tls_sessions_total{`+mail+`, `+tried+`}[$__range])) > 0)`, "{{direction}}")),
		stat("Downgrades", 4, unitShort,
			"Times that a peer whose mail had moved under TLS sent, or got, mail in plaintext or under a lower version. The exporter's log names each.",
			limits(1, 10), query(`sum by (direction) (increase(postfix_tls_downgrades_total{`+way+`}[$__range]))`, "{{direction}}")),
		stat("Post-quantum", 4, unitShare,
			"Share of TLS 1.3 sessions whose key exchange also withstands quantum computers, such as X25519MLKEM768. Key exchanges are logged since Postfix 3.4.",
			nil, query(`sum by (direction) (increase(postfix_tls_key_exchanges_total{`+way+`, `+quant+`}[$__range]))
/ (sum by (direction) (increase(postfix_tls_key_exchanges_total{`+way+`}[$__range])) > 0)`, "{{direction}}")),
	}}
}

func versions() section {
	messages := []target{
		query(`3600 * sum by (protocol) (rate(postfix_tls_messages_total{`+mail+`, tls="established"}[$__rate_interval]))`, "{{protocol}}"),
		query(`3600 * sum by (tls) (rate(postfix_tls_messages_total{`+mail+`, tls!="established"}[$__rate_interval]))`, "{{tls}}"),
	}
	return section{"TLS versions", 9, []*panel{
		graph("Messages by TLS version", 12, unitShort,
			"Messages per hour. \"unlogged\" is TLS whose version the log hides (log level 0), \"unknown\" is what the log cannot tell.",
			stacked("normal"), messages...),
		graph("Share by TLS version", 12, unitPercent,
			"The same messages as shares of all.", stacked("percent"), messages...),
	}}
}

func plaintext() section {
	return section{"Plaintext", 9, []*panel{
		graph("Plaintext share", 8, unitShare,
			"Share of messages without TLS. A rise within minutes is mostly a certificate or a setting on this side; a slow one is a peer.",
			lines(), query(`sum by (direction, instance) (rate(postfix_tls_messages_total{`+mail+`, tls="plaintext"}[$__rate_interval]))
/ (sum by (direction, instance) (rate(postfix_tls_messages_total{`+mail+`}[$__rate_interval])) > 0)`, "{{direction}} {{instance}}")),
		table("Peers in plaintext", 8,
			"Clients and relays with the most messages in plaintext. \"other\" are those past --peer-limit.",
			columns{"direction": "Direction", "peer": "Peer", "Value": "Messages"},
			query(`topk(20, sum by (direction, peer) (increase(postfix_tls_peer_messages_total{`+way+`, tls="plaintext"}[$__range])) > 0)`, "")),
		graph("Logins without TLS", 8, unitShort,
			"Sessions per hour that logged in over plaintext: their passwords can be read on the way. smtpd_tls_auth_only = yes stops it.",
			lines(), query(`3600 * sum by (service) (rate(postfix_tls_plaintext_auth_total{`+host+`}[$__rate_interval]))`, "{{service}}")),
	}}
}

func weak() section {
	return section{"What is weak", 9, []*panel{
		graph("Messages by grade", 8, unitPercent,
			"How far TLS version and cipher meet the guideline that the exporter was started with (--profile, RFC 9325 if none was named).",
			stacked("percent"), query(`sum by (grade) (rate(postfix_tls_graded_messages_total{`+mail+`}[$__rate_interval]))`, "{{grade}}")),
		table("Ciphers", 8,
			"Sessions by TLS version and cipher, in the time shown.",
			columns{"protocol": "Version", "cipher": "Cipher", "Value": "Sessions"},
			query(`sort_desc(sum by (protocol, cipher) (increase(postfix_tls_sessions_total{`+mail+`, tls="established"}[$__range])) > 0)`, "")),
		table("Peers below TLS 1.2", 8,
			"Clients and relays with sessions under SSL, TLS 1.0 or TLS 1.1: whom you would lose, or push into plaintext, by requiring TLS 1.2.",
			columns{"direction": "Direction", "peer": "Peer", "protocol": "Version", "Value": "Sessions"},
			query(`topk(20, sum by (direction, peer, protocol) (increase(postfix_tls_peer_sessions_total{`+way+`, `+old+`}[$__range])) > 0)`, "")),
	}}
}

func failures() section {
	return section{"Failures and downgrades", 9, []*panel{
		graph("Failed handshakes by reason", 9, unitShort,
			"Sessions per hour whose handshake failed, or for which TLS was required and not to be had. The README explains the reasons.",
			stacked("normal"), query(`3600 * sum by (direction, reason) (rate(postfix_tls_handshake_failures_total{`+way+`}[$__rate_interval])) > 0`, "{{direction}} {{reason}}")),
		table("Peers whose handshakes fail", 9,
			"Clients and relays with the most failed handshakes, and why.",
			columns{"direction": "Direction", "peer": "Peer", "reason": "Reason", "Value": "Sessions"},
			query(`topk(20, sum by (direction, peer, reason) (increase(postfix_tls_peer_handshake_failures_total{`+way+`}[$__range])) > 0)`, "")),
		graph("Downgrades", 6, unitShort,
			"Peers per hour that moved mail in plaintext, or under a lower TLS version, after they had been steady at something better.",
			bars(), query(`3600 * sum by (direction, kind) (rate(postfix_tls_downgrades_total{`+way+`}[$__rate_interval]))`, "{{direction}} {{kind}}")),
	}}
}

func outbound() section {
	return section{"Where mail goes", 9, []*panel{
		table("Destination domains", 12,
			"Recipients by their domain, and the TLS with which a server beyond this host took the message.",
			columns{"domain": "Domain", "tls": "TLS", "protocol": "Version", "Value": "Recipients"},
			query(`topk(50, sum by (domain, tls, protocol) (increase(postfix_tls_domain_messages_total{`+host+`, class=~"$class"}[$__range])) > 0)`, "")),
		graph("Delivery attempts", 12, unitShort,
			"Recipients per hour by outcome and TLS. \"deferred failed\" is mail that waits because TLS failed or was required and not to be had.",
			stacked("normal"), query(`3600 * sum by (status, tls) (rate(postfix_tls_deliveries_total{`+host+`, class=~"$class"}[$__rate_interval]))`, "{{status}} {{tls}}")),
	}}
}

func postQuantum() section {
	return section{"Key exchange", 8, []*panel{
		graph("Key exchange groups", 12, unitPercent,
			"TLS 1.3 sessions by key exchange group. Groups with MLKEM are post-quantum.",
			stacked("percent"), query(`sum by (group) (rate(postfix_tls_key_exchanges_total{`+way+`}[$__rate_interval]))`, "{{group}}")),
		graph("Post-quantum share", 12, unitShare,
			"Share of TLS 1.3 sessions with a post-quantum key exchange.",
			lines(), query(`sum by (direction) (rate(postfix_tls_key_exchanges_total{`+way+`, `+quant+`}[$__rate_interval]))
/ (sum by (direction) (rate(postfix_tls_key_exchanges_total{`+way+`}[$__rate_interval])) > 0)`, "{{direction}}")),
	}}
}

func health() section {
	return section{"Exporter", 8, []*panel{
		graph("Time since the last line", 8, unitSeconds,
			"How old the latest line of Postfix is, by its own time stamp. It grows while Postfix is silent, and also if the exporter follows the wrong file.",
			lines(), query(`time() - postfix_tls_log_last_line_timestamp_seconds{`+host+`}`, "{{instance}} {{log}}")),
		graph("Log still to read", 8, unitBytes,
			"Bytes that are written and not yet read. It should be back at nearly nothing within seconds.",
			lines(), query(`postfix_tls_log_lag_bytes{`+host+`}`, "{{instance}} {{log}}")),
		graph("Age of the checkpoint", 8, unitSeconds,
			"A restart reads again what came since the last checkpoint. None is written while nothing is read.",
			lines(), query(`time() - postfix_tls_checkpoint_timestamp_seconds{`+host+`}`, "{{instance}}")),
		graph("Lines by result", 8, unitShort,
			"Lines per second. \"unrecognized\" should stay at 0: `postfix-tls-exporter explain --only unrecognized` shows them.",
			stacked("normal"), query(`sum by (result) (rate(postfix_tls_log_lines_total{`+host+`}[$__rate_interval]))`, "{{result}}")),
		graph("Lost", 8, unitShort,
			"What was never read, per hour: places where lines are missing, bytes that were gone, lines that were dropped or too long, checkpoints that failed.",
			bars(),
			query(`3600 * sum by (instance) (rate(postfix_tls_log_gaps_total{`+host+`}[$__rate_interval]))`, "{{instance}} gaps"),
			query(`3600 * sum by (instance) (rate(postfix_tls_log_lost_bytes_total{`+host+`}[$__rate_interval]))`, "{{instance}} bytes"),
			query(`3600 * sum by (instance) (rate(postfix_tls_log_dropped_lines_total{`+host+`}[$__rate_interval]))`, "{{instance}} dropped lines"),
			query(`3600 * sum by (instance) (rate(postfix_tls_log_cut_lines_total{`+host+`}[$__rate_interval]))`, "{{instance}} cut lines"),
			query(`3600 * rate(postfix_tls_checkpoint_errors_total{`+host+`}[$__rate_interval])`, "{{instance}} checkpoints")),
		graph("Given up", 8, unitShort,
			"What was given up before its time because a limit was reached, per hour. Peers and domains are no loss of totals; sessions and messages count early.",
			bars(), query(`3600 * sum by (what) (rate(postfix_tls_evicted_total{`+host+`}[$__rate_interval]))`, "{{what}}")),
		graph("Kept in memory", 8, unitShort,
			"Sessions and messages whose end is not yet in the log, and peers that are counted by name.",
			lines(),
			query(`postfix_tls_open_sessions{`+host+`}`, "{{instance}} sessions"),
			query(`postfix_tls_open_messages{`+host+`}`, "{{instance}} messages"),
			query(`postfix_tls_tracked_peers{`+host+`}`, "{{instance}} peers")),
		table("Versions", 16,
			"Which version of the exporter runs where.",
			columns{"instance": "Host", "version": "Version", "revision": "Revision", "goversion": "Go"},
			query(`sum by (instance, version, revision, goversion) (postfix_tls_exporter_build_info{`+host+`})`, "")),
	}}
}
