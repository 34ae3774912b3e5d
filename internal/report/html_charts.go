package report

import (
	"strconv"
	"strings"
)

// A figure is a picture with its name, what it shows in words, and its numbers as a table.
type figure struct {
	ID, Title, Desc string
	Wide            bool // as wide as two others
	Height          int
	Legend          []legendItem
	Paths           []path   // in a plane 1000 wide and plotHeight high, stretched to the width that there is
	Marks           []mark   // lines across, with a number at their left
	Ticks           []tick   // below the plane
	Hovers          []hover  // what a pointer is told
	Bars            []rowBar // in place of all these
	Table           *webTable
}

type (
	path  struct{ Class, D string }
	mark  struct{ Y, TextY, Label string }
	tick  struct{ X, Label, Anchor string }
	hover struct{ X, Width, Text string }
)

// A rowBar is a bar that lies: one peer, or the answer for one direction.
type rowBar struct {
	Y, TextY     int
	Label, Value string
	Parts        []barPart
}

type barPart struct{ Class, X, Width string }

// The plane of a picture over time, in pixels from the top, and the share of the width that is left of it.
const (
	plotHeight = 180
	plotLeft   = 11.0
	plotWidth  = 88.5
)

// timeFigure is what pictures over time have in common: their bars' times.
func (d *document) timeFigure(title, desc string, b *buckets) *figure {
	f := &figure{ID: d.id("f"), Title: title, Desc: desc, Height: plotHeight + 34}
	every := max((len(b.all)+2)/3, 1)
	for i := 0; i < len(b.all); i += every {
		_, label := stepLabel(b.all[i].start, b.step)
		f.Ticks = append(f.Ticks, tick{across((float64(i) + 0.5) / float64(len(b.all))), label, "middle"})
	}
	return f
}

// across is a place in the plane as a share of the picture's width.
func across(share float64) string { return decimal(plotLeft+plotWidth*share) + "%" }

// decimal and tenth write coordinates, with two digits or one behind the point at most.
func decimal(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(v, 'f', 2, 64), "0"), ".")
}

func tenth(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// scale draws lines across at 0, a half and all of top.
func (f *figure) scale(label func(share float64) string) {
	for _, share := range [...]float64{0, 0.5, 1} {
		y := 12 + plotHeight*(1-share)
		f.Marks = append(f.Marks, mark{decimal(y), decimal(y + 4), label(share)})
	}
}

// stacked draws a bar for each bucket, height high when the counts are top.
func (f *figure) stacked(b *buckets, top func(*bucket) uint64) {
	slot := 1000 / float64(len(b.all))
	width := min(slot*0.84, 60)
	var paths [numStates]strings.Builder
	for i := range b.all {
		v := &b.all[i]
		limit, sum := top(v), uint64(0)
		left := slot*float64(i) + (slot-width)/2
		for state, n := range v.stateCounts {
			if n == 0 || limit == 0 {
				continue
			}
			low := plotHeight * (1 - float64(sum)/float64(limit))
			sum += n
			high := plotHeight * (1 - float64(sum)/float64(limit))
			paths[state].WriteString("M" + tenth(left) + " " + tenth(low) + "h" + tenth(width) + "V" + tenth(high) + "h-" + tenth(width) + "z")
		}
	}
	for state := range paths {
		if paths[state].Len() > 0 {
			f.Paths = append(f.Paths, path{webStates[state].Class, paths[state].String()})
		}
	}
	f.Legend = b.sums.legend()
}

// roundUp returns the next even number of one digit and zeros, or 10 and so on: the end of a scale whose half is a whole number.
func roundUp(n uint64) uint64 {
	if n <= 2 {
		return 2
	}
	for power := uint64(1); power < 1e19; power *= 10 {
		for _, digit := range [...]uint64{1, 2, 3, 4, 5, 6, 8} {
			if digit*power >= n && (digit*power)%2 == 0 {
				return digit * power
			}
		}
	}
	return n
}

// short writes a number of a scale.
func short(v float64) string {
	for _, unit := range [...]struct {
		from float64
		name string
	}{{1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e4, " k"}} {
		if v >= unit.from {
			if unit.name == " k" {
				unit.from = 1e3
			}
			return tenth(v/unit.from) + unit.name
		}
	}
	if v == float64(uint64(v)) {
		return thousands(uint64(v))
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
