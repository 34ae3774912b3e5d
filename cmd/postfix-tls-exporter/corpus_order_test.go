package main

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// A tellingOrder is what the truth does not tell of messages in sessions that run side by side: which of them the log tells first, and by what stamp.
type tellingOrder struct {
	place int // of the line with which all is known of the message
	at    time.Time
}

// inOrder sorts facts as the log tells them. Sessions of a peer overlap, and the clocks of clients and servers do not tell the order in which Postfix
// took two messages within a moment. So that order, and nothing of TLS, is from the log: a message is told when it is in the queue, and not before its
// session is in TLS or over; a recipient when it is sent to. Each stamp must be one that clients and servers agree with.
func (c *corpus) inOrder(t *testing.T, facts []fact) []fact {
	reading := c.readOrder(t)
	facts = slices.Clone(facts)
	for i := range facts {
		f := &facts[i]
		line := reading[lineKey{f.direction, f.instance, f.queueID, cmp.Or(f.messageID, f.recipient)}]
		if line == nil {
			t.Fatalf("not in the log: %+v", *f)
		}
		f.place = max(line.active, line.decided)
		f.at = c.stamped(t, line.stamp, f)
	}
	slices.SortStableFunc(facts, func(a, b fact) int { return cmp.Or(cmp.Compare(a.place, b.place), a.at.Compare(b.at)) })
	return facts
}

// stamped is the time of a stamp. Some have no year and no zone, so the truth must say which of several possible times is meant.
func (c *corpus) stamped(t *testing.T, stamp string, f *fact) time.Time {
	t.Helper()
	if at, err := time.Parse(time.RFC3339Nano, stamp); err == nil && within(at, f.from, f.to) {
		return at
	}
	zone, err := time.LoadLocation(c.facts.Timezone)
	if err != nil {
		t.Fatal(err)
	}
	const shortStamp = "Jan 02 15:04:05"
	for _, year := range []int{0, 1} {
		at, err := time.ParseInLocation(shortStamp, stamp, zone)
		if err != nil {
			t.Fatal(err)
		}
		at = at.AddDate(c.facts.Year+year, 0, 0)
		for _, shift := range []time.Duration{0, time.Hour, -time.Hour} { // the hour that comes twice in autumn
			if at := at.Add(shift); within(at, f.from, f.to) && at.In(zone).Format(shortStamp) == stamp {
				return at
			}
		}
	}
	t.Fatalf("%q is not from %v to %v: %+v", stamp, f.from, f.to, *f)
	return time.Time{}
}

// A lineKey is what a message, or a delivery of one, is found by.
type lineKey struct{ direction, instance, queueID, detail string }

// told are the lines of a message.
type told struct {
	stamp           string // of the first one
	active, decided int    // numbers of lines
	process         string // whose session decides
}

// Lines of the log, read without the program's grammar.
var (
	logLine     = regexp.MustCompile(`^([A-Z][a-z]{2} \d\d \S+|\d{4}-\d\d-\d\dT\S+) \S+ (([^/ ]+)\S*/(?:smtpd|cleanup|qmgr|smtp|lmtp|master)\[\d+\]): (.*)$`)
	clientText  = regexp.MustCompile(`^(\w+): client=`)
	frontText   = regexp.MustCompile(`^proxy-accept: END-OF-MESSAGE: 250 2\.0\.0 Ok: queued as (\w+); `)
	cleanupText = regexp.MustCompile(`^(\w+): message-id=(<.*>)$`)
	activeText  = regexp.MustCompile(`^(\w+): from=<.*\(queue active\)$`)
	sentText    = regexp.MustCompile(`^(\w+): to=<([^>]*)>, .*status=sent \(`)
	killedText  = regexp.MustCompile(`^warning: process \S+ pid (\d+) (?:killed|exit)`)
)

// orderReader reads the lines of one log.
type orderReader struct {
	lines     map[lineKey]*told
	queued    map[lineKey]*told  // by queue ID, the newest
	undecided map[string][]*told // by process
	encrypted map[string]bool    // processes whose session is in TLS
	number    int
}

func (c *corpus) readOrder(t *testing.T) map[lineKey]*told {
	r := orderReader{map[lineKey]*told{}, map[lineKey]*told{}, map[string][]*told{}, map[string]bool{}, 0}
	for line := range strings.Lines(string(readLog(t, c.log))) {
		r.number++
		if m := logLine.FindStringSubmatch(strings.TrimSuffix(line, "\n")); m != nil {
			r.line(m[1], m[2], m[3], m[4])
		}
	}
	for process := range r.undecided {
		r.decide(process)
	}
	return r.lines
}

func (r *orderReader) line(stamp, process, instance, text string) {
	if m := clientText.FindStringSubmatch(text); m != nil {
		v := &told{stamp: stamp, process: process}
		r.queued[lineKey{"inbound", instance, m[1], ""}] = v
		r.lines[lineKey{"inbound", instance, m[1], ""}] = v
		r.undecided[process] = append(r.undecided[process], v)
		if r.encrypted[process] {
			r.decide(process)
		}
	} else if m := frontText.FindStringSubmatch(text); m != nil { // what matters is the session of the client, not that of the filter
		v := r.queued[lineKey{"inbound", instance, m[1], ""}]
		v.process = process
		r.undecided[process] = append(r.undecided[process], v)
		if r.encrypted[process] {
			r.decide(process)
		}
	} else if m := cleanupText.FindStringSubmatch(text); m != nil {
		if v := r.queued[lineKey{"inbound", instance, m[1], ""}]; v != nil {
			r.lines[lineKey{"inbound", instance, m[1], m[2]}] = v
		}
	} else if m := activeText.FindStringSubmatch(text); m != nil {
		if v := r.queued[lineKey{"inbound", instance, m[1], ""}]; v != nil && v.active == 0 { // not again after a deferral
			v.active = r.number
		}
	} else if m := sentText.FindStringSubmatch(text); m != nil {
		r.lines[lineKey{"outbound", instance, m[1], m[2]}] = &told{stamp: stamp, active: r.number}
	} else {
		r.session(process, text)
	}
}

// session follows the sessions of smtpd.
func (r *orderReader) session(process, text string) {
	switch {
	case strings.Contains(text, "TLS connection established from "):
		r.encrypted[process] = true
		r.decide(process)
	case strings.HasPrefix(text, "connect from "), strings.HasPrefix(text, "disconnect from "):
		r.encrypted[process] = false
		r.decide(process)
	case killedText.MatchString(text):
		pid := "[" + killedText.FindStringSubmatch(text)[1] + "]"
		for process := range r.undecided {
			if strings.HasSuffix(process, pid) {
				r.decide(process)
			}
		}
	}
}

func (r *orderReader) decide(process string) {
	for _, v := range r.undecided[process] {
		if v.process == process {
			v.decided = r.number
		}
	}
	delete(r.undecided, process)
}
