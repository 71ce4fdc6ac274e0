# Everything a developer repeats. `make help` lists the targets; the words come from the ## comments.

PY := .venv/bin/python
MAKEFLAGS += --no-print-directory
export PYTHON

# Every server, worker and process of tests reads the modules anew: compiled, they load in two thirds of the time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run check test test-thorough test-browser bench docs bricks

help:  ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/ready-run  ## Create .venv and install what the studio needs to run
	@echo "Ready: make run"

run: .venv/ready-run  ## Install what is missing, then start the studio (ARGS="--port 8000")
	@exec $(PY) main.py serve $(ARGS)

check: .venv/ready-test  ## Format, lint and types, of Python and of the page: no test runs
	@$(PY) -m tools.check

test: check  ## Everything: check, then the unit, integration and browser tests
	@$(PY) -m tools.browser
	@exec $(PY) -m tools.suite $(ARGS)

test-thorough: check  ## As test, with many more random examples of each property
	@$(PY) -m tools.browser
	@exec $(PY) -m tools.suite --hypothesis-profile=thorough $(ARGS)

test-browser: .venv/ready-test  ## Only the tests that drive the page in a browser
	@$(PY) -m tools.browser
	@exec $(PY) -m pytest tests/browser --numprocesses=2 --dist=loadfile $(ARGS)

bench: .venv/ready-run  ## Measure the speed that must be kept; writes JSON and prints a table
	@exec $(PY) main.py bench $(ARGS)

docs: .venv/ready-run  ## Rewrite what is generated from the code: docs/reference/, docs/bricks.md
	@$(PY) -m tools.docs

bricks: .venv/ready-test docs  ## Take the pictures of docs/bricks.md from a running studio
	@$(PY) -m tools.brick_pictures

# A level is ready when its stamp is newer than the files that decide what is installed. The tool
# compares their hash, so that a mere change of date installs nothing.
.venv/ready-run: requirements.txt constraints.txt tools/setup.py
	@sh tools/python.sh -m tools.setup run

.venv/ready-test: requirements.txt requirements-dev.txt constraints.txt tools/setup.py
	@sh tools/python.sh -m tools.setup test

# An environment whose Python is gone (an upgrade of the system) is made anew, whatever the stamps say.
ifneq ($(shell test -x $(PY) && echo yes),yes)
.PHONY: .venv/ready-run .venv/ready-test
endif
