package main

import (
	"context"
	"fmt"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// checkCompose reads a file as docker compose does: unknown keys are errors, and so are services and volumes that are not there.
// The environment of the caller is left out.
func checkCompose(ctx context.Context, file string) (*types.Project, error) {
	options, err := cli.NewProjectOptions([]string{file})
	if err != nil {
		return nil, fmt.Errorf("options: %w", err)
	}
	return options.LoadProject(ctx)
}
