package main

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

// version and revision are set at link time for builds that know them better than the Go tool does, such as those of a release.
var (
	version  string
	revision string //nolint:gochecknoglobals // the linker can set nothing else
)

// build is what the Go tool put into the binary.
type build struct{ version, revision, goVersion string }

func readBuild() build {
	b := build{version: cmp.Or(version, "unknown"), revision: cmp.Or(revision, "unknown")}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.goVersion = info.GoVersion
	if version == "" {
		b.version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && revision == "" {
			b.revision = s.Value
		}
	}
	return b
}

// versionFlag prints the version before any command is looked for.
type versionFlag bool

// BeforeReset ends the program; kong calls it.
func (versionFlag) BeforeReset(app *kong.Kong) error {
	b := readBuild()
	if _, err := fmt.Fprintf(app.Stdout, "postfix-tls-exporter %s (revision %s, %s)\n", b.version, b.revision, b.goVersion); err != nil {
		return fmt.Errorf("print version: %w", err)
	}
	app.Exit(0)
	return nil
}
