from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.samplers import RandomSampler, TPESampler

from studies.schedule import study as study_module
from studies.schedule.budget import counted
from studies.schedule.plan import plan_trials
from studies.schedule.queue import take
from studies.schedule.screen import measured
from studies.schedule.study import OpenStudy, create_or_open, open_study
from studies.schedule.tune.tuning import Tuning
from studies.workers.repair import restore
from studies.workers.worker import work
from tests.processes import ROOT, Forked
from tests.studies.commands import Commands
from tests.studies.made_runs import ARCHITECTURES, made_pools
from tests.studies.made_settings import made_settings
from tests.studies.schedule.conftest import only
from wsnas.errors import InputError

OWN = """
import optuna

class Fixed(optuna.samplers.RandomSampler):
    def sample_independent(self, study, trial, name, *distribution):
        chosen = super().sample_independent(study, trial, name, *distribution)
        return 0.0123 if name == "learning_rate" else chosen

def sampler(seed):
    return Fixed(seed=seed)

def broken():
    raise KeyError("no such file")

def number():
    return 3

pruner = optuna.pruners.NopPruner
ready = optuna.pruners.NopPruner()
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a module of a user's, ``own_parts``, which is the present one."""
    (tmp_path / "own_parts.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("own_parts", None)


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for module in (study_module, measured):
        monkeypatch.setattr(module, "load_pools", made_pools)
    monkeypatch.setattr(study_module, "pool_costs", lambda *_: np.zeros((2, ARCHITECTURES)))
    return f"sqlite:///{tmp_path}/wsnas.db"


def make(address: str, tuning: Tuning | None = None) -> OpenStudy:
    settings = made_settings(factors=only("learning_rate", "path_dropout"))
    opened = create_or_open(address, "x", settings, tuning=tuning)
    plan_trials(opened, budget=24)
    return opened


def suggested(opened: OpenStudy) -> dict[str, Any]:
    """Take the next trial, and return its recipe."""
    trial = take(opened, opened.study)
    assert trial is not None
    return {factor.name: factor.domain.suggest(trial, factor.name) for factor in opened.settings.factors}


def test_a_sampler_by_name_from_the_present_folder_chooses_what_tune_tries(own: Path, address: str) -> None:
    opened = make(address, Tuning(sampler="own_parts:sampler", pruner="own_parts:ready"))
    baselines = [dict(recipe) for recipe in opened.settings.baselines()]
    rates = [suggested(opened)["learning_rate"] for _ in range(len(baselines) + 2)]
    assert rates[: len(baselines)] == [recipe["learning_rate"] for recipe in baselines]
    assert rates[len(baselines) :] == [0.0123] * 2
    assert isinstance(opened.study.pruner, optuna.pruners.NopPruner)
    kept = opened.study.user_attrs
    assert (kept["sampler"], kept["pruner"]) == ("own_parts:sampler", "own_parts:ready")


def test_what_a_user_brings_is_made_once_with_a_seed_and_ours_anew_for_each_trial(address: str) -> None:
    seeds: list[int] = []

    def sampler(seed: int) -> RandomSampler:
        seeds.append(seed)
        return RandomSampler(seed=seed)

    opened = make(address, Tuning(sampler=sampler))
    first, second = suggested(opened), suggested(opened)
    assert len(seeds) == 1
    assert opened.study.sampler is opened.tuning.parts(7, opened.settings.sizes())[0]
    assert isinstance(opened.study.pruner, optuna.pruners.MedianPruner)
    assert first.keys() == second.keys() > {"learning_rate"}
    ours = Tuning()
    some, others = (ours.parts(seed, opened.settings.sizes())[0] for seed in (1, 1))
    assert some is not others
    # Another process draws by a seed of its own.
    again = create_or_open(address, "x", opened.settings, tuning=Tuning(sampler=sampler))
    suggested(again)
    assert len(set(seeds)) == 2


@pytest.mark.parametrize(
    ("made", "asked", "words"),
    [
        ({"sampler": "a:b"}, {"sampler": "c:d"}, "made with sampler a:b, now it is c:d: give --sampler a:b"),
        ({"pruner": "a:b"}, {}, "made with pruner a:b, now it is the one of wsnas: give --pruner a:b"),
        (
            {},
            {"sampler": "c:d"},
            r"made with sampler TPESampler\(multivariate.*, now it is c:d: leave out --sampler",
        ),
        (
            {"sampler": TPESampler(seed=0)},
            {"sampler": RandomSampler()},
            "made with sampler optuna.samplers.*:TPESampler, now it is optuna.samplers.*:RandomSampler",
        ),
    ],
)
def test_another_sampler_or_pruner_is_named_by_all_who_run_trials(
    made: dict[str, Any], asked: dict[str, Any], words: str, address: str
) -> None:
    opened = make(address, Tuning(**made))
    with pytest.raises(InputError, match=words) as caught:
        make(address, Tuning(**asked))
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=words):
        open_study(address, "x", tuning=Tuning(**asked))
    make(address, Tuning(**made))
    # Who only looks needs neither.
    assert open_study(address, "x").name == opened.name


def test_a_study_of_an_earlier_version_goes_on_with_our_own(address: str) -> None:
    opened = make(address)
    opened.study.set_user_attr("parts", {})
    with opened.storage.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM study_user_attributes WHERE key = 'parts'")
    assert "parts" not in make(address).study.user_attrs
    with pytest.raises(InputError, match="leave out --pruner"):
        make(address, Tuning(pruner="own_parts:pruner"))


def test_a_study_that_is_made_again_from_its_half_keeps_its_sampler(own: Path, address: str) -> None:
    opened = make(address, Tuning(sampler="own_parts:sampler"))
    optuna.delete_study(study_name="x", storage=opened.storage)
    assert restore(opened.address, "x")
    assert open_study(address, "x").study.user_attrs["sampler"] == "own_parts:sampler"
    with pytest.raises(InputError, match="give --sampler own_parts:sampler"):
        make(address)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("TPESampler", "'TPESampler': package.module:factory is wanted"),
        ("nowhere.at_all:it", "nowhere.at_all cannot be imported .ModuleNotFoundError"),
        ("optuna.samplers:TPESampla", "has no 'TPESampla'.*did you mean TPESampler"),
        ("own_parts:broken", "it makes none .KeyError: .*no such file"),
        ("own_parts:number", "it makes a int, no sampler of Optuna"),
        ("own_parts:pruner", "it makes a NopPruner, no sampler of Optuna"),
        ("own_parts:OWN", "own_parts has no 'OWN'"),
        ("sys:path", "is neither a factory nor a sampler of Optuna"),
    ],
)
def test_what_is_no_sampler_is_refused_in_one_line_before_anything_is_written(
    text: str, words: str, own: Path, wsnas: Commands
) -> None:
    error = wsnas.refused("study", "--scale", "tiny", "--sampler", text)
    assert error.startswith("wsnas: sampler ")
    with pytest.raises(InputError, match=words):
        Tuning(sampler=text).check()
    assert not (own / "runs").exists()


def test_another_process_wants_names(address: str) -> None:
    assert Tuning(sampler="a:b", pruner="c:d").words() == ["--sampler=a:b", "--pruner=c:d"]
    assert Tuning().words() == []
    with pytest.raises(InputError, match="RandomSampler: another process wants a name"):
        Tuning(sampler=RandomSampler()).words()


class Runner:
    """Ends trials without training."""

    faults = 0

    class stop:  # noqa: N801
        requested = False

    def run(self, study: Any, trial: optuna.Trial) -> None:
        study.run(trial, lambda trial: trial.suggest_float("x", 0, 1))


def test_callbacks_hear_of_each_trial_and_may_stop_the_work(address: str) -> None:
    heard: list[tuple[str, int]] = []

    def callback(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        assert trial.state.is_finished()
        heard.append((study.study_name, trial.number))
        if len(heard) == 2:
            study.stop()

    opened = make(address, Tuning(callbacks=[callback]))
    runner: Any = Runner()
    work(opened, runner)
    assert heard == [("x", 0), ("x", 1)]
    assert len(counted(opened.study)) == 2

    def failing(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        raise ValueError("of the user's")

    with pytest.raises(ValueError, match="of the user's"):
        work(make(address, Tuning(callbacks=[failing])), runner)


def test_the_command_hands_its_parts_to_its_workers_and_is_refused_without_them(own: Path) -> None:
    options = ("--study", "x", "--scale", "tiny", "--factors", "learning_rate", "--workers", "1")
    given = ("--sampler", "own_parts:sampler", "--pruner", "optuna.pruners:NopPruner")
    # The workers open the study, which refuses other parts, and find that the time is over.
    study = Forked("study", *options, *given, "--hours", "1e-6", folder=own)
    assert study.wait(120) == 0, study.error
    opened = open_study(f"sqlite:///{own}/runs/wsnas.db", "x")
    assert opened.study.user_attrs["sampler"] == "own_parts:sampler"
    other = Forked("study", *options, folder=own, name="other")
    assert other.wait(60) == 2
    assert "made with sampler own_parts:sampler, now it is the one of wsnas" in other.error
    worker = Forked("worker", "--study", "x", "--sampler", "own_parts:sampler", folder=own, name="worker")
    assert worker.wait(60) == 2
    assert "give --pruner optuna.pruners:NopPruner" in worker.error


def test_the_example_runs_a_whole_study_from_python(tmp_path: Path) -> None:
    (tmp_path / "own_sampler.py").write_bytes((ROOT / "examples/own_sampler.py").read_bytes())
    run = (sys.executable, "own_sampler.py", "tiny")
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for line in ("nb201-tiny 0 baseline COMPLETE", "nb201-tiny-confirm 0 selection COMPLETE", "nb201-tiny: "):
        assert f"\n{line}" in f"\n{done.stdout}"
    kept = open_study(f"sqlite:///{tmp_path}/runs/wsnas.db", "nb201-tiny").study.user_attrs
    assert kept["sampler"] == "own_sampler:sampler"
    assert kept["pruner"].endswith(":PercentilePruner")
    assert kept["search"]
    assert (tmp_path / "runs/nb201-tiny/best.toml").exists()
