# Strake: make help prints the targets. Each one first installs what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
export PATH := $(PATH):/usr/local/go/bin:/usr/sbin:/sbin

VERSION = $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
TAGS := containers_image_openpgp,exclude_graphdriver_btrfs
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.0
# A library that strake never asks for opens modules at run time; ld warns of it.
QUIET = $(shell ld --help 2>/dev/null | grep -e --no-warnings >/dev/null && echo -Wl,--no-warnings)
STATIC = -s -w -linkmode external -extldflags "-static $(QUIET)"

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## compile bin/strake, one static binary (a few minutes the first time)
	@.ci/setup build
	CGO_ENABLED=1 go build -trimpath -tags $(TAGS),netgo,osusergo \
	  -ldflags '$(STATIC) -X main.version=$(VERSION)' -o bin/strake ./cmd/strake

.PHONY: base
base: build ## build localhost/strake/busybox, the base image of the examples, without a network
	@.ci/setup run
	examples/base/prepare .cache/base
	bin/strake build --dir .cache/base

.PHONY: demo
demo: base ## build examples/shop twice and run one of its images
	bin/strake build --dir examples/shop
	bin/strake build --dir examples/shop
	bin/strake run --dir examples/shop gateway -- gateway selftest

.PHONY: test
test: build ## run every test, as root and as an ordinary user
	@.ci/setup test
	go vet -tags $(TAGS) ./...
	.ci/test $(TAGS)

.PHONY: lint
lint: ## look for what gofmt, go vet, staticcheck and go mod tidy would change
	@.ci/setup build
	@list=$$(git ls-files -z -co --exclude-standard '*.go' | xargs -0 gofmt -l) && \
	  { [ -z "$$list" ] || { echo "gofmt would change:" $$list >&2; exit 1; }; }
	go vet -tags $(TAGS) ./...
	go vet .ci/bench.go && go vet .ci/benchconfig.go
	go run $(STATICCHECK) -tags $(TAGS) ./...
	go mod tidy -diff

.PHONY: bench
bench: base ## time small builds beside the buildah command, and the reading of large projects
	@.ci/setup bench
	go run .ci/bench.go
	go run .ci/benchconfig.go

FUZZTIME ?= 60s

.PHONY: fuzz
fuzz: ## feed the decoder and the renderer of templates any text for a minute each
	@.ci/setup build
	go test -run=NONE -fuzz='^FuzzLoad$$' -fuzztime=$(FUZZTIME) -fuzzminimizetime=5x ./config
	go test -run=NONE -fuzz='^FuzzRender$$' -fuzztime=$(FUZZTIME) -fuzzminimizetime=5x ./config/template
