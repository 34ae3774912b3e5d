package tally

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHints(t *testing.T) {
	row := func(service, class, tls string, n uint64) SessionRow {
		return SessionRow{SessionKey: SessionKey{Direction: Inbound, Instance: "postfix", Service: service, Class: class, TLS: tls}, Count: n}
	}
	raise := func(service, n string) Hint {
		return Hint{"smtpd_tls_loglevel", "postfix/" + service + ": " + n +
			" sessions used TLS, but the log does not say which version; set smtpd_tls_loglevel = 1"}
	}
	checkHints(t, []hintTest{
		{"nothing", Snapshot{}, []Hint{}},
		{"all is well", Snapshot{
			Lines:    Lines{Total: 10, Postfix: 9, Used: 9, Foreign: 1},
			Sessions: []SessionRow{row("smtpd", "public", "established", 2), row("smtpd", "public", "plaintext", 3)},
		}, []Hint{}},
		{"log level 0, in all classes", Snapshot{
			Sessions: []SessionRow{row("smtpd", "private", "unlogged", 2), row("smtpd", "public", "unlogged", 3)},
		}, []Hint{raise("smtpd", "5")}},
		{"log level 0 for one service", Snapshot{
			Sessions: []SessionRow{row("smtpd", "public", "established", 2), row("smtps", "public", "unlogged", 3)},
		}, []Hint{raise("smtps", "3")}},
		{"a session whose summary line is not in the log", Snapshot{
			Sessions: []SessionRow{row("smtpd", "public", "established", 2), row("smtpd", "public", "unlogged", 1)},
		}, []Hint{}},
		{"passwords in plaintext", Snapshot{Auth: []AuthRow{{"smtpd", 4}, {"submission", 1}}}, []Hint{
			{"plaintext_auth", "smtpd: 4 sessions sent a password without TLS; set smtpd_tls_auth_only = yes"},
			{"plaintext_auth", "submission: 1 sessions sent a password without TLS; set smtpd_tls_auth_only = yes"},
		}},
		{"unrecognized lines", Snapshot{Lines: Lines{Total: 5, Postfix: 5, Unrecognized: 2}}, []Hint{
			{"unrecognized", "2 lines about TLS or sessions have a form that is not known, so counts may be short; the explain command shows them"},
		}},
		{"another program's log", Snapshot{Lines: Lines{Total: 7, Foreign: 7}}, []Hint{
			{"no_postfix_lines", "none of the 7 lines is from Postfix; is this the mail log?"},
		}},
		{"bounds reached", Snapshot{Evicted: Evicted{Sessions: 1, Messages: 2, Deliveries: 4, Processes: 5, Peers: 50, Domains: 70, Services: 60}}, []Hint{
			{"evicted", "3 sessions and messages were open longer than memory allowed and were counted early"},
			{"evicted", "4 deliveries waited longer for a TLS line than memory allowed and count as unknown"},
			{"evicted", "5 smtp and lmtp processes were more than memory allowed, and their TLS lines were forgotten"},
		}},
	})
}

func TestDeliveryHints(t *testing.T) {
	sent := func(service, program, class, tls string, n uint64) DeliveryRow {
		return DeliveryRow{
			DeliveryKey: DeliveryKey{Instance: "postfix", Service: service, Program: program, Class: class, TLS: tls, Status: "sent"},
			Count:       1, Recipients: n,
		}
	}
	raiseOut := func(service, program, n string) Hint {
		return Hint{program + "_tls_loglevel", "postfix/" + service + ": " + n +
			" deliveries cannot be told from plaintext, or their TLS version is not in the log; set " + program + "_tls_loglevel = 1"}
	}
	checkHints(t, []hintTest{
		{"an outbound session without version", Snapshot{
			Sessions: []SessionRow{{SessionKey: SessionKey{Direction: Outbound, Instance: "postfix", Service: "smtp", TLS: "unlogged"}, Count: 1}},
		}, []Hint{}}, // the deliveries tell
		{"log level 0 outbound", Snapshot{
			Deliveries: []DeliveryRow{sent("smtp", "smtp", "private", "unknown", 2), sent("smtp", "smtp", "public", "unlogged", 3)},
		}, []Hint{raiseOut("smtp", "smtp", "5")}},
		{"log level 0 of lmtp, under a name of its own", Snapshot{
			Deliveries: []DeliveryRow{sent("mailbox", "lmtp", "private", "unknown", 2), sent("smtp", "smtp", "public", "established", 3)},
		}, []Hint{raiseOut("mailbox", "lmtp", "2")}},
		{"sockets need no TLS", Snapshot{Deliveries: []DeliveryRow{sent("lmtp", "lmtp", "unix", "unknown", 2)}}, []Hint{}},
		{"no server was reached", Snapshot{
			Deliveries: []DeliveryRow{sent("smtp", "smtp", "unknown", "", 2), sent("smtp", "smtp", "unknown", "failed", 2)},
		}, []Hint{}},
		{"a delivery whose TLS line is not in the log", Snapshot{
			Deliveries: []DeliveryRow{sent("smtp", "smtp", "public", "unknown", 2), sent("smtp", "smtp", "public", "established", 3)},
		}, []Hint{}},
		{"a service that never uses TLS, beside one that does", Snapshot{
			Deliveries: []DeliveryRow{sent("filter", "smtp", "loopback", "unknown", 2), sent("smtp", "smtp", "public", "established", 3)},
		}, []Hint{}},
		{"log level 0 for one service outbound", Snapshot{
			Deliveries: []DeliveryRow{sent("relay", "smtp", "public", "unlogged", 2), sent("smtp", "smtp", "public", "established", 3)},
		}, []Hint{raiseOut("relay", "smtp", "2")}},
		{"records that do not tell one story", Snapshot{Contradictions: 3, Ambiguous: 4}, []Hint{
			{"contradictions", "3 deliveries followed a TLS line for their relay, but tls= says plaintext; they count as plaintext"},
			{"ambiguous", "4 delivery records can be read in more than one way, because an address looks like a part of the record; they are not counted"},
		}},
	})
}

type hintTest struct {
	name     string
	snapshot Snapshot
	want     []Hint
}

func checkHints(t *testing.T, tests []hintTest) {
	t.Helper()
	for _, test := range tests {
		if diff := cmp.Diff(test.want, hints(&test.snapshot)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
