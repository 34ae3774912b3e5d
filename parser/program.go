package parser

// program is the executable that wrote a line: the part of the syslog tag after its last slash.
type program uint8

const (
	progForeign program = iota // not a Postfix program
	progOther                  // a Postfix program whose lines carry nothing we need
	progSMTPD
	progCleanup
	progQmgr
	progPickup
	progBounce
	progMaster
	progPostsuper
	progSMTP
	progLMTP
	progPostscreen
	progTlsproxy
	progLocal
	progVirtual
	progPipe
	progError
	progDiscard
	programs // how many there are
)

// programNames are the names as Postfix logs them.
var programNames = [programs]string{
	progForeign: "", progOther: "other",
	progSMTPD: "smtpd", progCleanup: "cleanup", progQmgr: "qmgr", progPickup: "pickup", progBounce: "bounce",
	progMaster: "master", progPostsuper: "postsuper", progSMTP: "smtp", progLMTP: "lmtp",
	progPostscreen: "postscreen", progTlsproxy: "tlsproxy",
	progLocal: "local", progVirtual: "virtual", progPipe: "pipe", progError: "error", progDiscard: "discard",
}

func (p program) String() string { return programNames[p] }

// lookupProgram knows the programs of Postfix by name, so that an instance whose syslog_name is not "postfix"
// is recognised without configuration. The list is that of the Postfix 3.12 source (libexec and commands).
func lookupProgram(name []byte) program {
	switch string(name) {
	case "smtpd":
		return progSMTPD
	case "cleanup":
		return progCleanup
	case "qmgr", "oqmgr", "nqmgr":
		return progQmgr
	case "pickup":
		return progPickup
	case "bounce":
		return progBounce
	case "master":
		return progMaster
	case "postsuper":
		return progPostsuper
	case "smtp":
		return progSMTP
	case "lmtp":
		return progLMTP
	case "postscreen":
		return progPostscreen
	case "tlsproxy":
		return progTlsproxy
	case "local":
		return progLocal
	case "virtual":
		return progVirtual
	case "pipe":
		return progPipe
	case "error":
		return progError
	case "discard":
		return progDiscard
	case "spawn", "anvil", "scache", "verify", "trivial-rewrite",
		"proxymap", "flush", "showq", "tlsmgr", "dnsblog", "qmqpd", "postlogd", "nbdb_reindexd", "postfix-script",
		"postmulti", "postmulti-script", "post-install", "postfix-tls-script", "postfix-wrapper", "sendmail",
		"postalias", "postcat", "postconf", "postdrop", "postkick", "postlock", "postlog", "postmap", "postqueue",
		"posttls-finger", "postfix-non-bdb-script":
		return progOther
	}
	return progForeign
}
