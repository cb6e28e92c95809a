# Everything a newcomer needs: `make demo` and `make test`. Both install first what is missing,
# into .venv, node_modules and var; stamp files, compared with the lock files, tell what is.

PYTHON ?= python3
PORT ?= 8000
PROCESSES ?= 2
BIN := .venv/bin

.PHONY: help demo demo-reset stop setup setup-test test check format screenshots axe lighthouse \
  lock messages clean

help:  ## this list
	@sed -nE 's/^([a-z-]+):.*## /\1\t/p' Makefile | expand -t 14

demo: setup  ## the whole product, with demo data: http://127.0.0.1:8000, or PORT=…
	@exec $(BIN)/python -m config.supervisor --port "$(PORT)"

demo-reset: setup  ## the same, after forgetting the demo's data
	@exec $(BIN)/python -m config.supervisor --port "$(PORT)" --reset

stop:  ## stop the demo and the embedded servers
	@[ ! -e .venv/installed ] || $(BIN)/python -m config.supervisor --stop

test: setup-test check  ## all checks, then all tests (ARGS=… for pytest)
	$(BIN)/pytest -n $(PROCESSES) $(ARGS)

check: setup  ## lint, format, types, layers, migrations, templates
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	CREDITDESK_ENV=build $(BIN)/python -W ignore manage.py makemigrations --check --dry-run
	$(BIN)/djlint --quiet --check --lint templates

format:  ## put code and templates into shape
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format
	$(BIN)/djlint --quiet --reformat templates

# Looking at every page

screenshots: setup-test  ## pictures of every page in docs/screenshots (ARGS=… beginnings of names)
	@$(BIN)/python setup/system_libraries.py screenshots
	@$(BIN)/python -m tests.looks pictures $(ARGS)

axe: setup-test  ## barriers and layout shifts on every page (ARGS=…)
	@$(BIN)/python -m tests.looks axe $(ARGS)

lighthouse: setup-test bench/lighthouse/node_modules/installed  ## the main pages measured (ARGS=…)
	@PATH="$$PATH:$(CURDIR)/$(BIN)" $(BIN)/python -m tests.looks lighthouse $(ARGS)

bench/lighthouse/node_modules/installed: bench/lighthouse/package-lock.json
	cd bench/lighthouse && PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --silent
	@touch $@

# Setting up

TEXTS := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))
MADE := static/made/tabler.css static/made/inter.woff2
# Where the names of classes stand.
STYLED := $(shell find templates static/js config customers creditnotes approvals portal \
  -name '*.html' -o -name '*.js' -o -name '*.py')

setup: .venv/installed node_modules/installed $(MADE) $(TEXTS)  ## only install
	@$(BIN)/python setup/system_libraries.py run

setup-test: setup
	@$(BIN)/python setup/system_libraries.py test

.venv/bin/python:
	@$(PYTHON) -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Creditdesk needs Python 3.11 or newer with venv (Debian: python3, python3-venv)."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: requirements-uv.lock requirements-dev.lock | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	$(BIN)/uv pip sync --quiet --require-hashes requirements-uv.lock requirements-dev.lock
	@touch $@

# A machine without Node gets one as a Python package.
node_modules/installed: package.json package-lock.json requirements-node.lock | .venv/installed
	@command -v npm >/dev/null || $(BIN)/uv pip install --quiet --require-hashes -r requirements-node.lock
	PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --silent
	@touch $@

static/made/tabler.css: setup/cut_styles.mjs node_modules/installed $(STYLED)
	@PATH="$$PATH:$(CURDIR)/$(BIN)" node $<

static/made/inter.woff2: setup/cut_font.py node_modules/installed
	@$(BIN)/python $<

%.mo: %.po
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

# Maintaining

COMPILE := $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header \
  --no-emit-index-url --no-emit-find-links

lock:  ## renew the lock files (ARGS=--upgrade for newer versions)
	$(COMPILE) $(ARGS) pyproject.toml -o requirements.lock
	$(COMPILE) $(ARGS) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) $(ARGS) --group uv -o requirements-uv.lock
	$(COMPILE) $(ARGS) --group node -o requirements-node.lock
	npm install --package-lock-only --silent
	cd bench/lighthouse && npm install --package-lock-only --silent

messages:  ## collect the texts to translate
	CREDITDESK_ENV=build $(BIN)/python manage.py makemessages --locale fr_CA --no-location \
	  --ignore node_modules --ignore tests --ignore var

clean: stop  ## remove all that is not source
	@[ ! -e .venv/installed ] || $(BIN)/python -m config.embedded
	rm -rf .venv node_modules bench/lighthouse/node_modules static/made var
