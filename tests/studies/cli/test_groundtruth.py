from __future__ import annotations

import json
import os
import re
import shutil
import signal
from pathlib import Path

import pytest

from tests.processes import ROOT, Forked, processes_in, wait_until
from tests.studies.commands import Commands
from wsnas.groundtruth import load

TINY = ("--set", "resolution=8", "--set", "epochs=1", "--set", "channels=4", "--set", "batch_size=512")
BUILD = ("groundtruth", "build", "nb201", *TINY)
FOLDER = Path("runs", "groundtruth", "nb201-0")
EMPTY, OTHER = (
    "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
    "|none~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|",
)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WSNAS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A table that was built by the command, in its folder, and what the command said."""
    folder = tmp_path_factory.mktemp("made")
    sizes = ("--size", "3", "--seeds", "2", "--repeated", "1", "--workers", "1")
    build = Forked(*BUILD, *sizes, folder=folder)
    assert build.wait() == 0, build.error
    return folder, build.output


@pytest.fixture
def table(made: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of the built table where the command looks for it."""
    shutil.copytree(made[0] / FOLDER, tmp_path / FOLDER)
    return tmp_path / FOLDER


def rows(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.glob("0*.csv")}


def test_build_measures_every_unit_and_tells_how_to_use_the_table(made: tuple[Path, str]) -> None:
    folder, shown = made
    assert f"4 trainings of 3 architectures in {FOLDER}, 4 to do" in shown
    assert f"use it: make study SPACE=nb201 STUDY=nb201-0 TABLE={FOLDER}" in shown
    assert len(rows(folder / FOLDER)) == 4
    table = load("nb201", folder / FOLDER)
    assert table.name == "nb201-0"
    assert table.columns["trainings"].tolist() == [2, 1, 1]
    assert not list((folder / FOLDER).glob("*.lock")) + list((folder / FOLDER).glob("*.part"))


def test_build_again_without_sizes_finds_nothing_to_do(table: Path, wsnas: Commands) -> None:
    before = rows(table)
    assert "4 trainings of 3 architectures" in wsnas.output(*BUILD)
    assert rows(table) == before
    assert json.loads((table / "job.json").read_text())["size"] == 3


def test_info_of_a_built_table_tells_size_hash_and_origin(table: Path, wsnas: Commands) -> None:
    shown = wsnas.output("groundtruth", "info", "nb201", "--table", str(FOLDER))
    assert "nb201-0: 3 of 15,625 architectures of nb201" in shown
    assert f"SHA-256 {load('nb201', table).sha256}" in shown
    assert "4 trainings of 3 architectures, each on its own: fashion-clutter at 8x8 pixels" in shown


def test_only_reproduces_a_row_and_detects_a_changed_one(table: Path, wsnas: Commands) -> None:
    found, recorded = re.findall(r"0\.\d{6}", wsnas.output(*BUILD, "--only", "1"))
    assert found == recorded
    file = table / "000001-0.csv"
    changed = file.read_text().replace(f",{recorded},", f",{float(recorded) + 0.0005:.6f},")
    file.write_text(changed)
    code, _, error = wsnas(*BUILD, "--only", "1")
    assert code == 1
    assert error.startswith("wsnas: architecture 1: the accuracies differ")
    assert error.count("\n") == 1
    assert file.read_text() == changed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--only", "3"), ("--only 3", "of 3")),
        (("--only", "-1"), ("--only -1",)),
        (("--only", "0", "--set", "epochs=2"), ("epochs 1", "now it is 2")),
        (("--set", "epochs=2"), ("epochs 1", "now it is 2")),
        (("--seed", "1", "--folder", str(FOLDER)), ("seed 0", "now it is 1")),
    ],
)
def test_what_a_built_table_cannot_answer_is_refused(
    table: Path, wsnas: Commands, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    before = {file.name: file.read_bytes() for file in table.iterdir()}
    error = wsnas.refused(*BUILD, *arguments)
    for word in words:
        assert word in error
    assert {file.name: file.read_bytes() for file in table.iterdir()} == before


def test_a_mistake_can_be_corrected_in_the_same_folder(
    wsnas: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("studies.workers.processes.supervisor.supervise", lambda *arguments, **keywords: None)
    assert "20000" in wsnas.refused(*BUILD, "--set", "batch_size=20000")
    assert "nothing is measured yet" in wsnas.refused(*BUILD)
    assert json.loads((tmp_path / FOLDER / "job.json").read_text())["size"] == 240


def test_info_lists_embedded_and_imported_tables(tmp_path: Path, wsnas: Commands) -> None:
    (tmp_path / "own[1].csv").write_text(f"architecture,accuracy\n{EMPTY},0.1\n{OTHER},0.5\n")
    shown = wsnas.output("groundtruth", "import", "nb201", "own[1].csv", "--name", "own")
    assert "own: 2 of 15,625 architectures of nb201" in shown
    assert "use it: make study SPACE=nb201 STUDY=own TABLE=own" in shown
    shown = wsnas.output("groundtruth", "info", "nb201")
    assert "nb201-analog: 15,625 of 15,625 architectures" in shown
    assert "noise ceiling 0.931 [0.915, 0.944]" in shown
    assert "own: 2 of 15,625" in shown
    assert f"SHA-256 {load('nb201', 'own').sha256}" in shown


def test_info_shows_the_conditions_of_a_restricted_table(tmp_path: Path, wsnas: Commands) -> None:
    (tmp_path / "own.csv").write_text(f"architecture,accuracy,depth\n{EMPTY},0.1,8\n{OTHER},0.5,9\n")
    shown = wsnas.output("groundtruth", "info", "nb201", "--table", "own.csv[depth=9]")
    assert "own.csv[depth=9]: 1 of 15,625" in shown


def test_a_failed_worker_ends_the_build_with_its_last_words(
    wsnas: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("studies.workers.processes.supervisor.sys.executable", "/bin/false")
    code, _, error = wsnas(*BUILD, "--size", "2", "--workers", "2")
    assert code == 1
    assert error.count("\n") == 1
    assert error.startswith("wsnas: worker 0 failed: it left no message")
    assert [file.name for file in (tmp_path / FOLDER).glob("*.csv")] == []


def begin(folder: Path) -> Forked:
    """Start a build that would take long and return once it has measured something."""
    build = Forked(*BUILD, "--size", "60", "--workers", "1", folder=folder)
    wait_until(lambda: build.poll() is not None or rows(folder / FOLDER))
    assert build.poll() is None, build.error
    return build


@pytest.mark.parametrize("whole_group", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_an_interrupted_build_keeps_its_rows_and_leaves_no_process(whole_group: bool, tmp_path: Path) -> None:
    build = begin(tmp_path)
    (os.killpg if whole_group else os.kill)(build.pid, signal.SIGINT)
    assert build.wait() == 130
    # On a slow machine lines of progress come before.
    assert build.error.splitlines()[-1] == "wsnas: stopped; the same command goes on from here"
    wait_until(lambda: not processes_in(tmp_path), seconds=5)
    kept = rows(tmp_path / FOLDER)
    assert kept
    assert all(text.endswith("\n") and text.count("\n") == 2 for text in kept.values())


@pytest.mark.slow
def test_workers_leave_when_their_build_is_killed(tmp_path: Path) -> None:
    build = begin(tmp_path)
    build.send_signal(signal.SIGKILL)
    wait_until(lambda: not processes_in(tmp_path), seconds=30)


@pytest.mark.slow
def test_a_build_grows_with_two_workers_and_stops_at_its_deadline(table: Path, wsnas: Commands) -> None:
    before = rows(table)
    sizes = ("--size", "6", "--seeds", "2", "--repeated", "5", "--workers", "2")
    wsnas.output(*BUILD, *sizes, "--hours", "1e-9")
    assert rows(table) == before
    assert "noise ceiling" in wsnas.output(*BUILD, *sizes)
    assert {**rows(table), **before} == rows(table)
    assert len(rows(table)) == 11
    assert load("nb201", table).ceiling is not None
