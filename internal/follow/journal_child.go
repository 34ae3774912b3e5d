package follow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os/exec"
	"strings"
	"time"
)

// childGrace is how long a child may live on without output.
const childGrace = 5 * time.Second

// errCursor says that journalctl cannot make sense of a cursor.
var errCursor = errors.New("the cursor is not one")

// journalctl runs the command and hands its entries to take until it ends, take fails or the context ends. Then it is gone.
func (j *Journal) journalctl(ctx context.Context, take func(*journalEntry) error, args ...string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, j.cfg.Command, j.arguments(args)...)
	ownGroup(cmd)
	cmd.WaitDelay = childGrace
	j.stderr.begin()
	cmd.Stderr = &j.stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Cancel = func() error {
		defer out.Close()
		return killGroup(cmd)
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = j.readEntries(out, take)
	if err != nil {
		cancel()
	} else {
		defer time.AfterFunc(childGrace, cancel).Stop()
	}
	ended := cmd.Wait()
	j.stderr.end()
	if err != nil {
		return err
	}
	return j.stderr.explain(ended)
}

// readEntries returns nil at the end of the output.
func (j *Journal) readEntries(out io.Reader, take func(*journalEntry) error) error {
	x := newExportReader(flushingReader{out, j.flush}, j.cfg.MaxLine)
	for {
		err := x.next(&j.entry)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := take(&j.entry); err != nil {
			return err
		}
	}
}

// A flushingReader hands over what is complete before it waits for more.
type flushingReader struct {
	r     io.Reader
	flush func() error
}

func (f flushingReader) Read(p []byte) (int, error) {
	if err := f.flush(); err != nil {
		return 0, err
	}
	return f.r.Read(p)
}

const (
	// At most childLogLines lines of the standard error are logged per childLogTime, and the beginning of each.
	childLogLines = 10
	childLogTime  = time.Minute
	childLogWidth = 512
)

// A childLog logs what a child writes to its standard error.
type childLog struct {
	log    *slog.Logger
	line   []byte    // the one that has not ended
	last   string    // line of this child
	since  time.Time // when the present period began
	logged int       // lines in it
	kept   int       // lines in it that were not logged
}

func (c *childLog) begin() { c.line, c.last = c.line[:0], "" }

func (c *childLog) end() { c.flush() }

// Write never fails: a child must not die of what it says.
func (c *childLog) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		part, after, ended := bytes.Cut(rest, []byte("\n"))
		c.line = append(c.line, part[:min(len(part), childLogWidth-len(c.line))]...)
		if ended {
			c.flush()
		}
		rest = after
	}
	return len(p), nil
}

func (c *childLog) flush() {
	if len(c.line) == 0 {
		return
	}
	c.last = string(appendClean(nil, c.line))
	c.line = c.line[:0]
	if time.Since(c.since) >= childLogTime {
		if c.kept > 0 {
			c.log.Warn("journalctl said more than was logged", "lines", c.kept)
		}
		c.since, c.logged, c.kept = time.Now(), 0, 0
	}
	if c.logged >= childLogLines {
		c.kept++
		return
	}
	c.logged++
	c.log.Warn("journalctl: " + c.last)
}

// explain adds to how the child ended what it said last.
func (c *childLog) explain(ended error) error {
	switch {
	case ended == nil:
		return nil
	case c.last == "":
		// Some versions end with status 1 and without a word when no entry matches.
		if exit := (*exec.ExitError)(nil); errors.As(ended, &exit) && exit.ExitCode() == 1 {
			return nil
		}
		return fmt.Errorf("journalctl: %w", ended)
	case strings.Contains(c.last, "Failed to seek to cursor"):
		return errCursor
	case strings.Contains(c.last, "ermission"):
		// "Permission denied" or "insufficient permissions".
		return fmt.Errorf("journalctl: %w: %s", fs.ErrPermission, c.last)
	}
	return fmt.Errorf("journalctl: %w: %s", ended, c.last)
}
