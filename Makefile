# Run `make` for a list of the targets.

BIN := postfix-tls-exporter
CMD := ./cmd/postfix-tls-exporter

FUZZTIME ?= 30s
SOAKTIME ?= 10m

# Only for a build outside of a git checkout, where Go's own build information names no version.
VERSION ?=
LDFLAGS := $(if $(VERSION),-ldflags '-X main.version=$(VERSION)')

# Set SUDO=sudo to let `make test` install missing components as an ordinary user.
SUDO ?=

LINT_VERSION := 2.15.0
LINT         := .bin/golangci-lint

GOLDEN_PKGS := $(CMD) ./exporter ./internal/report

.PHONY: help build test kit-test race lint fuzz soak bench golden generate release release-tools check

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

build: ## the static binary ./postfix-tls-exporter
	CGO_ENABLED=0 go build -trimpath $(LDFLAGS) -o $(BIN) $(CMD)

test: ## all tests, with a real Postfix and a real Prometheus; as root on Debian or Ubuntu installs what is missing
	SUDO='$(SUDO)' .ci/install-test-tools
	POSTFIX_TLS_E2E=required go test -skip '^TestKit' ./...
	$(MAKE) kit-test

kit-test: ## what surrounds the program: configuration, units, packages, containers, rules, dashboard, fleet
	SUDO='$(SUDO)' .ci/install-test-tools
	POSTFIX_TLS_E2E=required go test -timeout 10m -run '^TestKit' ./internal/e2e

# The test that is skipped has one goroutine, and would take longer than all others. A program under the race detector waits
# a second before it ends, for reports that are on their way; there are hundreds of programs.
race: ## the tests under the race detector, without the end-to-end ones
	GORACE=atexit_sleep_ms=10 go test -race -skip '^TestReadChangedJSON$$' $$(go list ./... | grep -v '/internal/e2e$$')

lint: ## golangci-lint, in the version named here
	@$(LINT) version --short 2>/dev/null | grep -qxF '$(LINT_VERSION)' || \
		GOBIN='$(CURDIR)/.bin' go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(LINT_VERSION)
	$(LINT) run ./...

fuzz: ## every fuzz target for FUZZTIME (30s) each
	.ci/fuzz '$(FUZZTIME)'

soak: ## for SOAKTIME (10m): logs are rotated at random, and the program is killed; not a line may be lost or counted twice
	POSTFIX_TLS_SOAK='$(SOAKTIME)' go test -count=1 -timeout=0 -run '^(TestKill|TestRandomResume)$$' $(CMD) ./internal/follow

bench: build ## speed and allocations of the parser, then of the whole program
	go test -run '^$$' -bench . -benchmem ./parser/
	go run ./internal/benchmark -bin ./$(BIN)

golden: ## rewrite the golden files; read the difference before you commit it
	go test $(GOLDEN_PKGS) -update

generate: ## compile parser/grammar.re (needs re2go, from Debian's package re2c), and the dashboard
	go generate ./parser ./contrib/grafana

release: $(if $(RELEASE_TOOLS),,release-tools) ## for VERSION=1.2.3: archives, .deb, .rpm, lists of components and checksums, in ./dist
	VERSION='$(VERSION)' contrib/packaging/release

# In the versions that contrib/packaging/tools/go.mod names.
release-tools:
	cd contrib/packaging/tools && go build -o '$(CURDIR)/.bin/' tool

check: ## all that CI runs
	bash .ci/run
