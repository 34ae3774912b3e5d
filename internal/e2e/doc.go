// Package e2e tests the program from the outside, as its users meet it: the binary follows the log of a real Postfix that
// takes mail and relays it, is scraped by a real Prometheus, is served over HTTPS, and does what the README says. It loses
// no line when rsyslogd, logrotate and Postfix rotate logs, nor when it is killed meanwhile. Its pages are opened in Chromium. Its
// image runs in containers, beside a Postfix that runs as the pods in contrib say.
//
// There is nothing in it but tests. A test whose component (Postfix, Prometheus, root, ...) is missing is skipped and says
// which one; with CI=true or POSTFIX_TLS_E2E=required in the environment it fails instead. POSTFIX_TLS_E2E_BINARY names a
// binary to test in place of one that is built from this module.
package e2e
