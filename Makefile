# Credence: everything starts here. Needs Python 3.11 or later and nothing else.
#   make demo    build .venv and run the whole journey
#   make test    build .venv and run the default tests
# PYTHON=python3.12 chooses the interpreter, VENV=dir the environment.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

IS_RECENT := import sys; sys.exit(sys.version_info < (3, 11))
ifndef PYTHON
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" -c '$(IS_RECENT)' >/dev/null 2>&1 && echo "$$python" && break; done)
endif

VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV := $(BIN)/uv --quiet --no-progress
VECTORS ?= $(or $(CREDENCE_SHARED),../shared)/vectors

export VIRTUAL_ENV := $(abspath $(VENV))

.PHONY: help setup demo test lint bench soak conformance interop lock build clean

help:  ## say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

setup: $(STAMP)  ## build the environment from requirements.lock (hashes checked)
	@:

# uv itself is one of the pinned packages: pip fetches that one, uv the rest.
$(STAMP): requirements.lock pyproject.toml
	@"$(PYTHON)" -c '$(IS_RECENT)' 2>/dev/null || { \
		echo "Credence needs Python 3.11 or later; none was found (PYTHON='$(PYTHON)'). Try: make setup PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "setup: $(VENV)" >&2
	@rm -f $(STAMP)
	@"$(BIN)/python" -c '$(IS_RECENT)' 2>/dev/null || "$(PYTHON)" -m venv --clear "$(VENV)"
	@want=$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock); \
	have=uv==$$("$(BIN)/uv" --version 2>/dev/null | cut -d' ' -f2 || true); \
	if [ "$$want" != "$$have" ]; then \
		sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > "$(VENV)/uv.lock"; \
		"$(BIN)/python" -m ensurepip >/dev/null; \
		"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$(VENV)/uv.lock"; \
	fi
	@$(UV) pip sync --compile-bytecode --require-hashes requirements.lock
	@$(UV) pip install --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: setup  ## run the whole journey: two persons, two venues, terms side by side
	@$(BIN)/credence demo

test: setup  ## the default tests
	@$(BIN)/pytest -n 2 --dist loadfile

lint: setup  ## ruff, mypy strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup  ## measure proofs on this machine
	@$(BIN)/credence bench

soak: setup  ## the figures that take minutes (docs/soak.md); SOAK="races kills --json file"
	@$(BIN)/python -m tests.soak $(SOAK)

conformance: setup  ## run official vectors; VECTORS=folder
	@$(BIN)/credence conformance --vectors $(VECTORS)

interop: setup  ## proofs of an independent implementation, the report in a browser (needs node, npm, Chromium)
	npm ci --no-audit --no-fund --ignore-scripts
	$(BIN)/pytest -m interop

lock: setup  ## renew requirements.lock: every version, with hashes, without addresses
	@$(UV) pip compile pyproject.toml --group dev --universal --python-version 3.11 --upgrade --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file requirements.lock

build: setup  ## build the wheel into dist/
	@$(UV) build --wheel --no-build-isolation --python $(BIN)/python --out-dir dist

clean:  ## remove what make made
	rm -rf .venv dist node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
