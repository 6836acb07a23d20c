.DEFAULT_GOAL := help
SHELL := /bin/sh
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVICES := audit certificates intake notify review
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"
READY := $(VENV)/.ready
RULES := $(addprefix tests/,architecture contracts shared $(SERVICES))
NOTHING := echo "nothing was set up here, so nothing runs; begin with: make demo"
AT_ONCE ?= 2
ROUNDS ?= 10
SEED ?= 1
REQUESTS ?= 50000
ifdef BROKERS
export SIGILL_BROKERS := $(BROKERS)
endif

##@ Every day
.PHONY: help setup demo down up status check test
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv and fetch the parts of the local stack (safe to repeat): PYTHON=python3.12
	@$(BIN)/python -m deploy.local fetch

$(READY): requirements/bootstrap.txt requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Sigill needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.12"; exit 1; }
	@echo "set-up: virtual environment in $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV) || \
	  { echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@echo "set-up: libraries, as locked"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	@touch $@

demo: setup ## Start everything, play a whole certification, leave it running: BROKERS=3 OPEN=1
	@$(BIN)/python -m deploy.local demo $(if $(OPEN),--open)

down: ## Stop the local stack and the services; the data stays
	@if [ -e $(READY) ]; then $(BIN)/python -m deploy.local down; else $(NOTHING); fi

up: setup ## Start what does not run, with its data: after make down, or when something has ended: BROKERS=3
	@$(BIN)/python -m deploy.local up

status: ## Say what runs, where, and whether it answers; ends badly when something has died
	@if [ -e $(READY) ]; then $(BIN)/python -m deploy.local status; else $(NOTHING); fi

check: $(READY) ## Format, lint, types, floors, tests of the rules: no network, under a minute
	@$(BIN)/ruff format --check --quiet . || { echo "run: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary & mypy=$$!; \
	  $(BIN)/basedpyright --level error & pyright=$$!; \
	  $(BIN)/lint-imports --no-logo && \
	  $(BIN)/pytest -q -m "not integration and not system and not thorough and not nightly" -p no:cacheprovider \
	    --ignore-glob='*/api/*' --hypothesis-profile=brief $(RULES); fast=$$?; \
	  wait $$mypy; types=$$?; wait $$pyright; strict=$$?; \
	  [ $$fast = 0 ] && [ $$types = 0 ] && [ $$strict = 0 ]

test: setup ## Every test, in processes with a local stack each: AT_ONCE=n
	@$(BIN)/pytest -n $(AT_ONCE) --dist loadfile --no-loadscope-reorder -m "not nightly"

##@ Now and then
.PHONY: format schemas nightly faults journeys planted hostile bench env sbom audit-libraries lock clean
format: $(READY) ## Format and mend what can be mended
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --fix --quiet .

schemas: $(READY) ## Write the JSON Schemas, AsyncAPI and OpenAPI documents anew from the code
	@$(BIN)/python -m deploy.schemas

nightly: setup ## The laws of every decider, ten thousand examples each; three brokers; upgrades
	@$(BIN)/pytest --hypothesis-profile=nightly $$(find tests -name 'test_*laws.py')
	@$(BIN)/pytest -m nightly

faults: setup ## Hurt a whole house under load: ROUNDS=n SEED=s FLAGS="--at-once 5 --faults 80"
	@$(BIN)/python -m tests.faults --rounds $(ROUNDS) --seed $(SEED) $(FLAGS)

journeys: setup ## Kill and stop a whole house while a certification is played in it: ROUNDS=n SEED=s
	@$(BIN)/python -m tests.faults.journeys --rounds $(ROUNDS) --seed $(SEED)

planted: setup ## Plant bugs in copies of the services and show which check finds each
	@$(BIN)/python -m tests.faults.planted

hostile: setup ## Send bad requests, made from our own documents, to a house: REQUESTS=n SEED=s
	@$(BIN)/python -m tests.hostile --requests $(REQUESTS) --seed $(SEED)

bench: setup ## Measure against peers and limits; prints ratios
	@$(BIN)/python -m bench

env: ## Write .env for docker compose, with fresh secrets, if there is none
	@$(PYTHON) deploy/fresh_env.py

sbom: $(READY) ## List what each service is made of (CycloneDX, validated) in .local/sbom
	@mkdir -p .local/sbom; tools=$$($(BIN)/python -m tests.deploy.environment) && \
	  for service in $(SERVICES); do \
	    $$tools/cyclonedx-py requirements requirements/$$service.txt --pyproject pyproject.toml \
	      --mc-type application --sv 1.6 --output-reproducible --of JSON --validate \
	      -o .local/sbom/$$service.cdx.json || exit 1; \
	  done; echo "sbom: .local/sbom"

audit-libraries: $(READY) ## Ask PyPI about known flaws of every locked library (needs PyPI itself)
	@tools=$$($(BIN)/python -m tests.deploy.environment) && \
	  $$tools/pip-audit --strict --disable-pip --require-hashes --progress-spinner off \
	    $(addprefix -r ,$(wildcard requirements/*.txt))

lock: $(READY) ## Resolve once for everyone, then one file per service out of that
	@$(COMPILE) pyproject.toml --extra dev -o requirements/dev.txt
	@for service in $(SERVICES); do \
	  $(COMPILE) pyproject.toml --extra $$service -c requirements/dev.txt \
	    -o requirements/$$service.txt || exit 1; \
	done
	@$(COMPILE) requirements/foreign.in -o requirements/foreign.txt
	@$(COMPILE) requirements/deploy.in -o requirements/deploy.txt
	@$(COMPILE) requirements/hostile.in -o requirements/hostile.txt
	@$(COMPILE) requirements/bench.in -o requirements/bench.txt
	@$(COMPILE) requirements/demo.in -c requirements/foreign.txt -o requirements/demo.txt
	@$(subst 3.11,3.12,$(COMPILE)) requirements/foreign-aics.in -o requirements/foreign-aics.txt
	@grep '^uv==' requirements/dev.txt | tr -d ' \\' | \
	  $(COMPILE) - -o requirements/bootstrap.txt

clean: ## Remove everything that set-up and the stack made here
	@if [ -x $(BIN)/typer ]; then $(BIN)/python -m deploy.local clean || true; fi
	@rm -rf .local $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
