package main

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"testing"
)

// TestServeUsers shows who logged in only to those who asked for it.
func TestServeUsers(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{nil, {"--users"}} {
		s := serve(t, append(flags, "--log", filepath.Join(testdata, "sample.log"))...)
		s.awaitReady(t)
		status, body := get(t, s.base+"/api/v1/report")
		var report struct{ Users []struct{ User string } }
		if err := json.Unmarshal([]byte(body), &report); err != nil || status != http.StatusOK {
			t.Fatal(status, err)
		}
		if shown := len(report.Users) > 0; shown != (flags != nil) {
			t.Errorf("%v: users %+v", flags, report.Users)
		}
	}
}
