package loggen

import "strings"

// What the clients of port 25 agree on with the host, by share of hosts.
var senderSuites = []weighted[suite]{
	{470, "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256"},
	{110, "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange ECDHE (prime256v1) server-signature ECDSA (prime256v1) server-digest SHA256"},
	{60, "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange ECDHE (secp384r1) server-signature RSA-PSS (2048 bits) server-digest SHA256"},
	{80, "TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits) key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256"},
	{15, "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256 client-signature RSA-PSS (2048 bits) client-digest SHA256"},
	{160, "TLSv1.2 with cipher ECDHE-ECDSA-AES256-GCM-SHA384 (256/256 bits)"},
	{50, "TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)"},
	{20, "TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256 (128/128 bits)"},
	{8, "TLSv1.2 with cipher AES256-SHA (256/256 bits)"},
	{5, "TLSv1.1 with cipher ECDHE-RSA-AES256-SHA (256/256 bits)"},
	{10, "TLSv1 with cipher ECDHE-RSA-AES256-SHA (256/256 bits)"},
	{3, "TLSv1 with cipher DHE-RSA-AES128-SHA (128/128 bits)"},
	{60, ""},
}

// What the programs of users agree on; submission and smtps take nothing below TLS 1.2, and no plaintext.
var userSuites = []weighted[suite]{
	{55, "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256"},
	{20, "TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits) key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256"},
	{5, "TLSv1.3 with cipher TLS_CHACHA20_POLY1305_SHA256 (256/256 bits) key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256"},
	{12, "TLSv1.2 with cipher ECDHE-ECDSA-AES256-GCM-SHA384 (256/256 bits)"},
	{8, "TLSv1.2 with cipher ECDHE-RSA-CHACHA20-POLY1305 (256/256 bits)"},
}

// What mail exchangers agree on with the host.
var exchangerSuites = []weighted[suite]{
	{500, "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256"},
	{150, "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange ECDHE (prime256v1) server-signature RSA-PSS (4096 bits) server-digest SHA256"},
	{100, "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256"},
	{150, "TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)"},
	{30, "TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256 (128/128 bits)"},
	{4, "TLSv1.1 with cipher ECDHE-RSA-AES256-SHA (256/256 bits)"},
	{8, "TLSv1 with cipher AES256-SHA (256/256 bits)"},
	{60, ""},
}

// trustExchanger is how far a mail exchanger is trusted when its name is not asked for.
var trustExchanger = []weighted[string]{{60, "Trusted"}, {38, "Untrusted"}, {2, "Anonymous"}}

// handshakeFailure is what SSL_accept or SSL_connect says, and what the TLS library adds, if it adds something.
type handshakeFailure struct{ text, library string }

var acceptFailures = []weighted[handshakeFailure]{
	{30, handshakeFailure{"-1", "error:0A000102:SSL routines::unsupported protocol:../ssl/statem/statem_srvr.c:1664:"}},
	{25, handshakeFailure{"-1", "error:0A0000C1:SSL routines::no shared cipher:../ssl/statem/statem_srvr.c:2226:"}},
	{10, handshakeFailure{"-1", "error:0A00010B:SSL routines::wrong version number:../ssl/record/ssl3_record.c:350:"}},
	{10, handshakeFailure{"-1", "error:0A000418:SSL routines::tlsv1 alert unknown ca:../ssl/record/rec_layer_s3.c:1602:SSL alert number 48:"}},
	{15, handshakeFailure{"lost connection", ""}},
	{10, handshakeFailure{"Connection reset by peer", ""}},
}

var connectFailures = []weighted[handshakeFailure]{
	{40, handshakeFailure{"-1", "error:0A00042E:SSL routines::tlsv1 alert protocol version:../ssl/record/rec_layer_s3.c:1602:SSL alert number 70:"}},
	{40, handshakeFailure{"-1", "error:0A00018A:SSL routines::dh key too small:../ssl/statem/statem_clnt.c:2100:"}},
	{20, handshakeFailure{"lost connection", ""}},
}

// trustClient is the word that smtpd puts first in the summary line.
func trustClient(s suite) string {
	if strings.Contains(string(s), "client-signature") {
		return "Untrusted"
	}
	return "Anonymous"
}
