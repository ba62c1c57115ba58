# make run    the design check of a reference meter, then the live meter with a recording as its load
# make test   everything CI does: lint, types, tests, foreign DLMS clients
# Both set themselves up: a virtual environment in .venv, nothing global. Python 3.11 or later, pip and make are enough.
# Compiled numba kernels are cached in __pycache__ beside their source (or, for a read-only tree, in the user's cache).

PYTHON   ?= python3
PLATFORM ?= platforms/home-1p.toml
LOAD     ?= recordings/household.npz
RATE     ?= 60
ARGS     ?=

VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test lint bench swarm crash clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv and install ferraris with its development tools

run: $(READY) ## check and run a meter: PLATFORM=file LOAD=recording RATE=60 ARGS="--port 4059"
	$(BIN)/ferraris run "$(PLATFORM)" --load "$(LOAD)" --rate $(RATE) $(ARGS)

lint: $(READY) ## ruff and mypy
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

# Outside CI a machine without a network still gets its verdict: the interoperability tests then skip and say why.
test: lint ## lint, types and all tests
	$(BIN)/python scripts/install_peers.py || test -z "$$CI"
	$(BIN)/python -m pytest -n 2 $(ARGS)

bench: $(READY) ## speed, as ratios measured side by side
	$(BIN)/python bench/run.py $(ARGS)

# A failing seed is printed; make swarm ARGS="--seed N" plays it alone and tells its story (docs/swarm.md).
swarm: $(READY) ## a thousand drawn weeks, meter against auditor: ARGS="--weeks 5000 --first 1000"
	$(BIN)/python scripts/swarm.py $(ARGS)

crash: $(READY) ## power cuts after every byte and flips of every bit, where the tests take a sample; takes an hour
	FERRARIS_EVERY_BYTE=1 $(BIN)/python -m pytest tests/crash $(ARGS)

clean: ## remove what make made
	rm -rf $(VENV) .peers build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The stamp is newer than pyproject.toml when the installed dependencies are those it names.
$(READY): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "ferraris needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Name another one, for example: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
