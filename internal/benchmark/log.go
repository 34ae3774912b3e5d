package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/loggen"
)

// stamp is what lies beside a log: how it was made, and what is true about it.
type stamp struct {
	Options loggen.Options `json:"options"`
	loggen.Summary
}

func stampFile(log string) string {
	return log + ".summary.json"
}

// ensureLog makes the log, unless there is one already that is just what would be made.
func ensureLog(file string, o loggen.Options) (loggen.Summary, error) {
	if s, ok := existingLog(file, o); ok {
		return s, nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return loggen.Summary{}, err
	}
	return writeLog(file, o)
}

// existingLog returns the summary of a log that was made before. The options alone would not tell that the generator has
// changed since; the beginning of the log does.
func existingLog(file string, o loggen.Options) (loggen.Summary, bool) {
	var s stamp
	text, err := os.ReadFile(stampFile(file))
	if err != nil || json.Unmarshal(text, &s) != nil || s.Options != o.WithDefaults() {
		return loggen.Summary{}, false
	}
	info, err := os.Stat(file)
	if err != nil || info.Size() != s.Bytes || !beginsAsMade(file, s.Options) {
		return loggen.Summary{}, false
	}
	return s.Summary, true
}

// beginsAsMade makes the first lines anew and compares them with the file: a shorter log is the beginning of a longer one.
func beginsAsMade(file string, o loggen.Options) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	o.Lines = min(o.Lines, 20_000)
	_, err = loggen.Generate(&comparer{r: bufio.NewReader(f)}, o)
	return err == nil
}

// comparer is a writer that fails when it is given anything else than what r reads.
type comparer struct {
	r    io.Reader
	have []byte
}

var errDifferent = errors.New("different")

func (c *comparer) Write(p []byte) (int, error) {
	c.have = append(c.have[:0], p...)
	if _, err := io.ReadFull(c.r, c.have); err != nil {
		return 0, err
	}
	if !bytes.Equal(c.have, p) {
		return 0, errDifferent
	}
	return len(p), nil
}

// writeLog makes the log and its stamp.
func writeLog(file string, o loggen.Options) (loggen.Summary, error) {
	f, err := os.Create(file)
	if err != nil {
		return loggen.Summary{}, err
	}
	s, err := loggen.Generate(f, o)
	if err := errors.Join(err, f.Close()); err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	text, err := json.MarshalIndent(stamp{Options: o.WithDefaults(), Summary: s}, "", "  ")
	if err != nil {
		return s, err
	}
	return s, os.WriteFile(stampFile(file), append(text, '\n'), 0o644)
}

// warm reads the log once, which leaves it in the page cache.
func warm(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(io.Discard, f)
	return err
}
