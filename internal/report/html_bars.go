package report

import "github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"

// bar is the answer for one direction as a picture: all messages, by state.
func (d *document) bar(title, unit string, c *stateCounts) *figure {
	return &figure{
		ID: d.id("f"), Title: title + ": " + unit + " by TLS version", Desc: c.words(", ") + ".", Height: 20, Legend: c.legend(),
		Bars: []rowBar{{Parts: barParts(c, c.sum())}},
	}
}

// barParts divides a bar that is as long as its share of top.
func barParts(c *stateCounts, top uint64) (out []barPart) {
	left := 0.0
	for state, n := range c {
		if n > 0 && top > 0 {
			width := 100 * float64(n) / float64(top)
			out = append(out, barPart{webStates[state].Class, decimal(left) + "%", decimal(max(width, 0.15)) + "%"})
			left += width
		}
	}
	return out
}

const (
	barRows   = 10 // peers of the picture
	barHeight = 34
	nameLimit = 34 // letters of a name beside its bar
)

// topPeers draws the peers that most messages moved with.
func (d *document) topPeers(direction string, words *words) {
	rows := rankedPeers(d.snapshot, direction, func(r *tally.PeerRow) uint64 {
		if r.Class != "public" {
			return 0
		}
		return r.Messages
	})
	if len(rows) < 2 {
		return
	}
	shown := rows[:min(len(rows), barRows)]
	top := shown[0].Messages
	f := &figure{ID: d.id("f"), Title: words.internet + ": " + words.busiest, Height: barHeight*len(shown) + 4}
	var sums stateCounts
	for i := range shown {
		c := combinationStates(shown[i].Combinations)
		for state, n := range c {
			sums[state] += n
		}
		f.Bars = append(f.Bars, rowBar{
			Y: barHeight*i + 18, TextY: barHeight*i + 13,
			Label: middle(Clean(shown[i].Peer), nameLimit), Value: thousands(shown[i].Messages), Parts: barParts(&c, top),
		})
	}
	f.Legend = sums.legend()
	f.Desc = "The peers with most " + words.messages + ", by TLS version. The first is " + Clean(shown[0].Peer) + " with " + thousands(top) + "."
	f.Table = statesTable(d, f.Title, shown, &sums)
	d.Figures = append(d.Figures, f)
}

func statesTable(d *document, caption string, rows []*tally.PeerRow, sums *stateCounts) *webTable {
	columns, states := sums.columns("#Peer", ">all")
	return newTable(d, caption, columns, rows, func(r *tally.PeerRow) []string {
		c := combinationStates(r.Combinations)
		out := []string{r.Peer, thousands(r.Messages)}
		for _, state := range states {
			out = append(out, thousands(c[state]))
		}
		return out
	})
}

// middle cuts a long name in its middle: its end says most of whose host it is.
func middle(name string, limit int) string {
	runes := []rune(name)
	if len(runes) <= limit {
		return name
	}
	head := limit / 4
	return string(runes[:head]) + "…" + string(runes[len(runes)-(limit-head-1):])
}
