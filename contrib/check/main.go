// Command check holds what runs the exporter in containers against the schemas: kustomizations against the types of the
// Kubernetes API, and Compose files against the Compose specification. It prints what they say, as JSON.
//
// It is a module of its own, so that the exporter does not depend on all this.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "check: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: check kubernetes DIR | check compose FILE")
	}
	var found any
	var err error
	switch args[0] {
	case "kubernetes":
		found, err = checkKustomization(args[1])
	case "compose":
		found, err = checkCompose(context.Background(), args[1])
	default:
		err = fmt.Errorf("%s is neither kubernetes nor compose", args[0])
	}
	if err != nil {
		return fmt.Errorf("%s: %w", args[1], err)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(found)
}
