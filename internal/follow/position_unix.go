//go:build unix

package follow

import (
	"io/fs"
	"syscall"
)

// numbersOf returns the device and inode number of a file.
func numbersOf(info fs.FileInfo) (device, inode uint64) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Dev), uint64(s.Ino) //nolint:gosec,unconvert // the types are not the same on all systems
	}
	return 0, 0
}
