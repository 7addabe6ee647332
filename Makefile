# Everything runs in .venv, which the first target to need it makes. `make` alone lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
JOBS ?= 2
SECONDS ?= 60

.PHONY: help setup demo test lint notebooks bench fuzz clean

help:  ## list these targets
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

setup:  ## make .venv and install the project into it (the other targets do so themselves)
	@tools/setup

demo: setup  ## two captured incidents, from evidence to report: into out/demo
	@tools/demo

test: setup  ## all tests, JOBS=2 at a time; those of the HTML report need chromium, which is installed where that is allowed
	@tools/system_packages chromium chromium-driver || echo 'test: the HTML report is not opened in a browser' >&2
	@$(BIN)/python -m pytest -n $(JOBS)

lint: setup  ## style
	@$(BIN)/ruff check .

notebooks: setup  ## run the notebooks and keep their outputs
	@$(BIN)/python -m tools.notebooks

bench:  ## every benchmark in bench/, beside its peers, on this machine
	@tools/setup bench
	@tools/system_packages lnav || echo 'bench: going on without the comparison with lnav' >&2
	@status=0; for script in bench/[a-z]*.py; do \
		$(BIN)/python -m bench.$$(basename $$script .py) || status=1; \
	done; exit $$status

fuzz:  ## for SECONDS=60: property tests with fresh examples, then coverage-guided fuzzing of what reads bytes
	@tools/setup fuzz
	@tools/fuzz $(SECONDS) $(JOBS)

clean:  ## remove .venv and everything that was made
	rm -rf .venv out build bench/out *.egg-info .pytest_cache .hypothesis .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
