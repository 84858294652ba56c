"""What the Makefile hands on to the command."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _command(target: str, *variables: str) -> str:
    """Return the last line that a target would run."""
    make = ("make", "--dry-run", "--no-print-directory", target, *variables)
    done = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("variable", "option"),
    [
        ("TRIALS=40", "--trials 40"),
        ("TUNE_MORE=20", "--tune-more 20"),
        ("SCREEN=sobol", "--screen sobol"),
        ("STUDY=mine", "--study mine"),
        ("FIX=epochs=4 cells=1", "--fix epochs=4 --fix cells=1"),
    ],
)
def test_variables_of_a_study_are_its_options(variable: str, option: str) -> None:
    assert f" {option} " in _command("study", variable) + " "
    assert option.split(" ")[0] not in _command("study")


def test_every_variable_that_is_named_is_used() -> None:
    text = (ROOT / "Makefile").read_text()
    named = re.search("^# Variables: (.*)$", text, flags=re.MULTILINE)
    assert named is not None
    unused = [name for name in named[1].split() if f"({name})" not in text and f",{name}," not in text]
    assert unused == []
