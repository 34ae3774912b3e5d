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
	tests := []struct {
		name     string
		snapshot Snapshot
		want     []Hint
	}{
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
		{"bounds reached", Snapshot{Evicted: Evicted{Sessions: 1, Messages: 2, Peers: 50, Services: 60}}, []Hint{
			{"evicted", "3 sessions and messages were open longer than memory allowed and were counted early"},
		}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, hints(&test.snapshot)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
