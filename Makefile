# Everything a newcomer needs; `make help` lists it. The work itself is in .ci/setup and .ci/lock.
.DEFAULT_GOAL := help
.PHONY: help setup run test nightly lint types contracts check bench soak api outside lock clean

# Where a shell forbids bytecode, every process started here would compile the whole house anew.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
WORKERS ?= 2
DONORS ?= 200
EXAMPLES ?= 100

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: ## Prepare .venv and the system's packages (quick the second time)
	@.ci/setup

run: setup ## Start the whole service with sample data (Ctrl-C stops it)
	@$(BIN)/fund demo

test: setup ## Run every test
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile

nightly: setup ## The allocation rule against enumeration (10,000 problems) and HiGHS (1,000), its properties at length
	@FUND_NIGHTLY=1 $(BIN)/pytest -n $(WORKERS) tests/allocation

lint: setup ## Format and style
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: setup ## Static types, strict
	@$(BIN)/mypy

contracts: setup ## Which room may import which
	@$(BIN)/lint-imports

check: lint types contracts test ## All that CI runs: lint, types, contracts, tests

bench: setup ## Measure (prints figures, decides nothing)
	@for bench in tests/bench/*_bench.py; do echo "== $$bench"; $(BIN)/python $$bench || exit 1; done

soak: setup ## DONORS=200 impatient donors at once on a real demo of its own, with kills; says the figures
	@FUND_SOAK_DONORS=$(DONORS) $(BIN)/pytest -q -s -n 0 tests/journeys/test_parallel_checkouts.py

api: setup ## Schemathesis asks the API more: EXAMPLES=100 for each endpoint, and its coverage of the edges
	@FUND_API_EXAMPLES=$(EXAMPLES) $(BIN)/pytest -q -n 0 tests/api/test_api_schemathesis.py

outside: setup ## Other people's programs check a release (RELEASE=folder, or ENTRIES=20000 made up)
	@tests/outside/run

lock: setup ## Pin every dependency again, with hashes
	@.ci/lock

clean: ## Remove what was made here; the data directory stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	@find fund tests migrations -name __pycache__ -type d -prune -exec rm -rf {} +
