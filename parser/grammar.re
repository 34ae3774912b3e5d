
package parser

// The grammar of Postfix log lines: what each program says in the text behind "tag[pid]: ". One block a program,
// one rule a line form, and beside each rule lines that it takes, as "// program/rule: text"; the tests hold each
// of them against its rule and against an independent set of regular expressions.
//
// The rules are compiled to Go ahead of time by re2go (re2c 3.0): go generate ./parser. Building needs no re2c.
//
// Log text is hostile. Whoever sends mail chooses host names, senders, HELO names and replies, and Postfix prints
// them in the middle of its own words. Therefore each rule begins at the start of the text, where only Postfix writes,
// goes from left to right, and stops before the first part that somebody else may have written.
// Where a known line goes on with words that no rule knows (a later Postfix), the head is taken and the rest left alone.

/*!re2c
	re2c:yyfill:enable = 0;
	re2c:sentinel = 10;
	re2c:flags:tags = 1;
	re2c:define:YYCTYPE = byte;
	re2c:define:YYPEEK = "buf[cursor]";
	re2c:define:YYSKIP = "cursor++";
	re2c:define:YYBACKUP = "marker = cursor";
	re2c:define:YYRESTORE = "cursor = marker";
	re2c:define:YYSHIFT = "cursor += @@{shift}";
	re2c:define:YYSTAGP = "@@{tag} = cursor";
	re2c:define:YYSTAGN = "@@{tag} = -1";
	re2c:define:YYSHIFTSTAG = "@@{tag} += @@{shift}";

	// A line ends in \n, or \r\n; the byte is looked at, never consumed, so the machine cannot run past it.
	end     = [\r\n];
	any     = [^\r\n];
	word    = [^ \r\n]+;
	digits  = [0-9]+;
	// Queue IDs, src/global/mail_queue.h. Long ones (enable_long_queue_ids, 2.9) have no vowels; "z" stands before the inode.
	b52     = [0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z];
	b51     = [0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y];
	// Their greatest length is checked afterwards (setQueueID): counted repetitions would make the compiled machine large.
	short   = [0-9A-F]{6} [0-9A-F]*;
	long    = b52{10} b52* "z" b51+;
	qid     = @q1 ( short | long ) @q2;
	child   = @v1 ( short | long ) @v2;
	noqueue = "NOQUEUE";
	// The client as smtpd names it, NAME[ADDRESS], with :PORT if smtpd_client_port_logging = yes (2.5).
	peer    = @p1 [A-Za-z0-9_.-]+ "[" ( [0-9A-Fa-f:.]+ | "unknown" ) "]" @p2 ( ":" @o1 ( digits | "unknown" ) @o2 )?;
	// The server as smtp and lmtp name it, HOST[ADDRESS]:PORT; HOST[PATH] is a UNIX-domain socket. Some lines leave the port out.
	server  = @p1 [^\x5b\x5d, \r\n]+ "[" [^\x5b\x5d, \r\n]+ "]" @p2 ( ":" @o1 digits @o2 )?;
	// The client as postscreen and tlsproxy name it, [ADDRESS]:PORT.
	client  = @p1 "[" [0-9A-Fa-f:.]+ "]" @p2 ":" @o1 digits @o2;
	// What follows the peer in a TLS summary line: src/tls/tls_misc.c, tls_log_summary.
	summary = ": " @v1 word @v2 " with cipher " @c1 word @c2 " (" @n1 "-"? digits @n2 "/" "-"? digits " bits)";
	// What smtp says of a server's certificate, and to TLSRPT (3.10); tlsproxy does it for smtp where connections are reused.
	unverified = ( "CA " | "server " | "client " )? "certificate verification failed for " server ": " @v1 any* @v2;
	tlsrpt     = "TLSRPT: status=" ( "success" | "failure" ) ", domain=" @v1 [^, \r\n]+ @v2 ", receiving_mx=" @p1 [^, \r\n]+ @p2
		( ", failure_type=" @c1 [A-Za-z_]+ @c2 ( ", failure_reason=" @n1 any* @n2 )? )?;
*/

// lexSmtpd reads what smtpd(8) says.
func lexSmtpd(b *batch, e *event, buf []byte, cursor int) {
	var marker, q1, q2, p1, p2, o1, o2, w1, w2, v1, v2, c1, c2, s1, s2, n1, n2 int
	/*!stags:re2c:smtpd format = "\tvar @@ int\n"; */
	/*!re2c:smtpd

	// smtpd/connect: connect from client.example.net[192.0.2.10]
	// smtpd/connect: connect from client.example.net[2001:db8::10]:40112
	// smtpd/connect: connect from unknown[unknown]
	"connect from " peer / [ \r\n] { e.connect(p1, p2, o1, o2); return }

	// smtpd/disconnect: disconnect from client.example.net[192.0.2.10] ehlo=2 starttls=1 mail=2 rcpt=3/4 data=2 quit=1 commands=10/11
	// smtpd/disconnect: disconnect from unknown[192.0.2.11]
	"disconnect from " peer / [ \r\n] { e.disconnect(b, p1, p2, o1, o2, buf, cursor); return }

	// smtpd/client: 3F1A2C0B7D: client=client.example.net[192.0.2.10]
	// smtpd/client: 4jXFz16lx4z1cM1s: client=unknown[2001:db8::77]:50122, sasl_method=PLAIN, sasl_username=user@example.com
	// smtpd/client: D581D9B029A: client=unknown[192.0.2.10], sasl_sender="x, orig_queue_id=ABCDEF0123, orig_client=spoof.example.com[192.0.2.66]"
	qid ": client=" peer / [, \r\n] { e.client(b, q1, q2, p1, p2, o1, o2, buf, cursor); return }

	// smtpd/proxied-client: NOQUEUE: client=client.example.net[192.0.2.10]
	noqueue ": client=" peer / [, \r\n] { e.proxiedClient(p1, p2, o1, o2, buf, cursor); return }

	// smtpd/tls: Anonymous TLS connection established from client.example.net[192.0.2.10]: TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)
	// smtpd/tls: Trusted TLS connection established from client.example.net[192.0.2.10]:40112 to mx.example.com: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519MLKEM768 server-signature ECDSA (prime256v1) server-digest SHA256 client-signature RSA-PSS (4096 bits) client-digest SHA256
	( @w1 [A-Za-z]+ @w2 " " )? "TLS connection " ( "established" | "reused" ) " from " peer ( " to " @s1 [^ :\r\n]+ @s2 )? summary / [ \r\n]
		{ e.tlsEstablished(b, tlsMatch{w1, w2, s1, s2, v1, v2, c1, c2, n1, n2}, p1, p2, o1, o2, cursor); return }

	// smtpd/proxied: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 3F1A2C0B7D; from=<s@example.net> to=<u@example.com> proto=ESMTP helo=<client.example.net>
	// smtpd/proxied: proxy-accept: END-OF-MESSAGE: 250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 3F1A2C0B7D; from=<s@example.net>
	"proxy-accept: END-OF-MESSAGE: 2" [^;\r\n]* " queued as " child / [; \r\n] { e.proxied(v1, v2); return }

	// smtpd/tls-failed: SSL_accept error from unknown[192.0.2.11]: -1
	// smtpd/tls-failed: SSL_accept error from unknown[192.0.2.11]:40112: Connection reset by peer
	"SSL_accept error from " peer ": " @v1 any* @v2 / end { e.peerText(eventTLSFailed, p1, p2, o1, o2, v1, v2); return }

	// smtpd/tls-library: warning: TLS library problem: error:0A00010B:SSL routines::wrong version number:../ssl/record/ssl3_record.c:350:
	// smtpd/tls-library: warning: TLS library problem: 3917:error:1408A0C1:SSL routines:SSL3_GET_CLIENT_HELLO:no shared cipher:s3_srvr.c:1417:
	"warning: TLS library problem: " @v1 any* @v2 / end { e.text(eventTLSLibrary, v1, v2); return }

	// smtpd/tls-aborted: NOQUEUE: abort: TLS from client.example.net[192.0.2.10]: No client certificate presented
	noqueue ": abort: TLS from " peer ": " @v1 any* @v2 / end { e.peerText(eventTLSAborted, p1, p2, o1, o2, v1, v2); return }

	// smtpd/tls-refused: warning: Refusing STARTTLS request from client.example.net[192.0.2.10] for service smtp
	// smtpd/tls-refused: warning: Refusing TLS service request from unknown[192.0.2.10] for service smtps
	// smtpd/tls-refused: warning: Wrapper-mode request dropped from unknown[192.0.2.10] for service smtps. TLS context initialization failed. For details see earlier warnings in your logs.
	"warning: " ( "Refusing STARTTLS request" | "Refusing TLS service request" | "Wrapper-mode request dropped" ) " from " peer " for service " / any
		{ e.peerText(eventTLSRefused, p1, p2, o1, o2, cursor, cursor); return }

	// smtpd/tls-dropped: warning: New TLS session rate limit exceeded: 16 from client.example.net[192.0.2.10] for service smtp
	"warning: New TLS session rate limit exceeded: " digits " from " peer " for service " / any
		{ e.peerText(eventTLSDropped, p1, p2, o1, o2, cursor, cursor); return }

	// smtpd/ended: lost connection after STARTTLS from unknown[192.0.2.11]
	// smtpd/ended: NOQUEUE: too many errors after UNKNOWN from unknown[192.0.2.11]:40112
	// smtpd/ended: 3F1A2C0B7D: timeout after DATA (18204 bytes) from client.example.net[192.0.2.10]
	( ( qid | noqueue ) ": " )? @w1 ( "lost connection" | "timeout" | "too many errors" ) @w2 " after " @v1 [A-Z-]+ @v2 ( " (" digits " bytes)" )? " from " peer / [ \r\n]
		{ e.ended(w1, w2, v1, v2, p1, p2, o1, o2); return }

	// smtpd/sasl-failed: warning: client.example.net[192.0.2.10]: SASL LOGIN authentication failed: UGFzc3dvcmQ6
	// smtpd/sasl-failed: warning: unknown[192.0.2.10]:50122: SASL PLAIN authentication failed: (reason unavailable), sasl_username=user@example.com
	"warning: " peer ": SASL " word " authentication failed" / [: \r\n] { e.peerText(eventSASLFailed, p1, p2, o1, o2, cursor, cursor); return }

	// smtpd/hold: 3F1A2C0B7D: hold: RCPT from client.example.net[192.0.2.10]: <u@example.com>: Recipient address; from=<s@example.net> to=<u@example.com> proto=ESMTP helo=<client.example.net>
	// smtpd/hold: 3F1A2C0B7D: milter-hold: END-OF-MESSAGE from client.example.net[192.0.2.10]: milter triggers HOLD action; from=<s@example.net>
	qid ": " "milter-"? "hold: " / any { e.queue(eventHold, q1, q2); return }

	// smtpd/hold: NOQUEUE: hold: RCPT from client.example.net[192.0.2.10]: <u@example.com>: Recipient address; from=<s@example.net> to=<u@example.com> proto=ESMTP helo=<client.example.net>
	noqueue ": " "milter-"? "hold: " / any { e.kind = eventHold; return }

	// smtpd/died: fatal: watchdog timeout
	// smtpd/died: panic: vstring_ctl: bad name
	( "fatal" | "panic" ) ": " { e.kind = eventDied; return }

	// What begins like a line that decides about TLS, and is none of the above: a form that we do not know.
	// smtpd/unrecognized: connect from
	// smtpd/unrecognized: disconnect from client.example.net
	// smtpd/unrecognized: Anonymous TLS connection established from client.example.net[192.0.2.10] with TLSv1.4
	// smtpd/unrecognized: 3F1A2C0B7D: client=client.example.net
	// smtpd/unrecognized: NOQUEUE: client=[192.0.2.10]
	// smtpd/unrecognized: SSL_accept error: -1
	"connect from" | "disconnect from" | ( [A-Za-z]+ " " )? "TLS connection " ( "established" | "reused" ) | "SSL_accept error"
		| ( qid | noqueue ) ": client=" { e.kind = eventUnrecognized; return }

	* { return }
	*/
}

// lexSASL reads the fields behind the client= line's peer that tell who authenticated. They come first, before anything that
// the client may write without authenticating (sasl_sender, 3.0), so a forged field is never reached.
func lexSASL(buf []byte, cursor int) (method, username span) {
	var marker, w1, w2, v1 int
	/*!stags:re2c:sasl format = "\tvar @@ int\n"; */
	/*!re2c:sasl
	", sasl_method=" @w1 [^, \r\n]+ @w2 / [, \r\n] { return spanOf(w1, w2), span{} }
	", sasl_method=" @w1 [^, \r\n]+ @w2 ", sasl_username=" @v1 any* / end { return spanOf(w1, w2), usernameEnd(buf, v1, cursor) }
	* { return span{}, span{} }
	*/
}

// lexForwarded reads what an authorized client told by XFORWARD of the message (2.8): the queue ID that it had before, and who sent it.
func lexForwarded(buf []byte, cursor int) (queueID, client span) {
	var marker, q1, q2, v1, v2 int
	/*!stags:re2c:forwarded format = "\tvar @@ int\n"; */
	/*!re2c:forwarded
	", orig_queue_id=" qid ( ", orig_client=" @v1 [^, \r\n]+ @v2 )? / end { return spanOf(q1, q2), optional(v1, v2) }
	", orig_client=" @v1 [^, \r\n]+ @v2 / end { return span{}, spanOf(v1, v2) }
	* { return span{}, span{} }
	*/
}

// lexSuffix reads what TLS 1.3 adds to the summary line (3.4): src/tls/tls_misc.c, tls_log_summary. Parts may be missing,
// as they are in resumed sessions; an unknown part ends it.
func lexSuffix(t *TLS, buf []byte, cursor int) {
	var marker, v1, v2 int
	/*!stags:re2c:suffix format = "\tvar @@ int\n"; */
next:
	/*!re2c:suffix
	detail = ( " (" [^()\r\n]* ")" )?;
	" key-exchange " @v1 [^ ()\r\n]+ detail @v2 / [ \r\n] { t.KeyExchange = toText(buf[v1:v2]); goto next }
	" server-signature " @v1 [^ ()\r\n]+ detail @v2 / [ \r\n] { t.Signature = toText(buf[v1:v2]); goto next }
	" server-digest " @v1 [^ ()\r\n]+ @v2 / [ \r\n] { t.Digest = toText(buf[v1:v2]); goto next }
	" client-signature " [^ ()\r\n]+ detail / [ \r\n] { goto next }
	" client-digest " [^ ()\r\n]+ / [ \r\n] { goto next }
	* { return }
	*/
}

// lexCounters reads the command counters of the disconnect line (3.0): NAME=OK, or NAME=OK/TOTAL where some failed.
func lexCounters(c *Commands, buf []byte, cursor int) {
	var marker, w1, w2, n1, n2, m1, m2 int
	/*!stags:re2c:counters format = "\tvar @@ int\n"; */
next:
	/*!re2c:counters
	" " @w1 [a-z]+ @w2 "=" @n1 digits @n2 ( "/" @m1 digits @m2 )? / [ \r\n] {
		if c.set(buf[w1:w2], number(buf, n1, n2), total(buf, n1, n2, m1, m2)) {
			goto next
		}
		return
	}
	* { return }
	*/
}

// lexCleanup reads what cleanup(8) says.
func lexCleanup(b *batch, e *event, buf []byte, cursor int) {
	var marker, q1, q2, v1, v2 int
	/*!stags:re2c:cleanup format = "\tvar @@ int\n"; */
	/*!re2c:cleanup

	// cleanup/message-id: 3F1A2C0B7D: message-id=<20261122041034.1@client.example.net>
	// cleanup/message-id: 3F1A2C0B7D: message-id=<>
	qid ": message-id=" @v1 any* @v2 / end { e.queueText(eventMessageID, q1, q2, v1, v2); return }

	// cleanup/canceled: 3F1A2C0B7D: removed (canceled)
	// cleanup/canceled: 3F1A2C0B7D: removed (discarded)
	qid ": removed (" ( "canceled" | "discarded" ) ")" / end { e.queue(eventCanceled, q1, q2); return }

	// cleanup/delivery: 3F1A2C0B7D: to=<u@example.com>, relay=none, delay=0.01, delays=0.01/0/0/0, dsn=5.4.14, status=bounced (hop count exceeded)
	qid ": to=<" { e.delivery(b, q1, q2, buf, cursor); return }

	// cleanup/hold: 3F1A2C0B7D: hold: header Subject: x from client.example.net[192.0.2.10]; from=<s@example.net> to=<u@example.com>
	// cleanup/hold: 3F1A2C0B7D: milter-hold: END-OF-MESSAGE from client.example.net[192.0.2.10]: milter triggers HOLD action
	qid ": " "milter-"? "hold: " / any { e.queue(eventHold, q1, q2); return }

	* { return }
	*/
}

// lexQmgr reads what qmgr(8) says. The sender in from=<> may hold anything printable, "> and digits" too, but the words behind it are
// qmgr's own and end the line: the last match is the true one.
func lexQmgr(b *batch, e *event, buf []byte, cursor int) {
	var marker, q1, q2, v1, v2, n1, n2, m1, m2 int
	/*!stags:re2c:qmgr format = "\tvar @@ int\n"; */
	/*!re2c:qmgr

	// qmgr/active: 3F1A2C0B7D: from=<sender@example.net>, size=1234, nrcpt=2 (queue active)
	// qmgr/active: 3F1A2C0B7D: from=<"x>, size=1, nrcpt=9 (queue active)"@example.net>, size=1234, nrcpt=2 (queue active)
	qid ": from=<" @v1 any* @v2 ">, size=" @n1 digits @n2 ", nrcpt=" @m1 digits @m2 " (queue " [a-z]+ ")" / end
		{ e.queueActive(q1, q2, v1, v2, number(buf, n1, n2), number(buf, m1, m2)); return }

	// qmgr/delivery: 3F1A2C0B7D: to=<u@example.com>, relay=none, delay=7, delays=7/0.01/0/0, dsn=4.3.0, status=deferred (mail transport unavailable)
	qid ": to=<" { e.delivery(b, q1, q2, buf, cursor); return }

	// qmgr/removed: 3F1A2C0B7D: removed
	qid ": removed" / end { e.queue(eventRemoved, q1, q2); return }

	* { return }
	*/
}

// lexPickup reads what pickup(8) says of mail from the sendmail command.
func lexPickup(e *event, buf []byte, cursor int) {
	var marker, q1, q2, v1, v2, n1, n2, c1, c2 int
	/*!stags:re2c:pickup format = "\tvar @@ int\n"; */
	/*!re2c:pickup

	// pickup/local: 3F1A2C0B7D: uid=1000 from=<user>
	// pickup/local: 3F1A2C0B7D: uid=0 from=<user> orig_id=5B0C41D2E9
	qid ": uid=" @n1 digits @n2 " from=<" @v1 any* @v2 ">" ( " orig_id=" @c1 ( short | long ) @c2 )? / end
		{ e.pickup(q1, q2, v1, v2, c1, c2, number(buf, n1, n2)); return }

	* { return }
	*/
}

// lexBounce reads what bounce(8) says: which new message tells the sender of the old one.
func lexBounce(e *event, buf []byte, cursor int) {
	var marker, q1, q2, v1, v2 int
	/*!stags:re2c:bounce format = "\tvar @@ int\n"; */
	/*!re2c:bounce

	// bounce/notification: 3F1A2C0B7D: sender non-delivery notification: 5B0C41D2E9
	// bounce/notification: 3F1A2C0B7D: postmaster delay notification: 5B0C41D2E9
	// bounce/notification: 3F1A2C0B7D: sender delivery status notification: 4jXFz16lx4z1cM1s
	qid ": " ( "sender" | "postmaster" ) " " [a-z -]+ " notification: " child / end { e.notification(q1, q2, v1, v2); return }

	* { return }
	*/
}

// lexMaster reads what master(8) says of itself and of its children.
func lexMaster(e *event, buf []byte, cursor int) {
	var marker, v1, v2, n1, n2 int
	/*!stags:re2c:master format = "\tvar @@ int\n"; */
	/*!re2c:master

	// master/started: daemon started -- version 3.11.6, configuration /etc/postfix
	"daemon started -- version " @v1 [^, \r\n]+ @v2 { e.text(eventMasterStarted, v1, v2); return }

	// master/reloaded: reload -- version 3.11.6, configuration /etc/postfix
	"reload -- version " @v1 [^, \r\n]+ @v2 { e.text(eventMasterReloaded, v1, v2); return }

	// master/stopped: terminating on signal 15
	"terminating on signal " digits / end { e.kind = eventMasterStopped; return }

	// master/child-died: warning: process /usr/lib/postfix/sbin/smtpd pid 411 killed by signal 9
	// master/child-died: warning: process /usr/lib/postfix/sbin/smtpd pid 411 exit status 1
	"warning: process " @v1 word @v2 " pid " @n1 digits @n2 ( " killed by signal " | " exit status " ) digits / end
		{ e.childDied(v1, v2, number(buf, n1, n2)); return }

	* { return }
	*/
}

// lexPostsuper reads what postsuper(1) says when an administrator works on the queue.
func lexPostsuper(e *event, buf []byte, cursor int) {
	var marker, q1, q2 int
	/*!stags:re2c:postsuper format = "\tvar @@ int\n"; */
	/*!re2c:postsuper

	// postsuper/removed: 3F1A2C0B7D: removed
	qid ": removed" / end { e.queue(eventRemoved, q1, q2); return }

	// postsuper/requeued: 3F1A2C0B7D: requeued
	qid ": requeued" / end { e.queue(eventRequeued, q1, q2); return }

	// postsuper/hold: 3F1A2C0B7D: placed on hold
	qid ": placed on hold" / end { e.queue(eventHold, q1, q2); return }

	* { return }
	*/
}

// lexSMTP reads what smtp(8) and lmtp(8), which are one program under two names, say of deliveries.
func lexSMTP(b *batch, e *event, buf []byte, cursor int) {
	var marker, q1, q2, p1, p2, o1, o2, w1, w2, v1, v2, c1, c2, n1, n2 int
	/*!stags:re2c:smtp format = "\tvar @@ int\n"; */
	/*!re2c:smtp

	// smtp/delivery: 3F1A2C0B7D: to=<u@example.com>, relay=mx1.example.com[198.51.100.25]:25, delay=0.12, delays=0.01/0.02/0.05/0.04, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 2A980A8A10D)
	// smtp/delivery: 2481BA8A0B3: to=<"q>, relay=evil.example.com[192.0.2.66]:25, delay=1"@example.net>, relay=mx1.example.net[198.51.100.25]:25, delay=0.03, delays=0/0.01/0.01/0, tls=may, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 2A980A8A10D)
	// smtp/delivery: 3F1A2C0B7D: to=<u@example.com>, orig_to=<alias@example.org>, relay=none, delay=33, delays=33/0.01/0/0, tls=may?, dsn=4.4.1, status=deferred (connect to mx.example.com[198.51.100.9]:25: Connection refused)
	// lmtp/delivery: 3F1A2C0B7D: to=<u@example.com>, relay=mail.example.com[private/dovecot-lmtp], delay=0.05, delays=0.04/0.01/0/0, dsn=2.0.0, status=sent (250 2.0.0 <u@example.com> abc Saved)
	qid ": to=<" {
		if e.delivery(b, q1, q2, buf, cursor); e.kind == eventNone { // cut, but it names the request
			e.queue(eventNote, q1, q2)
		}
		return
	}

	// smtp/tls: Verified TLS connection established to mx1.example.com[198.51.100.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519 server-signature RSA-PSS (2048 bits) server-digest SHA256
	// smtp/tls: Untrusted TLS connection reused to mx1.example.com[198.51.100.25]:25: TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)
	// lmtp/tls: Untrusted TLS connection established to lmtp.example.com[2001:db8::25]:24: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
	( @w1 [A-Za-z]+ @w2 " " )? "TLS connection established to " server summary / [ \r\n]
		{ e.tlsEstablished(b, tlsMatch{w1, w2, -1, -1, v1, v2, c1, c2, n1, n2}, p1, p2, o1, o2, cursor); return }
	( @w1 [A-Za-z]+ @w2 " " )? "TLS connection reused to " server summary / [ \r\n]
		{ e.tlsEstablished(b, tlsMatch{w1, w2, -1, -1, v1, v2, c1, c2, n1, n2}, p1, p2, o1, o2, cursor); e.count = 1; return }

	// smtp/tls-failed: SSL_connect error to mx1.example.com[198.51.100.25]:25: -1
	// lmtp/tls-failed: SSL_connect error to lmtp.example.com[198.51.100.25]:24: lost connection
	"SSL_connect error to " server ": " @v1 any* @v2 / end { e.peerText(eventTLSFailed, p1, p2, o1, o2, v1, v2); return }

	// smtp/tls-library: warning: TLS library problem: error:0A00042E:SSL routines::tlsv1 alert protocol version:../ssl/record/rec_layer_s3.c:1602:SSL alert number 70:
	// lmtp/tls-library: warning: TLS library problem: error:0A00010B:SSL routines::wrong version number:../ssl/record/ssl3_record.c:350:
	"warning: TLS library problem: " @v1 any* @v2 / end { e.text(eventTLSLibrary, v1, v2); return }

	// smtp/unverified: server certificate verification failed for mx1.example.com[198.51.100.25]:25: certificate has expired
	// smtp/unverified: certificate verification failed for mx1.example.com[198.51.100.25]:25: external policy failure (sts-policy-fetch-error)
	// lmtp/unverified: CA certificate verification failed for lmtp.example.com[198.51.100.25]:24: num=19:self-signed certificate in certificate chain
	unverified / end { e.peerText(eventUnverified, p1, p2, o1, o2, v1, v2); return }

	// smtp/no-handshake: 3F1A2C0B7D: Cannot start TLS: handshake failure
	// lmtp/no-handshake: 3F1A2C0B7D: Cannot start TLS: handshake failure
	qid ": Cannot start TLS: handshake failure" / end { e.queue(eventNoHandshake, q1, q2); return }

	// smtp/lost: 3F1A2C0B7D: lost connection with mx1.example.com[198.51.100.25] while sending DATA command
	// smtp/lost: 3F1A2C0B7D: conversation with mx1.example.com[198.51.100.25] timed out while receiving the initial server greeting
	// lmtp/lost: 3F1A2C0B7D: lost connection with mail.example.com[private/dovecot-lmtp] while sending end of data -- message may be sent more than once
	qid ": lost connection with " server " while " { e.lost(q1, q2, p1, p2, o1, o2); return }
	qid ": conversation with " server " timed out while " { e.lost(q1, q2, p1, p2, o1, o2); return }

	// smtp/note: 3F1A2C0B7D: host mx1.example.com[198.51.100.25] said: 451 4.3.0 try later (in reply to RCPT TO command)
	// smtp/note: 3F1A2C0B7D: TLS is required, but was not offered by host mx1.example.com[198.51.100.25]
	// lmtp/note: 3F1A2C0B7D: host mail.example.com[private/dovecot-lmtp] said: 452 4.2.2 full (in reply to RCPT TO command)
	qid ": " { e.queue(eventNote, q1, q2); return }

	// smtp/tlsrpt: TLSRPT: status=success, domain=example.com, receiving_mx=mx1.example.com[198.51.100.25]
	// smtp/tlsrpt: TLSRPT: status=failure, domain=example.com, receiving_mx=(Null), failure_type=sts_policy_fetch_error, failure_reason=(Null)
	// lmtp/tlsrpt: TLSRPT: status=failure, domain=example.com, receiving_mx=mx1.example.com[198.51.100.25], failure_type=starttls_not_supported
	tlsrpt / end { e.tlsrpt(b, v1, v2, p1, p2, c1, c2, n1, n2); return }

	// smtp/died: fatal: watchdog timeout
	// lmtp/died: panic: vstring_ctl: bad name
	( "fatal" | "panic" ) ": " { e.kind = eventDied; return }

	// smtp/unrecognized: Anonymous TLS connection established to mx1.example.com: TLSv1.4
	// lmtp/unrecognized: SSL_connect error: -1
	( [A-Za-z]+ " " )? "TLS connection " ( "established" | "reused" ) | "SSL_connect error" { e.kind = eventUnrecognized; return }

	* { return }
	*/
}

// lexAgent reads the delivery records of the programs that speak to no server: local(8), virtual(8), pipe(8), error(8), discard(8).
func lexAgent(b *batch, e *event, buf []byte, cursor int) {
	var marker, q1, q2 int
	/*!stags:re2c:agent format = "\tvar @@ int\n"; */
	/*!re2c:agent

	// local/delivery: 3F1A2C0B7D: to=<root@example.com>, orig_to=<root>, relay=local, delay=0.02, delays=0.01/0/0/0.01, dsn=2.0.0, status=sent (delivered to mailbox)
	// virtual/delivery: 3F1A2C0B7D: to=<u@example.com>, relay=virtual, delay=0.02, delays=0.01/0/0/0.01, dsn=2.0.0, status=sent (delivered to maildir)
	// pipe/delivery: 3F1A2C0B7D: to=<u@example.com>, relay=dovecot, delay=0.02, delays=0.01/0/0/0.01, dsn=2.0.0, status=sent (delivered via dovecot service)
	// error/delivery: 3F1A2C0B7D: to=<u@example.com>, relay=none, delay=14, delays=14/0.01/0/0, dsn=4.7.5, status=deferred (delivery temporarily suspended: Server certificate not verified)
	// discard/delivery: 3F1A2C0B7D: to=<u@example.com>, relay=none, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (example.com)
	qid ": to=<" { e.delivery(b, q1, q2, buf, cursor); return }

	* { return }
	*/
}

// lexDelivery reads a delivery record behind its addresses: src/global/log_adhoc.c. A line that is cut, at 2000 bytes or by the writer of the log,
// has only the fields up to the relay. The text in parentheses may be the server's.
func lexDelivery(f *deliveryFields, buf []byte, cursor int) (complete, ok bool) {
	var marker, p1, p2, n1, n2, d1, d2, a1, a2, c1, c2, q1, q2, w1, w2, v1, v2 int
	/*!stags:re2c:delivery format = "\tvar @@ int\n"; */
	/*!re2c:delivery
	seconds = digits ( "." digits )?;
	", relay=" @p1 [^, \r\n]+ @p2 ( ", conn_use=" @n1 digits @n2 )? ", delay=" @d1 seconds @d2
		", delays=" @a1 seconds "/" seconds @a2 "/" seconds "/" seconds ( ", tls=" @c1 [^, \r\n]+ @c2 )?
		", dsn=" @q1 [0-9] "." digits "." digits @q2 ", status=" @w1 [A-Za-z-]+ @w2 " (" @v1 any* @v2 / end {
		f.relay, f.delay, f.waited, f.policy = spanOf(p1, p2), spanOf(d1, d2), spanOf(a1, a2), optional(c1, c2)
		f.dsn, f.status, f.text = spanOf(q1, q2), spanOf(w1, w2), spanOf(v1, v2)
		f.uses = uses(buf, n1, n2)
		return true, true
	}
	", relay=" @p1 [^, \r\n]+ @p2 ( ", conn_use=" @n1 digits @n2 )? ( ", delay=" @d1 seconds @d2
		( ", delays=" @a1 seconds "/" seconds @a2 "/" seconds "/" seconds ( ", tls=" @c1 [^, \r\n]+ @c2 )? )? )? / "," {
		f.relay, f.delay, f.waited, f.policy = spanOf(p1, p2), optional(d1, d2), optional(a1, a2), optional(c1, c2)
		f.uses = uses(buf, n1, n2)
		return false, true
	}
	* { return false, false }
	*/
}

// lexPolicy reads tls= (3.11): src/global/pol_stats.c, pol_stats_format. What it does not know is no policy.
func lexPolicy(buf []byte, cursor int) (level, final, requireTLS span, violated, undecided bool) {
	var marker, w1, w2, v1, v2, c1, c2, n1, s1 int
	/*!stags:re2c:policy format = "\tvar @@ int\n"; */
	/*!re2c:policy
	( "!" @n1 )? @w1 [a-z-]+ @w2 ( ":" @v1 [a-z-]+ @v2 )? ( "?" @s1 )? ( "/" @c1 [^/, \r\n]+ @c2 )? / [, \r\n] {
		return spanOf(w1, w2), optional(v1, v2), optional(c1, c2), n1 >= 0, s1 >= 0
	}
	* { return }
	*/
}

// lexQueuedAs finds the queue ID in a server's reply: Postfix says "250 2.0.0 Ok: queued as QID", filters quote it.
func lexQueuedAs(buf []byte, cursor int) span {
	var marker, v1, v2 int
	/*!stags:re2c:queuedas format = "\tvar @@ int\n"; */
	/*!re2c:queuedas
	any* "queued as " child ")"* / end { return spanOf(v1, v2) }
	* { return span{} }
	*/
}

// lexPostscreen reads what postscreen(8) says of clients. Many of them are open at a time in one process.
func lexPostscreen(e *event, buf []byte, cursor int) {
	var marker, p1, p2, o1, o2 int
	/*!stags:re2c:postscreen format = "\tvar @@ int\n"; */
	/*!re2c:postscreen

	// postscreen/connect: CONNECT from [192.0.2.10]:47232 to [198.51.100.1]:25
	// postscreen/connect: CONNECT from [2001:db8::10]:47232
	"CONNECT from " client / [ \r\n] { e.connect(p1, p2, o1, o2); return }

	// postscreen/disconnect: DISCONNECT [192.0.2.10]:47232
	"DISCONNECT " client / end { e.peerText(eventDisconnect, p1, p2, o1, o2, cursor, cursor); return }

	// postscreen/passed: PASS OLD [192.0.2.10]:47232
	// postscreen/passed: PASS NEW [192.0.2.10]:47232
	// postscreen/passed: ALLOWLISTED [192.0.2.10]:47232
	// postscreen/passed: WHITELISTED [2001:db8::10]:47232
	( "PASS OLD" | "PASS NEW" | "ALLOWLISTED" | "WHITELISTED" ) " " client / end { e.peerText(eventPassed, p1, p2, o1, o2, cursor, cursor); return }

	// postscreen/hangup: HANGUP after 0.25 from [192.0.2.10]:47232 in tests before SMTP handshake
	"HANGUP after " [0-9.]+ " from " client " in " { e.peerText(eventHangup, p1, p2, o1, o2, cursor, cursor); return }

	* { return }
	*/
}

// lexTlsproxy reads what tlsproxy(8) says: of clients for postscreen, of servers for smtp and lmtp (3.4). It serves many at a time.
func lexTlsproxy(b *batch, e *event, buf []byte, cursor int) {
	var marker, p1, p2, o1, o2, w1, w2, s1, s2, v1, v2, c1, c2, n1, n2 int
	/*!stags:re2c:tlsproxy format = "\tvar @@ int\n"; */
	/*!re2c:tlsproxy

	// tlsproxy/connect: CONNECT from [192.0.2.10]:47232
	"CONNECT from " client / [ \r\n] { e.connect(p1, p2, o1, o2); return }

	// tlsproxy/disconnect: DISCONNECT [192.0.2.10]:47232
	"DISCONNECT " client / end { e.peerText(eventDisconnect, p1, p2, o1, o2, cursor, cursor); return }

	// tlsproxy/tls: Anonymous TLS connection established from [192.0.2.10]:47232: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519
	// tlsproxy/tls: Anonymous TLS connection established from [192.0.2.10]:47232 to mx.example.com: TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)
	( @w1 [A-Za-z]+ @w2 " " )? "TLS connection " ( "established" | "reused" ) " from " client ( " to " @s1 [^ :\r\n]+ @s2 )? summary / [ \r\n]
		{ e.tlsEstablished(b, tlsMatch{w1, w2, s1, s2, v1, v2, c1, c2, n1, n2}, p1, p2, o1, o2, cursor); return }

	// tlsproxy/tls-failed: TLS handshake failed for service=smtpd peer=[192.0.2.10]:47232
	// tlsproxy/tls-failed: SSL_accept error from [192.0.2.10]:47232: lost connection
	"TLS handshake failed for service=" word " peer=" client / end { e.peerText(eventTLSFailed, p1, p2, o1, o2, cursor, cursor); return }
	"SSL_accept error from " client ": " @v1 any* @v2 / end { e.peerText(eventTLSFailed, p1, p2, o1, o2, v1, v2); return }

	// tlsproxy/tls-library: warning: TLS library problem: error:0A0000C1:SSL routines::no shared cipher:../ssl/statem/statem_srvr.c:2220:
	"warning: TLS library problem: " @v1 any* @v2 / end { e.text(eventTLSLibrary, v1, v2); return }

	// tlsproxy/unverified: server certificate verification failed for mx1.example.com[198.51.100.25]:25: certificate has expired
	unverified / end { e.peerText(eventUnverified, p1, p2, o1, o2, v1, v2); return }

	// tlsproxy/tlsrpt: TLSRPT: status=failure, domain=example.com, receiving_mx=mx1.example.com[198.51.100.25], failure_type=certificate_expired
	tlsrpt / end { e.tlsrpt(b, v1, v2, p1, p2, c1, c2, n1, n2); return }

	* { return }
	*/
}
