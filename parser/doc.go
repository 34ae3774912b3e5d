// Package parser reads Postfix mail logs and tells of every SMTP session, message and delivery whether TLS protected it.
//
//	p := parser.New(sink, parser.Options{})
//	p.StartInput(modified)
//	err := p.Read(ctx, log) // or p.Feed(lines), again and again
//	p.Close()
//
// # What is understood
//
// The line headers of RFC 3164, RFC 3339 and RFC 5424, of postlogd and of journalctl's short formats, also behind a
// priority or the prefix of a container; then what smtpd, smtp, lmtp, postscreen, tlsproxy, cleanup, qmgr, pickup, bounce, master, postsuper and
// the local delivery programs say, from Postfix 2.6 to 3.12. The rules stand in grammar.re. A program is known by the last part of its syslog
// tag, so instances and services of any syslog_name are understood without configuration.
//
// Lines of other programs are counted and not read. Lines that look as if they decide about TLS and fit no rule are counted with a sample of their forms; see
// [Counts] and [Explain]. Log text is hostile: rules begin where only Postfix writes and end before anybody else does, and delivery records are
// read from left to right.
//
// # Sessions and messages
//
// A session is what one smtpd process, known by host and process ID, writes from connect to disconnect. Each connect line makes
// one [Session], and so do the lines of a session that began before the log. A session without a disconnect line ends when
// its process ID connects again, when its process dies, when Postfix stops or starts, or with the log.
// A TLS line counts for what comes after it: a message that went before STARTTLS went in plaintext. Without a TLS line the
// command counters of Postfix 3.0 decide, and without these the TLS lines of the same service, for they show that it logs TLS. What the log
// does not say is [TLSUnknown], never plaintext.
//
// On the way out Postfix logs neither when a connection opens nor when it ends. A TLS line belongs to the queue ID that its process names next,
// and covers the records that name its address and port until the process names another queue ID, opens another connection, or says that
// the session broke. A delivery without it is in plaintext if tls= (3.11) says so, or if its service shows TLS lines elsewhere: until one does,
// the delivery waits for an hour by the log's clock, and is [TLSUnknown] then.
//
// A message is a queue ID within one instance of one host, from the line that gives it to the line that ends it. The order
// of a process' lines decides all of this. Times only tell the age of a queue ID that the queue manager never saw, and complete
// headers that lack year or zone.
//
// # Memory and time
//
// Memory is bounded whatever the log says: open sessions and messages by [Options], tables of strings, services and samples
// by constants; [Counts] shows each bound that was reached. A line that yields no record allocates nothing once its peer and
// service are known. Records do not alias the input; [Sink] tells what of them may be kept. One goroutine at a time makes
// records, in the order of the log. The package opens no file, logs nothing, and never asks for the time.
package parser
