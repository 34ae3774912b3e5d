package parser

// link makes a value part of a list.
type link[T any] struct{ prev, next *T }

// list is a list that goes through the values themselves, so that it costs no memory and removal no search. at returns
// a value's link.
type list[T any] struct {
	front, back *T
	at          func(*T) *link[T]
}

func (l *list[T]) push(v *T) {
	e := l.at(v)
	e.prev, e.next = l.back, nil
	if l.back == nil {
		l.front = v
	} else {
		l.at(l.back).next = v
	}
	l.back = v
}

func (l *list[T]) remove(v *T) {
	e := l.at(v)
	if e.prev == nil {
		l.front = e.next
	} else {
		l.at(e.prev).next = e.next
	}
	if e.next == nil {
		l.back = e.prev
	} else {
		l.at(e.next).prev = e.prev
	}
	*e = link[T]{}
}

// renew moves v to the back.
func (l *list[T]) renew(v *T) {
	if l.back != v {
		l.remove(v)
		l.push(v)
	}
}
