package main

import (
	"io/fs"
	"log/slog"
	"os"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/follow"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// defaultLog is followed if no source is named.
const defaultLog = "/var/log/mail.log"

// Names of sources that are no files, in metrics and checkpoints.
const (
	journalName = "journal"
	syslogName  = "syslog"
)

// sourceFlags say where log lines come from.
type sourceFlags struct {
	Log              []string `type:"path" sep:"none" placeholder:"PATH" help:"Log to follow: a file, a FIFO, or - for standard input; repeatable. Default, if there is no other source: /var/log/mail.log."`
	Journal          bool     `help:"Follow the systemd journal, through journalctl."`
	JournalDirectory string   `name:"journal.directory" type:"path" default:"" placeholder:"DIR" help:"Follow the journal in this directory."`
	SyslogUnix       string   `name:"syslog.unix" type:"path" default:"" placeholder:"PATH" help:"Be a syslog server on this datagram socket, such as the log socket of a chroot."`
	SyslogUDP        string   `name:"syslog.udp" placeholder:"ADDRESS" help:"Be a syslog server on this UDP address."`
	SyslogTCP        string   `name:"syslog.tcp" placeholder:"ADDRESS" help:"Be a syslog server on this TCP address."`
	From             string   `enum:"beginning,end" default:"beginning" help:"Where to take up a log that no checkpoint knows: beginning or end."`
}

// names are those of the sources, each once.
func (c *sourceFlags) names() []string {
	var out []string
	if c.Journal || c.JournalDirectory != "" {
		out = append(out, journalName)
	}
	if c.SyslogUnix != "" || c.SyslogUDP != "" || c.SyslogTCP != "" {
		out = append(out, syslogName)
	}
	if len(c.Log) == 0 && len(out) == 0 {
		return []string{defaultLog}
	}
	return append(out, eachOnce(c.Log)...)
}

// newSource makes a log's source, which goes on from its position if it has one.
func (c *sourceFlags) newSource(f *followedLog, logger *slog.Logger) follow.Source {
	const maxLine = parser.MaxLine + 1 // a longer one is seen as too long by the parser
	from, resume := follow.Beginning, (*follow.Position)(nil)
	if c.From == "end" {
		from = follow.End
	}
	if f.started {
		resume = &f.position
	}
	switch {
	case f.name == journalName:
		return follow.NewJournal(follow.JournalConfig{Directory: c.JournalDirectory, From: from, Resume: resume, MaxLine: maxLine, Logger: logger})
	case f.name == syslogName:
		return follow.NewSyslog(follow.SyslogConfig{Unix: c.SyslogUnix, UDP: c.SyslogUDP, TCP: c.SyslogTCP, MaxLine: maxLine, Logger: logger})
	case f.name == "-", isFIFO(f.name):
		return follow.NewStream(follow.StreamConfig{Path: f.name, MaxLine: maxLine, Logger: logger})
	default:
		return follow.New(follow.Config{Path: f.name, From: from, Resume: resume, MaxLine: maxLine, Logger: logger})
	}
}

func isFIFO(name string) bool {
	info, err := os.Stat(name) // an error comes again when it is opened
	return err == nil && info.Mode()&fs.ModeNamedPipe != 0
}
