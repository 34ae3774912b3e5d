package parser

import (
	"net/netip"
	"strconv"
	"strings"
)

// maxInterned bounds each table of strings. A full table is emptied: strings in use stay valid, and what is seen again
// is stored again.
const maxInterned = 1 << 13

// intern keeps one copy of what lines repeat: peers, TLS parameters, user names. So a line of a known peer allocates nothing, and records do
// not alias the input.
type intern struct {
	strings  map[string]string
	peers    map[string]*Peer  // by NAME[ADDRESS]
	policies map[string]Policy // by tls=
	tls      map[string]*TLS   // by the text from the protocol to the end of the line, and the trust word
	trusted  []netip.Prefix
	key      []byte
	emptied  uint64 // how often a table was full
}

func newIntern(trusted []netip.Prefix) intern {
	return intern{
		strings: make(map[string]string), peers: make(map[string]*Peer), tls: make(map[string]*TLS), policies: make(map[string]Policy),
		trusted: trusted,
	}
}

func bounded[K comparable, V any](n *intern, m map[K]V) {
	if len(m) >= maxInterned {
		clear(m)
		n.emptied++
	}
}

// maxText bounds each text that a record has of a line. Postfix cuts lines at 2000 bytes; other writers of the log need not.
const maxText = 2000

// toText copies bytes of the log.
func toText(b []byte) string { return strings.ToValidUTF8(string(b[:min(len(b), maxText)]), "\uFFFD") }

func (n *intern) string(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	b = b[:min(len(b), maxText)]
	s, ok := n.strings[string(b)]
	if !ok {
		bounded(n, n.strings)
		s = toText(b)
		n.strings[string(b)] = s
	}
	return s
}

// peer reads NAME[ADDRESS].
func (n *intern) peer(b []byte) *Peer {
	p := n.peers[string(b)]
	if p == nil {
		bounded(n, n.peers)
		name, address, _ := strings.Cut(toText(b), "[")
		address = strings.TrimSuffix(address, "]")
		p = &Peer{Name: name, Address: address, Class: n.class(address)}
		if address == "unknown" {
			p.Address = ""
		}
		n.peers[string(b)] = p
	}
	return p
}

// relay reads HOST[ADDRESS] or NAME[PATH] of a server, and [ADDRESS] of a client that has no name.
func (n *intern) relay(b []byte) *Peer {
	if p := n.peers[string(b)]; p != nil {
		return p
	}
	p := n.peer(b)
	if p.Class == ClassUnknown && p.Address != "" {
		p.Address, p.Path, p.Class = "", p.Address, ClassUnix
	}
	return p
}

// policy reads tls=.
func (n *intern) policy(b []byte) Policy {
	if len(b) == 0 {
		return Policy{}
	}
	p, ok := n.policies[string(b)]
	if !ok {
		bounded(n, n.policies)
		text := append(append(n.key[:0], b...), '\n')
		n.key = text
		level, final, requireTLS, violated, undecided := lexPolicy(text, 0)
		part := func(s span) string { return toText(text[s.off : s.off+s.len]) }
		p = Policy{Level: part(level), Final: part(final), Violated: violated, Undecided: undecided, RequireTLS: part(requireTLS)}
		n.policies[string(b)] = p
	}
	return p
}

// lower is string in lower case, of ASCII letters only.
func (n *intern) lower(b []byte) string {
	n.key = append(n.key[:0], b...)
	for i, c := range n.key {
		if c >= 'A' && c <= 'Z' {
			n.key[i] = c + 'a' - 'A'
		}
	}
	return n.string(n.key)
}

// is tells whether a line's NAME[ADDRESS] is this peer.
func (p *Peer) is(b []byte) bool {
	n := len(p.Name)
	return len(b) == n+len(p.Address)+2 && string(b[:n]) == p.Name && string(b[n+1:len(b)-1]) == p.Address
}

// sameServer tells whether two peers are one server. The address decides: the name may be another MX name of the same host, or differ in case.
func (p *Peer) sameServer(other *Peer) bool {
	return p == other || p.Address == other.Address && p.Path == other.Path
}

// isShared tells the addresses of RFC 6598, 100.64.0.0/10, for carrier-grade NAT.
func isShared(a netip.Addr) bool {
	if !a.Is4() {
		return false
	}
	b := a.As4()
	return b[0] == 100 && b[1]&0xc0 == 64
}

func (n *intern) class(address string) Class {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return ClassUnknown
	}
	a = a.Unmap()
	for _, prefix := range n.trusted {
		if prefix.Contains(a) {
			return ClassPrivate
		}
	}
	switch {
	case a.IsLoopback():
		return ClassLoopback
	case a.IsPrivate(), a.IsLinkLocalUnicast(), isShared(a):
		return ClassPrivate
	default:
		return ClassPublic
	}
}

// tlsOf returns the parameters of a summary line. Lines with the same ones differ only in the peer and SNI, which stand before
// them.
func (n *intern) tlsOf(b *batch, f *tlsFields) *TLS {
	end := f.suffix
	for b.buf[end] != '\r' && b.buf[end] != '\n' && end-int(f.protocol.off) < 2*maxText {
		end++
	}
	n.key = append(append(append(n.key[:0], b.bytes(f.trust)...), ' '), b.buf[f.protocol.off:end]...)
	t := n.tls[string(n.key)]
	if t == nil {
		bounded(n, n.tls)
		t = &TLS{
			Protocol: n.string(b.bytes(f.protocol)), Cipher: n.string(b.bytes(f.cipher)), Trust: n.string(b.bytes(f.trust)),
		}
		t.Bits, _ = strconv.Atoi(string(b.bytes(f.bits))) // digits; too many of them leave the greatest int
		lexSuffix(t, b.buf, f.suffix)
		n.tls[string(n.key)] = t
	}
	return t
}

// port is 0 without a port, and for "unknown".
func port(b []byte) uint16 {
	if len(b) == 0 || !isDigit(b[0]) {
		return 0
	}
	v := number(b, 0, len(b))
	if v > 1<<16-1 {
		return 0
	}
	return uint16(v)
}
