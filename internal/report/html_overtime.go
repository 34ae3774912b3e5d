package report

import (
	"strconv"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
)

// overTime draws the messages of a direction by TLS version, as counts and as shares.
func (d *document) overTime(words *words, b *buckets, where string) {
	unit := words.messages
	var highest uint64
	for i := range b.all {
		highest = max(highest, b.all[i].sum())
	}
	top := roundUp(highest)
	period := b.period()
	counts := d.timeFigure(where+": "+unit+" by TLS version, "+period, describe(b, unit), b)
	counts.scale(func(share float64) string { return short(share * float64(top)) })
	counts.stacked(b, func(*bucket) uint64 { return top })
	counts.hover(b, unit)
	counts.Table = d.bucketTable(where+": "+unit+" by TLS version, "+period, b, func(n, _ uint64) string { return thousands(n) })

	shares := d.timeFigure(where+": share of TLS versions, "+period, describe(b, unit), b)
	shares.scale(func(share float64) string { return short(share*100) + " %" })
	shares.stacked(b, func(v *bucket) uint64 { return v.sum() })
	shares.hover(b, unit)
	shares.Table = d.bucketTable(where+": share of TLS versions in percent, "+period, b, percent)
	d.Figures = append(d.Figures, counts, shares)
}

var stepTitles = map[string]string{
	tally.StepHour: "by hour (UTC)", tally.StepDay: "by day (UTC)", tally.StepMonth: "by month (UTC)", tally.StepYear: "by year (UTC)",
}

// period says how long a bar is, and whether there is more before the first.
func (b *buckets) period() string {
	if b.cut {
		return stepTitles[b.step] + ", the last " + strconv.Itoa(len(b.all))
	}
	return stepTitles[b.step]
}

// describe says what a picture shows to those who cannot see it.
func describe(b *buckets, unit string) string {
	all := b.sums.sum()
	first, _ := stepLabel(b.all[0].start, b.step)
	last, _ := stepLabel(b.all[len(b.all)-1].start, b.step)
	return thousands(all) + " " + unit + " from " + first + " to " + last + ": " + b.sums.words(", ") + "."
}

// hover lets a pointer ask for the numbers of a bar.
func (f *figure) hover(b *buckets, unit string) {
	width := decimal(plotWidth/float64(len(b.all))) + "%"
	for i := range b.all {
		v := &b.all[i]
		long, _ := stepLabel(v.start, b.step)
		text := long + ": " + thousands(v.sum()) + " " + unit + "\n" + v.words("\n")
		f.Hovers = append(f.Hovers, hover{across(float64(i) / float64(len(b.all))), width, text})
	}
}

// bucketTable has the numbers of a picture over time: a column for each state that occurs.
func (d *document) bucketTable(caption string, b *buckets, cell func(n, sum uint64) string) *webTable {
	columns, states := b.sums.columns("@Time")
	t := &webTable{ID: d.id("t"), Caption: caption, Columns: columns}
	for i := range b.all {
		v := &b.all[i]
		long, _ := stepLabel(v.start, b.step)
		row := []webCell{{Text: long, Kind: kindTime}}
		for _, state := range states {
			row = append(row, webCell{Text: cell(v.stateCounts[state], v.sum()), Kind: kindNumber})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// A share is one line of the picture of plaintext over time.
type share struct {
	class, title string
	of           *buckets
}

// plaintextOverTime draws the share of plaintext, a line for each direction. Time without mail has no share, and no line.
func (d *document) plaintextOverTime(shares []share) {
	if len(shares) == 0 {
		return
	}
	top, desc := 0.0, ""
	for _, v := range shares {
		for i := range v.of.all {
			if b := &v.of.all[i]; b.sum() > 0 {
				top = max(top, float64(b.stateCounts[statePlaintext])/float64(b.sum()))
			}
		}
		all := v.of.sums.sum()
		desc += v.title + ": " + percent(v.of.sums[statePlaintext], all) + " % of " + thousands(all) + " in plaintext. "
	}
	top = shareScale(top)
	period := shares[0].of.period()
	f := d.timeFigure("Share of plaintext, "+period, desc+"The scale ends at "+short(top*100)+" %.", shares[0].of)
	f.scale(func(share float64) string { return short(share*top*100) + " %" })
	for _, v := range shares {
		lines, dots := line(v.of, top)
		f.Paths = append(f.Paths, path{"line " + v.class, lines}, path{"line dots " + v.class, dots})
		f.Legend = append(f.Legend, legendItem{"line " + v.class, v.title})
	}
	f.Wide = true
	f.Table = d.shareTable("Share of plaintext in percent, "+period, shares)
	d.Figures = append(d.Figures, f)
}

// shareScale returns the end of a scale for shares.
func shareScale(top float64) float64 {
	for _, end := range [...]float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8} {
		if top <= end {
			return end
		}
	}
	return 1
}

// maxDots is how many points of a line are marked; more would run together.
const maxDots = 60

// line goes through the middle of each bucket that has mail. dots mark the points: one between two gaps is no line.
func line(b *buckets, top float64) (lines, dots string) {
	pen := "M"
	for i := range b.all {
		v := &b.all[i]
		if v.sum() == 0 {
			pen = "M"
			continue
		}
		x := 1000 * (float64(i) + 0.5) / float64(len(b.all))
		y := plotHeight * (1 - float64(v.stateCounts[statePlaintext])/float64(v.sum())/top)
		lines += pen + tenth(x) + " " + tenth(y)
		if len(b.all) <= maxDots {
			dots += "M" + tenth(x) + " " + tenth(y) + "h0"
		}
		pen = "L"
	}
	return lines, dots
}

func (d *document) shareTable(caption string, shares []share) *webTable {
	titles := []string{"@Time"}
	for _, v := range shares {
		titles = append(titles, ">"+v.title+", %", ">plaintext", ">all")
	}
	t := &webTable{ID: d.id("t"), Caption: caption, Columns: columns(titles...)}
	for i := range shares[0].of.all {
		long, _ := stepLabel(shares[0].of.all[i].start, shares[0].of.step)
		row := []webCell{{Text: long, Kind: kindTime}}
		for _, v := range shares {
			b := &v.of.all[i]
			plain, all := b.stateCounts[statePlaintext], b.sum()
			for _, text := range [...]string{percent(plain, all), thousands(plain), thousands(all)} {
				row = append(row, webCell{Text: text, Kind: kindNumber})
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// figures draws what there is to see. Pictures over time need two bars at least.
func (d *document) figures() {
	step := stepFor(d.snapshot)
	var shares []share
	for i, direction := range [...]string{tally.Inbound, tally.Outbound} {
		words := &directionWords[i]
		class, where := d.drawn(direction, words)
		b := inSteps(d.snapshot, step, direction, class)
		if b.sums.sum() == 0 {
			continue
		}
		if len(b.all) > 1 {
			d.overTime(words, b, where)
			shares = append(shares, share{direction, where, b})
		}
	}
	d.plaintextOverTime(shares)
	for i, direction := range [...]string{tally.Inbound, tally.Outbound} {
		d.topPeers(direction, &directionWords[i])
	}
}

// drawn says whose messages pictures show: those of peers on the Internet or, without any, all.
func (d *document) drawn(direction string, words *words) (class, where string) {
	c := messageStates(d.snapshot, direction, "public")
	if c.sum() > 0 {
		return "public", words.internet
	}
	return "", words.title
}
