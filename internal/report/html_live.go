package report

import (
	"net/url"
	"time"
)

// Live is what the pages of a running exporter show beside the report.
type Live struct {
	Version      string
	Ready        bool   // the logs were read up to their end
	MetricsPath  string // of the metrics
	Refresh      int    // seconds until the browser loads the page again, 10 or 60; 0: never
	Logs         []LiveLog
	Kept         bool      // there is a state directory
	Saved        time.Time // the last checkpoint; zero before the first
	SaveErrors   int64     // checkpoints that could not be written
	OpenSessions int
	OpenMessages int
}

// A LiveLog is how far a log has been read. Numbers are counted since counting began, but for Lag.
type LiveLog struct {
	Name      string
	LastLine  time.Time // of the latest Postfix line; zero before the first
	Bytes     int64     // read
	Lag       int64     // bytes yet to be read
	Rotations int64
	LostBytes int64 // written, and gone before they could be read
	Gaps      int64 // places where lines are missing
	Dropped   int64 // lines for which a queue had no room
}

// PeersPath is where all peers are listed, and PeerPath where one of them is.
const (
	PeersPath = "/peers"
	PeerPath  = "/peer"
)

// PeerLink returns the path and query of a peer's page.
func PeerLink(direction, peer string) string {
	return PeerPath + "?" + url.Values{"direction": {direction}, "name": {peer}}.Encode()
}

// liveState is the part of a page about the exporter itself.
type liveState struct {
	*Live
	Facts []fact
	Logs  *webTable
	Home  bool // the page can load itself again
}

func (d *document) liveState(home bool) *liveState {
	v := d.Live
	if v == nil {
		return nil
	}
	s := &liveState{Live: v, Home: home, Facts: []fact{
		{"State", ready(v.Ready)}, {"Open sessions", thousands(uint64(max(v.OpenSessions, 0)))}, {"Open messages", thousands(uint64(max(v.OpenMessages, 0)))},
	}}
	if v.Kept {
		s.Facts = append(s.Facts, fact{"Last checkpoint", moment(v.Saved)})
		if v.SaveErrors > 0 {
			s.Facts = append(s.Facts, fact{"Checkpoints that could not be written", count64(v.SaveErrors)})
		}
	} else {
		s.Facts = append(s.Facts, fact{"Last checkpoint", "no state directory: counts begin anew with each start"})
	}
	s.Logs = newTable(d, "Logs that are followed",
		columns("#Log", "@Latest line", ">Bytes read", ">Bytes to read", ">Rotations", ">Bytes lost", ">Gaps", ">Lines dropped"), v.Logs, func(l LiveLog) []string {
			return []string{
				l.Name, moment(l.LastLine), count64(l.Bytes), count64(l.Lag), count64(l.Rotations), count64(l.LostBytes), count64(l.Gaps), count64(l.Dropped),
			}
		})
	return s
}

func ready(yes bool) string {
	if yes {
		return "all logs were read up to their end"
	}
	return "the logs are still being read up to their end"
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "none yet"
	}
	return clock(t)
}

func count64(n int64) string { return thousands(uint64(max(n, 0))) }
