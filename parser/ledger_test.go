package parser

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A ledgerLine is a line of a made-up log and what it means to the books.
type ledgerLine struct {
	text string
	pid  int    // of the session that the line belongs to, 0 for none
	ends bool   // it ends the session
	new  bool   // it begins one, whatever was open
	id   string // queue ID
	born bool   // the ID is given to a new message
	dead bool   // the ID is free again
}

// ledgerSession returns the lines of one client session and of its messages. Sessions whose number differs by inodes share queue IDs.
func ledgerSession(rng *rand.Rand, pid, number, inodes int) []ledgerLine {
	peer := fmt.Sprintf("host%d.example[192.0.2.%d]", number%7, number%7)
	smtpd := func(format string, args ...any) ledgerLine {
		return ledgerLine{text: fmt.Sprintf("smtpd[%d]: ", pid) + fmt.Sprintf(format, args...), pid: pid}
	}
	connect := smtpd("connect from %s", peer)
	connect.new = true
	lines := []ledgerLine{connect}
	tls := rng.IntN(2) == 0
	if tls {
		lines = append(lines, smtpd("Anonymous TLS connection established from %s: TLSv1.2 with cipher AES256-SHA (256/256 bits)", peer))
	}
	messages := rng.IntN(3)
	for i := range messages {
		id := fmt.Sprintf("%06X%02X", number%inodes, i)
		client := smtpd("%s: client=%s", id, peer)
		client.id, client.born = id, true
		lines = append(lines, client,
			ledgerLine{text: fmt.Sprintf("cleanup[7]: %s: message-id=<%d@example>", id, i), id: id},
			ledgerLine{text: fmt.Sprintf("qmgr[8]: %s: from=<s@example>, size=1, nrcpt=1 (queue active)", id), id: id},
			ledgerLine{text: fmt.Sprintf("qmgr[8]: %s: removed", id), id: id, dead: true})
	}
	end := smtpd("disconnect from %s ehlo=1 starttls=%d mail=%d rcpt=%d data=%d quit=1 commands=9", peer, rng.IntN(2), messages, messages, messages)
	if rng.IntN(8) == 0 {
		end = smtpd("fatal: watchdog timeout")
		end.new = false
	}
	end.ends = true
	return append(lines, end)
}

const ledgerSessions = 60

// ledgerLog interleaves sessions at random. If it is damaged, queue IDs are given again too soon, and lines are lost or come twice: those
// of syslog over a bad network.
func ledgerLog(rng *rand.Rand, damaged bool) []ledgerLine {
	const processes = 5
	inodes := ledgerSessions
	if damaged {
		inodes = 20
	}
	var queues [processes][]ledgerLine
	for number := range ledgerSessions {
		p := rng.IntN(processes)
		queues[p] = append(queues[p], ledgerSession(rng, 410+p, number, inodes)...)
	}
	var out []ledgerLine
	for left := true; left; {
		left = false
		for range processes {
			p := rng.IntN(processes)
			if len(queues[p]) == 0 {
				continue
			}
			line := queues[p][0]
			queues[p] = queues[p][1:]
			switch {
			case damaged && rng.IntN(10) == 0: // lost
			case damaged && rng.IntN(10) == 0:
				out = append(out, line, line)
			default:
				out = append(out, line)
			}
		}
		for _, q := range queues {
			left = left || len(q) > 0
		}
	}
	return out
}

// books keeps the accounts by the meaning of the lines alone.
type books struct {
	sessions, started int
	lives             map[string]int // by queue ID
}

func balance(lines []ledgerLine) books {
	b := books{lives: make(map[string]int)}
	open, alive := make(map[int]bool), make(map[string]bool)
	for _, l := range lines {
		fatal := strings.Contains(l.text, "fatal")
		if l.pid != 0 && !fatal && (l.new || !open[l.pid]) {
			b.sessions++
			open[l.pid] = true
		}
		if l.new {
			b.started++
		}
		if l.ends {
			delete(open, l.pid)
		}
		if l.id != "" && (l.born || !alive[l.id]) {
			b.lives[l.id]++
			alive[l.id] = true
		}
		if l.dead {
			delete(alive, l.id)
		}
	}
	return b
}

// Every connect line is one session and every life of a queue ID one message, in whatever order their lines come, and however
// many of them are missing or come twice.
func TestLedger(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 1))
		lines := ledgerLog(rng, seed%5 != 0)
		var log strings.Builder
		for _, l := range lines {
			log.WriteString(l.text + "\n")
		}
		r := play(t, log.String())
		want := balance(lines)
		got := books{sessions: len(r.sessions), lives: make(map[string]int)}
		for _, s := range r.sessions {
			if !s.Start.IsZero() {
				got.started++
			}
		}
		for _, m := range r.messages {
			got.lives[m.QueueID]++
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(books{})); diff != "" {
			t.Errorf("seed %d: books differ (-want +got):\n%s", seed, diff)
		}
	}
}

// Nothing is queued twice, and what the queue manager saw of a session's messages is queued once.
func TestQueuedOnce(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 2))
		lines := ledgerLog(rng, false)
		want := make(map[string]int)
		var log strings.Builder
		for _, l := range lines {
			if l.born {
				want[l.id] = 1
			}
			log.WriteString(l.text + "\n")
		}
		got := make(map[string]int)
		for _, m := range play(t, log.String()).queued {
			got[m.QueueID]++
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("seed %d: queued (-want +got):\n%s", seed, diff)
		}
	}
}
