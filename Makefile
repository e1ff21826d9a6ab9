# The commands of the house. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CACHE := .cache
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
LOCK_TOOL := $(CACHE)/lock
PLAIN := $(CACHE)/bench
COMPILE := $(LOCK_TOOL)/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes \
	--no-emit-index-url --allow-unsafe --custom-compile-command "make lock"

# Tests and benchmarks keep the models beside the code, whatever the platform on this machine holds.
test models bench: export AI4V_MODEL_DIR ?= $(CURDIR)/$(CACHE)/models

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: up
up: $(VENV)/.runtime ## Start the platform; ARGS=--detach returns once it is healthy
	@exec $(BIN)/ai4v up $(ARGS)

.PHONY: stop
stop: ## Stop a platform that runs detached
	@exec $(BIN)/ai4v stop $(ARGS)

.PHONY: check
check: $(VENV)/.dev ## Run every static gate and the unit tests
	@$(BIN)/python -m tools.gate check

.PHONY: test
test: $(VENV)/.dev models ## Run `check` and every other test, as CI does
	@$(BIN)/python -m tools.gate test

.PHONY: models
models: $(VENV)/.dev
	@$(BIN)/ai4v models pull --accept-licences

.PHONY: format
format: $(VENV)/.dev ## Let ruff format and mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: openapi
openapi: $(VENV)/.dev ## Write docs/openapi from the services' own routes
	@$(BIN)/python -m tools.openapi

.PHONY: languages
languages: $(VENV)/.dev ## Write docs/languages.md from what the engines declare
	@$(BIN)/python -m tools.language

.PHONY: coverage-floor
coverage-floor: ## Lift the coverage floor to what the last `make test` measured
	@$(BIN)/python -m tools.ratchet --raise

.PHONY: bench
bench: $(VENV)/.dev models ## Measure, and write docs/benchmarks.md
	@$(BIN)/python -m bench $(ARGS)

.PHONY: bench-gateway
bench-gateway: $(VENV)/.dev $(PLAIN)/.done ## Measure the gateway beside nginx, and write docs/benchmarks-gateway.md
	@$(BIN)/python -m bench.edge $(PLAIN)/bin/python

CHAOS := tests/connected/chaos tests/connected/platform/test_scale.py tests/connected/platform/test_deadline.py
.PHONY: chaos
chaos: $(VENV)/.dev ## Kill, pause and flood for long, with times asserted; AI4V_CHAOS_SEED fixes the seed
	@AI4V_CHAOS=full $(BIN)/python -m pytest $(CHAOS) -p no:randomly -s --timeout 900 $(ARGS)

.PHONY: lock
lock: $(LOCK_TOOL)/bin/uv ## Write the lock files anew from requirements/*.in
	@$(COMPILE) requirements/bootstrap.in -o requirements/bootstrap.txt
	@$(COMPILE) requirements/runtime.in -o requirements/runtime.txt
	@$(COMPILE) requirements/dev.in -o requirements/dev.txt
	@$(COMPILE) requirements/bench.in -o requirements/bench.txt

.PHONY: clean
clean: ## Remove the environment and every cache, not the models and not the data
	@rm -rf $(VENV) $(LOCK_TOOL) $(CACHE)/report .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache .hypothesis .coverage .coverage.* htmlcov
	@find src tests tools bench migrations -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/bootstrap.txt requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing the locked packages"
	@$(PIP) install --quiet --require-hashes -r requirements/bootstrap.txt
	@$(PIP) install --quiet --require-hashes -r requirements/runtime.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "installing what the gates and tests add"
	@$(PIP) install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

$(PLAIN)/.done: requirements/bench.txt | $(VENV)/bin/python
	@$(PYTHON) -m venv $(PLAIN)
	@$(PLAIN)/bin/python -m pip --disable-pip-version-check --no-input install --quiet --require-hashes -r requirements/bench.txt
	@touch $@

$(LOCK_TOOL)/bin/uv:
	@$(PYTHON) -m venv $(LOCK_TOOL)
	@$(LOCK_TOOL)/bin/python -m pip --disable-pip-version-check install --quiet uv
