package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// csvHeader names the columns.
var csvHeader = []string{
	"direction", "peer", "class", "service", "instance", "tls", "protocol", "cipher", "sessions", "messages", "first", "last", "last_message",
}

// CSV writes a line for each peer and each way in which it had sessions or messages, as RFC 4180 has it: with a header, and CR LF at the end of lines.
// Times are as in RFC 3339; the last message's is empty if there is none. What a spreadsheet would take for a formula has an apostrophe before it.
func CSV(w io.Writer, s *tally.Snapshot) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(csvHeader); err != nil {
		return err
	}
	for i := range s.Peers {
		peer := &s.Peers[i]
		for _, c := range peer.Combinations {
			last := ""
			if c.LastMessage != nil {
				last = c.LastMessage.Format(time.RFC3339Nano)
			}
			err := out.Write([]string{
				cell(peer.Direction), cell(peer.Peer), cell(c.Class), cell(c.Service), cell(c.Instance), cell(c.TLS), cell(c.Protocol), cell(c.Cipher),
				strconv.FormatUint(c.Sessions, 10), strconv.FormatUint(c.Messages, 10),
				c.First.Format(time.RFC3339Nano), c.Last.Format(time.RFC3339Nano), last,
			})
			if err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// formula are the characters with which a formula begins, and those that a spreadsheet takes for them.
const formula = "=+-@＝＋－＠"

// cell makes text from a log fit for a cell.
func cell(s string) string {
	text := Clean(s)
	begin := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unsafe(r) })
	if strings.IndexAny(begin, formula) == 0 || strings.IndexAny(s, "\t\r\n") == 0 {
		return "'" + text
	}
	return text
}
