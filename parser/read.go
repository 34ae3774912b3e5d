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
	workers := runtime.GOMAXPROCS(0)
	batches := 2*workers + 2
	l := pipeline{blocks: blockReader{r: r}, free: make(chan *job, batches), inTurn: make(chan *job, batches)}
	for range batches {
		l.free <- &job{lexed: make(chan struct{}, 1)}
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { l.work(ctx) })
	}
	for j := range l.inTurn {
		<-j.lexed
		p.apply(&j.batch)
		l.free <- j
	}
	wg.Wait()
	return l.err
}

// pipeline moves batches from the workers, in the order of the log, to the state machine, and back.
type pipeline struct {
	free   chan *job
	inTurn chan *job // has room for all jobs, so that sending never blocks

	mu     sync.Mutex // held while reading a block and taking its turn
	blocks blockReader
	ended  bool
	err    error
}

// A job is a batch on its way.
type job struct {
	batch batch
	lexed chan struct{} // receives when the batch may be applied
}

// work reads a block and lexes it at once, while it is in the cache of this processor.
func (l *pipeline) work(ctx context.Context) {
	for j := range l.free {
		if !l.next(ctx, j) {
			l.free <- j // lets the other workers find the end
			return
		}
		j.batch.lex()
		j.lexed <- struct{}{}
	}
}

// next reads the next block into j and gives it its turn.
func (l *pipeline) next(ctx context.Context, j *job) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	j.batch.buf = j.batch.buf[:0]
	err := ctx.Err()
	if err == nil {
		j.batch.buf, err = l.blocks.next(j.batch.buf)
	}
	if err != nil {
		l.ended = true
		if !errors.Is(err, io.EOF) {
			l.err = err
		}
	}
	l.inTurn <- j
	if l.ended {
		close(l.inTurn)
	}
	return true
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
