package parser

import "time"

// A Sink takes the records. The parser calls it in the order of the log, never from two goroutines at once. A record belongs to the parser and is
// valid until the method returns. Its strings may be kept, and so may what Service, Peer and TLS point to: that is never
// written again. Slices and other pointers may not.
type Sink interface {
	// Session takes an ended SMTP session. Each session is told exactly once.
	Session(*Session)
	// Queued takes a message that came by SMTP, reached the queue manager, and whose source TLS state is decided: the
	// moment it counts as received. Each such message is told exactly once, before Message.
	Queued(*Message)
	// Message takes a message that left the queue, or is still there at the end of the log. Each queue ID is told exactly once.
	Message(*Message)
}

// TLSState is what the log tells of a session's or message's TLS.
type TLSState uint8

const (
	// TLSUnknown means: cannot be decided: a killed process, lines lost, a log level that is not known.
	TLSUnknown TLSState = iota
	// TLSEstablished means: a TLS summary line was seen.
	TLSEstablished
	// TLSPlaintext means: no handshake, and the log would have shown one.
	TLSPlaintext
	// TLSFailed means: a handshake was tried and failed, and no later one succeeded.
	TLSFailed
	// TLSUnlogged means: TLS for certain, but the log level hides version and cipher (smtpd_tls_loglevel = 0, the default).
	TLSUnlogged
	// NumTLSStates is how many states there are.
	NumTLSStates int = iota
)

var tlsStateNames = [NumTLSStates]string{"unknown", "established", "plaintext", "failed", "unlogged"}

// String returns the state's name in records, reports and metrics.
func (s TLSState) String() string { return tlsStateNames[s] }

// Class is how far away a peer is.
type Class uint8

const (
	// ClassUnknown means: the log has no address, because the client was gone before smtpd asked for it.
	ClassUnknown Class = iota
	// ClassLoopback is 127.0.0.0/8 and ::1: content filters, local submission.
	ClassLoopback
	// ClassPrivate is RFC 1918, RFC 6598 (CGNAT), RFC 4193 (ULA), link-local, and Options.TrustedNetworks.
	ClassPrivate
	// ClassPublic is every other address.
	ClassPublic
	// NumClasses is how many classes there are.
	NumClasses int = iota
)

var classNames = [NumClasses]string{"unknown", "loopback", "private", "public"}

// String returns the class's name in records, reports and metrics.
func (c Class) String() string { return classNames[c] }

// A Peer is the SMTP client as smtpd names it.
type Peer struct {
	Name    string // host name as logged, "unknown" without a verified one
	Address string // IPv4 or IPv6 as logged; empty when unknown
	Class   Class
}

// Service is the master.cf service that a process belongs to, as its syslog tag tells.
type Service struct {
	Host     string // the host in the log header
	Instance string // the tag up to its first slash: "postfix", "postfix-out"
	Name     string // the tag's middle: "submission"; the program if there is none: "smtpd"
	Program  string // the tag behind its last slash
}

// TLS is what the summary line says of a TLS session. All but Bits are as Postfix prints them; Trust and the last three may be empty.
type TLS struct {
	Protocol    string // OpenSSL's name: "TLSv1.3"; TLS 1.0 is "TLSv1"
	Cipher      string // OpenSSL's name
	Bits        int    // of the cipher in use
	Trust       string // of the client's certificate: Anonymous, Untrusted, Trusted
	KeyExchange string // TLS 1.3, Postfix 3.4: "X25519", "ECDHE (P-256)"; 3.10: "x25519", "secp256r1"
	Signature   string // the server's: "RSA-PSS (2048 bits)"
	Digest      string // the server's: "SHA256"
}

// A Failure tells why a TLS handshake did not lead to a session.
type Failure struct {
	Result string // RFC 8460 section 4.3, with dashes: "validation-failure"
	Reason string // finer, one of FailureReasons
	Detail string // the words of the TLS library or of smtpd
}

// Auth is the SASL authentication of a session.
type Auth struct {
	Method   string // as the client spelled it; empty without success
	Username string // chosen by the client, any printable text
	Failures uint32 // failed attempts
}

// Ended is how a session came to its end.
type Ended uint8

// How a session can end.
const (
	EndedDisconnect Ended = iota // QUIT, or the server hung up
	EndedLost                    // the client was gone: "lost connection after"
	EndedTimeout                 // "timeout after"
	EndedErrors                  // "too many errors after"
	EndedAborted                 // no disconnect line: killed, process ID used again, Postfix stopped
	EndedOpen                    // the log ends before the session
)

var endedNames = [...]string{"disconnect", "lost", "timeout", "errors", "aborted", "open"}

// String returns the name used in records.
func (e Ended) String() string { return endedNames[e] }

// A Session is one inbound SMTP session: what one smtpd process wrote from connect to disconnect.
type Session struct {
	Start    time.Time // zero when the session began before the log
	End      time.Time // of its last line
	Service  *Service
	PID      uint32
	Peer     *Peer  // of the connect line; XCLIENT does not change it
	Port     uint16 // the peer's; 0 without smtpd_client_port_logging
	State    TLSState
	TLS      *TLS     // not nil if State is TLSEstablished
	SNI      string   // the server name that the client asked for, if tls_server_sni_maps is set (3.4)
	Failure  *Failure // set if a handshake failed, or the client's certificate was refused
	Auth     Auth
	Messages int       // transactions that ended well; all that began, where no counters tell
	QueueIDs []string  // of its transactions, the aborted ones too; the first maxQueueIDs
	Commands *Commands // never nil
	Ended    Ended
}

// MessageState is where a message was when its record was made.
type MessageState uint8

// Where a message can be.
const (
	MessageActive   MessageState = iota // still queued at the end of the log
	MessageRemoved                      // left the queue
	MessageCanceled                     // the transaction was never completed; the queue manager did not see it
)

var messageStateNames = [...]string{"active", "removed", "canceled"}

// String returns the name used in records.
func (s MessageState) String() string { return messageStateNames[s] }

// SourceKind is the way by which a message came.
type SourceKind uint8

// The ways in.
const (
	SourceUnknown SourceKind = iota // the line that would tell was not in the log
	SourceSMTP                      // smtpd
	SourcePickup                    // the sendmail command
	SourceBounce                    // bounce: a notification about another message
)

// A Source tells how a message came in. What does not apply is zero; Service and Peer are set for SourceSMTP alone.
type Source struct {
	Kind    SourceKind
	Service *Service // of the smtpd process
	Peer    *Peer    // of the client= line
	Port    uint16   // the peer's
	State   TLSState // when this message was sent: a session may deliver in plaintext first and use STARTTLS later
	TLS     *TLS     // not nil if State is TLSEstablished
	SNI     string
	Auth    Auth   // without Failures, which are the session's
	UID     uint64 // of the user who ran sendmail, for SourcePickup
	Parent  string // queue ID of the message that the notification is about, for SourceBounce
}

// A Message is one queue ID from birth to removal.
type Message struct {
	QueueID    string
	Host       string // in the log header
	Instance   string
	MessageID  string // as logged, chosen by the sender
	From       string // envelope sender; the empty sender of notifications is ""
	Size       uint64 // bytes
	Recipients uint32
	Queued     bool // the queue manager saw it: From, Size and Recipients are known
	Received   time.Time
	Removed    time.Time // zero if State is MessageActive, or the line is missing
	State      MessageState
	Source     Source
}
