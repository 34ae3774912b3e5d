package loggen

import (
	"fmt"
	"strings"
)

const myHostname = "mx1.example.org"

// The domains that the host is the destination of, and the agent that delivers for each.
var localDomains = []weighted[route]{
	{60, route{"example.org", lmtp}},
	{20, route{"example.com", lmtp}},
	{10, route{"lists.example.org", virtual}},
	{10, route{"mx1.example.org", local}},
}

type route struct {
	domain string
	agent  service
}

var givenNames = []string{
	"ada", "alan", "amina", "anna", "arjun", "bela", "carla", "chen", "claire", "daniel", "diego", "elena", "emil", "fatima", "felix",
	"grace", "hanna", "hugo", "ines", "ivan", "jonas", "julia", "kofi", "lara", "leon", "lucia", "maria", "mateo", "mia", "nadia", "noah",
	"olga", "omar", "paul", "petra", "quentin", "rosa", "samir", "sofia", "tariq", "theo", "ulla", "vera", "viktor", "wanda", "yuki", "zoe",
}

var surnames = []string{
	"abbott", "arnold", "becker", "bianchi", "carver", "castillo", "dahl", "dubois", "eriksen", "fischer", "garcia", "haas", "ibrahim",
	"jansen", "keller", "kowalski", "lindqvist", "martin", "meyer", "nakamura", "novak", "okafor", "olsen", "pereira", "quinn", "rossi",
	"schmidt", "silva", "tanaka", "thompson", "ueda", "vargas", "wagner", "weiss", "yilmaz", "zimmer",
}

var aliases = []string{"info", "office", "sales", "support", "postmaster", "webmaster", "team", "jobs"}

// person is a local part.
func (g *generator) person() string {
	given := pick(g.rng, givenNames)
	switch g.rng.IntN(3) {
	case 0:
		return given
	case 1:
		return given[:1] + pick(g.rng, surnames)
	default:
		return given + "." + pick(g.rng, surnames)
	}
}

// localUser is an address that the host delivers to.
func (g *generator) localUser() (address string, agent service) {
	r := choose(g.rng, localDomains)
	return g.person() + "@" + r.domain, r.agent
}

// remoteSender is an address at a peer's domain: a person's, or for bulk mail one that tells the recipient.
func (g *generator) remoteSender(p *peer, to string) string {
	switch {
	case g.chance(0.55):
		return g.person() + "@" + p.domain
	case g.chance(0.6):
		return fmt.Sprintf("bounces+%d-%s@em%d.%s", g.rng.IntN(1e6), strings.Replace(to, "@", "=", 1), g.rng.IntN(1e4), p.domain)
	default:
		return fmt.Sprintf("%016x@notify.%s", g.rng.Uint64(), p.domain)
	}
}

// newMessageID is what the program of the sender makes up.
func (g *generator) newMessageID(domain string) string {
	if g.chance(0.3) {
		return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x@%s",
			g.rng.Uint32(), g.rng.IntN(1<<16), g.rng.IntN(1<<12), 0x8000+g.rng.IntN(1<<14), g.rng.Uint64()>>16, domain)
	}
	return fmt.Sprintf("%d.%d.%d@%s", g.rng.IntN(1e9), g.rng.IntN(1e5), 1772409600000+g.now.Milliseconds(), domain)
}

// incoming is a message from a peer to users of the host, or now and then to an alias that leads out again.
func (g *generator) incoming(p *peer) *message {
	m := &message{fromSMTPD: true, size: g.newSize(), messageID: g.newMessageID(p.domain)}
	if g.chance(0.04) {
		m.parcels = []*parcel{g.remoteParcel(1)}
		m.sender = g.remoteSender(p, m.parcels[0].names[0])
		return m
	}
	to, agent := g.localUser()
	names := []string{to}
	_, domain, _ := strings.Cut(to, "@")
	for range g.few(0.12, 6) - 1 {
		names = append(names, g.person()+"@"+domain)
	}
	m.parcels = []*parcel{{agent: agent, names: names}}
	if g.chance(0.1) {
		m.parcels[0].alias = pick(g.rng, aliases) + "@" + domain
	}
	m.sender = g.remoteSender(p, to)
	return m
}

// outgoing is a message of a user of the host to anybody.
func (g *generator) outgoing(user string) *message {
	_, domain, _ := strings.Cut(user, "@")
	m := &message{fromSMTPD: true, sender: user, size: g.newSize(), messageID: g.newMessageID(domain)}
	for range g.few(0.25, 8) {
		m.parcels = append(m.parcels, g.remoteParcel(g.few(0.2, 5)))
	}
	if g.chance(0.15) {
		to, agent := g.localUser()
		m.parcels = append(m.parcels, &parcel{agent: agent, names: []string{to}})
	}
	return m
}

func (g *generator) remoteParcel(recipients int) *parcel {
	p := &parcel{agent: smtp, to: g.peers.exchangers.any()}
	for range recipients {
		p.names = append(p.names, g.person()+"@"+p.to.domain)
	}
	return p
}

// route says how mail to one address goes: users of the host are local, all others are reached through some exchanger.
func (g *generator) route(address string) []*parcel {
	_, domain, _ := strings.Cut(address, "@")
	for _, row := range localDomains {
		if row.value.domain == domain {
			return []*parcel{{agent: row.value.agent, names: []string{address}}}
		}
	}
	return []*parcel{{agent: smtp, to: g.peers.exchangers.any(), names: []string{address}}}
}
