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

.PHONY: help demo test test-unit test-e2e check simulate mutants model attack drill bench build local local-down deploy lock clean

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

mutants: $(DEV) ## mutants, hand-written and of the domain, some eight minutes: each must be noticed
	@mkdir -p build/test
	$(BIN)/python -m tests.mutants 2>&1 | tee build/test/mutants.log

check: $(DEV) $(CHECKS) ## style, types, templates, the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/unit/test_import_direction.py
	$(BIN)/cfn-lint $(TEMPLATES)
	for template in $(TEMPLATES); do $(BIN)/sam validate --lint --template "$$template"; done
	$(BIN)/python -m tests.template.transformed build/templates
	.venv-checks/bin/checkov --config-file .checkov.yaml --directory build/templates

drill: $(DEV) $(LOCAL) ## a burst on the local AWS while everything fails, then all of it again; RUNS=200 SEED=…
	$(BIN)/python -m tests.drill

model: $(DEV) ## the protocol checked exhaustively by Spin, and every mutant of it caught
	models/find-spin
	$(BIN)/python -m models

attack: $(DEV) ## mutated releases against the verification, other JOSE libraries as judges; TOKENS=100000 SEED=…
	$(BIN)/python -m tests.attack

.PHONY: fuzz
fuzz: $(DEV) .venv-fuzz/.stamp ## coverage-guided fuzzing of all that reads what others wrote; SECONDS=60 for each target, FUZZ="message release"
	$(BIN)/python -m tests.fuzz

.PHONY: audit
audit: $(DEV) .venv-audit/.stamp ## what is shipped: an SBOM, the licences, and the vulnerabilities that are known
	$(BIN)/python -m supply_chain

.PHONY: rotation
rotation: $(DEV) $(LOCAL) ## the drill of a key rotation on the local AWS, with releases under way at every step
	$(BIN)/pytest -m e2e tests/e2e/key_rotation.py

bench: $(DEV) $(LOCAL) ## the measurements that docs cite
	$(BIN)/python -m benchmarks

.PHONY: bench-peers
bench-peers: $(DEV) ## Prefect and Airflow on this machine, to set ours beside: installs both, ten minutes, needs PostgreSQL
	$(BIN)/python -m benchmarks peers

build: $(DEV) ## sam build of every stack, as its local environment in samconfig.toml says
	for stack in hub predecessor successor; do \
	  PATH="$(CURDIR)/$(BIN):$$PATH" sam build --config-env "local-$$stack"; \
	  requirements/byte-code ".aws-sam/local-$$stack"; \
	done

local: $(DEV) $(LOCAL) ## the local AWS with every stack deployed; stop it with make local-down
	$(BIN)/python -m local up

local-down: $(DEV) ## stop what make local started
	$(BIN)/python -m local down

deploy: $(DEV) ## sam deploy to AWS: make deploy ENV=hub|predecessor|successor
	PATH="$(CURDIR)/$(BIN):$$PATH" sam build --config-env $(ENV)
	requirements/byte-code .aws-sam/build
	PATH="$(CURDIR)/$(BIN):$$PATH" sam deploy --config-env $(ENV)

# requirements/find-uv puts uv under .uv/ when there is none on the PATH.
$(DEV): requirements/dev.txt pyproject.toml requirements/find-uv
	read -r uv python < <(requirements/find-uv); \
	"$$uv" venv --quiet --allow-existing --python "$$python" .venv; \
	"$$uv" pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt; \
	"$$uv" pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# The emulator, what its functions find installed, and checkov: apart from each other and from the rest, as their releases differ.
# Compiled at once, as a function's cold start would otherwise compile the SDK each time.
.venv-%/.stamp: requirements/%.txt requirements/find-uv
	read -r uv python < <(requirements/find-uv); \
	"$$uv" venv --quiet --allow-existing --python "$$python" .venv-$*; \
	"$$uv" pip sync --quiet --compile-bytecode --python .venv-$*/bin/python --require-hashes requirements/$*.txt
	@touch $@

lock: ## resolve requirements/*.in again; make lock UPGRADE=--upgrade for newer releases
	read -r uv python < <(requirements/find-uv); \
	for name in dev local lambda checks fuzz audit; do \
	  "$$uv" pip compile --quiet $(UPGRADE) --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command "make lock" --output-file "requirements/$$name.txt" "requirements/$$name.in"; \
	done

clean: ## remove what make made, the environments included
	if [ -x $(BIN)/python ] && [ -f build/local-up/running.json ]; then $(BIN)/python -m local down; fi
	rm -rf build dist .aws-sam .venv .venv-local .venv-lambda .venv-checks .venv-fuzz .venv-audit .uv .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
