package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/common/promslog"
	"github.com/prometheus/exporter-toolkit/web"
	"golang.org/x/sync/errgroup"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/exporter"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/follow"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

type serveCmd struct {
	Log           []string      `default:"/var/log/mail.log" type:"path" sep:"none" placeholder:"PATH" help:"Log to follow; repeatable. Default: /var/log/mail.log."`
	From          string        `enum:"beginning,end" default:"beginning" help:"Where to take up a log: beginning or end."`
	PeerLabel     string        `enum:"host,domain,address,none" default:"host" help:"What the label peer holds: host, domain, address, or none."`
	PeerLimit     int           `default:"1000" help:"How many peers are counted by name; past it a newcomer counts as other."`
	PeerIdle      time.Duration `default:"24h" help:"How long a peer must be silent to make place for a newcomer."`
	ListenAddress []string      `name:"web.listen-address" default:":10154" sep:"none" placeholder:"ADDRESS" help:"Address to serve on; repeatable. Default: :10154."`
	SystemdSocket bool          `name:"web.systemd-socket" help:"Use sockets that systemd passes instead."`
	WebConfig     string        `name:"web.config.file" type:"path" placeholder:"FILE" help:"TLS certificate and passwords of the web server."`
	TelemetryPath string        `name:"web.telemetry-path" default:"/metrics" help:"Path of the metrics."`
	LogLevel      string        `name:"log.level" enum:"debug,info,warn,error" default:"info" help:"Own messages from this level on: debug, info, warn or error."`
	LogStyle      string        `name:"log.format" enum:"logfmt,json" default:"logfmt" help:"Form of own messages: logfmt or json."`
	logFormat
}

// Run follows the logs and serves metrics until ctx ends.
func (c *serveCmd) Run(ctx context.Context, std stdio) error {
	opts, err := c.options()
	if err != nil {
		return err
	}
	logger, err := c.logger(std)
	if err != nil {
		return usageError{err}
	}
	opts.CountsOnly = true
	b := readBuild()
	logger.Info("starting", "version", b.version, "revision", b.revision, "logs", c.Log)
	logger.Warn("counts begin anew with each start: metrics cover the log from where it is taken up", "from", c.From)
	l := c.newLive(opts, logger)
	group, ctx := errgroup.WithContext(ctx)
	for _, followed := range l.logs {
		group.Go(func() error { return l.follow(ctx, followed) })
	}
	group.Go(func() error {
		return exporter.Serve(ctx, exporter.Config{
			Web:           &web.FlagConfig{WebListenAddresses: &c.ListenAddress, WebSystemdSocket: &c.SystemdSocket, WebConfigFile: &c.WebConfig},
			TelemetryPath: c.TelemetryPath, Version: b.version, Ready: l.ready, Logger: logger,
			Collector: exporter.NewCollector(l.data, exporter.Build{Version: b.version, Revision: b.revision, GoVersion: b.goVersion}),
		})
	})
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	logger.Info("stopped")
	return nil
}

func (c *serveCmd) logger(std stdio) (*slog.Logger, error) {
	level, format := promslog.NewLevel(), promslog.NewFormat()
	if err := errors.Join(level.Set(c.LogLevel), format.Set(c.LogStyle)); err != nil {
		return nil, err
	}
	return promslog.New(&promslog.Config{Level: level, Format: format, Writer: std.err}), nil
}

// peerLabel returns the function that the flag names.
func (c *serveCmd) peerLabel() func(parser.Peer) string {
	switch c.PeerLabel {
	case "domain":
		return tally.DomainLabel
	case "address":
		return tally.AddressLabel
	case "none":
		return tally.NoLabel
	default:
		return tally.HostLabel
	}
}

func (c *serveCmd) newLive(opts parser.Options, logger *slog.Logger) *live {
	l := &live{tally: tally.New(tally.Options{PeerLimit: c.PeerLimit, PeerIdle: c.PeerIdle, Label: c.peerLabel()})}
	from := follow.Beginning
	if c.From == "end" {
		from = follow.End
	}
	for _, path := range c.Log {
		l.logs = append(l.logs, &followedLog{
			name: path, parser: parser.New(l.tally, opts),
			follower: follow.New(follow.Config{Path: path, From: from, MaxLine: parser.MaxLine + 1, Logger: logger}),
		})
	}
	return l
}
