# Every target prepares what it needs: a fresh checkout needs nothing but make and a Python.
PYTHON ?= python3
SEED ?= 1
ARGS ?=

SETUP := @$(PYTHON) -m tasks.setup
VENV := .venv/bin
# One test worker more than cores: browsers and programs are waited for.
WORKERS := $(shell $(PYTHON) -c "import os; print(min(4, (os.cpu_count() or 1) + 1))")

.DEFAULT_GOAL := help
.PHONY: help demo test faults faults-full coverage dev check parity bench pocket clean
.PHONY: gpu-parity gpu-speed gpu-experts gpu-pocket

help:
	@echo "make demo    let the pocket model try a browser and a desktop application (SEED=n)"
	@echo "make test    the tests (ARGS='-k word')"
	@echo "make faults  every promise tested by count, 6 minutes on two cores (faults-full: an hour)"
	@echo "make coverage  every branch of the sandbox, run by the tests of the sandbox and its commands"
	@echo "make check   ruff, mypy --strict, import contracts"
	@echo "make parity  the core against transformers on many prompts, for minutes"
	@echo "make dev     only prepare: environment, browser, virtual display"
	@echo "make bench   measure, and write results/ and the tables made from it"
	@echo "make pocket  train the pocket model from nothing; says how long it takes"
	@echo "make gpu-parity, gpu-speed, gpu-experts, gpu-pocket  on a GPU (ARGS=--rehearse: try on the CPU)"

demo:
	$(SETUP) demo
	@$(VENV)/python -m handrail.tasks.demo --seed $(SEED)

test:
	$(SETUP) test
	@$(VENV)/python -m pytest -n $(WORKERS) $(ARGS)

faults faults-full:
	$(SETUP) test
	$(VENV)/python -m tests.faults $(if $(findstring full,$@),--full) $(ARGS)
	$(VENV)/python -m handrail.tasks.results

coverage:
	$(SETUP) test
	@$(VENV)/python -m pytest -q --cov --cov-report=term tests/sandbox tests/attacks $(ARGS)

dev:
	$(SETUP) dev
	@echo "ready: $(VENV)/handrail, make test, make check"

check:
	$(SETUP) check
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports

parity:
	$(SETUP) test
	@$(VENV)/python -m pytest -n auto --maxprocesses=2 -m parity tests/model $(ARGS)

bench:
	$(SETUP) bench
	$(VENV)/python -m handrail.tasks.bench $(ARGS)
	$(VENV)/python -m handrail.tasks.suites.kernels
	$(VENV)/python -m handrail.tasks.suites.gate
	$(VENV)/python -m handrail.tasks.suites.snapshots
	$(VENV)/python -m handrail.tasks.results

pocket:
	$(SETUP) pocket
	@started=$$(date +%s); $(VENV)/python -m handrail.model.pocket.recipe $(ARGS) && \
	  echo "make pocket took $$(( ($$(date +%s) - started) / 60 )) minutes"

gpu-parity gpu-speed gpu-experts:
	$(SETUP) test
	@$(VENV)/python -m tests.model.$(subst -,.,$@) $(ARGS)

gpu-pocket:
	$(MAKE) pocket ARGS="--device cuda $(ARGS)"

clean:
	rm -rf build dist *.egg-info
