package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// output lets write fill the file of that name, or standard output if there is none. The file is replaced as a whole or not at
// all.
func output(std stdio, name string, write func(io.Writer) error) error {
	if name == "" {
		return written(buffered(std.out, write))
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // gone, when it was renamed
	err = buffered(tmp, write)
	if e := tmp.Chmod(0o644); err == nil {
		err = e
	}
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func buffered(w io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriterSize(w, 1<<16)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}
