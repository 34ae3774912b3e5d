package follow

import (
	"os/exec"
	"syscall"
)

// ownGroup puts cmd into a process group of its own, which a Ctrl-C at the terminal does not reach, and has the kernel end
// it with the thread that starts it, in case that nobody else can.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// killGroup ends cmd and all that it has started.
func killGroup(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
