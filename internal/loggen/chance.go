package loggen

import (
	"math/rand/v2"
	"time"
)

// weighted is a row of a table to choose from.
type weighted[T any] struct {
	weight int
	value  T
}

// choose picks a row with a probability in proportion to its weight.
func choose[T any](rng *rand.Rand, table []weighted[T]) T {
	sum := 0
	for i := range table {
		sum += table[i].weight
	}
	n := rng.IntN(sum)
	for i := range table {
		if n -= table[i].weight; n < 0 {
			return table[i].value
		}
	}
	panic("loggen: weights of a table changed")
}

// pick picks an element, each as likely as the others.
func pick[T any](rng *rand.Rand, from []T) T {
	return from[rng.IntN(len(from))]
}

// chance is true in p of 1 cases.
func (g *generator) chance(p float64) bool {
	return g.rng.Float64() < p
}

// spell draws how long something takes that takes mean on average: exponential, without the last thousandth of the tail, in
// whole microseconds because that is what the headers show.
func (g *generator) spell(mean time.Duration) time.Duration {
	d := time.Duration(min(g.rng.ExpFloat64(), 7) * float64(mean))
	return max(d.Truncate(time.Microsecond), time.Microsecond)
}

// few draws 1, 2, 3 ... with each further one less likely by the factor p, and no more than most.
func (g *generator) few(p float64, most int) int {
	n := 1
	for n < most && g.chance(p) {
		n++
	}
	return n
}
