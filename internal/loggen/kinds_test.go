package loggen

import (
	"regexp"
	"testing"
)

// What a reader of logs can stumble over must all be there.
func TestEveryKindOfLine(t *testing.T) {
	log, s := generate(t, Options{Lines: 100_000})
	for _, re := range []string{
		`postfix/smtpd\[\d+\]: warning: hostname \S+ does not resolve to address \S+: Name or service not known\n`,
		`postfix/smtpd\[\d+\]: connect from unknown\[`,
		`postfix/smtpd\[\d+\]: Anonymous TLS connection established from \S+: TLSv1\.3 with cipher \S+ \(\d+/\d+ bits\) key-exchange \S+ server-signature `,
		`postfix/smtpd\[\d+\]: Untrusted TLS connection established from .* client-signature `,
		`postfix/smtpd\[\d+\]: Anonymous TLS connection established from \S+: TLSv1\.2 with cipher \S+ \(\d+/\d+ bits\)\n`,
		`postfix/smtpd\[\d+\]: Anonymous TLS connection established from \S+: TLSv1\.1 `,
		`postfix/smtpd\[\d+\]: Anonymous TLS connection established from \S+: TLSv1 `,
		`postfix/smtpd\[\d+\]: SSL_accept error from \S+: -1\n`,
		`postfix/smtps/smtpd\[\d+\]: SSL_accept error from \S+: lost connection\n`,
		`postfix/smtpd\[\d+\]: warning: TLS library problem: error:`,
		`postfix/smtpd\[\d+\]: lost connection after STARTTLS from `,
		`postfix/smtps/smtpd\[\d+\]: lost connection after CONNECT from `,
		`postfix/smtpd\[\d+\]: lost connection after DATA \(\d+ bytes\) from `,
		`postfix/smtpd\[\d+\]: timeout after END-OF-MESSAGE from `,
		`postfix/smtpd\[\d+\]: improper command pipelining after CONNECT from \S+: \\026`,
		`postfix/smtpd\[\d+\]: disconnect from \S+ ehlo=1 starttls=0/1 commands=1/2\n`,
		`postfix/smtpd\[\d+\]: disconnect from \S+ ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7\n`,
		`postfix/smtpd\[\d+\]: disconnect from \S+ ehlo=2 starttls=1 mail=2 rcpt=\d+ data=2 quit=1 commands=\d+\n`,
		`postfix/smtpd\[\d+\]: disconnect from \S+ commands=0/0\n`,
		`postfix/smtpd\[\d+\]: NOQUEUE: reject: RCPT from \S+: 554 5\.7\.1 .*; from=<\S+> to=<\S+> proto=ESMTP helo=<\S+>\n`,
		`postfix/submission/smtpd\[\d+\]: [0-9A-F]+: client=\S+\], sasl_method=PLAIN, sasl_username=\S+\n`,
		`postfix/smtps/smtpd\[\d+\]: [0-9A-F]+: client=\S+\], sasl_method=LOGIN, sasl_username=\S+\n`,
		`postfix/submission/smtpd\[\d+\]: warning: \S+\]: SASL LOGIN authentication failed: `,
		`postfix/pickup\[\d+\]: [0-9A-F]+: uid=0 from=<root>\n`,
		`postfix/smtp\[\d+\]: Trusted TLS connection established to \S+:25: TLSv1`,
		`postfix/smtp\[\d+\]: [0-9A-F]+: to=<\S+>, relay=\S+:25, delay=[\d.]+, delays=[\d./]+, dsn=2\.0\.0, status=sent \(250 `,
		`postfix/smtp\[\d+\]: [0-9A-F]+: to=<\S+>, relay=\S+:25, conn_use=\d, .* status=sent `,
		`postfix/smtp\[\d+\]: SSL_connect error to \S+:25: `,
		`postfix/smtp\[\d+\]: [0-9A-F]+: Cannot start TLS: handshake failure\n`,
		`postfix/smtp\[\d+\]: [0-9A-F]+: to=<\S+>, relay=none, .* status=deferred \(connect to `,
		`postfix/error\[\d+\]: [0-9A-F]+: to=<\S+>, relay=none, .* status=deferred \(delivery temporarily suspended: `,
		`postfix/lmtp\[\d+\]: [0-9A-F]+: to=<\S+>, orig_to=<\S+>, relay=mx1\.example\.org\[private/dovecot-lmtp\], .* status=sent `,
		`postfix/local\[\d+\]: [0-9A-F]+: to=<\S+>, relay=local, `,
		`postfix/virtual\[\d+\]: [0-9A-F]+: to=<\S+>, relay=virtual, `,
		`postfix/bounce\[\d+\]: [0-9A-F]+: sender non-delivery notification: [0-9A-F]+\n`,
		`postfix/qmgr\[\d+\]: [0-9A-F]+: from=<>, size=\d+, nrcpt=1 \(queue active\)\n`,
		`postfix/qmgr\[\d+\]: [0-9A-F]+: removed\n`,
		`postfix/anvil\[\d+\]: statistics: max connection rate \d+/60s for \(smtp:\S+\) at Mar  2 `,
		`postfix/postscreen\[\d+\]: PASS OLD \[\S+\]:\d+\n`,
		`postfix/postscreen\[\d+\]: PREGREET 14 after [\d.]+ from \[\S+\]:\d+: EHLO User\\r\\n\n`,
		`postfix/dnsblog\[\d+\]: addr \S+ listed by domain `,
		`postfix/tlsproxy\[\d+\]: TLS handshake failed for service=smtpd peer=\[`,
		` dovecot: imap-login: Login: user=<`,
		` opendkim\[\d+\]: [0-9A-F]+: DKIM verification successful\n`,
		` CRON\[\d+\]: \(root\) CMD `,
	} {
		if !regexp.MustCompile(re).Match(log) {
			t.Errorf("no line like %s", re)
		}
	}
	if share := float64(s.Foreign) / float64(s.Lines); share < 0.02 || share > 0.08 {
		t.Errorf("%.1f %% of the lines are foreign, want a few", 100*share)
	}
}
