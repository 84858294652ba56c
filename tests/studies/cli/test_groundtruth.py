from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studies.cli import main
from wsnas.groundtruth import load

ROOT = Path(__file__).parents[3]
TINY = ("--set", "resolution=8", "--set", "epochs=1", "--set", "channels=4", "--set", "batch_size=512")
BUILD = ("groundtruth", "build", "nb201", *TINY)
FOLDER = Path("runs", "groundtruth", "nb201-0")
EMPTY, OTHER = (
    "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
    "|none~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|",
)
Output = Callable[[], tuple[str, str]]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WSNAS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> Output:
    """Return what was written since the last call: standard output and errors."""

    def read() -> tuple[str, str]:
        shown = capsys.readouterr()
        return shown.out, shown.err

    return read


def start(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "studies", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background jobs ignore the interrupt; a terminal's do not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A table that was built by the command, in its folder, and what the command said."""
    folder = tmp_path_factory.mktemp("made")
    sizes = ("--size", "3", "--seeds", "2", "--repeated", "1", "--workers", "1")
    with start(*BUILD, *sizes, folder=folder) as process:
        shown, errors = process.communicate()
    assert process.returncode == 0, errors
    return folder, shown


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
    assert f"use it with TABLE={FOLDER}" in shown
    assert len(rows(folder / FOLDER)) == 4
    table = load("nb201", folder / FOLDER)
    assert table.name == "nb201-0"
    assert table.columns["trainings"].tolist() == [2, 1, 1]
    assert not list((folder / FOLDER).glob("*.lock")) + list((folder / FOLDER).glob("*.part"))


def test_build_again_without_sizes_finds_nothing_to_do(table: Path, output: Output) -> None:
    before = rows(table)
    assert main(BUILD) == 0
    assert "4 trainings of 3 architectures" in output()[0]
    assert rows(table) == before
    assert json.loads((table / "job.json").read_text())["size"] == 3


def test_info_of_a_built_table_tells_size_hash_and_origin(table: Path, output: Output) -> None:
    assert main(("groundtruth", "info", "nb201", "--table", str(FOLDER))) == 0
    shown = output()[0]
    assert "nb201-0: 3 of 15,625 architectures of nb201" in shown
    assert f"SHA-256 {load('nb201', table).sha256}" in shown
    assert "4 trainings of 3 architectures, each on its own: fashion-clutter at 8x8 pixels" in shown


def test_only_reproduces_a_row_and_detects_a_changed_one(table: Path, output: Output) -> None:
    assert main((*BUILD, "--only", "1")) == 0
    shown = output()[0]
    found, recorded = re.findall(r"0\.\d{6}", shown)
    assert found == recorded
    file = table / "000001-0.csv"
    changed = file.read_text().replace(f",{recorded},", f",{float(recorded) + 0.0005:.6f},")
    file.write_text(changed)
    assert main((*BUILD, "--only", "1")) == 1
    error = output()[1]
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
    table: Path, output: Output, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    before = {file.name: file.read_bytes() for file in table.iterdir()}
    assert main((*BUILD, *arguments)) == 2
    error = output()[1]
    assert error.count("\n") == 1
    for word in words:
        assert word in error
    assert {file.name: file.read_bytes() for file in table.iterdir()} == before


def test_a_mistake_can_be_corrected_in_the_same_folder(
    output: Output, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("studies.workers.processes.supervisor.supervise", lambda *arguments, **keywords: None)
    assert main((*BUILD, "--set", "batch_size=20000")) == 2
    assert "20000" in output()[1]
    assert main(BUILD) == 2
    assert "nothing is measured yet" in output()[1]
    assert json.loads((tmp_path / FOLDER / "job.json").read_text())["size"] == 240


def test_info_lists_embedded_and_imported_tables(tmp_path: Path, output: Output) -> None:
    (tmp_path / "own[1].csv").write_text(f"architecture,accuracy\n{EMPTY},0.1\n{OTHER},0.5\n")
    assert main(("groundtruth", "import", "nb201", "own[1].csv", "--name", "own")) == 0
    shown = output()[0]
    assert "own: 2 of 15,625 architectures of nb201" in shown
    assert "use it with TABLE=own" in shown
    assert main(("groundtruth", "info", "nb201")) == 0
    shown = output()[0]
    assert "nb201-analog: 15,625 of 15,625 architectures" in shown
    assert "noise ceiling 0.931 [0.915, 0.944]" in shown
    assert "own: 2 of 15,625" in shown
    assert f"SHA-256 {load('nb201', 'own').sha256}" in shown


def test_info_shows_the_conditions_of_a_restricted_table(tmp_path: Path, output: Output) -> None:
    (tmp_path / "own.csv").write_text(f"architecture,accuracy,depth\n{EMPTY},0.1,8\n{OTHER},0.5,9\n")
    assert main(("groundtruth", "info", "nb201", "--table", "own.csv[depth=9]")) == 0
    assert "own.csv[depth=9]: 1 of 15,625" in output()[0]


def test_a_failed_worker_ends_the_build_with_its_last_words(
    output: Output, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("studies.workers.processes.supervisor.sys.executable", "/bin/false")
    assert main((*BUILD, "--size", "2", "--workers", "2")) == 1
    error = output()[1]
    assert error.count("\n") == 1
    assert error.startswith("wsnas: worker 0 failed: it left no message")
    assert [file.name for file in (tmp_path / FOLDER).glob("*.csv")] == []


def begin(tmp_path: Path) -> subprocess.Popen[str]:
    """Start a build that would take long and return once it has measured something."""
    process = start(*BUILD, "--size", "60", "--workers", "1", folder=tmp_path)
    until = time.monotonic() + 120
    while not rows(tmp_path / FOLDER):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)
    return process


def wait_for_the_last_of(group: int, *, seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        assert time.monotonic() < until, "processes are left"
        time.sleep(0.1)


@pytest.mark.parametrize("whole_group", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_an_interrupted_build_keeps_its_rows_and_leaves_no_process(whole_group: bool, tmp_path: Path) -> None:
    process = begin(tmp_path)
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "wsnas: stopped; the same command goes on from here\n"
    wait_for_the_last_of(process.pid, seconds=5)
    kept = rows(tmp_path / FOLDER)
    assert kept
    assert all(text.endswith("\n") and text.count("\n") == 2 for text in kept.values())


@pytest.mark.slow
def test_workers_leave_when_their_build_is_killed(tmp_path: Path) -> None:
    process = begin(tmp_path)
    process.kill()
    process.communicate(timeout=60)
    wait_for_the_last_of(process.pid, seconds=30)


@pytest.mark.slow
def test_a_build_grows_with_two_workers_and_stops_at_its_deadline(table: Path, output: Output) -> None:
    before = rows(table)
    sizes = ("--size", "6", "--seeds", "2", "--repeated", "5", "--workers", "2")
    assert main((*BUILD, *sizes, "--hours", "1e-9")) == 0
    assert rows(table) == before
    assert main((*BUILD, *sizes)) == 0
    assert "noise ceiling" in output()[0]
    assert {**rows(table), **before} == rows(table)
    assert len(rows(table)) == 11
    assert load("nb201", table).ceiling is not None
