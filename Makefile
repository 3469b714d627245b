# The only front door. Whatever is longer than a line or two lives in tools/.
SHELL := /bin/bash
.DEFAULT_GOAL := help

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.tools/node/bin:$(PATH)

.PHONY: help setup run test test-long unit integration e2e web proto fmt lint types arch check lock bench

help: ## Lists the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  \1\t\2/' | expand -t 16

setup: ## Makes this clone ready for work: environment, web build, what tests need
	@tools/setup.sh test

run: ## Serves everything on this machine; Ctrl-C stops it
	@tools/setup.sh run
	@exec .venv/bin/giaoban up

test: ## Installs what tests need and runs all of them
	@tools/setup.sh test
	@tools/test.sh

unit: ## Runs the unit tests
	@tools/test.sh unit

integration: ## Runs the integration tests
	@tools/test.sh integration

e2e: ## Runs the browser tests
	@tools/test.sh e2e

test-long: ## Runs the suites that take minutes, by hand: kills at random
	@tools/setup.sh test
	@tools/test.sh long

web: ## Runs the tests of the web application
	@tools/test.sh web

proto: ## Generates code from protos/ into gen/ and web/src/gen/
	@python tools/gen_protos.py

fmt: ## Formats Python, protos and the web application
	@ruff format . && ruff check --fix-only --quiet . && buf format -w
	@tools/check.sh fmt-web

lint: ## Checks style: ruff, buf, shellcheck, yamllint, locks
	@tools/check.sh lint

types: ## Checks types: mypy --strict
	@tools/check.sh types

arch: ## Checks who may import whom
	@tools/check.sh arch

check: ## Runs every check that CI runs: the static ones, then all tests
	@tools/check.sh
	@$(MAKE) --no-print-directory test

bench: ## Runs a benchmark and prints its figures; NAME=<folder of benchmarks/> [QUICK=1]
	@tools/bench.sh $(NAME)

lock: ## Writes the locks anew; ARGS=--upgrade takes the newest versions
	@tools/lock.sh $(ARGS)
