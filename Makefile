# Everything lives in .venv; nothing but Python 3.11+ and make is needed.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.run-ready
DEV_READY := $(VENV)/.dev-ready
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: run test check drill short-drill bench lock browser pictures

run: $(RUN_READY)
	@exec $(BIN)/inspection up --bind 127.0.0.1:$(PORT)

# The longest first, so that both workers end together.
test: $(DEV_READY) browser
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -rs --no-fold-skipped \
	  $(addprefix tests/,phone desk journeys house api pages actions rules)

check: $(DEV_READY)
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/inspection checklist lint checklists/definitions/*.yaml

short-drill: $(DEV_READY) browser
	$(BIN)/python -m pytest -n 2 --dist loadfile -rs --no-fold-skipped -m short_drill tests

drill: $(DEV_READY) browser
	$(BIN)/python -m pytest -n 0 -m "drill or short_drill or hypothesis" --hypothesis-profile=drill --timeout=3600 tests
	PHONE_ENGINE=postgresql $(BIN)/python -m pytest -n 0 -m "not drill" --timeout=3600 tests/phone \
	  --ignore tests/phone/test_vectors.py --ignore tests/phone/test_every_screen.py

# The phone's tests need the system's Chromium, and a font that has Chinese. Where it cannot be had they are skipped.
browser:
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && { apt-get -qq update; \
	  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium fonts-wqy-microhei; }; } \
	  >/dev/null || echo "*** No chromium: THE BROWSER TESTS WILL BE SKIPPED ***"

bench: $(DEV_READY)
	$(BIN)/python -m benchmarks

# The manuals' pictures, anew.
pictures: $(DEV_READY) browser
	$(BIN)/python -m tests.phone.pictures
	$(BIN)/python -m tests.desk.pictures

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
