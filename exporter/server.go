package exporter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/grade"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/report"
)

// Config of the HTTP server.
type Config struct {
	Web           *web.FlagConfig // addresses, TLS and passwords
	TelemetryPath string          // of the metrics, "/metrics"
	Collector     prometheus.Collector
	Data          func() Data    // for the pages
	Profile       *grade.Profile // that the pages grade by; without one there are no grades
	Version       string
	Ready         func() bool // the log has been read up to its end
	Hold          bool        // shows no counts before Ready: after a restart, counters must not be seen on their way to where they were
	Logger        *slog.Logger
}

// held tells whether counts must not be seen yet, see Hold.
func (c *Config) held() bool { return c.Hold && !c.Ready() }

// How long scrapes may take to end when the server is told to stop, and a scrape may take at all.
const (
	shutdownTimeout = 5 * time.Second
	scrapeTimeout   = 30 * time.Second
)

// Serve answers HTTP requests until ctx ends; then it returns nil.
func Serve(ctx context.Context, cfg Config) error {
	handler, err := Handler(cfg)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		stopped <- server.Shutdown(late)
	})
	err = web.ListenAndServe(server, cfg.Web, cfg.Logger)
	if !errors.Is(err, http.ErrServerClosed) {
		stop()
		return fmt.Errorf("http server: %w", err)
	}
	if err := <-stopped; err != nil {
		return fmt.Errorf("stop http server: %w", err)
	}
	return nil
}

// Where health and readiness are.
const (
	healthPath = "/healthz"
	readyPath  = "/readyz"
)

// Handler returns what Serve serves: the metrics, /healthz, /readyz, and pages for people: at / the report and how far the logs have been read, /peers
// and /peer; and the report for programs at /api/v1/report.
func Handler(cfg Config) (http.Handler, error) {
	registry := prometheus.NewPedanticRegistry()
	for _, c := range []prometheus.Collector{
		cfg.Collector, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	if err := CheckTelemetryPath(cfg.TelemetryPath); err != nil {
		return nil, fmt.Errorf("path of the metrics: %w", err)
	}
	mux := http.NewServeMux()
	if err := (&pages{cfg: cfg}).add(mux); err != nil {
		return nil, err
	}
	metrics := promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		Registry: registry, EnableOpenMetrics: true, MaxRequestsInFlight: 8, Timeout: scrapeTimeout,
		ErrorLog: slog.NewLogLogger(cfg.Logger.Handler(), slog.LevelError),
	})
	mux.HandleFunc("GET "+cfg.TelemetryPath, func(w http.ResponseWriter, r *http.Request) {
		if cfg.held() {
			answer(w, http.StatusServiceUnavailable, notReady)
			return
		}
		metrics.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET "+healthPath, func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET "+readyPath, func(w http.ResponseWriter, _ *http.Request) {
		if !cfg.Ready() {
			answer(w, http.StatusServiceUnavailable, notReady)
			return
		}
		answer(w, http.StatusOK, "ok")
	})
	return mux, nil
}

// CheckTelemetryPath tells why metrics cannot be at a path.
func CheckTelemetryPath(name string) error {
	clean := path.Clean(name)
	switch {
	case !strings.HasPrefix(name, "/"):
		return fmt.Errorf("%q does not begin with a slash", name)
	case strings.ContainsAny(name, "{} "):
		return fmt.Errorf("%q has a blank or a brace", name)
	case name != clean && name != strings.TrimSuffix(clean, "/")+"/":
		return fmt.Errorf("%q has a part that is empty, . or .., and no client asks for such a path", name)
	case slices.Contains([]string{"/", healthPath, readyPath, report.PeersPath, report.PeerPath, reportPath}, name):
		return fmt.Errorf("something else is at %s", name)
	}
	return nil
}

const notReady = "the log is still being read up to its end"

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text) // the client may be gone
}
