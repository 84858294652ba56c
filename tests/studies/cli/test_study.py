"""A whole study at the tiny scale, through the command line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import tomllib
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from studies.cli.study import larger_scale
from studies.storage import open_storage
from tests.processes import Forked, processes_in, wait_until
from tests.studies.commands import Commands

CHOICE = ("--scale", "tiny", "--study", "nb201-mini")
STUDY = ("study", "--space", "nb201", "--scale", "tiny", "--study", "x")


@pytest.fixture
def copy(small_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the finished study's folder, where commands run."""
    folder = shutil.copytree(small_study, tmp_path / "copy")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "100")
    return folder


def _trials(folder: Path, study: str = "nb201-mini") -> list[optuna.trial.FrozenTrial]:
    storage = open_storage(f"sqlite:///{folder}/runs/wsnas.db")
    return optuna.load_study(storage=storage, study_name=study).trials


def test_the_budget_is_exact_and_every_phase_ran(small_study: Path) -> None:
    trials = _trials(small_study)
    assert len(trials) == 6
    assert all(trial.state in (TrialState.COMPLETE, TrialState.PRUNED) for trial in trials)
    # A third tunes, which both baselines fill.
    assert [trial.user_attrs["phase"] for trial in trials] == 2 * ["baseline"] + 4 * ["screen"]
    assert all(trial.state is TrialState.COMPLETE for trial in trials)
    phases = [trial.user_attrs["phase"] for trial in _trials(small_study, "nb201-mini-confirm")]
    assert phases.count("selection") == 2
    assert phases.count("confirmation") in (2, 4)


def test_parameters_are_exactly_the_factors_and_attributes_say_where_a_value_comes_from(
    small_study: Path,
) -> None:
    from objectives.factors import catalogue

    for trial in _trials(small_study):
        assert set(trial.params) == {factor.name for factor in catalogue("nb201")}
        if trial.state is TrialState.COMPLETE:
            assert trial.value == trial.user_attrs["sparse_kendall_tau"]
            assert trial.user_attrs["table"] == "nb201-analog"
            assert len(trial.user_attrs["table_sha256"]) == 64


def test_confirmation_uses_fresh_seeds_that_winner_and_baseline_share(small_study: Path) -> None:
    used = {trial.user_attrs["seed"] for trial in _trials(small_study)}
    runs = [
        trial
        for trial in _trials(small_study, "nb201-mini-confirm")
        if trial.user_attrs["phase"] == "confirmation"
    ]
    seeds = [trial.user_attrs["seed"] for trial in runs]
    assert len(set(seeds)) == 2
    assert not used & set(seeds)
    assert all(trial.user_attrs["pool"] == "fresh" for trial in runs)


def test_the_answer_is_on_the_terminal_in_the_page_and_as_a_recipe(small_study: Path) -> None:
    output = (small_study / "study.out").read_text()
    assert "s-KdT" in output
    assert "report.html" in output
    page = (small_study / "runs/nb201-mini/report.html").read_text()
    assert "nb201-analog" in page
    recipe = tomllib.loads((small_study / "runs/nb201-mini/best.toml").read_text())
    assert recipe["space"] == "nb201"
    assert set(recipe["recipe"]) == set(_trials(small_study)[0].params)


def test_the_recipe_runs_again(small_study: Path, wsnas: Commands) -> None:
    recipe = str(small_study / "runs/nb201-mini/best.toml")
    result = json.loads(wsnas.output("train", "--recipe", recipe, "--json"))
    assert -1 <= result["sparse_kendall_tau"] <= 1
    assert result["sparse_kendall_tau_interval"][0] <= result["sparse_kendall_tau"]


def test_the_same_command_again_shows_the_answer_without_training(copy: Path, wsnas: Commands) -> None:
    before = [trial.datetime_complete for trial in _trials(copy)]
    assert "complete" in wsnas.output("study", *CHOICE)
    assert [trial.datetime_complete for trial in _trials(copy)] == before


def test_what_others_put_into_a_study_is_run_or_told_and_left_out(copy: Path, wsnas: Commands) -> None:
    study = optuna.load_study(
        storage=open_storage(f"sqlite:///{copy}/runs/wsnas.db"), study_name="nb201-mini"
    )
    asked = {"epochs": study.trials[0].params["epochs"]}
    before = json.loads(wsnas.output("report", *CHOICE, "--json"))
    study.enqueue_trial(asked)
    study.enqueue_trial({"no_such_factor": 1})
    study.add_trial(optuna.trial.create_trial(value=0.99))
    assert "0.99" not in wsnas.output("study", *CHOICE)
    extra, refused, added = _trials(copy)[6:]
    assert (extra.state, extra.user_attrs["phase"]) == (TrialState.COMPLETE, "extra")
    assert extra.params.items() >= asked.items()
    assert (refused.state, added.state) == (TrialState.FAIL, TrialState.COMPLETE)
    assert "'no_such_factor' is no factor of this study" in refused.user_attrs["error"]
    assert json.loads(wsnas.output("report", *CHOICE, "--json")) == before
    page = (copy / "runs/nb201-mini/report.html").read_text()
    assert "Left out of every figure: one more trial enqueued by hand and one more trial run by other" in page
    rows = wsnas.output("export", *CHOICE).splitlines()
    assert sum(",foreign," in row for row in rows) == 1
    assert sum(",extra," in row for row in rows) == 1


def test_pools_are_weighed_when_a_study_is_made_and_not_when_it_goes_on(
    copy: Path, wsnas: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("objectives.question.inputs.MIN_POOL", 1000)
    assert "complete" in wsnas.output("study", *CHOICE)
    assert "at least 2000 are wanted" in wsnas.refused("study", "--scale", "tiny", "--study", "another")
    assert {
        study.study_name for study in optuna.get_all_study_summaries(f"sqlite:///{copy}/runs/wsnas.db")
    } == {
        "nb201-mini",
        "nb201-mini-confirm",
    }


def test_other_settings_are_refused_with_the_difference_named(copy: Path, wsnas: Commands) -> None:
    for arguments, words in (
        (("--seed", "5"), "seed 0, now it is 5"),
        (("--data", "fashion"), "fashion-clutter"),
        (("--fix", "learning_rate=0.1"), "factors.learning_rate"),
    ):
        assert words in wsnas.refused("study", *CHOICE, *arguments)


def test_a_changed_table_is_refused_before_anything_is_shown(
    tmp_path: Path, wsnas: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studies.workers import launch
    from wsnas.groundtruth import load

    table = load("nb201")
    rows = [
        f"{architecture},{accuracy}"
        for architecture, accuracy in list(zip(table.architectures(), table.accuracies, strict=True))[::151]
    ]
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "table.csv"
    file.write_text("\n".join(["architecture,accuracy", *rows, ""]))
    choice = ("--scale", "tiny", "--study", "y")
    monkeypatch.setattr(launch, "supervise", lambda *_arguments, **_options: None)
    wsnas.output("study", *choice, "--table", "table.csv", "--trials", "3")
    file.write_text("\n".join(["architecture,accuracy", *reversed(rows), ""]))
    for command in (("report",), ("study", "--table", "table.csv")):
        code, output, error = wsnas(*command, *choice)
        assert code == 2
        assert not output
        assert "table 'table.csv': was changed or replaced since the study was made with it" in error


@pytest.mark.usefixtures("copy")
def test_report_status_importance_search_and_export_work_on_it(wsnas: Commands) -> None:
    for command, word in (
        (("report",), "report.html"),
        (("status",), "done"),
        (("importance", "--rounds", "20"), "learning_rate"),
        (("search", "--size", "10"), "nor_conv"),
        (("export",), "sparse_kendall_tau"),
    ):
        assert word in wsnas.output(*command, *CHOICE), command
    assert json.loads(wsnas.output("status", *CHOICE, "--json"))["stage"] == "done"


def _start(folder: Path, *arguments: str) -> Forked:
    return Forked(*STUDY, *arguments, folder=folder)


def _count(folder: Path, *states: str) -> int:
    """Count trials without Optuna, which the workers may be setting up at this moment."""
    try:
        with sqlite3.connect(f"file:{folder}/runs/wsnas.db?mode=ro", uri=True) as connection:
            marks = ", ".join("?" * len(states))
            query = f"SELECT count(*) FROM trials WHERE state IN ({marks})"
            return int(connection.execute(query, states).fetchone()[0])
    except sqlite3.Error:
        return 0


def test_a_study_that_was_killed_goes_on_at_once_to_its_exact_budget(tmp_path: Path) -> None:
    budget = ("--trials", "3", "--workers", "2", "--factors", "learning_rate,epochs")
    process = _start(tmp_path, *budget)
    wait_until(lambda: _count(tmp_path, "COMPLETE", "PRUNED"), seconds=120, pause=0.02)
    for victim in processes_in(tmp_path):
        os.kill(victim, signal.SIGKILL)
    process.wait()
    assert 1 <= _count(tmp_path, "COMPLETE", "PRUNED") < 3
    assert _start(tmp_path, *budget).wait(300) == 0
    states = [trial.state for trial in _trials(tmp_path, "x")]
    assert sum(state in (TrialState.COMPLETE, TrialState.PRUNED) for state in states) == 3
    assert TrialState.RUNNING not in states
    assert TrialState.WAITING not in states
    tickets = [
        trial.user_attrs["ticket"] for trial in _trials(tmp_path, "x") if trial.state is not TrialState.FAIL
    ]
    assert sorted(tickets) == [0, 1, 2]


def test_ctrl_c_leaves_with_a_message_and_nothing_running(tmp_path: Path) -> None:
    process = _start(tmp_path, "--workers", "1")
    wait_until(lambda: _count(tmp_path, "RUNNING"), seconds=120)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert process.error.count("\n") == 1
    assert "same command" in process.error
    assert not processes_in(tmp_path)


def test_workers_leave_when_their_study_process_is_killed(tmp_path: Path) -> None:
    process = _start(tmp_path, "--workers", "1")
    wait_until(lambda: _count(tmp_path, "RUNNING"), seconds=120)
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not processes_in(tmp_path), seconds=60)


@pytest.mark.parametrize(
    ("scale", "device", "said"), [("mini", "cuda", True), ("mini", "cpu", False), ("gpu", "cuda", False)]
)
def test_a_machine_with_a_gpu_is_told_of_the_scale_for_it(
    scale: str, device: str, said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("objectives.question.inputs.resolve_device", lambda device: device)
    assert (larger_scale(scale, device) is not None) == said


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (("--space", "nb201"), ("40 trials tune, 80 screen", "at 38 s a run", "of 0.1 19%, of 0.15 52%")),
        (("--space", "nb101", "--trials", "360"), ("240 screen", "at 68 s a run", "of 0.1 55%")),
        (("--scale", "paper"), ("was not measured", "GB for each worker")),
        (("--scale", "tiny"), ("Memory: about 0.5 GB",)),
    ],
)
def test_a_plan_says_time_memory_and_power_and_writes_nothing(
    choice: tuple[str, ...],
    said: tuple[str, ...],
    wsnas: Commands,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    data = ("--data", "fashion") if "paper" in choice else ()
    shown = wsnas.output("study", "plan", *choice, *data, "--device", "cpu", "--workers", "2")
    for words in said:
        assert words in shown
    assert not list(tmp_path.iterdir())
