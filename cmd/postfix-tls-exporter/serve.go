package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/common/promslog"
	"github.com/prometheus/exporter-toolkit/web"
	"golang.org/x/sync/errgroup"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/exporter"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/checkpoint"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

type serveCmd struct {
	sourceFlags
	State         string        `name:"state-directory" type:"path" default:"" placeholder:"DIR" help:"Keep checkpoints here, and go on from the last one after a restart. Without it counts begin anew."`
	Interval      time.Duration `name:"checkpoint-interval" default:"5s" help:"Time between two checkpoints."`
	PeerLabel     string        `enum:"host,domain,address,none" default:"host" help:"What the label peer holds: host, domain, address, or none."`
	PeerLimit     int           `default:"1000" help:"How many peers are counted by name; past it a newcomer counts as other."`
	PeerIdle      time.Duration `default:"24h" help:"How long a peer must be silent to make place for a newcomer."`
	Users         bool          `help:"Keep the names of users who submit mail, and show them on the web page."`
	ListenAddress []string      `name:"web.listen-address" default:":10154" sep:"none" placeholder:"ADDRESS" help:"Address to serve on; repeatable. Default: :10154."`
	SystemdSocket bool          `name:"web.systemd-socket" help:"Use sockets that systemd passes instead."`
	WebConfig     string        `name:"web.config.file" type:"path" default:"" placeholder:"FILE" help:"TLS certificate and passwords of the web server."`
	TelemetryPath string        `name:"web.telemetry-path" default:"/metrics" help:"Path of the metrics."`
	LogLevel      string        `name:"log.level" enum:"debug,info,warn,error" default:"info" help:"Own messages from this level on: debug, info, warn or error."`
	LogStyle      string        `name:"log.format" enum:"logfmt,json" default:"logfmt" help:"Form of own messages: logfmt or json."`
	eventFlags
	gradeFlags
	logFormat
	configCheck
}

// Run follows the logs and serves metrics until ctx ends.
func (c *serveCmd) Run(ctx context.Context, std stdio) error {
	if c.Check {
		return c.check(std)
	}
	hup, stop := hangups() // before all that takes time
	defer stop()
	opts, err := c.options()
	if err != nil {
		return err
	}
	logger, err := c.logger(std)
	if err != nil {
		return usageError{err}
	}
	if err := c.checkEvents(c.State); err != nil {
		return usageError{err}
	}
	opts.CountsOnly = !c.handsOver()
	b := readBuild()
	logger.Info("starting", "version", b.version, "revision", b.revision, "logs", c.names())
	l, err := c.newLive(opts, logger)
	if err != nil {
		return err
	}
	defer l.saves.close()
	stopEvents := l.events.start()
	err = c.serve(ctx, l, b, hup, logger)
	if l.saves.store != nil { // whatever it was that ended it
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
		l.saves.save(last, l)
		cancel()
	}
	stopEvents()
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	logger.Info("stopped")
	return nil
}

// serve follows the logs and answers requests until ctx ends.
func (c *serveCmd) serve(ctx context.Context, l *live, b build, hup <-chan os.Signal, logger *slog.Logger) error {
	profile, err := c.profile()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, followed := range l.logs {
		group.Go(func() error { return l.follow(ctx, followed) })
	}
	group.Go(func() error {
		l.saves.run(ctx, l)
		return nil
	})
	group.Go(func() error {
		attend(ctx, l, hup, logger)
		return nil
	})
	group.Go(func() error {
		return exporter.Serve(ctx, exporter.Config{
			Web:           &web.FlagConfig{WebListenAddresses: &c.ListenAddress, WebSystemdSocket: &c.SystemdSocket, WebConfigFile: &c.WebConfig},
			TelemetryPath: c.TelemetryPath, Version: b.version, Ready: l.ready, Data: l.data, Hold: l.saves.store != nil, Logger: logger, Profile: profile,
			Collector: exporter.NewCollector(l.data, profile, exporter.Build{Version: b.version, Revision: b.revision, GoVersion: b.goVersion}),
		})
	})
	return group.Wait()
}

func (c *serveCmd) logger(std stdio) (*slog.Logger, error) {
	level, format := promslog.NewLevel(), promslog.NewFormat()
	if err := errors.Join(level.Set(c.LogLevel), format.Set(c.LogStyle)); err != nil {
		return nil, err
	}
	return promslog.New(&promslog.Config{Level: level, Format: format, Writer: std.err}), nil
}

func (c *serveCmd) newLive(opts parser.Options, logger *slog.Logger) (*live, error) {
	counts := tally.Options{
		PeerLimit: c.PeerLimit, PeerIdle: c.PeerIdle, Label: peerLabel(c.PeerLabel), LabelName: c.PeerLabel, NoUsers: !c.Users, Downgraded: logDowngrades(logger),
	}
	l := &live{tally: tally.New(counts), saves: saves{interval: c.Interval, log: logger, now: make(chan struct{}, 1)}}
	events, err := c.openEvents(logger)
	if err != nil {
		return nil, err
	}
	l.events = events
	for _, name := range c.names() {
		l.logs = append(l.logs, &followedLog{name: name, parser: parser.New(l.events.beside(l.tally), opts)})
	}
	if c.State == "" {
		logger.Warn("counts begin anew with each start, as there is no --state-directory: metrics cover the log from where it is taken up", "from", c.From)
	} else if err := c.resume(l, opts, counts, logger); err != nil {
		return nil, err
	}
	for _, f := range l.logs {
		f.source = c.newSource(f, logger)
	}
	return l, nil
}

// resume takes up the last checkpoint.
func (c *serveCmd) resume(l *live, opts parser.Options, counts tally.Options, logger *slog.Logger) error {
	store, err := checkpoint.Open(c.State)
	if err != nil {
		return withHint(err, stateHint)
	}
	l.saves.store = store
	last, err := l.saves.load()
	if err == nil && last != nil {
		if misfit := l.restore(last, opts, counts, logger); misfit != nil { // another version's, perhaps
			logger.Error("counts begin anew", "error", store.SetAside(misfit))
		}
	}
	if err != nil {
		l.saves.close()
	}
	return err
}
