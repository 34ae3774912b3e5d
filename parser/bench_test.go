package parser

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/loggen"
)

const benchLines = 100_000

//nolint:gochecknoglobals // the log takes longer to make than to read, and is the same for all benchmarks
var benchLog = sync.OnceValues(func() ([]byte, error) {
	var log bytes.Buffer
	_, err := loggen.Generate(&log, loggen.Options{Lines: benchLines})
	return log.Bytes(), err
})

// loadBench returns the log, and its blocks as Read cuts them.
func loadBench(b *testing.B) (log []byte, blocks [][]byte) {
	b.Helper()
	log, err := benchLog()
	if err != nil {
		b.Fatal(err)
	}
	for rest := log; len(rest) > 0; {
		n := bytes.LastIndexByte(rest[:min(len(rest), blockSize)], '\n') + 1
		blocks = append(blocks, rest[:n])
		rest = rest[n:]
	}
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	return log, blocks
}

func reportLines(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(benchLines)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkLines only splits: what a byte costs at least.
func BenchmarkLines(b *testing.B) {
	log, _ := loadBench(b)
	for b.Loop() {
		n := 0
		for rest := log; len(rest) > 0; n++ {
			rest = rest[bytes.IndexByte(rest, '\n')+1:]
		}
		if n != benchLines {
			b.Fatalf("%d lines, want %d", n, benchLines)
		}
	}
	reportLines(b)
}

// BenchmarkHeader cuts the headers off.
func BenchmarkHeader(b *testing.B) {
	log, _ := loadBench(b)
	var lx lexer
	for b.Loop() {
		known := 0
		for from := 0; from < len(log); {
			to := from + bytes.IndexByte(log[from:], '\n')
			if _, ok := lx.cutHeader(log, from, to); ok {
				known++
			}
			from = to + 1
		}
		if known < benchLines/2 {
			b.Fatalf("%d lines of %d have a header", known, benchLines)
		}
	}
	reportLines(b)
}

// BenchmarkGrammar finds the events, on one processor.
func BenchmarkGrammar(b *testing.B) {
	_, blocks := loadBench(b)
	var lexer batch
	for b.Loop() {
		for _, block := range blocks {
			lexer.buf = append(lexer.buf[:0], block...)
			lexer.lex()
		}
	}
	reportLines(b)
}

// BenchmarkFeed makes the records, on one processor.
func BenchmarkFeed(b *testing.B) {
	_, blocks := loadBench(b)
	for b.Loop() {
		p := New(nothing{}, Options{Location: time.UTC})
		for _, block := range blocks {
			p.Feed(block)
		}
		p.Close()
	}
	reportLines(b)
}

// BenchmarkRead makes the records, on all processors.
func BenchmarkRead(b *testing.B) {
	log, _ := loadBench(b)
	for b.Loop() {
		p := New(nothing{}, Options{Location: time.UTC})
		if err := p.Read(context.Background(), bytes.NewReader(log)); err != nil {
			b.Fatal(err)
		}
		p.Close()
	}
	reportLines(b)
}

// BenchmarkReadCounts is BenchmarkRead for a sink that only counts.
func BenchmarkReadCounts(b *testing.B) {
	log, _ := loadBench(b)
	for b.Loop() {
		p := New(nothing{}, Options{Location: time.UTC, CountsOnly: true})
		if err := p.Read(context.Background(), bytes.NewReader(log)); err != nil {
			b.Fatal(err)
		}
		p.Close()
	}
	reportLines(b)
}

// BenchmarkState is what a checkpoint costs: first while lines wait, then beside them.
func BenchmarkState(b *testing.B) {
	p := New(nothing{}, Options{Location: time.UTC, CountsOnly: true})
	for i := range 50_000 {
		p.Feed(fmt.Appendf(nil, "2026-11-22T04:10:00Z mx1 postfix/smtpd[%d]: connect from client%d.example.net[192.0.2.1]\n"+
			"2026-11-22T04:10:00Z mx1 postfix/smtpd[%d]: %08X: client=client%d.example.net[192.0.2.1]\n", i, i, i, i, i))
	}
	b.Run("Copy", func(b *testing.B) {
		for b.Loop() {
			p.State()
		}
	})
	b.Run("Marshal", func(b *testing.B) {
		s := p.State()
		for b.Loop() {
			text, err := s.MarshalBinary()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(len(text)), "bytes")
		}
	})
}
