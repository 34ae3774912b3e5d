package follow

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain fails if a goroutine is left. The one of nxadm/tail that polls a file sees up to 250 ms after its end that it
// is to end, so the last of them get some time.
func TestMain(m *testing.M) {
	code := m.Run()
	deadline := time.Now().Add(30 * time.Second)
	err := goleak.Find()
	for err != nil && time.Now().Before(deadline) {
		err = goleak.Find()
	}
	if code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, "goroutines left:", err)
		code = 1
	}
	os.Exit(code)
}
