package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/prometheus/exporter-toolkit/web"
	"golang.org/x/sys/unix"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/exporter"
)

// check tells of all that would keep serve from its work, as far as it can be seen without beginning it; before that, which settings it would work with.
func (c *serveCmd) check(std stdio) error {
	if err := written(c.print(std.out, c.names())); err != nil {
		return err
	}
	_, optionsErr := c.options()
	_, profileErr := c.profile()
	errs := []error{optionsErr, profileErr, c.checkWeb(), checkDirectory("state-directory", c.State, stateHint), c.checkEvents(c.State), c.checkEventFiles()}
	for _, name := range c.names() {
		errs = append(errs, c.checkSource(name))
	}
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	return nil
}

func (c *serveCmd) checkWeb() error {
	var errs []error
	for _, address := range c.ListenAddress {
		if !c.SystemdSocket && !strings.HasPrefix(address, "vsock://") {
			errs = append(errs, checkAddress("web.listen-address", "tcp", address))
		}
	}
	if err := exporter.CheckTelemetryPath(c.TelemetryPath); err != nil {
		errs = append(errs, fmt.Errorf("--web.telemetry-path: %w", err))
	}
	if err := web.Validate(c.WebConfig); err != nil {
		errs = append(errs, fmt.Errorf("--web.config.file: %w", err))
	}
	return errors.Join(errs...)
}

func checkAddress(flag, network, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort(network, port)
	}
	if err != nil {
		return withHint(fmt.Errorf("--%s: %w", flag, err), "an address is written like :10154, 127.0.0.1:10154 or [::1]:10154")
	}
	return nil
}

// checkDirectory tells whether files could be written to the directory, which is made if it is missing. Somebody may be using it: the one who checks may be about
// to restart what runs.
func checkDirectory(flag, dir, hint string) error {
	if dir == "" {
		return nil
	}
	err := writable(dir)
	for errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
		err = writable(dir)
	}
	if err != nil {
		return withHint(fmt.Errorf("--%s: %w", flag, err), hint)
	}
	return nil
}

// writable tells whether files can be made in the directory. Nothing is made to find out.
func writable(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s: not a directory", dir)
	}
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return fmt.Errorf("%s: not writable: %w", dir, err)
	}
	return nil
}

// checkSource tells whether a source can be read, or listened on. A log that is missing is no fault: it is waited for.
func (c *serveCmd) checkSource(name string) error {
	switch name {
	case journalName:
		_, err := exec.LookPath("journalctl")
		if c.JournalDirectory != "" {
			_, statErr := os.ReadDir(c.JournalDirectory)
			err = errors.Join(err, statErr)
		}
		return err
	case syslogName:
		return c.checkSyslog()
	case "-":
		return nil
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return openError(err)
	case info.IsDir():
		return fmt.Errorf("--log: %s is a directory", name)
	}
	if err := unix.Access(name, unix.R_OK); err != nil { // a FIFO would not be opened before somebody writes to it
		return openError(&fs.PathError{Op: "open", Path: name, Err: err})
	}
	return nil
}

func (c *serveCmd) checkSyslog() error {
	var errs []error
	if c.SyslogUDP != "" {
		errs = append(errs, checkAddress("syslog.udp", "udp", c.SyslogUDP))
	}
	if c.SyslogTCP != "" {
		errs = append(errs, checkAddress("syslog.tcp", "tcp", c.SyslogTCP))
	}
	if c.SyslogUnix != "" {
		if err := writable(filepath.Dir(c.SyslogUnix)); err != nil {
			errs = append(errs, fmt.Errorf("--syslog.unix: %w", err))
		}
	}
	return errors.Join(errs...)
}

const stateHint = "each serve needs a state directory of its own, which its user may write to"
