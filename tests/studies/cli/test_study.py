"""A whole study at the tiny scale, through the command line, in processes of its own."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from studies.storage import open_storage
from tests.studies.asking import ask

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "studies")
STUDY = ("study", "--space", "nb201", "--scale", "tiny", "--study", "x")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "100"}


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=300
    )


def _trials(folder: Path, study: str = "x") -> list[optuna.trial.FrozenTrial]:
    storage = open_storage(f"sqlite:///{folder}/runs/wsnas.db")
    return optuna.load_study(storage=storage, study_name=study).trials


def _finished(folder: Path) -> int:
    """Count finished trials without Optuna, which the workers may be setting up at this moment."""
    try:
        with sqlite3.connect(f"file:{folder}/runs/wsnas.db?mode=ro", uri=True) as connection:
            query = "SELECT count(*) FROM trials WHERE state IN ('COMPLETE', 'PRUNED')"
            return int(connection.execute(query).fetchone()[0])
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


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study").resolve()
    done = _run(folder, *STUDY, "--workers", "2")
    assert done.returncode == 0, done.stderr
    (folder / "output.txt").write_text(done.stdout)
    return folder


def test_the_budget_is_exact_and_every_phase_ran(finished: Path) -> None:
    trials = _trials(finished)
    assert len(trials) == 6
    assert all(trial.state in (TrialState.COMPLETE, TrialState.PRUNED) for trial in trials)
    assert [trial.user_attrs["phase"] for trial in trials] == 2 * ["baseline"] + 2 * ["screen"] + 2 * ["tune"]
    assert all(trial.state is TrialState.COMPLETE for trial in trials[:4])
    phases = [trial.user_attrs["phase"] for trial in _trials(finished, "x-confirm")]
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
    runs = [trial for trial in _trials(finished, "x-confirm") if trial.user_attrs["phase"] == "confirmation"]
    seeds = [trial.user_attrs["seed"] for trial in runs]
    assert len(set(seeds)) == 2
    assert not used & set(seeds)
    assert all(trial.user_attrs["pool"] == "fresh" for trial in runs)


def test_the_answer_is_on_the_terminal_in_the_page_and_as_a_recipe(finished: Path) -> None:
    output = (finished / "output.txt").read_text()
    assert "s-KdT" in output
    assert "report.html" in output
    page = (finished / "runs/x/report.html").read_text()
    assert "nb201-analog" in page
    recipe = tomllib.loads((finished / "runs/x/best.toml").read_text())
    assert recipe["space"] == "nb201"
    assert set(recipe["recipe"]) == set(_trials(finished)[0].params)


def test_the_recipe_runs_again(finished: Path) -> None:
    done = _run(finished, "train", "--recipe", "runs/x/best.toml", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert -1 <= result["sparse_kendall_tau"] <= 1
    assert result["sparse_kendall_tau_interval"][0] <= result["sparse_kendall_tau"]


def test_the_same_command_again_shows_the_answer_without_training(finished: Path) -> None:
    before = [trial.datetime_complete for trial in _trials(finished)]
    done = _run(finished, *STUDY)
    assert done.returncode == 0, done.stderr
    assert "complete" in done.stdout
    assert [trial.datetime_complete for trial in _trials(finished)] == before


def test_other_settings_are_refused_with_the_difference_named(finished: Path) -> None:
    for arguments, words in (
        (("--seed", "5"), "seed 0, now it is 5"),
        (("--data", "fashion"), "fashion-clutter"),
        (("--fix", "learning_rate=0.1"), "factors.learning_rate"),
    ):
        done = _run(finished, *STUDY, *arguments)
        assert done.returncode == 2
        assert words in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_changed_table_is_refused_before_anything_is_shown(tmp_path: Path) -> None:
    from wsnas.groundtruth import load

    table = load("nb201")
    rows = [
        f"{architecture},{accuracy}"
        for architecture, accuracy in list(zip(table.architectures(), table.accuracies, strict=True))[::150]
    ]
    file = tmp_path / "table.csv"
    file.write_text("\n".join(["architecture,accuracy", *rows, ""]))
    folder = tmp_path.resolve()
    choice = ("--scale", "tiny", "--study", "y")
    done = _run(folder, "study", *choice, "--table", "table.csv", "--trials", "3", "--hours", "1e-9")
    assert done.returncode == 0, done.stderr
    file.write_text("\n".join(["architecture,accuracy", *reversed(rows), ""]))
    done = _run(folder, "report", *choice)
    assert done.returncode == 2
    assert "SHA-256" in done.stderr


def test_report_status_importance_search_and_export_work_on_it(finished: Path) -> None:
    choice = ("--scale", "tiny", "--study", "x")
    for command, word in (
        (("report",), "report.html"),
        (("status",), "done"),
        (("importance", "--rounds", "20"), "learning_rate"),
        (("search", "--size", "10"), "nor_conv"),
        (("export",), "sparse_kendall_tau"),
    ):
        done = _run(finished, *command, *choice)
        assert done.returncode == 0, (command, done.stderr)
        assert word in done.stdout, command
    assert json.loads(_run(finished, "status", *choice, "--json").stdout)["stage"] == "done"


def test_the_dashboard_shows_metric_note_and_ranking(finished: Path) -> None:
    from optuna_dashboard import wsgi

    application = wsgi(open_storage(f"sqlite:///{finished}/runs/wsnas.db"))

    def get(path: str) -> str:
        return ask(application, path)[2].decode()

    studies = json.loads(get("/api/studies"))
    summaries = studies.get("study_summaries", studies)
    number = next(entry["study_id"] for entry in summaries if entry["study_name"] == "x")
    detail = json.loads(get(f"/api/studies/{number}"))
    assert detail["objective_names"] == ["sparse_kendall_tau"]
    assert "s-KdT" in detail["note"]["body"]
    assert detail["plotly_graph_objects"]


def test_a_study_that_was_killed_goes_on_at_once_to_its_exact_budget(tmp_path: Path) -> None:
    folder = tmp_path.resolve()
    command = [*COMMAND, *STUDY, "--trials", "6", "--workers", "2"]
    process = subprocess.Popen(
        command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while _finished(folder) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    for victim in _processes_in(folder):
        os.kill(victim, signal.SIGKILL)
    process.wait()
    before = _finished(folder)
    assert 2 <= before < 6
    done = _run(folder, *STUDY, "--trials", "6", "--workers", "2")
    assert done.returncode == 0, done.stderr
    states = [trial.state for trial in _trials(folder)]
    assert sum(state in (TrialState.COMPLETE, TrialState.PRUNED) for state in states) == 6
    assert TrialState.RUNNING not in states
    assert TrialState.WAITING not in states
    tickets = {
        trial.user_attrs["ticket"]: trial.user_attrs["seed"]
        for trial in _trials(folder)
        if trial.state is not TrialState.FAIL
    }
    assert len(tickets) == 6


def test_ctrl_c_leaves_with_a_message_and_nothing_running(tmp_path: Path) -> None:
    folder = tmp_path.resolve()
    process = subprocess.Popen(
        [*COMMAND, *STUDY],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs ignore the interrupt; a terminal's do not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 120
    while _finished(folder) < 1 and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert error.count("\n") == 1
    assert "same command" in error
    assert not _processes_in(folder)


def test_workers_leave_when_their_study_process_is_killed(tmp_path: Path) -> None:
    folder = tmp_path.resolve()
    process = subprocess.Popen(
        [*COMMAND, *STUDY], cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while _finished(folder) < 1 and time.monotonic() < deadline:
        time.sleep(0.1)
    process.kill()
    process.wait()
    while _processes_in(folder) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not _processes_in(folder)
