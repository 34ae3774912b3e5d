package parser

import "time"

// stateVersion changes when an older program could misread what a newer one saved. Fields that are added need no new version: they are zero in older
// states.
const stateVersion = 1

// The types below are a parser as it is saved: what stands in for pointers is an index into one of the slices, or -1.

// parserState is what decides how a log goes on.
type parserState struct {
	Version    int
	CountsOnly bool

	Clock  clockState
	Counts Counts // without Lines, First, Last, Unrecognized and Services
	Shapes []Unrecognized
	Lines  Lines
	First  time.Time
	Last   time.Time
	Minute int64
	Age    time.Duration
	Clocks []hostClockState // by host number
	Second time.Duration

	Hosts    []string
	Proxied  []uint32 // hosts
	Scopes   []scopeState
	Borrow   []int // scopes
	Services []serviceState
	Peers    []string // NAME[ADDRESS]
	TLS      []TLS

	Sessions    []sessionState // as they began
	Incoming    []messageState // oldest first
	Active      []messageState
	Held        []int // messages that wait for the session in front of a filter
	Orphans     []int // messages
	Connections []connectionState
	Busy        []delivererState
	Quiet       []delivererState
	Waiting     []waitingState

	Screened []screenedState // open, then passed
	Passed   int             // how many of them have
	Served   []servedState
	Words    []wordsState
	Servers  []serverState

	Began  []beganState
	Turned time.Duration
}

type clockState struct {
	Year      int
	Reference time.Time
	Given     bool
	Last      time.Time
}

type hostClockState struct {
	Latest time.Time
	Age    time.Duration
	Behind int
}

type scopeState struct {
	Host     uint32
	Instance string
	Queue    bool
	Quotes   bool
}

type serviceState struct {
	Key string // host and tag
	Service
	Scope                            int
	Queue, TLSSeen, Silent, STARTTLS bool
}

type sourceState struct {
	Kind    SourceKind
	Service int
	Peer    int
	Port    uint16
	State   TLSState
	TLS     int
	SNI     string
	Auth    Auth
	UID     uint64
}

type sessionState struct {
	Key                             uint64
	Service                         int
	PID                             uint32
	Start, Last                     time.Time
	Peer                            int
	Port                            uint16
	TLS                             int
	SNI                             string
	Failure                         Failure
	Explain, Refused, Dropped, Hold bool
	Reason                          Ended
	InSTARTTLS                      bool
	Auth                            Auth
	Transactions                    int
	Front                           sourceState
	FrontTLS                        bool
	IDs                             []byte
	IDCount                         int
	Messages                        []int
	First                           time.Time
	Nth                             uint32
}

type messageState struct {
	Scope                    int
	ID                       []byte
	Session                  int
	Received, Removed        time.Time
	Touched                  time.Duration
	State                    MessageState
	Listed, Decided, Gone    bool
	Header, Active, Queued   bool
	Accepted, Told, Held     bool
	Orphan, Refused, Proxied bool
	Source                   sourceState
	Size                     uint64
	Recipients               uint32
	MessageID, From, Parent  []byte
	Deliveries               []deliveryState
	Omitted                  int
	Nth                      uint32
}

type deliveryState struct {
	Delivery // without its pointers
	Service  int
	Relay    int
	TLS      int
	Failure  *Failure
}

type connectionState struct {
	Service                 int
	PID                     uint32
	Peer                    int
	Port                    uint16
	Start, Last             time.Time
	TLS                     int
	State                   TLSState
	Decided                 bool
	Failure, Proof          Failure
	Owned, Recorded, Reused bool
	Sent, Over, Told        bool
	ID                      string
	Statuses                []string
	Nth                     uint32
}

type delivererState struct {
	Key        uint64
	Service    int
	PID        uint32
	Touched    time.Duration
	ID         []byte
	Waited     []byte
	Conn       int
	None       []string // statuses
	Explain    bool
	Unverified Failure
	Unnamed    int
	Noted      time.Time
	Verified   int
	Fallback   int
}

type waitingState struct {
	Delivery deliveryState
	Service  int
	Conn     int
	Message  int
	Index    int
	Since    time.Duration
}

type screenedState struct {
	Key                            string
	Service                        int
	PID                            uint32
	Peer                           int
	Port                           uint16
	Start, Last                    time.Time
	Touched                        time.Duration
	TLS                            int
	SNI                            string
	Failure                        Failure
	Proxied, Closed, Tested, Ended bool
	Reason                         Ended
	Served                         uint64
	First                          time.Time
	Nth                            uint32
}

type beganState struct {
	Of     uint64
	Nth    uint32
	Former bool
}

type servedState struct {
	Address string
	Served  uint64
}

type wordsState struct {
	Process uint64
	Words   string
}

type serverState struct {
	Host        uint32
	Address     string
	Port        uint16
	Failure     Failure
	At          time.Duration
	Certificate bool
}
