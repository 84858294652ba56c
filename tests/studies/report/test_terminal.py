from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from studies.report import print_answer
from studies.report.terminal.changes import print_changes
from studies.report.words import wording
from tests.studies.report import factory


def printed(answer, **more):
    file = io.StringIO()
    print_answer(answer, Console(file=file, width=80, color_system=None), **more)
    return file.getvalue()


@pytest.mark.parametrize("case", factory.CASES)
def test_every_state_fits_eighty_columns_without_colour(case):
    text = printed(factory.CASES[case]())
    assert "\x1b" not in text
    assert "…" not in text, "a figure is cut off"
    assert max(map(len, text.splitlines())) <= 80
    assert f"Answer of study {'nb201-mini'}" in text


def test_recipe_numbers_factors_and_files_are_shown():
    answer = factory.complete()
    text = printed(answer, files={"report": Path("runs/report.html")})
    rows = [line.split() for line in text.splitlines()]
    assert ["learning_rate", "0.05", "0.025", "changed"] in rows
    assert "As in the baseline: ofa_kernel off" in " ".join(text.split())
    for factor in answer.settings.factors:
        assert factor.name in text
    assert ["ensemble", "of", "5", *wording.interval(answer.winner.ensemble.skdt).split()] == next(
        row[:6] for row in rows if row[:2] == ["ensemble", "of"]
    )
    assert "counting parameters" in text
    assert next(row for row in rows if row[:3] == ["path_dropout", "0", "→"] and "±" in str(row))[-2:] == [
        "hurts",
        "8",
    ]
    assert "wsbn cannot act here: what chance looks like." in text
    assert "report: runs/report.html" in text
    assert "93.70%" in text


def test_markup_in_names_is_shown_as_it_is():
    assert "[red]x[/]" in printed(factory.complete(name="[red]x[/]"))


def test_importance_shows_all_that_is_known_of_each_change_in_eighty_columns():
    file = io.StringIO()
    print_changes(factory.complete(), Console(file=file, width=80, color_system=None))
    text = file.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    words = " ".join(text.split())
    assert "by accuracy" in words
    assert "hold for all changes at once" in words
