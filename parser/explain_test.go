package parser

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// explained is a line with what Explain says of it.
type explained struct {
	Line string
	Explanation
}

func explain(r io.Reader) (out []explained, err error) {
	err = Explain(r, func(line []byte, e Explanation) error {
		out = append(out, explained{string(line), e})
		return nil
	})
	return out, err
}

func TestExplain(t *testing.T) {
	const head = "Nov 22 04:00:00 mx1 "
	want := []explained{
		{head + "postfix/smtpd[410]: connect from a.example[192.0.2.10]", Explanation{Result: ResultUsed, Rule: "smtpd/connect"}},
		{
			head + "postfix/smtpd[410]: message repeated 2 times: [ SSL_accept error from a.example[192.0.2.10]: -1]",
			Explanation{Result: ResultUsed, Rule: "smtpd/tls-failed"},
		},
		{head + "postfix/qmgr[9]: 3F1A2C0B7D: removed", Explanation{Result: ResultUsed, Rule: "qmgr/removed"}},
		{head + "postfix/oqmgr[9]: 3F1A2C0B7D: removed", Explanation{Result: ResultUsed, Rule: "qmgr/removed"}},
		{head + "postfix/smtpd[410]: improper command pipelining after EHLO from a.example[192.0.2.10]: x", Explanation{Result: ResultIgnored}},
		{head + "postfix/virtual[450]: 3F1A2C0B7D: to=<u@example.com>, relay=virtual, del", Explanation{Result: ResultUsed, Rule: "virtual/delivery"}},
		{head + "postfix/smtp[520]: 3F1A2C0B7D: host a.example[192.0.2.10] said: 450 x", Explanation{Result: ResultUsed, Rule: "smtp/note"}},
		{head + "postfix/lmtp[520]: TLS connection established", Explanation{Result: ResultUnrecognized}},
		{head + "postfix/anvil[9]: statistics: max cache size 3", Explanation{Result: ResultIgnored}},
		{head + "postfix/smtpd[410]: connect from a.example", Explanation{Result: ResultUnrecognized}},
		{head + "dovecot: imap-login: Login: user=<u>", Explanation{Result: ResultForeign}},
		{"garbage", Explanation{Result: ResultForeign}},
		{"", Explanation{Result: ResultForeign}},
		{head + "postfix/master[1]: terminating on signal 15", Explanation{Result: ResultUsed, Rule: "master/stopped"}},
	}
	var log []string
	for _, e := range want {
		log = append(log, e.Line)
	}
	got, err := explain(strings.NewReader(strings.Join(log, "\n"))) // the last line has no end
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if (got[i].Reason == "") != (got[i].Result == ResultUsed) {
			t.Errorf("%q is %s for the reason %q", got[i].Line, got[i].Result, got[i].Reason)
		}
		got[i].Reason = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("explanations differ (-want +got):\n%s", diff)
	}
}

// The reasons tell apart what a user can do something about.
func TestExplainReasons(t *testing.T) {
	for line, words := range map[string]string{
		"garbage":                        "time",
		"Nov 22 04:00:00 mx1 dovecot: x": "Postfix",
		strings.Repeat("x", MaxLine+1):   "65536",
		"Nov 22 04:00:00 mx1 postfix/smtpd[410]: connect from a.example": "connect from NAME",
	} {
		got, err := explain(strings.NewReader(line + "\n"))
		if err != nil || len(got) != 1 || !strings.Contains(got[0].Reason, words) {
			t.Errorf("%.80q: %+v, %v; want a reason with %q", line, got, err, words)
		}
	}
}

// Explain names the rule of every line that the grammar gives as an example.
func TestExplainExamples(t *testing.T) {
	for _, e := range examples(t) {
		got, err := explain(strings.NewReader("2026-11-22T04:00:00Z mx1 postfix/" + e.program + "[410]: " + e.text + "\n"))
		want := Explanation{Result: ResultUsed, Rule: e.program + "/" + e.rule}
		if e.rule == eventUnrecognized.String() {
			want = Explanation{Result: ResultUnrecognized}
		}
		if err != nil || len(got) != 1 || got[0].Result != want.Result || got[0].Rule != want.Rule {
			t.Errorf("%q: %+v, %v; want %+v", e.text, got, err, want)
		}
	}
}

// A carriage return belongs to the line's end.
func TestExplainCarriageReturn(t *testing.T) {
	const line = "Nov 22 04:00:00 mx1 postfix/qmgr[9]: 3F1A2C0B7D: removed"
	got, err := explain(strings.NewReader(line + "\r\n"))
	want := []explained{{line, Explanation{Result: ResultUsed, Rule: "qmgr/removed"}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestExplainErrors(t *testing.T) {
	broken := errors.New("broken")
	got, err := explain(io.MultiReader(strings.NewReader("a\nb\n"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || len(got) != 2 {
		t.Errorf("of a broken reader: %d lines and %v, want 2 and %v", len(got), err, broken)
	}
	calls := 0
	err = Explain(strings.NewReader("a\nb\n"), func([]byte, Explanation) error {
		calls++
		return broken
	})
	if !errors.Is(err, broken) || calls != 1 {
		t.Errorf("of a failing function: %d calls and %v, want 1 and %v", calls, err, broken)
	}
}
