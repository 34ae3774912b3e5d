package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// command is one line of the table.
type command struct {
	name string
	args []string
	once bool // too slow for more than one round
}

const (
	nameWC         = "wc -l"
	namePflogsumm  = "pflogsumm"
	nameParse      = "parse"
	nameEvents     = "events"
	pflogsummHint  = "pflogsumm is not installed (package pflogsumm of Debian and Ubuntu), so there is nothing to compare with"
	pflogsummInCI  = "with CI=true it has to be"
	sbinPflogsumm  = "/usr/sbin/pflogsumm" // not in every user's PATH
	pflogsummOnce  = "pflogsumm ran for one round only, because it is slow."
	maxStderrShown = 400
)

// commandsFor returns what there is to measure, and what is to be said about it below the table. The path of pflogsumm is
// empty where there is none.
func commandsFor(c config, log, pflogsumm string) (commands []command, notes []string, err error) {
	bin, err := filepath.Abs(c.bin)
	if err != nil {
		return nil, nil, err
	}
	if _, err := os.Stat(bin); err != nil {
		return nil, nil, fmt.Errorf("%w; build it with `make build`, or name another with -bin", err)
	}
	commands = []command{{name: nameWC, args: []string{"wc", "-l", log}}}
	switch {
	case pflogsumm != "":
		commands = append(commands, command{name: namePflogsumm, args: []string{pflogsumm, log}, once: true})
		if c.rounds > 1 {
			notes = append(notes, pflogsummOnce)
		}
	case os.Getenv("CI") == "true":
		return nil, nil, errors.New(pflogsummHint + "; " + pflogsummInCI)
	default:
		notes = append(notes, pflogsummHint+".")
	}
	commands = append(commands,
		command{name: nameParse, args: []string{bin, "parse", log}},
		command{name: "parse --format json", args: []string{bin, "parse", "--format", "json", log}},
		command{name: nameEvents, args: []string{bin, "events", log}},
	)
	return commands, notes, nil
}

func findPflogsumm() string {
	for _, name := range []string{"pflogsumm", sbinPflogsumm} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// sample is what one process took.
type sample struct {
	wall time.Duration
	cpu  time.Duration // user and system
	peak int64         // resident memory in bytes
}

// result is all rounds of one command.
type result struct {
	name    string
	samples []sample
}

// measureAll runs the commands in turns, round after round.
func measureAll(ctx context.Context, commands []command, rounds int) ([]result, error) {
	results := make([]result, len(commands))
	for i, c := range commands {
		results[i].name = c.name
	}
	for round := range rounds {
		for i, c := range commands {
			if c.once && round > 0 {
				continue
			}
			s, err := measure(ctx, c)
			if err != nil {
				return nil, err
			}
			results[i].samples = append(results[i].samples, s)
		}
	}
	return results, nil
}

// measure runs one process to its end; what it prints goes to the null device.
func measure(ctx context.Context, c command) (sample, error) {
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Stderr = &stderr
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil {
		text := strings.TrimSpace(stderr.String())
		return sample{}, fmt.Errorf("%s: %w: %s", c.name, err, text[:min(len(text), maxStderrShown)])
	}
	state := cmd.ProcessState
	s := sample{wall: wall, cpu: state.UserTime() + state.SystemTime()}
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		s.peak = usage.Maxrss
		if runtime.GOOS != "darwin" { // which counts bytes, all others KiB
			s.peak *= 1024
		}
	}
	return s, nil
}

func (r result) median(of func(sample) int64) int64 {
	values := r.sorted(of)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

func (r result) sorted(of func(sample) int64) []int64 {
	var values []int64
	for _, s := range r.samples {
		values = append(values, of(s))
	}
	slices.Sort(values)
	return values
}

func wallOf(s sample) int64 { return int64(s.wall) }
func cpuOf(s sample) int64  { return int64(s.cpu) }
func peakOf(s sample) int64 { return s.peak }

// forgetPeak lowers the peak of this process to what it has now. On Linux the peak of a child begins with that of the process
// which started it, and to make the log takes more memory than some of the commands. Where it does not work, the table shows
// small peaks as bounds.
func forgetPeak() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// ownPeak is the peak of this process in bytes, below which that of a child cannot be told; 0 if unknown.
func ownPeak() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.ParseInt(kib, 10, 64)
	if err != nil {
		return 0
	}
	return n * 1024
}
