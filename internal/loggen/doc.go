// Package loggen writes the mail log of a busy host that does not exist, and says what is true about it.
//
// The log is that of Postfix 3.7 with OpenSSL 3.0, smtpd_tls_loglevel and smtp_tls_loglevel set to 1: port 25 with
// and without postscreen in front, submission and smtps, local and remote delivery, retries, bounces, scanners, and a
// few percent of lines from other programs of a mail host. Host names are below the reserved example domains, addresses
// come from the ranges set aside for documentation.
//
// It is a simulation, not a shuffle of lines: sessions and deliveries overlap in time, a process serves one of them after
// another and exits after a hundred, queue IDs are reused as soon as a message is gone. Each line carries the effect that
// it has on the [Summary], and that effect takes place when the line is written. So the summary is right wherever the log is
// cut, and a program that reads the log can be compared with it.
//
// The same options give the same bytes, on every machine.
package loggen
