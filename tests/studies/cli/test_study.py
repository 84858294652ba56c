"""A whole study at the tiny scale, through the command line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from studies.cli import main
from studies.storage import open_storage
from tests.processes import ENVIRONMENT, wait_until
from tests.studies.asking import ask

CHOICE = ("--scale", "tiny", "--study", "nb201-mini")
STUDY = ("study", "--space", "nb201", "--scale", "tiny", "--study", "x")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a folder, in this process; return its exit code, output and errors."""
    monkeypatch.setenv("COLUMNS", "100")

    def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.chdir(folder)
        capsys.readouterr()
        code = main(arguments)
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def finished(small_study: Path) -> Path:
    """The folder of a finished study; do not change it."""
    return small_study


@pytest.fixture
def copy(small_study: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(small_study, tmp_path / "copy")


def _trials(folder: Path, study: str = "nb201-mini") -> list[optuna.trial.FrozenTrial]:
    storage = open_storage(f"sqlite:///{folder}/runs/wsnas.db")
    return optuna.load_study(storage=storage, study_name=study).trials


def test_the_budget_is_exact_and_every_phase_ran(finished: Path) -> None:
    trials = _trials(finished)
    assert len(trials) == 6
    assert all(trial.state in (TrialState.COMPLETE, TrialState.PRUNED) for trial in trials)
    assert [trial.user_attrs["phase"] for trial in trials] == 2 * ["baseline"] + 2 * ["screen"] + 2 * ["tune"]
    assert all(trial.state is TrialState.COMPLETE for trial in trials[:4])
    phases = [trial.user_attrs["phase"] for trial in _trials(finished, "nb201-mini-confirm")]
    assert phases.count("selection") == 2
    assert phases.count("confirmation") in (2, 4)


def test_parameters_are_exactly_the_factors_and_attributes_say_where_a_value_comes_from(
    finished: Path,
) -> None:
    from objectives.factors import catalogue

    for trial in _trials(finished):
        assert set(trial.params) == {factor.name for factor in catalogue("nb201")}
        if trial.state is TrialState.COMPLETE:
            assert trial.value == trial.user_attrs["sparse_kendall_tau"]
            assert trial.user_attrs["table"] == "nb201-analog"
            assert len(trial.user_attrs["table_sha256"]) == 64


def test_confirmation_uses_fresh_seeds_that_winner_and_baseline_share(finished: Path) -> None:
    used = {trial.user_attrs["seed"] for trial in _trials(finished)}
    runs = [
        trial
        for trial in _trials(finished, "nb201-mini-confirm")
        if trial.user_attrs["phase"] == "confirmation"
    ]
    seeds = [trial.user_attrs["seed"] for trial in runs]
    assert len(set(seeds)) == 2
    assert not used & set(seeds)
    assert all(trial.user_attrs["pool"] == "fresh" for trial in runs)


def test_the_answer_is_on_the_terminal_in_the_page_and_as_a_recipe(finished: Path) -> None:
    output = (finished / "output.txt").read_text()
    assert "s-KdT" in output
    assert "report.html" in output
    page = (finished / "runs/nb201-mini/report.html").read_text()
    assert "nb201-analog" in page
    recipe = tomllib.loads((finished / "runs/nb201-mini/best.toml").read_text())
    assert recipe["space"] == "nb201"
    assert set(recipe["recipe"]) == set(_trials(finished)[0].params)


def test_the_recipe_runs_again(finished: Path, run: Run) -> None:
    code, output, error = run(finished, "train", "--recipe", "runs/nb201-mini/best.toml", "--json")
    assert code == 0, error
    result = json.loads(output)
    assert -1 <= result["sparse_kendall_tau"] <= 1
    assert result["sparse_kendall_tau_interval"][0] <= result["sparse_kendall_tau"]


def test_the_same_command_again_shows_the_answer_without_training(copy: Path, run: Run) -> None:
    before = [trial.datetime_complete for trial in _trials(copy)]
    code, output, error = run(copy, "study", *CHOICE)
    assert code == 0, error
    assert "complete" in output
    assert [trial.datetime_complete for trial in _trials(copy)] == before


def test_other_settings_are_refused_with_the_difference_named(finished: Path, run: Run) -> None:
    for arguments, words in (
        (("--seed", "5"), "seed 0, now it is 5"),
        (("--data", "fashion"), "fashion-clutter"),
        (("--fix", "learning_rate=0.1"), "factors.learning_rate"),
    ):
        code, _, error = run(finished, "study", *CHOICE, *arguments)
        assert code == 2
        assert words in error
        assert error.count("\n") == 1


def test_a_changed_table_is_refused_before_anything_is_shown(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studies.workers import launch
    from wsnas.groundtruth import load

    table = load("nb201")
    rows = [
        f"{architecture},{accuracy}"
        for architecture, accuracy in list(zip(table.architectures(), table.accuracies, strict=True))[::150]
    ]
    file = tmp_path / "table.csv"
    file.write_text("\n".join(["architecture,accuracy", *rows, ""]))
    choice = ("--scale", "tiny", "--study", "y")
    monkeypatch.setattr(launch, "supervise", lambda *_arguments, **_options: None)
    code, _, error = run(tmp_path, "study", *choice, "--table", "table.csv", "--trials", "3")
    assert code == 0, error
    file.write_text("\n".join(["architecture,accuracy", *reversed(rows), ""]))
    code, output, error = run(tmp_path, "report", *choice)
    assert code == 2
    assert not output
    assert "SHA-256" in error


def test_report_status_importance_search_and_export_work_on_it(copy: Path, run: Run) -> None:
    for command, word in (
        (("report",), "report.html"),
        (("status",), "done"),
        (("importance", "--rounds", "20"), "learning_rate"),
        (("search", "--size", "10"), "nor_conv"),
        (("export",), "sparse_kendall_tau"),
    ):
        code, output, error = run(copy, *command, *CHOICE)
        assert code == 0, (command, error)
        assert word in output, command
    assert json.loads(run(copy, "status", *CHOICE, "--json")[1])["stage"] == "done"


def test_the_dashboard_shows_metric_note_and_ranking(finished: Path) -> None:
    from optuna_dashboard import wsgi

    application = wsgi(open_storage(f"sqlite:///{finished}/runs/wsnas.db"))

    def get(path: str) -> str:
        return ask(application, path)[2].decode()

    studies = json.loads(get("/api/studies"))
    summaries = studies.get("study_summaries", studies)
    number = next(entry["study_id"] for entry in summaries if entry["study_name"] == "nb201-mini")
    detail = json.loads(get(f"/api/studies/{number}"))
    assert detail["objective_names"] == ["sparse_kendall_tau"]
    assert "s-KdT" in detail["note"]["body"]
    assert detail["plotly_graph_objects"]


def _start(folder: Path, *arguments: str, quiet: bool = True) -> subprocess.Popen[str]:
    channel = subprocess.DEVNULL if quiet else subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-m", "studies", *STUDY, *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=channel,
        stderr=channel,
        text=True,
        # A shell's background jobs ignore the interrupt; a terminal's do not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def _count(folder: Path, *states: str) -> int:
    """Count trials without Optuna, which the workers may be setting up at this moment."""
    try:
        with sqlite3.connect(f"file:{folder}/runs/wsnas.db?mode=ro", uri=True) as connection:
            marks = ", ".join("?" * len(states))
            query = f"SELECT count(*) FROM trials WHERE state IN ({marks})"
            return int(connection.execute(query, states).fetchone()[0])
    except sqlite3.Error:
        return 0


def _processes_in(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder and entry.name != str(os.getpid()):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_a_study_that_was_killed_goes_on_at_once_to_its_exact_budget(tmp_path: Path) -> None:
    folder = tmp_path.resolve()
    budget = ("--trials", "3", "--workers", "2", "--factors", "learning_rate,epochs")
    process = _start(folder, *budget)
    wait_until(lambda: _count(folder, "COMPLETE", "PRUNED"), seconds=120, pause=0.02)
    for victim in _processes_in(folder):
        os.kill(victim, signal.SIGKILL)
    process.wait()
    assert 1 <= _count(folder, "COMPLETE", "PRUNED") < 3
    assert _start(folder, *budget).wait(300) == 0
    states = [trial.state for trial in _trials(folder, "x")]
    assert sum(state in (TrialState.COMPLETE, TrialState.PRUNED) for state in states) == 3
    assert TrialState.RUNNING not in states
    assert TrialState.WAITING not in states
    tickets = [
        trial.user_attrs["ticket"] for trial in _trials(folder, "x") if trial.state is not TrialState.FAIL
    ]
    assert sorted(tickets) == [0, 1, 2]


def test_ctrl_c_leaves_with_a_message_and_nothing_running(tmp_path: Path) -> None:
    folder = tmp_path.resolve()
    process = _start(folder, "--workers", "1", quiet=False)
    wait_until(lambda: _count(folder, "RUNNING"), seconds=120)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert error.count("\n") == 1
    assert "same command" in error
    assert not _processes_in(folder)


def test_workers_leave_when_their_study_process_is_killed(tmp_path: Path) -> None:
    folder = tmp_path.resolve()
    process = _start(folder, "--workers", "1")
    wait_until(lambda: _count(folder, "RUNNING"), seconds=120)
    process.kill()
    process.wait()
    wait_until(lambda: not _processes_in(folder), seconds=60)
