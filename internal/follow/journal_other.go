//go:build !linux

package follow

import "os/exec"

// ownGroup does nothing: there is no journal but on Linux.
func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }
