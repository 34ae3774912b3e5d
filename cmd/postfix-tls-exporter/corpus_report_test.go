package main

import "testing"

func (c *corpus) checkReport(t *testing.T, report reportRecord, events []eventRecord) {}
func (c *corpus) checkPeers(t *testing.T, report reportRecord)                        {}
