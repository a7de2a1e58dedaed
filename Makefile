# Everything lives in .venv; nothing but Python 3.11+ and make is needed.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.run-ready
DEV_READY := $(VENV)/.dev-ready
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: run test check drill bench lock

run: $(RUN_READY)
	@exec $(BIN)/inspection up --bind 127.0.0.1:$(PORT)

test: $(DEV_READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile tests

check: $(DEV_READY)
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/inspection checklist lint checklists/definitions/*.yaml

drill: $(DEV_READY)
	$(BIN)/python -m pytest -n 0 -m "drill or hypothesis" --hypothesis-profile=drill --timeout=3600 tests

bench: $(DEV_READY)
	$(BIN)/python -m benchmarks

$(RUN_READY): requirements/run.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements/run.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_READY): $(RUN_READY) requirements/dev.lock
	$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

lock: $(RUN_READY)
	$(PIP) install uv
	cd requirements && for set in run dev; do \
	  ../$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header $$set.in -o $$set.lock; \
	done
