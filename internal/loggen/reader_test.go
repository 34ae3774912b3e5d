package loggen

import (
	"bytes"
	"regexp"
	"strings"
)

var (
	headerRE     = regexp.MustCompile(`^(\S+) (\S+) ([A-Za-z/]+)(?:\[(\d+)\])?: (.+)$`)
	inboundTLSRE = regexp.MustCompile(`^\w+ TLS connection established from \S+: (\S+) with cipher `)
	smtpTLSRE    = regexp.MustCompile(`^\w+ TLS connection established to (\S+): (\S+) with cipher `)
	queueIDRE    = regexp.MustCompile(`^([0-9A-F]{6,}): (.*)$`)
	sentRE       = regexp.MustCompile(`^to=<\S+>, relay=([^ ,]+), .*, status=sent \(`)
)

// reader makes a summary out of a log, by other means than the generator: it only reads.
type reader struct {
	got        Summary
	sessions   map[string]*tlsState // open smtpd sessions by process
	endpoints  map[string]*tlsState // TLS of postscreen sessions by address and port
	messages   map[string]tlsState  // queue IDs of smtpd, by the state of their session
	queued     map[string]bool      // queue IDs that qmgr knows
	deliveries map[string]*outbound // the last TLS line of each smtp process
	perProcess map[string]int       // sessions that a process has served
	faults     []string             // what must not be
}

type outbound struct {
	relay, queueID string
	state          tlsState
}

func read(log []byte) *reader {
	r := &reader{
		sessions:   make(map[string]*tlsState),
		endpoints:  make(map[string]*tlsState),
		messages:   make(map[string]tlsState),
		queued:     make(map[string]bool),
		deliveries: make(map[string]*outbound),
		perProcess: make(map[string]int),
	}
	for line := range bytes.Lines(log) {
		r.line(string(line))
	}
	return r
}

func (r *reader) line(line string) {
	r.got.Lines++
	r.got.Bytes += int64(len(line))
	m := headerRE.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
	if m == nil {
		r.faults = append(r.faults, "no header: "+line)
		return
	}
	tag, pid, text := m[3], m[4], m[5]
	if !strings.HasPrefix(tag, "postfix/") {
		r.got.Foreign++
		return
	}
	switch tag[strings.LastIndexByte(tag, '/')+1:] {
	case "smtpd":
		r.smtpd(tag+pid, text)
	case "postscreen", "tlsproxy":
		r.postscreen(tag, text)
	case "qmgr":
		r.qmgr(text)
	case "smtp":
		r.smtp(pid, text)
	}
}

func (r *reader) smtpd(process, text string) {
	s := r.sessions[process]
	if strings.HasPrefix(text, "connect from ") {
		if s != nil {
			r.faults = append(r.faults, process+": two sessions at a time")
		}
		r.got.Connects++
		r.perProcess[process]++
		r.sessions[process] = &tlsState{}
		return
	}
	if s == nil {
		if !strings.HasPrefix(text, "warning: hostname ") {
			r.faults = append(r.faults, process+": no session: "+text)
		}
		return
	}
	if m := inboundTLSRE.FindStringSubmatch(text); m != nil {
		s.suite = suite(m[1])
	}
	if strings.HasPrefix(text, "SSL_accept error from ") {
		s.failed = true
	}
	if m := queueIDRE.FindStringSubmatch(text); m != nil && strings.HasPrefix(m[2], "client=") {
		r.messages[m[1]] = *s
		delete(r.queued, m[1])
	}
	if strings.HasPrefix(text, "disconnect from ") {
		r.got.Sessions.count(*s)
		delete(r.sessions, process)
	}
}

func (r *reader) postscreen(tag, text string) {
	words := strings.Fields(text)
	last := words[len(words)-1]
	switch {
	case tag == "postfix/postscreen" && words[0] == "CONNECT":
		r.endpoints[words[2]] = &tlsState{}
	case tag == "postfix/postscreen" && words[0] == "DISCONNECT":
		r.got.Postscreen.count(*r.endpoints[last])
		delete(r.endpoints, last)
	case strings.HasPrefix(text, "TLS handshake failed for "):
		r.endpoints[strings.TrimPrefix(last, "peer=")].failed = true
	case inboundTLSRE.MatchString(text):
		r.endpoints[strings.TrimSuffix(words[5], ":")].suite = suite(words[6])
	}
}

func (r *reader) qmgr(text string) {
	m := queueIDRE.FindStringSubmatch(text)
	switch {
	case m[2] == "removed":
		r.got.Removed++
		delete(r.messages, m[1])
		delete(r.queued, m[1])
	case strings.HasSuffix(m[2], "(queue active)") && !r.queued[m[1]]:
		r.queued[m[1]] = true
		if state, ok := r.messages[m[1]]; ok {
			r.got.MessagesQueued.count(state)
		} else {
			r.got.MessagesLocal++
		}
	}
}

func (r *reader) smtp(pid, text string) {
	if m := smtpTLSRE.FindStringSubmatch(text); m != nil {
		r.deliveries[pid] = &outbound{relay: m[1], state: tlsState{suite: suite(m[2])}}
		return
	}
	m := queueIDRE.FindStringSubmatch(text)
	if m == nil {
		return
	}
	d := r.deliveries[pid]
	if d != nil && d.queueID == "" {
		d.queueID = m[1]
	}
	if sent := sentRE.FindStringSubmatch(m[2]); sent != nil {
		var state tlsState
		if d != nil && d.queueID == m[1] && d.relay == sent[1] {
			state = d.state
		}
		r.got.MessagesSent.count(state)
	}
}
