package parser

// A Count is how often a client gave a command in one session, from the disconnect line's NAME=OK/TOTAL (Postfix 3.0).
type Count struct {
	OK    uint32 // answered with success
	Total uint32 // received
}

// A Command is one of those that smtpd(8) counts.
type Command uint8

// The commands in the order in which smtpd logs them (src/smtpd/smtpd.c, smtpd_cmd_table). CommandUnknown counts what smtpd did
// not understand.
const (
	CommandHELO Command = iota
	CommandEHLO
	CommandXCLIENT
	CommandXFORWARD
	CommandSTARTTLS
	CommandAUTH
	CommandMAIL
	CommandRCPT
	CommandDATA
	CommandBDAT // 3.4
	CommandRSET
	CommandNOOP
	CommandVRFY
	CommandETRN
	CommandQUIT
	CommandHELP // 3.9
	CommandUnknown
	NumCommands int = iota // how many there are
)

var commandNames = [NumCommands]string{
	"helo", "ehlo", "xclient", "xforward", "starttls", "auth", "mail", "rcpt", "data", "bdat", "rset", "noop", "vrfy",
	"etrn", "quit", "help", "unknown",
}

// String returns the name as smtpd logs it.
func (c Command) String() string { return commandNames[c] }

// Commands are the counters of one session.
type Commands struct {
	Known bool // the disconnect line had counters; false before Postfix 3.0 and for sessions without such a line
	Count [NumCommands]Count
}

// set takes one counter of the line. It reports false for the last of them, "commands".
func (c *Commands) set(name []byte, ok, total uint64) bool {
	if string(name) == "commands" {
		c.Known = true
		return false
	}
	if i := commandOf(name); i < Command(NumCommands) { // else a command of a later Postfix: the known ones may follow
		c.Count[i] = Count{OK: uint32(min(ok, 1<<32-1)), Total: uint32(min(total, 1<<32-1))}
	}
	return true
}

// commandOf finds a command by its name, NumCommands if there is none. Searching commandNames would take longer than all else that is done
// with a disconnect line.
func commandOf(name []byte) Command {
	switch string(name) {
	case "helo":
		return CommandHELO
	case "ehlo":
		return CommandEHLO
	case "xclient":
		return CommandXCLIENT
	case "xforward":
		return CommandXFORWARD
	case "starttls":
		return CommandSTARTTLS
	case "auth":
		return CommandAUTH
	case "mail":
		return CommandMAIL
	case "rcpt":
		return CommandRCPT
	case "data":
		return CommandDATA
	case "bdat":
		return CommandBDAT
	case "rset":
		return CommandRSET
	case "noop":
		return CommandNOOP
	case "vrfy":
		return CommandVRFY
	case "etrn":
		return CommandETRN
	case "quit":
		return CommandQUIT
	case "help":
		return CommandHELP
	case "unknown":
		return CommandUnknown
	}
	return Command(NumCommands)
}

// total is the number behind the slash, or without one that before it.
func total(buf []byte, n1, n2, m1, m2 int) uint64 {
	if m1 < 0 {
		return number(buf, n1, n2)
	}
	return number(buf, m1, m2)
}
