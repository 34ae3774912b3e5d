package main

type explainCmd struct{ files }

// Run is being written.
func (c *explainCmd) Run() error { return nil }
