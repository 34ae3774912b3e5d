package main

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// What the program promises to write, declared a second time: a renamed field must not go unnoticed.

type eventRecord struct {
	Kind      string          `json:"kind"`
	Direction string          `json:"direction"`
	Start     time.Time       `json:"start"`
	End       time.Time       `json:"end"`
	Host      string          `json:"host"`
	Instance  string          `json:"instance"`
	Service   string          `json:"service"`
	Program   string          `json:"program"`
	PID       int             `json:"pid"`
	Peer      peerRecord      `json:"peer"`
	TLS       string          `json:"tls"`
	Failure   *failureRecord  `json:"failure"`
	Auth      authRecord      `json:"auth"`
	Messages  int             `json:"messages"`
	QueueIDs  []string        `json:"queue_ids"`
	Commands  json.RawMessage `json:"commands"`
	Ended     string          `json:"ended"`
	tlsRecord

	QueueID    string        `json:"queue_id"`
	MessageID  string        `json:"message_id"`
	From       *string       `json:"from"`
	Size       int           `json:"size"`
	Recipients int           `json:"recipients"`
	Received   time.Time     `json:"received"`
	Removed    time.Time     `json:"removed"`
	State      string        `json:"state"`
	Source     *sourceRecord `json:"source"`

	Deliveries []deliveryRecord `json:"deliveries"`
	Omitted    int              `json:"omitted_deliveries"`
}

type deliveryRecord struct {
	Time    time.Time   `json:"time"`
	To      string      `json:"to"`
	OrigTo  string      `json:"orig_to"`
	Program string      `json:"program"`
	Service string      `json:"service"`
	Relay   *peerRecord `json:"relay"`
	Status  string      `json:"status"`
	DSN     string      `json:"dsn"`
	Delay   *float64    `json:"delay"`
	TLS     string      `json:"tls"`
	tlsRecord
	Policy          string         `json:"policy"`
	PolicyFinal     string         `json:"policy_final"`
	PolicyViolated  *bool          `json:"policy_violated"`
	PolicyUndecided *bool          `json:"policy_undecided"`
	RequireTLS      string         `json:"requiretls"`
	Reused          *bool          `json:"reused"`
	QueuedAs        string         `json:"queued_as"`
	Failure         *failureRecord `json:"failure"`
}

type sourceRecord struct {
	Service string      `json:"service"`
	Peer    *peerRecord `json:"peer"`
	TLS     string      `json:"tls"`
	Auth    authRecord  `json:"auth"`
	UID     *int        `json:"uid"`
	Parent  string      `json:"parent"`
	tlsRecord
}

type tlsRecord struct {
	Protocol    string `json:"protocol"`
	Cipher      string `json:"cipher"`
	Bits        int    `json:"bits"`
	Trust       string `json:"trust"`
	KeyExchange string `json:"key_exchange"`
	SNI         string `json:"sni"`
}

type peerRecord struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Port    int    `json:"port"`
	Path    string `json:"path"`
	Class   string `json:"class"`
}

type failureRecord struct {
	Result string `json:"result"`
	Reason string `json:"reason"`
}

type authRecord struct {
	Method   string `json:"method"`
	Username string `json:"username"`
	Failures int    `json:"failures"`
}

type reportRecord struct {
	Schema int `json:"schema"`
	Period struct {
		First time.Time `json:"first"`
		Last  time.Time `json:"last"`
	} `json:"period"`
	Hosts        []string          `json:"hosts"`
	Lines        map[string]int    `json:"lines"`
	Sessions     []countRecord     `json:"sessions"`
	Messages     []countRecord     `json:"messages"`
	Peers        []peerCountRecord `json:"peers"`
	Failures     []failureCount    `json:"failures"`
	KeyExchanges []struct {
		Direction, Group string
		Count            int
	} `json:"key_exchanges"`
	Grades        []gradeRecord `json:"grades"`
	PlaintextAuth []struct {
		Service string
		Count   int
	} `json:"plaintext_auth"`
	Evicted map[string]int `json:"evicted"`
	Hints   []struct {
		Code, Text string
	} `json:"hints"`
	Unrecognized []struct {
		Program, Shape string
		Count          int
	} `json:"unrecognized"`
}

type countRecord struct {
	Direction string `json:"direction"`
	Instance  string `json:"instance"`
	Service   string `json:"service"`
	Class     string `json:"class"`
	TLS       string `json:"tls"`
	Protocol  string `json:"protocol"`
	Cipher    string `json:"cipher"`
	Count     int    `json:"count"`
	WithMail  int    `json:"with_mail"`
}

type peerCountRecord struct {
	Direction   string         `json:"direction"`
	Peer        string         `json:"peer"`
	Class       string         `json:"class"`
	Sessions    int            `json:"sessions"`
	Messages    int            `json:"messages"`
	TLS         map[string]int `json:"tls"`
	Protocols   map[string]int `json:"protocols"`
	Ciphers     map[string]int `json:"ciphers"`
	MessagesTLS map[string]int `json:"messages_tls"`
	Failures    map[string]int `json:"failures"`
}

type failureCount struct {
	Direction, Service, Class, Result, Reason string

	Count int
}

// readEvents runs the events command.
func readEvents(t *testing.T, args ...string) []eventRecord {
	t.Helper()
	return decodeEvents(t, mustInvoke(t, append([]string{"events"}, args...)...))
}

func decodeEvents(t *testing.T, text string) []eventRecord {
	t.Helper()
	var all []eventRecord
	for line := range strings.Lines(text) {
		var e eventRecord
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all = append(all, e)
	}
	return all
}

// readReport runs parse --format json.
func readReport(t *testing.T, args ...string) reportRecord {
	t.Helper()
	return decodeReport(t, mustInvoke(t, append([]string{"parse", "--format", "json"}, args...)...))
}

func decodeReport(t *testing.T, text string) reportRecord {
	t.Helper()
	var r reportRecord
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return r
}

func sessionsOf(all []eventRecord) []eventRecord { return ofKind(all, "session") }

func messagesOf(all []eventRecord) []eventRecord { return ofKind(all, "message") }

func ofKind(all []eventRecord, kind string) []eventRecord {
	var out []eventRecord
	for _, e := range all {
		if e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// readLines decodes a file of JSON Lines.
func readLines[T any](t *testing.T, path string) []T {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []T
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, v)
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return all
}
