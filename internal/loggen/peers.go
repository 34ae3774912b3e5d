package loggen

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// peer is a remote host, as stable as real ones are.
type peer struct {
	name    string // as the DNS spells it, or unknown
	address string
	client  string // name[address], as smtpd shows it
	folded  string // the same in lower case, as the TLS summary line shows it
	helo    string
	domain  string // of its senders
	lies    string // its reverse name, where that does not resolve to the address
	suite   suite
	habit   habit // of a mail exchanger
}

// habit is how a mail exchanger treats deliveries.
type habit int

const (
	accepts habit = iota
	greylists
	failsTLS
	unreachable
)

var habits = []weighted[habit]{{930, accepts}, {45, greylists}, {10, failsTLS}, {15, unreachable}}

// role is a group of peers, in the order of how often they turn up.
type role struct {
	peers []*peer
	zipf  *rand.Zipf
}

func newRole(rng *rand.Rand, n int, newPeer func(*rand.Rand) *peer) role {
	r := role{zipf: rand.NewZipf(rng, 1.08, 15, uint64(n-1))}
	for range n {
		r.peers = append(r.peers, newPeer(rng))
	}
	return r
}

// any draws a peer: few of them often, most of them seldom.
func (r role) any() *peer {
	return r.peers[r.zipf.Uint64()]
}

// population is all peers.
type population struct {
	senders    role // other mail hosts that bring mail
	users      role // the hosts of those who submit mail
	scanners   role // hosts that bring nothing good
	exchangers role // mail exchangers that mail goes to
}

func newPopulation(rng *rand.Rand, n int) population {
	users, scanners, exchangers := n*20/100, n*10/100, n*15/100
	senders := n - users - scanners - exchangers
	return population{
		senders:    newRole(rng, senders, newSender),
		users:      newRole(rng, users, newUser),
		scanners:   newRole(rng, scanners, newScanner),
		exchangers: newRole(rng, exchangers, newExchanger),
	}
}

var words = []string{
	"alder", "amber", "arbor", "aurora", "badger", "barley", "beacon", "birch", "bramble", "bridge", "canal", "cedar", "cobalt", "copper",
	"coral", "crane", "delta", "dune", "ember", "falcon", "fjord", "flint", "forest", "garnet", "glacier", "granite", "harbor", "hazel",
	"heron", "indigo", "island", "ivory", "juniper", "kestrel", "lagoon", "lantern", "larch", "linden", "lotus", "maple", "marble", "meadow",
	"nimbus", "oasis", "olive", "onyx", "orchard", "otter", "pepper", "pine", "plover", "prairie", "quartz", "raven", "reef", "ridge",
	"river", "saffron", "sage", "sierra", "slate", "spruce", "summit", "thistle", "timber", "topaz", "tundra", "valley", "walnut", "willow",
}

var tops = []string{"example.com", "example.net", "example.org", "example"}

// The addresses set aside for documentation; five in six hosts have an IPv4 one.
func newAddress(rng *rand.Rand) string {
	if rng.IntN(6) > 0 {
		net := pick(rng, []string{"192.0.2", "198.51.100", "203.0.113"})
		return fmt.Sprintf("%s.%d", net, 1+rng.IntN(254))
	}
	return fmt.Sprintf("2001:db8:%x:%x::%x", 0x100+rng.IntN(0xeff), 1+rng.IntN(0xffff), 1+rng.IntN(0xff))
}

func newDomain(rng *rand.Rand) string {
	top := pick(rng, tops)
	if rng.IntN(8) == 0 {
		return fmt.Sprintf("%s-%s.%s", pick(rng, words), pick(rng, words), top)
	}
	return fmt.Sprintf("%s%d.%s", pick(rng, words), rng.IntN(100), top)
}

func newPeer(rng *rand.Rand, name, domain string) *peer {
	p := &peer{name: name, domain: domain, helo: name, address: newAddress(rng)}
	p.client = fmt.Sprintf("%s[%s]", p.name, p.address)
	p.folded = strings.ToLower(p.client)
	return p
}

// newUnknown is a peer without a name, or one whose name is not believed.
func newUnknown(rng *rand.Rand, helo, domain string) *peer {
	p := newPeer(rng, "unknown", domain)
	p.helo = helo
	if rng.IntN(3) > 0 {
		p.lies = helo
	}
	return p
}

func newSender(rng *rand.Rand) *peer {
	domain := newDomain(rng)
	a, b, c := 1+rng.IntN(250), 1+rng.IntN(99), pick(rng, words)
	var name string
	switch rng.IntN(6) {
	case 0:
		name = fmt.Sprintf("mail-%s%d-f%d.%s", c[:2], b, a, domain)
	case 1:
		name = fmt.Sprintf("a%d-%d.out.%s", b, a, domain)
	case 2:
		name = fmt.Sprintf("o%d.ptr%d.%s", b, 1000+a*37, domain)
	case 3:
		name = fmt.Sprintf("mta-%d-%d.%s.%s", a, b, c, domain)
	case 4:
		name = fmt.Sprintf("mout-p-%d.%s", 100+a, domain)
	default:
		name = fmt.Sprintf("%s-relay%02d.%s", c, b%20, domain)
	}
	if rng.IntN(100) == 0 {
		name = strings.ToUpper(name[:1]) + name[1:]
	}
	p := newPeer(rng, name, domain)
	if rng.IntN(12) == 0 {
		p = newUnknown(rng, name, domain)
	}
	p.suite = choose(rng, senderSuites)
	return p
}

func newUser(rng *rand.Rand) *peer {
	p := newPeer(rng, "", newDomain(rng))
	dashed := strings.NewReplacer(".", "-", ":", "-").Replace(p.address)
	switch rng.IntN(3) {
	case 0:
		p.name = fmt.Sprintf("p%08x.dip%d.%s", rng.Uint32(), rng.IntN(10), p.domain)
	case 1:
		p.name = fmt.Sprintf("dsl-%s.%s", dashed, p.domain)
	default:
		p.name = fmt.Sprintf("ip-%s.mobile.%s", dashed, p.domain)
	}
	p.client = fmt.Sprintf("%s[%s]", p.name, p.address)
	p.folded = p.client
	p.helo = "[" + p.address + "]"
	p.suite = choose(rng, userSuites)
	return p
}

func newScanner(rng *rand.Rand) *peer {
	domain := newDomain(rng)
	name := fmt.Sprintf("%s-%d.%s", pick(rng, words), rng.IntN(500), domain)
	p := newPeer(rng, name, domain)
	if rng.IntN(5) < 3 {
		p = newUnknown(rng, name, domain)
	}
	p.suite = choose(rng, userSuites)
	return p
}

func newExchanger(rng *rand.Rand) *peer {
	domain := newDomain(rng)
	host, _, _ := strings.Cut(domain, ".")
	n := 1 + rng.IntN(4)
	name := fmt.Sprintf("mx%d.%s", n, domain)
	switch rng.IntN(4) {
	case 0:
		name = fmt.Sprintf("%s-%s.mail.%s", host, pick(rng, words), pick(rng, tops))
	case 1:
		name = fmt.Sprintf("alt%d.smtp-in.l.%s", n, domain)
	case 2:
		name = fmt.Sprintf("mx%d.%s.inbound.%s", n, pick(rng, words), domain)
	}
	p := newPeer(rng, name, domain)
	p.suite = choose(rng, exchangerSuites)
	p.habit = choose(rng, habits)
	return p
}

// relay is how smtp shows a mail exchanger.
func (p *peer) relay() string {
	return p.client + ":25"
}
