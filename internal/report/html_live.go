package report

import (
	"net/url"
	"time"
)

// Live is what the page of a running exporter shows beside the report.
type Live struct {
	Version       string
	Ready         bool   // the logs were read up to their end
	MetricsPath   string // of the metrics
	Refresh       int    // seconds until the browser loads the page again; 0: never
	Logs          []LiveLog
	Checkpointing bool      // there is a state directory
	Saved         time.Time // the last checkpoint; zero before the first
	SaveErrors    int64     // checkpoints that could not be written
}

// A LiveLog is how far a log has been read. Bytes and lines are counts since counting began.
type LiveLog struct {
	Name                                      string
	LastLine                                  time.Time // of the latest Postfix line; zero before the first
	Bytes, Lag, Rotations, LostBytes, Dropped int64
	Gaps                                      int64
}

// PeerPath is where the page of one peer is.
func PeerPath(direction, peer string) string {
	return "/peer?" + url.Values{"direction": {direction}, "name": {peer}}.Encode()
}

type search struct{}
