package parser

import (
	"bytes"
	"slices"
)

// maxServices bounds the log's hosts times their syslog tags. Lines of more are counted, not read.
const maxServices = 1 << 14

// A scope is what queue IDs are unique in: one Postfix instance of one host.
type scope struct {
	id       uint32
	hostID   uint32
	host     string
	instance string
	queue    bool // has a queue of its own: cleanup, qmgr, pickup or master wrote under this instance
	quotes   bool // master told a version that quotes addresses in delivery records: 3.5 or later
}

// owns tells whether a process of scope o belongs to this instance: a service may have a syslog_name that is not
// its instance's, and then has no queue.
func (sc *scope) owns(o *scope) bool {
	return sc == o || sc.hostID == o.hostID && !o.queue
}

// A service is what the lines under one syslog tag have in common.
type service struct {
	Service
	scope    *scope
	queue    bool // of a program that there is one of for each queue
	tlsSeen  bool // wrote a TLS summary line: the log level is at least 1
	silent   bool // delivers without a TLS line, see wait
	waiting  int  // deliveries that wait for one
	starttls bool // counted a STARTTLS command: no wrapper-mode port
}

// wrapperNames are the services that speak TLS from the first byte, by the names of the master.cf that Postfix comes with (smtps up
// to 3.6, submissions since) and those usual for port 465.
func wrapperName(name string) bool {
	switch name {
	case "smtps", "submissions", "ssmtp", "465":
		return true
	}
	return false
}

// wrapper tells a port in wrapper mode, where a command is proof of TLS. Only the name says so; a STARTTLS command says it is wrong.
func (s *service) wrapper() bool { return wrapperName(s.Name) && !s.starttls }

// services finds a line's service by host and tag.
type services struct {
	byTag   map[string]*service
	scopes  map[string]*scope
	hosts   map[string]uint32
	borrow  []*scope        // scopes without a queue, the first few
	all     []*scope        // the first few
	proxied map[uint32]bool // hosts that have an smtpd in front of a before-queue filter
	key     []byte
}

func newServices() services {
	return services{byTag: make(map[string]*service), scopes: make(map[string]*scope), hosts: make(map[string]uint32), proxied: make(map[uint32]bool)}
}

// of returns nil past the bound.
func (s *services) of(prog program, host, tag []byte) *service {
	s.key = append(append(append(s.key[:0], host...), 0), tag...)
	svc := s.byTag[string(s.key)]
	if svc == nil {
		if len(s.byTag) >= maxServices {
			return nil
		}
		svc = s.add(prog, string(bytes.ToValidUTF8(host, []byte("?"))), string(bytes.ToValidUTF8(tag, []byte("?"))))
		s.byTag[string(s.key)] = svc
	}
	return svc
}

// add splits a tag at its first and last slash: postfix/submission/smtpd is program smtpd of service submission in
// instance postfix.
func (s *services) add(prog program, host, tag string) *service {
	first, last := 0, 0
	for i := range len(tag) {
		if tag[i] == '/' {
			if first == 0 {
				first = i
			}
			last = i
		}
	}
	svc := &service{Service: Service{Host: host, Instance: tag[:first], Name: tag[last+1:], Program: tag[last+1:]}}
	if first == 0 {
		svc.Instance = tag
	}
	if first < last {
		svc.Name = tag[first+1 : last]
	}
	svc.scope = s.scope(host, svc.Instance)
	switch prog {
	case progMaster, progQmgr, progCleanup, progPickup:
		svc.queue = true
	default: // what other programs do says nothing of a queue
	}
	return svc
}

func (s *services) scope(host, instance string) *scope {
	key := host + "\x00" + instance
	sc := s.scopes[key]
	if sc == nil {
		id, ok := s.hosts[host]
		if !ok {
			id = uint32(len(s.hosts))
			s.hosts[host] = id
		}
		sc = &scope{id: uint32(len(s.scopes)), hostID: id, host: host, instance: instance}
		s.scopes[key] = sc
		if len(s.all) < maxBorrow {
			s.all = append(s.all, sc)
		}
		if len(s.borrow) < maxBorrow {
			s.borrow = append(s.borrow, sc)
		}
	}
	return sc
}

// maxBorrow bounds the scopes that are searched for a queue ID.
const maxBorrow = 32

// hasQueue notes that a scope has a queue of its own.
func (s *services) hasQueue(sc *scope) {
	sc.queue = true
	s.borrow = slices.DeleteFunc(s.borrow, func(o *scope) bool { return o == sc })
}
