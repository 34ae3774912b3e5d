// Command grafana writes the Grafana dashboard of this folder, postfix-tls.json. Edit panels.go, and run `go generate ./contrib/grafana`.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

//go:generate go run . postfix-tls.json

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: grafana FILE")
		os.Exit(2)
	}
	text, err := encode(newDashboard())
	if err == nil {
		err = os.WriteFile(os.Args[1], text, 0o644) //nolint:gosec // it is part of the repository
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// encode writes JSON as Grafana exports it. PromQL is full of < and >, which need no escape here.
func encode(d dashboard) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
