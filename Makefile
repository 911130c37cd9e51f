# One list of commands for people and for CI. `make help` lists them.
SHELL := /bin/bash
PY := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help setup check static unit test demo bench accuracy docs words lock format clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: .venv/.ready ## make .venv from the lock file
.venv/.ready: requirements.lock pyproject.toml scripts/setup.sh
	@scripts/setup.sh

# `make test` holds all that `unit` holds: asked for together, the tests run once.
ifneq (,$(filter test,$(MAKECMDGOALS)))
check: static ## format, lint, imports, types, dependencies, quick tests
else
check: static unit ## format, lint, imports, types, dependencies, quick tests
endif

static: setup
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports
	.venv/bin/mypy
	.venv/bin/deptry --no-ansi audits connector webhooks

unit: setup
	.venv/bin/pytest -q -n 2 -m "not postgres and not browser and not process"

test: setup ## all tests, with PostgreSQL and Chromium
	@scripts/test_needs.sh
	.venv/bin/pytest -q -n 2 --dist loadfile

demo: setup ## a CRM sandbox, the app and a worker, installed and filled, to click through
	.venv/bin/leadassay demo

bench: setup ## the benchmarks, each with a ratio inside one run
	$(PY) benchmarks/intake.py
	$(PY) benchmarks/working_time.py
	$(PY) benchmarks/audit.py
	$(PY) benchmarks/exports.py
	$(PY) benchmarks/statement.py
	$(PY) benchmarks/cards.py
	$(PY) benchmarks/crm_budget.py
	$(PY) benchmarks/compare.py
	$(PY) benchmarks/lead_truth.py
	$(PY) benchmarks/duplicates.py
	$(PY) benchmarks/new_lead.py
	$(PY) benchmarks/neighbours.py

accuracy: setup ## lead truth against sets made by others, with peers; writes docs/accuracy.md
	$(PY) -m scripts.accuracy

docs: setup ## renew the pages that are made from the code
	$(PY) -m audits.reports.rulebook_page > docs/rulebook.md
	$(PY) -m audits.reports.truth_page > docs/lead-truth.md
	$(PY) -m tests.conformance.page > docs/crms.md

words: setup ## bring the catalogs of translations up to the texts in the code, and compile them
	$(PY) -m scripts.words

lock: ## renew the lock file from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --no-annotate --python-version 3.11 -o requirements.lock

format: setup ## let ruff format and mend what it can
	.venv/bin/ruff format --quiet .
	.venv/bin/ruff check --quiet --fix .

clean: ## remove the environment and all caches
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
