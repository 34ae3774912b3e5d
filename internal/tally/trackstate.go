package tally

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// TimesState is a time series as it is saved.
type TimesState struct {
	Rows    []TimeRow `json:"rows"`
	Latest  int64     `json:"latest"` // hours since 1970
	Evicted uint64    `json:"evicted"`
}

// TracksState are the peers that are watched for downgrades.
type TracksState struct {
	Tracks  []TrackState        `json:"tracks"` // the one silent for longest first
	Totals  []DowngradeTotalRow `json:"totals"`
	Evicted uint64              `json:"evicted"`
}

// TrackState is a peer that is watched.
type TrackState struct {
	Host      string     `json:"host"`
	Direction string     `json:"direction"`
	Name      string     `json:"name"`
	Address   string     `json:"address"`
	Class     string     `json:"class"`
	TLS       WatchState `json:"tls"`
	Version   WatchState `json:"version"`
}

// WatchState is how good a peer's messages were lately.
type WatchState struct {
	Rank   int             `json:"rank"` // 0 before the first message
	Name   string          `json:"name"`
	Run    uint64          `json:"run"`
	Last   time.Time       `json:"last"`
	Need   uint64          `json:"need"`
	Counts []uint64        `json:"counts"` // by rank
	Down   *DowngradeState `json:"down"`   // nil before the first downgrade
}

// DowngradeState is the last downgrade of a peer.
type DowngradeState struct {
	Count     uint64    `json:"count"`
	FromRank  int       `json:"from_rank"`
	From      string    `json:"from"`
	ToRank    int       `json:"to_rank"`
	To        string    `json:"to"`
	Before    uint64    `json:"before"`
	Since     uint64    `json:"since"`
	LastTLS   time.Time `json:"last_tls"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
	Recovered time.Time `json:"recovered"` // zero as long as it lasts
}

func (s *timeSeries) state() TimesState { return TimesState{s.rows(), s.latest, s.evicted} }

func (s *timeSeries) restore(from *TimesState) error {
	if len(from.Rows) > maxTimeRows {
		return fmt.Errorf("%d rows, and %d is the bound", len(from.Rows), maxTimeRows)
	}
	s.latest, s.evicted = from.Latest, from.Evicted
	for _, r := range from.Rows {
		key := r.TimeKey
		key.Start = key.Start.UTC()
		if s.counts[key] != nil || !s.fits(key) || hourOf(key.Start) > s.latest || !utf8.ValidString(fmt.Sprint(key)) {
			return fmt.Errorf("a row that cannot be: %+.200q", fmt.Sprint(r))
		}
		s.counts[key] = &timeCount{r.Sessions, r.Messages}
	}
	return nil
}

func (s *tracks) state() TracksState {
	out := TracksState{Tracks: make([]TrackState, 0, len(s.all)), Totals: s.totalRows(), Evicted: s.evicted}
	for e := s.heard.Front(); e != nil; e = e.Next() {
		v := e.Value.(*track)
		out.Tracks = append(out.Tracks, TrackState{
			v.host, v.direction, v.name, v.address, v.class.String(), v.tls.state(), v.version.state(),
		})
	}
	return out
}

func (w *watch) state() WatchState {
	s := WatchState{Rank: w.level.rank, Name: w.level.name, Run: w.run, Last: w.last, Need: w.need, Counts: slices.Clone(w.counts[:])}
	if d := w.down; d != nil {
		s.Down = &DowngradeState{d.count, d.from.rank, d.from.name, d.to.rank, d.to.name, d.before, d.since, d.lastTLS, d.first, d.last, d.recovered}
	}
	return s
}

// errTrack says that a track makes no sense.
var errTrack = errors.New("a peer that cannot be, or stands there twice")

func (s *tracks) restore(from *TracksState) error {
	if len(from.Tracks) > maxTracks {
		return fmt.Errorf("%d peers, and %d is the bound", len(from.Tracks), maxTracks)
	}
	s.evicted = from.Evicted
	var before *DowngradeTotalRow
	for i := range from.Totals {
		r := &from.Totals[i]
		if err := r.Check(before); err != nil {
			return fmt.Errorf("totals: %w", err)
		}
		s.totals[DowngradeTotalRow{Direction: r.Direction, Kind: r.Kind}] = r.Count
		before = r
	}
	for i := range from.Tracks {
		t := &from.Tracks[i]
		key := trackKey{t.Host, t.Direction, t.Name, t.Address}
		class, ok := classOf(t.Class)
		if !ok || s.all[key] != nil || !direction(t.Direction) || !utf8.ValidString(t.Host+t.Name+t.Address) || !t.TLS.possible() || !t.Version.possible() {
			return fmt.Errorf("%w: %.200q", errTrack, fmt.Sprint(key))
		}
		s.add(&track{trackKey: key, class: class, tls: t.TLS.watch(), version: t.Version.watch()})
	}
	return nil
}

func direction(name string) bool { return name == Inbound || name == Outbound }

// possible tells whether this can have been saved.
func (s *WatchState) possible() bool {
	d := cmp.Or(s.Down, &DowngradeState{})
	return utf8.ValidString(s.Name+d.From+d.To) && slices.Max([]int{s.Rank, d.FromRank, d.ToRank, len(s.Counts) - 1}) <= len(versions) && s.Need <= maxNeed
}

func (s *WatchState) watch() watch {
	w := watch{level: level{s.Rank, s.Name}, run: s.Run, last: s.Last, need: s.Need}
	copy(w.counts[:], s.Counts)
	if d := s.Down; d != nil {
		w.down = &downgrade{
			d.Count, level{d.FromRank, d.From}, level{d.ToRank, d.To}, d.Before, d.Since, d.LastTLS, d.First, d.Last, d.Recovered,
		}
	}
	return w
}
