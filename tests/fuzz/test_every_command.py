"""Every command with every option, in a folder full of files that are nobody's but the user's."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import optuna
import optuna_dashboard
import pytest
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from studies.cli import COMMANDS
from studies.cli.groundtruth import GroundTruthCommand
from studies.schedule.plan import plan_trials
from studies.schedule.study import create_or_open
from tests.fuzz.inputs import TOKENS
from tests.fuzz.running import fuzz, run_command
from tests.studies.short_study import settings

NOWHERE = "tpu9"
"""A device that there is not: what trains says so where training would begin."""
TRAINS = ("study", "worker", "search", "verdicts", "train", "build", "join")
OUTPUTS = ("out", "into", "folder", "json")
"""Options that name what is to be written."""
TEXTS = (
    *(
        "nb201",
        "nb101",
        "darts",
        "tiny",
        "mini",
        "mine",
        "mine-confirm",
        "theirs",
        "x" * 300,
        "a/b",
        "..",
        "a b",
    ),
    *("sqlite:///runs/wsnas.db", "sqlite:///runs/wsnas.lock", "sqlite:///theirs.db", "sqlite:///nowhere.db"),
    *(
        "notes.txt",
        "best.toml",
        "table.csv",
        "images.npz",
        "runs",
        "learning_rate=0.1",
        "epochs=2.0",
        "epochs=true",
    ),
    *(
        "changes",
        "sobol",
        "channels=99999999",
        "screen",
        "trials",
        "fashion",
        "random",
        "evolve",
        "é",
        "'",
        "$(x)",
    ),
)
NUMBERS = ("0", "1", "-1", "2", "100000", "1e3", "0.5", "nan", "inf", "9" * 30, "true", "")


def commands() -> SearchStrategy[list[str]]:
    """Draw a command with some of its options, each with a value that is right, hostile or nonsense."""
    kinds = {name: kind for name, kind in COMMANDS.items() if name != "groundtruth"}
    return st.one_of(
        *(_lines(name, kind, [name]) for name, kind in kinds.items()),
        *(_lines(name, kind, ["groundtruth", name]) for name, kind in GroundTruthCommand.COMMANDS.items()),
    )


def _lines(name: str, kind: type[Any], begin: list[str]) -> SearchStrategy[list[str]]:
    named = [field for field in fields(kind) if field.name not in ("device", *OUTPUTS)]
    value = st.one_of(
        st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.sampled_from(TOKENS), st.text(max_size=8)
    ).map(lambda text: text.replace("\0", "")[:50_000])
    option = st.sampled_from([f"--{field.name.replace('_', '-')}" for field in named])
    pair = st.tuples(option, value).map(lambda drawn: [f"{drawn[0]}={drawn[1]}"])
    flag = option.map(lambda word: [word])
    words = st.lists(st.one_of(pair, pair, pair, flag, value.map(lambda text: [text])), max_size=4)
    safe = ["--device", NOWHERE] if name in TRAINS else []
    if name == "launch":
        safe = ["--dry-run"]
    return words.map(lambda drawn: [*begin, *(word for group in drawn for word in group), *safe])


@pytest.fixture(autouse=True)
def nobody_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optuna_dashboard, "run_server", lambda *_arguments, **_options: None)
    monkeypatch.setenv("COLUMNS", "100")


def _furnish(folder: Path) -> None:
    """Make a study that nobody has begun, and what else lies in a user's folder."""
    if (folder / "notes.txt").exists():
        return
    (folder / "runs").mkdir()
    opened = create_or_open(f"sqlite:///{folder}/runs/wsnas.db", "mine", settings())
    plan_trials(opened, budget=6)
    theirs = optuna.create_study(storage=f"sqlite:///{folder}/theirs.db", study_name="theirs")
    theirs.add_trial(optuna.trial.create_trial(value=1.0))
    with sqlite3.connect(folder / "runs/wsnas.lock") as database:
        database.execute("CREATE TABLE mine (x)")
    for name in ("notes.txt", "best.toml", "table.csv", "images.npz", "runs/notes.txt", "runs/wsnas.txt"):
        (folder / name).write_text(f"{name}: mine\n")


def _bystanders(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files that no command has any business to change, with what they hold."""
    for name in (
        *("notes.txt", "best.toml", "table.csv", "images.npz", "theirs.db"),
        *("runs/wsnas.lock", "runs/notes.txt", "runs/wsnas.txt"),
    ):
        file = folder / name
        yield file, hashlib.sha256(file.read_bytes()).hexdigest()


@fuzz(commands(), quick=60, slow=4000)
def test_a_command_works_or_says_why_not_and_harms_no_file(words: list[str], folder: Path) -> None:
    _furnish(folder)
    before = list(_bystanders(folder))
    run_command(words)
    assert list(_bystanders(folder)) == before
