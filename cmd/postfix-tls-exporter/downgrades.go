package main

import (
	"log/slog"
	"time"

	"golang.org/x/time/rate"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// How many downgrades are logged: strangers cause them, and must not fill the disk. All of them are counted.
const (
	downgradeBurst  = 20
	downgradePeriod = 30 * time.Second // of one more
)

// logDowngrades returns what logs a line for each downgrade. It is called by one goroutine at a time.
func logDowngrades(logger *slog.Logger) func(tally.DowngradeRow) {
	limit, suppressed := rate.NewLimiter(rate.Every(downgradePeriod), downgradeBurst), 0
	return func(r tally.DowngradeRow) {
		if !limit.Allow() {
			suppressed++
			return
		}
		attrs := []any{
			"direction", r.Direction, "peer", r.Peer, "address", r.Address, "class", r.Class, "from", r.From, "to", r.To,
			"tls_messages", r.TLSMessages, "last_tls", r.LastTLS, "first", r.Last, "host", r.Host,
		}
		if suppressed > 0 {
			attrs = append(attrs, "not_logged_before", suppressed)
			suppressed = 0
		}
		logger.Warn("a peer that used TLS does so no longer, or at a lower version", attrs...)
	}
}
