package follow

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// A JournalConfig says how a [Journal] reads the journal. Nothing in it has to be set.
type JournalConfig struct {
	// Command is the name or the path of journalctl; "" is "journalctl".
	Command string

	// Directory holds the files of the journal; "" is where journald of this machine has them. Of a directory with the
	// journals of several machines only the one that was last booted is followed: that is how journalctl follows.
	Directory string

	// From says where the journal is taken up. Beginning hands over all the mail messages that it has, of all boots.
	From Start

	// Resume is the place to go on from; nil is none. From is not looked at then, unless journalctl rejects the cursor.
	Resume *Position

	// MaxLine is the length in bytes at which a line is cut; the rest of it is left out. 0 is 65536.
	MaxLine int

	// Restart is the time after which journalctl is started again when it has ended; 0 is 1 s. It doubles, up to a
	// minute, for as long as no entry comes.
	Restart time.Duration

	// Logger is told of restarts, of gaps and of what journalctl has to say; nil is nobody.
	Logger *slog.Logger
}

const (
	// maxRestart bounds the time between two attempts.
	maxRestart = time.Minute

	// quietTime is how long journalctl may be silent before it is asked without --follow whether there is more. It follows
	// one boot only, and nobody is told when it has gone deaf.
	quietTime = 10 * time.Minute
)

func (c JournalConfig) withDefaults() JournalConfig {
	if c.Command == "" {
		c.Command = "journalctl"
	}
	if c.MaxLine <= 0 {
		c.MaxLine = streamMaxLine
	}
	if c.Restart <= 0 {
		c.Restart = time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// A Journal hands over what the systemd journal has of the facility mail, each entry once and as one line, in the form in
// which rsyslog would have written it to a file. It has journalctl read the journal, which needs no library and no cgo.
//
// journalctl is run twice, one after the other. First without --follow: it ends at the end of the journal, which is how
// the Journal knows that it has caught up. Then with --follow, which since systemd 251 leaves out what is from before the
// last boot. Both begin with the entry at the cursor (--cursor, not --after-cursor, which before systemd 255 skips an entry
// even if it is another one): if it does not come first, journald has deleted it, lines may be missing, and that is counted
// in [Stats] as a gap. Entries are still handed over once then.
//
// The Lag of a journal is not known, and its Stats.Bytes are those of the export format.
type Journal struct {
	cfg      JournalConfig
	log      *slog.Logger
	counters counters
	caughtUp chan struct{}
	atEnd    sync.Once

	// The rest belongs to the goroutine in Run.
	sink     func(Chunk) error
	refused  error // what sink returned
	stderr   childLog
	quiet    time.Duration
	entry    journalEntry
	batch    block
	modified time.Time // of the last line in batch

	placed bool          // last says where to begin; if it is zero, at the beginning
	last   journalCursor // of the last entry that was taken
	place  search        // for last, in the output of the process that runs
	idle   *time.Timer   // nil unless following
}

// A search is for the entry at the cursor that journalctl was told to begin with.
type search struct {
	on    bool // neither the entry nor a later one has come
	gaps  bool // a later one means that the entry is gone
	shown bool // an entry has come
}

var _ Source = (*Journal)(nil)

// NewJournal returns a Journal that has not yet looked at anything.
func NewJournal(cfg JournalConfig) *Journal {
	cfg = cfg.withDefaults()
	j := &Journal{
		cfg:      cfg,
		log:      cfg.Logger.With("log", "journal"),
		caughtUp: make(chan struct{}),
		quiet:    quietTime,
	}
	j.stderr.log = j.log
	if cfg.Resume != nil && cfg.Resume.Cursor != "" {
		j.last, j.placed = parseCursor(cfg.Resume.Cursor), true
	}
	return j
}

// CaughtUp returns a channel that is closed when the end of the journal has been reached for the first time, and also when
// there is no journal at the start.
func (j *Journal) CaughtUp() <-chan struct{} { return j.caughtUp }

// Stats returns the counts so far. Any goroutine may call it. Exists says whether the journal can be read.
func (j *Journal) Stats() Stats { return j.counters.stats() }

func (j *Journal) reachedEnd() { j.atEnd.Do(func() { close(j.caughtUp) }) }

// Run hands the lines to sink, from the goroutine that called Run. It may be called once.
//
// It returns nil when the context ends, and the error of sink as it is. Any other error comes at the start: there is no
// journalctl, or it may not read the journal. Later, and for other reasons, journalctl is started again.
func (j *Journal) Run(ctx context.Context, sink func(Chunk) error) error {
	// The kernel ends journalctl with the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer j.counters.exists.Store(false)
	j.sink = sink
	pause := j.cfg.Restart
	for first := true; ; first = false {
		lines := j.counters.lines.Load()
		err := j.read(ctx)
		switch {
		case j.refused != nil:
			return j.refused
		case ctx.Err() != nil:
			return nil
		case first && isHopeless(err):
			return err
		case errors.Is(err, errQuiet):
			continue
		}
		j.counters.exists.Store(false)
		if j.counters.lines.Load() > lines {
			pause = j.cfg.Restart
		} else {
			j.reachedEnd() // of what there is, which may be nothing
		}
		j.log.Warn("journalctl has ended; it is started again", "error", err, "wait", pause)
		if !sleepFor(ctx, pause) {
			return nil
		}
		j.counters.restarts.Add(1)
		pause = min(2*pause, max(maxRestart, j.cfg.Restart))
	}
}

// isHopeless reports whether waiting will not heal err.
func isHopeless(err error) bool {
	return errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
}

// read hands over all there is and all that comes, until journalctl fails.
func (j *Journal) read(ctx context.Context) error {
	if err := j.catchUp(ctx); err != nil {
		return err
	}
	j.counters.exists.Store(true)
	j.reachedEnd()
	return j.follow(ctx)
}

// catchUp hands over all that is there.
func (j *Journal) catchUp(ctx context.Context) error {
	if err := j.findPlace(ctx); err != nil {
		return err
	}
	for range 2 {
		err := j.run(ctx, search{gaps: true}, "--no-tail")
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rejected := errors.Is(err, errCursor)
		if err != nil && !rejected {
			return err
		}
		if !rejected && (j.place.shown || j.last.text == "") {
			return nil
		}
		if err := j.lose(ctx, rejected); err != nil {
			return err
		}
	}
	return errors.New("the journal is changing too fast")
}

// findPlace finds out where to begin.
func (j *Journal) findPlace(ctx context.Context) error {
	if j.placed {
		return nil
	}
	var err error
	if j.cfg.From == End {
		j.last, err = j.newest(ctx)
	}
	j.placed = err == nil
	return err
}

// lose finds a new place when there is nothing in the journal at the old one or after it, or when journalctl rejects it.
func (j *Journal) lose(ctx context.Context, rejected bool) error {
	j.missed()
	if rejected {
		j.last, j.placed = journalCursor{}, false
		return j.findPlace(ctx)
	}
	newest, err := j.newest(ctx)
	if err != nil {
		return err
	}
	if !newest.sameFile(j.last) {
		newest = journalCursor{} // all of it is of another journal, and new
	}
	j.last = newest
	return nil
}

func (j *Journal) missed() {
	j.counters.gaps.Add(1)
	j.log.Warn("the journal no longer has the entry that was read last; lines may be missing", "cursor", j.last.text)
}

// newest returns the cursor of the last entry; it is zero if there is none.
func (j *Journal) newest(ctx context.Context) (c journalCursor, err error) {
	err = j.journalctl(ctx, func(e *journalEntry) error {
		c = parseCursor(string(e.values[fieldCursor]))
		return nil
	}, "--lines=1")
	return c, err
}

// errQuiet says that nothing has come for some time.
var errQuiet = errors.New("quiet")

// follow hands over what comes. It never returns nil.
func (j *Journal) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	j.idle = time.AfterFunc(j.quiet, func() { cancel(errQuiet) })
	defer func() {
		j.idle.Stop()
		j.idle = nil
	}()
	err := j.run(ctx, search{}, "--follow", "--no-tail")
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err == nil {
		err = errors.New("end of output")
	}
	return err
}

// run hands over the entries after the last one.
func (j *Journal) run(ctx context.Context, place search, args ...string) error {
	if j.last.text != "" {
		args = append(args, "--cursor="+j.last.text)
		place.on = true
	}
	j.place = place
	err := j.journalctl(ctx, j.take, args...)
	if flushed := j.flush(); flushed != nil {
		return flushed
	}
	return err
}

// take adds an entry to the batch.
func (j *Journal) take(e *journalEntry) error {
	c := parseCursor(string(e.values[fieldCursor]))
	if c.text == "" {
		return errExport
	}
	if j.idle != nil {
		j.idle.Reset(j.quiet)
	}
	j.place.shown = true
	if j.place.on {
		if c.same(j.last) {
			j.place.on = false
			return nil
		}
		if c.isPast(j.last) {
			return nil
		}
		j.place.on = false
		if j.place.gaps {
			j.missed()
		}
	}
	lines, at, cut, ok := e.appendLine(j.batch.lines, j.cfg.MaxLine)
	j.last = c
	if !ok {
		return nil
	}
	j.batch.lines, j.modified = lines, at
	j.batch.size += e.size
	if cut {
		j.batch.cut++
	}
	return nil
}

// flush hands over the batch.
func (j *Journal) flush() error {
	if len(j.batch.lines) == 0 || j.refused != nil {
		return j.refused
	}
	after := Position{Modified: j.modified, Cursor: j.last.text}
	if j.refused = j.sink(Chunk{Lines: j.batch.lines, Modified: j.modified, After: after, Counted: j.counters.stats().with(j.batch)}); j.refused != nil {
		return j.refused
	}
	j.counters.add(j.batch)
	j.batch = block{lines: j.batch.lines[:0]}
	return nil
}

// arguments returns those of journalctl. SYSLOG_FACILITY=2 is --facility=mail, which older versions do not know.
func (j *Journal) arguments(args []string) []string {
	all := []string{"--output=export", "--all", "--output-fields=" + strings.Join(exportFields[:], ",")}
	if j.cfg.Directory != "" {
		all = append(all, "--directory="+j.cfg.Directory)
	}
	all = append(all, args...)
	return append(all, "SYSLOG_FACILITY=2")
}

// sleepFor reports whether the time has passed; otherwise the context has ended.
func sleepFor(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
