"""`wsnas verdicts` on a study whose super-nets are invented: words, exit codes, and more trials."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from studies.config.settings import choose_settings
from studies.schedule import attributes, study
from studies.schedule.budget import counted
from studies.schedule.stages import Stage, plan_next, progress_of
from studies.schedule.study import create_or_open, open_study
from studies.workers import launch
from tests.studies.verdicts.screens import BUDGET, pretend_to_work

if TYPE_CHECKING:
    from pathlib import Path

    from studies.schedule.study import OpenStudy
    from tests.studies.commands import Commands

TINY = ("verdicts", "--scale", "tiny")


@pytest.fixture
def folder(invented_study: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(invented_study.parent)
    return invented_study


def _opened() -> OpenStudy:
    return open_study("sqlite:///runs/wsnas.db", "nb201-tiny")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--more", "-1"), "more -1"),
        (("--workers", "0"), "workers 0"),
        (("--hours", "0"), "hours 0"),
        (("--space", "nb101"), "make study SPACE=nb101"),
        (("--study", "missing"), "missing"),
        (("--storage", "sqlite:///other.db"), "make study SPACE=nb201"),
        (("--more", "1", "--device", "abacus"), "abacus"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_bad_input_is_one_line_that_says_what_would_be_right(
    wsnas: Commands, arguments: tuple[str, ...], words: str
) -> None:
    assert words in wsnas.refused(*TINY, *arguments)
    assert _opened().study.user_attrs[attributes.BUDGET] == BUDGET


def test_a_wide_screen_is_refused_before_its_budget_is_raised(
    folder: Path, wsnas: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "pool_costs", lambda _settings, pool: np.ones((2, len(pool))))
    settings = choose_settings(space="nb201", scale="tiny", screen="sobol")
    wide = create_or_open(f"sqlite:///{folder}/wsnas.db", "wide", settings)
    assert "--screen sobol" in wsnas.refused(*TINY, "--study", "wide", "--more", "5")
    assert attributes.BUDGET not in wide.study.user_attrs


def test_verdicts_are_printed_and_written_beside_the_study(folder: Path, wsnas: Commands) -> None:
    output = wsnas.output(*TINY)
    assert "confirmed  Path dropout hurts." in output
    assert "verdicts.md" in output
    page = (folder / "nb201-tiny/verdicts.md").read_text()
    assert "Made by `wsnas verdicts --space nb201 --scale tiny --study nb201-tiny --storage sqlite:" in page
    content = json.loads(wsnas.output(*TINY, "--json"))
    assert content == json.loads((folder / "nb201-tiny/verdicts.json").read_text())
    assert _opened().study.user_attrs[attributes.BUDGET] == BUDGET


@pytest.mark.usefixtures("folder")
def test_more_adds_so_many_trials_and_a_stopped_command_resumes_without_adding(
    wsnas: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_one(*_arguments: Any, **_options: Any) -> None:
        """Leave as workers do at once where they are stopped."""

    def workers(*_arguments: Any, **_options: Any) -> None:
        pretend_to_work(_opened())

    assert len(counted(_opened().study)) == BUDGET
    monkeypatch.setattr(launch, "supervise", no_one)
    output = wsnas.output(*TINY, "--more", "7", "--workers", "2")
    assert "7 runs to do, less than 1 min" in output
    assert "nothing is added" not in output
    assert _opened().study.user_attrs[attributes.BUDGET] == BUDGET + 7
    assert progress_of(_opened()).stage is Stage.SCREEN
    monkeypatch.setattr(launch, "supervise", workers)
    output = wsnas.output(*TINY, "--more", "7", "--workers", "2")
    assert "7 runs to do" in output
    assert "nothing is added" in output
    opened = _opened()
    assert opened.study.user_attrs[attributes.BUDGET] == BUDGET + 7
    assert len(counted(opened.study)) == BUDGET + 7
    assert {trial.user_attrs["phase"] for trial in opened.study.trials[BUDGET:]} == {"screen"}
    assert plan_next(opened).stage is Stage.DONE
