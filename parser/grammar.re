
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
	qid ": client=" peer / [, \r\n] { e.client(q1, q2, p1, p2, o1, o2, buf, cursor); return }

	// smtpd/proxied-client: NOQUEUE: client=client.example.net[192.0.2.10]
	noqueue ": client=" peer / [, \r\n] { e.proxiedClient(p1, p2, o1, o2, buf, cursor); return }

	// smtpd/tls: Anonymous TLS connection established from client.example.net[192.0.2.10]: TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)
	// smtpd/tls: Trusted TLS connection established from client.example.net[192.0.2.10]:40112 to mx.example.com: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519MLKEM768 server-signature ECDSA (prime256v1) server-digest SHA256 client-signature RSA-PSS (4096 bits) client-digest SHA256
	( @w1 [A-Za-z]+ @w2 " " )? "TLS connection " ( "established" | "reused" ) " from " peer ( " to " @s1 [^ :\r\n]+ @s2 )? ": "
		@v1 word @v2 " with cipher " @c1 word @c2 " (" @n1 "-"? digits @n2 "/" "-"? digits " bits)" / [ \r\n]
		{ e.tlsEstablished(b, tlsMatch{w1, w2, s1, s2, v1, v2, c1, c2, n1, n2}, p1, p2, o1, o2, cursor); return }

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
func lexCleanup(e *event, buf []byte, cursor int) {
	var marker, q1, q2, v1, v2 int
	/*!stags:re2c:cleanup format = "\tvar @@ int\n"; */
	/*!re2c:cleanup

	// cleanup/message-id: 3F1A2C0B7D: message-id=<20261122041034.1@client.example.net>
	// cleanup/message-id: 3F1A2C0B7D: message-id=<>
	qid ": message-id=" @v1 any* @v2 / end { e.queueText(eventMessageID, q1, q2, v1, v2); return }

	// cleanup/canceled: 3F1A2C0B7D: removed (canceled)
	// cleanup/canceled: 3F1A2C0B7D: removed (discarded)
	qid ": removed (" ( "canceled" | "discarded" ) ")" / end { e.queue(eventCanceled, q1, q2); return }

	// cleanup/hold: 3F1A2C0B7D: hold: header Subject: x from client.example.net[192.0.2.10]; from=<s@example.net> to=<u@example.com>
	// cleanup/hold: 3F1A2C0B7D: milter-hold: END-OF-MESSAGE from client.example.net[192.0.2.10]: milter triggers HOLD action
	qid ": " "milter-"? "hold: " / any { e.queue(eventHold, q1, q2); return }

	* { return }
	*/
}

// lexQmgr reads what qmgr(8) says. The sender in from=<> may hold anything printable, "> and digits" too, but the words behind it are
// qmgr's own and end the line: the last match is the true one.
func lexQmgr(e *event, buf []byte, cursor int) {
	var marker, q1, q2, v1, v2, n1, n2, m1, m2 int
	/*!stags:re2c:qmgr format = "\tvar @@ int\n"; */
	/*!re2c:qmgr

	// qmgr/active: 3F1A2C0B7D: from=<sender@example.net>, size=1234, nrcpt=2 (queue active)
	// qmgr/active: 3F1A2C0B7D: from=<"x>, size=1, nrcpt=9 (queue active)"@example.net>, size=1234, nrcpt=2 (queue active)
	qid ": from=<" @v1 any* @v2 ">, size=" @n1 digits @n2 ", nrcpt=" @m1 digits @m2 " (queue " [a-z]+ ")" / end
		{ e.queueActive(q1, q2, v1, v2, number(buf, n1, n2), number(buf, m1, m2)); return }

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
	qid ": " ( "sender" | "postmaster" ) " " [a-z -]+ " notification: " child / end { e.queueText(eventNotification, q1, q2, v1, v2); return }

	* { return }
	*/
}

// lexMaster reads what master(8) says of itself and of its children.
func lexMaster(e *event, buf []byte, cursor int) {
	var marker, v1, v2, n1, n2 int
	/*!stags:re2c:master format = "\tvar @@ int\n"; */
	/*!re2c:master

	// master/started: daemon started -- version 3.11.6, configuration /etc/postfix
	"daemon started -- version " / any { e.kind = eventMasterStarted; return }

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
