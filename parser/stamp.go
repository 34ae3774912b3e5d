package parser

import "encoding/binary"

// A stamp is a header's time as it is written, before year and zone are known.
type stamp struct {
	sec  int64 // see form
	nsec int32
	zone int16 // minutes east of UTC, for stampZoned
	form stampForm
}

type stampForm uint8

const (
	stampNone     stampForm = iota
	stampZoned              // sec is Unix time
	stampLocal              // sec is what Unix time would be if the local clock were UTC
	stampYearless           // sec is packYearless(month, day, hour, minute, second), local
)

// before compares stamps of one form, and yearless ones as if they were of one year.
func (s stamp) before(o stamp) bool {
	return s.form == o.form && (s.sec < o.sec || s.sec == o.sec && s.nsec < o.nsec)
}

// minute is equal for stamps of the same minute, and all zoned ones.
func (s stamp) minute() int64 {
	switch s.form {
	case stampYearless:
		return s.sec >> 8
	case stampLocal:
		return s.sec / 60
	default:
		return -1
	}
}

func packYearless(month, day, hour, minute, second int) int64 {
	return int64(month)<<26 | int64(day)<<21 | int64(hour)<<16 | int64(minute)<<8 | int64(second)
}

func unpackYearless(v int64) (month, day, hour, minute, second int) {
	return int(v >> 26), int(v >> 21 & 31), int(v >> 16 & 31), int(v >> 8 & 255), int(v & 255)
}

// cutStamp reads the time at the start of b and returns its length, 0 if there is none.
// Forms: RFC 3164 with blank or zero before the day, and with a fraction (journalctl -o short-precise);
// RFC 3339 with any fraction, and with an offset without colon (journalctl -o short-iso);
// "Sun 2026-11-22 04:10:34 UTC" (journalctl -o short-full); Unix seconds (journalctl -o short-unix).
func (lx *lexer) cutStamp(b []byte) (stamp, int) {
	if len(b) < 15 {
		return stamp{}, 0
	}
	switch c := b[0]; {
	case c >= '0' && c <= '9':
		if b[4] == '-' {
			return lx.cutISO(b)
		}
		return cutUnix(b)
	case b[3] == ' ' && (b[4] == ' ' || isDigit(b[4])) && isDigit(b[5]) && b[6] == ' ':
		return cutTraditional(b)
	case b[3] == ' ' && isDigit(b[4]):
		return cutFull(b)
	}
	return stamp{}, 0
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// two reads two decimal digits; anything else gives a number over 99.
func two(a, b byte) int {
	if !isDigit(a) || !isDigit(b) {
		return 1000
	}
	return int(a-'0')*10 + int(b-'0')
}

// cutClock reads hh:mm:ss; second may be 60 (a leap second).
func cutClock(b []byte) (hour, minute, second int, ok bool) {
	if len(b) < 8 || b[2] != ':' || b[5] != ':' {
		return 0, 0, 0, false
	}
	hour, minute, second = two(b[0], b[1]), two(b[3], b[4]), two(b[6], b[7])
	return hour, minute, second, hour < 24 && minute < 60 && second <= 60
}

func cutTraditional(b []byte) (stamp, int) {
	month := monthNumber(b[0], b[1], b[2])
	day := int(b[5] - '0')
	if b[4] != ' ' {
		day += 10 * int(b[4]-'0')
	}
	hour, minute, second, ok := cutClock(b[7:])
	const leapYear = 2000
	if month == 0 || day == 0 || day > daysIn(leapYear, month) || !ok {
		return stamp{}, 0
	}
	nsec, n := cutFraction(b[15:])
	return stamp{sec: packYearless(month, day, hour, minute, second), nsec: nsec, form: stampYearless}, 15 + n
}

func monthNumber(a, b, c byte) int {
	switch uint32(a)<<16 | uint32(b)<<8 | uint32(c) {
	case 'J'<<16 | 'a'<<8 | 'n':
		return 1
	case 'F'<<16 | 'e'<<8 | 'b':
		return 2
	case 'M'<<16 | 'a'<<8 | 'r':
		return 3
	case 'A'<<16 | 'p'<<8 | 'r':
		return 4
	case 'M'<<16 | 'a'<<8 | 'y':
		return 5
	case 'J'<<16 | 'u'<<8 | 'n':
		return 6
	case 'J'<<16 | 'u'<<8 | 'l':
		return 7
	case 'A'<<16 | 'u'<<8 | 'g':
		return 8
	case 'S'<<16 | 'e'<<8 | 'p':
		return 9
	case 'O'<<16 | 'c'<<8 | 't':
		return 10
	case 'N'<<16 | 'o'<<8 | 'v':
		return 11
	case 'D'<<16 | 'e'<<8 | 'c':
		return 12
	}
	return 0
}

// cutFraction reads ".123456" (or with a comma, ISO 8601) as nanoseconds; digits past the ninth are cut off.
func cutFraction(b []byte) (nsec int32, n int) {
	if len(b) < 2 || b[0] != '.' && b[0] != ',' || !isDigit(b[1]) {
		return 0, 0
	}
	if len(b) > 7 && !isDigit(b[7]) { // syslogd writes microseconds
		if high, mid, low := two(b[1], b[2]), two(b[3], b[4]), two(b[5], b[6]); high|mid|low < 128 {
			return int32(high*10_000+mid*100+low) * 1000, 7
		}
	}
	scale := int32(100_000_000)
	for n = 1; n < len(b) && isDigit(b[n]); n++ {
		nsec += int32(b[n]-'0') * scale
		scale /= 10
	}
	return nsec, n
}

// cutISO reads 2026-11-22T04:10:34.123456+01:00. Neighbouring lines share the hour, which is kept.
func (lx *lexer) cutISO(b []byte) (stamp, int) {
	if len(b) < 20 {
		return stamp{}, 0
	}
	// The hour's 13 bytes as two words that overlap: this is done for every line.
	first, second := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[5:])
	if first != lx.hour[0] || second != lx.hour[1] {
		start, ok := isoHour(b)
		if !ok {
			return stamp{}, 0
		}
		lx.hour, lx.hourStart = [2]uint64{first, second}, start
	}
	minute, sec := two(b[14], b[15]), two(b[17], b[18])
	if b[13] != ':' || b[16] != ':' || minute > 59 || sec > 60 {
		return stamp{}, 0
	}
	nsec, n := cutFraction(b[19:])
	zone, z, ok := cutZone(b[19+n:])
	if !ok {
		return stamp{}, 0
	}
	unix := lx.hourStart + int64(minute*60+sec) - int64(zone)*60
	return stamp{sec: unix, nsec: nsec, zone: zone, form: stampZoned}, 19 + n + z
}

// isoHour reads "2026-11-22T04" as Unix time, taking it for UTC.
func isoHour(b []byte) (int64, bool) {
	day, ok := isoDay(b)
	hour := two(b[11], b[12])
	return day + int64(hour)*3600, ok && hour < 24 && (b[10] == 'T' || b[10] == 't')
}

// isoDay reads "2026-11-22" as Unix time of its midnight in UTC.
func isoDay(b []byte) (int64, bool) {
	century, year, month, day := two(b[0], b[1]), two(b[2], b[3]), two(b[5], b[6]), two(b[8], b[9])
	if b[4] != '-' || b[7] != '-' || century > 99 || year > 99 || month < 1 || month > 12 || day < 1 {
		return 0, false
	}
	year += 100 * century
	return daysSinceEpoch(year, month, day) * 86400, day <= daysIn(year, month)
}

// daysSinceEpoch counts the days of the proleptic Gregorian calendar from 1970-01-01.
func daysSinceEpoch(year, month, day int) int64 {
	if month <= 2 { // years that begin in March put the leap day at the end
		year--
		month += 12
	}
	return int64(365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 719469)
}

// daysIn is the length of a month.
func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// cutZone reads Z, +01:00 or +0100.
func cutZone(b []byte) (minutes int16, n int, ok bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	if b[0] == 'Z' || b[0] == 'z' {
		return 0, 1, true
	}
	if b[0] != '+' && b[0] != '-' || len(b) < 5 {
		return 0, 0, false
	}
	hour, rest := two(b[1], b[2]), b[3:]
	if rest[0] == ':' {
		rest = rest[1:]
	}
	if len(rest) < 2 {
		return 0, 0, false
	}
	minute := two(rest[0], rest[1])
	if hour > 23 || minute > 59 {
		return 0, 0, false
	}
	minutes = int16(hour*60 + minute)
	if b[0] == '-' {
		minutes = -minutes
	}
	return minutes, len(b) - len(rest) + 2, true
}

// cutUnix reads "1795320240.123456".
func cutUnix(b []byte) (stamp, int) {
	var sec int64
	n := 0
	for n < 11 && isDigit(b[n]) {
		sec = sec*10 + int64(b[n]-'0')
		n++
	}
	nsec, f := cutFraction(b[n:])
	if n < 9 || f == 0 {
		return stamp{}, 0
	}
	return stamp{sec: sec, nsec: nsec, form: stampZoned}, n + f
}

// cutFull reads "Sun 2026-11-22 04:10:34 UTC". A zone other than UTC is an abbreviation, which names no offset
// for certain; such a time is taken as local.
func cutFull(b []byte) (stamp, int) {
	if len(b) < 27 || b[14] != ' ' {
		return stamp{}, 0
	}
	day, ok := isoDay(b[4:])
	hour, minute, second, clock := cutClock(b[15:])
	if !ok || !clock {
		return stamp{}, 0
	}
	nsec, n := cutFraction(b[23:])
	n += 23
	if n >= len(b) || b[n] != ' ' {
		return stamp{}, 0
	}
	zone := n + 1
	n = indexBlank(b, zone, len(b))
	s := stamp{sec: day + int64(hour*3600+minute*60+second), nsec: nsec, form: stampLocal}
	if string(b[zone:n]) == "UTC" {
		s.form = stampZoned
	}
	return s, n
}
