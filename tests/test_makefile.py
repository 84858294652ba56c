"""What the Makefile hands on to the command."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.studies.printed import ROOT, made, make, parsed


def _words(target: str, *variables: str) -> list[str]:
    """Return the words of the last line that a target would run."""
    return shlex.split(made(target, *variables))


@pytest.mark.parametrize(
    ("target", "variable", "options"),
    [
        ("study", "TRIALS=40", ["--trials=40"]),
        ("study", "TUNE_MORE=20", ["--tune-more=20"]),
        ("study", "SCREEN=sobol", ["--screen=sobol"]),
        ("study", "STUDY=mine", ["--study=mine"]),
        ("study", "FIX=epochs=4 cells=1", ["--fix=epochs=4", "--fix=cells=1"]),
        ("train", "RECIPE=my best.toml", ["--recipe=my best.toml"]),
        ("train", "SPACE=nb101", ["--space=nb101"]),
        ("train", "FIX=epochs=4 cells=1", ["--fix=epochs=4", "--fix=cells=1"]),
        ("search", "N=10", ["--size=10"]),
        ("verdicts", "MORE=60", ["--more=60"]),
        ("report", "ARGS=--figures 'a b'", ["--figures", "a b"]),
        ("bench", "DEVICE=cuda", ["--device=cuda"]),
        ("gpu-check", "DEVICE=cuda", ["--device=cuda"]),
    ],
)
def test_variables_are_options(target: str, variable: str, options: list[str]) -> None:
    words = _words(target, variable)
    at = words.index(options[0])
    assert words[at : at + len(options)] == options
    assert options[0] not in _words(target)


def test_a_recipe_brings_its_own_space_and_groundtruth_takes_it_as_a_word() -> None:
    assert parsed("make train RECIPE=best.toml").space is None
    assert parsed("make groundtruth SPACE=darts N=30").command.space == "darts"


@pytest.mark.parametrize(
    ("target", "variable"),
    [("study", "TRAILS=70"), ("study", "MORE=60"), ("report", "SEED=1"), ("export", "TABLE=screen")],
)
def test_a_variable_that_a_target_would_not_hear_is_refused_by_name(target: str, variable: str) -> None:
    done = make(target, variable)
    assert done.returncode == 2
    name = variable.partition("=")[0]
    assert f"make {target} has no use for {name}: it takes SPACE SCALE STUDY" in done.stderr


def test_every_variable_that_is_named_is_used_and_the_other_way_round() -> None:
    text = (ROOT / "Makefile").read_text()
    named = re.search("^# Variables: (.*)$", text, flags=re.MULTILINE)
    assert named is not None
    used = {*re.findall(r"(?<!# Of )\b([A-Z_]+)/[a-z]", text), "ARGS"}
    assert set(named[1].split()) == used
