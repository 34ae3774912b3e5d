package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

type healthcheckCmd struct {
	URL     string        `arg:"" optional:"" name:"url" default:"http://localhost:10154/healthz" env:"POSTFIX_TLS_HEALTHCHECK_URL" help:"Page to ask for; http://localhost:10154/healthz if there is none. /readyz tells whether the log has been read up to its end."`
	Timeout time.Duration `default:"3s" help:"How long the answer may take."`
}

// Run asks a running serve how it is, for containers that hold no other program which could. An error says that it is not well.
func (c *healthcheckCmd) Run(ctx context.Context) error {
	page, err := url.Parse(c.URL)
	if err != nil || (page.Scheme != "http" && page.Scheme != "https") || page.Hostname() == "" {
		return usageError{withHint(fmt.Errorf("%q is no address of a page", c.URL), "write it like http://localhost:10154/healthz")}
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page.String(), http.NoBody)
	if err != nil {
		return usageError{err}
	}
	resp, err := healthClient(page).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized: // whoever asks for a password is alive, and no health check should have to know it
		if page.User == nil {
			return nil
		}
		return errors.New("the password is wrong")
	default:
		return fmt.Errorf("%s answers %s", page.Redacted(), resp.Status)
	}
}

// healthClient takes no proxy and follows nothing. On this machine it takes any certificate: its names are those by which others know the server.
func healthClient(page *url.URL) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: isLoopback(page.Hostname())},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && address.IsLoopback())
}
