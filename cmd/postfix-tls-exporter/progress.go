package main

import (
	"io"
	"os"
	"time"

	"github.com/cheggaaa/pb/v3"
	"golang.org/x/term"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/follow"
)

// showProgress draws a bar of what was read of the inputs, once the work takes longer than a second, if out is a terminal. The
// returned function ends it.
func showProgress(out io.Writer, inputs []*follow.Input) (stop func()) {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		drawProgress(file, inputs, done)
	}()
	return func() {
		close(done)
		<-ended
	}
}

func drawProgress(out io.Writer, inputs []*follow.Input, done <-chan struct{}) {
	select {
	case <-done:
		return
	case <-time.After(time.Second):
	}
	var size int64
	for _, in := range inputs {
		size += in.Size()
	}
	bar := pb.Full.New(int(size)).SetWriter(out).Set(pb.Bytes, true).Set(pb.CleanOnFinish, true).Start()
	defer bar.Finish()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		var read int64
		for _, in := range inputs {
			read += in.Position()
		}
		bar.SetCurrent(read)
		select {
		case <-done:
			return
		case <-tick.C:
		}
	}
}
