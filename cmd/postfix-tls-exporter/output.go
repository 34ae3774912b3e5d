package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// output lets write fill the file of that name, or standard output if there is none. A file is replaced as a whole or not at
// all; a device or pipe, such as /dev/null, is written to, for replacing it would destroy it.
func output(std stdio, name string, write func(io.Writer) error) error {
	if name == "" {
		return written(buffered(std.out, write))
	}
	mode := fs.FileMode(0o644)
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	replace := replaceFile
	if info, err := os.Stat(name); err == nil {
		mode = info.Mode().Perm()
		if !info.Mode().IsRegular() {
			replace = fillFile
		}
	}
	if err := replace(name, mode, write); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// fillFile writes to what is there.
func fillFile(name string, _ fs.FileMode, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	err = buffered(f, write)
	return cmp.Or(err, f.Close())
}

// replaceFile writes a file beside it and gives that its name.
func replaceFile(name string, mode fs.FileMode, write func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // gone, when it was renamed
	err = buffered(tmp, write)
	if err = cmp.Or(err, tmp.Chmod(mode), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}

func buffered(w io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriterSize(w, 1<<16)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}
