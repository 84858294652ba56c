from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import FixedTrial, TrialState

from objectives import SpaceObjective, objective_for
from objectives.objective import METRIC
from objectives.question.inputs import load_pools
from tests.objectives.test_objective import ISSUE_POINT_5, Always
from wsnas.errors import InputError

ROOT = Path(__file__).parents[2]
TINY: dict[str, Any] = {"scale": "tiny", "fix": {"epochs": 1, "channels": 2, "cells": 1}}


@pytest.fixture(scope="module")
def objective() -> SpaceObjective:
    return objective_for("nb201", **TINY)


def study_of(objective: SpaceObjective, **options: Any) -> optuna.Study:
    sampler = optuna.samplers.RandomSampler(seed=0)
    return optuna.create_study(**{"directions": objective.directions, "sampler": sampler, **options})


def test_the_import_of_the_package_is_light() -> None:
    code = (
        "import sys, objectives; heavy = {'numpy', 'optuna', 'torch'};"
        "sys.exit(', '.join(heavy & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_study_of_ones_own_gets_the_values_and_attributes_of_wsnas_study(objective: SpaceObjective) -> None:
    study = study_of(objective)
    heard: list[int] = []
    study.optimize(objective, n_trials=2, callbacks=[lambda _study, trial: heard.append(trial.number)])
    assert heard == [0, 1]
    for trial in study.trials:
        assert trial.state is TrialState.COMPLETE
        assert trial.value == trial.user_attrs[METRIC]
        assert list(trial.intermediate_values) == [50, 100]
        assert set(trial.user_attrs) >= {*ISSUE_POINT_5, "pool", "supernet_parameters"}
        assert trial.params["epochs"] == 1
        assert list(trial.params) == list(objective.search_space())
    seeds = {trial.user_attrs["seed"] for trial in study.trials}
    assert len(seeds) == 2
    json.dumps(study.user_attrs["objective"])


def test_the_same_seed_and_number_give_the_same_value_and_a_trials_own_seed_goes_first(
    objective: SpaceObjective,
) -> None:
    def correct(of: SpaceObjective, **attributes: int) -> str:
        study = study_of(of)
        study.enqueue_trial({}, user_attrs=attributes)
        study.optimize(of, n_trials=1)
        return str(study.trials[0].user_attrs["correct"])

    first = correct(objective)
    assert correct(objective) == first
    given = correct(objective, seed=3)
    assert given != first
    assert correct(objective_for("nb201", **TINY), seed=3) == given


def test_a_pool_by_name_and_seed_is_that_of_studies(objective: SpaceObjective) -> None:
    fresh = objective_for("nb201", **TINY, pool="fresh")
    study = study_of(fresh)
    study.optimize(fresh, n_trials=1)
    assert study.trials[0].user_attrs["pool"] == "fresh"
    pools = load_pools(objective.question)
    assert study.trials[0].user_attrs["architectures"] == len(pools["fresh"])
    assert not {*pools["trials"].architectures} & {*pools["fresh"].architectures}


def test_the_studys_own_pruner_ends_runs(objective: SpaceObjective) -> None:
    study = study_of(objective, pruner=Always())
    study.optimize(objective, n_trials=1)
    assert study.trials[0].state is TrialState.PRUNED
    assert list(study.trials[0].intermediate_values) == [50]


def _one_trial(objective: SpaceObjective, storage: str, seed: int) -> None:
    sampler = optuna.samplers.RandomSampler(seed=seed)
    optuna.load_study(study_name="pool", storage=storage, sampler=sampler).optimize(objective, n_trials=1)


def test_a_pool_of_processes_shares_a_study(objective: SpaceObjective, tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path}/pool.db"
    study = study_of(objective, storage=storage, study_name="pool")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(_one_trial, [objective] * 2, [storage] * 2, range(2)))
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 2
    assert len({trial.user_attrs["correct"] for trial in study.trials}) == 2


def test_threads_and_a_journal_share_one_loaded_objective(tmp_path: Path) -> None:
    backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / "journal"))
    objective = pickle.loads(pickle.dumps(objective_for("nb201", **TINY)))
    study = study_of(objective, storage=optuna.storages.JournalStorage(backend))
    study.optimize(objective, n_trials=2, n_jobs=2)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 2


@pytest.mark.parametrize("cost", ["seconds", "parameters", "images_seen"])
def test_costs_are_minimised_beside(cost: Any, objective: SpaceObjective) -> None:
    both = objective_for("nb201", **TINY, costs=(cost,))
    study = study_of(both)
    study.set_metric_names(both.metric_names)
    study.optimize(both, n_trials=1)
    (trial,) = study.best_trials
    kept = trial.user_attrs
    wanted = {
        "seconds": kept["seconds_training"] + kept["seconds_ranking"],
        "parameters": kept["supernet_parameters"],
        "images_seen": kept["images_seen"],
    }
    assert trial.values == [kept[METRIC], wanted[cost]]
    assert both.directions == ["maximize", "minimize"]
    assert trial.values[1] > 0


def test_a_run_that_diverged_is_on_no_front(tmp_path: Path) -> None:
    (file := tmp_path / "domains.toml").write_text("learning_rate = {low = 1e-3, high = 1e31, log = true}\n")
    both = objective_for("nb201", **TINY, costs=("seconds", "images_seen"), domains=file)
    study = study_of(both)
    study.enqueue_trial({"learning_rate": 1e30})
    study.enqueue_trial({"learning_rate": 0.05})
    study.optimize(both, n_trials=2)
    assert study.trials[0].values == [-1.0, math.inf, math.inf]
    assert [trial.number for trial in study.best_trials] == [1]


def test_optunas_own_commands_ask_and_are_told(objective: SpaceObjective, tmp_path: Path) -> None:
    """`optuna ask` gives parameters to a program that evaluates them, and is told by `optuna tell`."""
    storage = ("--storage", f"sqlite:///{tmp_path}/cli.db", "--study-name", "cli")
    spaces = {
        name: json.loads(optuna.distributions.distribution_to_json(one))
        for name, one in objective.search_space().items()
    }

    def command(*words: str) -> str:
        run = (sys.executable, "-c", "from optuna.cli import main; main()", *words)
        return subprocess.run(run, check=True, capture_output=True, text=True).stdout

    command("create-study", *storage, "--direction", "maximize")
    asked = json.loads(command("ask", *storage, "--search-space", json.dumps(spaces), "--format", "json"))
    value = objective(FixedTrial(asked["params"], number=asked["number"]))
    command("tell", *storage, "--trial-number", str(asked["number"]), "--values", str(value))
    study = optuna.load_study(storage=storage[1], study_name="cli")
    assert study.best_value == value


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"space": "nb202"}, "unknown space 'nb202'.*nb201"),
        ({"scale": "tinny"}, "unknown scale 'tinny'.*did you mean tiny"),
        ({"fix": {"rate": 0.1}}, "fix: unknown factor 'rate'"),
        ({"fix": {"wsbn": 3}}, "wsbn=3: choose one of"),
        ({"factors": ("rate",)}, "factors: unknown factor 'rate'"),
        ({"pool": "test"}, "pool 'test': .*trials"),
        ({"costs": ("hours",)}, "costs .*seconds"),
        ({"costs": ("seconds", "seconds")}, "costs .*each once"),
        ({"seed": -1}, "seed -1: a whole number"),
        ({"data": "imagenet"}, "unknown data set 'imagenet'"),
    ],
)
def test_what_is_not_known_is_refused_in_one_line(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        objective_for(**{"space": "nb201", "scale": "tiny", **options})
    assert "\n" not in str(caught.value)


def test_a_study_of_other_directions_or_of_another_objective_is_refused(objective: SpaceObjective) -> None:
    minimising = optuna.create_study(study_name="down")
    with pytest.raises(InputError, match=r"study 'down' has directions \['minimize'\].*\['maximize'\]"):
        minimising.optimize(objective, n_trials=1)
    study = study_of(objective, study_name="mine")
    study.set_user_attr("objective", {**objective.note(), "scale": "mini"})
    with pytest.raises(InputError, match=r"another objective .scale was 'mini', now it is 'tiny'"):
        study.optimize(objective, n_trials=1)
    study.set_user_attr("objective", objective_for("nb201", scale="tiny").note())
    with pytest.raises(InputError, match=r"its factor .* is another one"):
        study.optimize(objective, n_trials=1)
    assert {trial.state for trial in study.trials} == {TrialState.FAIL}


def test_the_example_runs(tmp_path: Path) -> None:
    run = (sys.executable, str(ROOT / "examples/own_study.py"), "tiny")
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "2 COMPLETE" in done.stdout or "2 PRUNED" in done.stdout
    assert len(optuna.load_study(storage=f"sqlite:///{tmp_path}/own.db", study_name="front").trials) == 3
