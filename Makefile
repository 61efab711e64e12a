# One place for every command; CI calls `test` and `check` only. Environments are made on demand.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.NOTPARALLEL:

BIN := .venv/bin
DEV := .venv/.stamp
LOCAL := .venv-local/.stamp .venv-lambda/.stamp
CHECKS := .venv-checks/.stamp
TEMPLATES := $(wildcard template.yaml stacks/*.yaml examples/*.yaml)
ENV ?= hub
SCHEDULES ?= 100000
FROM ?= 1
PAIRS ?= 4

export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1

.PHONY: help demo test test-unit test-e2e check simulate mutants drill bench build local local-down deploy lock clean

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 14

demo: $(DEV) $(LOCAL) ## three accounts on this machine: predecessors finish, the successor starts
	$(BIN)/python -m local.demo

test: test-unit test-e2e ## every test

test-unit: $(DEV) ## tests without sockets, in parallel
	@mkdir -p build/test
	$(BIN)/pytest -n 2 -m "not e2e" 2>&1 | tee build/test/unit.log

test-e2e: $(DEV) $(LOCAL) ## tests against one local AWS
	@mkdir -p build/test
	$(BIN)/pytest -m e2e 2>&1 | tee build/test/e2e.log

simulate: $(DEV) ## schedules with faults in them: make simulate SCHEDULES=100000 FROM=1, or one again with SEED=123
	@mkdir -p build/test
	$(BIN)/python -m tests.simulation --schedules $(SCHEDULES) --from $(FROM) --pairs $(PAIRS) $(if $(SEED),--seed $(SEED)) 2>&1 | tee build/test/simulate.log

mutants: $(DEV) ## protocol-critical code with one thing wrong at a time: each must be noticed
	@mkdir -p build/test
	$(BIN)/python -m tests.mutants 2>&1 | tee build/test/mutants.log

check: $(DEV) $(CHECKS) ## style, types, templates, the direction of imports
