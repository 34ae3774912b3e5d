package loggen

import (
	"math"
	"time"
)

// activities are what may begin at any time, by frequency.
var activities = []weighted[func(*generator)]{
	{330, (*generator).arriveSender},
	{14, (*generator).arriveMixed},
	{75, (*generator).arriveRejected},
	{12, (*generator).arriveAborting},
	{28, (*generator).arriveFailing},
	{210, (*generator).arriveScanner},
	{70, (*generator).arriveBlocked},
	{95, (*generator).arriveSubmission},
	{50, (*generator).arriveSMTPS},
	{80, (*generator).arriveGuesser},
	{8, (*generator).arriveLimited},
	{6, (*generator).arriveLocal},
	{140, (*generator).readMail},
}

const (
	// meanArrival is the time between two activities on average over the day, such that DefaultLines take about a day.
	meanArrival = 615 * time.Millisecond

	day = 24 * time.Hour
)

// begin plans all that plans itself anew from then on.
func (g *generator) begin() {
	g.at(0, g.arrive)
	g.every(10*time.Minute, g.anvilStatistics)
	g.every(10*time.Minute, g.scacheStatistics)
	g.every(5*time.Minute, g.cronJob)
}

func (g *generator) every(period time.Duration, do func()) {
	g.at(g.now+period, func() {
		do()
		g.every(period, do)
	})
}

// arrive begins an activity and plans the next: a Poisson process with a quiet night and a busy afternoon.
func (g *generator) arrive() {
	choose(g.rng, activities)(g)
	hour := float64(g.now%day) / float64(time.Hour)
	rate := 1 + 0.55*math.Sin((hour-9)/24*2*math.Pi)
	g.at(g.now+g.spell(time.Duration(float64(meanArrival)/rate)), g.arrive)
}
