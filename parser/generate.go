package parser

//go:generate re2go -W -Werror -Wno-nondeterministic-tags --no-debug-info --no-generation-date -i grammar.re -o grammar_re2go.go
