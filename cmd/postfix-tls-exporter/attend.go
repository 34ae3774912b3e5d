package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// attend does what a service manager expects: it tells systemd of readiness and, as long as counting goes on, of life; and it takes SIGHUP, which programs that
// rotate logs may send, for a wish that all be written down. Logs are looked at all the time.
func attend(ctx context.Context, l *live, hup <-chan os.Signal, log *slog.Logger) {
	notify(log, daemon.SdNotifyReady+"\nSTATUS=Reading the log up to its end")
	defer notify(log, daemon.SdNotifyStopping)
	caughtUp := l.caughtUp(ctx)
	watchdog, stop := watchdogTick()
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			log.Info("SIGHUP: the logs are followed through rotations without it")
			l.saves.ask()
		case <-caughtUp:
			caughtUp = nil
			notify(log, "STATUS=Following the log")
			log.Info("the log has been read up to its end")
		case <-watchdog:
			l.mu.Lock() // waits if counting is stuck
			l.mu.Unlock()
			notify(log, daemon.SdNotifyWatchdog)
		}
	}
}

// hangups takes SIGHUP, which would end the program, until stop is called.
func hangups() (hup <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}

// notify tells systemd, if it started us.
func notify(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("systemd cannot be told", "error", err)
	}
}

// watchdogTick ticks twice in the time that systemd gives; without a watchdog, never.
func watchdogTick() (tick <-chan time.Time, stop func()) {
	period, err := daemon.SdWatchdogEnabled(false)
	if err != nil || period <= 0 {
		return nil, func() {}
	}
	t := time.NewTicker(period / 2)
	return t.C, t.Stop
}

// caughtUp returns a channel that is closed when all logs were read up to their end.
func (l *live) caughtUp(ctx context.Context) <-chan struct{} {
	all := make(chan struct{})
	go func() {
		defer close(all)
		for _, f := range l.logs {
			select {
			case <-f.source.CaughtUp():
			case <-ctx.Done():
			}
		}
	}()
	return all
}
