package report

import (
	"cmp"
	"slices"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// An AdviceRow says of a failure reason that occurs what it means, and what an administrator should do about it. Commands and parameters stand
// between backticks.
type AdviceRow struct {
	Direction string `json:"direction"`
	Reason    string `json:"reason"`
	Count     uint64 `json:"count"`
	Meaning   string `json:"meaning"`
	Advice    string `json:"advice"`
}

// Advice returns a row for each failure reason of the snapshot, those that occur most first. Reasons of which there is nothing to say are left out.
func Advice(s *tally.Snapshot) []AdviceRow {
	type key struct{ direction, reason string }
	counts := map[key]uint64{}
	for _, r := range s.Failures {
		counts[key{r.Direction, r.Reason}] += r.Count
	}
	out := []AdviceRow{}
	for k, n := range counts {
		meanings, advice := inboundReasons, inboundAdvice
		if k.direction == tally.Outbound {
			meanings, advice = outboundReasons, outboundAdvice
		}
		if advice[k.reason] != "" {
			out = append(out, AdviceRow{k.direction, k.reason, n, meanings[k.reason], advice[k.reason]})
		}
	}
	slices.SortFunc(out, func(a, b AdviceRow) int {
		return cmp.Or(cmp.Compare(a.Direction, b.Direction), -cmp.Compare(a.Count, b.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

// inboundAdvice is for failures of sessions that smtpd and postscreen serve. Much of these is scanners: no sender loses mail by them.
var inboundAdvice = map[string]string{
	"protocol_version": "Mostly scanners: ignore peers that never send mail. A real sender is too old for `smtpd_tls_protocols` " +
		"(`smtpd_tls_mandatory_protocols` where TLS is required), or for what OpenSSL allows (MinProtocol in openssl.cnf). On port 25 it will usually " +
		"come again in plaintext; have it updated. What you offer: `openssl s_client -starttls smtp -connect HOST:25 -tls1_2`.",
	"no_shared_cipher": "If it concerns every client, smtpd has no certificate that it can use: check `smtpd_tls_chain_files` (or `smtpd_tls_cert_file` and " +
		"`smtpd_tls_key_file`). If it concerns old clients only, they may not know ECDSA: add an RSA certificate to the chain files, and see whether " +
		"`smtpd_tls_ciphers` or `smtpd_tls_exclude_ciphers` is stricter than it must be. Peers that never send mail are scanners.",
	"no_shared_group_or_sigalg": "Leave `tls_eecdh_auto_curves` at its default and see that openssl.cnf does not narrow Groups or " +
		"SignatureAlgorithms. A certificate with an uncommon key, such as Ed25519, shuts out many clients: use ECDSA P-256 or RSA. Scanners try this on purpose.",
	"client_alert_unknown_ca": "The client checks certificates. Serve the certificate with all intermediate ones in `smtpd_tls_chain_files`, and look at what arrives: " +
		"`openssl s_client -starttls smtp -connect HOST:25 -showcerts`. For people who submit mail, use a certificate of a public CA. " +
		"Other mail servers that demand one are rare; they fall back to plaintext or give up.",
	"client_alert_bad_certificate": "The certificate may have expired, or the name that the client connects to is not in it: " +
		"`openssl s_client -starttls smtp -connect HOST:25 </dev/null | openssl x509 -noout -dates -ext subjectAltName`. " +
		"After a renewal, was Postfix reloaded (`postfix reload`)?",
	"client_alert_other": "The example line has the alert's name. `handshake failure` and `illegal parameter` are mostly scanners and old clients; " +
		"`certificate required` or `access denied` point to a client with a configuration of its own. Peers that send mail otherwise can be left alone.",
	"plaintext_on_tls_port": "On port 465 TLS begins at once. Web crawlers and scanners do not know: ignore them. If it is a device of yours, it is set to STARTTLS or to no " +
		"encryption: choose \"SSL/TLS\" with port 465, or STARTTLS with port 587.",
	"lost_connection": "Scanners hang up like this all day: ignore peers that never send mail. If a real sender is among them, suspect a firewall or a small MTU " +
		"between you (a ClientHello with a post-quantum key share does not fit into one packet). To see more of this one peer, set " +
		"`debug_peer_list = ADDRESS` or, for a short time, `smtpd_tls_loglevel = 2`.",
	"timeout": "Slow scanners, or packets that do not arrive: try `openssl s_client -starttls smtp -connect HOST:25` from outside, and check path MTU and firewalls. " +
		"`smtpd_starttls_timeout` is 300 s by default, and 10 s under stress; a stressed server shows as many of these at once.",
	"client_certificate": "`smtpd_tls_req_ccert = yes` refuses clients without a certificate that `smtpd_tls_CAfile` trusts. Never set it for port 25; " +
		"for relaying by certificate use `smtpd_tls_ask_ccert = yes` with `permit_tls_clientcerts`, and see that the client's certificate is not expired.",
	"other": "The example line is all that the log has. Set `smtpd_tls_loglevel = 1` if it is not, and for one peer `debug_peer_list = ADDRESS`. " +
		"Single ones from peers that never send mail are scanners.",
}

// outboundAdvice is for failures of deliveries. At level may Postfix tries again in plaintext; where TLS is required, mail waits and comes back.
var outboundAdvice = map[string]string{
	"protocol_version": "The server is too old for `smtp_tls_protocols` or for this OpenSSL. See what it can do: `posttls-finger -c -l may -p '>=TLSv1' DOMAIN`. " +
		"Tell its postmaster. At level `may` the mail goes on in plaintext; if TLS is required and the mail must go, an entry " +
		"`DOMAIN encrypt protocols=>=TLSv1` in `smtp_tls_policy_maps` makes an exception (OpenSSL may forbid it still).",
	"no_shared_cipher": "Compare with what the server takes: `posttls-finger -c -l may -g medium DOMAIN`. If `smtp_tls_ciphers = high`, " +
		"`smtp_tls_mandatory_ciphers` or `smtp_tls_exclude_ciphers` is stricter than the default, relax it for this destination with `ciphers=medium` in `smtp_tls_policy_maps`.",
	"no_shared_group_or_sigalg": "Leave `tls_eecdh_auto_curves` at its default. Servers with weak certificates (SHA-1, RSA below 2048 bits) fail at OpenSSL's security level 2: " +
		"`openssl s_client -starttls smtp -connect MX:25` shows it. Their postmaster has to renew the certificate.",
	"server_alert": "The server ended the handshake; its alert is in the example line. Try again by hand: `posttls-finger -c -L verbose,summary DOMAIN`. " +
		"If only you are refused, see whether `smtp_tls_chain_files` sends a client certificate that it does not like: Postfix needs none.",
	"server_not_tls": "Something between you answers in place of the server, or it is broken: `openssl s_client -starttls smtp -connect MX:25`. " +
		"Wrong port for wrapper mode? Port 465 wants `smtp_tls_wrappermode = yes`, ports 25 and 587 want `no`.",
	"lost_connection": "Try by hand, more than once: `posttls-finger -c DOMAIN`. If it fails only sometimes, one of several MX hosts or a load balancer is broken; " +
		"if always, suspect a firewall or a small MTU that drops a large ClientHello. For this destination a narrower set of groups or `smtp_tls_policy_maps` with `may` helps.",
	"timeout": "Check the path with `posttls-finger -c -T 60 DOMAIN`; lost large packets (path MTU) look like this. `smtp_starttls_timeout` is 300 s by default: " +
		"lowering it makes the queue move, but mends nothing.",
	"not_offered": "TLS is required by `smtp_tls_security_level` or by `smtp_tls_policy_maps`, and the EHLO reply has no STARTTLS: `posttls-finger -c -l may DOMAIN`. If it was there before, " +
		"suspect a firewall that rewrites SMTP, or an attack: ask the postmaster by another way before you lower the level to `may` for this destination.",
	"starttls_refused": "The server offers STARTTLS and then says no, mostly 454 while its certificate or its memory is in trouble. It often passes: mail stays in the queue. " +
		"If it goes on for hours, tell the postmaster what `posttls-finger -c DOMAIN` shows.",
	"tls_unavailable": "The fault is on this host. Look for `warning:` lines of smtp, tlsmgr and tlsproxy at that time; check the files named in `smtp_tls_chain_files`, `smtp_tls_CAfile` and " +
		"`tls_config_file`, and that `postconf -T compile-version` and `run-version` agree.",
	"certificate_expired": "The certificate's dates are wrong, or this host's clock is (`timedatectl`). `posttls-finger -c -C -l secure DOMAIN | openssl x509 -noout -dates` shows them. " +
		"Tell the postmaster; most renew within a day, while mail waits in the queue.",
	"certificate_untrusted": "By default Postfix trusts no CA at all: set `smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt` (or the bundle of your system) if levels `verify` or `secure` are in use. " +
		"If other destinations are trusted, this server is self-signed or leaves out an intermediate certificate: `posttls-finger -c -C -l secure DOMAIN`.",
	"certificate_name": "Level `secure` wants the recipient's domain in the certificate, and hosted mail has its provider's name there. Put the names that you expect into " +
		"`smtp_tls_policy_maps`: `DOMAIN secure match=.provider.example`, or use `dane` where the provider has TLSA records.",
	"certificate_mismatch": "The certificate is not the one of the fingerprint or TLSA record. Mostly it was renewed, and the record was not: `posttls-finger -c -l dane DOMAIN`. " +
		"Ask the postmaster, by another way than mail through this server; an attack looks the same. For level `fingerprint`, update `match=`.",
	"not_dnssec": "Level `dane-only` needs signed DNS: `delv MX DOMAIN`. If signed domains fail as well, the resolver does not validate: run one on this host, set " +
		"`smtp_dns_support_level = dnssec`, and with glibc 2.31 or later `options trust-ad` in resolv.conf. Else use `dane`, which goes on without.",
	"tlsa_lookup": "Name servers of the destination fail when they are asked for TLSA records: `dig +dnssec TLSA _25._tcp.MX`. SERVFAIL with a validating resolver means broken signatures. " +
		"Only its administrators can mend that; mail waits, so that nobody can force plaintext by breaking DNS.",
	"tlsa_missing": "Level `dane-only` is set for a destination that has no TLSA records: `dig +dnssec TLSA _25._tcp.MX`. Use `dane` (goes on with TLS that is not authenticated) " +
		"or `secure` for it.",
	"tlsa_unusable": "There are TLSA records, but none of a kind that SMTP uses (3 1 1 or 2 1 1, RFC 7672): `dig +short TLSA _25._tcp.MX`. Tell the postmaster. " +
		"With level `dane` the mail is encrypted all the same, and not authenticated.",
	"sts_policy": "Read the policy: `curl https://mta-sts.DOMAIN/.well-known/mta-sts.txt`, and `dig +short TXT _mta-sts.DOMAIN`. Does `mx:` name all MX hosts, and do their certificates fit? " +
		"If the policy is fine, look at the log of the MTA-STS service on this host; its cache may be old.",
	"requiretls": "The sender asked that this message go only where REQUIRETLS (RFC 8689) is kept, and few servers do. It came back as it should. " +
		"Nothing to do, unless many senders do so without knowing.",
	"other": "The example line is all that the log has. Try by hand: `posttls-finger -c -L verbose,summary DOMAIN`; set `smtp_tls_loglevel = 1` if it is not.",
}
