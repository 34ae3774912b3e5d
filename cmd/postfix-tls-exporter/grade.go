package main

import (
	"strings"

	"github.com/alecthomas/kong"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/grade"
)

// gradeFlags are the flags of all commands that grade ciphers.
type gradeFlags struct {
	Profile string `enum:"${profiles}" default:"rfc9325" help:"Guideline by which TLS versions and ciphers are graded: ${profiles_or}."`
}

// profile returns the guideline that the flag names.
func (f *gradeFlags) profile() (*grade.Profile, error) {
	p, err := grade.ByName(f.Profile)
	if err != nil {
		return nil, usageError{err}
	}
	return p, nil
}

// gradeVars are what the tags of gradeFlags refer to.
func gradeVars() kong.Vars {
	names := grade.Profiles()
	last := len(names) - 1
	return kong.Vars{
		"profiles": strings.Join(names, ","), "profiles_or": strings.Join(names[:last], ", ") + " or " + names[last],
	}
}
