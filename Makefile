# Voltway's tasks. `make` alone lists them. Each sets up what it needs; what is done already is not done again.
#   PYTHON=python3.12   the interpreter for .venv (else the newest from 3.11 up)
#   DB=postgresql       the database that the tests run on: sqlite (default), postgresql, mariadb (what is marked for it)
#   DATABASE_URL=...    a server of yours for it
#   ARGS="..."          more arguments for `voltway run`, pytest or bench/run.py

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export PYTHON
bin := .venv/bin
setup := tools/setup

DB ?= sqlite
# Half of a test's time is waiting. A worker keeps the tests of a file together, and with them the server that they share.
JOBS ?= 3
workers := -n $(JOBS) --dist worksteal
SEEDS ?= 20
export DATABASE_URL

.PHONY: help setup dev run test test-python test-web faults bench lint lint-python lint-generated lint-web format web web-packages
.PHONY: openapi coverage-page detection-page reliability-page mutate screenshots lock hooks clean

help: ## list these tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup: ## make .venv from the locked requirements
	@$(setup)/python.sh run

dev:
	@$(setup)/python.sh dev

web-packages:
	@$(setup)/web.sh install

web: ## build the console and the driver app
	@$(setup)/web.sh build

run: setup web ## start Voltway with its demo network (ARGS="--http :8080"); Ctrl-C ends it
	@trap : INT; $(bin)/voltway run --demo --data-dir data/demo $(ARGS)

test: test-python ## run the tests (DB=sqlite|postgresql|mariadb, ARGS="-k word")
	@if [ "$(DB)" = sqlite ]; then $(MAKE) test-web; fi

test-python: dev web
	@$(setup)/browser.sh
	@$(setup)/node_stations.sh
	@$(setup)/mosquitto.sh
	@$(setup)/with_database.sh $(DB) $(bin)/pytest $(workers) $(if $(filter mariadb,$(DB)),-m mariadb) $(ARGS)

test-web: web-packages
	@cd web && npm run --silent test </dev/null

faults: dev ## run every fault with many seeds of the simulator (SEEDS=20), and note what they came to
	@VOLTWAY_FAULTS=long VOLTWAY_FAULT_SEEDS=$(SEEDS) VOLTWAY_FAULT_RESULTS=docs/reliability-run.json \
	 $(setup)/with_database.sh $(DB) $(bin)/pytest $(workers) tests/fleet $(ARGS)
	@$(bin)/python tools/reliability_page.py

bench: dev ## measure messages per CPU-second, latency and memory; prints a table and JSON
	@$(bin)/python bench/run.py $(ARGS)

lint: lint-python lint-generated lint-web ## check style, types, layers and generated files

lint-python: dev
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports --no-logo

lint-generated: dev web-packages
	$(bin)/python tools/generate_ocpp.py --check
	$(bin)/voltway openapi --check
	$(bin)/python tools/coverage_page.py --check
	$(bin)/python tools/detection_page.py --check
	$(bin)/python tools/reliability_page.py --check
	cd web && npm run --silent generate -- -- --check </dev/null

lint-web: web-packages
	cd web && npm run --silent lint </dev/null

format: dev ## format the Python sources and mend what ruff can mend
	@$(bin)/ruff check --fix --quiet . ; $(bin)/ruff format .

openapi: dev web-packages ## write openapi.json, and the web's client from it
	$(bin)/voltway openapi
	cd web && npm run --silent generate </dev/null

coverage-page: dev ## write docs/ocpp-coverage.md: what of OCPP is handled and tested
	$(bin)/python tools/coverage_page.py

detection-page: dev ## write the table of rules in docs/detection.md
	$(bin)/python tools/detection_page.py

reliability-page: dev ## write the table of faults in docs/reliability.md
	$(bin)/python tools/reliability_page.py

mutate: dev ## break our code in listed ways, one after the other: each must turn its tests red (ARGS="word" chooses)
	@$(bin)/python tools/mutate.py $(ARGS)

screenshots: dev web ## take the README's pictures of the console
	@$(setup)/browser.sh
	$(bin)/python tools/screenshots.py $(ARGS)

# The run lock is resolved under the dev lock's versions, so that one .venv can satisfy both.
lock: dev ## resolve the requirements anew, with hashes (ARGS="--upgrade")
	$(bin)/uv pip compile $(locking) --group build --group dev pyproject.toml -o requirements-dev.lock
	$(bin)/uv pip compile $(locking) --group build -c requirements-dev.lock pyproject.toml -o requirements.lock

locking = --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command 'make lock' --no-annotate --extra cloud $(ARGS)

hooks: dev ## check every commit with pre-commit
	@$(bin)/pre-commit install

clean: ## remove everything that was made here, but not data/
	rm -rf .venv build dist bench/out tests/e2e/node/node_modules web/node_modules web/apps/*/dist web/apps/*/node_modules web/packages/*/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
	find . \( -name __pycache__ -o -name '*.egg-info' \) -prune -exec rm -rf {} +
