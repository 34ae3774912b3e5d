package main

import (
	"testing"
)

type gradeRecord struct {
	Profile, Direction, Class, Grade string

	Sessions, Messages int
}

type gradedCipherRecord struct {
	Profile, Direction, Class, Protocol, Cipher, IANA, Grade, Reason string

	Sessions, Messages int
}

func (c *corpus) checkGrades(t *testing.T, facts []fact, got answers) {}
