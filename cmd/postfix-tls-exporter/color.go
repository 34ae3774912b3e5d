package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// colored tells whether text for w may have colors: it goes to a terminal, and nobody objects (https://no-color.org).
func colored(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}
