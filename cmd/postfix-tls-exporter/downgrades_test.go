package main

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestServeDowngrade tells once, in a line and in a counter, of the relay that stopped offering STARTTLS half way. How many recipients it took
// before is what the next server's Received headers say.
func TestServeDowngrade(t *testing.T) {
	t.Parallel()
	c := chain(t)
	before, after := 0, 0
	c.eachHop(func(m relayMessage) {
		if m.Hops[0].Protocol != "" {
			before += len(m.Recipients)
		} else {
			after += len(m.Recipients)
		}
	})
	log := filepath.Join(t.TempDir(), "mail.log")
	writeFile(t, log, string(readLog(t, c.log)))
	s := serve(t, "--log", log, "--timezone", c.facts.Timezone, "--year", strconv.Itoa(c.facts.Year))
	s.awaitReady(t)
	outbound := series("downgrades_total", "direction", "outbound", "kind", "plaintext")
	if got := scrapeFrom(t, s.base)[outbound]; got != 1 {
		t.Errorf("%s is %v, want 1", outbound, got)
	}
	var lines []string
	for line := range strings.Lines(s.stderr.String()) {
		if strings.Contains(line, "a peer that used TLS") && strings.Contains(line, "direction=outbound") {
			lines = append(lines, line)
		}
	}
	want := []string{"level=WARN", "peer=127.0.0.1", "class=loopback", "to=plaintext", "tls_messages=" + strconv.Itoa(before) + " "}
	if len(lines) != 1 || before == 0 || after == 0 {
		t.Fatalf("%d recipients under TLS, then %d in plaintext; the log says %d times\n%s", before, after, len(lines), lines)
	}
	for _, word := range want {
		if !strings.Contains(lines[0], word) {
			t.Errorf("no %s in %s", word, lines[0])
		}
	}
}

// chain is the corpus whose first Postfix relays to a second one.
func chain(t *testing.T) *corpus {
	t.Helper()
	all := corpora(t)
	i := slices.IndexFunc(all, func(c *corpus) bool { return c.facts.NextInstance != "" })
	if i < 0 {
		t.Fatal("there is none")
	}
	return all[i]
}
