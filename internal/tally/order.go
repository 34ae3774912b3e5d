package tally

import (
	"cmp"
	"slices"
)

// Rows stand in the order of their labels. What is equal in it is counted together.

func (s *Snapshot) sort() {
	slices.SortFunc(s.Sessions, SessionRow.order)
	slices.SortFunc(s.Messages, MessageRow.order)
	slices.SortFunc(s.Deliveries, DeliveryRow.order)
	slices.SortFunc(s.Peers, PeerRow.order)
	slices.SortFunc(s.Domains, DomainRow.order)
	slices.SortFunc(s.Users, UserRow.order)
	slices.SortFunc(s.Failures, FailureRow.order)
	slices.SortFunc(s.KeyExchanges, KeyExchangeRow.order)
	slices.SortFunc(s.TLSRPT, TLSRPTRow.order)
	slices.SortFunc(s.Auth, AuthRow.order)
}

func (r SessionRow) order(o SessionRow) int   { return r.compare(o.SessionKey) }
func (r MessageRow) order(o MessageRow) int   { return r.compare(o.SessionKey) }
func (r DeliveryRow) order(o DeliveryRow) int { return r.compare(o.DeliveryKey) }
func (r PeerCount) order(o PeerCount) int     { return r.compare(o.CountKey) }
func (r TimeRow) order(o TimeRow) int         { return r.compare(o.TimeKey) }
func (r DowngradeRow) order(o DowngradeRow) int {
	return r.compare(o.DowngradeKey)
}

func (r PeerRow) order(o PeerRow) int {
	return cmp.Or(cmp.Compare(r.Direction, o.Direction), cmp.Compare(r.Peer, o.Peer))
}

func (r DomainRow) order(o DomainRow) int {
	return cmp.Or(cmp.Compare(r.Domain, o.Domain), cmp.Compare(r.Class, o.Class))
}

func (r UserRow) order(o UserRow) int { return cmp.Compare(r.User, o.User) }

func (r FailureRow) order(o FailureRow) int {
	return cmp.Or(cmp.Compare(r.Direction, o.Direction), cmp.Compare(r.Service, o.Service), cmp.Compare(r.Class, o.Class),
		cmp.Compare(r.Result, o.Result), cmp.Compare(r.Reason, o.Reason))
}

func (r KeyExchangeRow) order(o KeyExchangeRow) int {
	return cmp.Or(cmp.Compare(r.Direction, o.Direction), cmp.Compare(r.Group, o.Group))
}

func (r TLSRPTRow) order(o TLSRPTRow) int {
	return cmp.Or(cmp.Compare(r.Domain, o.Domain), cmp.Compare(r.Result, o.Result))
}

func (r AuthRow) order(o AuthRow) int { return cmp.Compare(r.Service, o.Service) }

func (r UnrecognizedRow) order(o UnrecognizedRow) int {
	return cmp.Or(cmp.Compare(r.Program, o.Program), cmp.Compare(r.Shape, o.Shape))
}

func (c Count) order(o Count) int { return cmp.Compare(c.Label, o.Label) }

func (k SessionKey) compare(o SessionKey) int {
	return cmp.Or(cmp.Compare(k.Direction, o.Direction), cmp.Compare(k.Instance, o.Instance), cmp.Compare(k.Service, o.Service),
		cmp.Compare(k.Class, o.Class), cmp.Compare(k.TLS, o.TLS), cmp.Compare(k.Protocol, o.Protocol), cmp.Compare(k.Cipher, o.Cipher))
}

func (k DeliveryKey) compare(o DeliveryKey) int {
	return cmp.Or(cmp.Compare(k.Instance, o.Instance), cmp.Compare(k.Service, o.Service), cmp.Compare(k.Program, o.Program),
		cmp.Compare(k.Class, o.Class), cmp.Compare(k.TLS, o.TLS), cmp.Compare(k.Protocol, o.Protocol), cmp.Compare(k.Trust, o.Trust),
		cmp.Compare(k.Policy, o.Policy), cmp.Compare(k.RequireTLS, o.RequireTLS), cmp.Compare(k.Status, o.Status))
}
