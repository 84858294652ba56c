"""How far a command is, on a terminal and elsewhere."""

from __future__ import annotations

import pytest

from objectives.attempt import Pace
from studies.search import steps


def test_without_a_terminal_a_line_comes_now_and_then_on_the_error_stream_and_none_after_the_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "EVERY_SECONDS", 0.0)
    with steps.steps("reading [b]", total=4, unit="files") as tell:
        for done in range(5):
            tell(done)
    output, error = capsys.readouterr()
    assert output == ""
    lines = [line.partition("] ")[2] for line in error.splitlines()]
    assert lines == [f"reading [b]: {done} of 4 files, less than 1 min left" for done in (1, 2, 3)]


def test_lines_are_not_more_often_than_people_read(capsys: pytest.CaptureFixture[str]) -> None:
    with steps.steps("reading", total=1000, unit="files") as tell:
        for done in range(1000):
            tell(done)
    assert capsys.readouterr().err == ""


def test_on_a_terminal_there_is_a_bar_and_nothing_stays_of_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with steps.steps("reading", total=4, unit="files") as tell:
        tell(4)
    shown = capsys.readouterr().err
    assert "4 of 4 files" in shown
    assert shown.endswith("\x1b[2K"), "the line is cleared"


def test_a_training_is_told_in_epochs_of_its_recipe() -> None:
    told: list[float] = []
    attempt = steps.ShownAttempt(told.append, epochs=4)
    attempt.advanced(Pace(epoch=6, epochs=12, images_per_second=1.0))
    assert told == [2.0]
