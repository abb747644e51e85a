# Jieda: the developer's interface. `make help` lists what there is.
PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
VENV := .venv
BIN := $(VENV)/bin
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help install web demo run test check bench lock api clean

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.installed ## Make .venv with the base dependencies and the jieda command

$(VENV)/.installed: requirements/base.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Jieda needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/base.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

web: portal_api/static/.built ## Build widget, portal and console

portal_api/static/.built: $(VENV)/.installed $(WEB_SOURCES)
	@sh scripts/build_web.sh $(VENV)
	@touch $@

demo: install ## Load the sample company (again: changes nothing)
	@$(BIN)/jieda demo

run: install web ## Install, build, load the sample company and start the server (PORT=8000)
	@$(BIN)/jieda serve --host $(HOST) --port $(PORT) --check
	@$(BIN)/jieda demo
	@$(BIN)/jieda serve --host $(HOST) --port $(PORT)

$(VENV)/.tested: $(VENV)/.installed requirements/test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/test.lock
	@touch $@

test: $(VENV)/.tested ## Run the tests (browser tests run where Chromium and the built pages are)
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.tested ## Lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.tested ## Measure search and ingest, side by side with others
	$(BIN)/python -m benchmarks

api: $(VENV)/.installed ## Write the OpenAPI document and the web's types from it
	$(BIN)/python -m portal_api.openapi > web/api-client/openapi.json
	cd web && PATH="$$(sh ../scripts/node_path.sh ../$(VENV)):$$PATH" npm run --silent generate

lock: ## Pin all dependencies anew
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o requirements/base.lock
	$(BIN)/uv pip compile pyproject.toml --extra test --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -c requirements/base.lock -o requirements/test.lock

clean: ## Remove what was built, never your data in var/
	rm -rf $(VENV) portal_api/static web/node_modules web/*/node_modules web/*/dist
