VENV ?= .venv
BIN = $(VENV)/bin
DATA ?= ../shared/data

.PHONY: setup run test check fix bench docs

setup:  ## everything for development
	python3 -m venv $(VENV) && $(BIN)/pip install -e '.[dev]'

run:  ## the server
	$(BIN)/image-tagger serve

test:  ## all tests
	$(BIN)/pytest

check:  ## what has to be green before a push, tests aside
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

fix:  ## what tools can mend by themselves
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench:  ## the figures of docs/benchmarks.md
	$(BIN)/python -m benchmarks --data $(DATA)

docs:  ## the settings table, from the settings themselves
	$(BIN)/python -m docs.settings_table
