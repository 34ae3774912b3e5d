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
const blockSize = 512 << 10

// Read takes all of r to its end. Blocks are lexed in parallel and applied in order, so the records are those of Feed. When r fails
// in the middle, what came before is taken and the error returned. A last line without '\n' is a line.
func (p *Parser) Read(ctx context.Context, r io.Reader) error {
	l := pipeline{parser: p, blocks: blockReader{r: r}}
	l.turn.L = &l.turnMu
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) + 1 { // one may wait for its turn
		wg.Go(func() { l.work(ctx) })
	}
	wg.Wait()
	return l.err
}

// pipeline lets workers read, lex and apply blocks. Each does all three for a block, because the block is in the cache of
// its processor then; reading and applying is done by one at a time, in the order of the log.
type pipeline struct {
	parser *Parser

	readMu sync.Mutex
	blocks blockReader
	read   int // blocks
	err    error
	ended  bool

	turnMu  sync.Mutex
	turn    sync.Cond // changes of applied
	applied int       // blocks
}

func (l *pipeline) work(ctx context.Context) {
	var b batch
	for {
		n, ok := l.next(ctx, &b)
		if !ok {
			return
		}
		b.lex()
		l.inTurn(n, func() { l.parser.apply(&b) })
	}
}

// next reads the next block into b and returns its number.
func (l *pipeline) next(ctx context.Context, b *batch) (n int, ok bool) {
	l.readMu.Lock()
	defer l.readMu.Unlock()
	if l.ended {
		return 0, false
	}
	b.buf = b.buf[:0]
	err := ctx.Err()
	if err == nil {
		b.buf, err = l.blocks.next(b.buf)
	}
	if err != nil {
		l.ended = true
		if !errors.Is(err, io.EOF) {
			l.err = err
		}
	}
	l.read++
	return l.read - 1, true
}

// inTurn calls apply when all blocks before n have been applied.
func (l *pipeline) inTurn(n int, apply func()) {
	l.turnMu.Lock()
	for l.applied != n {
		l.turn.Wait()
	}
	l.turnMu.Unlock()
	apply()
	l.turnMu.Lock()
	l.applied++
	l.turn.Broadcast()
	l.turnMu.Unlock()
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
		if errors.Is(err, io.EOF) {
			return ended(buf), err
		}
		if err != nil { // what is there of the last line may mean something else than all of it
			return buf[:bytes.LastIndexByte(buf, '\n')+1], err
		}
		if end := old + bytes.LastIndexByte(buf[old:], '\n') + 1; end > old { // none before: rest is part of one line
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
