package parser

// end tells the session and forgets it. commands is nil without a disconnect line.
func (s *session) end(m *machine, how Ended, commands *Commands) {
	if commands == nil {
		commands = new(Commands)
	}
	if commands.Count[CommandSTARTTLS].Total > 0 {
		s.svc.starttls = true
	}
	state := s.state(how, commands)
	s.tell(m, state, how, commands)
	ends := sessionEnd{state: s.messageState(state)}
	if commands.Known {
		ends.accepted, ends.refused = s.completed(commands) == s.transactions, s.completed(commands) == 0
	}
	for s.messages.front != nil {
		m.messages.sessionEnded(m, s.messages.front, ends)
	}
	delete(m.sessions, s.key)
	m.order.remove(s)
	*s = session{ids: s.ids[:0], messages: s.messages}
	m.free = append(m.free, s)
}

// state decides the session's TLS, from the strongest evidence to the weakest. A STARTTLS command without success is no failed handshake by itself: smtpd
// refuses one with an argument (501) or over the rate limit (454), and the session goes on in plaintext. After a failed handshake it never does.
func (s *session) state(how Ended, c *Commands) TLSState {
	starttls := c.Count[CommandSTARTTLS]
	switch {
	case s.tls != nil:
		return TLSEstablished
	case s.dropped, starttls.OK > 0:
		return TLSUnlogged
	case s.failure.Reason != "":
		return TLSFailed
	case how == EndedOpen:
		return TLSUnknown
	case s.refused:
		return TLSPlaintext
	case starttls.Total > 0 && s.inSTARTTLS: // the SSL_accept line is missing
		return TLSFailed
	case c.Known && s.svc.wrapper():
		return s.wrapperState(c)
	case c.Known:
		return TLSPlaintext
	case how == EndedAborted && s.transactions == 0:
		return TLSUnknown
	default:
		return s.silence()
	}
}

// wrapperState decides a session without summary line on a port where TLS comes first: a command is proof of TLS, and without one
// only the log level tells whether there would have been a line.
func (s *session) wrapperState(c *Commands) TLSState {
	if *c != (Commands{Known: true}) {
		return TLSUnlogged
	}
	if s.svc.tlsSeen {
		return TLSPlaintext
	}
	return TLSUnknown
}

// decidePlaintext settles the messages up to now.
func (s *session) decidePlaintext(m *machine) {
	for msg := s.messages.front; msg != nil; {
		next := msg.peers.next
		if !msg.decided && !msg.proxied {
			m.messages.decide(m, msg, TLSPlaintext)
		}
		msg = next
	}
}

// messageState is what the session's state means for its messages without a TLS line before them.
func (s *session) messageState(state TLSState) TLSState {
	switch state {
	case TLSUnlogged:
		return TLSUnlogged
	case TLSUnknown:
		return s.silence()
	default:
		return TLSPlaintext
	}
}

// silence is what it means that there is no TLS line: plaintext, if the log would have it.
func (s *session) silence() TLSState {
	if s.svc.tlsSeen && !s.svc.wrapper() && !s.start.IsZero() {
		return TLSPlaintext
	}
	return TLSUnknown
}

// completed counts the transactions that ended well: a queue ID is given at the first recipient, and may come to nothing.
func (s *session) completed(c *Commands) int {
	if !c.Known {
		return s.transactions
	}
	return min(s.transactions, int(c.Count[CommandDATA].OK)+int(c.Count[CommandBDAT].OK))
}
