package report

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// hostileLog is a log of a user who chose his name to be harmful where it is shown.
const hostileLog = `2026-11-22T04:00:00+05:30 mx1 postfix/smtpd[1]: connect from a.example.net[192.0.2.1]
2026-11-22T04:00:01+05:30 mx1 postfix/smtpd[1]: AAAAAA1: client=a.example.net[192.0.2.1], sasl_method=PLAIN, sasl_username=<u>&` + "\x1b[31m\u202e\u2028" + `
2026-11-22T04:00:02+05:30 mx1 postfix/qmgr[8]: AAAAAA1: from=<a@example.net>, size=100, nrcpt=1 (queue active)
2026-11-22T04:00:03+05:30 mx1 postfix/smtpd[1]: disconnect from a.example.net[192.0.2.1] ehlo=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=6
2026-11-22T04:00:04+05:30 mx1 postfix/smtpd[2]: connect from nowhere <at> all
`

// snapshotOf reads a log.
func snapshotOf(log string) *tally.Snapshot {
	counts := tally.New(tally.Options{PeerLimit: 1000, LabelName: "host"})
	p := parser.New(counts, parser.Options{Location: time.UTC, Year: 2026})
	p.Feed([]byte(log))
	p.Close()
	c := p.Counts()
	return counts.Snapshot(&c)
}

func jsonOf(t testing.TB, s *tally.Snapshot) string {
	t.Helper()
	var out strings.Builder
	if err := JSON(&out, s, JSONOptions{Profile: profile(t, "rfc9325")}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// testdataLogs are the logs of real servers that the packages share.
func testdataLogs(t *testing.T) map[string]string {
	t.Helper()
	logs := map[string]string{}
	for _, pattern := range []string{"*.log", filepath.Join("corpus", "*", "*.log*")} {
		names, err := filepath.Glob(filepath.Join("..", "..", "testdata", pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err == nil && strings.HasSuffix(name, ".gz") {
				var r *gzip.Reader
				if r, err = gzip.NewReader(bytes.NewReader(text)); err == nil {
					text, err = io.ReadAll(r)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			logs[name] = string(text)
		}
	}
	return logs
}

// TestReadJSON reads what JSON wrote, and writes it again.
func TestReadJSON(t *testing.T) {
	logs := testdataLogs(t)
	logs["nothing"], logs["hostile"] = "", hostileLog
	for name, log := range logs {
		want := snapshotOf(log)
		text := jsonOf(t, want)
		got, err := ReadJSON(strings.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-written +read):\n%s", name, diff)
		}
		if again := jsonOf(t, got); again != text {
			t.Errorf("%s: written again it is\n%s, and was\n%s", name, again, text)
		}
		sum := new(tally.Snapshot)
		if err := sum.Add(got); err != nil || jsonOf(t, sum) != text {
			t.Errorf("%s: alone it adds up to something else, %v", name, err)
		}
	}
	if s := snapshotOf(hostileLog); len(s.Users) != 1 || len(s.Peers) != 1 || len(s.Unrecognized) != 1 || len(s.Hints) < 2 {
		t.Errorf("the hostile log has no effect: %+v", s)
	}
}

// TestReadJSONIgnores passes over what follows from the rest, whatever it is.
func TestReadJSONIgnores(t *testing.T) {
	text := jsonOf(t, snapshotOf(hostileLog))
	before, _, _ := strings.Cut(text, `"hints":`)
	after := text[strings.LastIndex(text, `"unrecognized":`):]
	other := before + `"what_if":[{"a":[{}],"b":1.5e300}], "grades":null,"hints":["}"],"hints":{},` + after
	s, err := ReadJSON(strings.NewReader(other))
	if err != nil {
		t.Fatal(err)
	}
	if again := jsonOf(t, s); again != text {
		t.Errorf("got\n%s, want\n%s", again, text)
	}
}

// damages change a report of the hostile log. Each changes something.
var damages = map[string]struct{ old, replacement, why string }{
	"cut":                         {`"hints"`, "\x00", "invalid character"},
	"an array":                    {`{"schema"`, `[{"schema"`, `"{" expected`},
	"two reports":                 {"}\n", "}\n{}", "it goes on after its end"},
	"no peers":                    {`"peers"`, `"pears"`, `there is no "peers"`},
	"peers twice":                 {`"domains"`, `"peers"`, `"peers" stands there twice`},
	"peers are no list":           {`"peers":[`, `"peers":null,"x":[`, `"peers": "[" expected`},
	"a peer is no object":         {`{"direction":"inbound","peer"`, `7,{"direction":"inbound","peer"`, `"peers": row 1: json: cannot unmarshal number`},
	"a peer is nothing":           {`{"direction":"inbound","peer"`, `null,{"direction":"inbound","peer"`, `"peers": row 1: a row that no log can lead to`},
	"a negative number":           {`"total":5`, `"total":-5`, `"lines": json: cannot unmarshal number -5`},
	"a broken number":             {`"total":5`, `"total":5.5`, `"lines": json: cannot unmarshal number 5.5`},
	"a number that is too large":  {`"total":5`, `"total":18446744073709551616`, `"lines": json: cannot unmarshal number`},
	"a text for a number":         {`"total":5`, `"total":"5"`, `"lines": json: cannot unmarshal string`},
	"a direction of its own":      {`"direction":"inbound"`, `"direction":"sideways"`, "a row that no log can lead to"},
	"sessions do not add up":      {`"sessions":1,"messages":1,"tls":`, `"sessions":2,"messages":1,"tls":`, "a row that no log can lead to"},
	"messages do not add up":      {`"sessions":1,"messages":1,"tls":`, `"sessions":1,"messages":0,"tls":`, "a row that no log can lead to"},
	"a time that is none":         {`"first":"2026-11-22T04:00:01+05:30"`, `"first":"yesterday"`, `parsing time`},
	"a time before the beginning": {`"first":"2026-11-22T04:00:01+05:30"`, `"first":"0001-01-01T00:00:00Z"`, "a row that no log can lead to"},
	"the last before the first":   {`"last":"2026-11-22T04:00:03+05:30"`, `"last":"2025-11-22T04:00:03+05:30"`, "a row that no log can lead to"},
	"a period without end":        {`,"last":"2026-11-22T04:00:04+05:30"}`, `}`, "a period that does not begin or does not end"},
	"a host twice":                {`"hosts":[`, `"hosts":["mx1",`, "a host that stands there twice"},
	"no hosts":                    {`"hosts":[`, `"hosts":null,"x":[`, `"hosts": "[" expected`},
	"half an hour":                {`"start":"2026-11-21T22:00:00Z"`, `"start":"2026-11-21T22:30:00Z"`, "time_series: row 1"},
	"an hour of no zone":          {`"start":"2026-11-21T22:00:00Z"`, `"start":"2026-11-21T23:00:00+01:00"`, `"time_series": row 1`},
	"a step of its own":           {`"step":"hour"`, `"step":"week"`, "time_series: row 1"},
	"a day of 22 hours":           {`"step":"hour"`, `"step":"day"`, "time_series: row 1"},
	"rows out of order": {
		`"plaintext_auth":[`, `"plaintext_auth":[{"service":"z","count":1},`, `"plaintext_auth": row 2: a row that stands there twice, or out of order`,
	},
	"a row twice": {
		`"plaintext_auth":[`, `"plaintext_auth":[{"service":"smtpd","count":1},`, `"plaintext_auth": row 2: a row that stands there twice, or out of order`,
	},
}

func TestReadDamagedJSON(t *testing.T) {
	text := jsonOf(t, snapshotOf(hostileLog))
	for _, name := range slices.Sorted(maps.Keys(damages)) {
		d := damages[name]
		damaged := strings.Replace(text, d.old, d.replacement, 1)
		if damaged == text {
			t.Errorf("%s: nothing is replaced in\n%s", name, text)
		}
		_, err := ReadJSON(strings.NewReader(damaged))
		if !errors.Is(err, ErrJSON) || !strings.Contains(err.Error(), d.why) {
			t.Errorf("%s: error %v, want one with %q", name, err, d.why)
		}
	}
	for n := 0; n < len(text)-2; n += 7 { // without the last brace and line end it is not whole
		if _, err := ReadJSON(strings.NewReader(text[:n])); !errors.Is(err, ErrJSON) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut after %d bytes: error %v", n, err)
		}
	}
}

// TestReadOtherSchema names both versions, and needs no more of the report to do so.
func TestReadOtherSchema(t *testing.T) {
	const want = "another version of the report: 7, and this program reads 1"
	for _, text := range []string{`{"schema":7}`, `{"schema":7,"peers":"of another form"}`, `{"what":{},"schema":7`} {
		if _, err := ReadJSON(strings.NewReader(text)); !errors.Is(err, tally.ErrSchema) || err.Error() != want {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
}

// TestReadJSONBounds reads no more than a report can have.
func TestReadJSONBounds(t *testing.T) {
	row := `{"schema":1,"unrecognized":[{"program":"` + strings.Repeat("a", maxReportRow) + `"}]}`
	if _, err := ReadJSON(strings.NewReader(row)); !errors.Is(err, ErrJSON) || !strings.Contains(err.Error(), `"unrecognized": row 1: it has more than`) {
		t.Errorf("a long row: %v", err)
	}
	for size, want := range map[int]bool{9: true, 10: true, 11: false} {
		text, err := io.ReadAll(&boundedReader{r: strings.NewReader(strings.Repeat("a", size)), left: 10})
		if (err == nil) != want || len(text) > 10 {
			t.Errorf("%d bytes: read %d, %v", size, len(text), err)
		}
	}
	if _, err := ReadJSON(spaces{}); !errors.Is(err, ErrJSON) || !strings.Contains(err.Error(), "it has more than 268435456 bytes") {
		t.Errorf("a file without end: %v", err)
	}
}

// spaces are as many as anybody wants.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// An error of the file is told as it is.
func TestReadJSONFails(t *testing.T) {
	broken := errors.New("broken")
	in := io.MultiReader(strings.NewReader(`{"schema":1,"peers":[`), iotest.ErrReader(broken))
	if _, err := ReadJSON(in); err != broken { //nolint:errorlint // no other one
		t.Errorf("error %v, want %v", err, broken)
	}
}
