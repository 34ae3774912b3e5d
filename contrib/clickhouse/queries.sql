-- Sessions by TLS, of all hosts.
SELECT direction, class, tls, protocol, cipher, count() AS sessions
FROM sessions FINAL
GROUP BY direction, class, tls, protocol, cipher
ORDER BY sessions DESC, direction, class, tls, protocol, cipher;

-- Messages that came in, by TLS.
SELECT class, tls, protocol, count() AS messages
FROM messages FINAL
WHERE tls != '' AND queued = 1
GROUP BY class, tls, protocol
ORDER BY messages DESC, class, tls, protocol;

-- Recipients whom another server took the message for, by TLS.
SELECT class, tls, protocol, count() AS recipients
FROM deliveries FINAL
WHERE class != '' AND status = 'sent'
GROUP BY class, tls, protocol
ORDER BY recipients DESC, class, tls, protocol;

-- Share of plaintext among messages from the Internet, by host and day.
SELECT host, toDate(time) AS day, count() AS messages, countIf(tls = 'plaintext') / count() AS plaintext
FROM messages FINAL
WHERE class = 'public' AND tls != '' AND queued = 1
GROUP BY host, day
ORDER BY day, host;

-- Peers that send in plaintext, over all hosts.
SELECT peer, count() AS messages, uniqExact(host) AS hosts, max(time) AS last
FROM messages FINAL
WHERE tls = 'plaintext' AND class = 'public' AND queued = 1
GROUP BY peer
ORDER BY messages DESC, peer
LIMIT 20;

-- Handshakes that failed, and certificates that were refused.
SELECT direction, service, class, result, reason, count() AS failures
FROM sessions FINAL
WHERE reason != ''
GROUP BY direction, service, class, result, reason
ORDER BY failures DESC, direction, service, class, result, reason;
