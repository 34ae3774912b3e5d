package exporter

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// pages are what a person sees: the report at /, all peers, one of them; and the report for programs.
type pages struct {
	cfg    Config
	policy string        // Content-Security-Policy
	slots  chan struct{} // one for each page in the making
}

// maxPages bounds the pages in the making, and pageTimeout how long one may take to be sent: with many peers each takes memory and a processor.
const (
	maxPages    = 4
	pageTimeout = 60 * time.Second
)

// reportPath is where the report in JSON is.
const reportPath = "/api/v1/report"

// add registers the pages.
func (p *pages) add(mux *http.ServeMux) error {
	policy, err := report.ContentSecurityPolicy()
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	p.policy, p.slots = policy, make(chan struct{}, maxPages)
	for path, handler := range map[string]http.HandlerFunc{"/{$}": p.start, report.PeersPath: p.peers, report.PeerPath: p.peer, reportPath: p.json} {
		mux.HandleFunc("GET "+path, p.inTurn(handler))
	}
	return nil
}

// inTurn waits for a slot, and takes it back from a client that does not read.
func (p *pages) inTurn(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case p.slots <- struct{}{}:
			defer func() { <-p.slots }()
		case <-r.Context().Done():
			return
		}
		connection := http.NewResponseController(w)
		_ = connection.SetWriteDeadline(time.Now().Add(pageTimeout)) // not to be had in tests
		defer func() { _ = connection.SetWriteDeadline(time.Time{}) }()
		handler(w, r)
	}
}

// start is the page at /. Before counts may be seen it shows how far the logs were read, and no report.
func (p *pages) start(w http.ResponseWriter, r *http.Request) {
	refresh, ok := map[string]int{"": 0, "off": 0, "10": 10, "60": 60}[r.URL.Query().Get("refresh")]
	if !ok {
		answer(w, http.StatusBadRequest, "refresh is 10, 60 or off")
		return
	}
	d := p.cfg.Data()
	snapshot := d.Snapshot
	if p.cfg.held() {
		snapshot = nil
	}
	options := p.options(&d)
	options.Live.Refresh = refresh
	p.write(w, func(out *bytes.Buffer) error { return report.HTML(out, snapshot, options) })
}

// peers is the page of all peers.
func (p *pages) peers(w http.ResponseWriter, r *http.Request) {
	values, err := query(r)
	if err != nil {
		answer(w, http.StatusBadRequest, err.Error())
		return
	}
	q, err := report.ParsePeersQuery(values)
	if err != nil {
		answer(w, http.StatusBadRequest, err.Error())
		return
	}
	p.whenReady(w, func(d *Data) {
		p.write(w, func(out *bytes.Buffer) error { return report.PeersHTML(out, d.Snapshot, q, p.options(d)) })
	})
}

// peer is the page of one peer.
func (p *pages) peer(w http.ResponseWriter, r *http.Request) {
	values, err := query(r)
	direction := values.Get("direction")
	if err != nil || direction != tally.Inbound && direction != tally.Outbound {
		answer(w, http.StatusBadRequest, "direction is inbound or outbound")
		return
	}
	p.whenReady(w, func(d *Data) {
		var out bytes.Buffer
		found, err := report.PeerHTML(&out, d.Snapshot, direction, values.Get("name"), p.options(d))
		if !found {
			answer(w, http.StatusNotFound, "no such peer is counted; it may be among the others")
			return
		}
		p.write(w, func(page *bytes.Buffer) error {
			*page = out
			return err
		})
	})
}

// json is the report for programs, the same as that of the parse command.
func (p *pages) json(w http.ResponseWriter, _ *http.Request) {
	p.whenReady(w, func(d *Data) {
		p.header(w, "application/json")
		_ = report.JSON(w, d.Snapshot, report.JSONOptions{Profile: p.cfg.Profile}) // the client may be gone
	})
}

// query reads the parameters of a request, each of which may come once.
func query(r *http.Request) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errors.New("the query cannot be read")
	}
	for _, v := range values {
		if len(v) > 1 {
			return nil, errors.New("a parameter comes twice")
		}
	}
	return values, nil
}

func (p *pages) whenReady(w http.ResponseWriter, f func(*Data)) {
	if p.cfg.held() {
		answer(w, http.StatusServiceUnavailable, notReady)
		return
	}
	d := p.cfg.Data()
	f(&d)
}

// options are those of a page about d.
func (p *pages) options(d *Data) report.HTMLOptions {
	live := &report.Live{
		Version: p.cfg.Version, Ready: p.cfg.Ready(), MetricsPath: p.cfg.TelemetryPath,
		Kept: d.Checkpoint.Kept, Saved: d.Checkpoint.Saved, SaveErrors: d.Checkpoint.Errors,
		OpenSessions: d.OpenSessions, OpenMessages: d.OpenMessages,
	}
	for _, l := range d.Logs {
		live.Logs = append(live.Logs, report.LiveLog{
			Name: l.Name, LastLine: l.LastLine, Bytes: l.Bytes, Lag: l.Lag, Rotations: l.Rotations, LostBytes: l.LostBytes, Gaps: l.Gaps, Dropped: l.Dropped,
		})
	}
	return report.HTMLOptions{Profile: p.cfg.Profile, Live: live}
}

// write answers with a page that render makes. It is made before it is sent: an error can still be told, and a slow client holds nothing up.
func (p *pages) write(w http.ResponseWriter, render func(*bytes.Buffer) error) {
	var out bytes.Buffer
	if err := render(&out); err != nil {
		p.cfg.Logger.Error("a page cannot be made", "error", err)
		answer(w, http.StatusInternalServerError, "the page cannot be made")
		return
	}
	p.header(w, "text/html; charset=utf-8")
	_, _ = w.Write(out.Bytes()) // the client may be gone
}

func (p *pages) header(w http.ResponseWriter, contentType string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Security-Policy", p.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}
