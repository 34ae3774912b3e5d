package parser

import "time"

// A Sink takes the records. The parser calls it in the order of the log, never from two goroutines at once. A record belongs to the parser and is
// valid until the method returns. Its strings may be kept, and so may what Service, Peer and TLS point to: that is never
// written again. Slices and other pointers may not.
type Sink interface {
	// Session takes an SMTP session, inbound when it has ended, outbound when what is told of it will not change. Each session is told
	// exactly once.
	Session(*Session)
	// Queued takes a message that came by SMTP, reached the queue manager, and whose source TLS state is decided: the
	// moment it counts as received. Each such message is told exactly once, before Message.
	Queued(*Message)
	// Delivered takes a delivery record whose TLS state is decided: the moment it counts. Each delivery record is told exactly once, most
	// often when its line is read, and always before the Message that it belongs to.
	Delivered(*Delivery)
	// TLSRPT takes what Postfix handed to the TLSRPT library (3.10).
	TLSRPT(*TLSRPT)
	// Message takes a message that left the queue, or is still there at the end of the log. Each queue ID is told exactly once.
	Message(*Message)
}

// Direction is who opened a session.
type Direction uint8

const (
	// Inbound sessions come from SMTP clients, to smtpd or postscreen.
	Inbound Direction = iota
	// Outbound sessions go to SMTP or LMTP servers, from smtp or lmtp.
	Outbound
	// NumDirections is how many directions there are.
	NumDirections int = iota
)

// String returns the direction's name in records, reports and metrics.
func (d Direction) String() string {
	if d == Outbound {
		return "outbound"
	}
	return "inbound"
}

// TLSState is what the log tells of a session's or message's TLS.
type TLSState uint8

const (
	// TLSUnknown means: cannot be decided: a killed process, lines lost, a log level that is not known.
	TLSUnknown TLSState = iota
	// TLSEstablished means: a TLS summary line was seen; for a delivery, that of the session which carried it.
	TLSEstablished
	// TLSPlaintext means: no handshake, and the log would have shown one; a delivery that reached its relay without TLS.
	TLSPlaintext
	// TLSFailed means: a handshake was tried and failed, and no later one succeeded; outbound also that TLS was required and not to be had.
	TLSFailed
	// TLSUnlogged means: TLS for certain, but the log level hides version and cipher (smtpd_tls_loglevel = 0 and smtp_tls_loglevel = 0, the
	// defaults).
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
	// ClassUnix is a UNIX-domain socket: LMTP to a mailbox server on this host.
	ClassUnix
	// NumClasses is how many classes there are.
	NumClasses int = iota
)

var classNames = [NumClasses]string{"unknown", "loopback", "private", "public", "unix"}

// String returns the class's name in records, reports and metrics.
func (c Class) String() string { return classNames[c] }

// A Peer is the SMTP client as smtpd names it, or the relay as smtp and lmtp do.
type Peer struct {
	Name    string // host name as logged, "unknown" without a verified one; empty for clients of postscreen, which asks for none
	Address string // IPv4 or IPv6 as logged; empty when unknown, and for a UNIX-domain socket
	Path    string // of a UNIX-domain socket
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
	Trust       string // of the peer's certificate: Anonymous, Untrusted, Trusted, and outbound Verified
	KeyExchange string // TLS 1.3, Postfix 3.4: "X25519", "ECDHE (P-256)"; 3.10: "x25519", "secp256r1"
	Signature   string // the server's: "RSA-PSS (2048 bits)"
	Digest      string // the server's: "SHA256"
}

// A Failure tells why a TLS handshake did not lead to a session.
type Failure struct {
	Result string // RFC 8460 section 4.3, with dashes: "validation-failure"
	Reason string // finer, one of FailureReasons
	Detail string // the words of the TLS library, or of smtpd or smtp
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
	EndedUnlogged                // outbound: Postfix logs no end
)

var endedNames = [...]string{"disconnect", "lost", "timeout", "errors", "aborted", "open", ""}

// String returns the name used in records; empty for EndedUnlogged.
func (e Ended) String() string { return endedNames[e] }

// A Session is one SMTP session. Inbound, it is what one smtpd process wrote from connect to disconnect, or what postscreen did of a client
// that it did not hand over. Outbound, it is one connection as far as the log tells: each TLS summary line of smtp or lmtp that says
// "established", each failed handshake, and in plaintext the first delivery record of a queue ID on a new connection.
type Session struct {
	Direction Direction
	Start     time.Time // zero when the session began before the log
	End       time.Time // of its last line
	Service   *Service
	PID       uint32
	Peer      *Peer  // of the connect line; XCLIENT does not change it
	Port      uint16 // the peer's; 0 without smtpd_client_port_logging
	State     TLSState
	TLS       *TLS     // not nil if State is TLSEstablished
	SNI       string   // the server name that the client asked for, if tls_server_sni_maps is set (3.4)
	Failure   *Failure // set if a handshake failed, or the peer's certificate was refused
	Auth      Auth
	Messages  int       // inbound transactions that ended well, all that began where no counters tell; outbound 1 if the message was delivered
	QueueIDs  []string  // of its transactions, the aborted ones too; the first maxQueueIDs
	Commands  *Commands // never nil
	Ended     Ended
	First     time.Time // of its first line in the log: Start, unless that is zero
	Ordinal   uint32    // how many of its process and peer had the same First before, with connections that were used again; 0 with Options.CountsOnly
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
	Parent  string // queue ID of the message that a notification is about (SourceBounce), or that a content filter gave back (SourceSMTP)
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
	Deliveries []Delivery // in the order of the log; nil with Options.CountsOnly
	Omitted    int        // delivery records past the bound on a message's deliveries
	Ordinal    uint32     // how many of its host and queue ID had the same Received before; 0 with Options.CountsOnly
}

// A Delivery is one delivery record: what became of one recipient in one attempt. Retries have records of their own.
type Delivery struct {
	QueueID  string // empty with Options.CountsOnly
	Time     time.Time
	To       string // as logged: with a quoted local part where it needs quotes, since 3.5
	OrigTo   string // the address before aliases and rewriting, where it differs
	Domain   string // of To, in lower case; empty without one
	Service  *Service
	Relay    *Peer  // nil when no server was reached (relay=none), and for deliveries within the host (local, virtual, pipe)
	Port     uint16 // the relay's
	Agent    string // relay= of a delivery within the host: the master.cf service
	Status   string // "sent", "deferred", "bounced", "deliverable", ...; empty if the line is cut before it
	DSN      string // RFC 3463, "2.0.0"; empty if the line is cut before it
	Delay    time.Duration
	QueuedAs string // queue ID that the relay says it gave the message: true only for relays that are trusted
	First    bool   // first record with this status of its connection, or of its request without one: recipients are logged one by one

	State   TLSState // of no meaning without a Relay
	TLS     *TLS     // not nil if State is TLSEstablished
	Reused  bool     // over a connection that had carried other messages before
	Policy  Policy
	Failure *Failure // why TLS could not be used, if that is why the delivery failed
}

// A Policy is the TLS feature status that smtp and lmtp log as tls= (3.11); the zero value without it.
type Policy struct {
	Level      string // security level asked for: "may", "encrypt", "dane", ...; empty without tls=
	Final      string // level that it came down to, if another: "none", "halfdane"
	Violated   bool   // "!": the level could not be met, and the connection was not used
	Undecided  bool   // "?": no connection, a failed handshake, or a reused connection
	RequireTLS string // the second feature as logged, "requiretls:none"; empty unless the sender asked for REQUIRETLS (RFC 8689)
}

// String returns the level as logged: "may", "may:none", "!verify", "dane:halfdane", "may?"; RequireTLS is left out.
func (p Policy) String() string {
	s := p.Level
	if p.Violated {
		s = "!" + s
	}
	if p.Final != "" {
		s += ":" + p.Final
	}
	if p.Undecided {
		s += "?"
	}
	return s
}

// TLSRPT is one "TLSRPT:" line: the result of one handshake, or why none was made, by policy domain (RFC 8460).
type TLSRPT struct {
	Time    time.Time
	Service *Service
	Domain  string // policy domain, in lower case
	MX      *Peer  // nil if no server was reached
	Result  string // "success", or the failure type as RFC 8460 section 4.3 spells it
	Reason  string // free text; empty without one
}
