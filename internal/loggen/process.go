package loggen

import (
	"fmt"
	"time"
)

const (
	maxUse  = 100               // sessions or requests that a process serves before it exits, as Postfix's max_use
	maxIdle = 100 * time.Second // as Postfix's max_idle
	pidMin  = 300               // Linux goes on from here when it has come to pidMax
	pidMax  = 1 << 22
)

// service is a kind of process, told by its tag.
type service int

const (
	smtpd service = iota
	submission
	smtps
	cleanup
	smtp
	lmtp
	local
	virtual
	bounce
	errorAgent
	qmgr
	pickup
	anvil
	scache
	postscreen
	tlsproxy
	dnsblog
	opendkim
	cron
	dovecot
	services
)

// tags are in the order of the constants.
var tags = [services]string{
	smtpd:      "postfix/smtpd",
	submission: "postfix/submission/smtpd",
	smtps:      "postfix/smtps/smtpd",
	cleanup:    "postfix/cleanup",
	smtp:       "postfix/smtp",
	lmtp:       "postfix/lmtp",
	local:      "postfix/local",
	virtual:    "postfix/virtual",
	bounce:     "postfix/bounce",
	errorAgent: "postfix/error",
	qmgr:       "postfix/qmgr",
	pickup:     "postfix/pickup",
	anvil:      "postfix/anvil",
	scache:     "postfix/scache",
	postscreen: "postfix/postscreen",
	tlsproxy:   "postfix/tlsproxy",
	dnsblog:    "postfix/dnsblog",
	opendkim:   "opendkim",
	cron:       "CRON",
	dovecot:    "dovecot",
}

// process is a running process.
type process struct {
	service   service
	pid       int
	tag       string // with process ID, as it stands in the header: "postfix/smtpd[123]: "
	foreign   bool   // no part of Postfix
	served    int
	idleSince time.Duration
}

// processTable hands out process IDs, and knows who has time. It is bounded by the number of sessions at a time.
type processTable struct {
	pid     int
	alive   map[int]bool
	idle    [services][]*process
	daemons [services]*process
}

func newProcessTable() processTable {
	return processTable{pid: 911, alive: make(map[int]bool)}
}

// spawn starts a process. Process IDs grow by uneven steps, since much of what runs on the host logs nothing.
func (g *generator) spawn(s service) *process {
	t := &g.processes
	t.pid += 1 + g.rng.IntN(25)
	for t.pid >= pidMax || t.alive[t.pid] {
		if t.pid++; t.pid >= pidMax {
			t.pid = pidMin
		}
	}
	t.alive[t.pid] = true
	p := &process{service: s, pid: t.pid, tag: fmt.Sprintf("%s[%d]: ", tags[s], t.pid), foreign: s >= opendkim}
	if s == dovecot { // its log process does not show a process ID
		p.tag = tags[s] + ": "
	}
	return p
}

// take returns a process that serves nobody else, the one that served last if there is one, until it is released.
func (g *generator) take(s service) *process {
	t := &g.processes
	idle := t.idle[s]
	for len(idle) > 0 && g.now-idle[0].idleSince > maxIdle {
		delete(t.alive, idle[0].pid)
		idle = idle[1:]
	}
	n := len(idle)
	if n == 0 {
		t.idle[s] = nil
		return g.spawn(s)
	}
	t.idle[s] = idle[:n-1]
	return idle[n-1]
}

// release makes p free for others, or ends it when it has served enough.
func (g *generator) release(p *process) {
	t := &g.processes
	if p.served++; p.served >= maxUse {
		delete(t.alive, p.pid)
		return
	}
	p.idleSince = g.now
	t.idle[p.service] = append(t.idle[p.service], p)
}

// daemon returns the one process of a service that has only one, such as qmgr.
func (g *generator) daemon(s service) *process {
	d := &g.processes.daemons[s]
	if *d == nil {
		*d = g.spawn(s)
	}
	return *d
}

// script is what one process does, told in advance: a line, a while later the next.
type script struct {
	g       *generator
	process *process
	at      time.Duration
}

// script starts a script of a process of service s, now.
func (g *generator) script(s service) script {
	return script{g: g, process: g.take(s), at: g.now}
}

// wait lets about mean pass.
func (s *script) wait(mean time.Duration) {
	s.at += s.g.spell(mean)
}

func (s *script) log(format string, args ...any) {
	s.g.log(s.at, s.process, nil, format, args...)
}

// logThen logs a line; effect takes place when it is written.
func (s *script) logThen(effect func(), format string, args ...any) {
	s.g.log(s.at, s.process, effect, format, args...)
}

// end makes the process free at the end of its script.
func (s *script) end() {
	s.g.at(s.at, func() { s.g.release(s.process) })
}
