package parser

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
)

// MaxLine is the longest line that is read, in bytes. Postfix cuts its text at 2000; a longer line is no log line and counts as foreign
// and cut.
const MaxLine = 64 << 10

// blockSize is how much is read and lexed at a time: small enough for the processor's cache, large enough that handing blocks around
// costs nothing.
const blockSize = 256 << 10

// Read takes all of r to its end. Blocks are lexed in parallel and applied in order, so the records are those of Feed. When r fails
// in the middle, what came before is taken and the error returned. A last line without '\n' is a line.
func (p *Parser) Read(ctx context.Context, r io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	workers := runtime.GOMAXPROCS(0)
	pipe := pipeline{
		free:   make(chan *batch, 2*workers+2),
		todo:   make(chan *job, 2*workers+2),
		inTurn: make(chan *job, 2*workers+2),
	}
	for range cap(pipe.free) {
		pipe.free <- new(batch)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for range workers {
		wg.Go(pipe.lex)
	}
	wg.Go(func() { pipe.read(ctx, r) })
	for j := range pipe.inTurn {
		<-j.done
		p.apply(j.batch)
		pipe.free <- j.batch
	}
	return pipe.err
}

// pipeline moves batches from the reader to the lexers, and in turn to the state machine.
type pipeline struct {
	free   chan *batch
	todo   chan *job
	inTurn chan *job
	err    error // of the reader; valid when inTurn is closed
}

type job struct {
	batch *batch
	done  chan struct{} // closed when lexed
}

func (l *pipeline) lex() {
	for j := range l.todo {
		j.batch.lex()
		close(j.done)
	}
}

func (l *pipeline) read(ctx context.Context, r io.Reader) {
	defer close(l.inTurn)
	defer close(l.todo)
	blocks := blockReader{r: r}
	for l.err == nil {
		if l.err = ctx.Err(); l.err != nil {
			return
		}
		b := <-l.free
		b.buf, l.err = blocks.next(b.buf)
		j := &job{batch: b, done: make(chan struct{})}
		l.inTurn <- j
		l.todo <- j
	}
	if errors.Is(l.err, io.EOF) {
		l.err = nil
	}
}

// blockReader cuts a stream into blocks of whole lines.
type blockReader struct {
	r    io.Reader
	rest []byte // the begin of the next block's first line
	skip bool   // within a line that is longer than a block
}

// next puts a block into buf's memory. With an error the block holds what was read before it.
func (k *blockReader) next(buf []byte) ([]byte, error) {
	if cap(buf) <= blockSize {
		buf = make([]byte, 0, blockSize+1) // one more for the end of a last line that lacks it
	}
	buf = append(buf[:0], k.rest...)
	k.rest = k.rest[:0]
	for {
		old := len(buf)
		n, err := k.r.Read(buf[old:blockSize])
		buf = k.skipped(buf[:old+n], old)
		if err != nil {
			return ended(buf), err
		}
		if end := bytes.LastIndexByte(buf, '\n') + 1; end > 0 {
			k.rest = append(k.rest, buf[end:]...)
			return buf[:end], nil
		}
		if len(buf) == blockSize { // enough of it to be seen as too long
			k.skip = true
			return ended(buf[:MaxLine+1]), nil
		}
	}
}

// skipped drops what is left of a long line from the bytes behind old.
func (k *blockReader) skipped(buf []byte, old int) []byte {
	if !k.skip {
		return buf
	}
	end := bytes.IndexByte(buf[old:], '\n')
	if end < 0 {
		return buf[:old]
	}
	k.skip = false
	return append(buf[:old], buf[old+end+1:]...)
}

// ended gives a last line its end.
func ended(buf []byte) []byte {
	if len(buf) > 0 && buf[len(buf)-1] != '\n' {
		buf = append(buf, '\n')
	}
	return buf
}
